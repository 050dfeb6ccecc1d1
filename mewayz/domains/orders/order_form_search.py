"""The control of the form of orders that finds products and customers while one types."""

from typing import Any

import reflex as rx

from mewayz.ui.base import Autocomplete
from mewayz.ui.controls import FIELD, icon

# Enter chooses what is found; before anything is, it must not place the order.
_NO_SUBMIT = rx.Var("((event) => { if (event.key === 'Enter') event.preventDefault(); })")
_POPUP = "rounded-card bg-raised shadow-float p-1 w-[var(--anchor-width)] max-h-[min(24rem,var(--available-height))] overflow-y-auto"
_ENTRY = (
    "flex items-center gap-3 min-h-10 pointer-coarse:min-h-11 px-2.5 py-1 rounded-control outline-none cursor-pointer "
    "data-[highlighted]:bg-hover"
)


def search(name: str, label: str, items: Any, told: Any, on_type: Any, on_choose: Any) -> rx.Component:
    """A control that finds while one types; arrows and Enter choose. `told` is said where there is nothing to choose."""

    def entry(one: Any) -> rx.Component:
        look = "size-8 shrink-0 rounded-sm border border-line object-cover"
        return Autocomplete.Item(
            rx.cond(one.picture != "", rx.el.img(src=one.picture, alt="", loading="lazy", class_name=look)),
            rx.el.div(
                rx.el.div(one.name, class_name="truncate"),
                rx.el.div(one.detail, class_name="text-sm text-muted truncate empty:hidden"),
                class_name="min-w-0 grow",
            ),
            rx.el.span(one.extra, class_name="text-sm text-muted tabular-nums whitespace-nowrap"),
            value=one.id,
            key=one.id,
            on_click=on_choose(one.id),
            class_name=_ENTRY,
        )

    return Autocomplete.Root(
        rx.el.div(
            icon("search", class_name="size-4 absolute left-2.5 top-1/2 -translate-y-1/2 text-muted pointer-events-none"),
            Autocomplete.Input(
                id=name,
                class_name=f"{FIELD} pl-8",
                custom_attrs={"placeholder": label, "aria-label": label, "name": name, "autoComplete": "off", "onKeyDown": _NO_SUBMIT},
            ),
            class_name="relative",
        ),
        Autocomplete.Portal(
            Autocomplete.Positioner(
                Autocomplete.Popup(
                    rx.el.p(told, role="status", class_name="px-2.5 py-2 text-sm text-muted empty:hidden"),
                    Autocomplete.List(rx.foreach(items, entry)),
                    class_name=_POPUP,
                ),
                side_offset=4,
                class_name=rx.cond(told != "", "z-50", "z-50 data-[empty]:hidden"),
            )
        ),
        items=items,
        auto_highlight="always",
        filter_=rx.Var("null"),
        item_to_string_value=rx.Var("(() => '')"),
        on_value_change=on_type,
    )
