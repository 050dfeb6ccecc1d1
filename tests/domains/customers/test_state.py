"""What the pages of customers hold."""

import pytest

from mewayz.backend.access import Actor, Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import CustomerRecord, CustomerTable
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def test_a_customer_before_and_after_an_order(person: Actor) -> None:
    made = await customers.create(
        person, {"name": "Buyer", "email": "b@example.com", "tags": ["vip", "eu"], "address": {"country": "France"}}
    )
    page = await opened(CustomerRecord, f"/customers/{made.id}", person)
    await page.open()
    values = page.values
    assert (page.title, page.status, page.tone) == ("Buyer", "Customer", "neutral")
    assert (values["orders"], values["spent"], values["first"], values["last"], values["phone"]) == ("0", "£0.00", "–", "–", "–")
    assert (values["tags"], values["address"]) == ("vip, eu", "France")
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    await orders.create(person, {"customerId": made.id, "lines": [{"productId": lamp.id, "quantity": 3}]})
    await page.open()
    assert (page.values["orders"], page.values["spent"]) == ("1", "£30.00")
    assert page.values["first"] == page.values["last"] != "–"


async def test_the_biggest_come_first(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    for name, pieces in (("Small", 1), ("Big", 5), ("None", 0)):
        made = await customers.create(person, {"name": name, "email": f"{name}@example.com"})
        if pieces:
            await orders.create(person, {"customerId": made.id, "lines": [{"productId": lamp.id, "quantity": pieces}]})
    table = await opened(CustomerTable, "/customers", person)
    await table.load()
    assert [row.cells[0].text for row in table.rows] == ["Big", "Small", "None"]
    assert [head.key for head in table.heads if head.order == "descending"] == ["totalSpent"]
    assert {option.label for option in table.options["segment"]} == {"New", "Repeat", "No orders"}
