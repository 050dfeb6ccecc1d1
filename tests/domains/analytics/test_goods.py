"""Sums by product of a window are those of its days, whichever months and days beside them it is read from: both engines."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics import goods, leading
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.sources import OfCategory, Place
from tests.domains.analytics.shops import HistoricShop

_DAY_ONE = date(2024, 1, 1)
_DAYS = 125
_WINDOWS = {
    "some days": ((0, 9), (40, 80)),
    "days up to the end of a month": ((10, 31),),
    "whole months": ((0, 31), (31, 91)),
    "days and whole months": ((20, 91),),
    "whole months and days": ((31, 100),),
    "days, whole months and days": ((5, 120),),
    "most of one month": ((2, 30), (0, 25), (5, 31)),
    "most of the first and of the last month": ((3, 85), (33, 118)),
    "most of one month, little of the other": ((1, 40), (25, 58)),
}


async def test_what_was_sold_beside_a_window_is_nowhere_in_it(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    await shop.product("Mug", category="Kitchen")
    await shop.sell("2024-01-02T10:00", "", ("Mug", 5, "2"), country="Spain")
    await shop.sell("2024-01-20T10:00", "", ("Lamp", 1, "10"), country="France")
    window = Window(date(2024, 1, 3), date(2024, 1, 31))  # read as the month without two days
    assert "before" in goods.parts_of(window)
    assert [key for key, _ in await leading.by_product(window, "GBP", 10, "gross", {})] == [shop.products["Lamp"].id]
    assert [name for name, _ in await goods.by_category(window, "GBP", {})] == [""]
    assert list(await goods.by_country(window, "GBP", {"category": ""})) == ["France"]
    assert await goods.by_country(window, "GBP", {"category": "Kitchen"}) == {}


@given(first=st.dates(date(1970, 1, 1), date(2200, 1, 1)), days=st.integers(1, 800))
def test_the_parts_of_a_window_are_its_days_and_few(first: date, days: int) -> None:
    window = Window(first, first + timedelta(days=days))
    counted = Counter[date]()
    for name in goods.parts_of(window):
        start, end = goods.spans_of(window)[name]
        assert name != "months" or (start.day, end.day) == (1, 1)
        for day in range((end - start).days):
            counted[start + timedelta(days=day)] += -1 if name in ("before", "after") else 1
    assert +counted == Counter(window.first + timedelta(days=day) for day in range(days))
    assert all(number >= 0 for number in counted.values()), "nothing is taken away that is not there"
    assert goods.single_days(window) <= 31, "at most half of a month at each end"


@pytest.mark.parametrize("windows", _WINDOWS.values(), ids=_WINDOWS)
async def test_every_way_to_read_a_window(runtime: Runtime, windows: tuple[tuple[int, int], ...]) -> None:
    shop = await HistoricShop().open()
    for day in range(0, _DAYS, 5):
        country = "Spain" if day % 2 else "France"
        await shop.sell(f"{_DAY_ONE + timedelta(days=day)}T10:00", "", ("Lamp", day + 1, "1"), ("Mug", 1, "2"), country=country)
    for first, end in windows:
        window = Window(_DAY_ONE + timedelta(days=first), _DAY_ONE + timedelta(days=end))
        lamps = sum(day + 1 for day in range(0, _DAYS, 5) if first <= day < end)
        lamps_of_france = sum(day + 1 for day in range(0, _DAYS, 10) if first <= day < end)
        mugs = len([day for day in range(0, _DAYS, 5) if first <= day < end])
        found = await leading.by_product(window, "GBP", 10, "gross", {})
        assert [(key, sums["units"]) for key, sums in found] == [(shop.products["Lamp"].id, lamps), (shop.products["Mug"].id, mugs)]
        assert [sums["units"] for _, sums in await goods.by_category(window, "GBP", {})] == [lamps + mugs]
        found = await goods.by_country(window, "GBP", {"category": ""})
        mugs_of_france = len([day for day in range(0, _DAYS, 10) if first <= day < end])
        assert found["France"]["units"] == lamps_of_france + mugs_of_france
        source = OfCategory(Place("GBP", shop.zone), {"category": ""})
        for interval in (Interval.DAY, Interval.QUARTER):
            days = await source.days(window, interval)
            assert sum(sums["units"] for sums in days.values()) == lamps + mugs
