"""Base UI parts for Reflex: behaviour (focus, keyboard, layers) without a look.

Only what Mewayz uses, with the props it uses. The look is in overlay.py.
"""

from typing import Any, ClassVar, Literal

import reflex as rx
from reflex.event import EventHandler, passthrough_event_spec
from reflex.utils.imports import ImportVar
from reflex.vars.base import Var
from reflex_base.components.component import Component
from reflex_components_core.el.elements.inline import A
from reflex_components_core.react_router.dom import ReactRouterLink

PACKAGE = "@base-ui/react"
VERSION = "1.9.0"

Side = Literal["top", "right", "bottom", "left"]
Align = Literal["start", "center", "end"]


class Part(Component):
    """One part of a Base UI component: `Dialog.Popup` comes from `@base-ui/react/dialog`."""

    lib_dependencies: list[str] = [f"{PACKAGE}@{VERSION}"]  # noqa: RUF012 (a field of Reflex)
    namespace: ClassVar[str] = ""

    # Renders this element in place of the part's own one; the part's props are merged into it.
    render_: Var[Component]

    @property
    def import_var(self) -> ImportVar:
        """Parts hang below one named export, which is what gets imported."""
        return ImportVar(tag=self.namespace, package_path="", install=False)


class Root(Part):
    """State of an overlay; renders no element."""

    open: Var[bool]
    default_open: Var[bool]
    modal: Var[bool]
    on_open_change: EventHandler[passthrough_event_spec(bool, dict)]


class Trigger(Part):
    """The button that opens an overlay."""

    native_button: Var[bool]
    disabled: Var[bool]


class Popup(Part):
    """The floating box; takes focus when opened."""

    initial_focus: Var[Any]
    final_focus: Var[Any]


class Positioner(Part):
    """Places a popup beside its anchor and keeps it on the screen."""

    side: Var[Side]
    align: Var[Align]
    side_offset: Var[int]
    align_offset: Var[int]
    align_item_with_trigger: Var[bool]
    # How far from the edges of the window it stays, in pixels.
    collision_padding: Var[int]


class Portal(Part):
    """Moves a popup to the end of the body."""

    keep_mounted: Var[bool]


class Item(Part):
    """An entry of a menu or list."""

    label: Var[str]
    value: Var[Any]
    disabled: Var[bool]
    close_on_click: Var[bool]


class LinkItem(Item):
    """A menu entry that is a link."""

    href: Var[str]


class RadioGroup(Part):
    """Entries of which one is chosen."""

    value: Var[Any]
    on_value_change: EventHandler[passthrough_event_spec(str, dict)]


class SelectRoot(Root):
    """State of a select; renders the hidden input that a form submits."""

    name: Var[str]
    value: Var[Any]
    default_value: Var[Any]
    items: Var[Any]
    required: Var[bool]
    disabled: Var[bool]
    on_value_change: EventHandler[passthrough_event_spec(str, dict)]


class ListRoot(Root):
    """State of an autocomplete list."""

    items: Var[Any]
    inline: Var[bool]
    auto_highlight: Var[Any]
    value: Var[str]
    # What an entry leaves in the input once it is chosen.
    item_to_string_value: Var[Any]
    # What narrows the list; null leaves that to the server.
    filter_: Var[Any]
    on_value_change: EventHandler[passthrough_event_spec(str, dict)]


def parts(namespace: str, path: str, kinds: dict[str, type[Part]]) -> Any:
    """A namespace of component factories, one per part: `Dialog.Popup(...)`."""

    def make(name: str, kind: type[Part]) -> Any:
        cls = type(
            f"{namespace}{name}",
            (kind,),
            {"library": f"{PACKAGE}/{path}", "tag": f"{namespace}.{name}", "namespace": namespace, "__module__": __name__},
        )
        return staticmethod(cls.create)

    return type(namespace, (), {name: make(name, kind) for name, kind in kinds.items()})


_LAYERS = {"Root": Root, "Trigger": Trigger, "Portal": Portal, "Backdrop": Part, "Popup": Popup, "Title": Part}
_PLACED = {"Root": Root, "Trigger": Trigger, "Portal": Portal, "Positioner": Positioner, "Popup": Popup}

Dialog = parts("Dialog", "dialog", {**_LAYERS, "Viewport": Part, "Description": Part, "Close": Trigger})
AlertDialog = parts("AlertDialog", "alert-dialog", {**_LAYERS, "Viewport": Part, "Description": Part, "Close": Trigger})
Popover = parts("Popover", "popover", {**_PLACED, "Title": Part, "Description": Part, "Close": Trigger})
Tooltip = parts("Tooltip", "tooltip", {**_PLACED, "Provider": Part})
Menu = parts(
    "Menu",
    "menu",
    {
        **_PLACED,
        "Item": Item,
        "LinkItem": LinkItem,
        "Group": Part,
        "GroupLabel": Part,
        "Separator": Part,
        "RadioGroup": RadioGroup,
        "RadioItem": Item,
        "RadioItemIndicator": Part,
    },
)
Select = parts(
    "Select",
    "select",
    {
        **_PLACED,
        "Root": SelectRoot,
        "Value": Item,
        "Icon": Part,
        "List": Part,
        "Item": Item,
        "ItemText": Part,
        "ItemIndicator": Part,
    },
)
Autocomplete = parts(
    "Autocomplete",
    "autocomplete",
    {"Root": ListRoot, "Input": Item, "Portal": Portal, "Positioner": Positioner, "Popup": Popup, "List": Part, "Item": Item},
)


def plain_link(*children: Any, href: str, **props: Any) -> rx.Component:
    """A link that the browser follows by itself; `rx.el.a` would be one of the router."""
    return A.create(*children, href=href, **props)


def link(*children: Any, to: Any, **props: Any) -> rx.Component:
    """A link inside the app: a real `<a href>` that navigates without reloading the page."""
    return ReactRouterLink.create(*children, to=to, **props)
