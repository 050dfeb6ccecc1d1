"""What lies in stock: what runs out, how long the rest lasts, what is out and since when, and what it is worth."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import BigInteger, Float, String, bindparam, case, func, select
from sqlalchemy import cast as to_type

from mewayz.backend import money
from mewayz.backend.columns import table_of
from mewayz.backend.database import planned_by_values
from mewayz.backend.filters import NOTHING, Tree
from mewayz.backend.runtime import current
from mewayz.domains.analytics.figures import days_of, days_within, worth
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.sources import Place
from mewayz.domains.orders.rollups import SALES, SALES_BY_PRODUCT
from mewayz.domains.products.ledger import StockMove
from mewayz.domains.products.model import ProductStatus, products_collection

SOLD_DAYS = 30
_CHUNK = 25  # products of one statement
_LISTS = {"products": "tracked", "low": "low,out", "out": "out"}
COLUMNS = (
    "id",
    "name",
    "sku",
    "category",
    "stock",
    "lowStockThreshold",
    "low",
    "soldUnits",
    "averageDailyUnits",
    "daysOfCover",
    "valueAtPrice",
    "valueAtCost",
    "outSince",
)

_table = products_collection.table
_product = _table.c
_sold = (
    select(SALES_BY_PRODUCT.c.product_id, to_type(func.sum(SALES_BY_PRODUCT.c.units), BigInteger).label("units"))
    # Pieces leave the shelf in whatever currency they are paid; naming the currencies lets the index find the days.
    .where(SALES_BY_PRODUCT.c.currency.in_(select(SALES.c.currency).distinct()), *days_within(SALES_BY_PRODUCT))
    .group_by(SALES_BY_PRODUCT.c.product_id)
    .subquery()
)
_units = func.coalesce(_sold.c.units, 0)
_cover = case((_units > 0, to_type(_product.stock, Float) / _units))
_asked = bindparam("category", type_=String())
KEPT = [
    _product.track_inventory,
    _product.status != ProductStatus.ARCHIVED.value,
    _product.currency == bindparam("currency"),
    # As in the list of products, what lies below a category is part of it.
    (_asked == "")
    | (_product.category == _asked)
    | ((_asked == NOTHING) & (_product.category == ""))
    | (func.substr(_product.category, 1, func.length(_asked) + len(Tree.SEPARATOR)) == _asked + Tree.SEPARATOR),
]
_price, _cost = (to_type(column, BigInteger) for column in (_product.price, _product.cost))
_there = case((_product.stock > 0, to_type(_product.stock, BigInteger)), else_=0)
_low = _product.stock <= _product.low_stock_threshold
_RANKED = planned_by_values(
    select(_product.id, _product.name, _product.sku, _product.category, _product.stock, _product.low_stock_threshold, _units, _price, _cost)
    .outerjoin(_sold, _sold.c.product_id == _product.id)
    .where(*KEPT)
    .limit(bindparam("limit"))
)
_LASTING = _RANKED.where(_product.stock > 0).order_by(_cover.is_(None), _cover, _product.id)
_OUT = _RANKED.where(_product.stock <= 0).order_by(_units.desc(), _product.id)
"""Those that are missed most come first."""


@lru_cache(maxsize=4)
def _since(count: int) -> Any:
    """(product, when its stock was used up for the last time) of some products."""
    moves = table_of(StockMove).c
    order = {"partition_by": moves.product_id, "order_by": (moves.at, moves.id)}
    known = [bindparam(f"id_{index}", type_=String()) for index in range(count)]
    level = func.sum(moves.delta).over(**order)
    after = select(moves.product_id, moves.at, moves.id, level.label("level")).where(moves.product_id.in_(known)).subquery().c
    before = func.lag(after.level, 1, 1).over(partition_by=after.product_id, order_by=(after.at, after.id))
    steps = select(after.product_id, after.at, after.level, before.label("before")).subquery().c
    return select(steps.product_id, func.max(steps.at)).where(steps.level <= 0, steps.before > 0).group_by(steps.product_id)


def _all(amount: Any) -> Any:
    return to_type(func.coalesce(func.sum(amount), 0), BigInteger)


_SUMMARY = select(
    func.count(),
    func.count(case((_low, 1))),
    func.count(case((_product.stock <= 0, 1))),
    _all(_there),
    worth(_there, _price),
    worth(_there, _cost),
    func.count(case((_product.cost.is_(None), 1))),
).where(*KEPT)


async def inventory(end: date, place: Place, *, category: str, limit: int) -> dict[str, Any]:
    """Products whose stock is tracked: those that last, the shortest first, and apart those that are `out`, the most sold first.

    Sales count over the 30 days before `end`.
    """
    window = Window(date.fromordinal(end.toordinal() - SOLD_DAYS), end)
    params = {**days_of(window, place.currency), "category": category}
    counts = await current().database.first(_SUMMARY, {"currency": place.currency, "category": category})
    assert counts is not None
    products, low, out, pieces, at_price, at_cost, without_cost = counts
    lasting = await current().database.fetch(_LASTING, {**params, "limit": limit})
    gone = await current().database.fetch(_OUT, {**params, "limit": limit})
    since = await _used_up([row[0] for row in gone], place)
    return {
        "soldFrom": window.first.isoformat(),
        "soldTo": window.end.isoformat(),
        "currency": place.currency,
        "drills": {key: _drill(stock, place.currency, category) for key, stock in _LISTS.items()},
        "summary": {
            "products": products,
            "low": low,
            "out": out,
            "units": int(pieces),
            "valueAtPrice": money.wire(int(at_price)),
            "valueAtCost": money.wire(int(at_cost)) if products > without_cost else None,
            "productsWithoutCost": without_cost,
        },
        "products": [_row(row, None) for row in lasting],
        "out": [_row(row, since.get(row[0])) for row in gone],
    }


async def _used_up(ids: Sequence[str], place: Place) -> dict[str, str]:
    """The day on which each of some products was sold out; one that has never been there has none."""
    found: dict[str, str] = {}
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        params = {f"id_{index}": part[min(index, len(part) - 1)] for index in range(_CHUNK)}
        rows = await current().database.fetch(_since(_CHUNK), params)
        found |= {key: at.astimezone(place.zone).date().isoformat() for key, at in rows}
    return found


def _drill(stock: str, currency: str, category: str) -> str:
    states = ",".join(status.value for status in ProductStatus if status is not ProductStatus.ARCHIVED)
    narrowing = {"category": category} if category else {}
    return f"/products?{urlencode({**narrowing, 'stock': stock, 'status': states, 'currency': currency, 'sort': 'stock'})}"


def _row(row: Any, since: str | None) -> dict[str, Any]:
    key, name, sku, category, stock, threshold, sold, price, cost = row
    there = max(stock, 0)
    values = (
        key,
        name,
        sku or "",
        category,
        stock,
        threshold,
        stock <= threshold,
        int(sold),
        round(sold / SOLD_DAYS, 4),
        round(there * SOLD_DAYS / sold, 1) if sold > 0 else None,
        money.wire(there * price),
        None if cost is None else money.wire(there * cost),
        since,
    )
    return dict(zip(COLUMNS, values, strict=True))
