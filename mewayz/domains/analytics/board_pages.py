"""The dashboard: tiles, charts and lists, and the panel in which a person arranges them."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.board_state import Board
from mewayz.domains.analytics.frame_pages import dates, or_problem, window_menus
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.pieces import Kind
from mewayz.domains.analytics.report_pages import report_part
from mewayz.domains.analytics.report_state import ReportList
from mewayz.domains.analytics.share_pages import quiet_button, share_panel
from mewayz.ui.bars import bars
from mewayz.ui.base import link
from mewayz.ui.chart import chart
from mewayz.ui.controls import CARD, button, card, card_link, icon_button, link_button, skeleton, status
from mewayz.ui.figure_tools import csv_link, how, picture_of_table
from mewayz.ui.overlay import sheet
from mewayz.ui.places import Place, page, permitted
from mewayz.ui.shell import page_header
from mewayz.ui.tiles import tiles

_GRID = "grid md:grid-cols-2 xl:grid-cols-3 gap-4"
_LIST = "min-h-[21.5rem]"
"""As high as a chart, so that nothing moves when a list arrives."""


def _brief(item: Any) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.div(
                rx.el.div(item.label, class_name="font-medium max-sm:break-words sm:truncate"),
                rx.el.div(item.detail, class_name="text-sm text-muted max-sm:break-words sm:truncate"),
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


def _briefs(one: Any) -> rx.Component:
    waiting = rx.el.div(*[skeleton("h-9 w-full") for _ in range(5)], class_name="space-y-3", aria_hidden="true")
    nothing = rx.el.p(one.nothing, class_name="text-muted py-6")
    return rx.cond(one.ready, rx.cond(one.briefs.length() == 0, nothing, rx.el.ul(rx.foreach(one.briefs, _brief))), waiting)


def _card(one: Any) -> rx.Component:
    title = rx.cond(one.title != "", one.title, skeleton("h-4 w-28"))
    look = rx.cond(one.wide, f"{CARD} p-4 sm:p-5 min-w-0 md:col-span-2", f"{CARD} p-4 sm:p-5 min-w-0")
    drawing = chart(one.plot, names=("This period", one.compared), unit=one.unit, file=one.file, about=one.about)
    ranked = bars(one.bars, one.ready, heading=one.heading, unit=one.unit, nothing=one.nothing)
    action = rx.match(
        one.kind,
        (Kind.ORDERS.value, card_link("All orders", to="/orders")),
        (Kind.LOW.value, card_link("All low", to="/products?stock=low,out&sort=stock")),
        rx.fragment(),
    )
    height = rx.cond(Board.ready & Board.nothing, "", _LIST)  # an empty shop has nothing to wait for
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, class_name="text-base font-semibold"), action, class_name="flex items-center justify-between gap-4 min-h-8 mb-3"
        ),
        rx.match(
            one.kind,
            (Kind.CHART.value, drawing),
            (Kind.ORDERS.value, rx.el.div(_briefs(one), class_name=height)),
            (Kind.LOW.value, rx.el.div(_briefs(one), class_name=height)),
            rx.el.div(ranked, rx.cond(one.bars.length() > 0, _below(one)), class_name=height),
        ),
        key=one.key,
        custom_attrs={"data-piece": one.key},
        class_name=look,
    )


def _below(one: Any) -> rx.Component:
    """Picture, file and meaning of a ranking."""
    return rx.el.div(
        picture_of_table(Board.label),
        csv_link(one.file),
        how(BY_KEY["gross"].formula),
        class_name="flex flex-wrap items-start gap-x-4 mt-2",
    )


def _unknown() -> rx.Component:
    """What stands there before it is known how the person has arranged it: none of its parts stays, so that nothing moves."""
    return rx.el.div(
        *[rx.el.div(class_name=f"{CARD} h-[166px] sm:h-[154px] animate-pulse") for _ in range(4)],
        rx.el.div(class_name=f"{CARD} h-[29rem] col-span-2 xl:col-span-4 animate-pulse"),
        class_name="grid grid-cols-2 xl:grid-cols-4 gap-3 sm:gap-4",
        aria_hidden="true",
    )


def _nothing_yet() -> rx.Component:
    return card(
        rx.el.div(
            rx.el.h2("No orders yet", class_name="text-lg font-semibold"),
            rx.el.p(
                rx.cond(
                    Board.own,
                    "What you have bought, and what it came to, appears here once the shop has entered your first order.",
                    "The figures of the shop appear here with its first order.",
                ),
                permitted("admin:update", rx.el.span(" To look around first, load the demo shop.")),
                class_name="text-muted mt-1",
            ),
            rx.cond(
                Board.own,
                link_button("See the products", to="/products", class_name="mt-5"),
                permitted("admin:update", link_button("Load the demo shop", to="/admin", variant="primary", class_name="mt-5")),
            ),
            class_name="flex flex-col items-center text-center py-10",
        ),
        class_name="mb-4",
    )


def _picks(title: str, picks: Any) -> rx.Component:
    def mover(pick: Any, mark: str, label: str, step: int, blocked: Any) -> rx.Component:
        # Not disabled at the ends: a button that is loses the focus, and with it the keyboard.
        return icon_button(
            mark,
            f"{label} {pick.label}",
            on_click=Board.move(pick.key, step),
            aria_disabled=rx.cond(blocked, "true", "false"),
            class_name="aria-disabled:opacity-30",
        )

    def line(pick: Any) -> rx.Component:
        return rx.el.li(
            rx.el.label(
                rx.el.input(
                    type="checkbox", name="piece", checked=pick.shown, on_change=Board.toggle(pick.key), class_name="size-4 accent-accent"
                ),
                rx.el.span(pick.label, class_name="truncate"),
                class_name="grow min-w-0 flex items-center gap-2.5 min-h-9 pointer-coarse:min-h-11 cursor-pointer",
            ),
            rx.cond(
                pick.shown,
                rx.fragment(
                    mover(pick, "chevron-up", "Move up:", -1, pick.first),
                    mover(pick, "chevron-down", "Move down:", 1, pick.last),
                ),
            ),
            key=pick.key,
            class_name="flex items-center",
        )

    return rx.el.section(
        rx.el.h3(title, class_name="text-sm font-medium text-muted mb-1"),
        rx.el.ul(rx.foreach(picks, line)),
        role="group",
        aria_label=title,
        class_name="mb-5",
    )


def _arrange() -> rx.Component:
    reset = button("Reset", size="sm", on_click=Board.usual, disabled=~Board.chosen)
    return sheet(
        quiet_button("layout-dashboard", "Arrange"),
        _picks("Tiles", Board.tile_picks),
        _picks("Charts and lists", Board.card_picks),
        rx.el.p(Board.said, role="status", class_name="sr-only"),
        title="Arrange the dashboard",
        description="For you alone. What is ticked is shown, in this order.",
        action=reset,
    )


@page(
    "/",
    title="Dashboard",
    needs="analytics:read",
    load=[Board.turn, Board.lay, Board.load],
    place=Place("Dashboard", "layout-dashboard", "", 0),
)
def dashboard_page() -> rx.Component:
    """The day of the shop: figures, sales over time, what sells, what runs out; each person's own choice of them."""
    actions = [_arrange(), share_panel(report_part(), load=ReportList.load), *window_menus(Board)]
    return rx.el.div(
        page_header("Dashboard", sentence=dates(Board), secondary=actions),
        or_problem(
            Board,
            rx.cond(Board.ready & Board.nothing, _nothing_yet()),
            rx.cond(
                Board.laid,
                rx.fragment(
                    tiles(Board.tiles, Board.ready, expected=Board.shape),
                    rx.el.div(rx.foreach(Board.cards, _card), class_name=f"{_GRID} mt-4"),
                ),
                _unknown(),
            ),
        ),
    )
