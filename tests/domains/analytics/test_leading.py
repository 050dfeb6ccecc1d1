"""The products that come first, from few of them, are those that come first of all: random shops, both engines."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import is_set_up
from mewayz.domains.analytics import leading
from mewayz.domains.analytics.model import Window
from tests.domains.analytics.shops import HistoricShop

_PRODUCTS = ("Lamp", "Mug", "Card", "Bag", "Pen", "Tea")
_DAY_ONE = date(2024, 1, 1)
_SALES = st.lists(
    st.tuples(st.sampled_from(_PRODUCTS), st.integers(0, 110), st.sampled_from([-2, 1, 3]), st.sampled_from(["1", "40", "300"])),
    min_size=8,
    max_size=20,
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few as can be, so that small shops have more."""
    monkeypatch.setattr(leading, "_BESIDE", 0)
    monkeypatch.setattr(leading, "_MOST", 2)
    monkeypatch.setattr(leading, "_FEW_DAYS", 0)


@settings(max_examples=4, derandomize=True, suppress_health_check=list(HealthCheck))
@given(sales=_SALES, first=st.integers(0, 60), days=st.integers(3, 60))
async def test_the_first_of_few_are_the_first_of_all(runtime: Runtime, sales: list[Any], first: int, days: int) -> None:
    shop = getattr(runtime, "the_shop", None) or HistoricShop()
    if not await is_set_up():
        await shop.open()
        runtime.the_shop = shop  # pyright: ignore[reportAttributeAccessIssue]
    for product, day, pieces, price in sales:
        country = "France" if day % 3 else "Spain"
        await shop.sell(f"{_DAY_ONE + timedelta(days=day)}T10:00", "", (product, pieces, price), country=country)
    window = Window(_DAY_ONE + timedelta(days=first), _DAY_ONE + timedelta(days=first + days))
    for metric in ("gross", "net", "returns", "orders", "units"):
        for filters in ({}, {"country": "France"}, {"category": ""}, {"country": "Spain", "category": ""}):
            everything = await leading.by_product(window, "GBP", 100, metric, filters)
            for limit in (1, 2, 3):
                assert await leading.by_product(window, "GBP", limit, metric, filters) == everything[:limit], (metric, filters, limit)


async def test_few_suffice_where_they_decide_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await HistoricShop().open()
    for place, product in enumerate(_PRODUCTS):
        await shop.sell("2024-01-10T10:00", "", (product, 1, str(1000 // (place + 1))))
    window = Window(date(2024, 1, 5), date(2024, 2, 5))
    found = await leading._first_of_few(window, "GBP", 2, "gross", {})  # pyright: ignore[reportPrivateUsage]
    assert found is not None
    assert [key for key, _ in found] == [shop.products["Lamp"].id, shop.products["Mug"].id]
    # Before the window: it might come first, and does not.
    await shop.sell("2024-01-01T10:00", "", ("Tea", 1, "900"))
    monkeypatch.setattr(leading, "_MOST", 5)
    assert await leading._first_of_few(window, "GBP", 2, "gross", {}) == found  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(leading, "_MOST", 4)  # so many might that all are added up
    assert await leading._first_of_few(window, "GBP", 2, "gross", {}) is None  # pyright: ignore[reportPrivateUsage]
    assert await leading.by_product(window, "GBP", 2, "gross", {}) == found


async def test_postgresql_plans_each_window_by_itself(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    for place, product in enumerate(_PRODUCTS):
        await shop.sell("2024-01-10T10:00", "", (product, 1, str(place + 1)))
    if runtime.database.sqlite:
        return  # it looks at no values
    async with runtime.database.transaction():
        for _ in range(8):  # from the sixth time on, it would take one plan for all
            await leading.by_product(Window(date(2024, 1, 5), date(2024, 2, 5)), "GBP", 2, "gross", {})
        kept = text("SELECT statement FROM pg_prepared_statements WHERE generic_plans > 0 AND statement LIKE :part")
        assert await runtime.database.fetch(kept, {"part": "%sales_by_product%"}) == []
