"""What lies in stock: what runs out, how long the rest lasts, and what it is worth."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import BigInteger, Float, String, bindparam, case, func, select
from sqlalchemy import cast as to_type

from mewayz.backend import money
from mewayz.backend.filters import NOTHING, Tree
from mewayz.backend.runtime import current
from mewayz.domains.analytics.figures import days_of, within
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.sources import Place
from mewayz.domains.orders.rollups import SALES_BY_PRODUCT
from mewayz.domains.products.model import ProductStatus, products_collection

SOLD_DAYS = 30
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
)

_table = products_collection.table
_product = _table.c
_sold = (
    select(SALES_BY_PRODUCT.c.product_id, to_type(func.sum(SALES_BY_PRODUCT.c.units), BigInteger).label("units"))
    .where(*within(SALES_BY_PRODUCT))
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
_ROWS = (
    select(_product.id, _product.name, _product.sku, _product.category, _product.stock, _product.low_stock_threshold, _units, _price, _cost)
    .outerjoin(_sold, _sold.c.product_id == _product.id)
    .where(*KEPT)
    .order_by(_cover.is_(None), _cover, _product.id)
    .limit(bindparam("limit"))
)


def _all(amount: Any) -> Any:
    return to_type(func.coalesce(func.sum(amount), 0), BigInteger)


_SUMMARY = select(
    func.count(),
    func.count(case((_low, 1))),
    func.count(case((_product.stock <= 0, 1))),
    _all(_there),
    _all(_there * _price),
    _all(_there * _cost),
    func.count(case((_product.cost.is_(None), 1))),
).where(*KEPT)


async def inventory(end: date, place: Place, *, category: str, limit: int) -> dict[str, Any]:
    """Products whose stock is tracked, those that run out first; sales count over the 30 days before `end`."""
    window = Window(date.fromordinal(end.toordinal() - SOLD_DAYS), end)
    params = {**days_of(window, place.currency), "category": category}
    counts = await current().database.first(_SUMMARY, {"currency": place.currency, "category": category})
    assert counts is not None
    products, low, out, pieces, at_price, at_cost, without_cost = counts
    rows = await current().database.fetch(_ROWS, {**params, "limit": limit})
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
        "products": [_row(row) for row in rows],
    }


def _drill(stock: str, currency: str, category: str) -> str:
    states = ",".join(status.value for status in ProductStatus if status is not ProductStatus.ARCHIVED)
    narrowing = {"category": category} if category else {}
    return f"/products?{urlencode({**narrowing, 'stock': stock, 'status': states, 'currency': currency, 'sort': 'stock'})}"


def _row(row: Any) -> dict[str, Any]:
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
    )
    return dict(zip(COLUMNS, values, strict=True))
