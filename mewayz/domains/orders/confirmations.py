"""What a customer is told about an order, by mail."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from mewayz.backend.amounts import counted, written
from mewayz.backend.mail import send
from mewayz.backend.stationery import Letter
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.model import Order


async def tell(order: Order, write: Callable[[str, Sequence[str], str], Letter]) -> None:
    """Write to the customer of an order, or to the guest, where there is an address."""
    customer = await customers_collection.find(id=order.customer_id) if order.customer_id else None
    if to := customer.email if customer else order.guest_email:
        goods = [f"{counted(line['quantity'])} × {line['name']}: {written(Decimal(line['total']), order.currency)}" for line in order.lines]
        await send(write(order.number, goods, written(order.total, order.currency)), to=to)
