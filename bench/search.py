"""The search among a million products: every page of rows with its total, straight from the service, nothing cached."""

import asyncio
import statistics
import time
from zoneinfo import ZoneInfo

from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from mewayz.backend.runtime import open_runtime
from mewayz.domains.products.model import PRODUCTS
from tests.services import MissingService

_REPEATS = 30
_QUESTIONS = (
    ("one product by its SKU", {"search": "SKU-0{number:06}"}, 2),
    ("few hits, two words", {"search": "umber {number}"}, 50),
    ("some 1,000 hits, by price", {"search": "umber kettle", "sort": "-price"}, 50),
    ("most rows match", {"search": "kettle"}, 50),
    ("most rows match, filtered", {"search": "kettle", "category": "Garden"}, 50),
    ("nothing matches", {"search": "zanzibar"}, 2),
)


def measure(report: Report, stores: Stores) -> None:
    """One engine after the other."""
    for engine in ENGINES:
        try:
            asyncio.run(_measure(report, stores.products(engine), stores.products_count))
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")


async def _measure(report: Report, store: Store, count: int) -> None:
    zone = ZoneInfo("UTC")
    report.add(f"{store.engine}: {count:,} products added, index and all", count / store.loaded["seconds"], "/s")
    async with open_runtime(store.settings()) as runtime:
        for name, raw, most in _QUESTIONS:
            times: list[float] = []
            total = 0
            for repeat in range(_REPEATS):
                asked = {key: value.format(number=repeat * 1000 % count) for key, value in raw.items()}
                query = PRODUCTS.parse(asked, zone)
                started = time.perf_counter()
                total = (await PRODUCTS.page(runtime.database, query)).total
                times.append((time.perf_counter() - started) * 1e3)
            note = f"worst {max(times):.1f}; {total:,} found"
            report.add(f"{store.engine}: {name}", statistics.median(times), "ms", at_most=most, note=note)
