"""A million products and a million orders: lists, searches, filters and sorts, each page with its total, nothing cached."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from bench.report import Report
from bench.stores import ENGINES, Engine, Store, Stores
from mewayz.backend.listing import ListSpec
from mewayz.backend.runtime import open_runtime
from mewayz.domains.orders.model import ORDERS
from mewayz.domains.products.model import PRODUCTS
from tests.services import MissingService

_REPEATS = 30
_ONE, _MANY = 2, 50  # ms at most: for what an index leads to at once, and for all else
_PAGE = {"page": "{page}"}
Questions = Sequence[tuple[str, dict[str, str], float]]
_PRODUCTS: Questions = (
    ("a rare word", {"search": "zaffre"}, _ONE),
    ("one by its SKU, all letters frequent", {"search": "SKU-0{number:06}"}, _MANY),
    ("few hits, two words", {"search": "umber {number}"}, _MANY),
    ("some 1,000 hits, by price", {"search": "umber kettle", "sort": "-price"}, _MANY),
    ("most rows match", {"search": "kettle"}, _MANY),
    ("most rows match, filtered", {"search": "kettle", "category": "Garden"}, _MANY),
    ("nothing matches", {"search": "zanzibar"}, _ONE),
    ("no filter, newest", _PAGE, _MANY),
    ("a category, by name", {**_PAGE, "category": "Garden", "sort": "name"}, _MANY),
    ("a category and a status, by price", {**_PAGE, "category": "Toys", "status": "published", "sort": "-price"}, _MANY),
    ("a range of prices, by price", {**_PAGE, "minPrice": "9{page:02}.00", "sort": "price"}, _MANY),
    ("low stock, newest", {**_PAGE, "stock": "low"}, _MANY),
    ("the last page", {"page": "{last}", "sort": "name"}, _MANY),
)
_ORDERS: Questions = (
    ("a rare name", {"search": "quixote"}, _ONE),
    ("one by its number, all letters frequent", {"search": "ORD-{number:07}"}, _MANY),
    ("one customer's, by name", {"search": "Hans Gupta {number}"}, _MANY),
    ("nothing matches", {"search": "zanzibar"}, _ONE),
    ("no filter, newest", _PAGE, _MANY),
    ("a status, by total", {**_PAGE, "status": "processing", "sort": "-total"}, _MANY),
    ("two statuses, newest", {**_PAGE, "status": "pending,confirmed"}, _MANY),
    ("status and payment, by number", {**_PAGE, "status": "delivered", "paymentStatus": "paid", "sort": "number"}, _MANY),
    ("a country, newest", {**_PAGE, "country": "Iceland"}, _MANY),
    ("one day, by total", {"from": "2024-03-0{day}", "to": "2024-03-0{next}", "sort": "-total"}, _MANY),
    ("from 400 on, newest", {**_PAGE, "minTotal": "4{page:02}"}, _MANY),
    ("the last page", {"page": "{last}", "sort": "total"}, _MANY),
)


def measure(report: Report, stores: Stores) -> None:
    """One noun after the other, on one engine after the other."""
    nouns: tuple[tuple[ListSpec, Callable[[Engine], Store], Questions], ...] = (
        (PRODUCTS, stores.products, _PRODUCTS),
        (ORDERS, stores.orders, _ORDERS),
    )
    for engine in ENGINES:
        for spec, store, questions in nouns:
            try:
                asyncio.run(_measure(report, store(engine), spec, questions, stores.million))
            except MissingService as missing:
                report.say(f"{engine} is not measured: {missing}")


async def _measure(report: Report, store: Store, spec: ListSpec, questions: Questions, count: int) -> None:
    zone = ZoneInfo("UTC")
    named = f"{store.engine}, {spec.noun}"
    report.add(f"{named}: {count:,} added, index and all", count / store.loaded["seconds"], "/s")
    async with open_runtime(store.settings()) as runtime:
        for name, raw, most in questions:
            times: list[float] = []
            total = 0
            for repeat in range(_REPEATS):
                day = 1 + repeat % 8
                places = {"number": repeat * 997 % count, "page": 1 + repeat, "last": count // 10 - repeat, "day": day, "next": day + 1}
                query = spec.parse({key: value.format(**places) for key, value in raw.items()}, zone)
                started = time.perf_counter()
                total = (await spec.page(runtime.database, query)).total
                times.append((time.perf_counter() - started) * 1e3)
            note = f"worst {max(times):.1f}; {total:,} found"
            report.add(f"{named}: {name}", statistics.median(times), "ms", at_most=most, note=note)
