"""Who bought on a day that is over, packed: a window counts its buyers from a number per order and never reads the orders' rows.

What is kept of a day goes in the transaction that changes the sums of that day, and is made again from the sums by customer later.
A day of which nothing is kept is read from those sums, so that an answer never depends on whether it is.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Date, and_, bindparam, cast, func, insert, select, text

from mewayz.backend import clock
from mewayz.backend.runtime import current
from mewayz.domains.orders.rollups import BUYERS, SALES, SALES_BY_CUSTOMER


class Counts(NamedTuple):
    """Of a span of days: distinct buyers, those with two orders or more, and the orders of all of them."""

    buyers: int = 0
    repeat: int = 0
    orders: int = 0


People = NDArray[np.uint64]
_NUMBER = np.dtype("<u8")
_LATEST = timedelta(days=2)
"""Days so near to today, in whatever time zone, are still written to."""
_MANY = 100_000
_AT_ONCE = 10
"""Days that are packed in one transaction: no order waits longer than for these."""

_rows = SALES_BY_CUSTOMER.c
_KEEP = insert(BUYERS)
_ORDERS = cast(func.sum(_rows.orders), BigInteger)
_OF_DAYS = (
    select(_rows.day, _rows.customer_id, _ORDERS)
    .where(_rows.currency == bindparam("currency"), _rows.day >= bindparam("first", type_=Date), _rows.day < bindparam("end", type_=Date))
    .group_by(_rows.day, _rows.customer_id)
    .having(func.sum(_rows.orders) > 0)
    .order_by(_rows.day)
)
_sold = (
    select(SALES.c.day)
    .where(
        SALES.c.currency == bindparam("currency"),
        SALES.c.day >= bindparam("first", type_=Date),
        SALES.c.day < bindparam("end", type_=Date),
    )
    .group_by(SALES.c.day)
    .subquery()
)
_packed_on = and_(BUYERS.c.currency == bindparam("currency"), BUYERS.c.day == _sold.c.day)
_OF_WINDOW = select(_sold.c.day, BUYERS.c.people).select_from(_sold.outerjoin(BUYERS, _packed_on)).order_by(_sold.c.day)
_MISSING = (
    select(SALES.c.currency, SALES.c.day)
    .select_from(SALES.outerjoin(BUYERS, and_(BUYERS.c.currency == SALES.c.currency, BUYERS.c.day == SALES.c.day)))
    .where(BUYERS.c.day.is_(None), SALES.c.day < bindparam("before", type_=Date))
    .distinct()
    .order_by(SALES.c.currency, SALES.c.day)
    .limit(_AT_ONCE)
)


def number_of(customer_id: str) -> int:
    """64 bits that stand for a customer: among a million of them, two share one with a probability of 1 in 37 million."""
    return int.from_bytes(blake2b(customer_id.encode(), digest_size=8).digest(), "little")


def _packed(rows: Iterable[Sequence[Any]]) -> People:
    """The people of (…, customer, orders) rows, one number per order."""
    found = [(number_of(customer), orders) for *_, customer, orders in rows]
    numbers = np.array([number for number, _ in found], dtype=_NUMBER)
    return np.sort(np.repeat(numbers, [orders for _, orders in found])) if found else numbers


async def of_days(first: date, end: date, currency: str) -> dict[date, People]:
    """The people of each day with a sale, from the sums by customer."""
    rows = await current().database.fetch(_OF_DAYS, {"currency": currency, "first": first, "end": end})
    return {day: _packed(some) for day, some in groupby(rows, itemgetter(0))}


def packed_by_day(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, date], bytes]:
    """What is packed of each day of a currency, by (currency, day, customer, orders) of all who bought; a customer may have several."""
    found: dict[tuple[str, date], dict[str, int]] = {}
    for currency, day, customer, orders in rows:
        people = found.setdefault((currency, day), {})
        people[customer] = people.get(customer, 0) + orders
    return {
        key: _packed([(customer, orders) for customer, orders in people.items() if orders > 0]).tobytes() for key, people in found.items()
    }


async def people_of(first: date, end: date, currency: str) -> dict[date, People]:
    """The people of each day with a sale: as they are kept, else from the sums by customer."""
    rows = await current().database.fetch(_OF_WINDOW, {"currency": currency, "first": first, "end": end})
    kept = {day: np.frombuffer(people, dtype=_NUMBER) for day, people in rows if people is not None}
    missing = [day for day, people in rows if people is None]
    if not missing:
        return kept
    found = await of_days(missing[0], missing[-1] + timedelta(days=1), currency)
    if missing[0] < _before():
        current().background(keep_buyers())
    return {**found, **kept}


def _counts(people: Sequence[People]) -> Counts:
    if not people:
        return Counts()
    numbers = np.sort(np.concatenate(people)) if len(people) > 1 else people[0]
    again = numbers[1:] == numbers[:-1]
    others = int(np.count_nonzero(again))
    # The second order of somebody is like the one before it, which is not like the one before that.
    return Counts(len(numbers) - others, others - int(np.count_nonzero(again[1:] & again[:-1])), len(numbers))


async def count_people(parts: Sequence[Sequence[People]]) -> list[Counts]:
    """The counts of each of some spans of days; many numbers are counted off the event loop."""

    def count() -> list[Counts]:
        return [_counts(part) for part in parts]

    numbers = sum(len(people) for part in parts for people in part)
    return await asyncio.to_thread(count) if numbers > _MANY else count()


def _before() -> date:
    return clock.now().date() - _LATEST


_keeping = False


async def keep_buyers() -> None:
    """Pack the days that are over and not packed yet, beside the answers."""
    global _keeping
    if _keeping:
        return
    _keeping = True
    try:
        while await _keep_some():
            pass
    finally:
        _keeping = False


async def _keep_some() -> bool:
    """Pack a few days; whether there were any."""
    database = current().database
    if not await database.fetch(_MISSING, {"before": _before()}):
        return False
    async with database.transaction():
        if not database.sqlite:
            await database.execute(text("LOCK TABLE sales_by_customer IN SHARE ROW EXCLUSIVE MODE"))
        days = await database.fetch(_MISSING, {"before": _before()})
        found = [{"currency": currency, "day": day, "people": b""} for currency, day in days]
        for row in found:
            people = await of_days(row["day"], row["day"] + timedelta(days=1), row["currency"])
            row["people"] = people[row["day"]].tobytes() if people else b""
        await database.execute_many(_KEEP, found)
    return True
