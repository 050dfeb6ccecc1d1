"""The palette: a dialog in which every page, action and record is a few letters away."""

from typing import Any

import reflex as rx

from mewayz.ui.base import Autocomplete, link
from mewayz.ui.controls import icon, keys
from mewayz.ui.overlay import bare_dialog
from mewayz.ui.places import ShellState

# What components see of a state is vars, not values.
_shell: Any = ShellState


def _jump(jump: Any) -> rx.Component:
    return Autocomplete.Item(
        rx.el.span(jump.label, class_name="grow truncate"),
        rx.el.span(jump.group, class_name="text-xs text-muted shrink-0"),
        value=jump.label,
        render_=link(to=jump.path),
        key=jump.path,
        class_name=(
            "flex items-center gap-3 min-h-9 pointer-coarse:min-h-11 px-3 rounded-control outline-none cursor-pointer "
            "data-[highlighted]:bg-hover"
        ),
    )


def palette() -> rx.Component:
    """The button "Search or jump to…" and the dialog it opens; Ctrl-K presses it (session.js)."""
    button = rx.el.button(
        icon("search"),
        rx.el.span("Search", class_name="grow text-left"),
        keys("Ctrl", "K"),
        type="button",
        custom_attrs={"data-shortcut": "k"},
        class_name=(
            "flex items-center gap-2 w-full h-8 pointer-coarse:h-11 px-2 rounded-control border border-line bg-ground text-muted "
            "hover:border-line-strong transition-colors"
        ),
    )
    return bare_dialog(
        button,
        Autocomplete.Root(
            rx.el.div(
                icon("search", class_name="size-4 text-muted"),
                Autocomplete.Input(
                    custom_attrs={"placeholder": "Search or jump to…", "aria-label": "Search or jump to", "name": "palette"},
                    class_name="grow h-12 bg-transparent outline-none",
                ),
                class_name="flex items-center gap-2.5 px-4 border-b border-line",
            ),
            Autocomplete.List(rx.foreach(_shell.jumps, _jump), class_name="p-1.5 max-h-80 overflow-y-auto scroll-py-1.5"),
            rx.cond(
                _shell.jumps.length() == 0,
                rx.el.p("Nothing matches. Try another word.", class_name="px-4 py-6 text-center text-muted"),
            ),
            items=_shell.jumps,
            open=True,
            inline=True,
            auto_highlight="always",
            filter_=rx.Var("null"),
            on_value_change=_shell.find,
        ),
        label="Search or jump to",
        on_open_change=_shell.find(""),
    )
