"""The pages of orders: list, one order."""

from typing import Any

import reflex as rx

from mewayz.domains.orders.state import OrderRecord, OrderTable
from mewayz.ui.base import link
from mewayz.ui.controls import CARD, card, status, text_link
from mewayz.ui.places import Place, page
from mewayz.ui.record import facts, record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BACK = ("Orders", "/orders")
_CELL = "px-3 py-2.5 border-b border-line first:pl-4 last:pr-4 align-top "
_NUMBER = _CELL + "text-right tabular-nums whitespace-nowrap"


@page("/orders", title="Orders", needs="orders:read", load=[OrderTable.load], place=Place("Orders", "receipt-text", "Sell", 1))
def orders_page() -> rx.Component:
    """What has been bought and returned."""
    return table_page(
        OrderTable,
        title="Orders",
        empty=Empty("No orders yet", "Orders appear here as soon as somebody buys, through the API or by hand."),
    )


def _line(line: Any) -> rx.Component:
    name = rx.cond(line.href != "", link(line.name, to=line.href, class_name="font-medium hover:text-accent-text rounded-sm"), line.name)
    return rx.el.tr(
        rx.el.th(
            rx.el.div(name), rx.el.div(line.sku, class_name="text-sm text-muted"), scope="row", class_name=_CELL + "text-left font-normal"
        ),
        rx.el.td(line.price, class_name=_NUMBER + " max-sm:hidden"),
        rx.el.td(line.quantity, class_name=_NUMBER),
        rx.el.td(line.total, class_name=_NUMBER),
        key=line.key,
    )


def _lines() -> rx.Component:
    head = _CELL + "text-sm font-medium text-muted "
    return rx.el.section(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Product", scope="col", class_name=head + "text-left"),
                    rx.el.th("Price", scope="col", class_name=head + "text-right max-sm:hidden"),
                    rx.el.th("Quantity", scope="col", class_name=head + "text-right"),
                    rx.el.th(f"Total ({OrderRecord.values['currency']})", scope="col", class_name=head + "text-right whitespace-nowrap"),
                )
            ),
            rx.el.tbody(rx.foreach(OrderRecord.lines, _line)),
            class_name="w-full",
        ),
        _totals(),
        aria_label="Lines",
        class_name=f"{CARD} overflow-x-auto",
    )


def _totals() -> rx.Component:
    values = OrderRecord.values

    def line(label: str, name: str, look: str = "text-muted") -> rx.Component:
        return rx.el.div(
            rx.el.dt(label), rx.el.dd(values[name], class_name="tabular-nums"), class_name=f"flex justify-between gap-8 py-1 {look}"
        )

    return rx.el.dl(
        line("Subtotal", "subtotal"),
        line("Discount", "discount"),
        line("Shipping", "shipping"),
        line("Tax", "tax"),
        line("Total", "total", "font-semibold pt-2 mt-1 border-t border-line"),
        class_name="ml-auto max-w-xs px-4 py-3",
    )


def _moment(moment: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(class_name="size-1.5 rounded-full bg-n9 mt-1.5 shrink-0", aria_hidden="true"),
        rx.el.div(
            rx.el.div(moment.what),
            rx.el.div(rx.el.time(moment.when, title=moment.exact), " · ", moment.who, class_name="text-sm text-muted"),
        ),
        key=moment.key,
        class_name="flex gap-3 py-1.5",
    )


@page("/orders/[order_id]", title="Order", needs="orders:read", load=[OrderRecord.open])
def order_page() -> rx.Component:
    """One order: its lines, totals, customer and timeline."""
    values = OrderRecord.values
    customer = rx.cond(
        values["customer_href"] != "", text_link(values["customer"], to=values["customer_href"]), rx.el.span(values["customer"])
    )
    content = rx.el.div(
        page_header(OrderRecord.title, back=_BACK, sentence=values["placed"]),
        rx.el.div(
            rx.el.div(
                _lines(),
                rx.cond(
                    values["note"] != "",
                    card(rx.el.p(values["note"], class_name="whitespace-pre-line"), title="Note", class_name="mt-4"),
                ),
                class_name="lg:col-span-2 min-w-0",
            ),
            rx.el.div(
                card(
                    facts(
                        ("Status", status(OrderRecord.status, OrderRecord.tone)),
                        ("Payment", status(OrderRecord.payment, OrderRecord.payment_tone)),
                        ("Customer", customer),
                        ("Units", values["units"]),
                    )
                ),
                card(
                    facts(("Shipping", values["shipping_address"]), ("Billing", values["billing_address"])),
                    title="Addresses",
                    class_name="mt-4",
                ),
                card(rx.el.ol(rx.foreach(OrderRecord.timeline, _moment)), title="Timeline", class_name="mt-4"),
                class_name="min-w-0",
            ),
            class_name="grid lg:grid-cols-3 gap-4 items-start",
        ),
    )
    return record_page(OrderRecord, content, back=_BACK)
