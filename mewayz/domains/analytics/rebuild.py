"""The proof of the figures: everything that is kept is computed once more from the orders, compared, and put right.

It goes month by month, so that a month of days is what it holds in memory: only to compare, in a snapshot for which nobody waits; to put
right what differs, in one transaction that keeps orders as they are. What an order adds is decided by the code that adds it, so the two
can never mean different things.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, Table, bindparam, cast, delete, func, or_, select, text, type_coerce, update

from mewayz.backend import money
from mewayz.backend.amounts import counted
from mewayz.backend.runtime import current
from mewayz.backend.shop import Shop, shop
from mewayz.backend.unit import Unit, unit
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Interval
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import states
from mewayz.domains.orders.buyers import packed_by_day
from mewayz.domains.orders.measures import goods_of, parse_lines
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.rollups import BUYERS, ROLLUPS, SALES_BY_CUSTOMER, Deltas
from mewayz.domains.orders.totals import recount, totals_of

Report = Callable[[float, str], Awaitable[None]]
_BATCH = 500
_MONTHS_SHARE = 0.8
_orders, _customers = orders_collection.table, customers_collection.table
_ALL = select(*_orders.columns).order_by(_orders.c.placed_at, _orders.c.id)
_SET_GOODS = update(_orders).where(_orders.c.id == bindparam("id_")).values(goods=bindparam("goods"))
_AMOUNTS = ("total_spent", "total_returned")
_TOTALS = ("orders_count", *_AMOUNTS, "first_order_at", "last_order_at", "first_currency")
_KEPT_TOTALS = select(
    _customers.c.id, *(type_coerce(_customers.c[name], BigInteger) if name in _AMOUNTS else _customers.c[name] for name in _TOTALS)
)


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


async def rebuild(report: Report, *, change: bool) -> Rebuilt:
    """Compute rollups and customers' totals from the orders and compare; with `change`, what differs is put right."""
    place, database = await shop(), current().database
    if not change:
        async with database.snapshot():
            return await _compared(place, None, report)
    async with unit() as opened:
        if not database.sqlite:
            await database.execute(text("LOCK TABLE orders, customers IN SHARE ROW EXCLUSIVE MODE"))
        return await _compared(place, opened, report)


async def _compared(place: Shop, opened: Unit | None, report: Report) -> Rebuilt:
    """What there is to find; in a unit it is put right."""
    found = Rebuilt()
    unsure = await _rollups(found, place.zone, opened, report)
    found.add(states.NOUN, await states.compare(change=opened is not None))
    await _totals(found, place.currency, unsure, opened, report)
    return found


async def _rollups(found: Rebuilt, zone: ZoneInfo, opened: Unit | None, report: Report) -> set[str]:
    """Compare and put right month by month; the customers of orders that do not say what they add, and still do not."""
    unsure: set[str] = set()
    total = await current().database.value(select(func.count()).select_from(_orders)) or 1
    kept_from = date.min
    async for month, orders in _by_month(zone):
        deltas = Deltas()
        for order in orders:
            deltas.add(order, zone)
        unsure |= await _goods(found, orders, opened)
        end = Interval.MONTH.next(month)
        # Whatever is kept of the time without orders before it goes with it.
        if await _differs(found, deltas, kept_from, end) and opened:
            await _forget(kept_from, end)
            await deltas.write(opened)
        kept_from = end
        found.orders += len(orders)
        await report(_MONTHS_SHARE * found.orders / total, f"{counted(found.orders)} orders and returns")
    if await _differs(found, Deltas(), kept_from, date.max) and opened:
        await _forget(kept_from, date.max)
    return unsure


async def _differs(found: Rebuilt, deltas: Deltas, first: date, end: date) -> bool:
    """Compare what is kept of a span of days with what its orders add."""
    right = {table.name: set(rows) for table, rows in zip(ROLLUPS, deltas.rows(sqlite=False).rows, strict=True)}
    wrong = {name: len(rows ^ await _sums(name, first, end)) for name, rows in right.items()}
    orders = _CUSTOMERS.index("orders")
    people = packed_by_day((*row[:3], row[orders]) for row in right[SALES_BY_CUSTOMER.name])
    packed = await current().database.fetch(_PACKED, {"first": first, "end": end})
    wrong[BUYERS.name] = sum(kept != people.get((currency, day), b"") for currency, day, kept in packed)
    for name, count in wrong.items():
        found.add(name, count)
    return any(wrong.values())


async def _forget(first: date, end: date) -> None:
    """Delete what is kept of a span of days; its buyers are packed again when they are asked for."""
    for statement in _DELETE:
        await current().database.execute(statement, {"first": first, "end": end}, heavy=True)


async def _goods(found: Rebuilt, orders: list[Order], opened: Unit | None) -> set[str]:
    """Compare what each order says that it adds; the customers of those that go on saying something else."""
    right = ((order, money.from_units(goods_of(order.kind, parse_lines(order.lines)))) for order in orders)
    wrong = [(order, goods) for order, goods in right if goods != order.goods]
    found.add(_orders.name, len(wrong))
    if opened is None:
        return {order.customer_id for order, _ in wrong if order.customer_id}
    await current().database.execute_many(_SET_GOODS, [{"id_": order.id, "goods": goods} for order, goods in wrong])
    return set()


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
_CUSTOMERS = [column.key for column in SALES_BY_CUSTOMER.columns if column.key != "seq"]
_PACKED = select(BUYERS.c.currency, BUYERS.c.day, BUYERS.c.people).where(*_span(BUYERS))
_DELETE = [delete(table).where(*_span(table)) for table in (*ROLLUPS, BUYERS)]


async def _sums(name: str, first: date, end: date) -> set[tuple[Any, ...]]:
    """The sums of each key in a span of days."""
    return set(await current().database.fetch(_GROUPED[name], {"first": first, "end": end}))


async def _totals(found: Rebuilt, currency: str, unsure: set[str], opened: Unit | None, report: Report) -> None:
    """Compare what is kept of each customer; that of `unsure` ones is read from what their orders say, so nothing is known of it."""
    kept = await current().database.fetch(_KEPT_TOTALS)
    wrong: list[str] = []
    for start in range(0, len(kept), _BATCH):
        for customer_id, *totals in kept[start : start + _BATCH]:
            right = await totals_of(customer_id, currency)
            if customer_id not in unsure and [right[name] for name in _TOTALS] != totals:
                wrong.append(customer_id)
        found.customers = min(start + _BATCH, len(kept))
        await report(_MONTHS_SHARE + (1 - _MONTHS_SHARE) * found.customers / len(kept), f"{counted(found.customers)} customers")
    if opened and wrong:
        await recount(opened, wrong)
    found.add(_customers.name, len(wrong))
