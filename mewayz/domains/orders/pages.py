"""The pages of orders: list, create, one order, change."""

import reflex as rx

from mewayz.domains.orders.order_form_pages import order_form
from mewayz.domains.orders.order_form_state import OrderForm
from mewayz.domains.orders.order_page_state import OrderRecord
from mewayz.domains.orders.order_pages import order_content
from mewayz.domains.orders.state import OrderTable
from mewayz.ui.controls import icon, link_button
from mewayz.ui.places import Place, holds, page, permitted
from mewayz.ui.record import record_page
from mewayz.ui.shell import page_header
from mewayz.ui.table import Empty, table_page

_BY_HAND = "Orders appear here as soon as somebody buys, through the API or by hand."
_BY_OTHERS = "Orders appear here once the shop has entered them."
_BACK = ("Orders", "/orders")


def _create() -> rx.Component:
    return permitted("orders:create", link_button(icon("plus"), "Create order", to="/orders/new", variant="primary"))


@page("/orders", title="Orders", needs="orders:read", load=[OrderTable.load], place=Place("Orders", "receipt-text", "Sell", 1))
def orders_page() -> rx.Component:
    """What has been bought and returned."""
    return table_page(
        OrderTable,
        title="Orders",
        primary=_create(),
        sentence=OrderTable.comes_to,
        empty=Empty("No orders yet", rx.cond(holds("orders:create"), _BY_HAND, _BY_OTHERS), _create()),
    )


@page("/orders/new", title="Create order", needs="orders:create", load=[OrderForm.start])
def new_order_page() -> rx.Component:
    """An order by hand."""
    return rx.el.div(
        page_header("Create order", back=_BACK),
        order_form(verb="Create order", on_submit=OrderForm.place, cancel="/orders"),
    )


@page("/orders/[order_id]", title="Order", needs="orders:read", load=[OrderRecord.open])
def order_page() -> rx.Component:
    """One order: its lines, totals, customer and timeline, and the steps that it can take."""
    return record_page(OrderRecord, order_content(), back=_BACK)


@page("/orders/[order_id]/edit", title="Edit order", needs="orders:update", load=[OrderForm.open_record])
def edit_order_page() -> rx.Component:
    """A pending order, to change."""
    here = f"/orders/{OrderForm.record_id}"
    content = rx.el.div(
        page_header(OrderForm.title, back=_BACK),
        order_form(verb="Save changes", on_submit=OrderForm.save, cancel=here, fixed=True),
    )
    return record_page(OrderForm, content, back=_BACK)
