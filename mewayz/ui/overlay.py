"""What floats: dialogs, the drawer, menus, popovers, selects and tooltips in the look of Mewayz.

Focus, keyboard and layers come from Base UI (base.py); motion is opacity and transform only.
"""

from typing import Any

import reflex as rx

from mewayz.ui.base import AlertDialog, Align, Dialog, Menu, Popover, Select, Side, Tooltip, link
from mewayz.ui.controls import FIELD, Variant, button_class, icon

_EDGE = 12
_BACKDROP = "fixed inset-0 z-40 bg-scrim transition-opacity duration-calm data-[starting-style]:opacity-0 data-[ending-style]:opacity-0"
_CLEAR = "fixed inset-0 z-40"
_MOVE = "transition-[opacity,transform] duration-calm data-[starting-style]:opacity-0 data-[ending-style]:opacity-0 "
_DIALOG = (
    f"fixed z-50 left-1/2 top-[12vh] -translate-x-1/2 w-[30rem] max-w-[calc(100vw-2rem)] max-h-[80vh] overflow-y-auto "
    f"rounded-card bg-raised shadow-float {_MOVE} data-[starting-style]:-translate-y-2 data-[ending-style]:-translate-y-2"
)
_DRAWER = (
    f"fixed z-50 inset-y-0 left-0 w-72 max-w-[85vw] overflow-y-auto bg-sunken border-r border-line {_MOVE} "
    "data-[starting-style]:-translate-x-4 data-[ending-style]:-translate-x-4"
)
# A panel ends above the messages, so that they cover none of its controls; a browser without anchors leaves room for one at its end.
_SHEET = (
    f"fixed z-50 top-0 right-0 bottom-0 supports-[bottom:anchor(--a_top)]:bottom-[anchor(--messages_top,0px)] w-[24rem] max-w-full "
    f"overflow-y-auto p-5 pb-24 supports-[bottom:anchor(--a_top)]:pb-5 bg-raised border-l border-line {_MOVE} "
    "data-[starting-style]:translate-x-4 data-[ending-style]:translate-x-4"
)
_FLOAT = (
    "rounded-card bg-raised shadow-float origin-[var(--transform-origin)] transition-[opacity,transform] "
    "data-[starting-style]:opacity-0 data-[starting-style]:scale-[0.98] data-[ending-style]:opacity-0"
)
_LIST = f"{_FLOAT} p-1 max-h-[min(24rem,var(--available-height))] overflow-y-auto outline-none"
# A menu is as high as it needs, while there is room: what lies below its edge nobody would look for.
_MENU = f"{_FLOAT} p-1 max-h-[var(--available-height)] overflow-y-auto outline-none"
_ITEM = (
    "flex items-center gap-2 min-h-8 pointer-coarse:min-h-11 px-2 rounded-control text-text select-none outline-none cursor-pointer "
    "data-[highlighted]:bg-hover data-[disabled]:opacity-50 data-[disabled]:cursor-not-allowed"
)


def dialog(
    trigger: rx.Component | None,
    *children: Any,
    title: Any,
    description: Any = None,
    class_name: str = "",
    **root: Any,
) -> rx.Component:
    """A modal dialog. `root` takes `open=`, `on_open_change=` for one that the state opens."""
    return Dialog.Root(
        *([Dialog.Trigger(render_=trigger)] if trigger is not None else []),
        Dialog.Portal(
            Dialog.Backdrop(class_name=_BACKDROP),
            Dialog.Popup(
                rx.el.div(
                    Dialog.Title(title, class_name="text-lg font-semibold"),
                    *([Dialog.Description(description, class_name="text-muted mt-1")] if description is not None else []),
                    class_name="mb-4",
                ),
                *children,
                class_name=f"{_DIALOG} p-5 {class_name}",
            ),
        ),
        **root,
    )


def bare_dialog(trigger: rx.Component | None, *children: Any, label: str, class_name: str = "", **root: Any) -> rx.Component:
    """A modal box without padding whose title only a screen reader hears (the palette)."""
    return Dialog.Root(
        *([Dialog.Trigger(render_=trigger)] if trigger is not None else []),
        Dialog.Portal(
            Dialog.Backdrop(class_name=_BACKDROP),
            Dialog.Popup(Dialog.Title(label, class_name="sr-only"), *children, class_name=f"{_DIALOG} overflow-hidden {class_name}"),
        ),
        **root,
    )


def drawer(trigger: rx.Component, *children: Any, label: str, **root: Any) -> rx.Component:
    """A panel from the left edge, for the navigation of a phone."""
    return Dialog.Root(
        Dialog.Trigger(render_=trigger),
        Dialog.Portal(
            Dialog.Backdrop(class_name=_BACKDROP),
            Dialog.Popup(Dialog.Title(label, class_name="sr-only"), *children, class_name=_DRAWER),
        ),
        **root,
    )


def sheet(
    trigger: rx.Component, *children: Any, title: Any, description: Any = None, action: rx.Component | None = None, **root: Any
) -> rx.Component:
    """A panel from the right edge beside which the page stays in sight, and changes; on a phone it covers the page."""
    close = Dialog.Close(
        icon("x"),
        aria_label="Close",
        class_name="inline-flex items-center justify-center size-8 pointer-coarse:size-11 -mr-2 rounded-control text-muted hover:bg-hover",
    )
    return Dialog.Root(
        Dialog.Trigger(render_=trigger),
        Dialog.Portal(
            Dialog.Backdrop(class_name=_CLEAR),
            Dialog.Popup(
                rx.el.div(
                    Dialog.Title(title, class_name="grow text-lg font-semibold"),
                    *([action] if action is not None else []),
                    close,
                    class_name="flex items-center gap-2",
                ),
                *([Dialog.Description(description, class_name="text-muted mt-1")] if description is not None else []),
                rx.el.div(*children, class_name="mt-5"),
                class_name=_SHEET,
            ),
        ),
        **root,
    )


def confirm(
    trigger: rx.Component | None,
    *,
    title: Any,
    consequence: Any,
    verb: str,
    on_confirm: Any,
    body: rx.Component | None = None,
    blocked: Any = False,
    keep: str = "Cancel",
    look: Variant = "danger",
    **root: Any,
) -> rx.Component:
    """Ask before something that cannot be undone; says what will happen, the button repeats the verb, and `keep` leaves it."""
    return AlertDialog.Root(
        *([AlertDialog.Trigger(render_=trigger)] if trigger is not None else []),
        AlertDialog.Portal(
            AlertDialog.Backdrop(class_name=_BACKDROP),
            AlertDialog.Popup(
                AlertDialog.Title(title, class_name="text-lg font-semibold"),
                AlertDialog.Description(consequence, class_name="text-muted mt-1"),
                *([rx.el.div(body, class_name="mt-4")] if body is not None else []),
                rx.el.div(
                    AlertDialog.Close(keep, class_name=button_class("secondary")),
                    rx.el.button(verb, type="button", on_click=on_confirm, disabled=blocked, class_name=button_class(look)),
                    class_name="flex justify-end gap-2 mt-5",
                ),
                class_name=f"{_DIALOG} p-5",
            ),
        ),
        **root,
    )


def popover(
    trigger: rx.Component,
    *children: Any,
    label: str,
    side: Side = "bottom",
    align: Align = "start",
    class_name: str = "p-3 w-64",
    **root: Any,
) -> rx.Component:
    """A small box beside its button; `label` is what a screen reader calls it."""
    return Popover.Root(
        Popover.Trigger(render_=trigger),
        Popover.Portal(
            Popover.Positioner(
                Popover.Popup(Popover.Title(label, class_name="sr-only"), *children, class_name=f"{_FLOAT} {class_name}"),
                side=side,
                align=align,
                side_offset=6,
                collision_padding=_EDGE,
                class_name="z-50",
            )
        ),
        **root,
    )


def closing(button: rx.Component) -> rx.Component:
    """A button inside a popover that does what it does and closes the popover."""
    return Popover.Close(render_=button)


def menu(
    trigger: rx.Component, *items: Any, side: Side = "bottom", align: Align = "start", class_name: str = "min-w-48", **root: Any
) -> rx.Component:
    """A menu of actions and links."""
    return Menu.Root(
        Menu.Trigger(render_=trigger),
        Menu.Portal(
            Menu.Positioner(
                Menu.Popup(*items, class_name=f"{_MENU} {class_name}"),
                side=side,
                align=align,
                side_offset=6,
                collision_padding=_EDGE,
                class_name="z-50",
            )
        ),
        **root,
    )


def menu_item(*children: Any, danger: bool = False, **props: Any) -> rx.Component:
    """An action in a menu."""
    return Menu.Item(*children, class_name=_ITEM + (" text-danger-text" if danger else ""), **props)


def menu_link(*children: Any, to: Any, **props: Any) -> rx.Component:
    """A link in a menu; stays inside the application."""
    return Menu.LinkItem(*children, render_=link(to=to), close_on_click=True, class_name=_ITEM, **props)


def menu_label(*children: Any) -> rx.Component:
    """A heading inside a menu."""
    return rx.el.div(*children, class_name="px-2 pt-1.5 pb-1 text-xs text-muted")


def menu_line() -> rx.Component:
    """A line between groups of a menu."""
    return Menu.Separator(class_name="h-px -mx-1 my-1 bg-line")


def menu_choice(options: list[tuple[str, str, str]], value: Any, on_change: Any) -> rx.Component:
    """One of several, as (value, label, icon name)."""
    return Menu.RadioGroup(
        *[
            Menu.RadioItem(
                icon(name, class_name="size-4 text-muted"),
                rx.el.span(label, class_name="grow"),
                Menu.RadioItemIndicator(icon("check", class_name="size-4 text-accent-text")),
                value=key,
                close_on_click=False,
                class_name=_ITEM,
            )
            for key, label, name in options
        ],
        value=value,
        on_value_change=on_change,
    )


def tooltip(trigger: rx.Component, text: Any, side: Side = "top") -> rx.Component:
    """A hint for what the pointer or focus is on; never the only place where something is said."""
    return Tooltip.Root(
        Tooltip.Trigger(render_=trigger),
        Tooltip.Portal(
            Tooltip.Positioner(
                Tooltip.Popup(text, class_name="px-2 py-1 rounded-control bg-n12 text-n1 text-xs shadow-float max-w-64"),
                side=side,
                side_offset=6,
                collision_padding=_EDGE,
                class_name="z-50",
            )
        ),
    )


def select(name: str, options: list[tuple[str, str]], *, id: str, **root: Any) -> rx.Component:
    """A choice from a short list; `options` are (value, label). Submits as `name` with its form."""
    attributes = {key: root.pop(key) for key in ("aria_invalid", "aria_describedby", "aria_labelledby") if key in root}
    return Select.Root(
        Select.Trigger(
            Select.Value(class_name="truncate"),
            Select.Icon(icon("chevrons-up-down", class_name="size-4 text-muted")),
            id=id,
            class_name=f"{FIELD} flex items-center justify-between gap-2 text-left",
            **attributes,
        ),
        Select.Portal(
            Select.Positioner(
                Select.Popup(
                    *[
                        Select.Item(
                            Select.ItemText(label, class_name="grow"),
                            Select.ItemIndicator(icon("check", class_name="size-4 text-accent-text")),
                            value=value,
                            class_name=_ITEM,
                        )
                        for value, label in options
                    ],
                    class_name=f"{_LIST} min-w-[var(--anchor-width)]",
                ),
                side_offset=6,
                collision_padding=_EDGE,
                align_item_with_trigger=False,
                class_name="z-50",
            )
        ),
        name=name,
        items=dict(options),
        **root,
    )
