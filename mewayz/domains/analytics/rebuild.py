"""The proof of the figures: everything that is kept is computed once more from the orders, compared, and put right.

It runs in one transaction that keeps orders as they are, month by month, so that a month of days is what it holds in memory.
What an order adds is decided by the code that adds it, so the two can never mean different things.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, Table, bindparam, cast, delete, func, or_, select, text, update

from mewayz.backend import money
from mewayz.backend.amounts import counted
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import Unit, unit
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Interval
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import states
from mewayz.domains.orders.buyers import of_days
from mewayz.domains.orders.measures import goods_of, parse_lines
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.rollups import BUYERS, ROLLUPS, Deltas
from mewayz.domains.orders.totals import recount

Packed = dict[tuple[str, date], bytes]
Report = Callable[[float, str], Awaitable[None]]
_BATCH = 500
_MONTHS_SHARE = 0.8
_orders, _customers = orders_collection.table, customers_collection.table
_ALL = select(*_orders.columns).order_by(_orders.c.placed_at, _orders.c.id)
_SET_GOODS = update(_orders).where(_orders.c.id == bindparam("id_")).values(goods=bindparam("goods"))
_TOTALS = ("orders_count", "total_spent", "total_returned", "first_order_at", "last_order_at", "first_currency")
_KEPT_TOTALS = select(_customers.c.id, *(_customers.c[name] for name in _TOTALS))


@dataclass
class Rebuilt:
    """What a rebuild has found.

    Attributes:
        orders, customers: how many were counted again.
        wrong: sums by the name of their table that were kept and not right, or right and not kept; customers with other totals.
    """

    orders: int = 0
    customers: int = 0
    wrong: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def equal(self) -> bool:
        """Whether everything was right."""
        return not self.wrong

    def add(self, name: str, count: int) -> None:
        """Note differences."""
        if count:
            plain = str(name)  # SQLAlchemy's names of tables are no plain strings
            self.wrong[plain] = self.wrong.get(plain, 0) + count


class _Undo(Exception):
    """Leaves the transaction without a change."""


async def rebuild(report: Report, *, change: bool) -> Rebuilt:
    """Compute rollups and customers' totals from the orders and compare; with `change`, what differs is put right."""
    found = Rebuilt()
    try:
        async with unit() as opened:
            database = current().database
            if not database.sqlite:
                await database.execute(text("LOCK TABLE orders, customers IN SHARE ROW EXCLUSIVE MODE"))
            await _rollups(found, opened, report)
            found.add(states.NOUN, await states.recount())
            await _totals(found, opened, report)
            if not change or found.equal:
                raise _Undo
    except _Undo:
        pass
    return found


async def _rollups(found: Rebuilt, opened: Unit, report: Report) -> None:
    database, zone = current().database, (await shop()).zone
    total = await database.value(select(func.count()).select_from(_orders)) or 1
    kept_from = date.min
    async for month, orders in _by_month(zone):
        deltas = Deltas()
        for order in orders:
            deltas.add(order, zone)
        await _goods(found, orders)
        end = Interval.MONTH.next(month)
        # Whatever is kept of the time without orders before it goes with it.
        before = {table.name: await _taken(table, kept_from, end) for table in ROLLUPS}
        packed = await _unpacked(kept_from, end)
        await deltas.write(opened)
        for table in ROLLUPS:
            found.add(table.name, len(before[table.name] ^ await _sums(table, kept_from, end)))
        found.add(BUYERS.name, await _otherwise(packed))
        kept_from = end
        found.orders += len(orders)
        await report(_MONTHS_SHARE * found.orders / total, f"{counted(found.orders)} orders and returns")
    for table in ROLLUPS:
        found.add(table.name, len(await _taken(table, kept_from, date.max)))
    found.add(BUYERS.name, len(await _unpacked(kept_from, date.max)))


async def _goods(found: Rebuilt, orders: list[Order]) -> None:
    """What each order says that it adds."""
    right = ((order, money.from_units(goods_of(order.kind, parse_lines(order.lines)))) for order in orders)
    wrong = [{"id_": order.id, "goods": goods} for order, goods in right if goods != order.goods]
    await current().database.execute_many(_SET_GOODS, wrong)
    found.add("orders", len(wrong))


async def _by_month(zone: ZoneInfo) -> AsyncIterator[tuple[date, list[Order]]]:
    """The orders of each month of the shop, in order.

    A month is complete with the first order of the second next one: where clocks are put back at its beginning, a moment of
    the last month follows one of the new.
    """
    open_months: dict[date, list[Order]] = {}
    async for rows in current().database.stream(_ALL, size=_BATCH):
        for row in rows:
            order = orders_collection.build(row)
            month = order.placed_at.astimezone(zone).date().replace(day=1)
            open_months.setdefault(month, []).append(order)
        for month in sorted(open_months)[:-2]:
            yield month, open_months.pop(month)
    for month in sorted(open_months):
        yield month, open_months[month]


def _span(table: Table) -> list[Any]:
    return [table.c.day >= bindparam("first", type_=Date), table.c.day < bindparam("end", type_=Date)]


def _grouped(table: Table) -> Any:
    keys = [column for column in table.columns if column.key != "seq" and column.key not in ADDITIVE]
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in ADDITIVE]
    return select(*keys, *sums).where(*_span(table)).group_by(*keys).having(or_(*(func.sum(table.c[name]) != 0 for name in ADDITIVE)))


_GROUPED = {table.name: _grouped(table) for table in ROLLUPS}
_DELETE = {table.name: delete(table).where(*_span(table)) for table in ROLLUPS}


async def _sums(table: Table, first: date, end: date) -> set[tuple[Any, ...]]:
    """The sums of each key in a span of days."""
    return set(await current().database.fetch(_GROUPED[table.name], {"first": first, "end": end}))


async def _taken(table: Table, first: date, end: date) -> set[tuple[Any, ...]]:
    """The same, and their rows are deleted."""
    found = await _sums(table, first, end)
    await current().database.execute(_DELETE[table.name], {"first": first, "end": end}, heavy=True)
    return found


_PACKED = select(BUYERS.c.currency, BUYERS.c.day, BUYERS.c.people).where(*_span(BUYERS))
_UNPACK = delete(BUYERS).where(*_span(BUYERS))


async def _unpacked(first: date, end: date) -> Packed:
    """The buyers of each day that are packed; they are deleted, and packed again when they are asked for."""
    found = {(currency, day): people for currency, day, people in await current().database.fetch(_PACKED, {"first": first, "end": end})}
    await current().database.execute(_UNPACK, {"first": first, "end": end})
    return found


async def _otherwise(packed: Packed) -> int:
    """How many days have other buyers now."""
    wrong = 0
    for (currency, day), people in packed.items():
        now = await of_days(day, date.fromordinal(day.toordinal() + 1), currency)
        wrong += people != (now[day].tobytes() if now else b"")
    return wrong


async def _totals(found: Rebuilt, opened: Unit, report: Report) -> None:
    database = current().database
    before = set(await database.fetch(_KEPT_TOTALS))
    ids = sorted(row[0] for row in before)
    for start in range(0, len(ids), _BATCH):
        await recount(opened, ids[start : start + _BATCH])
        found.customers = min(start + _BATCH, len(ids))
        await report(_MONTHS_SHARE + (1 - _MONTHS_SHARE) * found.customers / len(ids), f"{counted(found.customers)} customers")
    found.add("customers", len(before - set(await database.fetch(_KEPT_TOTALS))))
