"""The panel "Share": make a link to the open page, see the links that are out, end one."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.share_state import ShareLinks
from mewayz.ui.controls import FIELD, button, icon
from mewayz.ui.form import problem
from mewayz.ui.overlay import sheet

_state: Any = ShareLinks
_DAYS = (("1", "1 day"), ("7", "7 days"), ("30", "30 days"))


def quiet_button(mark: str, label: Any) -> rx.Component:
    """A button above the page; on a phone, where there is little room, its icon alone."""
    return button(icon(mark), rx.el.span(label, class_name="max-sm:sr-only"), class_name="max-sm:min-w-11")


def part(title: str, about: Any, *content: rx.Component) -> rx.Component:
    """A part of the panel under a heading."""
    return rx.el.section(
        rx.el.h3(title, class_name="font-semibold"),
        rx.el.p(about, class_name="text-sm text-muted mt-0.5 mb-3 text-pretty"),
        *content,
        aria_label=title,
        class_name="mb-6 pb-6 border-b border-line last:border-b-0 last:mb-0",
    )


def choice(name: str, label: str, options: tuple[tuple[str, Any], ...], value: Any, **more: Any) -> rx.Component:
    """A plain control with a few choices."""
    box = rx.el.select(*[rx.el.option(text, value=key) for key, text in options], name=name, default_value=value, class_name=FIELD, **more)
    return rx.el.label(rx.el.span(label, class_name="block text-sm mb-1"), box, class_name="block grow min-w-0")


def _made() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span("The link. It is shown only now.", class_name="block text-sm mb-1"),
            rx.el.input(type="text", name="link", value=_state.made, read_only=True, class_name=FIELD),
            class_name="block grow min-w-0",
        ),
        button(icon("copy"), "Copy", on_click=[rx.set_clipboard(_state.made), _state.copied]),
        role="status",
        class_name="flex items-end gap-2 mt-3",
    )


def _out(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(one.label, class_name="text-pretty"), rx.el.div(one.until, class_name="text-sm text-muted"), class_name="grow min-w-0"
        ),
        button("End now", size="sm", on_click=_state.end(one.id), aria_label=f"End now: {one.label}"),
        key=one.id,
        class_name="flex items-start gap-3 py-2",
    )


def share_panel(*more: rx.Component, load: Any = None) -> rx.Component:
    """The button and its panel; `more` are other ways out of the page, which `load` fills."""
    form = rx.el.form(
        rx.el.div(
            choice("days", "Works for", _DAYS, "7"),
            button("Create link", type="submit", variant="primary"),
            class_name="flex items-end gap-2",
        ),
        on_submit=_state.make,
    )
    about = rx.fragment(
        rx.cond(_state.what != "", rx.fragment("Shows: ", _state.what, ". "), ""),
        "Whoever has the link sees these figures without signing in, as you could see them at that moment, and nothing else. "
        "Names of customers are not in it.",
    )
    nothing = rx.el.p("No link is out.", class_name="text-sm text-muted")
    return sheet(
        quiet_button("share-2", "Share"),
        problem(_state),
        part("Read-only link", about, form, rx.cond(_state.made != "", _made())),
        part(
            "Your links",
            "All that work now, of every page.",
            rx.cond(_state.out.length() == 0, nothing, rx.el.ul(rx.foreach(_state.out, _out))),
        ),
        rx.cond(
            _state.elsewhere.length() > 0,
            part(
                "Links of others",
                "All that work now. Ending one is in the audit trail.",
                rx.el.ul(rx.foreach(_state.elsewhere, _out)),
            ),
        ),
        *more,
        title="Share",
        on_open_change=[_state.show, load] if load else _state.show,
    )
