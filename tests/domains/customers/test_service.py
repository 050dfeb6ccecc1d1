"""Customers: what may be sent, what follows their orders, and who must stay."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.crud import read_query
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.customers.service import HasOrders, customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_shop

ANNA = {"name": "Anna", "email": "Anna@Example.com", "address": {"line1": "1 Rue X", "postalCode": "75001", "country": "France"}}
SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)


async def anna(**values: Any) -> Customer:
    return await customers.create(SELLER, {**ANNA, **values})


async def order_of(customer: Customer, quantity: int = 1, **values: Any) -> Any:
    product = await products.create(SELLER, {"name": "Mug", "price": "2.50", "inventory": {"stock": 100}})
    return await orders.create(SELLER, {"customerId": customer.id, "lines": [{"productId": product.id, "quantity": quantity}], **values})


async def test_a_customer_is_created_with_an_address_and_a_country(runtime: Runtime) -> None:
    made = await anna(tags=["vip"], notes=" x ")
    found = wire(await customers.get(SELLER, made.id))
    assert (found["email"], found["country"], found["status"], found["notes"]) == ("anna@example.com", "France", "customer", "x")
    assert found["address"]["postalCode"] == "75001"
    assert (found["ordersCount"], found["totalSpent"], found["firstOrderAt"]) == (0, "0.00", None)


async def test_the_country_follows_the_address(runtime: Runtime) -> None:
    made = await anna()
    changed = await customers.update(SELLER, made.id, {"address": {"country": "Spain"}}, 1)
    assert (changed.country, changed.address["country"], changed.address["line1"]) == ("Spain", "Spain", "")
    changed = await customers.update(SELLER, made.id, {"name": "Berta", "address": None}, 2)
    assert (changed.country, changed.name) == ("Spain", "Berta")
    assert await customers.values(SELLER, "country") == ["Spain"]


async def test_several_may_have_no_address_but_none_the_same(runtime: Runtime) -> None:
    await anna(email="", reference="")
    await anna(email=None, reference="  ")
    await anna(reference="C1")
    for values, field in (({"reference": "C1", "email": None}, "reference"), ({}, "email")):
        with pytest.raises(Conflict) as raised:
            await anna(**values)
        assert set(raised.value.fields) == {field}
    assert len(await customers_collection.find_all()) == 3


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "name"),
    ({"email": "anna"}, "email"),
    ({"status": "friend"}, "status"),
    ({"address": {"street": "x"}}, "address.street"),
    ({"address": {"country": "x" * 101}}, "address.country"),
    ({"address": "Paris"}, "address"),
    ({"tags": ["x"] * 21}, "tags"),
    ({"ordersCount": 5}, "ordersCount"),
    ({"totalSpent": "5"}, "totalSpent"),
    ({"country": "France"}, "country"),
)


async def test_what_is_wrong_is_told_at_its_field(runtime: Runtime) -> None:
    made = await anna()
    for values, field in BAD:
        with pytest.raises(Invalid) as raised:
            await anna(**{"email": "other@example.com", "reference": "OTHER", **values})
        assert set(raised.value.fields) == {field}, values
        with pytest.raises(Invalid) as raised:
            await customers.update(SELLER, made.id, values, 1)
        assert set(raised.value.fields) == {field}, values


async def test_amounts_of_two_currencies_are_never_added_up(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    await shop.sell("2026-01-10T10:00", "Anna", ("Lamp", 1, "10"))
    await shop.sell("2026-01-11T10:00", "Anna", ("Lamp", 2, "10"), currency="EUR")
    await shop.sell("2026-01-12T10:00", "Anna", ("Lamp", -1, "10"), currency="EUR")
    made = shop.customers["Anna"]
    for placed in (False, True):
        found = await customers.get(SELLER, made.id)
        assert (found.orders_count, found.total_spent, found.total_returned) == (2 + placed, Decimal(10 + 5 * placed), Decimal(0))
        spent = [(one.currency, one.orders, one.spent, one.returned) for one in await customers.spending(SELLER, made.id)]
        assert spent == [("EUR", 1, Decimal(20), Decimal(10)), ("GBP", 1 + placed, Decimal(10 + 5 * placed), Decimal(0))]
        if not placed:
            await order_of(made, 2)


async def test_totals_follow_orders_and_leave_the_revision(runtime: Runtime) -> None:
    await add_shop()
    made = await anna()
    first = await order_of(made, 2)
    second = await order_of(made, 1)
    found = await customers.get(SELLER, made.id)
    assert (found.orders_count, found.total_spent, found.rev) == (2, Decimal("7.50"), 1)
    assert (found.first_order_at, found.last_order_at) == (first.placed_at, second.placed_at)
    page = await customers.page(SELLER, await read_query(customers.spec, {"segment": "repeat"}))
    assert [row["totalSpent"] for row in page.rows] == ["7.50"]
    await orders.update(SELLER, first.id, {"status": "cancelled"}, 1)
    await orders.delete(SELLER, second.id)
    found = await customers.get(SELLER, made.id)
    assert (found.orders_count, found.total_spent, found.first_order_at, found.last_order_at) == (0, Decimal(0), None, None)


async def test_a_customer_with_orders_stays_cancelled_ones_too(runtime: Runtime) -> None:
    await add_shop()
    made = await anna()
    order = await order_of(made)
    with pytest.raises(HasOrders):
        await customers.delete(SELLER, made.id)
    order = await orders.update(SELLER, order.id, {"status": "cancelled"}, 1)
    with pytest.raises(HasOrders):
        await customers.delete(SELLER, made.id)
    await orders.delete(SELLER, order.id)
    await customers.delete(SELLER, made.id)
    with pytest.raises(NotFound):
        await customers.get(SELLER, made.id)


async def test_no_order_is_placed_for_a_customer_who_is_being_deleted(runtime: Runtime) -> None:
    await add_shop()
    product = await products.create(SELLER, {"name": "Mug", "price": "2.50", "inventory": {"stock": 100}})
    for number in range(8):
        made = await anna(email=f"{number}@example.com")
        lines = [{"productId": product.id, "quantity": 1}]
        found = await asyncio.gather(
            orders.create(SELLER, {"customerId": made.id, "lines": lines}), customers.delete(SELLER, made.id), return_exceptions=True
        )
        [error] = [one for one in found if isinstance(one, BaseException)]
        if isinstance(error, HasOrders):
            assert (await customers.get(SELLER, made.id)).orders_count == 1
        else:
            assert isinstance(error, Invalid)
            assert set(error.fields) == {"customerId"}


async def test_orders_at_once_are_all_counted(runtime: Runtime) -> None:
    await add_shop()
    made = await anna()
    product = await products.create(SELLER, {"name": "Mug", "price": "2.50", "inventory": {"stock": 100}})
    lines = [{"productId": product.id, "quantity": 1}]
    placed = await asyncio.gather(*(orders.create(SELLER, {"customerId": made.id, "lines": lines}) for _ in range(20)))
    found = await customers.get(SELLER, made.id)
    assert (found.orders_count, found.total_spent) == (20, Decimal(50))
    await asyncio.gather(*(orders.update(SELLER, order.id, {"status": "cancelled"}) for order in placed[:15]))
    found = await customers.get(SELLER, made.id)
    assert (found.orders_count, found.total_spent) == (5, Decimal("12.50"))


async def test_who_may_see_customers(runtime: Runtime) -> None:
    made = await anna()
    moderator, user = Actor("b" * 24, role=Role.MODERATOR), Actor("c" * 24, role=Role.USER)
    assert (await customers.update(moderator, made.id, {"notes": "x"}, 1)).notes == "x"
    for refused in (customers.get(user, made.id), customers.values(user, "country"), customers.create(moderator, ANNA)):
        with pytest.raises(Forbidden):
            await refused
    assert (await customers.get(SYSTEM, made.id)).rev == 2


async def test_the_first_order_makes_a_lead_a_customer_and_tells_who_edits_meanwhile(runtime: Runtime) -> None:
    await add_shop()
    for status, after in (("lead", "customer"), ("prospect", "customer"), ("inactive", "inactive"), ("churned", "churned")):
        made = await anna(email=f"{status}@example.com", status=status)
        order = await order_of(made)
        found = await customers.get(SELLER, made.id)
        assert (found.status, found.rev) == (after, 2 if status != after else 1)
        await orders.delete(SELLER, order.id)
        assert (await customers.get(SELLER, made.id)).status == after
    made = await anna(email="x@example.com", status="lead")
    await order_of(made)
    with pytest.raises(Conflict):
        await customers.update(SELLER, made.id, {"status": "lead", "notes": "old form"}, 1)
    assert (await customers.stats(SELLER))["status"]["lead"] == 0
