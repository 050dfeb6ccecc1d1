"""The pages of orders: list, create, one order, change."""

import reflex as rx

from mewayz.domains.orders.order_page_state import OrderRecord
from mewayz.domains.orders.order_pages import order_content
from mewayz.domains.orders.state import OrderTable
from mewayz.ui.places import Place, page
from mewayz.ui.record import record_page
from mewayz.ui.table import Empty, table_page

_BACK = ("Orders", "/orders")


@page("/orders", title="Orders", needs="orders:read", load=[OrderTable.load], place=Place("Orders", "receipt-text", "Sell", 1))
def orders_page() -> rx.Component:
    """What has been bought and returned."""
    return table_page(
        OrderTable,
        title="Orders",
        empty=Empty("No orders yet", "Orders appear here as soon as somebody buys, through the API or by hand."),
    )


@page("/orders/[order_id]", title="Order", needs="orders:read", load=[OrderRecord.open])
def order_page() -> rx.Component:
    """One order: its lines, totals, customer and timeline, and the steps that it can take."""
    return record_page(OrderRecord, order_content(), back=_BACK)
