"""What the pages of orders hold."""

from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend.access import Actor, Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.orders.state import OrderRecord, OrderTable
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def shown(order_id: str, who: Actor) -> OrderRecord:
    """The page of an order."""
    page = await opened(OrderRecord, f"/orders/{order_id}", who)
    await page.open()
    return page


async def test_an_order(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "sku": "L-1", "price": "10.125", "inventory": {"stock": 9}})
    buyer = await customers.create(
        person, {"name": "Buyer", "email": "b@example.com", "address": {"line1": "1 Street", "country": "France"}}
    )
    order = await orders.create(
        person, {"customerId": buyer.id, "lines": [{"productId": lamp.id, "quantity": 2}], "shipping": "4", "discount": "1"}
    )
    await orders.confirm(person, order.id)
    await orders.ship(person, order.id, {})
    page = await shown(order.id, person)
    assert (page.title, page.status, page.tone, page.payment) == (f"Order {order.number}", "Shipped", "accent", "Pending")
    line = page.lines[0]
    assert (line.name, line.sku, line.href, line.quantity, line.price, line.total) == (
        "Lamp",
        "L-1",
        f"/products/{lamp.id}",
        "2",
        "10.125",
        "20.25",
    )
    values = page.values
    assert (values["subtotal"], values["discount"], values["shipping"], values["total"]) == ("£20.25", "£1.00", "£4.00", "£23.25")
    assert (values["customer"], values["customer_href"]) == ("Buyer", f"/customers/{buyer.id}")
    assert values["shipping_address"] == "1 Street, France"
    assert [(moment.what, moment.who) for moment in page.timeline] == [(what, "A admin") for what in ("Shipped", "Confirmed", "Placed")]


async def test_a_return_of_a_guest_with_postage(person: Actor) -> None:
    lines: list[dict[str, Any]] = [{"productId": None, "sku": "POST", "name": "", "quantity": -1, "unitPrice": "18", "total": "-18"}]
    document = Order(number="C-1", kind="return", status="refunded", payment_status="refunded", currency="GBP", units=-1, lines=lines,
                     subtotal=Decimal(-18), total=Decimal(-18))  # fmt: skip
    await orders_collection.add(document)
    page = await shown(document.id, person)
    assert page.title == "Return C-1"
    assert (page.lines[0].name, page.lines[0].href, page.lines[0].total) == ("POST", "", "-18.00")
    assert (page.values["customer"], page.values["customer_href"], page.values["total"]) == ("Guest", "", "-£18.00")
    assert page.values["shipping_address"] == "–"
    assert page.timeline == []


async def test_a_user_sees_their_own(person: Actor) -> None:
    user = await add_person(Role.USER)
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    foreign = await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 1}]})
    page = await shown(foreign.id, user)
    assert (page.loaded, page.title, page.error) == (False, "", "This record does not exist, or you may not see it.")
    table = await opened(OrderTable, "/orders", user)
    await table.load()
    assert (table.rows, table.count, table.error) == ([], "0", "")
