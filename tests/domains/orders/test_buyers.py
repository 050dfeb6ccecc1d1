"""The packed buyers of a day say what its sums say, and go when those change; both engines."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.orders import buyers
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.service import orders
from tests.domains.analytics.shops import HistoricShop

_JANUARY = Question(date(2024, 1, 1), date(2024, 2, 1))
_NAMES = ("buyers", "repeat", "guestOrders", "orders")


async def _packed(runtime: Runtime) -> list[str]:
    return [str(row[0]) for row in await runtime.database.fetch(text("SELECT day FROM buyers_by_day ORDER BY day"))]


async def _counts() -> tuple[int, ...]:
    found = await analytics.sales(SYSTEM, _JANUARY)
    return tuple(found[name] for name in _NAMES)


async def _shop() -> HistoricShop:
    shop = await HistoricShop().open()
    for moment, buyer in (("05T10:00", "Anna"), ("05T11:00", "Anna"), ("05T12:00", ""), ("06T10:00", "Ben"), ("09T10:00", "Anna")):
        await shop.sell(f"2024-01-{moment}", buyer, ("Lamp", 1, "10"))
    return shop


async def test_packed_days_count_as_the_sums_do(runtime: Runtime) -> None:
    await _shop()
    assert await _counts() == (2, 1, 1, 5)
    await keep_buyers()
    assert await _packed(runtime) == ["2024-01-05", "2024-01-06", "2024-01-09"]
    await runtime.cache.turn_over(["analytics"])
    assert await _counts() == (2, 1, 1, 5)
    by_day = (await analytics.sales(SYSTEM, _JANUARY))["series"]
    assert [(bucket["buyers"], bucket["repeat"]) for bucket in by_day[4:9]] == [(1, 1), (1, 0), (0, 0), (0, 0), (1, 0)]


async def test_a_day_that_is_written_to_is_unpacked_in_the_same_transaction(runtime: Runtime) -> None:
    shop = await _shop()
    await keep_buyers()
    late = await shop.sell("2024-01-06T20:00", "Cleo", ("Lamp", 1, "10"), status="pending")
    assert await _packed(runtime) == ["2024-01-05", "2024-01-09"]
    assert await _counts() == (3, 1, 1, 6)
    await keep_buyers()
    await orders.cancel(SYSTEM, late)
    assert await _packed(runtime) == ["2024-01-05", "2024-01-09"]
    assert await _counts() == (2, 1, 1, 5)


async def test_a_question_has_days_packed_that_are_over(runtime: Runtime) -> None:
    await _shop()
    with clock.frozen(datetime(2024, 1, 8, 12, tzinfo=UTC)):
        await _counts()
        async with asyncio.timeout(20):
            while not await _packed(runtime):
                await asyncio.sleep(0.01)
    assert await _packed(runtime) == ["2024-01-05"]  # the others are too near to that day


async def test_many_are_counted_off_the_loop(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buyers, "_MANY", 0)
    await _shop()
    assert await _counts() == (2, 1, 1, 5)


async def test_a_rebuild_compares_what_is_packed(runtime: Runtime) -> None:
    await _shop()
    await keep_buyers()
    async with runtime.database.transaction():
        await runtime.database.execute(
            text("UPDATE buyers_by_day SET people = (SELECT people FROM buyers_by_day WHERE day = '2024-01-06')")
        )

    async def silent(share: float, words: str) -> None:
        pass

    found = await analytics.rebuild(SYSTEM, silent)
    assert found.wrong == {"buyers_by_day": 2}
    assert (await analytics.rebuild(SYSTEM, silent)).equal
    assert await _counts() == (2, 1, 1, 5)
