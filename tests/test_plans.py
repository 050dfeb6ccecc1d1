"""PostgreSQL plans by itself every question whose rows may be few or most: of what is asked often it would soon keep one plan for all."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite

from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.customers.model import CUSTOMERS
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import ORDERS
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import PRODUCTS
from mewayz.domains.products.service import products
from tests.domains.analytics.shops import HistoricShop

_LISTS: dict[str, tuple[Any, Any]] = {"orders": (ORDERS, orders), "products": (PRODUCTS, products), "customers": (CUSTOMERS, customers)}
_FIGURES = (
    ("products", {"category": "Kitchen"}, "%FROM sales_by_product%"),
    ("countries", {"category": "Kitchen"}, "%FROM sales_by_product%"),
    ("overview", {"category": "Kitchen"}, "%FROM sales_by_product%"),
    ("countries", {}, "%AS customer_id%"),
    ("customers", {"country": "France"}, "%LIMIT%"),
    ("customers", {"source": "fair"}, "%first_order_at >=%"),
    ("inventory", {}, "%sales_by_product%"),
)


@pytest.mark.parametrize(
    ("noun", "asked"),
    [
        ("orders", {"from": "2024-01-01", "to": "2024-02-01", "sort": "number"}),
        ("orders", {"minTotal": "5", "sort": "placedAt"}),
        ("orders", {"source": "fair", "sort": "total"}),
        ("orders", {"category": "Kitchen"}),
        ("orders", {"sold": "a" * 24}),
        ("orders", {"soldCategory": "Kitchen"}),
        ("orders", {"firstFrom": "2024-01-01"}),
        ("products", {"minPrice": "3", "sort": "name"}),
        ("customers", {"minOrders": "2", "sort": "name"}),
        ("customers", {"source": "fair", "sort": "name"}),
        ("customers", {"tag": "vip"}),
    ],
    ids=str,
)
async def test_lists(runtime: Runtime, noun: str, asked: dict[str, str]) -> None:
    await HistoricShop().open()
    spec, service = _LISTS[noun]
    async with runtime.database.transaction():
        for page in range(8):  # from the sixth time on
            await service.page(SYSTEM, spec.parse({**asked, "page": str(page + 1)}, (await shop()).zone))
        await _nothing_is_kept(runtime, f"%FROM {noun}%WHERE%")


@pytest.mark.parametrize("name", ["product", "sold"])
async def test_the_orders_of_a_product_are_found_by_an_index(runtime: Runtime, name: str) -> None:
    database = runtime.database
    wanted = next(one for one in ORDERS.filters if one.name == name).clause(ORDERS.table, True, sqlite=database.sqlite)
    asked = select(ORDERS.table.c.id).where(wanted).params({name: "a" * 24})
    dialect = sqlite.dialect() if database.sqlite else postgresql.dialect()
    written = asked.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    async with database.transaction():
        if not database.sqlite:
            await database.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table is read as a whole otherwise
        plan = await database.fetch(text(f"{'EXPLAIN QUERY PLAN' if database.sqlite else 'EXPLAIN'} {written}"))
    words = "\n".join(str(row[-1]) for row in plan)
    assert ("order_products USING PRIMARY KEY (product_id=?)" if database.sqlite else "order_products_pkey") in words, words


@pytest.mark.parametrize(("name", "filters", "part"), _FIGURES, ids=str)
async def test_figures(runtime: Runtime, name: str, filters: dict[str, str], part: str) -> None:
    await HistoricShop().open()
    async with runtime.database.transaction():
        for limit in range(8):  # each another question, so that none is answered from the cache
            await getattr(analytics, name)(SYSTEM, Question(date(2024, 1, 5), date(2024, 3, 20), limit=limit + 1, **filters))
        await _nothing_is_kept(runtime, part)


async def _nothing_is_kept(runtime: Runtime, part: str) -> None:
    if runtime.database.sqlite:
        return  # it looks at no values
    kept = text("SELECT statement FROM pg_prepared_statements WHERE generic_plans > 0 AND statement LIKE :part")
    assert await runtime.database.fetch(kept, {"part": part}) == []
