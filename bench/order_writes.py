"""What keeping the figures costs those who write orders: the same orders with the sums kept and without, in turn."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from mewayz.backend.access import SYSTEM
from mewayz.backend.ids import new_id
from mewayz.backend.runtime import open_runtime
from mewayz.backend.shop import shop
from mewayz.backend.unit import Unit
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.rollups import Deltas
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from tests.services import MissingService

KEPT = 0.75
_PRODUCTS, _CUSTOMERS, _LINES, _ROUNDS = 300, 500, 3, 7
_SINGLE, _BATCH = 60, 2_000
_SINCE = datetime(2024, 1, 1, 9, tzinfo=UTC)
Write = Callable[[], Awaitable[None]]


def measure(report: Report, stores: Stores) -> None:
    """One by one through the service, and in bulk as an import does."""
    for engine in ENGINES:
        try:
            store = stores.empty(engine)
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")
            continue
        asyncio.run(_measure(report, store, rounds=1 if stores.small else _ROUNDS))


async def _measure(report: Report, store: Store, *, rounds: int) -> None:
    async with open_runtime(store.settings()):
        place = await shop()
        goods = [Product(name=f"Product {number}", price=Decimal(5), currency="GBP", stock=1_000_000) for number in range(_PRODUCTS)]
        people = [Customer(name=f"Customer {number}") for number in range(_CUSTOMERS)]
        await products_collection.add_many(goods)
        await customers_collection.add_many(people)

        def one_by_one(start: int) -> Write:
            async def write() -> None:
                for number in range(start, start + _SINGLE):
                    lines = [{"productId": goods[(number * 7 + place * 31) % _PRODUCTS].id, "quantity": 2} for place in range(_LINES)]
                    await orders.create(SYSTEM, {"customerId": people[number % _CUSTOMERS].id, "lines": lines})

            return write

        def in_bulk(start: int) -> Write:
            batch = [_historic(number, goods, people) for number in range(start, start + _BATCH)]
            return lambda: place_many(batch, place)

        for name, prepare, count in (("one by one", one_by_one, _SINGLE), ("in bulk", in_bulk, _BATCH)):
            rates = await _in_turn(prepare, count, rounds)
            kept, without = (statistics.median(rates[one]) for one in (True, False))
            report.add(f"{store.engine}: orders of {_LINES} lines {name}, figures kept", kept, "/s")
            note = f"{without:,.0f}/s without; the median of pairs, one after the other"
            ratio = statistics.median(mine / other for mine, other in zip(rates[True], rates[False], strict=True))
            report.add(f"{store.engine}: {name}, by the rate without", ratio, "×", at_least=KEPT, note=note)


async def _in_turn(prepare: Callable[[int], Write], count: int, rounds: int) -> dict[bool, list[float]]:
    """Orders a second, by whether the figures are kept; each first round warms up."""
    found: dict[bool, list[float]] = {True: [], False: []}
    number = 0
    for one in range(rounds + 1):
        for keeping in (True, False):
            write = prepare(number)
            started = time.perf_counter()
            with _figures(keeping=keeping):
                await write()
            number += count
            if one:
                found[keeping].append(count / (time.perf_counter() - started))
    return found


@contextmanager
def _figures(*, keeping: bool) -> Iterator[None]:
    async def nothing(self: Deltas, opened: Unit) -> None:
        opened.touch("analytics")

    if keeping:
        yield
    else:
        with patch.object(Deltas, "write", nothing), patch.object(Deltas, "add_lines", lambda *_: None):
            yield


def _historic(number: int, goods: list[Product], people: list[Customer]) -> NewOrder:
    chosen = [goods[(number * 7 + place * 31) % _PRODUCTS] for place in range(_LINES)]
    lines: list[dict[str, Any]] = [
        {"productId": one.id, "sku": "", "name": one.name, "quantity": 2, "unitPrice": "5", "total": "10"} for one in chosen
    ]
    moment = _SINCE + timedelta(minutes=number % (180 * 24 * 60))
    order = Order(
        number=f"B-{number}", customer_id=people[number % _CUSTOMERS].id, currency="GBP", country="France", lines=lines,
        units=2 * _LINES, subtotal=Decimal(10 * _LINES), total=Decimal(10 * _LINES), placed_at=moment, status="delivered",
    )  # fmt: skip
    return NewOrder({**order.model_dump(), "id": new_id()}, [(one.id, 2, 50_000) for one in chosen])
