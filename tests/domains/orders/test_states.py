"""The states of the sales that were placed in a span of time are those that counting finds: whatever the zone, both engines."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from mewayz.backend import counts
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.orders import rollups, states
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from tests.domains.analytics.shops import HistoricShop
from tests.domains.orders.figures import sales_by_state_and_day

_DAY_ONE = date(2024, 3, 25)  # clocks go forward on the last day of the month
_DAYS = 12
_STATUSES = ("pending", "confirmed", "shipped", "delivered", "cancelled")


async def _fill(shop: HistoricShop, chance: random.Random) -> None:
    for _ in range(25):
        day = _DAY_ONE + timedelta(days=chance.randrange(_DAYS))
        minute = chance.choice(("00:00", "00:30", "05:30", "09:15", "12:00", "18:29", "23:59"))
        pieces = chance.choice((1, 1, 1, -1))
        await shop.sell(
            f"{day}T{minute}", "", ("Lamp", pieces, "10"), status=chance.choice(_STATUSES), currency=chance.choice(("GBP", "EUR"))
        )


async def _change(runtime: Runtime, chance: random.Random) -> None:
    async with unit():
        for statement in (
            f"UPDATE orders SET status = 'refunded' WHERE status = '{chance.choice(_STATUSES)}'",
            "UPDATE orders SET customer_name = 'X'",
            "UPDATE orders SET currency = 'EUR' WHERE units = 1 AND status = 'pending'",
            f"DELETE FROM orders WHERE status = '{chance.choice(_STATUSES)}' AND kind = 'sale'",
        ):
            await runtime.database.execute(text(statement))
    for order in (await orders_collection.find_all())[:3]:
        await orders_collection.patch(order.id, {"placed_at": order.placed_at + timedelta(hours=chance.randrange(1, 40))})


def _counted(found: list[Order], since: datetime, until: datetime, currency: str) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for order in found:
        if order.kind == "sale" and order.currency == currency and since <= order.placed_at < until:
            numbers[order.status] = numbers.get(order.status, 0) + 1
    return numbers


@pytest.mark.parametrize("zone", ["UTC", "Europe/London", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"])
async def test_every_window_of_every_zone(runtime: Runtime, zone: str) -> None:
    chance = random.Random(zone)
    await _fill(await HistoricShop(zone).open(), chance)
    for step in range(3):
        found = await orders_collection.find_all()
        windows: list[tuple[Any, Any]] = [
            (datetime(2024, 3, 24, tzinfo=UTC), datetime(2024, 4, 10, tzinfo=UTC)),
            *(
                tuple(
                    datetime.combine(_DAY_ONE + timedelta(days=day), datetime.min.time(), ZoneInfo(zone)) for day in (first, first + days)
                )
                for first in range(0, _DAYS, 2)
                for days in (1, 2, 7)
            ),
        ]
        for since, until in windows:
            for currency in ("GBP", "EUR"):
                told = {status: number for status, number in (await states.states_between(since, until, currency)).items() if number}
                assert told == _counted(found, since, until, currency), (step, since, until, currency)
        await (_change(runtime, chance) if step == 0 else rollups.fold())


async def test_what_is_kept_is_folded_and_nothing_else(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    for _ in range(3):
        await shop.sell("2024-01-10T10:00", "", status="pending")
    for order in await orders_collection.find_all():
        await orders.cancel(SYSTEM, order.id)
    rows = text("SELECT k0, k1, k2, n FROM kept_counts WHERE noun = 'orders_by_day' AND n <> 0")
    others = text("SELECT sum(n) FROM kept_counts WHERE noun <> 'orders_by_day'")
    before = await runtime.database.value(others)
    await rollups.fold()
    assert [tuple(row) for row in await runtime.database.fetch(rows)] == [("cancelled", "2024-01-10", "GBP", 3)]
    assert await runtime.database.value(others) == before


async def test_a_window_of_days_reads_no_orders(runtime: Runtime) -> None:
    """What it costs must not grow with the orders: without their rows, the answer is the same."""
    shop = await HistoricShop("UTC").open()
    await shop.sell("2024-01-10T10:00", "")
    async with unit():
        for statement in ("CREATE TABLE kept_before AS SELECT * FROM kept_counts", "DELETE FROM orders", "DELETE FROM kept_counts"):
            await runtime.database.execute(text(statement))
        await runtime.database.execute(text("INSERT INTO kept_counts SELECT * FROM kept_before"))
        await runtime.database.execute(text("DROP TABLE kept_before"))
    found = await states.states_between(datetime(2024, 1, 10, tzinfo=UTC), datetime(2024, 1, 11, tzinfo=UTC), "GBP")
    assert found["delivered"] == 1


async def test_it_is_counted_again(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    await shop.sell("2024-01-10T10:00", "", status="pending")
    async with unit():
        await runtime.database.execute(text("UPDATE kept_counts SET k1 = '2024-01-09' WHERE noun = 'orders_by_day'"))
        assert await states.compare(change=True) == 2
        assert await states.compare(change=True) == 0
    assert await sales_by_state_and_day(runtime.database) == {("pending", "2024-01-10", "GBP"): 1}


async def test_a_recount_beside_a_merge_counts_once(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    for _ in range(4):
        await shop.sell("2024-01-10T10:00", "", status="pending")
    merged, wait = asyncio.Event(), asyncio.Event()

    async def merge() -> None:
        async with unit():
            await counts.fold_now(runtime.database, states.NOUN)
            merged.set()
            await wait.wait()

    async def count_again() -> None:
        async with unit():
            await states.compare(change=True)

    merging = asyncio.create_task(merge())
    await merged.wait()
    counting = asyncio.create_task(count_again())
    await asyncio.sleep(0.2)  # long enough to run into the rows that are being merged
    wait.set()
    await asyncio.gather(merging, counting)
    assert await sales_by_state_and_day(runtime.database) == {("pending", "2024-01-10", "GBP"): 4}


async def test_what_counts_nothing_is_forgotten(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    order = await shop.sell("2024-01-10T10:00", "", status="pending")
    await orders.delete(SYSTEM, order)
    await rollups.fold_recent()
    assert await runtime.database.value(text("SELECT count(*) FROM kept_counts WHERE noun = 'orders_by_day'")) == 0
