"""The table of every noun: heading row, rows, filters, pages, and each of its states. Rendering only."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.listing import Column
from mewayz.ui.base import link
from mewayz.ui.cells import RIGHT
from mewayz.ui.controls import CARD, banner, button, icon, link_button, out_link, skeleton, status
from mewayz.ui.shell import page_header
from mewayz.ui.table_filters import table_filters

_MAX_WIDE = 6  # columns beyond this are for wide screens
_CELL = "h-10 px-3 first:pl-4 last:pr-4 border-b border-line"


@dataclass(frozen=True)
class Empty:
    """What stands where there is nothing yet.

    Attributes:
        title: "No products yet".
        sentence: what the list is for.
        action: the one thing to do.
        docs: address of the documentation.
    """

    title: str
    sentence: str
    action: rx.Component | None = None
    docs: str = ""


def table_page(
    state: Any,
    *,
    title: str,
    empty: Empty,
    primary: rx.Component | None = None,
    secondary: Any = (),
) -> rx.Component:
    """A whole list page: header with the total, search and filters, table, pages."""
    return rx.el.div(
        page_header(title, count=rx.cond(state.loaded, state.count, ""), primary=primary, secondary=secondary),
        table_filters(state),
        rx.cond(
            state.error != "",
            _failed(state),
            rx.cond(
                state.loaded & (state.rows.length() == 0),
                rx.cond(state.narrowed, _no_match(state), _empty(empty)),
                _table(state),
            ),
        ),
    )


# Table ------------------------------------------------------------------------------------------------------------------


def _visible(columns: list[Column]) -> list[str]:
    """Classes that say on which screens each column is there: on a phone the link and the last figure."""
    figure = max((index for index, column in enumerate(columns) if column.kind in RIGHT), default=0)
    return [
        "" if index in (0, figure) else "hidden md:table-cell" if index < _MAX_WIDE else "hidden xl:table-cell"
        for index in range(len(columns))
    ]


def _table(state: Any) -> rx.Component:
    columns = state._columns()
    shown = _visible(columns)
    heading = rx.el.tr(*[_head(state, column, extra) for column, extra in zip(columns, shown, strict=True)])
    body = rx.cond(
        state.loaded,
        rx.el.tbody(rx.foreach(state.rows, lambda row: _row(row, columns, shown, state.pictures if state.pictured else None))),
        rx.el.tbody(*[_waiting(columns, shown) for _ in range(10)]),
    )
    return rx.el.div(
        rx.el.div(
            rx.el.table(
                rx.el.caption(state._spec().noun.capitalize(), class_name="sr-only"),
                rx.el.thead(heading, class_name="max-md:sr-only"),
                body,
                aria_busy=~rx.State.is_hydrated,
                class_name="w-full border-separate border-spacing-0 transition-opacity aria-busy:opacity-60",
            ),
            class_name=f"{CARD} overflow-clip",
        ),
        _pages(state),
    )


def _head(state: Any, column: Column, extra: str) -> rx.Component:
    right = column.kind in RIGHT
    currency = [" ", rx.el.span(state.currency, class_name="font-normal text-faint")] if column.kind == "money" else []
    label = rx.el.span(column.label, *currency)
    if column.sort in state._spec().sorts:
        head = state.heads[column.sort]
        mark = rx.match(
            head.order,
            ("ascending", icon("arrow-up", class_name="size-3.5 text-accent-text")),
            ("descending", icon("arrow-down", class_name="size-3.5 text-accent-text")),
            icon("chevrons-up-down", class_name="size-3.5 opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100"),
        )
        look = f"group inline-flex items-center gap-1 rounded-sm hover:text-text {'flex-row-reverse' if right else ''}"
        # On a narrow screen the headings are for screen readers only; what cannot be seen must not take the focus.
        narrow = rx.el.span(label, class_name="md:hidden")
        sorting = rx.fragment(link(label, mark, to=head.href, class_name=f"{look} max-md:hidden"), narrow)
        content = rx.cond(state.loaded, sorting, rx.el.span(label, class_name=look))
        order = rx.cond(state.loaded, head.order, "none")
    else:
        content, order = label, None
    return rx.el.th(
        content,
        scope="col",
        **({"aria_sort": order} if order is not None else {}),
        class_name=(
            f"{_CELL} h-9 sticky top-0 z-10 bg-raised text-sm font-medium text-muted whitespace-nowrap "
            f"{'text-right' if right else 'text-left'} {extra}"
        ),
    )


def _row(row: Any, columns: list[Column], shown: list[str], pictures: Any) -> rx.Component:
    cells = [_cell(row, index, column, extra, pictures) for index, (column, extra) in enumerate(zip(columns, shown, strict=True))]
    return rx.el.tr(*cells, key=row.id, class_name="group/row relative hover:bg-hover [&:last-child>*]:border-b-0 max-md:h-16")


def _picture(row: Any) -> rx.Component:
    look = "size-7 max-md:size-10 shrink-0 rounded-sm border border-line bg-sunken"
    shown = rx.el.img(src=row.picture, alt="", loading="lazy", class_name=f"{look} object-cover")
    return rx.cond(row.picture != "", shown, rx.el.span(class_name=look, aria_hidden="true"))


def _cell(row: Any, index: int, column: Column, extra: str, pictures: Any) -> rx.Component:
    cell = row.cells[index]
    if index == 0:
        name = rx.el.div(
            link(
                cell.text,
                to=row.href,
                title=cell.title,
                class_name="font-medium text-text truncate block rounded-sm group-hover/row:text-accent-text "
                "max-md:after:absolute max-md:after:inset-0",
            ),
            rx.el.div(row.summary, class_name="md:hidden text-sm text-muted font-normal truncate"),
            class_name="min-w-0",
        )
        look = f"{_CELL} text-left max-w-56 {extra}"
        if pictures is None:
            return rx.el.th(name, scope="row", class_name=f"{look} sm:max-w-80")
        both = rx.el.div(rx.cond(pictures, _picture(row)), name, class_name="flex items-center gap-3")
        return rx.el.th(both, scope="row", class_name=rx.cond(pictures, f"{look} sm:max-w-64 2xl:max-w-80", f"{look} sm:max-w-80"))
    look = f"{_CELL} {extra} "
    if column.kind in RIGHT:
        return rx.el.td(cell.text, class_name=look + "text-right tabular-nums whitespace-nowrap")
    if column.kind == "status":
        return rx.el.td(status(cell.text, cell.tone), class_name=look)
    if column.kind == "when":
        return rx.el.td(rx.el.time(cell.text, title=cell.title), class_name=look + "whitespace-nowrap tabular-nums text-muted")
    return rx.el.td(rx.el.span(cell.text, title=cell.title, class_name="block truncate"), class_name=look + "max-w-56 text-muted")


def _waiting(columns: list[Column], shown: list[str]) -> rx.Component:
    widths = ("w-40", "w-20", "w-24", "w-16")
    return rx.el.tr(
        *[
            rx.el.td(
                skeleton(f"h-3 {widths[min(index, 3)]} max-w-full {'ml-auto' if column.kind in RIGHT else ''}"),
                class_name=f"{_CELL} {extra}",
            )
            for index, (column, extra) in enumerate(zip(columns, shown, strict=True))
        ],
        aria_hidden="true",
        class_name="[&:last-child>*]:border-b-0 max-md:h-16",
    )


def _pages(state: Any) -> rx.Component:
    def step(name: str, label: str, href: Any, extra: str = "") -> rx.Component:
        look = f"inline-grid place-items-center size-8 pointer-coarse:size-11 rounded-control {extra} "
        return rx.cond(
            href != "",
            link(icon(name), to=href, aria_label=label, class_name=look + "text-muted hover:text-text hover:bg-hover"),
            rx.el.span(icon(name), aria_hidden="true", class_name=look + "text-n7"),
        )

    pager = state.pager
    return rx.el.nav(
        rx.el.p(pager.label, class_name="text-sm text-muted tabular-nums"),
        rx.el.div(
            step("chevrons-left", "First page", pager.first, "max-sm:hidden"),
            step("chevron-left", "Previous page", pager.prev),
            step("chevron-right", "Next page", pager.next),
            step("chevrons-right", "Last page", pager.last, "max-sm:hidden"),
            class_name="flex items-center",
        ),
        aria_label="Pages",
        class_name="flex items-center justify-between min-h-8 mt-3 pl-1",
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
