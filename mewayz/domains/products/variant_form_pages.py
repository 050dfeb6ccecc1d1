"""Options and variants in the form of a product. Rendering only."""

from typing import Any

import reflex as rx

from mewayz.ui.controls import CARD, FIELD, button, icon, icon_button
from mewayz.ui.focus import FocusMistake

# Enter puts a value behind the others, and so does leaving the control; neither sends the form.
_ENTER = rx.Var(
    "((event) => { if (event.key !== 'Enter') return; event.preventDefault(); const box = event.target; box.blur(); box.focus(); })"
)
_EMPTY = rx.Var("((event) => { const box = event.target; setTimeout(() => { box.value = '' }) })")
_GRID = "grid grid-cols-3 sm:grid-cols-[minmax(0,1fr)_8rem_6rem_5rem_2rem] gap-x-2 gap-y-1.5 items-center"


def _told(text: Any, key: Any) -> rx.Component:
    return rx.el.p(text, id=f"{key}_told", role="alert", class_name="text-sm text-danger-text mt-1 empty:hidden")


def _chip(state: Any, option: Any, value: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(value, class_name="truncate"),
        rx.el.button(
            icon("x", class_name="size-3.5"),
            type="button",
            aria_label=f"Remove {value}",
            on_click=state.drop_value(option.key, value),
            class_name="inline-flex items-center justify-center size-6 pointer-coarse:size-11 rounded-sm text-muted hover:text-text",
        ),
        class_name="inline-flex items-center gap-1 min-h-8 pl-2.5 pr-1 max-w-full rounded-control border border-line bg-hover",
    )


def _option(state: Any, option: Any) -> rx.Component:
    name, values = f"{option.key}_name", f"{option.key}_values"
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.label("Option", html_for=name, class_name="block font-medium mb-1.5"),
                rx.el.input(
                    id=name,
                    name=name,
                    default_value=option.name,
                    placeholder="Size",
                    max_length=50,
                    auto_complete="off",
                    aria_invalid=option.problem != "",
                    aria_describedby=f"{option.key}_told",
                    class_name=FIELD,
                ),
                class_name="min-w-0 grow sm:max-w-40",
            ),
            rx.el.div(
                rx.el.label("Values", html_for=values, class_name="block font-medium mb-1.5"),
                rx.el.input(
                    id=values,
                    name=values,
                    placeholder="S, M, L",
                    auto_complete="off",
                    aria_describedby=f"{option.key}_how",
                    on_blur=lambda text: state.add_values(option.key, text),
                    class_name=FIELD,
                    custom_attrs={"onKeyDown": _ENTER, "onBlurCapture": _EMPTY},
                ),
                class_name="min-w-0 grow",
            ),
            icon_button("x", f"Remove option {option.name}", on_click=state.drop_option(option.key), class_name="self-end"),
            class_name="flex flex-wrap sm:flex-nowrap gap-3",
        ),
        rx.el.p(
            "Press Enter after each value, or separate them with commas.", id=f"{option.key}_how", class_name="text-sm text-muted mt-1.5"
        ),
        rx.el.ul(
            rx.foreach(option.offered, lambda value: _chip(state, option, value)),
            aria_label=f"Values of {option.name}",
            class_name="flex flex-wrap gap-2 mt-2 empty:hidden",
        ),
        _told(option.problem, option.key),
        key=option.key,
        class_name="pb-5 border-b border-line last:border-b-0 last:pb-0",
    )


def _entry(row: Any, part: str, label: str, value: Any, *, labelled: bool = False, **props: Any) -> rx.Component:
    """A control of a row, named by the heading above the rows; on a phone, and where it is `labelled`, by a label of its own."""
    return rx.el.div(
        rx.el.span(label, aria_hidden="true", class_name=f"{'' if labelled else 'sm:hidden '}block text-xs text-muted mb-0.5"),
        rx.el.input(
            name=f"{row.key}_{part}",
            default_value=value,
            aria_label=f"{label} of {row.title}",
            aria_invalid=row.wrong.contains(part),
            aria_describedby=f"{row.key}_told",
            auto_complete="off",
            **props,
        ),
        class_name="min-w-0",
    )


def _more(state: Any, row: Any) -> rx.Component:
    """What most variants do not need: below what they all have, each with its label."""
    numeric = f"{FIELD} text-right tabular-nums"
    choice = rx.el.select(
        rx.el.option("The product's", value=""),
        rx.foreach(state.pictures, lambda one: rx.el.option(one.label, value=one.id)),
        name=f"{row.key}_image",
        default_value=row.image,
        on_change=lambda chosen: state.choose_picture(row.key, chosen),
        aria_label=f"Picture of {row.title}",
        aria_invalid=row.wrong.contains("image"),
        class_name=f"{FIELD} truncate",
    )
    shown = rx.cond(
        row.picture != "",
        rx.el.img(src=row.picture, alt="", class_name="size-8 shrink-0 rounded-sm border border-line object-cover"),
        rx.el.span(class_name="size-8 shrink-0 rounded-sm border border-line bg-sunken", aria_hidden="true"),
    )
    picture = rx.el.div(
        rx.el.span("Picture", aria_hidden="true", class_name="block text-xs text-muted mb-0.5"),
        rx.el.div(shown, choice, class_name="flex items-center gap-2 min-w-0"),
        class_name="min-w-0 max-sm:col-span-2",
    )
    return rx.el.div(
        _entry(row, "compare", "Compare-at price", row.compare, labelled=True, class_name=numeric, input_mode="decimal"),
        _entry(row, "cost", "Cost", row.cost, labelled=True, class_name=numeric, input_mode="decimal"),
        _entry(row, "barcode", "Barcode", row.barcode, labelled=True, class_name=FIELD, max_length=64),
        rx.cond(state.pictures.length() > 0, picture),
        class_name="grid grid-cols-2 sm:grid-cols-[8rem_6rem_minmax(0,1fr)_minmax(0,1fr)] gap-x-2 gap-y-1.5 mt-2 sm:pr-10",
    )


def _row(state: Any, row: Any) -> rx.Component:
    numeric = f"{FIELD} text-right tabular-nums"
    counted = rx.el.div(
        rx.el.span("Stock", aria_hidden="true", class_name="sm:hidden block text-xs text-muted mb-0.5"),
        rx.el.span(row.stock, aria_label=f"Stock of {row.title}: {row.stock}", role="img", class_name="tabular-nums"),
        class_name="text-right px-2.5",
    )
    return rx.el.li(
        rx.el.div(
            rx.el.div(row.title, class_name="font-medium break-words min-w-0 max-sm:col-span-2"),
            _entry(row, "sku", "SKU", row.sku, class_name=FIELD, max_length=64),
            _entry(
                row,
                "price",
                "Price",
                row.price,
                class_name=numeric,
                input_mode="decimal",
                placeholder=state.values["price"],
            ),
            rx.cond(row.saved, counted, _entry(row, "stock", "Stock", row.stock, class_name=numeric, input_mode="numeric")),
            rx.el.div(
                icon_button("x", f"Remove {row.title}", on_click=state.drop_row(row.key)),
                class_name="max-sm:row-start-1 max-sm:col-start-3 justify-self-end",
            ),
            class_name=_GRID,
        ),
        _more(state, row),
        _told(row.problem, row.key),
        key=row.key,
        class_name="py-3 border-b border-line last:border-b-0",
    )


def options_part(state: Any) -> rx.Component:
    """The options of a product as chips, and the table of the variants that they make."""
    heads = [
        rx.el.span(word, class_name=side) for word, side in (("Variant", ""), ("SKU", ""), ("Price", "text-right"), ("Stock", "text-right"))
    ]
    table = rx.el.div(
        rx.el.div(*heads, aria_hidden="true", class_name=f"{_GRID} max-sm:hidden text-sm font-medium text-muted border-b border-line pb-2"),
        rx.el.ul(rx.foreach(state.rows, lambda row: _row(state, row)), aria_label="Variants"),
        rx.el.p(
            "Without a price or a picture of its own, a variant has the product's. Pictures are added on the product's page.",
            class_name="text-sm text-muted mt-2",
        ),
        rx.cond(
            state.missing > 0,
            button(f"Make all combinations ({state.missing} more)", on_click=state.make_all, class_name="mt-3"),
        ),
        rx.el.p(state.leaving, role="status", class_name="text-sm text-warning-text mt-3 empty:hidden"),
        class_name="mt-6",
    )
    nothing = rx.el.p("Add an option if the product comes in sizes, colours or the like.", class_name="text-muted mb-4")
    return rx.el.fieldset(
        rx.el.legend("Options", class_name="float-left w-full text-base font-semibold mb-4"),
        rx.el.div(
            rx.cond(
                state.options.length() > 0,
                rx.el.ul(rx.foreach(state.options, lambda one: _option(state, one)), aria_label="Options", class_name="space-y-5 mb-4"),
                nothing,
            ),
            rx.cond(state.options.length() < 3, button(icon("plus"), "Add option", on_click=state.add_option)),
            rx.el.p(state.shape_problem, role="alert", class_name="text-sm text-danger-text mt-3 empty:hidden"),
            rx.cond(state.rows.length() > 0, table),
            class_name="clear-both",
        ),
        FocusMistake.create(times=state.mistakes),
        class_name=f"{CARD} p-4 sm:p-6",
    )
