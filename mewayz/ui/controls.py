"""The small things every page is made of: icons, buttons, links, badges, panels."""

from typing import Any, Literal

import reflex as rx

from mewayz.ui.base import link, plain_link

Variant = Literal["primary", "secondary", "ghost", "danger", "caution"]
Size = Literal["sm", "md"]

_BUTTON = (
    "inline-flex items-center justify-center gap-1.5 shrink-0 rounded-control font-medium whitespace-nowrap select-none "
    "transition-colors disabled:opacity-50 aria-disabled:opacity-50 pointer-coarse:min-h-11 "
)
_RAISED = "bg-raised border border-line-strong shadow-lift hover:bg-fill"
_VARIANTS = {
    "primary": "bg-accent text-on-accent hover:bg-accent-hover disabled:hover:bg-accent",
    "secondary": f"text-text {_RAISED}",
    "ghost": "text-muted hover:text-text hover:bg-hover",
    "danger": "bg-danger text-on-accent hover:bg-danger-hover",
    "caution": f"text-danger-text {_RAISED}",  # leads to something that asks once more
}
_SIZES = {"sm": "h-7 px-2.5 text-sm", "md": "h-8 px-3 text-base"}

FIELD = (
    "block w-full h-8 px-2.5 rounded-control border border-line-strong bg-ground text-text shadow-lift "
    "pointer-coarse:h-11 hover:border-n8 disabled:opacity-60 disabled:bg-fill "
    "focus-visible:outline-offset-0 aria-invalid:border-danger"
)
"""Look of a text control."""

STICKY = (
    "max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:z-20 max-sm:p-3 max-sm:bg-ground max-sm:border-t max-sm:border-line "
    "max-sm:[anchor-name:--lower-edge]"
)
"""On a phone the primary action stays at the lower edge, in reach of the thumb. Messages stand above what has this anchor."""

CARD = "rounded-card border border-line bg-raised"
"""Look of a panel."""


def icon(name: str, class_name: str = "size-4", **props: Any) -> rx.Component:
    """A decorative Lucide icon; what it means stands beside it or in the button's label."""
    props.setdefault("custom_attrs", {"aria-hidden": "true", "strokeWidth": 1.75})
    return rx.icon(name, class_name=f"shrink-0 {class_name}", **props)


def button_class(variant: Variant = "secondary", size: Size = "md", extra: str = "") -> str:
    """The classes of a button, for what is not a `<button>`."""
    return f"{_BUTTON} {_SIZES[size]} {_VARIANTS[variant]} {extra}".strip()


def button(*children: Any, variant: Variant = "secondary", size: Size = "md", class_name: str = "", **props: Any) -> rx.Component:
    """A button that says its verb."""
    props.setdefault("type", "button")
    return rx.el.button(*children, class_name=button_class(variant, size, class_name), **props)


def link_button(
    *children: Any, to: Any, variant: Variant = "secondary", size: Size = "md", class_name: str = "", **props: Any
) -> rx.Component:
    """A link that looks like a button: it goes somewhere."""
    return link(*children, to=to, class_name=button_class(variant, size, class_name), **props)


def icon_button(name: str, label: str, *, class_name: str = "", **props: Any) -> rx.Component:
    """A square button with an icon; `label` is its accessible name."""
    props.setdefault("type", "button")
    return rx.el.button(
        icon(name),
        aria_label=label,
        class_name=(
            "inline-flex items-center justify-center size-8 pointer-coarse:size-11 rounded-control text-muted "
            f"hover:text-text hover:bg-hover transition-colors {class_name}"
        ),
        **props,
    )


def text_link(*children: Any, to: Any, class_name: str = "", **props: Any) -> rx.Component:
    """A link that stands by itself."""
    return link(*children, to=to, class_name=f"text-accent-text underline-offset-2 hover:underline rounded-sm {class_name}", **props)


def inline_link(*children: Any, to: Any, class_name: str = "") -> rx.Component:
    """A link inside running text: underlined, as its colour alone does not tell it from the words around it."""
    return text_link(*children, to=to, class_name=f"underline {class_name}")


def card_link(*children: Any, to: Any) -> rx.Component:
    """The one action of a card; as large as a finger where there is one."""
    return text_link(*children, to=to, class_name="text-sm pointer-coarse:p-3 pointer-coarse:-mr-3")


def out_link(*children: Any, href: str, class_name: str = "") -> rx.Component:
    """A link that leaves the application (documentation)."""
    return plain_link(
        *children, href=href, target="_blank", rel="noreferrer", class_name=f"text-accent-text hover:underline rounded-sm {class_name}"
    )


def spinner(class_name: str = "size-4") -> rx.Component:
    """Progress of unknown length."""
    return icon("loader-circle", class_name=f"animate-spin {class_name}")


def keys(*names: str) -> rx.Component:
    """A keyboard shortcut."""
    return rx.el.kbd(
        "+".join(names),
        class_name="max-sm:hidden pointer-coarse:hidden px-1 rounded-sm border border-line text-xs font-sans text-muted whitespace-nowrap",
    )


_DOTS = {"success": "bg-success", "warning": "bg-warning", "danger": "bg-danger", "accent": "bg-accent", "neutral": "bg-n9"}


def status(word: Any, tone: Any) -> rx.Component:
    """A state as dot and word; never colour alone."""
    dot = "size-1.5 rounded-full shrink-0 "
    colour = (
        rx.match(tone, *[(name, dot + look) for name, look in _DOTS.items()], dot + _DOTS["neutral"])
        if isinstance(tone, rx.Var)
        else dot + _DOTS.get(tone, _DOTS["neutral"])
    )
    return rx.el.span(
        rx.el.span(class_name=colour, aria_hidden="true"), rx.el.span(word), class_name="flex items-center gap-2 whitespace-nowrap"
    )


_BADGES = {
    "success": "bg-success-soft text-success-text",
    "warning": "bg-warning-soft text-warning-text",
    "danger": "bg-danger-soft text-danger-text",
    "accent": "bg-accent-soft text-accent-text",
    "neutral": "bg-fill text-muted",
}


def badge(word: Any, tone: Literal["success", "warning", "danger", "accent", "neutral"] = "neutral") -> rx.Component:
    """A short label."""
    return rx.el.span(
        word, class_name=f"inline-flex items-center h-5 px-1.5 rounded-sm text-xs font-medium whitespace-nowrap {_BADGES[tone]}"
    )


def card(*children: Any, title: Any = None, action: Any = None, class_name: str = "", **props: Any) -> rx.Component:
    """A panel with an optional heading and one action at its right."""
    head = (
        rx.el.div(
            rx.el.h2(title, class_name="text-base font-semibold"),
            *([action] if action is not None else []),
            class_name="flex items-center justify-between gap-4 min-h-8 mb-3",
        )
        if title is not None
        else None
    )
    return rx.el.section(*([head] if head is not None else []), *children, class_name=f"{CARD} p-4 sm:p-5 {class_name}", **props)


def skeleton(class_name: str = "h-4 w-24") -> rx.Component:
    """A grey bar of the size of what is coming."""
    return rx.el.span(class_name=f"block rounded-sm bg-n4 animate-pulse {class_name}", aria_hidden="true")


def progress(percent: Any, label: str) -> rx.Component:
    """Progress of known length; `percent` is a whole number."""
    fill = rx.el.div(class_name="h-full bg-accent rounded-full transition-[width]", style={"width": f"{percent}%"})
    return rx.el.div(
        fill,
        role="progressbar",
        aria_label=label,
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=percent,
        class_name="h-1.5 rounded-full bg-n4 overflow-hidden",
    )


def banner(*children: Any, tone: Literal["success", "warning", "danger"] = "danger", class_name: str = "", **props: Any) -> rx.Component:
    """A message that stays until its cause is gone, as icon and words."""
    name = {"success": "circle-check", "warning": "triangle-alert", "danger": "circle-alert"}[tone]
    return rx.el.div(
        icon(name, class_name="size-4 mt-0.5"),
        rx.el.div(*children, class_name="grow min-w-0"),
        class_name=f"flex items-start gap-2.5 p-3 rounded-control {_BADGES[tone]} {class_name}",
        **props,
    )
