"""The tabs of the stock: what runs out, and how long the rest has been there."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from mewayz.domains.analytics.frame_pages import header, or_problem, tools
from mewayz.domains.analytics.inventory import SOLD_DAYS
from mewayz.domains.analytics.stock_state import AgeingFigures, InventoryFigures
from mewayz.ui.bars import bars
from mewayz.ui.base import link
from mewayz.ui.controls import CARD, card, inline_link, skeleton
from mewayz.ui.places import page
from mewayz.ui.tiles import tiles

_SOLD = f"Sold in {SOLD_DAYS} days"
_CELL = "text-right tabular-nums px-2 h-8 whitespace-nowrap "
_HEAD = "font-medium text-muted px-2 h-8 whitespace-nowrap "
_WIDE = "max-sm:hidden "  # has no room on a phone
_OUT_FIRST = (
    "Nothing is left of these: those that were sold most in the 30 days before the end of the window come first. Owed: pieces that are "
    "sold and not there."
)
_FIFO = (
    "First in, first out: what is left of a product are the pieces that came last, each as old as its receipt, correction or return. "
    "A reservation takes the oldest. Values are at what a piece costs the shop now."
)


def _named(row: Any, *below: Any) -> rx.Component:
    """The name of a product; on a phone what the columns say that have no room there stands below it."""
    name = link(row.name, to=row.href, class_name="hover:text-accent-text rounded-sm pointer-coarse:inline-block pointer-coarse:py-2.5")
    more = rx.el.div(*below, class_name="sm:hidden text-sm text-muted -mt-1 pb-2.5")
    return rx.el.th(name, more, scope="row", class_name="w-full sm:w-auto text-left font-normal h-9 pr-3 max-sm:[overflow-wrap:anywhere]")


def _stock(row: Any) -> rx.Component:
    low = rx.cond(row.low, rx.el.span(" low", class_name="text-warning-text"))
    return rx.el.tr(
        _named(
            row,
            rx.el.span(row.stock, " in stock", low),
            rx.el.span(" · ", row.sold, f" sold in {SOLD_DAYS} days"),
            rx.el.span(" · ", row.value),
        ),
        rx.el.td(row.stock, low, class_name=_CELL + _WIDE),
        rx.el.td(row.sold, class_name=_CELL + _WIDE),
        rx.el.td(row.cover, class_name=_CELL),
        rx.el.td(row.value, class_name=_CELL + _WIDE),
        key=row.key,
        class_name="border-t border-line",
    )


def _out(row: Any) -> rx.Component:
    return rx.el.tr(
        _named(
            row,
            rx.el.span(row.since, class_name="text-danger-text"),
            rx.cond(row.owed != "–", rx.el.span(" · ", row.owed, " owed")),
        ),
        rx.el.td(row.since, class_name=_CELL + _WIDE + "text-danger-text"),
        rx.el.td(row.sold, class_name=_CELL),
        rx.el.td(row.owed, class_name=_CELL + _WIDE),
        key=row.key,
        class_name="border-t border-line",
    )


def _aged(row: Any) -> rx.Component:
    return rx.el.tr(
        _named(row, rx.el.span("Oldest from ", row.since)),
        rx.el.td(row.units, class_name=_CELL),
        rx.el.td(row.value, class_name=_CELL),
        rx.el.td(row.since, class_name=_CELL + _WIDE + "text-muted"),
        key=row.key,
        class_name="border-t border-line",
    )


def _wide(table: rx.Component, label: str) -> rx.Component:
    return rx.el.div(table, class_name="overflow-x-auto", tab_index=0, role="region", aria_label=label)


def _heads(*names: str, wide: Sequence[str]) -> rx.Component:
    """The headings; those that are `wide` have no room on a phone."""
    first, *others = names
    return rx.el.thead(
        rx.el.tr(
            rx.el.th(first, scope="col", class_name=_HEAD + "text-left pl-0"),
            *[rx.el.th(name, scope="col", class_name=_HEAD + (_WIDE if name in wide else "") + "text-right") for name in others],
        )
    )


def _ages(state: Any, file: Any) -> rx.Component:
    title = rx.cond(state.as_of != "", f"Age of the stock at the end of {state.as_of}", "Age of the stock")
    return card(
        bars(state.ages, state.ready, heading="In stock for", unit="Pieces and value at cost"),
        tools(state.age_period, file, _FIFO),
        title=title,
        class_name="mt-4 min-w-0",
    )


@page(
    "/analytics/inventory", title="Analytics of inventory", needs="analytics:explore", load=[InventoryFigures.turn, InventoryFigures.load]
)
def inventory_figures_page() -> rx.Component:
    """What runs out, and what the stock is worth."""
    state: Any = InventoryFigures
    heads = ("Product", "Stock", _SOLD, "Lasts", "Value at price")
    table = rx.el.table(
        _heads(*heads, wide=("Stock", _SOLD, "Value at price")),
        rx.el.tbody(rx.foreach(state.rows, _stock)),
        aria_label="Stock",
        class_name="w-full",
    )
    lasting = _wide(table, "Stock and how long it lasts")
    gone = rx.el.table(
        _heads("Product", "Since", _SOLD, "Owed", wide=("Since", "Owed")),
        rx.el.tbody(rx.foreach(state.out, _out)),
        aria_label="Out of stock",
        class_name="w-full",
    )
    nothing = rx.el.p("Nothing is in stock.", class_name="text-muted py-6")
    about = "Days of cover: stock ÷ pieces sold in the 30 days before the end of the window × 30. Values: stock × price or cost."
    return rx.el.div(
        header(state),
        or_problem(
            state,
            rx.el.h2("Stock as of now", class_name="text-base font-semibold mb-3"),
            tiles(state.tiles, state.ready, trends=False),
            rx.cond(
                state.ready,
                rx.fragment(
                    rx.cond(
                        state.out.length() > 0,
                        card(
                            _wide(gone, "Products that are out of stock"),
                            rx.cond(state.out_more != "", rx.el.p(state.out_more, class_name="text-sm text-muted mt-2")),
                            tools(state.period, state.file, _OUT_FIRST),
                            title="Out of stock now",
                            class_name="mt-4 min-w-0",
                        ),
                    ),
                    card(
                        rx.cond(state.rows.length() == 0, nothing, lasting),
                        tools(state.period, state.file, about, rx.el.span("Pace of ", state.sold, class_name="text-sm text-muted py-0.5")),
                        title="What runs out first, of the stock as of now",
                        class_name="mt-4 min-w-0",
                    ),
                    _ages(state, state.age_file),
                ),
                _coming(),
            ),
        ),
    )


def _coming() -> rx.Component:
    """What stands there before it is known what is out of stock: none of its parts stays, so that nothing moves."""
    return rx.el.div(skeleton("h-[60rem] w-full opacity-50"), class_name=f"{CARD} p-4 sm:p-5 mt-4", aria_hidden="true")


@page("/analytics/ageing", title="Age of the stock", needs="analytics:explore", load=[AgeingFigures.turn, AgeingFigures.load])
def ageing_page() -> rx.Component:
    """How long what lies in stock has been there, and what it ties up."""
    state: Any = AgeingFigures
    table = rx.el.table(
        _heads("Product", "Pieces", "Value at cost", "Oldest from", wide=("Oldest from",)),
        rx.el.tbody(rx.foreach(state.rows, _aged)),
        aria_label="Products in stock",
        class_name="w-full",
    )
    nothing = rx.el.p("Nothing has been in stock for so long.", class_name="text-muted py-6")
    told = rx.el.p(state.total, " at the end of ", state.as_of, ". ", state.more, class_name="text-sm text-muted mb-2")
    costless = rx.el.p(
        "What they tie up is not known: none of these products has a cost. Enter it as Cost on the page of a ",
        inline_link("product", to="/products"),
        ", or import a file with a column “cost”.",
        class_name="text-sm mb-2",
    )
    return rx.el.div(
        header(state),
        or_problem(
            state,
            _ages(state, state.age_file),
            card(
                rx.cond(
                    state.ready,
                    rx.fragment(
                        told, rx.cond(state.costless, costless), rx.cond(state.rows.length() == 0, nothing, _wide(table, "Products by age"))
                    ),
                    skeleton("h-96 w-full opacity-50"),
                ),
                tools(
                    state.age_period,
                    state.file,
                    f"{_FIFO} Those that tie up most money come first, and without a cost those with the most pieces.",
                ),
                title=rx.cond(state.ready, state.title, "In stock"),
                class_name="mt-4 min-w-0",
            ),
        ),
    )
