"""The page of roles: who may do what, who must use two-factor sign-in, and looking as another role."""

from typing import Any

import reflex as rx

from mewayz.backend.grants import Role
from mewayz.domains.auth.invite_pages import COVERS_YOU
from mewayz.domains.auth.roles_state import Line, TwoFactorRule, Viewing, matrix
from mewayz.ui.controls import CARD, button, card, icon
from mewayz.ui.form import problem
from mewayz.ui.overlay import confirm
from mewayz.ui.places import ROLE_WORDS, Place, ShellState, on_top, page
from mewayz.ui.shell import page_header

_rule: Any = TwoFactorRule
_viewing: Any = Viewing
_shell: Any = ShellState
_ROLES = tuple(Role)
_CELL = "h-9 px-2 sm:px-4 border-b border-line"
_SHORT = {Role.MODERATOR: "Mod.", Role.ENTERPRISE: "Enterpr."}


def _scope(word: str) -> rx.Component:
    """A word, and for the eye a shade: what is not granted steps back."""
    look = {"All": "text-text font-medium", "Own": "text-accent-text font-medium"}.get(word, "text-faint")
    told = [rx.el.span("Not granted", class_name="sr-only")] if word == "–" else []
    shown = rx.el.span(word, aria_hidden="true") if told else word
    return rx.el.td(shown, *told, class_name=f"{_CELL} text-center {look}")


def _line(line: Line) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.verb, scope="row", class_name=f"{_CELL} text-left font-normal pl-4 sm:pl-8"),
        *map(_scope, line.scopes),
        class_name="hover:bg-hover",
    )


def _role_head(role: Role) -> rx.Component:
    word = ROLE_WORDS[role]
    short = _SHORT.get(role)
    label = (
        [rx.el.span(short, aria_hidden="true", class_name="sm:hidden"), rx.el.span(word, class_name="max-sm:sr-only")] if short else [word]
    )
    return rx.el.th(
        *label, scope="col", class_name=f"{_CELL} h-10 sticky top-14 lg:top-0 z-10 bg-raised text-sm font-medium text-muted w-[17%]"
    )


def _matrix() -> rx.Component:
    head = rx.el.tr(
        rx.el.th(
            "Permission",
            scope="col",
            class_name=f"{_CELL} h-10 sticky top-14 lg:top-0 z-10 bg-raised text-sm font-medium text-muted text-left pl-4",
        ),
        *map(_role_head, _ROLES),
    )
    bodies = [
        rx.el.tbody(
            rx.el.tr(
                rx.el.th(
                    noun,
                    scope="rowgroup",
                    col_span=len(_ROLES) + 1,
                    class_name="h-9 px-4 text-left text-sm font-semibold bg-sunken border-b border-line",
                )
            ),
            *map(_line, lines),
        )
        for noun, lines in matrix()
    ]
    table = rx.el.table(
        rx.el.caption("What each role may do", class_name="sr-only"),
        rx.el.thead(head),
        *bodies,
        class_name="w-full table-fixed border-separate border-spacing-0 tabular-nums [&>tbody:last-child>tr:last-child>*]:border-b-0",
    )
    legend = rx.el.p(
        rx.el.strong("All", class_name="font-medium text-text"),
        ": every record. ",
        rx.el.strong("Own", class_name="font-medium text-accent-text"),
        ": only what belongs to the person. –: not granted.",
        class_name="text-sm text-muted mt-2",
    )
    return rx.el.div(rx.el.div(table, class_name=f"{CARD} overflow-clip"), legend)


def _view_as() -> rx.Component:
    buttons = [
        button(icon("eye"), ROLE_WORDS[role], aria_label=f"View as {ROLE_WORDS[role]}", on_click=_viewing.start(role.value))
        for role in _ROLES
        if role is not Role.ADMIN
    ]
    return card(
        rx.el.p(
            "See Mewayz as somebody with this role does. Nothing can be changed meanwhile, and it is noted in the audit trail.",
            class_name="text-muted",
        ),
        problem(_viewing),
        rx.el.div(*buttons, class_name="flex flex-wrap gap-2 mt-4"),
        title="View as",
    )


def _requirement() -> rx.Component:
    def box(label: str, name: str, checked: Any, on_change: Any, disabled: Any = False) -> rx.Component:
        return rx.el.label(
            rx.el.input(
                type="checkbox", name=name, checked=checked, on_change=on_change, disabled=disabled, class_name="size-4 accent-accent"
            ),
            rx.el.span(label),
            class_name="flex items-center gap-2.5 min-h-8 pointer-coarse:min-h-11 has-[:disabled]:text-muted",
        )

    roles = [
        box(
            ROLE_WORDS[role],
            f"require_{role.value}",
            _rule.everyone | _rule.roles.contains(role.value),
            lambda required, role=role: _rule.demand(role.value, required),
            _rule.everyone,
        )
        for role in _ROLES
    ]
    return card(
        rx.el.p("Whoever has no second factor yet can then only set one up.", class_name="text-muted"),
        problem(_rule),
        rx.el.fieldset(
            rx.el.legend("Who must use two-factor sign-in", class_name="sr-only"),
            box("Everyone", "require_everyone", _rule.everyone, _rule.demand_everyone),
            rx.el.div(*roles, class_name="pl-6.5 border-l border-line ml-2"),
            disabled=~_rule.loaded,
            class_name="mt-3",
        ),
        confirm(
            None,
            title="Require two-factor sign-in of yourself too?",
            consequence=COVERS_YOU,
            verb="Require it",
            on_confirm=_rule.go_on,
            open=_rule.asking,
            on_open_change=_rule.show,
        ),
        title="Require two-factor sign-in",
    )


@page("/admin/roles", title="Roles", needs="admin:read", load=[TwoFactorRule.load], place=Place("Roles", "table-2", "Admin", 2))
def roles_page() -> rx.Component:
    """The GRANTS table, as it is in force."""
    return rx.el.div(
        page_header("Roles", sentence="What each role may do. Give a user a role on the user's page."),
        rx.el.div(
            _matrix(),
            rx.el.div(_requirement(), _view_as(), class_name="space-y-4"),
            class_name="grid xl:grid-cols-[minmax(0,1fr)_22rem] gap-5 items-start",
        ),
    )


@on_top
def viewing_banner() -> rx.Component:
    """Says that one looks as another role, on every page."""
    shown = rx.el.section(
        icon("eye", class_name="size-4 max-sm:hidden"),
        rx.el.p(f"You see Mewayz as {_shell.viewing}. Nothing can be changed.", role="status", class_name="grow"),
        button("Stop viewing", size="sm", on_click=_viewing.stop),
        aria_label="Viewing as another role",
        class_name="flex items-center gap-3 min-h-10 px-4 sm:px-8 py-1.5 bg-warning-soft text-warning-text border-b border-line",
    )
    return rx.cond(_shell.viewing != "", shown)
