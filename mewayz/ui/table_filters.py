"""Search, filters and chips above a table. Each control is a link or a small form; rendering only."""

from typing import Any

import reflex as rx

from mewayz.backend.filters import Equals, Filter
from mewayz.backend.ranges import Bound, Moment, Whole
from mewayz.ui.base import link
from mewayz.ui.controls import FIELD, button, icon
from mewayz.ui.overlay import closing, menu, menu_link, popover
from mewayz.ui.table_address import Option
from mewayz.ui.table_core import fixed_values
from mewayz.ui.table_state import SEARCH_ID, is_listed
from mewayz.ui.table_views import view_controls

# A pill looks 36 px high on a touch screen; its target reaches 5 px further up and down.
_ROUND = (
    "relative inline-flex items-center gap-1.5 h-7 pointer-coarse:h-9 pointer-coarse:after:absolute pointer-coarse:after:inset-x-0 "
    "pointer-coarse:after:-inset-y-1.5 rounded-full text-sm whitespace-nowrap shrink-0 transition-colors"
)
_PILL = (
    f"{_ROUND} pl-2 pr-2.5 border border-dashed border-line-strong text-muted hover:text-text hover:border-n8 "
    "data-[popup-open]:text-text data-[popup-open]:border-n8"
)
_CHIP = f"{_ROUND} max-sm:order-first pl-2.5 pr-2 bg-accent-soft text-accent-text hover:bg-pressed"


def table_filters(state: Any) -> rx.Component:
    """The line between the header and the table."""
    spec = state._spec()
    parts: list[rx.Component] = []
    if spec.search:
        parts.append(
            rx.el.div(
                icon("search", class_name="size-4 absolute left-2.5 top-1/2 -translate-y-1/2 text-muted pointer-events-none"),
                rx.el.input(
                    type="search",
                    id=SEARCH_ID,
                    name="search",
                    default_value=state.search,
                    placeholder="Search",
                    aria_label=f"Search {spec.noun}",
                    auto_complete="off",
                    on_change=state.find,
                    class_name=f"{FIELD} pl-8",
                ),
                class_name="relative w-full sm:w-64",
            )
        )
    strip = rx.el.div(
        *[_filter(state, group) for group in _groups(spec.filters)],
        rx.el.div(filter_menu("Sort", "arrow-up-down", state.sorts), class_name="md:hidden"),
        rx.foreach(state.chips, filter_chip),
        rx.cond(
            state.chips.length() > 1,
            link("Clear", to=state.path, class_name="text-sm text-muted hover:text-text px-1 rounded-sm pointer-coarse:py-3"),
        ),
        *view_controls(state),
        class_name="flex items-center gap-2 sm:flex-wrap max-sm:w-screen max-sm:-mx-4 max-sm:px-4 max-sm:py-1 max-sm:overflow-x-auto",
    )
    return rx.el.div(*parts, strip, role="search", class_name="flex flex-wrap items-center gap-2 mb-4")


def _groups(filters: tuple[Filter, ...]) -> list[list[Filter]]:
    """Filters that belong in one popover: the two ends of a range. What only links bring is only shown as a chip."""
    found: dict[tuple[str, str], list[Filter]] = {}
    for item in filters:
        if item.offered:
            key = (type(item).__name__, item.column if isinstance(item, Bound | Moment) else item.name)
            found.setdefault(key, []).append(item)
    return list(found.values())


def _pill(label: Any, *, mark: str = "plus") -> rx.Component:
    return rx.el.button(icon(mark, class_name="size-3.5"), label, type="button", class_name=_PILL)


def filter_menu(label: Any, mark: str, options: Any) -> rx.Component:
    """A pill that opens the values of a filter."""

    def entry(option: Any) -> rx.Component:
        return menu_link(
            rx.el.span(option.label, class_name="grow"),
            rx.cond(option.chosen, icon("check", class_name="size-4 text-accent-text")),
            to=option.href,
            key=option.label,
        )

    return menu(_pill(label, mark=mark), rx.foreach(options, entry))


def _filter(state: Any, group: list[Filter]) -> rx.Component:
    first = group[0]
    if fixed_values(first) or is_listed(first):
        return filter_menu(first.label, "plus", state.options[first.name].to(list[Option]))
    kind: Any = {Bound: "text", Whole: "text", Moment: "date"}.get(type(first), "search")
    mode: Any = {Bound: "decimal", Whole: "numeric"}.get(type(first))

    def field(item: Filter) -> rx.Component:
        words = {True: "From", False: "To"}.get(getattr(item, "low", None), item.label)  # pyright: ignore[reportArgumentType, reportCallIssue]
        return rx.el.label(
            rx.el.span(words, class_name="block text-sm mb-1"),
            rx.el.input(
                type=kind,
                name=item.name,
                default_value=state.values[item.name],
                auto_complete="off",
                **({"input_mode": mode} if mode else {}),
                class_name=FIELD,
            ),
            class_name="block grow min-w-0",
        )

    box = rx.el.form(
        rx.el.div(*[field(item) for item in group], class_name="flex gap-2"),
        closing(button("Apply", type="submit", variant="primary", class_name="w-full mt-3")),
        on_submit=state.narrow,
    )
    return popover(_pill(first.label), box, label=first.label, class_name="p-3 w-64" if isinstance(first, Equals) else "p-3 w-80")


def filter_chip(chip: Any) -> rx.Component:
    """What a filter does, and the way without it."""
    return link(
        rx.el.span(chip.label),
        icon("x", class_name="size-3.5"),
        rx.el.span("Remove this filter", class_name="sr-only"),
        to=chip.href,
        key=chip.label,
        class_name=_CHIP,
    )
