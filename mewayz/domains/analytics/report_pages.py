"""The part "Report by e-mail" of the panel "Share" on the dashboard."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.report_state import WHEN, ReportList
from mewayz.domains.analytics.share_pages import choice, part
from mewayz.ui.controls import FIELD, button
from mewayz.ui.form import problem

_state: Any = ReportList
_HOURS = tuple((str(hour), f"{hour:02}:00") for hour in range(24))
_SPANS = (
    ("day", rx.fragment("Yesterday, ", _state.yesterday)),
    ("week", rx.fragment("The last 7 days, ", _state.week)),
    ("month", rx.fragment("The last month, ", _state.month)),
)


def _running(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.div(one.label), rx.el.div(one.detail, class_name="text-sm text-muted break-words"), class_name="grow min-w-0"),
        button("End", size="sm", on_click=_state.end(one.id), aria_label=f"End: {one.label}"),
        key=one.id,
        class_name="flex items-start gap-3 py-2",
    )


def report_part() -> rx.Component:
    """What leaves by itself, a form for more, and one at once."""
    also = rx.el.label(
        rx.el.span("Also to (addresses of users)", class_name="block text-sm mb-1"),
        rx.el.input(type="text", name="also", auto_complete="off", placeholder="anna@example.com, ben@example.com", class_name=FIELD),
        rx.el.span("Each gets it with their own rights.", class_name="block text-sm text-muted mt-1"),
        class_name="block mt-3",
    )
    form = rx.el.form(
        rx.el.div(
            choice("when", "When", tuple(WHEN.items()), "week 0"),
            choice("hour", "At", _HOURS, "8"),
            class_name="flex gap-2",
        ),
        rx.cond(_state.others, also),
        button("Start report", type="submit", variant="primary", class_name="mt-3"),
        on_submit=_state.begin,
        key=_state.visit.to_string(),
    )
    at_once = rx.el.form(
        rx.el.div(
            choice("every", "One at once, to yourself", _SPANS, "week"),
            button("Send now", type="submit"),
            class_name="flex items-end gap-2",
        ),
        on_submit=_state.send,
        class_name="mt-4",
    )
    about = rx.fragment("This dashboard as a letter, at an hour of the shop (", _state.zone, "). Each letter has a link that stops it.")
    return part(
        "Report by e-mail",
        about,
        problem(_state),
        form,
        rx.cond(_state.running.length() > 0, rx.el.ul(rx.foreach(_state.running, _running), class_name="mt-3")),
        rx.cond(
            _state.elsewhere.length() > 0,
            rx.fragment(
                rx.el.h4("Of others", class_name="font-medium mt-4"),
                rx.el.ul(rx.foreach(_state.elsewhere, _running), aria_label="Reports of others"),
            ),
        ),
        at_once,
    )
