"""Customers and orders to test with."""

from typing import Any

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.domains.customers.model import Customer
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products

SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)
MODERATOR = Actor("b" * 24, "Moderator", "moderator@example.com", Role.MODERATOR)
ADMIN = Actor("c" * 24, "Admin", "admin@example.com", Role.ADMIN)


async def customer(name: str = "Anna", **values: Any) -> Customer:
    """A new customer."""
    return await customers.create(SELLER, {"name": name, **values})


async def again(one: Customer) -> Customer:
    """The customer as it is now."""
    return await customers.get(SELLER, one.id)


async def buys(one: Customer, quantity: int = 1, price: str = "2.50") -> Any:
    """An order of this customer."""
    product = await products.create(SELLER, {"name": "Mug", "price": price, "inventory": {"stock": 1000}})
    return await orders.create(SELLER, {"customerId": one.id, "lines": [{"productId": product.id, "quantity": quantity}]})
