"""The keys of a table, and the list that names them."""

from typing import Any

import reflex as rx

from mewayz.ui.controls import icon
from mewayz.ui.overlay import dialog

_Key = tuple[tuple[str, ...], str]
_MOVE: _Key = (("J", "K"), "Next and previous row")
_OPEN: _Key = (("Enter",), "Open the row")
_EDIT: tuple[_Key, ...] = (
    (("→", "←"), "Along the cells of a row that can be changed"),
    (("Enter",), "Open the row, or change the cell"),
    (("E",), "Change the first cell of the row that can be changed"),
    (("Esc",), "Leave a cell as it was"),
)
_SELECT: tuple[_Key, ...] = (
    (("X",), "Select the row"),
    (("Shift", "click"), "Select all rows up to here"),
    (("Esc",), "Clear the selection"),
)
_ALWAYS: tuple[_Key, ...] = (
    (("/",), "Search this list"),
    (("Ctrl", "K"), "Find anything"),
    (("?",), "This list"),
)


def keys_button(state: Any) -> rx.Component:
    """The button that opens the list of keys; `?` presses it (table.js)."""
    trigger = rx.el.button(
        icon("keyboard"),
        type="button",
        aria_label="Keyboard shortcuts",
        custom_attrs={"data-shortcut": "?"},
        class_name=(
            "inline-flex items-center justify-center size-8 rounded-control text-muted hover:text-text hover:bg-hover "
            "max-md:hidden pointer-coarse:hidden"
        ),
    )

    def line(names: tuple[str, ...], what: str) -> rx.Component:
        marks = [rx.el.kbd(name, class_name="px-1.5 py-0.5 rounded-sm border border-line text-xs font-sans text-muted") for name in names]
        return rx.el.div(
            rx.el.dt(*marks, class_name="flex gap-1 w-28 shrink-0"), rx.el.dd(what), class_name="flex items-center gap-3 py-1.5"
        )

    def lines(keys: tuple[_Key, ...]) -> rx.Component:
        return rx.fragment(*[line(*one) for one in keys])

    # Only what this list can do: without cells to change or rows to select their keys do nothing.
    selecting = [rx.cond(state.selectable, lines(_SELECT))] if state._works_on_many() else []
    editing = lines(_EDIT) if state.editable else line(*_OPEN)
    return dialog(trigger, rx.el.dl(line(*_MOVE), editing, *selecting, lines(_ALWAYS)), title="Keyboard shortcuts")
