"""The stock of a product on its page: the numbers, a dialog that changes them, and the ledger."""

from typing import Any

import reflex as rx

from mewayz.domains.products.stock_state import FIELDS, StockLedger
from mewayz.ui.base import Dialog
from mewayz.ui.controls import CARD, button, button_class, card, card_link, icon, link_button, skeleton, text_link
from mewayz.ui.form import field, problem, submit
from mewayz.ui.overlay import dialog
from mewayz.ui.places import page, permitted
from mewayz.ui.shell import page_header

_ledger: Any = StockLedger
_CELL = "h-10 px-3 first:pl-4 last:pr-4 border-b border-line"


def _number(label: str, value: Any, help_text: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="text-sm text-muted"),
        rx.el.dd(rx.cond(_ledger.loaded, value, skeleton("h-5 w-12 mt-1")), class_name="text-lg font-semibold tabular-nums"),
        rx.el.dd(help_text, class_name="text-xs text-muted"),
        class_name="min-w-0",
    )


def adjust_dialog() -> rx.Component:
    """A change of the stock by hand; of a product with variants, each of these has a button of its own."""
    first = FIELDS[1].options[0][0]
    form = rx.el.form(
        problem(_ledger),
        rx.el.div(
            *[field(item, value=first if item.options else "", error=_ledger.field_errors.get(item.name, "")) for item in FIELDS],
            class_name="space-y-4",
        ),
        rx.el.div(
            Dialog.Close("Cancel", class_name=button_class("secondary")),
            submit("Adjust stock", _ledger.saving),
            class_name="flex justify-end gap-2 mt-5",
        ),
        key=_ledger.visit.to_string(),
        on_submit=_ledger.adjust,
        no_validate=True,
    )
    return rx.fragment(
        rx.cond(_ledger.variants.length() > 0, rx.fragment(), button("Adjust stock", on_click=_ledger.ask(True))),
        dialog(
            None,
            form,
            title=rx.cond(_ledger.chosen_title != "", f"Adjust stock of {_ledger.chosen_title}", "Adjust stock"),
            description="The change is entered into the ledger, where it stays.",
            open=_ledger.asking,
            on_open_change=_ledger.ask,
        ),
    )


def _variant(one: Any) -> rx.Component:
    adjust = button(
        "Adjust", aria_label=f"Adjust stock of {one.title}", on_click=_ledger.ask_for(one.id), size="sm", class_name="pointer-coarse:h-11"
    )
    number = f"{_CELL} text-right tabular-nums whitespace-nowrap"
    return rx.el.tr(
        rx.el.th(
            rx.el.div(
                rx.cond(
                    one.picture != "",
                    rx.el.img(
                        src=one.picture, alt="", loading="lazy", class_name="size-8 shrink-0 rounded-sm border border-line object-cover"
                    ),
                ),
                rx.el.div(
                    rx.el.div(one.title, class_name="break-words"),
                    rx.el.div(one.sku, class_name="sm:hidden text-xs text-muted font-normal truncate empty:hidden"),
                    rx.el.div(one.barcode, title="Barcode", class_name="text-xs text-muted font-normal truncate tabular-nums empty:hidden"),
                    class_name="min-w-0",
                ),
                class_name="flex items-center gap-2.5",
            ),
            scope="row",
            class_name=f"{_CELL} text-left font-medium max-sm:py-2 max-sm:w-full max-sm:max-w-0",
        ),
        rx.el.td(one.sku, class_name=f"{_CELL} text-muted max-sm:hidden"),
        rx.el.td(
            rx.cond(
                one.compare != "",
                rx.fragment(rx.el.s(one.compare, title="Compare-at price", class_name="text-muted max-sm:hidden"), " "),
            ),
            one.price,
            rx.el.div(one.cost, class_name="text-xs text-muted empty:hidden"),
            class_name=number,
        ),
        rx.el.td(one.stock, class_name=number),
        permitted("stock:read", rx.el.td(one.reserved, class_name=f"{number} max-sm:hidden")),
        permitted("stock:update", rx.el.td(adjust, class_name=f"{_CELL} text-right w-0")),
        key=one.id,
        class_name="hover:bg-hover [&:last-child>*]:border-b-0",
    )


def variants_card() -> rx.Component:
    """The variants with their prices and stock; nothing where there are none."""
    look = f"{_CELL} h-9 text-sm font-medium text-muted whitespace-nowrap"
    head = rx.el.tr(
        rx.el.th("Variant", scope="col", class_name=f"{look} text-left"),
        rx.el.th("SKU", scope="col", class_name=f"{look} text-left max-sm:hidden"),
        rx.el.th("Price", scope="col", class_name=f"{look} text-right"),
        rx.el.th("Stock", scope="col", class_name=f"{look} text-right"),
        permitted("stock:read", rx.el.th("Reserved", scope="col", class_name=f"{look} text-right max-sm:hidden")),
        permitted("stock:update", rx.el.th(rx.el.span("Adjust", class_name="sr-only"), scope="col", class_name=look)),
    )
    table = rx.el.table(
        rx.el.caption("Variants and their stock", class_name="sr-only"),
        rx.el.thead(head),
        rx.el.tbody(rx.foreach(_ledger.variants, _variant)),
        class_name="w-full border-separate border-spacing-0",
    )
    title = rx.el.h2("Variants", class_name="text-base font-semibold px-4 sm:px-5 pt-4 pb-2")
    return rx.cond(_ledger.variants.length() > 0, rx.el.section(title, table, class_name=f"{CARD} overflow-clip mt-4"))


def stock_card(*below: rx.Component) -> rx.Component:
    """How many there are, how many of them can be sold."""
    return card(
        rx.el.dl(
            _number("Available", _ledger.stock, "can be sold"),
            _number("Reserved", _ledger.reserved, "ordered"),
            _number("On hand", _ledger.on_hand, "in the house"),
            class_name="grid grid-cols-3 gap-3",
        ),
        *below,
        title="Stock",
        action=permitted("stock:update", adjust_dialog()),
    )


def _line(move: Any) -> rx.Component:
    about = rx.cond(move.order != "", text_link("Order", to=move.order), rx.el.span(move.note, title=move.note))
    when = rx.el.time(move.when, title=move.exact)
    narrow = rx.el.div(
        rx.el.div(when, " · ", move.who, class_name="truncate"),
        rx.el.div(about, class_name="truncate pointer-coarse:py-1 empty:hidden"),
        class_name="sm:hidden text-xs text-muted font-normal",
    )
    return rx.el.tr(
        rx.el.th(
            move.what,
            rx.cond(move.variant != "", rx.el.span(" · ", move.variant, class_name="text-muted font-normal")),
            narrow,
            scope="row",
            class_name=f"{_CELL} text-left font-medium max-sm:py-2 max-sm:w-full max-sm:max-w-0",
        ),
        rx.el.td(move.delta, class_name=f"{_CELL} text-right tabular-nums whitespace-nowrap"),
        rx.el.td(move.balance, class_name=f"{_CELL} text-right tabular-nums whitespace-nowrap"),
        rx.el.td(rx.el.div(about, class_name="truncate"), class_name=f"{_CELL} max-w-40 text-muted max-sm:hidden"),
        rx.el.td(move.who, class_name=f"{_CELL} text-muted max-sm:hidden max-w-32 truncate"),
        rx.el.td(when, class_name=f"{_CELL} text-right text-muted whitespace-nowrap tabular-nums max-sm:hidden"),
        key=move.id,
        class_name="hover:bg-hover [&:last-child>*]:border-b-0",
    )


def ledger_table() -> rx.Component:
    """The entries that are loaded."""
    look = f"{_CELL} h-9 text-sm font-medium text-muted whitespace-nowrap"
    heads = (("Entry", "text-left"), ("Change", "text-right"), ("Stock", "text-right"))
    wide = (("For", "text-left"), ("By", "text-left"), ("When", "text-right"))
    return rx.el.table(
        rx.el.caption("Ledger of the stock", class_name="sr-only"),
        rx.el.thead(
            rx.el.tr(
                *[rx.el.th(word, scope="col", class_name=f"{look} {side}") for word, side in heads],
                *[rx.el.th(word, scope="col", class_name=f"{look} {side} max-sm:hidden") for word, side in wide],
            )
        ),
        rx.el.tbody(rx.foreach(_ledger.rows, _line)),
        class_name="w-full border-separate border-spacing-0",
    )


def ledger_card() -> rx.Component:
    """The latest entries, and the way to all."""
    heading = rx.el.div(
        rx.el.h2("Stock ledger", class_name="text-base font-semibold"),
        rx.cond(_ledger.more, card_link("All entries", to=f"/products/{_ledger.product_id}/stock")),
        class_name="flex items-center justify-between gap-4 min-h-8 px-4 sm:px-5 pt-4 pb-2",
    )
    nothing = rx.el.p("Nothing has come or gone yet.", class_name="px-4 sm:px-5 pb-5 text-muted")
    waiting = rx.el.div(*[skeleton("h-4 w-full") for _ in range(4)], class_name="px-5 pb-5 space-y-4", aria_hidden="true")
    content = rx.cond(_ledger.loaded, rx.cond(_ledger.rows.length() > 0, ledger_table(), nothing), waiting)
    return rx.el.section(heading, content, class_name=f"{CARD} overflow-clip")


@page("/products/[product_id]/stock", title="Stock ledger", needs="stock:read", load=[StockLedger.load])
def ledger_page() -> rx.Component:
    """All that came and went."""

    def step(label: str, name: str, href: Any) -> rx.Component:
        return rx.cond(href != "", link_button(icon(name), label, to=href))

    return rx.el.div(
        page_header(
            _ledger.title,
            sentence=f"Every change of the stock, the latest first: {_ledger.total} entries.",
            back=("Product", f"/products/{_ledger.product_id}"),
            secondary=[permitted("stock:update", adjust_dialog())],
        ),
        rx.cond(
            _ledger.loaded,
            rx.el.div(ledger_table(), class_name=f"{CARD} overflow-clip"),
            rx.cond(_ledger.error != "", problem(_ledger), skeleton("h-64 w-full")),
        ),
        rx.el.nav(
            step("Newer", "chevron-left", _ledger.newer),
            step("Older", "chevron-right", _ledger.older),
            aria_label="Pages",
            class_name="flex justify-end gap-2 mt-3",
        ),
    )
