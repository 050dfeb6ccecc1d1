"""Statements over the sums by product: products, their categories, and the countries they went to.

Whole months are read from the sums by month, the days at the edges of a window from those by day. A category is the one that a product has
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
from mewayz.domains.analytics.figures import Counts, days_of, measured, one_country, something, totals, within
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.orders.rollups import SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE
from mewayz.domains.products.model import products_collection

_table = products_collection.table
_products = _table.c
_category = func.coalesce(_products.category, "")


_MONTHS, _BEFORE, _AFTER = "months", "before", "after"
_TAKEN_AWAY = (_BEFORE, _AFTER)
Parts = tuple[str, ...]
DAYS: Parts = ("days",)
"""A window read day by day: what a series by day is made of."""
_ALL_PARTS = ("head", _MONTHS, "tail", *_TAKEN_AWAY, *DAYS)
Spans = Mapping[str, tuple[date, date]]


def spans_of(window: Window) -> Spans:
    """The first day and the end of each part of a window: whole months, what is missing of them, and the days that are in no such month.

    Of a month that the window cuts, the days that are not in it are taken away from the whole where those are fewer than the others.
    """
    first, end = window.first, window.end
    since, last = (Interval.MONTH.start(day) for day in (first, date.fromordinal(end.toordinal() - 1)))
    until = Interval.MONTH.next(last)
    before, after = (since, first), (end, until)
    if since == last:
        if _length(before) + _length(after) >= window.days:
            return {DAYS[0]: (first, end)}
        return {_MONTHS: (since, until), _BEFORE: before, _AFTER: after}
    head, tail = (first, Interval.MONTH.next(since)), (last, end)
    whole_head, whole_tail = _length(before) < _length(head), _length(after) < _length(tail)
    return {
        _MONTHS: (since if whole_head else head[1], until if whole_tail else last),
        **({_BEFORE: before} if whole_head else {"head": head}),
        **({_AFTER: after} if whole_tail else {"tail": tail}),
    }


def _length(span: tuple[date, date]) -> int:
    return (span[1] - span[0]).days


def parts_of(window: Window) -> Parts:
    """The parts of a window in which days or months lie: a part without any would be looked up and planned all the same."""
    spans = spans_of(window)
    return tuple(name for name in _ALL_PARTS if name in spans and _length(spans[name]))


def single_days(window: Window) -> int:
    """How many days are read beside whole months."""
    return sum(_length(span) for name, span in spans_of(window).items() if name != _MONTHS)


def _rows(part: str, *, placed: bool, country: bool, only: Sequence[str]) -> Any:
    by_month = SALES_BY_PRODUCT_PLACE if placed or country else SALES_BY_PRODUCT_MONTH
    table = by_month if part == _MONTHS else SALES_BY_PRODUCT
    measures = [-table.c[name] if part in _TAKEN_AWAY else table.c[name] for name in ADDITIVE]
    named = [measure.label(name) for name, measure in zip(ADDITIVE, measures, strict=True)]
    columns = [table.c.product_id, table.c.day, *([table.c.country] if placed else []), *named]
    conditions = [*within(table, f"{part}_first", f"{part}_end"), *([one_country(table)] if country else []), *_among(table, only)]
    return select(*columns).where(*conditions)


def _among(table: Table, only: Sequence[str]) -> list[Any]:
    return [table.c.product_id.in_([bindparam(name, type_=String()) for name in only])] if only else []


def product_rows(filters: Collection[str], parts: Parts, *, placed: bool = False, only: Sequence[str] = ()) -> Any:
    """The rows of products in parts of a window that `bound` binds: of all, or of the parameters `only`; `placed` with their country."""
    found = [_rows(part, placed=placed, country="country" in filters, only=only) for part in parts]
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
    spans = {f"{name}_{edge}": day for name, span in spans_of(window).items() for edge, day in zip(("first", "end"), span, strict=True)}
    return {**days_of(window, currency), "days_first": window.first, "days_end": window.end, **spans, **values_of(filters)}


def values_of(filters: Mapping[str, str]) -> dict[str, str]:
    """What filters bind: the word for nothing is the empty text there."""
    return {name: "" if value == NOTHING else value for name, value in filters.items()}


@lru_cache(maxsize=32)
def _by_category(filters: tuple[str, ...], parts: Parts) -> Any:
    rows = product_rows(filters, parts)
    only = [_category == bindparam("category", type_=String())] if "category" in filters else []
    found = select(_category.label("name"), *totals(rows)).select_from(_joined(rows)).where(*only)
    return planned_by_values(found.group_by(_category).having(something(rows)))


async def by_category(window: Window, currency: str, filters: Mapping[str, str]) -> list[tuple[str, Counts]]:
    """(category, sums) of what was sold; products without one, and deleted ones, have the category "". Orders do not add up there."""
    rows = await current().database.fetch(_by_category(tuple(filters), parts_of(window)), bound(window, currency, filters))
    return [(name, measured(measures)) for name, *measures in rows]


@lru_cache(maxsize=32)
def _by_country(filters: tuple[str, ...], parts: Parts) -> Any:
    rows = product_rows(filters, parts, placed=True)
    found = narrowed(select(rows.c.country, *totals(rows)), rows, filters)
    return planned_by_values(found.group_by(rows.c.country).having(something(rows)))


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
