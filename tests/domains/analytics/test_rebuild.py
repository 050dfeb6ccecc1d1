"""The figures that are kept are those of the orders, whatever happened: random histories, both engines."""

import asyncio
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.analytics.service import analytics
from mewayz.domains.orders import rollups
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.service import orders
from tests.domains.analytics.shops import HistoricShop
from tests.domains.orders.figures import assert_figures

_BUYERS, _COUNTRIES = ("", "Anna", "Ben"), ("", "France", "Spain")
_PRODUCTS = ("Lamp", "Mug", "Card")
# Around the end of a month and of a year, and the nights in which the clocks of New York change.
_MOMENTS = st.builds(
    lambda start, minutes: start + timedelta(minutes=minutes),
    st.sampled_from([datetime.fromisoformat(day) for day in ("2023-12-31", "2024-03-09", "2024-11-02")]),
    st.integers(0, 48 * 60),
)
_LINES = st.lists(
    st.tuples(st.sampled_from(_PRODUCTS), st.integers(1, 5), st.sampled_from(["0", "0.0001", "2.5", "19.9999"])), min_size=1, max_size=3
)
_STEPS = st.one_of(
    st.tuples(st.just("create"), st.sampled_from(_PRODUCTS), st.integers(1, 5), st.sampled_from(_BUYERS), _MOMENTS),
    st.tuples(st.just("import"), _LINES, st.sampled_from(_BUYERS), st.sampled_from(_COUNTRIES), _MOMENTS),
    st.tuples(st.just("return"), _LINES, st.sampled_from(_BUYERS), st.sampled_from(_COUNTRIES), _MOMENTS),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("edit"), st.integers(0, 20), st.sampled_from(_COUNTRIES)),
    st.tuples(st.just("delete"), st.integers(0, 20)),
    st.tuples(st.sampled_from(["fold", "fold recent"])),
)


async def _do(shop: HistoricShop, step: tuple[Any, ...]) -> None:
    known = [one for one in await orders_collection.find_all() if one.status != "cancelled"]
    match step:
        case "create", product, pieces, buyer, moment:
            customer = (await shop.customer(buyer)).id if buyer else None
            one = await shop.product(product)
            with clock.frozen(moment.replace(tzinfo=UTC)):
                await orders.create(SYSTEM, {"customerId": customer, "lines": [{"productId": one.id, "quantity": pieces}]})
        case "import", lines, buyer, country, moment:
            await shop.sell(moment.isoformat(), buyer, *lines, country=country, status="pending")
        case "return", lines, buyer, country, moment:
            await shop.sell(moment.isoformat(), buyer, *((name, -count, price) for name, count, price in lines), country=country)
        case "cancel", number if pending := [one for one in known if one.status == "pending" and one.kind == "sale"]:
            await orders.cancel(SYSTEM, pending[number % len(pending)].id)
        case "edit", number, country if known:
            await orders.update(SYSTEM, known[number % len(known)].id, {"shippingAddress": {"country": country}})
        case "delete", number if known:
            await orders.delete(SYSTEM, known[number % len(known)].id)
        case ("fold",):
            await rollups.fold()
        case ("fold recent",):
            await rollups.fold_recent()
        case _:
            pass


async def _silent(share: float, words: str) -> None:
    pass


# What fails here depends on what came before, so a smaller example would say nothing.
_PHASES = [phase for phase in Phase if phase.name != "shrink"]


@settings(max_examples=6, derandomize=True, suppress_health_check=list(HealthCheck), phases=_PHASES)
@given(steps=st.lists(_STEPS, min_size=5, max_size=12))
async def test_what_is_kept_is_what_the_orders_come_to(runtime: Runtime, steps: list[tuple[Any, ...]]) -> None:
    """One shop goes through all the histories, one after the other: what holds must hold whatever came before."""
    shop = getattr(runtime, "the_shop", None)
    if shop is None:
        shop = await HistoricShop("America/New_York").open()
        runtime.the_shop = shop  # pyright: ignore[reportAttributeAccessIssue]
        for name in _PRODUCTS:
            await shop.product(name, inventory={"allowBackorders": True})
    for step in steps:
        await _do(shop, step)
    found = await analytics.rebuild(SYSTEM, _silent, change=False)
    assert found.equal, found.wrong
    await assert_figures(runtime.database, shop.zone)
    assert (await analytics.rebuild(SYSTEM, _silent)).equal


async def test_what_was_changed_behind_its_back_is_told_and_put_right(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    order = await shop.sell("2024-01-10T10:00", "Anna", ("Lamp", 2, "10"), country="Spain")
    async with unit():
        await runtime.database.execute(text("DELETE FROM sales_by_product_place"))
        await runtime.database.execute(text("UPDATE sales_by_customer SET country = 'France'"))
        await runtime.database.execute(text("UPDATE orders SET goods = 0"))
        await runtime.database.execute(text("UPDATE kept_counts SET n = n + 1 WHERE noun = 'orders_by_day'"))
    found = await analytics.rebuild(SYSTEM, _silent, change=False)
    assert found.wrong == {"orders": 1, "sales_by_product_place": 1, "sales_by_customer": 2, "orders_by_day": 1}
    assert (await analytics.rebuild(SYSTEM, _silent)).wrong == found.wrong
    assert (await analytics.rebuild(SYSTEM, _silent)).equal
    kept = await orders_collection.get(order)
    assert kept.goods == 20


async def test_nobody_waits_for_a_check(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    for month in (1, 2, 3):
        await shop.sell(f"2024-0{month}-10T10:00", "Anna", ("Lamp", 2, "10"), country="Spain")
    outside, made = copy_context(), list[str]()

    async def somebody_else(share: float, words: str) -> None:
        selling = shop.sell(f"2024-0{len(made) + 1}-20T10:00", "Anna", ("Lamp", 1, "10"), country="Spain")
        made.append(await asyncio.wait_for(asyncio.create_task(selling, context=outside.copy()), 20))

    found = await analytics.rebuild(SYSTEM, somebody_else, change=False)
    assert (found.wrong, found.orders, len(made)) == ({}, 3, 4), "it is about the moment when it began"
    again = await analytics.rebuild(SYSTEM, _silent, change=False)
    assert (again.wrong, again.orders) == ({}, 7)
