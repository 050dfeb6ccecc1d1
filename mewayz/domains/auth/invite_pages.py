"""Inviting somebody, and what an administrator decides about the access of a user."""

from typing import Any

import reflex as rx

from mewayz.domains.auth.invite_state import INVITATION, PAGE, InvitationForm, UserAccess
from mewayz.ui.controls import banner, button, card
from mewayz.ui.form import problem, record_form
from mewayz.ui.overlay import confirm
from mewayz.ui.places import page, permitted, section
from mewayz.ui.shell import page_header

_access: Any = UserAccess
COVERS_YOU = "This covers you: you will be asked to set it up now, and can do nothing else before."


@page("/users/invite", title="Invite user", needs="users:create", load=[InvitationForm.start])
def invite_page() -> rx.Component:
    """Whom to invite, as what."""
    sections = [("", [item.name for item in INVITATION])]
    return rx.el.div(
        page_header(
            "Invite user",
            sentence="They get a mail with a link that works for a week, and choose their password.",
            back=("Users", "/users"),
        ),
        record_form(InvitationForm, verb="Send invitation", on_submit=InvitationForm.send, cancel="/users", sections=sections),
    )


def _invitation() -> rx.Component:
    """An open invitation: what it waits for, and what can be done about it."""
    return banner(
        rx.el.p(f"Invited {_access.invited_when}; the invitation has not been accepted yet.", class_name="font-medium"),
        rx.el.div(
            permitted("users:create", button("Send again", on_click=_access.resend)),
            permitted(
                "users:delete",
                confirm(
                    button("Cancel invitation…", variant="caution"),
                    title=f"Cancel the invitation of {_access.name}?",
                    consequence="The link in the mail stops working, and the user disappears from the list.",
                    verb="Cancel invitation",
                    on_confirm=_access.cancel,
                    open=_access.asking,
                    on_open_change=_access.show,
                ),
            ),
            class_name="flex flex-wrap gap-2 mt-3",
        ),
        tone="warning",
        class_name="mb-4",
    )


def _requirement() -> rx.Component:
    return card(
        rx.el.label(
            rx.el.span(
                rx.el.span("Require two-factor sign-in", class_name="block font-medium"),
                rx.el.span(
                    "Without a second factor this user can only set one up, from their next click on.", class_name="block text-muted mt-0.5"
                ),
                class_name="min-w-0 grow",
            ),
            rx.el.input(
                type="checkbox",
                name="two_factor_required",
                checked=_access.required,
                on_change=_access.demand,
                custom_attrs={"role": "switch"},
                class_name=(
                    "appearance-none relative shrink-0 w-9 h-5 rounded-full bg-n8 checked:bg-accent transition-colors cursor-pointer "
                    "after:absolute after:top-0.5 after:left-0.5 after:size-4 after:rounded-full after:bg-n1 after:transition-transform "
                    "checked:after:translate-x-4"
                ),
            ),
            class_name="flex items-center gap-6 cursor-pointer pointer-coarse:min-h-11",
        ),
        confirm(
            None,
            title="Require two-factor sign-in of yourself?",
            consequence=COVERS_YOU,
            verb="Require it",
            on_confirm=_access.demand_of_oneself,
            open=_access.recovering == "demand",
            on_open_change=_access.show_recovery,
        ),
        class_name="max-w-2xl",
    )


def _recovery() -> rx.Component:
    """What helps when a device or a phone is lost; each asks before it is done."""

    def row(title: str, sentence: str, verb: str, what: str) -> rx.Component:
        return rx.el.div(
            rx.el.div(
                rx.el.h2(title, class_name="font-medium"),
                rx.el.p(sentence, class_name="text-muted mt-0.5"),
                class_name="min-w-60 flex-1",
            ),
            button(f"{verb}…", on_click=_access.ask_recovery(what)),
            class_name="flex flex-wrap items-center gap-x-6 gap-y-3 py-4 first:pt-0 last:pb-0",
        )

    def question(what: str, title: Any, consequence: Any, verb: str, on_confirm: Any) -> rx.Component:
        return confirm(
            None,
            title=title,
            consequence=consequence,
            verb=verb,
            on_confirm=on_confirm,
            open=_access.recovering == what,
            on_open_change=_access.show_recovery,
        )

    ending, removing = "End all sessions", "Take off two-factor"
    return card(
        rx.el.div(
            row("Sessions", "A device is lost, or somebody else may be signed in with this account.", ending, "sessions"),
            rx.cond(
                _access.two_factor,
                row("Second factors", "The phone and the backup codes are lost, and there is no other way in.", removing, "factors"),
            ),
            class_name="divide-y divide-line",
        ),
        question(
            "sessions",
            f"End all sessions of {_access.name}?",
            rx.cond(
                _access.oneself,
                "You are signed out on all devices but this one, at once.",
                "They are signed out on all devices at once, and can sign in again.",
            ),
            ending,
            _access.end_sessions,
        ),
        question(
            "factors",
            f"Take off the second factors of {_access.name}?",
            "Authenticator, passkeys and backup codes are removed, all their sessions end, and a mail tells them. From then on the "
            "password alone opens the account; where two-factor sign-in is required, it opens nothing but the set-up of a new one.",
            removing,
            _access.remove_factors,
        ),
        class_name="mt-4",
    )


@section(PAGE, load=[UserAccess.load])
def user_access() -> rx.Component:
    """Below the facts of a user."""
    parts = rx.el.div(
        problem(_access),
        rx.cond(_access.invited, _invitation()),
        permitted("users:update", _requirement(), rx.cond(_access.invited, rx.fragment(), _recovery())),
        class_name="mt-4 max-w-2xl",
    )
    return rx.cond(_access.loaded, parts)
