"""Something to sell, somebody who buys, and orders as the services take them."""

from decimal import Decimal
from typing import Any

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.domains.customers.model import Customer
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import products

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)


async def mug(price: str = "2.50", stock: int = 1000, **values: Any) -> Product:
    """A product; a price of fractions of a penny is one that an import has brought."""
    made = await products.create(SELLER, {"name": "Mug", "price": "0", "inventory": {"stock": stock}, **values})
    _, after = await products_collection.patch(made.id, {"price": Decimal(price)})
    return after


async def anna(**values: Any) -> Customer:
    return await customers.create(SELLER, {"name": "Anna", "address": {"line1": "1 Rue X", "country": "France"}, **values})


async def place(*lines: tuple[Product, int], **values: Any) -> Order:
    return await orders.create(SELLER, {"lines": [{"productId": one.id, "quantity": count} for one, count in lines], **values})


async def paid(order: Order) -> Order:
    """The order, confirmed and paid."""
    await orders.confirm(SELLER, order.id)
    return await orders.pay(SELLER, order.id)


async def stock_of(product: Product) -> int:
    return (await products.get(SELLER, product.id)).stock
