"""Statements over the sums by product: products, their categories, and the countries they went to.

Whole months are read from the sums by month, the days before and after them from those by day. A category is the one that a product has
now: the sums hold products, so a product that moves takes its past along.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import String, Table, bindparam, func, select, union_all

from mewayz.backend.database import planned_by_values
from mewayz.backend.filters import NOTHING
from mewayz.backend.runtime import current
from mewayz.domains.analytics.figures import Counts, days_of, measured, one_country, totals, within
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Window
from mewayz.domains.orders.rollups import SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE
from mewayz.domains.products.model import products_collection

_table = products_collection.table
_products = _table.c
_category = func.coalesce(_products.category, "")


def months_of(window: Window) -> Mapping[str, date]:
    """The whole months of a window, and where the days before and after them end and begin."""
    after = window.first if window.first.day == 1 else date(window.first.year + window.first.month // 12, window.first.month % 12 + 1, 1)
    until = window.end.replace(day=1)
    if after >= until:
        return {"head_end": window.end, "month_first": window.end, "month_end": window.end, "tail_first": window.end}
    return {"head_end": after, "month_first": after, "month_end": until, "tail_first": until}


_MONTHS = "months"
_PARTS = {"head": ("first", "head_end"), _MONTHS: ("month_first", "month_end"), "tail": ("tail_first", "end"), "days": ("first", "end")}
Parts = tuple[str, ...]
DAYS: Parts = ("days",)
"""A window read day by day: what a series by day is made of."""


def parts_of(window: Window) -> Parts:
    """The parts of a window in which days or months lie: a part without any would be looked up and planned all the same."""
    edges = {"first": window.first, "end": window.end, **months_of(window)}
    return tuple(name for name in ("head", _MONTHS, "tail") if edges[_PARTS[name][0]] < edges[_PARTS[name][1]])


def _rows(table: Table, first: str, end: str, *, placed: bool, country: bool, only: Sequence[str]) -> Any:
    columns = [table.c.product_id, table.c.day, *([table.c.country] if placed else []), *(table.c[name] for name in ADDITIVE)]
    return select(*columns).where(*within(table, first, end), *([one_country(table)] if country else []), *_among(table, only))


def _among(table: Table, only: Sequence[str]) -> list[Any]:
    return [table.c.product_id.in_([bindparam(name, type_=String()) for name in only])] if only else []


def product_rows(filters: Collection[str], parts: Parts, *, placed: bool = False, only: Sequence[str] = ()) -> Any:
    """The rows of products in parts of a window that `bound` binds: of all, or of the parameters `only`; `placed` with their country."""
    country = "country" in filters
    by_month = SALES_BY_PRODUCT_PLACE if placed or country else SALES_BY_PRODUCT_MONTH
    found = [
        _rows(by_month if part == _MONTHS else SALES_BY_PRODUCT, *_PARTS[part], placed=placed, country=country, only=only) for part in parts
    ]
    return (union_all(*found) if len(found) > 1 else found[0]).subquery()


def narrowed(statement: Any, rows: Any, filters: Collection[str]) -> Any:
    """`statement`, from the rows of a category where one is asked for."""
    if "category" not in filters:
        return statement.select_from(rows)
    return statement.select_from(_joined(rows)).where(_category == bindparam("category", type_=String()))


def _joined(rows: Any) -> Any:
    """With what is known of their products; what is gone stays."""
    return rows.outerjoin(_table, _products.id == rows.c.product_id)


def bound(window: Window, currency: str, filters: Mapping[str, str]) -> dict[str, Any]:
    """The values that the statements here bind."""
    return {**days_of(window, currency), **months_of(window), **values_of(filters)}


def values_of(filters: Mapping[str, str]) -> dict[str, str]:
    """What filters bind: the word for nothing is the empty text there."""
    return {name: "" if value == NOTHING else value for name, value in filters.items()}


@lru_cache(maxsize=32)
def _by_category(filters: tuple[str, ...], parts: Parts) -> Any:
    rows = product_rows(filters, parts)
    only = [_category == bindparam("category", type_=String())] if "category" in filters else []
    return planned_by_values(select(_category.label("name"), *totals(rows)).select_from(_joined(rows)).where(*only).group_by(_category))


async def by_category(window: Window, currency: str, filters: Mapping[str, str]) -> list[tuple[str, Counts]]:
    """(category, sums) of what was sold; products without one, and deleted ones, have the category "". Orders do not add up there."""
    rows = await current().database.fetch(_by_category(tuple(filters), parts_of(window)), bound(window, currency, filters))
    return [(name, measured(measures)) for name, *measures in rows]


@lru_cache(maxsize=32)
def _by_country(filters: tuple[str, ...], parts: Parts) -> Any:
    rows = product_rows(filters, parts, placed=True)
    return planned_by_values(narrowed(select(rows.c.country, *totals(rows)), rows, filters).group_by(rows.c.country))


async def by_country(window: Window, currency: str, filters: Mapping[str, str]) -> dict[str, Counts]:
    """The sums of each country that products of a category went to."""
    rows = await current().database.fetch(_by_country(tuple(filters), parts_of(window)), bound(window, currency, filters))
    return {name: measured(measures) for name, *measures in rows}


_NAMES = select(_products.id, _products.name, _products.sku, _products.category)


async def products_named(ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """(name, SKU, category) of products by id; deleted ones are left out."""
    if not ids:
        return {}
    keys = [bindparam(f"id_{index}") for index in range(len(ids))]
    rows = await current().database.fetch(_NAMES.where(_products.id.in_(keys)), {f"id_{index}": key for index, key in enumerate(ids)})
    return {key: (name, sku or "", category) for key, name, sku, category in rows}
