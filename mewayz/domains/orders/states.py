"""How many sales are in which state, by currency and the day on which they were placed: kept by trigger, so that a window costs its days.

The days are those of UTC, for a trigger knows no shop; what a window in another time zone cuts off them is counted. Whatever the
state of a sale becomes, by whichever statement, the count is right in the same transaction.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, cast, delete, func, literal_column, select, text, union_all

from mewayz.backend import counts
from mewayz.backend.columns import UtcTime
from mewayz.backend.counts import KEPT_COUNTS, Counted
from mewayz.backend.runtime import current
from mewayz.domains.orders.model import OrderKind, OrderStatus, orders_collection

NOUN = "orders_by_day"
_DAYS = {"sqlite": "substr({row}placed_at, 1, 10)", "postgresql": "to_char({row}placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"}
_orders, _kept = orders_collection.table.c, KEPT_COUNTS.c


def counted(dialect: str) -> Counted:
    """What the triggers keep: sales by state, day and currency."""
    keys = ("{row}status", _DAYS[dialect], "{row}currency")
    return Counted("orders", ("status", "placed_at", "kind", "currency"), NOUN, keys, only=f"{{row}}kind = '{OrderKind.SALE.value}'")


def _on_days(status: OrderStatus) -> Any:
    """One state at a time is added up along an index; all of them together would read those of all time."""
    number = cast(func.coalesce(func.sum(_kept.n), 0), BigInteger)
    return select(literal_column(f"'{status.value}'"), number).where(
        _kept.noun == NOUN, _kept.k0 == status.value, _kept.k1 >= bindparam("first_day"), _kept.k1 < bindparam("end_day"),
        _kept.k2 == bindparam("currency"),
    )  # fmt: skip


def _on_edges() -> Any:
    """Counted for each row of what is asked, so that there is one plan, whatever the moments are."""
    edges = union_all(*(_edge(status, *names) for status in OrderStatus for names in (("since", "head_end"), ("tail_first", "until"))))
    asked = edges.subquery()
    placed = (_orders.status == asked.c.status, _orders.placed_at >= asked.c.first, _orders.placed_at < asked.c.end)
    sales = (_orders.kind == OrderKind.SALE.value, _orders.currency == bindparam("currency", type_=String()))
    number = select(func.count()).where(*placed, *sales).correlate(asked).scalar_subquery()
    return select(asked.c.status, number)


def _edge(status: OrderStatus, since: str, until: str) -> Any:
    first, end = (bindparam(name, type_=UtcTime()) for name in (since, until))
    return select(literal_column(f"'{status.value}'").label("status"), first.label("first"), end.label("end"))


_BETWEEN = union_all(*map(_on_days, OrderStatus), _on_edges())


async def states_between(since: datetime, until: datetime, currency: str) -> dict[str, int]:
    """How many of the sales in a currency that were placed in a span of time are in which state now."""
    first, end = _midnight_from(since), _midnight_before(until)
    if first >= end:  # no day of UTC lies in it as a whole: it is all edge
        first = end = until
    moments = {"since": since, "head_end": first, "tail_first": end, "until": until}
    days = {"first_day": first.date().isoformat(), "end_day": end.date().isoformat(), "currency": currency}
    found: dict[str, int] = {}
    for status, number in await current().database.fetch(_BETWEEN, {**moments, **days}):
        found[status] = found.get(status, 0) + number
    return found


def _midnight_before(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def _midnight_from(moment: datetime) -> datetime:
    midnight = _midnight_before(moment)
    return midnight if midnight == moment else midnight + timedelta(days=1)


async def fold() -> None:
    """Merge what has been appended, and forget what counts nothing."""
    async with current().database.transaction():
        await counts.fold_now(current().database, NOUN)


_KEYS = (_kept.k0, _kept.k1, _kept.k2)
_BY_KEY = select(*_KEYS, cast(func.sum(_kept.n), BigInteger)).where(_kept.noun == NOUN).group_by(*_KEYS)
_FORGET = delete(KEPT_COUNTS).where(_kept.noun == NOUN)


async def compare(*, change: bool) -> int:
    """Count all sales again; how many counts are not right. With `change`, in a transaction that keeps sales as they are, they are then."""
    database = current().database
    if change:
        await counts.hold(database, NOUN)
    now = counted("sqlite" if database.sqlite else "postgresql")
    right = {tuple(row) for row in await database.fetch(text(counts.counting_statement(now)))}
    wrong = len({row[:-1] for row in right ^ await _nonzero()})
    if change and wrong:
        await database.execute(_FORGET)
        await database.execute(text(counts.filling_statement(now)), heavy=True)
    return wrong


async def _nonzero() -> set[Sequence[Any]]:
    return {tuple(row) for row in await current().database.fetch(_BY_KEY) if row[-1]}
