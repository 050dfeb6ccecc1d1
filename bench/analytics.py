"""The overview of analytics after the full load, without the cache; its numbers against the published ones."""

import asyncio
import statistics
import time
from datetime import date
from typing import Any

from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from tests.services import MissingService

MONTH_MS, EVERYTHING_MS = 100, 300
_REPEATS = 30

# What Online Retail II (Daqing Chen, UCI Machine Learning Repository, CC BY 4.0) comes to. Benchmarks compare with these
# numbers, the product never sees them.
_NAMES = ("gross", "returns", "orders", "buyers", "new")
PUBLISHED = {
    "everything": (Question(), ("20522679.858", "1465677.23", 40_076, 5_878, 5_878)),
    "Nov 2010": (Question(date(2010, 11, 1), date(2010, 12, 1)), ("1470272.482", "47617.84", 2_747, 1_607, 325)),
    "Jun 2010": (Question(date(2010, 6, 1), date(2010, 7, 1)), ("752270.14", "72483.53", 1_645, 1_041, 270)),
}
PUBLISHED_REPEAT, PUBLISHED_GUEST_ORDERS = 4_255, 3_107


def measure(report: Report, stores: Stores) -> None:
    """Time and correctness on each engine."""
    for engine in ENGINES:
        try:
            store = stores.retail(engine)
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")
            continue
        asyncio.run(_measure(report, store, small=stores.small))


async def _measure(report: Report, store: Store, *, small: bool) -> None:
    async with open_runtime(store.settings()) as runtime:
        for name, (question, expected) in PUBLISHED.items():
            answer, first, times = await _ask(runtime, question)
            limit = EVERYTHING_MS if name == "everything" else MONTH_MS
            note = f"first {first:.1f}, worst {max(times):.1f}"
            report.add(f"{store.engine}: {name}, median of {_REPEATS}", statistics.median(times), "ms", at_most=limit, note=note)
            if small:
                continue
            for key, wanted in zip(_NAMES, expected, strict=True):
                report.check(f"{store.engine}: {name}: {key}", _plain(answer[key]), wanted)
            if name == "everything":
                report.check(f"{store.engine}: repeat customers", answer["repeat"], PUBLISHED_REPEAT)
                report.check(f"{store.engine}: guest orders", answer["guestOrders"], PUBLISHED_GUEST_ORDERS)


async def _ask(runtime: Runtime, question: Question) -> tuple[dict[str, Any], float, list[float]]:
    """The answer, the time of the very first one, and those of repeats that found nothing in the cache."""
    times: list[float] = []
    answer: dict[str, Any] = {}
    for _ in range(_REPEATS + 1):
        await runtime.cache.turn_over(["analytics"])  # as every new order does
        started = time.perf_counter()
        answer = await analytics.overview(SYSTEM, question)
        times.append((time.perf_counter() - started) * 1000)
    return answer, times[0], times[1:]


def _plain(value: Any) -> Any:
    """A money string without trailing zeros, which say nothing."""
    return value.rstrip("0").rstrip(".") if isinstance(value, str) and "." in value else value
