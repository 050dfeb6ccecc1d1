"""Orders: the server's prices and totals, and figures that always follow from the orders themselves."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.crud import read_query
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.ids import new_id
from mewayz.backend.money import wire_decimal
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import Customer
from mewayz.domains.orders import rollups
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.machine import IllegalTransition
from mewayz.domains.orders.measures import goods_of
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import NotDeletable, orders
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import OutOfStock, products
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, anna, mug, place, stock_of
from tests.domains.people import add_shop

ZONE = ZoneInfo("America/New_York")


# Placing ----------------------------------------------------------------------------------------------------------------


async def test_the_server_prices_and_adds_up(runtime: Runtime) -> None:
    await add_shop()
    one, two, buyer = await mug("2.3333", sku="M"), await mug("0.1"), await anna()
    order = await place((one, 3), (two, 1), (one, 2), customerId=buyer.id, discount="1", tax="0.5", shipping="4.95")
    assert order.lines == [
        {"productId": one.id, "sku": "M", "name": "Mug", "quantity": 3, "unitPrice": "2.3333", "total": "6.9999"},
        {"productId": two.id, "sku": "", "name": "Mug", "quantity": 1, "unitPrice": "0.10", "total": "0.10"},
        {"productId": one.id, "sku": "M", "name": "Mug", "quantity": 2, "unitPrice": "2.3333", "total": "4.6666"},
    ]
    assert (order.subtotal, order.total, order.units) == (Decimal("11.7665"), Decimal("16.2165"), 6)
    assert (order.customer_name, order.country, order.currency, order.number) == ("Anna", "France", "GBP", "M-1001")
    assert (order.status, order.payment_status, order.kind, order.owner_id) == ("pending", "pending", "sale", None)
    assert order.shipping_address == order.billing_address == buyer.address
    assert [entry["event"] for entry in order.timeline] == ["placed"]
    assert (await products.get(SELLER, one.id)).stock == 995
    assert (await orders.get(SELLER, order.id)).model_dump() == order.model_dump()


async def test_a_price_that_a_client_sends_is_refused(runtime: Runtime) -> None:
    await add_shop()
    product = await mug()
    for more in ({"unitPrice": "0.01"}, {"price": 0}, {"total": "0"}, {"name": "x"}):
        with pytest.raises(Invalid) as raised:
            await orders.create(SELLER, {"lines": [{"productId": product.id, "quantity": 1, **more}]})
        assert set(raised.value.fields) == {f"lines.0.{next(iter(more))}"}
    for more in ({"total": "0"}, {"subtotal": "0"}, {"number": "X"}, {"status": "delivered"}, {"ownerId": "x"}, {"kind": "return"}):
        with pytest.raises(Invalid) as raised:
            await place((product, 1), **more)
        assert set(raised.value.fields) == set(more)


async def test_a_later_price_leaves_the_order_as_it_was(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("2.50")
    order = await place((product, 2))
    await products.update(SELLER, product.id, {"price": "99", "name": "Cup"})
    found = await orders.get(SELLER, order.id)
    assert (found.total, found.lines[0]["name"], found.lines[0]["unitPrice"]) == (Decimal(5), "Mug", "2.50")


async def test_what_is_wrong_is_told_at_its_field_and_leaves_nothing(runtime: Runtime) -> None:
    await add_shop()
    product, foreign = await mug(), await mug(currency="USD")
    line = {"productId": product.id, "quantity": 1}
    bad: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({"lines": []}, {"lines"}),
        ({}, {"lines"}),
        ({"lines": [line] * 1001}, {"lines"}),
        ({"lines": [{**line, "quantity": 0}]}, {"lines.0.quantity"}),
        ({"lines": [{**line, "quantity": -1}]}, {"lines.0.quantity"}),
        ({"lines": [line, {"quantity": 1}]}, {"lines.1.productId"}),
        ({"lines": [line, {"productId": "f" * 24, "quantity": 1}]}, {"lines.1.productId"}),
        ({"lines": [{"productId": foreign.id, "quantity": 1}]}, {"lines.0.productId"}),
        ({"lines": [line], "customerId": "f" * 24}, {"customerId"}),
        ({"lines": [line], "discount": "2.51"}, {"discount"}),
        ({"lines": [line], "tax": "-1"}, {"tax"}),
        ({"lines": [line], "discount": "0.001", "tax": "0.0001", "shipping": "1.255"}, {"discount", "tax", "shipping"}),
        ({"lines": [line], "shipping": "99999999999"}, {"lines"}),
        ({"lines": [line], "shippingAddress": {"planet": "Mars"}}, {"shippingAddress.planet"}),
        ({"lines": [line], "note": "x" * 2001}, {"note"}),
    )
    for data, fields in bad:
        with pytest.raises(Invalid) as raised:
            await orders.create(SELLER, data)
        assert set(raised.value.fields) == fields, data
    with pytest.raises(OutOfStock):
        await place((product, 1), (await mug(stock=0), 1))
    assert await orders_collection.find_all() == []
    assert (await products.get(SELLER, product.id)).stock == 1000
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


async def test_an_order_may_be_large_but_not_endless(runtime: Runtime) -> None:
    await add_shop()
    product, dear = await mug("900", stock=10**9), await mug("1000000000")
    order = await place((product, 1_000_000))
    assert order.total == Decimal(900_000_000)
    for lines in (((product, 1_000_000), (product, 1_000_000)), ((dear, 1),), ((dear, 1_000_000),)):
        with pytest.raises(Invalid) as raised:
            await place(*lines)
        assert raised.value.fields == {"lines": "This order comes to a billion or more. Split it."}
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


async def test_numbers_are_unique_and_ascend(runtime: Runtime) -> None:
    await add_shop()
    product = await mug()
    found = await asyncio.gather(*(place((product, 1)) for _ in range(15)))
    assert len({order.number for order in found}) == 15
    assert all(order.number.startswith("M-1") for order in found)


# Changing ---------------------------------------------------------------------------------------------------------------


async def test_a_change_of_status_is_in_the_timeline(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 1))
    order = await orders.update(SELLER, order.id, {"status": "confirmed", "paymentStatus": "paid"}, 1)
    order = await orders.update(SELLER, order.id, {"status": "confirmed", "note": "x"}, 2)
    order = await orders.update(SELLER, order.id, {"shippingAddress": {"country": "Spain"}, "billingAddress": {"city": "Rome"}}, 3)
    order = await orders.update(SELLER, order.id, {"status": "shipped"}, 4)
    events = [(entry["event"], entry["by"]) for entry in order.timeline]
    assert events == [(event, "Seller") for event in ("placed", "paid", "confirmed", "edited", "shipped")]
    assert (order.status, order.payment_status, order.country, order.billing_address["city"]) == ("shipped", "paid", "Spain", "Rome")
    order = await orders.update(SELLER, order.id, {"shippingAddress": {"city": "Cadiz"}}, 5)
    assert order.country == "Spain"
    with pytest.raises(Conflict):
        await orders.update(SELLER, order.id, {"status": "delivered"}, 1)
    for change in ({"status": "lost"}, {"lines": []}, {"total": "0"}, {"customerId": None}, {"placedAt": "2020-01-01"}):
        with pytest.raises(Invalid):
            await orders.update(SELLER, order.id, change, order.rev)


async def test_changes_at_once_lose_nothing_of_the_timeline(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 1))
    notes = [f"Note {number}" for number in range(8)]
    await asyncio.gather(*(orders.remark(SELLER, order.id, {"text": note}) for note in notes))
    found = await orders.get(SELLER, order.id)
    assert {entry.get("text") for entry in found.timeline} == {None, *notes}
    assert found.rev == 9


async def test_of_the_same_step_at_once_one_is_taken(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(stock=10)
    order = await place((product, 4))
    found = await asyncio.gather(*(orders.cancel(SELLER, order.id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, Order) for one in found) == 1
    assert sum(isinstance(one, IllegalTransition) for one in found) == 7
    assert await stock_of(product) == 10


async def test_a_deleted_order_leaves_no_trace_in_the_figures(runtime: Runtime) -> None:
    await add_shop()
    product, buyer = await mug(), await anna()
    order = await place((product, 1), customerId=buyer.id)
    with pytest.raises(Conflict):
        await orders.delete(SELLER, order.id, 7)
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))
    await orders.delete(SELLER, order.id, 1)
    with pytest.raises(NotFound):
        await orders.get(SELLER, order.id)
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


async def test_who_may_see_and_place_orders(runtime: Runtime) -> None:
    await add_shop()
    user, moderator = Actor("c" * 24, "User", role=Role.USER), Actor("b" * 24, role=Role.MODERATOR)
    order = await place((await mug(), 1))
    own = Order(number="OWN", currency="GBP", subtotal=Decimal(1), total=Decimal(1), owner_id=user.id)
    await orders_collection.add(own)
    assert (await orders.get(moderator, order.id)).id == order.id
    assert (await orders.get(user, own.id)).id == own.id
    with pytest.raises(NotFound):
        await orders.get(user, order.id)
    query = await read_query(orders.spec, {})
    assert [row["number"] for row in (await orders.page(user, query)).rows] == ["OWN"]
    assert await orders.total(user, query) == (1, True)
    assert [row["number"] async for rows in await orders.export(user, query) for row in rows] == ["OWN"]
    assert (await orders.stats(user))["total"] == 1
    for refused in (orders.create(user, {}), orders.update(user, own.id, {"note": "x"}), orders.delete(user, own.id)):
        with pytest.raises(Forbidden):
            await refused


async def test_lists_by_product_customer_and_window(runtime: Runtime) -> None:
    await add_shop("America/New_York")
    one, two, buyer = await mug(), await mug(), await anna()
    with clock.frozen(datetime(2024, 3, 10, 4, 59, 59, tzinfo=UTC)):  # the last second of 9 March in New York
        before = await place((one, 1), customerId=buyer.id)
    with clock.frozen(datetime(2024, 3, 10, 5, 0, tzinfo=UTC)):
        first = await place((one, 1), (two, 1), (one, 2))
    with clock.frozen(datetime(2024, 3, 11, 3, 59, 59, tzinfo=UTC)):  # a day of 23 hours
        last = await place((two, 1))

    async def ids(**raw: str) -> list[str]:
        return [row["id"] for row in (await orders.page(SYSTEM, await read_query(orders.spec, raw))).rows]

    assert await ids(product=one.id) == [first.id, before.id]
    assert await ids(product=two.id, customer=buyer.id) == []
    assert await ids(customer=buyer.id) == [before.id]
    assert await ids(**{"from": "2024-03-10", "to": "2024-03-11"}) == [last.id, first.id]
    assert await ids(search=first.number) == [first.id]
    assert await ids(figure="sales", sort="total") == [*sorted([before.id, last.id]), first.id]


async def test_what_is_given_free_is_contained_and_not_sold(runtime: Runtime) -> None:
    await add_shop()
    gift, pen = await mug("0", category="Kitchen"), await mug("2.5")
    order = await place((gift, 1), (pen, 1))

    async def ids(**raw: str) -> list[str]:
        return [row["id"] for row in (await orders.page(SYSTEM, await read_query(orders.spec, raw))).rows]

    assert (await ids(product=gift.id), await ids(sold=gift.id), await ids(sold=pen.id)) == ([order.id], [], [order.id])
    assert (await ids(category="Kitchen"), await ids(soldCategory="Kitchen")) == ([order.id], [])
    await products.update(SELLER, gift.id, {"price": "9"})
    for _ in range(2):  # taken out, and put in at its price of now
        order = await orders.update(SELLER, order.id, {"lines": [{"productId": pen.id, "quantity": 1}]})
        assert await ids(product=gift.id) == []
        order = await orders.update(SELLER, order.id, {"lines": [{"productId": one.id, "quantity": 1} for one in (gift, pen)]})
        assert await ids(sold=gift.id, soldCategory="Kitchen") == [order.id]
    assert await ids(sold=gift.id, soldCategory="Another") == []


# Figures ----------------------------------------------------------------------------------------------------------------


class Shopkeeper:
    """Does one thing after the other with orders, at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.products: list[Product] = []
        self.customers: list[Customer] = []

    async def open(self) -> None:
        await add_shop(ZONE.key)
        self.products = [await mug(price, stock=10**6) for price in ("0", "0.0001", "2.50", "19.9999")]
        self.customers = [await anna(address={"country": country}) for country in ("France", "Spain")]

    def moment(self) -> datetime:
        """Around midnights, a month's end and the changes of the clocks in New York."""
        start = self.random.choice(
            [datetime(2024, 1, 31, 22, tzinfo=UTC), datetime(2024, 3, 9, 22, tzinfo=UTC), datetime(2024, 11, 2, 22, tzinfo=UTC)]
        )
        return start + timedelta(minutes=self.random.randrange(48 * 60))

    async def step(self) -> None:
        known = await orders_collection.find_all()
        some = self.random.choice(known) if known else None
        with clock.frozen(self.moment()):
            match self.random.randrange(8):
                case 0 | 1 | 2:
                    chosen = self.random.choices(self.products, k=self.random.choice([1, 2, 4]))
                    buyer = self.random.choice([None, *self.customers])
                    address = self.random.choice([None, {"country": "Italy"}])
                    await place(
                        *((product, self.random.randrange(1, 9)) for product in chosen),
                        customerId=buyer.id if buyer else None,
                        **({"shippingAddress": address} if address else {}),
                    )
                case 3 | 4 if some:
                    with suppress(IllegalTransition):
                        await orders.update(
                            SELLER, some.id, {"status": self.random.choice(["cancelled", "cancelled", "confirmed", "shipped"])}
                        )
                case 5 if some:
                    await orders.update(SELLER, some.id, {"shippingAddress": {"country": self.random.choice(["Italy", "Spain", ""])}})
                case 6 if some:
                    with suppress(NotDeletable):
                        await orders.delete(SELLER, some.id)
                case 7:
                    await self.random.choice([rollups.fold, rollups.fold_recent])()
                case _:
                    with pytest.raises(OutOfStock):
                        await place((self.products[2], 1), (self.products[3], 1_000_000), (self.products[3], 1_000_000))


@pytest.mark.parametrize("seed", [1, 2])
async def test_figures_follow_from_the_orders_after_any_sequence(runtime: Runtime, seed: int) -> None:
    keeper = Shopkeeper(seed)
    await keeper.open()
    for _ in range(45):
        await keeper.step()
        await assert_figures(runtime.database, ZONE)


async def test_figures_follow_from_orders_that_change_at_once(runtime: Runtime) -> None:
    keeper = Shopkeeper(3)
    await keeper.open()
    made = [await place((product, 2), customerId=keeper.customers[0].id) for product in keeper.products * 4]

    async def change(number: int, order: Order) -> None:
        match number % 4:
            case 0:
                await orders.confirm(SELLER, order.id)
                await orders.cancel(SELLER, order.id)
            case 1:
                await orders.delete(SELLER, order.id)
            case 2:
                await (rollups.fold if number % 8 == 2 else rollups.fold_recent)()
            case _:
                await place((keeper.products[number % 3], 1), customerId=keeper.customers[1].id)

    await asyncio.gather(*(change(number, order) for number, order in enumerate(made)))
    await assert_figures(runtime.database, ZONE)
    await rollups.fold()
    await assert_figures(runtime.database, ZONE)


@pytest.mark.parametrize("fold", [rollups.fold, rollups.fold_recent])
async def test_folding_leaves_one_row_per_key_and_no_zeros(runtime: Runtime, fold: Any) -> None:
    await add_shop()
    product = await mug()
    for _ in range(3):
        await place((product, 1))
    gone = await place((await mug(), 1))
    await orders.update(SELLER, gone.id, {"status": "cancelled"})
    await fold()
    for table in rollups.ROLLUPS:
        keys = [column for column in table.columns if column.key not in {"seq", "gross", "returns", "orders", "units"}]
        rows = await runtime.database.fetch(table.select())
        names = [column.key for column in table.columns]
        found = [tuple(row[names.index(column.key)] for column in keys) for row in rows]
        assert len(found) == len(set(found)), table.name
        assert all(any(row[names.index(measure)] for measure in ("gross", "returns", "orders", "units")) for row in rows)


# Bulk -------------------------------------------------------------------------------------------------------------------


def historical(rng: random.Random, number: int, product_ids: list[str], customer_ids: list[str]) -> tuple[Order, NewOrder]:
    """One invoice of an earlier system, as a document and as a row of a batch."""
    kind = rng.choice(["sale", "sale", "return"])
    sign = 1 if kind == "sale" else -1
    parsed = [
        (rng.choice([None, *product_ids]), sign * rng.randrange(0, 5) * rng.choice([1, 1, 1, -1]), rng.choice([0, 25_000, 123_457]))
        for _ in range(rng.randrange(1, 5))
    ]
    total = sum(quantity * price for _, quantity, price in parsed)
    lines = [
        {
            "productId": product_id,
            "sku": "",
            "name": "x",
            "quantity": quantity,
            "unitPrice": wire_decimal(Decimal(price).scaleb(-4)),
            "total": wire_decimal(Decimal(quantity * price).scaleb(-4)),
        }
        for product_id, quantity, price in parsed
    ]
    order = Order(
        id=new_id(),
        number=str(number),
        kind=kind,
        status=rng.choice(["delivered", "delivered", "cancelled"]),
        customer_id=rng.choice([None, *customer_ids]),
        currency=rng.choice(["GBP", "GBP", "USD"]),
        country=rng.choice(["", "France"]),
        units=sum(quantity for _, quantity, _ in parsed),
        subtotal=Decimal(total).scaleb(-4),
        goods=Decimal(goods_of(kind, parsed)).scaleb(-4),
        total=Decimal(total).scaleb(-4),
        lines=lines,
        placed_at=datetime(2024, 3, 9, tzinfo=UTC) + timedelta(minutes=rng.randrange(3 * 24 * 60)),
    )
    return order, NewOrder(order.model_dump(), parsed)


@pytest.mark.parametrize("at_once", [True, False], ids=["bulk", "one by one"])
async def test_history_gives_the_same_figures_in_bulk_and_one_by_one(runtime: Runtime, at_once: bool) -> None:
    keeper, rng = Shopkeeper(4), random.Random(4)
    await keeper.open()
    ids = [one.id for one in keeper.products], [one.id for one in keeper.customers]
    batches = [[historical(rng, 100 * batch + number, *ids) for number in range(60)] for batch in range(2)]
    for batch in batches:
        if at_once:
            await place_many([new for _, new in batch], await shop())
        else:
            for order, _ in batch:
                async with unit():
                    await orders_collection.add(order)
                    await orders._changed(None, order)
        await assert_figures(runtime.database, ZONE)
    assert len(await orders_collection.find_all()) == 120
    found = await orders_collection.get(batches[0][0][0].id)
    assert found.model_dump() == batches[0][0][0].model_dump()


async def test_a_batch_with_a_known_number_leaves_nothing(runtime: Runtime) -> None:
    keeper, rng = Shopkeeper(5), random.Random(5)
    await keeper.open()
    ids = [one.id for one in keeper.products], [one.id for one in keeper.customers]
    batch = [historical(rng, number, *ids)[1] for number in range(60)]
    here = await shop()
    await place_many(batch[:30], here)
    with pytest.raises(Conflict):
        await place_many(batch[29:], here)
    assert len(await orders_collection.find_all()) == 30
    await assert_figures(runtime.database, ZONE)
    await place_many([], here)


async def test_bulk_and_single_orders_at_once_are_all_counted(runtime: Runtime) -> None:
    keeper, rng = Shopkeeper(6), random.Random(6)
    await keeper.open()
    ids = [one.id for one in keeper.products], [one.id for one in keeper.customers]
    batches = [[historical(rng, 100 * batch + number, *ids)[1] for number in range(20)] for batch in range(4)]
    singles = [place((keeper.products[2], 1), customerId=keeper.customers[number % 2].id) for number in range(12)]
    here = await shop()
    await asyncio.gather(*(place_many(batch, here) for batch in batches), *singles)
    await assert_figures(runtime.database, ZONE)


async def test_a_recent_fold_leaves_the_days_of_long_ago_as_they_are(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    product = await mug()
    rows = "SELECT seq FROM sales_by_day ORDER BY seq"
    for day in (1, 1, 2, 2):
        with clock.frozen(datetime(2026, 1, day, 12, tzinfo=UTC)):
            await place((product, 1))
    first, second, *_ = (row[0] for row in await runtime.database.fetch(text(rows)))
    monkeypatch.setattr(rollups, "_RECENT", 2)
    await rollups.fold_recent()
    left = [row[0] for row in await runtime.database.fetch(text(rows))]
    assert left[:2] == [first, second], "those of the first day stay two"
    assert len(left) == 3
    await assert_figures(runtime.database, ZONE)
