"""What a list that a chart has opened says that it comes to."""

from typing import Any

import pytest

from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders.state import OrderTable
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.tabs import opened


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("figure=sales", "Gross sales £42.50, 3 orders of 2 customers"),
        ("figure=returns", "Returns £10.00"),
        ("figure=net", "Net sales £32.50, 3 orders of 2 customers"),
        ("figure=guests", "Gross sales £10.00, 1 order"),
        ("figure=sales&category=Light", "Gross sales £30.00, 2 orders of 1 customer"),
        ("figure=sales&category=Light&status=shipped", "Gross sales £10.00, 1 order"),
        ("figure=sales&firstTo=2026-02-02", "Gross sales £20.00, 1 order of 1 customer"),
        ("figure=sales&soldCategory=Kitchen", "Gross sales £12.50, 1 order of 1 customer"),
        ("figure=sales&category=Kitchen&soldCategory=Light", "Gross sales £0.00, 1 order"),
        ("status=delivered", ""),
    ],
)
async def test_the_sentence_below_the_title(runtime: Runtime, query: str, words: str) -> None:
    shop = await HistoricShop().open()
    await shop.product("Lamp", category="Light")
    await shop.product("Mug", category="Kitchen")
    await shop.sell("2026-02-01T10:00", "Anna", ("Lamp", 2, "10"))
    await shop.sell("2026-02-02T10:00", "Ben", ("Mug", 5, "2.5"))
    await shop.sell("2026-02-03T10:00", "", ("Lamp", 1, "10"), ("Mug", 1, "0"), status="shipped")
    await shop.sell("2026-02-04T10:00", "Ben", ("Lamp", 3, "0"))
    await shop.sell("2026-02-05T10:00", "Anna", ("Lamp", -1, "10"))
    page: Any = await opened(OrderTable, f"/orders?{query}", await add_person(Role.ADMIN))
    await page.load()
    assert (page.error, page.comes_to) == ("", words)


async def test_a_list_of_what_was_sold_says_so_and_leaves_out_what_was_free(runtime: Runtime) -> None:
    shop = await HistoricShop().open()
    lamp = await shop.product("Lamp", category="Light")
    await shop.sell("2026-02-01T10:00", "Anna", ("Lamp", 2, "10"))
    await shop.sell("2026-02-02T10:00", "Ben", ("Lamp", 1, "0"), ("Mug", 1, "2.5"))
    page: Any = await opened(OrderTable, f"/orders?figure=sales&sold={lamp.id}&soldCategory=Light", await add_person(Role.ADMIN))
    await page.load()
    assert [chip.label for chip in page.chips] == ["Product sold is Lamp", "Category sold is Light", "Counts as sales"]
    assert (page.count, page.comes_to) == ("1", "Gross sales £20.00, 1 order of 1 customer")
