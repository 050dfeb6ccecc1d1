"""Order lines by the million, by chance but always the same: as sums in the rollups of a store, and as plain lines for its peers.

The orders are written with everything but their lines, which no answer of a dashboard reads; the sums are those that the service would
have kept, made in bulk. That they are right is checked by the answers.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import cached_property
from typing import Any

import asyncpg
import numpy as np
import pandas as pd

from bench.stores import Store, settle
from mewayz.backend.runtime import current, open_runtime, sqlite_path
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.rollups import ROLLUPS
from mewayz.domains.products.model import Product, products_collection

FIRST, DAYS = date(2023, 1, 1), 730
_PRODUCTS, _COUNTRIES, _LINES_PER_ORDER, _ORDERS_PER_CUSTOMER = 4_000, 40, 25, 7
_PENCE = 100  # a hundredth in stored units
_BATCH = 20_000
_TEN = clock_time(10)
_KEYS = {
    "sales_by_day": ("day",),
    "sales_by_country": ("day", "country"),
    "sales_by_customer": ("day", "customer", "country"),
    "sales_by_product": ("day", "product", "country"),
    "sales_by_product_month": ("month", "product"),
    "sales_by_product_place": ("month", "product", "country"),
}
_COLUMNS = ("day", "order_no", "customer", "country", "product", "quantity", "price")


class Lines:
    """So many lines of two years of one shop: few products sell most, and nine of ten orders go to one country."""

    def __init__(self, size: int) -> None:
        """Make them."""
        chance = np.random.default_rng(20_230_101)
        self.size, self.orders = size, max(1, size // _LINES_PER_ORDER)
        self.customers = max(1, self.orders // _ORDERS_PER_CUSTOMER)
        self.of_order = np.sort(chance.integers(0, self.orders, size, dtype=np.int32))
        self.day = np.sort(chance.integers(0, DAYS, self.orders, dtype=np.int16))
        self.customer = (self.customers * chance.random(self.orders) ** 2).astype(np.int32)
        home = np.random.default_rng(1).random(self.customers)
        countries = np.where(home < 0.9, 0, 1 + (home * 1e6).astype(np.int64) % (_COUNTRIES - 1)).astype(np.int8)
        self.country = countries[self.customer]
        self.product = (_PRODUCTS * chance.random(size, dtype=np.float32) ** 2).astype(np.int16)
        self.quantity = chance.integers(1, 13, size, dtype=np.int16)
        self.price = (100 + 37 * self.product.astype(np.int32) % 2_900).astype(np.int32)  # pence

    @cached_property
    def value(self) -> Any:
        """Pence of each line."""
        return self.quantity.astype(np.int64) * self.price

    @cached_property
    def _by_day(self) -> Any:
        return np.bincount(self.day[self.of_order], weights=self.value, minlength=DAYS).astype(np.int64)

    def gross(self, first: date, end: date) -> str:
        """What a window comes to, without trailing zeros."""
        pence = int(self._by_day[(first - FIRST).days : (end - FIRST).days].sum())
        return f"{Decimal(pence) / 100:.2f}".rstrip("0").rstrip(".")

    def frame(self) -> pd.DataFrame:
        """The lines as a table."""
        order = self.of_order
        columns = (self.day[order], order, self.customer[order], self.country[order], self.product, self.quantity, self.price)
        return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))

    def sums(self, keys: Sequence[str]) -> pd.DataFrame:
        """Value, units and orders by keys, in their order; an order counts once where a product of it does."""
        order = self.of_order
        parts: dict[str, tuple[Any, int]] = {
            "day": (self.day[order], DAYS),
            "month": (_month(self.day)[order], 24),
            "country": (self.country[order], _COUNTRIES),
            "customer": (self.customer[order], self.customers),
            "product": (self.product, _PRODUCTS),
        }
        code = np.zeros(self.size, dtype=np.int64)
        for key in keys:
            code = code * parts[key][1] + parts[key][0]
        # One row per order and product first where products are counted, per order elsewhere.
        frame = pd.DataFrame({"code": code, "gross": self.value, "units": self.quantity.astype(np.int64)})
        within = order.astype(np.int64) * _PRODUCTS + (self.product if "product" in keys else 0)
        frame["orders"] = 0
        frame.loc[~pd.Series(within).duplicated().to_numpy(), "orders"] = 1
        found = frame.groupby("code", sort=True)[["gross", "units", "orders"]].sum().reset_index()
        rest = found.pop("code")
        for key in reversed(keys):
            found[key] = rest % parts[key][1]
            rest //= parts[key][1]
        return found


def _month(day: Any) -> Any:
    first = pd.Timestamp(FIRST)
    dates = (first + pd.to_timedelta(np.arange(DAYS), unit="D")).to_series()
    months = ((dates.dt.year - FIRST.year) * 12 + dates.dt.month - 1).to_numpy(dtype=np.int8)
    return months[day]


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:023x}" for number in range(count)]


def fill(store: Store, lines: Lines) -> float:
    """Write products, customers, orders and sums; the seconds that it took. `loaded` says how many rows of sums there are."""
    started = time.perf_counter()
    asyncio.run(_fill(store, lines))
    return time.perf_counter() - started


async def _fill(store: Store, lines: Lines) -> None:
    products, customers = _names("a", _PRODUCTS), _names("c", lines.customers)
    countries = [f"Country {number}" for number in range(_COUNTRIES)]
    async with open_runtime(store.settings()) as runtime:
        moments = [datetime.combine(FIRST + timedelta(days=number), _TEN, UTC) for number in range(DAYS)]
        await _write(products_collection, _goods(products))
        await _write(customers_collection, _people(lines, customers, moments))
        await _write(orders_collection, _orders(lines, customers, countries, moments))
        words = {"country": countries, "customer": customers, "product": products}
        days = [FIRST + timedelta(days=number) for number in range(DAYS)]
        months = [date(FIRST.year + number // 12, number % 12 + 1, 1) for number in range(24)]
        sqlite = runtime.database.sqlite
        for table in ROLLUPS:
            keys = _KEYS[str(table.name)]
            store.loaded[str(table.name)] = await _sums(
                str(table.name), lines.sums(keys), keys, words, months if "month" in keys else days, sqlite=sqlite
            )
        await keep_buyers()  # as after every import
    await settle(store)


def _goods(ids: list[str]) -> Iterator[dict[str, Any]]:
    blank = Product(name="", price=Decimal(1), currency="GBP").model_dump()
    for number, key in enumerate(ids):
        yield {**blank, "id": key, "name": f"Product {number}", "category": f"Category {number % 20}"}


def _people(lines: Lines, ids: list[str], moments: list[datetime]) -> Iterator[dict[str, Any]]:
    first = np.full(lines.customers, DAYS, dtype=np.int64)
    np.minimum.at(first, lines.customer, lines.day)
    blank = Customer(name="").model_dump()
    for number, key in enumerate(ids):
        began = moments[int(first[number])] if first[number] < DAYS else None
        yield {**blank, "id": key, "name": f"Customer {number}", "first_order_at": began}


def _orders(lines: Lines, customers: list[str], countries: list[str], moments: list[datetime]) -> Iterator[dict[str, Any]]:
    worth = np.bincount(lines.of_order, weights=lines.value, minlength=lines.orders).astype(np.int64)
    blank = Order(number="", currency="GBP", subtotal=Decimal(0), total=Decimal(0), status="delivered").model_dump()
    for number in range(lines.orders):
        amount, moment = Decimal(int(worth[number])) / 100, moments[lines.day[number]]
        head = {"id": f"b{number:023x}", "number": str(number), "customer_id": customers[lines.customer[number]]}
        amounts = dict.fromkeys(("subtotal", "goods", "total"), amount)
        times = dict.fromkeys(("placed_at", "created_at", "updated_at"), moment)
        yield {**blank, **head, "country": countries[lines.country[number]], **amounts, **times}


async def _sums(name: str, found: pd.DataFrame, keys: Sequence[str], words: dict[str, list[str]], days: list[date], *, sqlite: bool) -> int:
    database = current().database
    shown = [day.isoformat() for day in days] if sqlite else days
    columns = {"customer": "customer_id", "product": "product_id"}
    names = ["currency", "day", *(columns.get(key, key) for key in keys[1:]), "gross", "returns", "orders", "units", "discounts"]
    for start in range(0, len(found), 10 * _BATCH):
        part = found.iloc[start : start + 10 * _BATCH]
        cells = [[shown[one] for one in part[keys[0]].tolist()]]
        cells += [[words[key][one] for one in part[key].tolist()] for key in keys[1:]]
        sums = [(part["gross"] * _PENCE).tolist(), [0] * len(part), part["orders"].tolist(), part["units"].tolist(), [0] * len(part)]
        async with unit():
            await database.copy(name, names, list(zip(["GBP"] * len(part), *cells, *sums, strict=True)))
    return len(found)


async def _write(collection: Any, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            await collection.add_bound(collection.bound(batch))
            batch = []
    await collection.add_bound(collection.bound(batch))


Ask = Callable[[Sequence[str], date, date], Any]
_CREATE = f"CREATE TABLE bench_lines ({', '.join(f'{name} INTEGER' for name in _COLUMNS)})"
_INDEX = "CREATE INDEX bench_lines_day ON bench_lines (day)"


@contextmanager
def peer_table(store: Store, lines: Lines) -> Iterator[Ask]:
    """The same lines in a plain table with an index on the day, in the same database; it goes afterwards."""
    frame = lines.frame()
    rows = frame.itertuples(index=False, name=None)
    if store.engine == "SQLite":
        with closing(sqlite3.connect(sqlite_path(store.url))) as database:
            database.execute(_CREATE)
            database.executemany("INSERT INTO bench_lines VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute(_INDEX)
            database.commit()
            yield lambda statements, first, end: [
                database.execute(one.format("?", "?"), _numbers(first, end)).fetchall() for one in statements
            ]
            database.execute("DROP TABLE bench_lines")
            database.commit()
        return
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(store.url))

    async def prepare() -> None:
        await connection.execute(_CREATE)
        await connection.copy_records_to_table("bench_lines", records=rows)
        await connection.execute(_INDEX)
        await connection.execute("VACUUM ANALYZE")

    loop.run_until_complete(prepare())
    yield lambda statements, first, end: [
        loop.run_until_complete(connection.fetch(one.format("$1", "$2"), *_numbers(first, end))) for one in statements
    ]
    loop.run_until_complete(connection.execute("DROP TABLE bench_lines"))
    loop.run_until_complete(connection.close())
    loop.close()


def _numbers(first: date, end: date) -> tuple[int, int]:
    return (first - FIRST).days, (end - FIRST).days
