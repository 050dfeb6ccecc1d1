"""The tabs of analytics beside sales and stock: products, customers, forecast."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.customer_state import CustomerFigures
from mewayz.domains.analytics.frame_pages import called, header, or_problem, tools
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.outlook_state import ForecastFigures
from mewayz.domains.analytics.product_state import ProductFigures
from mewayz.ui.bars import bars
from mewayz.ui.base import link
from mewayz.ui.chart import chart
from mewayz.ui.controls import card, skeleton
from mewayz.ui.figure_tools import how, picture_of_table
from mewayz.ui.places import page, permitted
from mewayz.ui.tiles import tiles

_SHADES = [
    "",
    "bg-[color-mix(in_srgb,var(--series)_10%,transparent)]",
    "bg-[color-mix(in_srgb,var(--series)_16%,transparent)]",
    "bg-[color-mix(in_srgb,var(--series)_22%,transparent)]",
    "bg-[color-mix(in_srgb,var(--series)_28%,transparent)]",
    "bg-[color-mix(in_srgb,var(--series)_34%,transparent)]",
]
_PARTIAL = "outline-1 -outline-offset-3 outline-dashed outline-series"
"""As the end of a line that is not whole is dashed."""
_CELL = "text-right tabular-nums px-2 h-8 whitespace-nowrap "
_HEAD = "font-medium text-muted px-2 h-8 whitespace-nowrap "


@page("/analytics/products", title="Analytics of products", needs="analytics:read", load=[ProductFigures.turn, ProductFigures.load])
def product_figures_page() -> rx.Component:
    """What sells, by product and category."""
    state: Any = ProductFigures
    return rx.el.div(
        header(state),
        or_problem(
            state,
            rx.el.div(
                card(
                    # As high as its rows will be: on a phone the next card stands below it.
                    rx.el.div(
                        bars(state.top, state.ready, heading="Product", unit=called(state, BY_KEY["gross"])),
                        class_name=rx.cond(state.ready, "", "min-h-[34rem]"),
                    ),
                    tools(state.period, state.file, BY_KEY["gross"].formula),
                    title=rx.cond(state.own, "What you bought", "Top products"),
                    class_name="min-w-0",
                ),
                permitted(
                    "analytics:explore",
                    card(
                        bars(state.categories, state.ready, heading="Category", unit="Gross sales"),
                        rx.el.p(state.rest, class_name="text-sm text-muted mt-3 empty:hidden"),
                        tools(
                            state.period, state.category_file, f"{BY_KEY['gross'].formula} A category is the one that a product has now."
                        ),
                        title="Categories",
                        class_name="min-w-0",
                    ),
                ),
                class_name="grid md:grid-cols-2 gap-4",
            ),
        ),
    )


def _cohort_cell(cell: Any) -> rx.Component:
    looks = [(step, _CELL + _SHADES[min(step, len(_SHADES) - 1)]) for step in range(1, 11)]
    look = rx.match(cell.step, *looks, _CELL + "text-muted")
    text = rx.cond(cell.href != "", link(cell.text, to=cell.href, class_name="hover:underline rounded-sm"), cell.text)
    partial = rx.cond(cell.partial, rx.el.span(" so far", class_name="sr-only"))
    return rx.el.td(text, partial, title=cell.title, key=cell.key, class_name=rx.cond(cell.partial, f"{look} {_PARTIAL}", look))


def _cohort(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.label, scope="row", class_name="text-left font-normal pr-3 h-8 whitespace-nowrap sticky left-0 bg-raised"),
        rx.el.td(link(row.size, to=row.href, class_name="text-accent-text hover:underline rounded-sm"), class_name=_CELL),
        rx.foreach(row.cells, _cohort_cell),
        key=row.label,
    )


def _retention() -> rx.Component:
    state: Any = CustomerFigures
    head = rx.el.tr(
        rx.el.th("First month", scope="col", class_name=_HEAD + "text-left pl-0"),
        rx.el.th("Customers", scope="col", class_name=_HEAD + "text-right"),
        rx.foreach(state.months, lambda month: rx.el.th(f"+{month}", scope="col", key=month, class_name=_HEAD + "text-right")),
    )
    table = rx.el.div(
        rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(state.cohorts, _cohort)), aria_label="Retention", class_name="text-sm"),
        class_name="overflow-x-auto",
        tab_index=0,
        role="region",
        aria_label="Retention by first month",
    )
    waiting = skeleton("h-64 w-full opacity-50")
    nothing = rx.el.p("No known customer has bought yet.", class_name="text-muted py-6")
    about = "A customer belongs to the month of their first order. Column +k is the share of them that bought in the kth month after it."
    wider = "For all countries: customers come back to the shop, whatever country an order goes to, so the filter is left out here."
    return card(
        rx.cond(state.cohorts_of_all, rx.el.p(wider, class_name="text-sm text-muted mb-3")),
        rx.cond(state.ready, rx.cond(state.cohorts.length() == 0, nothing, table), waiting),
        rx.el.p(state.partial, class_name="text-sm text-muted mt-2 empty:hidden"),
        tools(state.cohort_period, state.cohort_file, about),
        title=rx.cond(state.cohorts_of_all, "Retention, for all countries", "Retention"),
        class_name="mt-4 min-w-0",
    )


def _people(plot: Any, name: Any, about: Any, state: Any) -> rx.Component:
    return card(chart(plot, names=(name, ""), unit="Buyers", file=state.file, about=about), title=name, class_name="min-w-0")


@page("/analytics/customers", title="Analytics of customers", needs="analytics:explore", load=[CustomerFigures.turn, CustomerFigures.load])
def customer_figures_page() -> rx.Component:
    """Who buys, who is new, and who comes back."""
    state: Any = CustomerFigures
    return rx.el.div(
        header(state),
        or_problem(
            state,
            tiles(state.tiles, state.ready),
            rx.el.div(
                _people(state.buyers, state.buyers_word, BY_KEY["new"].formula, state),
                rx.cond(state.knows_new, _people(state.returning, "Returning buyers", BY_KEY["returning"].formula, state)),
                class_name=rx.cond(state.knows_new, "grid xl:grid-cols-2 gap-4 mt-4", "grid gap-4 mt-4"),
            ),
            card(
                bars(state.best, state.ready, heading="Customer", unit="Gross sales"),
                rx.el.p(state.guests, class_name="text-sm text-muted mt-3 empty:hidden"),
                rx.el.div(
                    picture_of_table(state.period), how(BY_KEY["gross"].formula), class_name="flex flex-wrap items-start gap-x-4 mt-3"
                ),
                title="Top customers",
                class_name="mt-4 min-w-0",
            ),
            _retention(),
        ),
    )


@page("/analytics/forecast", title="Forecast", needs="analytics:explore", load=[ForecastFigures.turn, ForecastFigures.load])
def forecast_page() -> rx.Component:
    """What may come, how sure that is, and the days that were out of line."""
    state: Any = ForecastFigures
    method = (
        "Seasonal-naive and damped Holt-Winters compete over the past; the one that was closer is used. A single day far out of line "
        "counts as usual in what they learn from. The band holds the middle 80 % of past errors."
    )
    odd = "Against the same weekday of the eight weeks before: further from their median than 3.5 times the usual deviation."
    told = "text-sm text-muted mt-3 max-w-prose"
    return rx.el.div(
        header(state),
        or_problem(
            state,
            card(
                chart(
                    state.coming,
                    names=("Past, then expected", ""),
                    unit="Gross sales",
                    height="h-80",
                    file=state.coming_file,
                    about=method,
                    expected=("Past", "Expected", "Band that should hold 80 %"),
                    nothing=state.reason,
                ),
                # As high as its words will be.
                rx.el.p(state.proof, class_name=rx.cond(state.ready, f"{told} empty:hidden", f"{told} min-h-40 md:min-h-15")),
                title="The next four weeks",
                class_name="min-w-0",
            ),
            card(
                bars(
                    state.unusual,
                    state.ready,
                    heading="Day",
                    unit="Gross sales",
                    nothing="No day of this period is out of line.",
                ),
                tools(state.period, state.file, odd),
                title="Days out of line",
                class_name="mt-4 min-w-0",
            ),
        ),
    )
