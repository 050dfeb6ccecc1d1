"""What orders add to the page of a customer."""

from typing import Any

import reflex as rx

from mewayz.domains.orders.latest_state import LatestOrders
from mewayz.ui.base import link
from mewayz.ui.controls import banner, card, card_link, skeleton, status
from mewayz.ui.places import permitted, section

_latest: Any = LatestOrders


def _line(one: Any) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(one.number, class_name="font-medium w-20 truncate"),
            rx.el.span(one.when, class_name="text-muted grow truncate"),
            rx.el.span(status(one.status, one.tone), class_name="max-sm:hidden w-28"),
            rx.el.span(one.units, class_name="text-muted tabular-nums max-sm:hidden w-24 text-right"),
            rx.el.span(one.total, class_name="tabular-nums w-28 text-right"),
            to=one.href,
            class_name="flex items-center gap-3 min-h-10 pointer-coarse:min-h-11 -mx-2 px-2 rounded-control hover:bg-hover",
        ),
        key=one.href,
        class_name="border-b border-line last:border-b-0",
    )


@section("/customers/[customer_id]", load=[LatestOrders.load], slot="main")
def latest_orders() -> rx.Component:
    """The last few, and the way to all of them."""
    waiting = rx.el.div(*[skeleton("h-9 w-full") for _ in range(3)], class_name="space-y-3", aria_hidden="true")
    found = rx.cond(
        _latest.briefs.length() > 0, rx.el.ul(rx.foreach(_latest.briefs, _line)), rx.el.p("No orders yet.", class_name="text-muted")
    )
    content = rx.cond(_latest.error != "", banner(_latest.error, role="alert"), rx.cond(_latest.ready, found, waiting))
    return permitted("orders:read", card(content, title="Latest orders", action=card_link("All orders", to=_latest.every)))
