"""Statements over the rollups: a window costs its days, never its lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, String, Table, bindparam, case, cast, func, literal_column, select, union_all

from mewayz.backend.columns import UtcTime
from mewayz.backend.runtime import current
from mewayz.backend.shop import start_of_day
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Window
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.rollups import SALES, SALES_BY_CUSTOMER, SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH
from mewayz.domains.products.model import products_collection

Counts = dict[str, int]
_CHUNK = 40  # windows that one statement counts

_customers, _products = customers_collection.table.c, products_collection.table.c


def total(table: Any, name: str) -> Any:
    """The sum of a column, 0 without rows."""
    return cast(func.coalesce(func.sum(table.c[name]), 0), BigInteger).label(name)


def totals(table: Any) -> list[Any]:
    """The sums of all measures."""
    return [total(table, name) for name in ADDITIVE]


def within(table: Any, first: str = "first", end: str = "end") -> list[Any]:
    """The rows of a rollup in a window and currency."""
    return [
        table.c.currency == bindparam("currency"),
        table.c.day >= bindparam(first, type_=Date),
        table.c.day < bindparam(end, type_=Date),
    ]


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


def _buyers_in(index: int) -> Any:
    table = SALES_BY_CUSTOMER
    per_buyer = (
        select(func.sum(table.c.orders).label("orders"))
        .where(*within(table, f"first_{index}", f"end_{index}"))
        .group_by(table.c.customer_id)
        .having(func.sum(table.c.orders) > 0)
        .subquery()
    )
    return select(mark(index), *people(per_buyer)).select_from(per_buyer)


def people(per_buyer: Any) -> list[Any]:
    """Buyers, those with two orders or more, and the orders of all of them, from rows of one buyer each."""
    orders = per_buyer.c.orders
    return [func.count(), func.count(case((orders >= 2, 1))), cast(func.coalesce(func.sum(orders), 0), BigInteger)]


def _new_in(index: int) -> Any:
    first = _customers.first_order_at
    return select(mark(index), func.count(first)).where(
        first >= bindparam(f"since_{index}", type_=UtcTime()), first < bindparam(f"until_{index}", type_=UtcTime())
    )


BUYERS, NEW = chunked(_buyers_in), chunked(_new_in)


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


async def buyers_in(windows: Sequence[Window], currency: str) -> list[tuple[int, ...]]:
    """(buyers, repeat buyers, their orders) of each window."""
    return await count_in(BUYERS, [{"first": window.first, "end": window.end} for window in windows], currency=currency)


async def new_in(windows: Sequence[Window], zone: ZoneInfo) -> list[int]:
    """How many customers ordered for the first time ever in each window."""
    return [count for (count,) in await count_in(NEW, [moments_of(window, zone) for window in windows])]


# Products: whole months from the month rollup, the days before and after them from the day rollup.


def product_rows() -> Any:
    """The rows of all products in a window that `days_of` and `months_of` bind."""

    def rows(table: Table, first: str, end: str) -> Any:
        return select(table.c.product_id, table.c.day, *(table.c[name] for name in ADDITIVE)).where(*within(table, first, end))

    return union_all(
        rows(SALES_BY_PRODUCT, "first", "head_end"),
        rows(SALES_BY_PRODUCT_MONTH, "month_first", "month_end"),
        rows(SALES_BY_PRODUCT, "tail_first", "end"),
    ).subquery()


def months_of(window: Window) -> Mapping[str, date]:
    """The whole months of a window, and where the days before and after them end and begin."""
    after = window.first if window.first.day == 1 else date(window.first.year + window.first.month // 12, window.first.month % 12 + 1, 1)
    until = window.end.replace(day=1)
    if after >= until:
        return {"head_end": window.end, "month_first": window.end, "month_end": window.end, "tail_first": window.end}
    return {"head_end": after, "month_first": after, "month_end": until, "tail_first": until}


def ranked_by(rows: Any, metric: str) -> Any:
    """The sum that rows are ranked by."""
    amount = func.sum(rows.c.gross - rows.c.returns) if metric == "net" else func.sum(rows.c[metric])
    return amount.desc()


@lru_cache(maxsize=32)
def _products_by(metric: str, within_category: bool) -> Any:
    rows = product_rows()
    found = select(rows.c.product_id, *totals(rows))
    if within_category:
        known = products_collection.table
        found = found.join(known, known.c.id == rows.c.product_id).where(known.c.category == bindparam("category", type_=String()))
    return found.group_by(rows.c.product_id).order_by(ranked_by(rows, metric), rows.c.product_id).limit(bindparam("limit"))


async def by_product(window: Window, currency: str, limit: int, metric: str = "gross", category: str = "") -> list[tuple[str, Counts]]:
    """(id, sums) of the products that come first by a metric."""
    params = {**days_of(window, currency), **months_of(window), "limit": limit, **({"category": category} if category else {})}
    rows = await current().database.fetch(_products_by(metric, bool(category)), params)
    return [(key, measured(measures)) for key, *measures in rows]


def _categories() -> Any:
    rows = product_rows()
    name = func.coalesce(_products.category, "").label("category")
    joined = rows.outerjoin(products_collection.table, _products.id == rows.c.product_id)
    return select(name, *totals(rows)).select_from(joined).group_by(name)


_BY_CATEGORY = _categories()


async def by_category(window: Window, currency: str) -> list[tuple[str, Counts]]:
    """(category, sums) of what was sold; products without one, and deleted ones, have the category "". Orders do not add up there."""
    rows = await current().database.fetch(_BY_CATEGORY, {**days_of(window, currency), **months_of(window)})
    return [(name, measured(measures)) for name, *measures in rows]


_NAMES = select(_products.id, _products.name, _products.sku, _products.category)


async def products_named(ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """(name, SKU, category) of products by id; deleted ones are left out."""
    if not ids:
        return {}
    keys = [bindparam(f"id_{index}") for index in range(len(ids))]
    rows = await current().database.fetch(_NAMES.where(_products.id.in_(keys)), {f"id_{index}": key for index, key in enumerate(ids)})
    return {key: (name, sku or "", category) for key, name, sku, category in rows}
