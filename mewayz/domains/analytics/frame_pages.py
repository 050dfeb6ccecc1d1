"""What the pages of analytics share: the menus of the window, the tabs, and what stands there when something fails."""

from typing import Any

import reflex as rx

from mewayz.domains.analytics.metrics import MetricSpec
from mewayz.domains.analytics.share_pages import quiet_button, share_panel
from mewayz.ui.base import link
from mewayz.ui.controls import FIELD, banner, button, icon
from mewayz.ui.figure_tools import csv_link, how, picture_of_table
from mewayz.ui.overlay import closing, menu, menu_label, menu_line, menu_link, popover
from mewayz.ui.shell import page_header
from mewayz.ui.table_filters import filter_chip, filter_menu

ON_PAPER = {"data-on-paper": ""}
"""A message that is part of what a printed page says (tokens.css)."""


def option(option: Any) -> rx.Component:
    """A line of a menu that leads to another window."""
    return menu_link(
        rx.el.span(option.label, class_name="grow"),
        rx.cond(option.chosen, icon("check", class_name="size-4 text-accent-text")),
        to=option.href,
        key=option.label,
    )


def _date(name: str, label: str, value: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="block font-medium mb-1.5"),
        rx.el.input(type="date", name=name, default_value=value, key=value, class_name=FIELD),
        class_name="block",
    )


def window_menus(state: Any) -> list[rx.Component]:
    """What chooses the window: presets, days of one's own, comparison."""
    own = popover(
        quiet_button("calendar-days", rx.cond(state.ready, state.label, "Dates")),
        rx.el.form(
            rx.el.div(_date("first", "From", state.first), _date("last", "Up to and including", state.last), class_name="space-y-3"),
            closing(button("Show", type="submit", variant="primary", class_name="w-full mt-4")),
            on_submit=state.choose,
        ),
        label="Choose dates",
        align="end",
    )
    presets = menu(
        button("Period", icon("chevron-down")),
        # What it is compared with comes first: the presets are many.
        rx.cond(
            state.compares.length() > 0,
            rx.fragment(menu_label("Compare with"), rx.foreach(state.compares, option), menu_line(), menu_label("Period")),
        ),
        rx.foreach(state.presets, option),
        align="end",
    )
    return [own, presets]


def or_problem(state: Any, *content: rx.Component) -> rx.Component:
    """`content`, below what went wrong, or that alone when there are no figures; pale while it is that of another address."""
    problem = rx.cond(
        state.error != "",
        banner(
            rx.el.p(state.error),
            rx.cond(state.error_id != "", rx.el.p("Request id ", rx.el.code(state.error_id))),
            role="alert",
            class_name="mb-5",
        ),
    )
    figures = rx.el.div(
        *content,
        aria_busy=rx.cond(state.turning, "true", "false"),
        class_name=rx.cond(state.turning, "opacity-50 transition-opacity", "transition-opacity"),
    )
    return rx.fragment(problem, rx.cond(state.ready | (state.error == ""), figures))


def header(state: Any, *more: rx.Component) -> rx.Component:
    """The title, the window and its menus, and the tabs below."""
    head = page_header("Analytics", sentence=dates(state), secondary=[*more, share_panel(), *window_menus(state)])
    note = rx.el.div(
        rx.cond(state.note != "", rx.el.p(state.note)),
        role="status",
        custom_attrs=ON_PAPER,
        class_name="text-sm text-muted -mt-2 mb-3 empty:hidden",
    )
    return rx.fragment(head, note, tabs(state), _filters(state))


def tabs(state: Any) -> rx.Component:
    """The ways to the other pages, with the window and the filters of this one."""

    def tab(one: Any) -> rx.Component:
        look = "inline-flex items-center h-9 pointer-coarse:h-11 px-1 border-b-2 whitespace-nowrap "
        return rx.el.li(
            link(
                one.label,
                to=one.href,
                class_name=rx.cond(one.chosen, look + "border-accent font-medium", look + "border-transparent text-muted hover:text-text"),
                custom_attrs={"aria-current": rx.cond(one.chosen, "page", "false")},
            ),
            key=one.label,
            class_name=rx.cond(one.chosen, "[scroll-initial-target:nearest] scroll-mx-12", ""),
        )

    # Where they do not fit, they fade out at the edge: there are more.
    row = "flex gap-5 overflow-x-auto border-b border-line min-h-[37px] pointer-coarse:min-h-[45px] "
    faded = "max-sm:pr-10 max-sm:[mask-image:linear-gradient(to_right,black_calc(100%-2.5rem),transparent)]"
    return rx.el.nav(
        rx.el.ul(rx.foreach(state.tabs, tab), class_name=row + faded),
        aria_label="Analytics",
        class_name="mb-4",
    )


def _filters(state: Any) -> rx.Component:
    """What narrows the figures down: menus, then chips that say what they do. Its place is kept until they are known."""

    def pill(one: Any) -> rx.Component:
        return rx.el.div(filter_menu(one.label, "plus", one.options), key=one.name)

    clear = link("Clear", to=state.unfiltered, class_name="text-sm text-muted hover:text-text px-1 rounded-sm pointer-coarse:py-3")
    return rx.cond(
        ~state.ready | (state.filters.length() > 0) | (state.chips.length() > 0),
        rx.el.div(
            rx.foreach(state.filters, pill),
            rx.foreach(state.chips, filter_chip),
            rx.cond(state.chips.length() > 1, clear),
            role="group",
            aria_label="Filters",
            class_name=(
                "flex items-center gap-2 min-h-7 pointer-coarse:min-h-9 mb-4 sm:flex-wrap sm:pointer-coarse:gap-y-4 "
                "max-sm:box-content max-sm:w-[calc(100vw-2rem)] max-sm:-mx-4 max-sm:px-4 max-sm:py-1 max-sm:overflow-x-auto"
            ),
        ),
    )


def dates(state: Any) -> rx.Component:
    """The days that are shown, what they are compared with, and why they end before today."""
    why = rx.cond(state.against != "", f" · {state.aside}", state.aside)
    return rx.el.span(
        rx.el.span(rx.cond(state.ready, state.label, ""), class_name="max-sm:block"),
        rx.cond(state.ready, f" {state.against}", ""),
        rx.el.span(rx.cond(state.ready & (state.aside != ""), why, ""), role="status", custom_attrs=ON_PAPER),
        # As wide and high from the beginning as it will be, on a phone two lines: what is below would move once they are there.
        class_name="block max-sm:w-[calc(100vw-2rem)] max-sm:min-h-10 sm:w-80 sm:min-w-full",
    )


def called(state: Any, spec: MetricSpec) -> Any:
    """What a metric is called for who is shown it."""
    return rx.cond(state.own, spec.called(own=True), spec.label)


def tools(period: Any, file: Any, about: str, *more: rx.Component) -> rx.Component:
    """What stands below a ranking or table: its picture, which says its `period`, its file, and how it is computed."""
    return rx.el.div(*more, picture_of_table(period), csv_link(file), how(about), class_name="flex flex-wrap items-start gap-x-4 mt-3")
