"""Statements over the rollups: a window costs its days, never its lines."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Date,
    Numeric,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)

from mewayz.backend.columns import UtcTime
from mewayz.backend.database import planned_by_values
from mewayz.backend.runtime import current
from mewayz.backend.shop import start_of_day
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Window
from mewayz.domains.customers.model import customers_collection, with_plan
from mewayz.domains.orders.buyers import count_people, people_of
from mewayz.domains.orders.rollups import SALES, SALES_BY_CUSTOMER

Counts = dict[str, int]
_CHUNK = 40  # windows that one statement counts
_NONE: Mapping[str, str] = {}

_customers = customers_collection.table.c


def total(table: Any, name: str) -> Any:
    """The sum of a column, 0 without rows."""
    return cast(func.coalesce(func.sum(table.c[name]), 0), BigInteger).label(name)


def wide(count: Any) -> Any:
    """A number that may be multiplied beyond 64 bits, where the engine can; elsewhere it becomes a float there."""
    return type_coerce(cast(count, Numeric(38, 0)), BigInteger)


def worth(pieces: Any, each: Any) -> Any:
    """The sum of what pieces are worth, 0 without rows; whoever reads it makes it an int."""
    return type_coerce(func.coalesce(func.sum(wide(pieces) * each), 0), BigInteger)


def totals(table: Any) -> list[Any]:
    """The sums of all measures."""
    return [total(table, name) for name in ADDITIVE]


def something(rows: Any) -> Any:
    """Whether anything is left of rows that are added up: what came and went again is in none of them."""
    return or_(*(func.sum(rows.c[name]) != 0 for name in ADDITIVE))


def within(table: Any, first: str = "first", end: str = "end") -> list[Any]:
    """The rows of a rollup in a window and currency."""
    return [table.c.currency == bindparam("currency"), *days_within(table, first, end)]


def days_within(table: Any, first: str = "first", end: str = "end") -> list[Any]:
    """The rows of a rollup in a window, in all currencies."""
    return [table.c.day >= bindparam(first, type_=Date), table.c.day < bindparam(end, type_=Date)]


def days_of(window: Window, currency: str) -> dict[str, Any]:
    """The bound values of `within`."""
    return {"currency": currency, "first": window.first, "end": window.end}


def moments_of(window: Window, zone: ZoneInfo) -> dict[str, Any]:
    """The moments at which a window begins and ends, as `since` and `until`."""
    return {"since": start_of_day(window.first, zone), "until": start_of_day(window.end, zone)}


_BOUNDS = select(func.min(SALES.c.day), func.max(SALES.c.day)).where(SALES.c.currency == bindparam("currency"))


async def bounds(currency: str) -> Window | None:
    """From the first to the last day with a sale or return; None when there is none."""
    row = await current().database.first(_BOUNDS, {"currency": currency})
    if row is None or row[0] is None:
        return None
    return Window(row[0], date.fromordinal(row[1].toordinal() + 1))


def measured(row: Sequence[int]) -> Counts:
    """A row of sums by name."""
    return dict(zip(ADDITIVE, row, strict=True))


# People are counted once in each window, so each window is a question of its own; many of them go in one statement.


def chunked(part: Callable[[int], Any]) -> Any:
    """One statement of a chunk of counts, whose bound values end with the number of their window."""
    return union_all(*(part(index) for index in range(_CHUNK)))


def mark(index: int) -> Any:
    """The column that says which window a row counts."""
    return literal_column(str(index)).label("mark")


def one_country(table: Any) -> Any:
    """The rows of the country that is bound."""
    return table.c.country == bindparam("country", type_=String())


def of_source(table: Any) -> Any:
    """The rows of customers with the source that is bound."""
    known = select(_customers.id).where(_customers.source == bindparam("source", type_=String()))
    return table.c.customer_id.in_(known)


def of_plan(table: Any) -> Any:
    """The rows of customers whose account has the plan that is bound."""
    return table.c.customer_id.in_(with_plan(bindparam("plan", type_=String())))


def customer_filters(filters: Collection[str]) -> list[Any]:
    """The conditions on sums by customer that these filters set."""
    conditions = {"country": one_country, "source": of_source, "plan": of_plan}
    return [conditions[name](SALES_BY_CUSTOMER) for name in filters]


def _buyers_in(filters: Collection[str]) -> Callable[[int], Any]:
    table = SALES_BY_CUSTOMER

    def counted(index: int) -> Any:
        per_buyer = (
            select(func.sum(table.c.orders).label("orders"))
            .where(*within(table, f"first_{index}", f"end_{index}"), *customer_filters(filters))
            .group_by(table.c.customer_id)
            .having(func.sum(table.c.orders) > 0)
            .subquery()
        )
        return select(mark(index), *people(per_buyer)).select_from(per_buyer)

    return counted


def people(per_buyer: Any) -> list[Any]:
    """Buyers, those with two orders or more, and the orders of all of them, from rows of one buyer each."""
    orders = per_buyer.c.orders
    return [func.count(), func.count(case((orders >= 2, 1))), cast(func.coalesce(func.sum(orders), 0), BigInteger)]


def _new_in(filters: Collection[str], *, one_currency: bool) -> Any:
    first = _customers.first_order_at
    more = [_customers.source == bindparam("source", type_=String())] if "source" in filters else []
    if "plan" in filters:
        more.append(_customers.id.in_(with_plan(bindparam("plan", type_=String()))))
    if not one_currency:
        more.append(_customers.first_currency == bindparam("currency", type_=String()))

    spans = _spans()
    inside = select(func.count(first)).where(first >= spans.c.since, first < spans.c.until, *more)
    return select(spans.c.mark, inside.correlate(spans).scalar_subquery())


def _begun_in(filters: Collection[str]) -> Callable[[int], Any]:
    table, first = SALES_BY_CUSTOMER, _customers.first_order_at

    def counted(index: int) -> Any:
        bought = select(table.c.customer_id).where(*within(table, f"first_{index}", f"end_{index}"), *customer_filters(filters))
        buyers = bought.group_by(table.c.customer_id).having(func.sum(table.c.orders) > 0)
        since, until = (bindparam(f"{name}_{index}", type_=UtcTime()) for name in ("since", "until"))
        return select(mark(index), func.count()).where(_customers.id.in_(buyers), first >= since, first < until)

    return counted


def _spans() -> Any:
    """The windows of a chunk as rows: one question asked of each is planned once, and not once for each."""
    moments = ("since", "until")
    rows = (
        select(mark(index), *(bindparam(f"{name}_{index}", type_=UtcTime()).label(name) for name in moments)) for index in range(_CHUNK)
    )
    return union_all(*rows).subquery()


@lru_cache(maxsize=8)
def _buyers(filters: tuple[str, ...]) -> Any:
    return chunked(_buyers_in(filters))


@lru_cache(maxsize=8)
def _new(filters: tuple[str, ...], one_currency: bool) -> Any:
    statement = _new_in(filters, one_currency=one_currency)
    return planned_by_values(statement) if filters else statement  # one plan reads the customers of a source, however many, for each window


@lru_cache(maxsize=8)
def _begun(filters: tuple[str, ...]) -> Any:
    return planned_by_values(chunked(_begun_in(filters)))


_CURRENCIES = select(func.min(SALES.c.currency), func.max(SALES.c.currency))  # the ends of an index


async def is_apart(currency: str) -> bool:
    """Whether what is sold in a currency is not all that the shop has sold: there is another one."""
    ends = await current().database.first(_CURRENCIES)
    return ends is not None and ends[0] is not None and (ends[0] != currency or ends[1] != currency)


def _numbered(params: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Bound values of one statement after the other; the last one is filled up with windows in which nothing lies."""
    for start in range(0, len(params), _CHUNK):
        chunk = params[start : start + _CHUNK]
        empty = {name: chunk[0][name] for name in chunk[0]}
        names = list(empty)
        empty[names[1]] = empty[names[0]]
        found = {f"{name}_{index}": value for index, one in enumerate(chunk) for name, value in one.items()}
        found |= {f"{name}_{index}": value for index in range(len(chunk), _CHUNK) for name, value in empty.items()}
        yield len(chunk), found


async def count_in(statement: Any, params: Sequence[Mapping[str, Any]], **shared: Any) -> list[tuple[int, ...]]:
    """The counts of each window, whose beginning and end are the two values of its params."""
    found: list[tuple[int, ...]] = []
    for length, bound in _numbered(params):
        rows = await current().database.fetch(statement, {**bound, **shared})
        found += [tuple(counts) for _, *counts in sorted(rows)[:length]]
    return found


async def buyers_in(windows: Sequence[Window], currency: str, filters: Mapping[str, str] = _NONE) -> list[tuple[int, ...]]:
    """(buyers, repeat buyers, their orders) of each window."""
    if not filters:
        return await _all_buyers_in(windows, currency)
    windowed = [{"first": window.first, "end": window.end} for window in windows]
    return await count_in(_buyers(tuple(filters)), windowed, currency=currency, **filters)


async def _all_buyers_in(windows: Sequence[Window], currency: str) -> list[tuple[int, ...]]:
    days = await people_of(min(window.first for window in windows), max(window.end for window in windows), currency)
    known = sorted(days)
    spans = [(bisect_left(known, window.first), bisect_left(known, window.end)) for window in windows]
    return list(await count_people([[days[day] for day in known[first:end]] for first, end in spans]))


async def began_in(windows: Sequence[Window], zone: ZoneInfo, currency: str, filters: Mapping[str, str] = _NONE) -> list[Counts]:
    """Of each window, the customers whose first order ever lies in it: `new`, and `begun`, the buyers among them.

    Where the shop takes several currencies, who is new is so in that of the first order, and may be a buyer in others.
    """
    several = await is_apart(currency)
    shared = {**filters, "currency": currency} if several else dict(filters)
    windowed = [moments_of(window, zone) for window in windows]
    new = await count_in(_new(tuple(filters), not several), windowed, **shared)
    begun = new
    if several:
        both = [{"first": window.first, "end": window.end, **moments_of(window, zone)} for window in windows]
        begun = await count_in(_begun(tuple(filters)), both, **shared)
    return [{"new": count, "begun": buyers} for (count,), (buyers,) in zip(new, begun, strict=True)]
