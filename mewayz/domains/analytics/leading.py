"""The products that come first by a metric, without adding up all of them where there are many.

No day takes anything away from a metric, so the months that a window touches say at most how much of a product lies in it. Products are
added up in the order of that bound, a few and then those that can still come before the last one of these (Fagin, Lotem and Naor,
Optimal Aggregation Algorithms for Middleware, 2003: the threshold algorithm).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy import cast as to_type

from mewayz.backend.database import planned_by_values
from mewayz.backend.runtime import current
from mewayz.domains.analytics.figures import Counts, measured, one_country, something, totals, within
from mewayz.domains.analytics.goods import Parts, bound, narrowed, parts_of, product_rows, single_days
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.orders.rollups import SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE

_BESIDE = 40
"""Products that are added up first, beside those that are asked for."""
_MOST = 400
"""So many more can follow; where even those do not decide it, all are added up at once."""
_FEW_DAYS = 5
"""A window of so many days is read sooner as it is."""
_LENGTHS = (50, 100, 200, _MOST)
Ranked = list[tuple[str, Counts]]


def net_of(rows: Any) -> Any:
    """Net sales of a row: what the metric says, in SQL."""
    return rows.c.gross - rows.c.returns - rows.c.discounts


def ranked_by(rows: Any, metric: str) -> Any:
    """The sum that rows are ranked by."""
    return func.sum(net_of(rows) if metric == "net" else rows.c[metric]).desc()


async def by_product(window: Window, currency: str, limit: int, metric: str, filters: Mapping[str, str]) -> Ranked:
    """(id, sums) of the products that come first by a metric."""
    # Returned goods take a discount back, so the months do not bound discounts.
    few = metric != "discounts" and window.days > _FEW_DAYS and single_days(window) > 0
    found = await _first_of_few(window, currency, limit, metric, filters) if few else None
    if found is not None:
        return found
    statement = _all_by(metric, tuple(filters), parts_of(window))
    rows = await current().database.fetch(statement, {**bound(window, currency, filters), "limit": limit})
    return [(key, measured(measures)) for key, *measures in rows]


@lru_cache(maxsize=64)
def _all_by(metric: str, filters: tuple[str, ...], parts: Parts) -> Any:
    return _ranked(product_rows(filters, parts), metric, filters)


def _ranked(rows: Any, metric: str, filters: tuple[str, ...]) -> Any:
    found = narrowed(select(rows.c.product_id, *totals(rows)), rows, filters)
    found = found.group_by(rows.c.product_id).having(something(rows))
    found = found.order_by(ranked_by(rows, metric), rows.c.product_id).limit(bindparam("limit"))
    return planned_by_values(found)  # one plan for every window reads each of the products through all its days


@lru_cache(maxsize=128)
def _some_by(metric: str, filters: tuple[str, ...], parts: Parts, count: int) -> Any:
    return _ranked(product_rows(filters, parts, only=[f"product_{index}" for index in range(count)]), metric, filters)


@lru_cache(maxsize=32)
def _most_by(metric: str, filters: tuple[str, ...]) -> Any:
    table = SALES_BY_PRODUCT_PLACE if "country" in filters else SALES_BY_PRODUCT_MONTH
    most = to_type(func.sum(table.c[metric]), BigInteger)
    found = narrowed(select(table.c.product_id, most), table, filters)
    touched = [*within(table, "since", "end"), *([one_country(table)] if "country" in filters else [])]
    found = found.where(*touched).group_by(table.c.product_id).order_by(most.desc()).limit(bindparam("limit"))
    return planned_by_values(found)


async def _first_of_few(window: Window, currency: str, limit: int, metric: str, filters: Mapping[str, str]) -> Ranked | None:
    """The same from the few that can come first; None where that does not decide it."""
    spread = limit + _BESIDE
    since = {"since": window.first.replace(day=1), "limit": spread + _MOST}
    # What a product brings in net is at most what it brings in gross.
    statement = _most_by("gross" if metric == "net" else metric, tuple(filters))
    most = await current().database.fetch(statement, {**bound(window, currency, filters), **since})
    if len(most) <= spread:
        return None
    found = await _of(window, currency, [row[0] for row in most[:spread]], limit, metric, filters)
    value = BY_KEY[metric].of
    last = value(found[-1][1]) if len(found) == limit else None
    if last is None:
        return None
    others = [row[0] for row in most[spread:] if int(row[1]) >= last]
    if len(others) == _MOST:
        return None
    if others:
        found += await _of(window, currency, others, limit, metric, filters)
        found.sort(key=lambda row: (-(value(row[1]) or 0), row[0]))
    return found[:limit]


async def _of(window: Window, currency: str, ids: list[str], limit: int, metric: str, filters: Mapping[str, str]) -> Ranked:
    """(id, sums) of the first of some products. There are few lengths, so that there are few statements."""
    length = next(length for length in _LENGTHS if length >= len(ids))
    chosen = {f"product_{index}": ids[min(index, len(ids) - 1)] for index in range(length)}
    params = {**bound(window, currency, filters), **chosen, "limit": limit}
    rows = await current().database.fetch(_some_by(metric, tuple(filters), parts_of(window), length), params)
    return [(key, measured(measures)) for key, *measures in rows]
