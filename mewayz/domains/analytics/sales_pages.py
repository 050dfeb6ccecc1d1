"""The first tab of analytics, and the dictionary of its metrics."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.frame_pages import called, header, option, or_problem, tabs, tools
from mewayz.domains.analytics.metrics import BY_KEY, METRICS, MetricSpec
from mewayz.domains.analytics.sales_state import MetricWords, SalesFigures
from mewayz.ui.bars import bars
from mewayz.ui.chart import chart
from mewayz.ui.controls import button, card, icon
from mewayz.ui.overlay import menu
from mewayz.ui.places import Place, page
from mewayz.ui.shell import page_header
from mewayz.ui.tiles import tiles

_UNITS = {"money": "money", "count": "a number", "ratio": "a share"}
_STATES = "The orders that were placed in this period, returns apart, by the state that they are in now."


@page(
    "/analytics",
    title="Analytics",
    needs="analytics:read",
    load=[SalesFigures.turn, SalesFigures.load],
    place=Place("Analytics", "chart-line", "Understand", 1),
)
def analytics_page() -> rx.Component:
    """Sales and returns over time, by product and by country, and how far the orders are."""
    state: Any = SalesFigures
    interval = menu(button(rx.cond(state.ready, state.by, "By"), icon("chevron-down")), rx.foreach(state.intervals, option), align="end")
    names, gross = ("This period", state.compared), BY_KEY["gross"]

    def over_time(plot: Any, key: str, height: str) -> rx.Component:
        spec = BY_KEY[key]
        name = called(state, spec)
        return card(
            chart(plot, names=names, unit=name, height=height, file=state.file, about=spec.formula),
            title=name,
            class_name="mt-4 min-w-0",
        )

    def ranked(items: Any, heading: str, title: Any, file: Any) -> rx.Component:
        return card(
            bars(items, state.ready, heading=heading, unit=called(state, gross)),
            tools(state.period, file, gross.formula),
            title=title,
            class_name="min-w-0",
        )

    return rx.el.div(
        header(state, interval),
        or_problem(
            state,
            tiles(state.tiles, state.ready),
            over_time(state.sales, "gross", "h-80"),
            rx.el.div(
                rx.cond(
                    state.product_file != "",
                    ranked(state.top, "Product", rx.cond(state.own, "What you bought", "Top products"), state.product_file),
                ),
                ranked(state.countries, "Country", "Countries", state.country_file),
                rx.cond(
                    state.states.length() > 0,
                    card(
                        bars(state.states, state.ready, heading="State", unit="Orders"),
                        tools(state.period, state.state_file, _STATES),
                        title="States of the orders",
                        class_name="min-w-0",
                    ),
                ),
                class_name=rx.cond(
                    state.states.length() > 0, "grid md:grid-cols-2 xl:grid-cols-3 gap-4 mt-4", "grid md:grid-cols-2 gap-4 mt-4"
                ),
            ),
            over_time(state.returns, "returns", "h-72"),
        ),
    )


def _metric(metric: MetricSpec) -> rx.Component:
    cell = "py-3 pr-4 align-top text-left font-normal max-md:block max-md:py-0.5"
    return rx.el.tr(
        rx.el.th(
            rx.el.div(metric.label, class_name="font-medium"),
            rx.el.code(metric.key, class_name="text-sm text-muted"),
            scope="row",
            class_name=cell,
        ),
        rx.el.td(metric.formula, class_name=cell),
        rx.el.td(_UNITS[metric.unit], class_name=f"{cell} text-muted md:whitespace-nowrap"),
        rx.el.td(metric.source[:1].upper() + metric.source[1:], class_name=f"{cell} text-muted"),
        id=metric.key,
        class_name="border-t border-line max-md:block max-md:py-3",
    )


@page("/analytics/metrics", title="Metrics", needs="analytics:read", load=[MetricWords.load])
def metrics_page() -> rx.Component:
    """What each figure means: the same table that computes it."""
    state: Any = MetricWords
    heads = ("Metric", "How it is computed", "Unit", "Kept as")
    table = rx.el.table(
        rx.el.thead(
            rx.el.tr(*[rx.el.th(name, scope="col", class_name="text-left text-muted font-medium pb-2 pr-4") for name in heads]),
            class_name="max-md:sr-only",
        ),
        rx.el.tbody(*[_metric(metric) for metric in METRICS], class_name="max-md:block"),
        aria_label="Metrics",
        class_name="w-full max-md:block",
    )
    return rx.el.div(
        page_header(
            "Metrics",
            sentence="What each figure means, wherever it is shown. Windows begin and end with days of the shop.",
            back=("Analytics", state.back),
        ),
        tabs(state),
        card(table),
    )
