"""Rankings: a table whose rows carry their share as a bar."""

from typing import Any

import reflex as rx

from mewayz.ui.base import link
from mewayz.ui.controls import skeleton

_CUT = "max-sm:break-words sm:truncate print:whitespace-normal"
"""A name that is too long ends in dots, and whole on hovering; on a phone, where nobody hovers, and on paper it takes a second line."""


def bars(items: Any, ready: Any, *, heading: Any, unit: Any, nothing: Any = "Nothing in this period.") -> rx.Component:
    """A ranking as a table whose rows carry their share as a bar.

    Args:
        items: a list of `Bar` in a state.
        ready: whether they have arrived.
        heading: of the first column.
        unit: of the second.
        nothing: what stands there when the list is empty.
    """

    def line(item: Any) -> rx.Component:
        text = rx.cond(
            item.href != "",
            link(
                item.label,
                to=item.href,
                class_name=f"block {_CUT} hover:text-accent-text rounded-sm pointer-coarse:py-3 pointer-coarse:-my-1.5",
            ),
            item.label,
        )
        fill = rx.el.span(
            class_name="absolute inset-y-0.5 left-0 rounded-sm bg-accent-soft", style={"width": item.share}, aria_hidden="true"
        )
        return rx.el.tr(
            rx.el.th(
                rx.el.div(fill, rx.el.span(text, class_name=f"relative block {_CUT} px-2 py-1.5"), class_name="relative"),
                scope="row",
                title=item.label,
                class_name="w-full max-w-0 text-left font-normal",
            ),
            rx.el.td(item.value, class_name="pl-4 text-right tabular-nums whitespace-nowrap"),
            key=item.label,
            class_name="h-9 pointer-coarse:h-11",
        )

    table = rx.el.table(
        rx.el.thead(rx.el.tr(rx.el.th(heading, scope="col"), rx.el.th(unit, scope="col")), class_name="sr-only"),
        rx.el.tbody(rx.foreach(items, line)),
        class_name="w-full",
    )
    waiting = rx.el.div(*[skeleton("h-6 w-full") for _ in range(5)], class_name="space-y-3 py-1.5", aria_hidden="true")
    return rx.cond(ready, rx.cond(items.length() == 0, rx.el.p(nothing, class_name="text-muted py-6"), table), waiting)
