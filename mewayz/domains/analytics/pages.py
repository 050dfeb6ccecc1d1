"""The dashboard."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.frame_pages import or_problem, window_menus
from mewayz.domains.analytics.state import Overview
from mewayz.ui.base import link
from mewayz.ui.chart import bars, chart, tiles
from mewayz.ui.controls import card, card_link, link_button, skeleton, status
from mewayz.ui.places import Place, page, permitted
from mewayz.ui.shell import page_header


def _brief(item: Any) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.div(
                rx.el.div(item.label, class_name="font-medium truncate"),
                rx.el.div(item.detail, class_name="text-sm text-muted truncate"),
                class_name="min-w-0 grow",
            ),
            rx.el.div(
                rx.el.div(item.number, class_name="tabular-nums text-right"),
                rx.cond(item.word != "", rx.el.div(status(item.word, item.tone), class_name="text-sm text-muted")),
                class_name="shrink-0",
            ),
            to=item.href,
            class_name="flex items-start gap-4 py-2 px-2 -mx-2 rounded-control hover:bg-hover",
        ),
        key=item.key,
    )


def _briefs(items: Any, nothing: str) -> rx.Component:
    waiting = rx.el.div(*[skeleton("h-9 w-full") for _ in range(5)], class_name="space-y-3", aria_hidden="true")
    return rx.cond(
        Overview.ready,
        rx.cond(items.length() == 0, rx.el.p(nothing, class_name="text-muted py-6"), rx.el.ul(rx.foreach(items, _brief))),
        waiting,
    )


def _nothing_yet() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2("No orders yet", class_name="text-lg font-semibold"),
            rx.el.p(
                "The figures of the shop appear here with its first order. To look around first, load the demo shop.",
                class_name="text-muted mt-1",
            ),
            permitted("admin:update", link_button("Load the demo shop", to="/admin", variant="primary", class_name="mt-5")),
            class_name="flex flex-col items-center text-center py-10",
        ),
        class_name="mb-4",
    )


@page("/", title="Dashboard", needs="analytics:read", load=[Overview.load], place=Place("Dashboard", "layout-dashboard", "", 0))
def dashboard_page() -> rx.Component:
    """The day of the shop: figures, sales over time, what sells, what runs out."""
    return rx.el.div(
        page_header(
            "Dashboard", sentence=rx.cond(Overview.ready, f"{Overview.label} {Overview.against}", ""), secondary=window_menus(Overview)
        ),
        or_problem(
            Overview,
            rx.cond(Overview.ready & Overview.nothing, _nothing_yet()),
            tiles(Overview.tiles, Overview.ready),
            rx.el.div(
                card(
                    chart(Overview.sales, names=("This period", Overview.compared), unit="Gross sales"),
                    title="Gross sales",
                    class_name="xl:col-span-2 min-w-0",
                ),
                card(bars(Overview.top, Overview.ready, heading="Product", unit="Gross sales"), title="Top products", class_name="min-w-0"),
                class_name="grid xl:grid-cols-3 gap-4 mt-4",
            ),
            rx.el.div(
                card(
                    _briefs(Overview.orders, "No orders yet."),
                    title="Recent orders",
                    action=card_link("All orders", to="/orders"),
                    class_name="min-w-0",
                ),
                card(
                    bars(Overview.countries, Overview.ready, heading="Country", unit="Gross sales"), title="Countries", class_name="min-w-0"
                ),
                permitted(
                    "products:update",
                    card(
                        _briefs(Overview.low, "Nothing runs out."),
                        title="Low stock",
                        action=card_link("All low", to="/products?stock=low,out&sort=stock"),
                        class_name="min-w-0",
                    ),
                ),
                class_name="grid md:grid-cols-2 xl:grid-cols-3 gap-4 mt-4",
            ),
        ),
    )
