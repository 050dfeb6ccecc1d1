"""Products: nested inventory, exact prices, and stock that is never sold twice."""

import asyncio
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Forbidden, Invalid
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import OutOfStock, products
from tests.domains.people import add_shop

MUG = {"name": "Mug", "price": "2.50"}
ORDER = "0" * 24
SELLER = Actor("a" * 24, "Seller", "seller@example.com", Role.ENTERPRISE)


async def mug(**values: Any) -> Product:
    return await products.create(SELLER, {**MUG, **values})


async def test_what_is_not_given_has_a_sensible_value(runtime: Runtime) -> None:
    await add_shop(currency="EUR")
    made = await mug()
    assert wire(made)["inventory"] == {"stock": 0, "lowStockThreshold": 0, "trackInventory": True, "allowBackorders": False}
    assert (made.currency, made.status, made.creator_id, made.sku, made.tags) == ("EUR", "published", SELLER.id, None, [])
    assert (await mug(currency="USD")).currency == "USD"


async def test_an_inventory_is_created_and_changed_part_by_part(runtime: Runtime) -> None:
    made = await mug(inventory={"stock": 5, "lowStockThreshold": 2})
    changed = await products.update(SELLER, made.id, {"inventory": {"stock": 9}}, 1)
    assert wire(changed)["inventory"] == {"stock": 9, "lowStockThreshold": 2, "trackInventory": True, "allowBackorders": False}
    changed = await products.update(SELLER, made.id, {"inventory": {"allowBackorders": True}, "name": "Cup"}, 2)
    assert wire(changed)["inventory"] == {"stock": 9, "lowStockThreshold": 2, "trackInventory": True, "allowBackorders": True}
    assert (await products.update(SELLER, made.id, {"inventory": {}}, 3)).rev == 3


async def test_empty_fields_empty_what_may_be_empty(runtime: Runtime) -> None:
    made = await mug(sku="M", cost="1", compareAtPrice="3", tags=[" a ", "b", "a", "  "][:3])
    assert made.tags == ["a", "b"]
    changed = await products.update(SELLER, made.id, {"sku": "", "cost": None, "compareAtPrice": "", "name": None, "tags": []}, 1)
    assert (changed.sku, changed.cost, changed.compare_at_price, changed.name, changed.tags) == (None, None, None, "Mug", [])
    for _ in range(2):
        assert (await mug(sku="  ")).sku is None


async def test_what_is_struck_through_is_not_below_the_price(runtime: Runtime) -> None:
    made = await mug(price="5", compareAtPrice="5")
    for change, field in (({"compareAtPrice": "4.99"}, "compareAtPrice"), ({"price": "5.01"}, "price")):
        with pytest.raises(Invalid) as raised:
            await products.update(SELLER, made.id, change)
        assert set(raised.value.fields) == {field}
    with pytest.raises(Invalid):
        await mug(price="5", compareAtPrice="4")
    await products.load(SELLER, [(2, {"name": "Old", "sku": "OLD", "price": "5", "compareAtPrice": "4"})])
    old = (await products_collection.find_all(sku="OLD"))[0]
    assert (await products.update(SELLER, old.id, {"name": "Older", "price": "5", "compareAtPrice": "4"})).name == "Older"


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"price": "-0.01"}, "price"),
    ({"price": "0.00001"}, "price"),
    ({"price": "0.001"}, "price"),
    ({"cost": "0.125"}, "cost"),
    ({"compareAtPrice": "6.955"}, "compareAtPrice"),
    ({"price": "1e12"}, "price"),
    ({"price": ""}, "price"),
    ({"currency": "euro"}, "currency"),
    ({"sku": "x" * 65}, "sku"),
    ({"tags": ["x" * 51]}, "tags.0"),
    ({"tags": [""]}, "tags.0"),
    ({"tags": "a"}, "tags"),
    ({"tags": ["a"] * 21}, "tags"),
    ({"status": "sold"}, "status"),
    ({"inventory": {"stock": -1}}, "inventory.stock"),
    ({"inventory": {"stock": 10**10}}, "inventory.stock"),
    ({"inventory": {"stock": 1.5}}, "inventory.stock"),
    ({"inventory": {"colour": 1}}, "inventory.colour"),
    ({"inventory": []}, "inventory"),
    ({"creatorId": "x"}, "creatorId"),
    ({"demo": True}, "demo"),
)


async def test_what_is_wrong_is_told_at_its_field(runtime: Runtime) -> None:
    made = await mug()
    for values, field in BAD:
        with pytest.raises(Invalid) as raised:
            await mug(**values)
        assert set(raised.value.fields) == {field}, values
        if values not in ({"price": ""}, {"currency": "euro"}):
            with pytest.raises(Invalid) as raised:
                await products.update(SELLER, made.id, values, 1)
            assert set(raised.value.fields) == {field}, values
    assert len(await products_collection.find_all()) == 1


async def test_a_price_is_exact(runtime: Runtime) -> None:
    for given, kept in (("0.1", "0.10"), (0.1, "0.10"), ("19.99", "19.99"), (3, "3.00"), ("99999999999.99", "99999999999.99")):
        made = await mug(price=given)
        assert wire(await products.get(SELLER, made.id))["price"] == kept


async def test_a_sku_belongs_to_one_product(runtime: Runtime) -> None:
    await mug(sku="M")
    with pytest.raises(Conflict) as raised:
        await mug(sku=" M ")
    assert set(raised.value.fields) == {"sku"}


async def test_stock_is_taken_whole_or_not_at_all(runtime: Runtime) -> None:
    one, two = await mug(inventory={"stock": 5}), await mug(inventory={"stock": 1})
    with pytest.raises(OutOfStock, match=r"Only 1 of “Mug” are left"):
        await products.take(SELLER, {one.id: 3, two.id: 2}, order_id=ORDER)
    assert [(await products.get(SELLER, each.id)).stock for each in (one, two)] == [5, 1]
    await products.take(SELLER, {one.id: 5, two.id: 1}, order_id=ORDER)
    assert [(await products.get(SELLER, each.id)).stock for each in (one, two)] == [0, 0]
    assert (await products.get(SELLER, one.id)).rev == 2


async def test_stock_that_is_not_tracked_or_may_be_owed_never_ends(runtime: Runtime) -> None:
    free = await mug(inventory={"stock": 1, "trackInventory": False})
    owed = await mug(inventory={"stock": 1, "allowBackorders": True})
    await products.take(SELLER, {free.id: 5, owed.id: 5}, order_id=ORDER)
    assert (await products.get(SELLER, owed.id)).stock == -4


async def test_the_last_ten_pieces_are_sold_ten_times(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(inventory={"stock": 10})
    tries = [orders.create(SELLER, {"lines": [{"productId": product.id, "quantity": 1}]}) for _ in range(50)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    refusals = [one for one in found if isinstance(one, BaseException)]
    assert len(refusals) == 40
    assert {type(one) for one in refusals} == {OutOfStock}
    assert (await products.get(SELLER, product.id)).stock == 0


async def test_orders_of_the_same_products_do_not_wait_in_a_circle(runtime: Runtime) -> None:
    await add_shop()
    several = [await mug(inventory={"stock": 1000}) for _ in range(4)]

    async def order(number: int) -> None:
        turned = several[number % 4 :] + several[: number % 4]
        await orders.create(SELLER, {"lines": [{"productId": product.id, "quantity": 1} for product in turned]})

    async with asyncio.timeout(20):
        await asyncio.gather(*(order(number) for number in range(32)))
    assert [(await products.get(SELLER, product.id)).stock for product in several] == [968] * 4


async def test_a_change_of_stock_that_crosses_a_sale_is_refused(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(inventory={"stock": 10})
    await orders.create(SELLER, {"lines": [{"productId": product.id, "quantity": 4}]})
    with pytest.raises(Conflict, match="stock 6"):
        await products.update(SELLER, product.id, {"inventory": {"stock": 12}}, product.rev)


async def test_categories_and_what_runs_low(runtime: Runtime) -> None:
    await mug(category="b", inventory={"stock": 2, "lowStockThreshold": 2})
    await mug(category="a", inventory={"stock": 1, "lowStockThreshold": 2})
    await mug(category="a", inventory={"stock": 3, "lowStockThreshold": 2})
    await mug(status="draft", inventory={"stock": 0, "lowStockThreshold": 2})
    await mug(inventory={"stock": 0, "trackInventory": False})
    assert await products.values(SELLER, "category") == ["a", "b"]
    await mug(category="c")
    assert await products.values(SELLER, "category") == ["a", "b", "c"]
    assert [row["inventory"]["stock"] for row in await products.low(SELLER)] == [0, 1, 2]
    assert len(await products.low(SELLER, 1)) == 1


async def test_products_by_id(runtime: Runtime) -> None:
    made = [await mug(name=name) for name in "abc"]
    found = await products.find_many(SELLER, [made[2].id, "f" * 24, made[0].id, made[2].id])
    assert {key: one.name for key, one in found.items()} == {made[2].id: "c", made[0].id: "a"}


async def test_who_may_change_what(runtime: Runtime) -> None:
    made = await mug()
    moderator, user = Actor("b" * 24, role=Role.MODERATOR), Actor("c" * 24, role=Role.USER)
    assert (await products.update(moderator, made.id, {"name": "Cup"}, 1)).name == "Cup"
    assert (await products.get(user, made.id)).name == "Cup"
    for refused in (products.create(moderator, MUG), products.delete(moderator, made.id), products.update(user, made.id, {"name": "x"}, 2)):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(Forbidden):
        await products.take(user, {made.id: 1}, order_id=ORDER)
    async with unit():
        await products.take(SYSTEM, {}, order_id=ORDER)


async def test_prices_sum_exactly(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(price="0.1", inventory={"stock": 100})
    order = await orders.create(SELLER, {"lines": [{"productId": product.id, "quantity": 3}]})
    assert order.total == Decimal("0.3")


async def test_what_a_piece_costs_the_shop_is_not_for_customers(runtime: Runtime) -> None:
    await add_shop()
    made = await mug(cost="1.10")
    buyer = Actor("b" * 24, "Buyer", "buyer@example.com", Role.USER)
    query = products.spec.parse({}, ZoneInfo("UTC"))
    assert [row["cost"] for row in (await products.page(SELLER, query)).rows] == ["1.10"]
    assert [row["cost"] for row in (await products.page(buyer, query)).rows] == [None]
    assert (await products.get(buyer, made.id)).cost is None
    assert (await products.get(SELLER, made.id)).cost == Decimal("1.10")
