"""Sums by product of a window are those of its days, whichever months and days beside them it is read from: both engines."""

from datetime import date, timedelta

import pytest

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
}


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
