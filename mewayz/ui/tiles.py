"""Tiles: numbers with their change and a small line, each a link to where it comes from."""

from typing import Any

import reflex as rx

from mewayz.ui.base import link
from mewayz.ui.controls import CARD, icon, skeleton


def _sparkline(points: Any) -> rx.Component:
    line = rx.el.svg(
        rx.el.path(d=points, custom_attrs={"vectorEffect": "non-scaling-stroke"}),
        view_box="0 0 100 28",
        custom_attrs={"preserveAspectRatio": "none", "aria-hidden": "true"},
        class_name="w-full h-7 fill-none stroke-series [stroke-width:1.5] [stroke-linejoin:round]",
    )
    return rx.cond(points != "", line, rx.el.div(class_name="h-7"))


def _box(item: Any, *parts: rx.Component) -> rx.Component:
    return link(
        rx.el.div(item.label, class_name="text-muted sm:truncate"),
        rx.el.div(item.value, class_name="text-xl sm:text-2xl font-semibold tabular-nums tracking-tight mt-1 truncate"),
        *parts,
        to=item.href,
        key=item.label,
        class_name=f"{CARD} flex flex-col min-w-0 p-4 hover:border-line-strong transition-colors",
    )


def _number(item: Any) -> rx.Component:
    return _box(item, rx.el.div(item.against, class_name="text-sm text-muted text-pretty min-h-5"))


def _trend(item: Any) -> rx.Component:
    arrow = rx.match(
        item.trend,
        ("up", rx.fragment(icon("arrow-up", class_name="size-3.5"), rx.el.span("up ", class_name="sr-only"))),
        ("down", rx.fragment(icon("arrow-down", class_name="size-3.5"), rx.el.span("down ", class_name="sr-only"))),
        icon("minus", class_name="size-3.5"),
    )
    look = "inline-flex items-center gap-0.5 font-medium tabular-nums "
    colour = rx.match(item.trend, ("flat", look + "text-muted"), rx.cond(item.good, look + "text-success-text", look + "text-danger-text"))
    return _box(
        item,
        rx.el.div(
            rx.cond(item.change != "", rx.el.span(arrow, item.change, class_name=colour)),
            rx.el.span(item.against, class_name="text-muted truncate"),
            class_name="flex flex-wrap items-center gap-x-1.5 text-sm min-h-5",
        ),
        rx.el.div(_sparkline(item.spark), class_name="mt-auto pt-3"),
    )


def tiles(items: Any, ready: Any, *, expected: Any = ("1", "2", "3", "4"), trends: bool = True) -> rx.Component:
    """A row of tiles; each whole tile is a link to where its number comes from.

    Args:
        items: a list of `Tile` in a state.
        ready: whether they have arrived.
        expected: a text for each placeholder that stands there before; may be a var.
        trends: whether they have a change and a line; without, they are numbers, each with a few words of what it is part of.
    """
    waiting = rx.el.div(
        skeleton("h-3.5 w-24"),
        skeleton("h-7 w-32 mt-3"),
        skeleton("h-3.5 w-28 mt-2.5"),
        class_name=f"{CARD} p-4 {'h-[166px] sm:h-[154px]' if trends else 'h-[106px] sm:h-[110px]'}",
        aria_hidden="true",
    )
    before = rx.fragment(rx.foreach(rx.Var.create(expected), lambda key: rx.el.div(waiting, key=key)))
    return rx.el.div(
        rx.cond(ready, rx.foreach(items, _trend if trends else _number), before),
        class_name="grid grid-cols-2 xl:grid-cols-4 gap-3 sm:gap-4",
    )
