"""Saved views as tabs, and what is shown of a list: columns, their order, the height of the rows."""

from typing import Any

import reflex as rx

from mewayz.ui.base import link
from mewayz.ui.controls import FIELD, button, icon, icon_button
from mewayz.ui.focus import FocusMistake
from mewayz.ui.overlay import popover

_TAB = (
    "inline-flex items-center gap-1.5 h-9 pointer-coarse:h-11 -mb-px border-b-2 border-transparent text-muted hover:text-text "
    "transition-colors whitespace-nowrap rounded-t-sm aria-[current=page]:border-accent aria-[current=page]:text-text "
    "aria-[current=page]:font-medium"
)
_DENSITIES = (("compact", "Compact", "rows-4"), ("regular", "Regular", "rows-3"), ("relaxed", "Relaxed", "rows-2"))


def view_tabs(state: Any) -> rx.Component:
    """One tab per view, the whole list first."""

    def tab(one: Any) -> rx.Component:
        return link(
            one.label,
            rx.cond(one.shared, rx.fragment(icon("users", class_name="size-3.5"), rx.el.span("shared", class_name="sr-only"))),
            to=one.href,
            key=one.id,
            aria_current=rx.cond(one.chosen, "page", "false"),
            class_name=_TAB,
        )

    tabs = rx.el.nav(rx.foreach(state.tabs, tab), aria_label="Views", class_name="flex gap-5 overflow-x-auto overflow-y-hidden px-0.5")
    return rx.cond(state.tabs.length() > 0, rx.el.div(tabs, class_name="border-b border-line mb-4 -mt-2"))


def view_controls(state: Any) -> list[rx.Component]:
    """What can be done with the present view, at the end of the line of filters."""
    return [
        rx.cond(state.view_own & state.view_changed, button("Save changes", size="sm", on_click=state.update_view)),
        rx.cond(state.savable, _new_view(state)),
        rx.cond(state.view_own, _own_view(state)),
        _display(state),
    ]


def _name(state: Any, value: Any = "") -> list[rx.Component]:
    return [
        rx.el.label(
            rx.el.span("Name of the view", class_name="block text-sm mb-1"),
            rx.el.input(
                type="text", name="name", default_value=value, auto_complete="off", aria_invalid=state.view_error != "", class_name=FIELD
            ),
            class_name="block",
        ),
        rx.el.p(state.view_error, role="alert", class_name="text-sm text-danger-text mt-1 empty:hidden"),
        FocusMistake.create(times=state.view_mistakes),
    ]


def _shared(state: Any, value: Any = False) -> rx.Component:
    box = rx.el.label(
        rx.el.input(type="checkbox", name="shared", default_checked=value, class_name="size-4 accent-accent"),
        rx.el.span("Share with everybody who sees this list"),
        class_name="flex items-center gap-2.5 mt-3 pointer-coarse:min-h-11",
    )
    return rx.cond(state.may_share, box)


def _new_view(state: Any) -> rx.Component:
    form = rx.el.form(
        *_name(state),
        _shared(state),
        button("Save view", type="submit", variant="primary", class_name="w-full mt-3"),
        on_submit=state.save_view,
        no_validate=True,
    )
    return popover(
        button(icon("bookmark", class_name="size-3.5"), "Save view", size="sm"), form, label="Save this as a view", class_name="p-3 w-80"
    )


def _own_view(state: Any) -> rx.Component:
    form = rx.el.form(
        *_name(state, state.view_name),
        _shared(state, state.view_shared),
        rx.el.div(
            button("Delete view", variant="caution", on_click=state.delete_view),
            button("Save", type="submit", variant="primary"),
            class_name="flex justify-between gap-2 mt-4",
        ),
        on_submit=state.change_view,
        no_validate=True,
        key=state.view_id,
    )
    return popover(button("Edit view", size="sm"), form, label="Edit this view", class_name="p-3 w-80")


def _display(state: Any) -> rx.Component:
    def density(key: str, label: str, mark: str) -> rx.Component:
        return rx.el.button(
            icon(mark),
            rx.el.span(label),
            type="button",
            aria_pressed=rx.cond(state.density == key, "true", "false"),
            on_click=state.set_density(key),
            class_name=(
                "grow inline-flex items-center justify-center gap-1.5 h-8 pointer-coarse:h-11 px-2 rounded-control text-sm text-muted "
                "border border-line aria-[pressed=true]:bg-pressed aria-[pressed=true]:text-text"
            ),
        )

    def column(pick: Any) -> rx.Component:
        def mover(mark: str, label: str, step: int, blocked: Any) -> rx.Component:
            return icon_button(
                mark,
                f"{label} {pick.label}",
                on_click=state.move_column(pick.key, step),
                disabled=blocked,
                class_name="size-7 disabled:opacity-30",
            )

        return rx.el.li(
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name="column",
                    checked=pick.shown,
                    on_change=state.toggle_column(pick.key),
                    class_name="size-4 accent-accent",
                ),
                rx.el.span(pick.label, class_name="truncate"),
                class_name="grow min-w-0 flex items-center gap-2.5 min-h-8 pointer-coarse:min-h-11",
            ),
            rx.cond(
                pick.shown,
                rx.fragment(
                    mover("chevron-up", "Move left:", -1, pick.first),
                    mover("chevron-down", "Move right:", 1, pick.last),
                ),
            ),
            key=pick.key,
            class_name="flex items-center",
        )

    box = rx.el.div(
        rx.el.h3("Row height", class_name="text-sm text-muted mb-1.5"),
        rx.el.div(*[density(*one) for one in _DENSITIES], role="group", aria_label="Row height", class_name="flex gap-1.5"),
        rx.el.div(
            rx.el.h3("Columns", class_name="text-sm text-muted"),
            rx.cond(
                state.chosen,
                rx.el.button(
                    "Reset", type="button", on_click=state.usual_columns, class_name="text-sm text-accent-text hover:underline rounded-sm"
                ),
            ),
            class_name="flex justify-between mt-4 mb-1",
        ),
        rx.el.ul(rx.foreach(state.picks, column), class_name="max-h-72 overflow-y-auto -mx-1 px-1"),
    )
    trigger = button(icon("sliders-horizontal", class_name="size-3.5"), "Display", size="sm")
    return rx.el.div(popover(trigger, box, label="Display", align="end", class_name="p-3 w-80"), class_name="ml-auto max-md:hidden")
