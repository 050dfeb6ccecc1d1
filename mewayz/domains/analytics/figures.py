"""The figures of the whole shop, from the rollups: a window costs its days, never its lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, Table, bindparam, case, cast, func, select, union_all

from mewayz.backend.columns import UtcTime
from mewayz.backend.runtime import current
from mewayz.backend.shop import start_of_day
from mewayz.domains.analytics.model import Window
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.rollups import SALES, SALES_BY_COUNTRY, SALES_BY_CUSTOMER, SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH
from mewayz.domains.products.model import products_collection

_MEASURES: tuple[str, ...] = ("gross", "returns", "orders", "units")
TOP = 10
MAX_FIRST_ORDERS = 20_000


def _sum(table: Table, name: str) -> Any:
    return cast(func.coalesce(func.sum(table.c[name]), 0), BigInteger).label(name)


def _within(table: Table, first: str = "first", end: str = "end") -> list[Any]:
    return [
        table.c.currency == bindparam("currency"),
        table.c.day >= bindparam(first, type_=Date),
        table.c.day < bindparam(end, type_=Date),
    ]


_BOUNDS = select(func.min(SALES.c.day), func.max(SALES.c.day)).where(SALES.c.currency == bindparam("currency"))
_TOTALS = select(*(_sum(SALES, name) for name in _MEASURES)).where(*_within(SALES))
_SERIES = select(SALES.c.day, *(_sum(SALES, name) for name in _MEASURES)).where(*_within(SALES)).group_by(SALES.c.day)
_per_buyer = (
    select(func.sum(SALES_BY_CUSTOMER.c.orders).label("orders"))
    .where(*_within(SALES_BY_CUSTOMER))
    .group_by(SALES_BY_CUSTOMER.c.customer_id)
    .having(func.sum(SALES_BY_CUSTOMER.c.orders) > 0)
    .subquery()
)
_BUYERS = select(
    func.count(),
    func.count(case((_per_buyer.c.orders >= 2, 1))),
    cast(func.coalesce(func.sum(_per_buyer.c.orders), 0), BigInteger),
).select_from(_per_buyer)
_customers = customers_collection.table.c
_NEW = (
    select(func.count())
    .select_from(customers_collection.table)
    .where(
        _customers.first_order_at >= bindparam("since", type_=UtcTime()),
        _customers.first_order_at < bindparam("until", type_=UtcTime()),
    )
)
_FIRST_ORDERS = (
    select(_customers.first_order_at)
    .where(
        _customers.first_order_at >= bindparam("since", type_=UtcTime()),
        _customers.first_order_at < bindparam("until", type_=UtcTime()),
    )
    .limit(MAX_FIRST_ORDERS)
)
_COUNTRIES = (
    select(SALES_BY_COUNTRY.c.country, *(_sum(SALES_BY_COUNTRY, name) for name in _MEASURES))
    .where(*_within(SALES_BY_COUNTRY))
    .group_by(SALES_BY_COUNTRY.c.country)
    .order_by(func.sum(SALES_BY_COUNTRY.c.gross).desc(), SALES_BY_COUNTRY.c.country)
)


def _product_rows(table: Table, first: str, end: str) -> Any:
    return select(table.c.product_id, *(table.c[name] for name in _MEASURES)).where(*_within(table, first, end))


# Whole months from the month rollup, the days before and after them from the day rollup.
_parts = union_all(
    _product_rows(SALES_BY_PRODUCT, "first", "head_end"),
    _product_rows(SALES_BY_PRODUCT_MONTH, "month_first", "month_end"),
    _product_rows(SALES_BY_PRODUCT, "tail_first", "end"),
).subquery()
_PRODUCTS = (
    select(_parts.c.product_id, *(cast(func.sum(_parts.c[name]), BigInteger).label(name) for name in _MEASURES))
    .group_by(_parts.c.product_id)
    .order_by(func.sum(_parts.c.gross).desc(), _parts.c.product_id)
    .limit(bindparam("limit"))
)
_product = products_collection.table.c
_NAMES = select(_product.id, _product.name, _product.sku)


async def bounds(currency: str) -> Window | None:
    """From the first to the last day with a sale or return; None when there is none."""
    row = await current().database.first(_BOUNDS, {"currency": currency})
    if row is None or row[0] is None:
        return None
    return Window(row[0], date.fromordinal(row[1].toordinal() + 1))


def _days(window: Window, currency: str) -> dict[str, Any]:
    return {"currency": currency, "first": window.first, "end": window.end}


async def totals(window: Window, currency: str, zone: ZoneInfo) -> dict[str, int]:
    """The counts and sums of a window; money in stored units."""
    database, params = current().database, _days(window, currency)
    row = await database.first(_TOTALS, params)
    buyers = await database.first(_BUYERS, params)
    assert row is not None
    assert buyers is not None
    since, until = (start_of_day(day, zone) for day in (window.first, window.end))
    new = await database.value(_NEW, {"since": since, "until": until})
    found = dict(zip(_MEASURES, row, strict=True))
    found.update(buyers=buyers[0], repeat=buyers[1], new=new, guestOrders=found["orders"] - buyers[2])
    return found


async def by_day(window: Window, currency: str) -> dict[date, tuple[int, int, int, int]]:
    """(gross, returns, orders, units) of each day on which something happened."""
    rows = await current().database.fetch(_SERIES, _days(window, currency))
    return {day: (gross, returns, orders, units) for day, gross, returns, orders, units in rows}


async def new_by_day(window: Window, zone: ZoneInfo) -> Counter[date]:
    """How many customers ordered for the first time on each day of the shop; of very many the first ones."""
    since, until = (start_of_day(day, zone) for day in (window.first, window.end))
    rows = await current().database.fetch(_FIRST_ORDERS, {"since": since, "until": until})
    return Counter(moment.astimezone(zone).date() for (moment,) in rows)


async def by_country(window: Window, currency: str) -> list[tuple[str, dict[str, int]]]:
    """Countries by gross, the largest first."""
    rows = await current().database.fetch(_COUNTRIES, _days(window, currency))
    return [(country, dict(zip(_MEASURES, measures, strict=True))) for country, *measures in rows]


async def by_product(window: Window, currency: str, limit: int = TOP) -> list[tuple[str, str, str, dict[str, int]]]:
    """(id, name, SKU, sums) of the products with the highest gross."""
    database = current().database
    rows = await database.fetch(_PRODUCTS, {**_days(window, currency), **_months(window), "limit": limit})
    names = await _named(row[0] for row in rows)
    return [(key, *names.get(key, ("Deleted product", "")), dict(zip(_MEASURES, measures, strict=True))) for key, *measures in rows]


def _months(window: Window) -> Mapping[str, date]:
    """The whole months of a window, and where the days before and after them end and begin."""
    after = window.first if window.first.day == 1 else date(window.first.year + window.first.month // 12, window.first.month % 12 + 1, 1)
    until = window.end.replace(day=1)
    if after >= until:
        return {"head_end": window.end, "month_first": window.end, "month_end": window.end, "tail_first": window.end}
    return {"head_end": after, "month_first": after, "month_end": until, "tail_first": until}


async def _named(ids: Any) -> dict[str, tuple[str, str]]:
    wanted: Sequence[str] = list(ids)
    keys = [bindparam(f"id_{index}") for index in range(len(wanted))]
    if not keys:
        return {}
    statement = _NAMES.where(_product.id.in_(keys))
    rows = await current().database.fetch(statement, {f"id_{index}": key for index, key in enumerate(wanted)})
    return {key: (name, sku or "") for key, name, sku in rows}
