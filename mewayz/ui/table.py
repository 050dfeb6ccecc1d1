"""The table of every noun: heading row, rows, filters, pages, and each of its states. Rendering only."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.table_columns import Column
from mewayz.ui.base import link
from mewayz.ui.cells import RIGHT
from mewayz.ui.controls import CARD, banner, button, icon, link_button, out_link, skeleton
from mewayz.ui.shell import page_header
from mewayz.ui.table_bar import bulk_bar, news_bar, outcome_strip, pick_page
from mewayz.ui.table_cells import CELL, clash_dialog, figure_like, linking_cell, picking_cell, plain_cell, wide
from mewayz.ui.table_files import table_files
from mewayz.ui.table_filters import table_filters
from mewayz.ui.table_keys import keys_button
from mewayz.ui.table_views import view_tabs

_WAITING = 10


@dataclass(frozen=True)
class Empty:
    """What stands where there is nothing yet.

    Attributes:
        title: "No products yet".
        sentence: what the list is for; a text, or one that depends on who looks.
        action: the one thing to do.
        docs: address of the documentation.
    """

    title: str
    sentence: Any
    action: rx.Component | None = None
    docs: str = ""


def table_page(
    state: Any,
    *,
    title: str,
    empty: Empty,
    primary: rx.Component | None = None,
    secondary: Any = (),
    sentence: Any = None,
) -> rx.Component:
    """A whole list page: header with the total and perhaps a sentence, views, search and filters, table, pages."""
    return rx.el.div(
        page_header(
            title,
            count=rx.cond(state.loaded, state.count, ""),
            sentence=sentence,
            primary=primary,
            secondary=[*secondary, *table_files(state)],
        ),
        view_tabs(state),
        table_filters(state),
        news_bar(state),
        rx.cond(
            state.error != "",
            _failed(state),
            rx.cond(
                state.loaded & (state.rows.length() == 0),
                rx.cond(state.narrowed, _no_match(state), _empty(empty)),
                _table(state),
            ),
        ),
        outcome_strip(state),
        clash_dialog(state),
        custom_attrs={"data-table": "true"},
    )


# Table ------------------------------------------------------------------------------------------------------------------


def _table(state: Any) -> rx.Component:
    usual = [column for column in state._spec().columns if column.shown]
    heading = rx.el.tr(
        rx.cond(state.selectable, _pick_all(state)),
        rx.foreach(state.heads, lambda head: _head(state, head)),
    )
    body = rx.cond(
        state.loaded,
        rx.el.tbody(rx.foreach(state.rows, lambda row: _row(state, row))),
        rx.el.tbody(*[_waiting(usual) for _ in range(_WAITING)]),
    )
    return rx.el.div(
        rx.el.div(
            bulk_bar(state),
            rx.el.table(
                rx.el.caption(state._spec().noun.capitalize(), class_name="sr-only"),
                rx.el.thead(rx.cond(state.loaded, heading, _waiting_heading(usual)), class_name="max-md:sr-only"),
                body,
                aria_busy=~rx.State.is_hydrated,
                custom_attrs={"data-density": state.density},
                class_name="group/table w-full border-separate border-spacing-0 transition-opacity aria-busy:opacity-60",
            ),
            class_name=rx.cond(state.chosen, f"{CARD} relative overflow-x-auto", f"{CARD} relative overflow-clip"),
        ),
        # table.js tells the state what mouse and keyboard have done, as if it were typed here.
        rx.cond(
            state.loaded,
            rx.el.input(
                type="text",
                name="command",
                default_value="",
                on_change=state.command,
                tab_index=-1,
                aria_hidden="true",
                custom_attrs={"data-bridge": "true"},
                class_name="sr-only",
            ),
        ),
        _pages(state),
    )


_HEAD = f"{CELL} h-9 sticky top-0 z-10 bg-raised text-sm font-medium text-muted whitespace-nowrap "


def _pick_all(state: Any) -> rx.Component:
    # On a phone the box is not there, and a heading must not be empty.
    return rx.el.th(pick_page(state), rx.el.span("Select", class_name="sr-only md:hidden"), scope="col", class_name=f"{_HEAD} w-8 pr-0")


def _head(state: Any, head: Any) -> rx.Component:
    label = rx.el.span(head.label, rx.cond(head.kind == "money", rx.el.span(f" {state.currency}", class_name="font-normal text-faint")))
    mark = rx.match(
        head.order,
        ("ascending", icon("arrow-up", class_name="size-3.5 text-accent-text")),
        ("descending", icon("arrow-down", class_name="size-3.5 text-accent-text")),
        icon("chevrons-up-down", class_name="size-3.5 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"),
    )
    look = "group inline-flex items-center gap-1 rounded-sm hover:text-text max-md:hidden"
    # On a narrow screen the headings are for screen readers only; what cannot be seen must not take the focus.
    sorting = rx.fragment(
        link(
            label,
            mark,
            to=head.href,
            class_name=rx.cond(figure_like(head), f"{look} flex-row-reverse", look),
        ),
        rx.el.span(label, class_name="md:hidden"),
    )
    return rx.el.th(
        rx.cond(head.order != "", sorting, label),
        scope="col",
        key=head.key,
        aria_sort=rx.cond(head.order != "", head.order, "none"),
        class_name=wide(head, _HEAD),
    )


def _row(state: Any, row: Any) -> rx.Component:
    return rx.el.tr(
        rx.cond(state.selectable, picking_cell(state, row)),
        rx.foreach(
            row.cells,
            lambda cell, index: rx.cond(index == 0, linking_cell(state, row, cell), plain_cell(state, row, cell, state.heads[index])),
        ),
        key=row.id,
        custom_attrs={"data-row": row.id},
        class_name=(
            "group/row relative hover:bg-hover focus-within:bg-hover has-[[data-pick]:checked]:bg-accent-soft/60 "
            "[&:last-child>*]:border-b-0 max-md:h-19"
        ),
    )


def _classes(columns: list[Column]) -> list[str]:
    figure = max((index for index, column in enumerate(columns) if column.kind in RIGHT), default=0)
    return ["" if index in (0, figure) else "hidden md:table-cell" for index in range(len(columns))]


def _waiting_heading(columns: list[Column]) -> rx.Component:
    return rx.el.tr(
        *[
            rx.el.th(column.label, scope="col", class_name=f"{_HEAD} {extra} {'text-right' if column.kind in RIGHT else 'text-left'}")
            for column, extra in zip(columns, _classes(columns), strict=True)
        ]
    )


def _waiting(columns: list[Column]) -> rx.Component:
    widths = ("w-40", "w-20", "w-24", "w-16")
    return rx.el.tr(
        *[
            rx.el.td(
                skeleton(f"h-3 {widths[min(index, 3)]} max-w-full {'ml-auto' if column.kind in RIGHT else ''}"),
                class_name=f"{CELL} h-10 {extra}",
            )
            for index, (column, extra) in enumerate(zip(columns, _classes(columns), strict=True))
        ],
        aria_hidden="true",
        class_name="[&:last-child>*]:border-b-0 max-md:h-19",
    )


def _pages(state: Any) -> rx.Component:
    def step(name: str, label: str, href: Any, extra: str = "") -> rx.Component:
        look = f"inline-grid place-items-center size-8 pointer-coarse:size-11 rounded-control {extra} "
        return rx.cond(
            href != "",
            link(icon(name), to=href, aria_label=label, class_name=look + "text-muted hover:text-text hover:bg-hover"),
            rx.el.span(icon(name), aria_hidden="true", class_name=look + "text-n7"),
        )

    pages = state.pager
    return rx.el.div(
        rx.el.nav(
            rx.el.p(pages.label, class_name="text-sm text-muted tabular-nums"),
            rx.el.div(
                step("chevrons-left", "First page", pages.first, "max-sm:hidden"),
                step("chevron-left", "Previous page", pages.prev),
                step("chevron-right", "Next page", pages.next),
                step("chevrons-right", "Last page", pages.last, "max-sm:hidden"),
                class_name="flex items-center",
            ),
            aria_label="Pages",
            class_name="grow flex items-center justify-between min-h-8 pl-1",
        ),
        keys_button(state),
        class_name="flex items-center gap-1 mt-3",
    )


# States -----------------------------------------------------------------------------------------------------------------


def _message(*children: Any) -> rx.Component:
    return rx.el.div(*children, class_name=f"{CARD} flex flex-col items-center text-center px-6 py-16")


def _empty(empty: Empty) -> rx.Component:
    return _message(
        rx.el.h2(empty.title, class_name="text-lg font-semibold"),
        rx.el.p(empty.sentence, class_name="text-muted mt-1 max-w-md"),
        *([rx.el.div(empty.action, class_name="mt-5")] if empty.action is not None else []),
        *([out_link("Read how it works", href=empty.docs, class_name="text-sm mt-4")] if empty.docs else []),
    )


def _no_match(state: Any) -> rx.Component:
    return _message(
        rx.el.h2("Nothing matches", class_name="text-lg font-semibold"),
        rx.el.p("No entry fits this search and these filters.", class_name="text-muted mt-1"),
        link_button("Clear filters", to=state.path, class_name="mt-5"),
    )


def _failed(state: Any) -> rx.Component:
    return rx.el.div(
        banner(
            rx.el.p(state.error),
            rx.cond(state.error_id != "", rx.el.p("Request id ", rx.el.code(state.error_id, class_name="font-mono"), class_name="mt-1")),
            rx.el.div(
                button("Try again", size="sm", on_click=state.load),
                rx.cond(state.narrowed, link_button("Clear filters", to=state.path, size="sm")),
                class_name="flex gap-2 mt-3",
            ),
            role="alert",
        )
    )
