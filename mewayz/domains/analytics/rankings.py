"""What sells, where, and to whom: products, categories, countries and customers in the order of a metric."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy import cast as to_type

from mewayz.backend.columns import time_text
from mewayz.backend.database import planned_by_values
from mewayz.backend.runtime import current
from mewayz.domains.analytics import goods, metrics
from mewayz.domains.analytics.figures import (
    Counts,
    customer_filters,
    days_of,
    measured,
    moments_of,
    something,
    totals,
    within,
)
from mewayz.domains.analytics.leading import by_product, net_of, ranked_by
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.own import OwnFigures
from mewayz.domains.analytics.questions import OF_CUSTOMERS
from mewayz.domains.analytics.sources import OfCategory, Place
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.model import OrderKind, OrderStatus
from mewayz.domains.orders.rollups import SALES_BY_COUNTRY, SALES_BY_CUSTOMER
from mewayz.domains.orders.states import states_between

_DELETED = ("Deleted product", "", "")
_WITHOUT_ORDERS = tuple(key for key in metrics.BY_ROW if key != "orders")
_ROW = (*metrics.BY_ROW, "aov")


def _share(sums: Counts, metric: str, whole: Counts) -> float | None:
    """Of the whole window, guests, postage and the like included."""
    of, part = BY_KEY[metric].of(whole), BY_KEY[metric].of(sums)
    return round(part / of, 6) if of and part is not None else None


async def top_products(
    window: Window, place: Place, *, metric: str, limit: int, filters: Mapping[str, str], whole: Counts
) -> list[dict[str, Any]]:
    """The first products, each with its share of `whole`; deleted ones too, for their sales remain."""
    found = await by_product(window, place.currency, limit, metric, filters)
    known = await goods.products_named([key for key, _ in found])
    rows: list[dict[str, Any]] = []
    for key, sums in found:
        name, sku, of = known.get(key, _DELETED)
        rows.append({"id": key, "name": name, "sku": sku, "category": of, **metrics.wire(sums, _ROW), "share": _share(sums, metric, whole)})
    return rows


async def top_categories(
    window: Window, place: Place, *, metric: str, filters: Mapping[str, str], whole: Counts
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All categories, and what is left of the whole: postage, fees and other lines without a product.

    An order with two products of one category counts once, which sums cannot tell: so orders are left out.
    """
    found = await goods.by_category(window, place.currency, filters)
    order = BY_KEY[metric]
    found.sort(key=lambda row: (-(order.of(row[1]) or 0), row[0]))
    rows = [{"category": name, **metrics.wire(sums, _WITHOUT_ORDERS), "share": _share(sums, order.key, whole)} for name, sums in found]
    return rows, _rest(whole, [sums for _, sums in found], _WITHOUT_ORDERS, metric)


def _rest(whole: Counts, parts: Sequence[Counts], keys: Sequence[str], metric: str) -> dict[str, Any]:
    """What of the whole window is in none of its parts."""
    rest = {name: whole[name] - sum(part[name] for part in parts) for name in metrics.ADDITIVE if name in whole}
    return {**metrics.wire(rest, keys), "share": _share(rest, metric, whole)}


def own_products(found: OwnFigures, *, metric: str, limit: int) -> list[dict[str, Any]]:
    """The first products of one person's orders."""
    whole = found.whole._asdict()
    rows = [(key, measures._asdict()) for key, measures in found.products.items()]
    rows.sort(key=lambda row: (-(BY_KEY[metric].of(row[1]) or 0), row[0]))
    return [
        {"id": key, "name": name, "sku": sku, "category": "", **metrics.wire(sums, _ROW), "share": _share(sums, metric, whole)}
        for (key, name, sku), sums in rows[:limit]
    ]


def _countries(table: Any, *conditions: Any) -> Any:
    return select(table.c.country, *totals(table)).where(*within(table), *conditions).group_by(table.c.country).having(something(table))


_COUNTRIES = _countries(SALES_BY_COUNTRY)


@lru_cache(maxsize=4)
def _countries_of(filters: tuple[str, ...]) -> Any:
    return _countries(SALES_BY_CUSTOMER, *customer_filters(filters))


async def country_sums(window: Window, place: Place, filters: Mapping[str, str]) -> dict[str, Counts]:
    """The sums of each country; with a category without orders, which do not add up there."""
    if "category" in filters:
        found = await goods.by_country(window, place.currency, filters)
        return {country: {name: counts[name] for name in OfCategory.measures} for country, counts in found.items()}
    of_some = filters.keys() & set(OF_CUSTOMERS)
    statement = _countries_of(tuple(filters)) if of_some else _COUNTRIES
    rows = await current().database.fetch(statement, {**days_of(window, place.currency), **filters})
    return {country: measured(measures) for country, *measures in rows}


@lru_cache(maxsize=4)
def _buyers_by_country(filters: tuple[str, ...]) -> Any:
    table = SALES_BY_CUSTOMER
    buyers = (
        select(table.c.country, table.c.customer_id)
        .where(*within(table), *customer_filters(filters))
        .group_by(table.c.country, table.c.customer_id)
        .having(func.sum(table.c.orders) > 0)
        .subquery()
    )
    return planned_by_values(select(buyers.c.country, func.count()).group_by(buyers.c.country))


async def country_buyers(window: Window, place: Place, filters: Mapping[str, str]) -> dict[str, int]:
    """The distinct buyers of each country: a customer of two countries is a buyer in both."""
    return dict(await current().database.fetch(_buyers_by_country(tuple(filters)), {**days_of(window, place.currency), **filters}))


def countries_by(sums: dict[str, Counts], metric: str, whole: Counts) -> list[dict[str, Any]]:
    """Countries in the order of a metric."""
    rows = sorted(sums.items(), key=lambda row: (-(BY_KEY[metric].of(row[1]) or 0), row[0]))
    keys = (*_ROW, "buyers")
    return [{"country": name, **metrics.wire(counts, keys), "share": _share(counts, metric, whole)} for name, counts in rows]


@lru_cache(maxsize=32)
def _customers_by(metric: str, filters: tuple[str, ...]) -> Any:
    table = SALES_BY_CUSTOMER
    return planned_by_values(
        select(table.c.customer_id, *totals(table))
        .where(*within(table), *customer_filters(filters))
        .group_by(table.c.customer_id)
        .having(something(table))
        .order_by(ranked_by(table, metric), table.c.customer_id)
        .limit(bindparam("limit"))
    )


_customers = customers_collection.table.c
_NAMES = select(_customers.id, _customers.name, _customers.country, _customers.first_order_at)


async def top_customers(
    window: Window, place: Place, *, metric: str, limit: int, filters: Mapping[str, str], whole: Counts
) -> list[dict[str, Any]]:
    """The first customers, each with the share of `whole`."""
    params = {**days_of(window, place.currency), **filters, "limit": limit}
    found = await current().database.fetch(_customers_by(metric, tuple(filters)), params)
    known = await _named([row[0] for row in found])
    rows: list[dict[str, Any]] = []
    for key, *measures in found:
        sums = measured(measures)
        name, country, first = known.get(key, ("", "", None))
        head = {"id": key, "name": name, "country": country, "firstOrderAt": time_text(first) if first else None}
        rows.append({**head, **metrics.wire(sums, _ROW), "share": _share(sums, metric, whole)})
    return rows


async def _named(ids: Sequence[str]) -> dict[str, tuple[str, str, Any]]:
    if not ids:
        return {}
    keys = [bindparam(f"id_{index}") for index in range(len(ids))]
    rows = await current().database.fetch(_NAMES.where(_customers.id.in_(keys)), {f"id_{index}": key for index, key in enumerate(ids)})
    return {key: (name, country, first) for key, name, country, first in rows}


@lru_cache(maxsize=4)
def _known(filters: tuple[str, ...]) -> Any:
    return select(*totals(SALES_BY_CUSTOMER)).where(*within(SALES_BY_CUSTOMER), *customer_filters(filters))


async def guests(window: Window, place: Place, *, metric: str, filters: Mapping[str, str], whole: Counts) -> dict[str, Any]:
    """What was sold to nobody in particular."""
    row = await current().database.first(_known(tuple(filters)), {**days_of(window, place.currency), **filters})
    assert row is not None
    return _rest(whole, [measured(row)], _ROW, metric)


@lru_cache(maxsize=4)
def _lifetime(filters: tuple[str, ...]) -> Any:
    table = SALES_BY_CUSTOMER
    per_customer = (
        select(func.sum(net_of(table)).label("net"))
        .where(table.c.currency == bindparam("currency"), table.c.day < bindparam("end"), *customer_filters(filters))
        .group_by(table.c.customer_id)
        .having(func.sum(table.c.orders) > 0)
        .subquery()
    )
    net = to_type(func.coalesce(func.sum(per_customer.c.net), 0), BigInteger)
    return planned_by_values(select(net, func.count()).select_from(per_customer))


async def lifetime(window: Window, place: Place, filters: Mapping[str, str]) -> Counts:
    """The base counts of the lifetime value: from the beginning to the end of the window."""
    row = await current().database.first(_lifetime(tuple(filters)), {"currency": place.currency, "end": window.end, **filters})
    assert row is not None
    return {"lifetimeNet": int(row[0]), "lifetimeBuyers": row[1]}


async def states(window: Window, place: Place) -> list[dict[str, Any]]:
    """How many of the orders that were placed in a window are in which state now."""
    found = await states_between(**moments_of(window, place.zone), currency=place.currency)
    # Cancelled orders and samples may be in a currency in which nothing was sold.
    query = {"kind": OrderKind.SALE.value, "currency": place.currency, "from": window.first.isoformat(), "to": window.end.isoformat()}
    return [
        {"status": status.value, "orders": found.get(status.value, 0), "drill": f"/orders?{urlencode({'status': status.value, **query})}"}
        for status in OrderStatus
    ]


ROW_COLUMNS = (*_ROW, "share")
