"""How long the stock has been there: layers that add up to it whatever happened, on both engines."""

from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import is_set_up
from mewayz.domains.analytics.ageing import LIMITS
from mewayz.domains.analytics.questions import AGES, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in

TODAY = datetime(2026, 3, 30, 12, tzinfo=UTC)
ALL = Question(limit=100)


async def happens(product: Product, days_ago: int, what: str, pieces: int) -> None:
    with clock.frozen(TODAY - timedelta(days=days_ago)):
        match what:
            case "order":
                await products.take(SYSTEM, {product.id: pieces}, order_id="o")
            case "cancel":
                await products.release(SYSTEM, {product.id: pieces}, order_id="o")
            case "ship":
                await products.ship(SYSTEM, {product.id: pieces}, order_id="o")
            case "back":
                await products.put_back(SYSTEM, {product.id: pieces}, order_id="o")
            case _:
                await products.adjust(SYSTEM, product.id, {"delta": pieces, "reason": what})


async def a_product(stock: int = 0, days_ago: int = 400, **values: Any) -> Product:
    with clock.frozen(TODAY - timedelta(days=days_ago)):
        inventory = {"stock": stock, "allowBackorders": True}
        return await products.create(SYSTEM, {"name": "Lamp", "price": "10", "cost": "4", "inventory": inventory, **values})


async def ages(question: Question = ALL) -> dict[str, int]:
    with clock.frozen(TODAY):
        found = await analytics.ageing(SYSTEM, question)
    assert [entry["age"] for entry in found["ages"]] == list(AGES)
    return {entry["age"]: entry["units"] for entry in found["ages"] if entry["units"]}


async def test_what_came_first_has_gone_first(runtime: Runtime) -> None:
    await add_shop("Europe/London")
    lamp = await a_product(10)
    await happens(lamp, 100, "receipt", 20)
    await happens(lamp, 45, "receipt", 5)
    await happens(lamp, 40, "order", 12)
    assert await ages() == {"91-180": 18, "31-60": 5}, "ten of the oldest are reserved, and two of the next"
    await happens(lamp, 30, "ship", 12)
    await happens(lamp, 20, "correction", -3)
    await happens(lamp, 10, "back", 2)
    assert await ages() == {"91-180": 15, "31-60": 5, "0-30": 2}
    await happens(lamp, 5, "order", 30)
    assert await ages() == {}, "eight more are sold than there are"
    with clock.frozen(TODAY):
        found = await analytics.ageing(SYSTEM, ALL)
    assert (found["units"], found["unitsShort"], found["valueAtCost"], found["products"]) == (0, 8, "0.00", [])
    await happens(lamp, 1, "receipt", 10)
    assert await ages() == {"0-30": 2}, "the others are sold already"


async def test_a_reservation_that_is_given_free_is_as_old_as_before(runtime: Runtime) -> None:
    await add_shop()
    lamp = await a_product(10)
    await happens(lamp, 20, "order", 4)
    await happens(lamp, 10, "cancel", 4)
    assert await ages() == {"181-": 10}


_EDGES = {0: 0, 30: 0, 31: 1, 60: 1, 61: 2, 90: 2, 91: 3, 180: 3, 181: 4}


@pytest.mark.parametrize("days", _EDGES)
async def test_where_ages_end(sqlite_runtime: Runtime, days: int) -> None:
    await add_shop("Pacific/Auckland")
    await a_product(3, days)
    assert await ages() == {AGES[_EDGES[days]]: 3}


async def test_the_stock_of_another_day(runtime: Runtime) -> None:
    await add_shop()
    lamp = await a_product(10, 100)
    await happens(lamp, 50, "order", 4)
    await happens(lamp, 20, "receipt", 6)
    day = (TODAY - timedelta(days=40)).date()
    assert await ages(Question(end=day)) == {"31-60": 6}, "the receipt came later"


async def test_over_rest_with_its_products_and_a_file(runtime: Runtime) -> None:
    await add_shop()
    await a_product(10, 100, category="Light")
    await a_product(2, 5, name="Mug", cost="1.5", category="Kitchen > Tea")
    await a_product(3, 5, name="Card", cost=None)
    await a_product(7, 5, name="Old", status="archived")
    who = await add_person(Role.ADMIN)
    with clock.frozen(TODAY):
        async with signed_in(who.email) as client:
            found = data_of(await client.get("/analytics/ageing"))
            assert (found["units"], found["valueAtCost"], found["asOf"]) == (15, "43.00", "2026-03-30")
            newest = found["ages"][0]
            assert (newest["units"], newest["valueAtCost"], newest["products"], newest["unitsWithoutCost"]) == (5, "3.00", 2, 3)
            assert newest["drill"] == "/analytics/ageing?to=2026-03-31&age=0-30"
            for entry in found["ages"]:
                part = data_of(await client.get("/analytics/ageing", params={"age": entry["age"], "limit": "100"}))["products"]
                assert sum(row["units"] for row in part) == entry["units"]
                assert sum(Decimal(row["valueAtCost"] or 0) for row in part) == Decimal(entry["valueAtCost"])
            only = data_of(await client.get("/analytics/ageing", params={"category": "Kitchen"}))
            assert [row["name"] for row in only["products"]] == ["Mug"], "what lies below a category is part of it"
            file = await client.get("/analytics/ageing", params={"format": "csv", "age": "0-30"})
            assert [line.split(",")[1] for line in file.text.splitlines()[1:]] == ["Mug", "Card"]
            assert list(refused(await client.get("/analytics/ageing?age=old"), 422, "invalid")["fields"]) == ["age"]


_HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["order", "cancel", "ship", "back", "receipt", "correction", "fewer"]),
        st.integers(1, 9),
        st.integers(0, 25),
    ),
    max_size=14,
)


@settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck))
@given(stock=st.integers(0, 12), happenings=_HAPPENINGS)
async def test_layers_add_up_to_the_stock_and_are_those_of_a_queue(
    runtime: Runtime, stock: int, happenings: list[tuple[str, int, int]]
) -> None:
    """Against a queue of pieces, each with the day on which it came."""
    if not await is_set_up():
        await add_shop()
    lamp = await a_product(stock, 400)
    queue = deque([400] * stock)
    missing = reserved = shipped = 0
    ago = 390
    for what, wanted, later in happenings:
        ago = max(0, ago - later)
        most = {"ship": reserved, "cancel": reserved, "back": shipped, "fewer": len(queue)}.get(what, wanted)
        pieces = min(wanted, most)
        if pieces == 0:
            continue
        await happens(lamp, ago, "correction" if what == "fewer" else what, -pieces if what == "fewer" else pieces)
        reserved += {"order": pieces, "ship": -pieces, "cancel": -pieces}.get(what, 0)
        shipped += {"ship": pieces, "back": -pieces}.get(what, 0)
        if what in ("order", "fewer"):
            missing += max(0, pieces - len(queue))
            for _ in range(min(pieces, len(queue))):
                queue.popleft()
        elif what in ("receipt", "correction", "back"):
            queue.extend([ago] * (pieces - min(missing, pieces)))
            missing -= min(missing, pieces)
    kept = await products.get(SYSTEM, lamp.id)
    with clock.frozen(TODAY):
        found = await analytics.ageing(SYSTEM, ALL)
    assert (found["units"], found["unitsShort"]) == (max(kept.stock, 0), max(-kept.stock, 0))
    if not any(what == "cancel" for what, _, _ in happenings):  # which pieces come back is not the queue's to say
        expected = dict.fromkeys(AGES, 0)
        for one in queue:
            expected[AGES[sum(one > limit for limit in LIMITS)]] += 1
        assert {entry["age"]: entry["units"] for entry in found["ages"]} == expected
    await products.update(SYSTEM, lamp.id, {"status": "archived"})  # out of the way of the next example
