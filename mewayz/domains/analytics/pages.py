"""The analytics page: sales and returns over time."""

import reflex as rx

from mewayz.domains.analytics.frame_pages import header, option, or_problem
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.state import Overview
from mewayz.ui.chart import bars, chart, tiles
from mewayz.ui.controls import button, card, icon
from mewayz.ui.overlay import menu
from mewayz.ui.places import Place, page


@page(
    "/analytics", title="Analytics", needs="analytics:read", load=[Overview.load], place=Place("Analytics", "chart-line", "Understand", 1)
)
def analytics_page() -> rx.Component:
    """Sales and returns over time, by product and by country."""
    interval = menu(
        button(rx.cond(Overview.ready, Overview.by, "By"), icon("chevron-down")), rx.foreach(Overview.intervals, option), align="end"
    )
    return rx.el.div(
        header(Overview, interval),
        or_problem(
            Overview,
            tiles(Overview.tiles, Overview.ready),
            card(
                chart(
                    Overview.sales,
                    names=("This period", Overview.compared),
                    unit="Gross sales",
                    height="h-80",
                    file=Overview.file,
                    about=BY_KEY["gross"].formula,
                ),
                title="Gross sales",
                class_name="mt-4 min-w-0",
            ),
            rx.el.div(
                card(bars(Overview.top, Overview.ready, heading="Product", unit="Gross sales"), title="Top products", class_name="min-w-0"),
                card(
                    bars(Overview.countries, Overview.ready, heading="Country", unit="Gross sales"), title="Countries", class_name="min-w-0"
                ),
                class_name="grid md:grid-cols-2 gap-4 mt-4",
            ),
            card(
                chart(
                    Overview.returns,
                    names=("This period", Overview.compared),
                    unit="Returns",
                    file=Overview.file,
                    about=BY_KEY["returns"].formula,
                ),
                title="Returns",
                class_name="mt-4 min-w-0",
            ),
        ),
    )
