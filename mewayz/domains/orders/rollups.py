"""Rollups: day sums of the shop's figures, written in the transaction of the order they come from.

Deltas are appended and summed on reading, so that two orders of one day never wait for each other; `fold` merges them
once there are many. Everything is in the shop's time zone and in stored money units. Definitions: docs/metrics.md.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, bindparam, delete, func, select, text
from sqlmodel import SQLModel

from mewayz.backend import money
from mewayz.backend.runtime import current
from mewayz.backend.unit import Unit
from mewayz.domains.orders import states
from mewayz.domains.orders.measures import Head, Measures, ParsedLine, amounts_of, measures_of, parse_lines, shares_of
from mewayz.domains.orders.model import Order

_SEQ = BigInteger().with_variant(Integer(), "sqlite")
_MEASURES = Measures._fields
_FOLD_ABOVE = 2_000
_RECENT, _MOST_DAYS = 50_000, 100
"""So many rows back, and at most so many days, are looked at for what was appended."""


def _rollup(name: str, *keys: str, found_by: tuple[str, ...] = ("currency", "day"), more: tuple[Index, ...] = ()) -> Table:
    return Table(
        name,
        SQLModel.metadata,
        Column("seq", _SEQ, primary_key=True, autoincrement=True),
        Column("currency", String, nullable=False),
        Column("day", Date, nullable=False),
        *(Column(key, String, nullable=False) for key in keys),
        *(Column(measure, BigInteger, nullable=False) for measure in _MEASURES),
        Index(f"{name}_day", *found_by),
        *more,
    )


SALES = _rollup("sales_by_day")
SALES_BY_COUNTRY = _rollup("sales_by_country", "country")
SALES_BY_CUSTOMER = _rollup("sales_by_customer", "customer_id", "country")
# Those of products hold all that is added up, so that the rows themselves, which lie apart, are not looked up one by one.
SALES_BY_PRODUCT = _rollup(
    "sales_by_product",
    "product_id",
    "country",
    more=(Index("sales_by_product_product_id", "currency", "product_id", "day", "country", *_MEASURES),),
)
SALES_BY_PRODUCT_MONTH = _rollup("sales_by_product_month", "product_id", found_by=("currency", "day", "product_id", *_MEASURES))
"""`day` is the first of the month: what a whole history of products is read from."""
SALES_BY_PRODUCT_PLACE = _rollup("sales_by_product_place", "product_id", "country", found_by=("currency", "country", "day"))
"""The same by country: what a category of one country is read from."""

ROLLUPS: tuple[Table, ...] = (
    *(SALES, SALES_BY_COUNTRY, SALES_BY_CUSTOMER, SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE),
)

BUYERS = Table(
    "buyers_by_day",
    SQLModel.metadata,
    Column("currency", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("people", LargeBinary, nullable=False),
)
"""Who bought on a day that is over, packed by `buyers`; it goes when the sums of that day change."""

_FORGET = delete(BUYERS).where(BUYERS.c.currency == bindparam("currency_"), BUYERS.c.day == bindparam("day_", type_=Date))

OFTEN_WRITTEN: tuple[Table, ...] = (SALES, SALES_BY_COUNTRY, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE)
"""Those whose keys every batch of a load writes again: few rows once folded."""


Sums = dict[tuple[Any, ...], list[int]]
"""Measures by the keys of a rollup: currency, day, and its own."""


def _add(sums: Sums, key: tuple[Any, ...], measures: Sequence[int]) -> None:
    kept = sums.get(key)
    if kept is None:
        sums[key] = list(measures)
        return
    # Written out: an import comes by here three times a line.
    gross, returns, orders, units, discounts = measures
    kept[0] += gross
    kept[1] += returns
    kept[2] += orders
    kept[3] += units
    kept[4] += discounts


class Deltas:
    """Sums to append, per rollup and key."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._by_day: Sums = {}
        self._by_country: Sums = {}
        self._by_customer: Sums = {}
        self._by_product: Sums = {}

    def add(self, order: Order, zone: ZoneInfo, sign: int = 1) -> None:
        """Count an order in (or out, with sign −1); one that does not count changes nothing."""
        if not order.counts:
            return
        head = Head(order.kind, order.currency, order.country, order.customer_id)
        self.add_lines(head, parse_lines(order.lines), money.to_units(order.discount), order.placed_at.astimezone(zone).date(), sign)

    def add_lines(self, head: Head, lines: Sequence[ParsedLine], discount: int, day: date, sign: int = 1) -> None:
        """The same for parsed lines (product id, quantity, price in units) and a discount in units, on a known day of the shop."""
        kind, currency, country, customer_id = head
        amounts = amounts_of(kind, lines)
        total = units = 0
        products: dict[str, list[int]] = {}
        for (product_id, count, _), amount, share in zip(lines, amounts, shares_of(kind, amounts, discount), strict=True):
            if not amount:
                continue
            total += amount
            units += count
            if product_id:
                part = products.setdefault(product_id, [0, 0, 0])
                part[0] += amount
                part[1] += count
                part[2] += share

        def signed(amount: int, units: int, discount: int) -> Sequence[int]:
            found = measures_of(kind, amount, units, discount)
            return found if sign == 1 else [sign * value for value in found]

        for product_id, part in products.items():
            _add(self._by_product, (currency, day, product_id, country), signed(*part))
        whole = signed(total, units, discount)
        _add(self._by_day, (currency, day), whole)
        _add(self._by_country, (currency, day, country), whole)
        if customer_id:
            _add(self._by_customer, (currency, day, customer_id, country), whole)

    def rows(self, *, sqlite: bool) -> "DeltaRows":
        """The sums as the driver takes them."""
        place, month = Sums(), Sums()
        for (currency, day, product_id, country), measures in self._by_product.items():
            _add(place, (currency, day.replace(day=1), product_id, country), measures)
        for (currency, day, product_id, _), measures in place.items():
            _add(month, (currency, day, product_id), measures)
        sums = (self._by_day, self._by_country, self._by_customer, self._by_product, month, place)
        days = sorted({key[:2] for key in self._by_customer})
        return DeltaRows([_rows(some, sqlite=sqlite) for some in sums], days)

    async def write(self, opened: Unit) -> None:
        """Append the sums inside the open unit."""
        await self.rows(sqlite=current().database.sqlite).write(opened)


class DeltaRows(NamedTuple):
    """Sums that are ready to be appended.

    Attributes:
        rows: of each of ROLLUPS.
        days: the days of a currency on which somebody has bought.
    """

    rows: Sequence[list[tuple[Any, ...]]]
    days: Sequence[tuple[str, date]]

    async def write(self, opened: Unit) -> None:
        """Append them inside the open unit."""
        database = current().database
        for table, rows in zip(ROLLUPS, self.rows, strict=True):
            if rows:
                await database.copy(table.name, [column.key for column in table.columns if column.key != "seq"], rows)
        # Only now: whoever packs a day waits for those who have written sums by customer, and then sees them.
        await database.execute_many(_FORGET, [{"currency_": currency, "day_": day} for currency, day in self.days])
        opened.touch("analytics")
        opened.after_commit(fold_when_due)


def _rows(sums: Sums, *, sqlite: bool) -> list[tuple[Any, ...]]:
    texts: dict[date, Any] = {}
    rows: list[tuple[Any, ...]] = []
    for (currency, day, *rest), measures in sums.items():
        if any(measures):
            if day not in texts:
                texts[day] = day.isoformat() if sqlite else day
            rows.append((currency, texts[day], *rest, *measures))
    return rows


_appended = 0


async def fold_when_due() -> None:
    """Merge what was appended from time to time, beside the answers."""
    global _appended
    _appended += 1
    if _appended % _FOLD_ABOVE == 0:
        current().background(fold_recent())


async def fold_recent() -> None:
    """Merge what was appended lately: the rows of the days that it belongs to, so that a long history is not written anew."""
    database = current().database
    await states.fold()
    for table in ROLLUPS:
        async with database.transaction():
            top = await _topmost(table)
            found = await database.fetch(_days_after(table), {"seq": top - _RECENT, "most": _MOST_DAYS})
            for currency, day in found:
                await _merge(table, top, "AND currency = :currency AND day = :day", currency=currency, day=day)


async def fold(tables: Sequence[Table] = ROLLUPS) -> None:
    """Merge the deltas of each rollup: one row per key, none that is all zero; and what is kept of states."""
    await states.fold()
    for table in tables:
        async with current().database.transaction():
            await _merge(table, await _topmost(table))


async def _topmost(table: Table) -> int:
    """The last row there is. Locked first: two who merge would otherwise merge the same rows twice."""
    database = current().database
    if not database.sqlite:
        await database.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
    return await database.value(select(func.coalesce(func.max(table.c.seq), 0)))


@cache
def _days_after(table: Table) -> Any:
    """The latest days among the rows that were appended last."""
    lately = table.c.seq > bindparam("seq", type_=BigInteger)
    return (
        select(table.c.currency, table.c.day).where(lately).distinct().order_by(table.c.day.desc()).limit(bindparam("most", type_=Integer))
    )


async def _merge(table: Table, top: int, only: str = "", **bound: Any) -> None:
    """Write one row per key instead of those up to `top`."""
    database = current().database
    keys = [column.key for column in table.columns if column.key != "seq" and column.key not in _MEASURES]
    names, sums = ", ".join(keys), ", ".join(f"sum({measure}) AS {measure}" for measure in _MEASURES)
    order = ", ".join(sorted(keys, key=lambda key: (key != "currency", key != "day")))
    nonzero = " OR ".join(f"sum({measure}) <> 0" for measure in _MEASURES)
    every = f"{names}, {', '.join(_MEASURES)}"
    merge = (
        f"INSERT INTO {table.name} ({every}) SELECT {names}, {sums} FROM {table.name} "  # noqa: S608 (names of the model)
        f"WHERE seq <= :top {only} GROUP BY {names} HAVING {nonzero} ORDER BY {order}"
    )
    params = {"top": top, **bound}
    day = [bindparam("day", type_=Date)] if "day" in bound else []
    await database.execute(text(merge).bindparams(*day), params, heavy=True)
    await database.execute(text(f"DELETE FROM {table.name} WHERE seq <= :top {only}").bindparams(*day), params, heavy=True)  # noqa: S608
