"""How long what lies in stock has been there: first in, first out, from the ledger of the stock.

What is left of a product are the pieces that came last: its layers are its latest receipts, corrections upwards and returns, back to the
one that fills its stock. A reservation takes the oldest pieces, and brings in none when it is given free. What is sold before it has come
is filled by the next receipt, so a stock below zero has no layer.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import BigInteger, bindparam, case, func, select
from sqlalchemy import cast as to_type

from mewayz.backend import money
from mewayz.backend.columns import UtcTime, table_of
from mewayz.backend.runtime import current
from mewayz.backend.shop import start_of_day
from mewayz.domains.analytics.figures import wide, worth
from mewayz.domains.analytics.goods import products_named
from mewayz.domains.analytics.inventory import KEPT
from mewayz.domains.analytics.questions import AGES
from mewayz.domains.analytics.sources import Place
from mewayz.domains.products.ledger import MoveReason, StockMove
from mewayz.domains.products.model import products_collection

LIMITS = (30, 60, 90, 180)
COLUMNS = ("id", "name", "sku", "category", "units", "valueAtCost", "lastIn", "firstIn")
PAGE = "/analytics/ageing"

_moves, _products = table_of(StockMove).c, products_collection.table.c
_until = bindparam("until", type_=UtcTime())
_stock = (
    select(_moves.product_id, to_type(func.sum(_moves.delta), BigInteger).label("stock"))
    .where(_moves.at < _until)
    .group_by(_moves.product_id)
    .subquery()
)
_comes_in = (_moves.delta > 0) & (_moves.reason != MoveReason.RESERVATION.value)
_pieces = case((_comes_in, _moves.delta), else_=0)
_up_to_here = func.sum(_pieces).over(partition_by=_moves.product_id, order_by=(_moves.at.desc(), _moves.id.desc()))
# One pass over the ledger: joined as two tables, SQLite would compare each with each.
_came = (
    select(
        _moves.product_id,
        _moves.at,
        _pieces.label("delta"),
        (to_type(_up_to_here, BigInteger) - _pieces).label("newer"),
        to_type(func.sum(_moves.delta).over(partition_by=_moves.product_id), BigInteger).label("stock"),
    )
    .where(_moves.at < _until)
    .subquery()
)
_left = _came.c.stock - _came.c.newer
_age = case(*((_came.c.at >= bindparam(f"since_{limit}", type_=UtcTime()), index) for index, limit in enumerate(LIMITS)), else_=len(LIMITS))
_cost = to_type(_products.cost, BigInteger)
_layers = (
    select(
        _products.id.label("id"),
        _came.c.at.label("at"),
        _age.label("age"),
        case((_left < _came.c.delta, _left), else_=_came.c.delta).label("units"),
        _cost.label("cost"),
    )
    .join(_came, _came.c.product_id == _products.id)
    .where(*KEPT, _left > 0, _came.c.delta > 0)
    .subquery()
)


def _all(amount: Any) -> Any:
    return to_type(func.coalesce(func.sum(amount), 0), BigInteger)


_BY_AGE = select(
    _layers.c.age,
    _all(_layers.c.units),
    worth(_layers.c.units, _layers.c.cost),
    func.count(func.distinct(_layers.c.id)),
    _all(case((_layers.c.cost.is_(None), _layers.c.units), else_=0)),
).group_by(_layers.c.age)
_SHORT = (
    select(_all(-_stock.c.stock))
    .select_from(products_collection.table.join(_stock, _stock.c.product_id == _products.id))
    .where(*KEPT, _stock.c.stock < 0)
)


@lru_cache(maxsize=2)
def _rows(one_age: bool) -> Any:
    layers = _layers.c
    units = _all(layers.units)
    return (
        select(layers.id, units, layers.cost, func.max(layers.at), func.min(layers.at))
        .where(*([layers.age == bindparam("age")] if one_age else []))
        .group_by(layers.id, layers.cost)
        .order_by(func.coalesce(wide(units) * layers.cost, 0).desc(), units.desc(), layers.id)
        .limit(bindparam("limit"))
    )


async def ageing(day: date, place: Place, *, age: str, category: str, limit: int) -> dict[str, Any]:
    """The stock at the end of a day by the days that it has been there, and the products, those that tie up most money first."""
    params: dict[str, Any] = {
        "until": start_of_day(day + timedelta(days=1), place.zone),
        "currency": place.currency,
        "category": category,
        **{f"since_{days}": start_of_day(day - timedelta(days=days), place.zone) for days in LIMITS},
    }
    database = current().database
    found = {row[0]: row[1:] for row in await database.fetch(_BY_AGE, params)}
    short = await database.value(_SHORT, {name: params[name] for name in ("until", "currency", "category")})
    chosen = {"age": AGES.index(age)} if age else {}
    rows = await database.fetch(_rows(bool(age)), {**params, **chosen, "limit": limit})
    known = await products_named([row[0] for row in rows])
    narrowing = {"category": category} if category else {}
    ages = [_entry(name, found.get(index, (0, 0, 0, 0)), day, narrowing) for index, name in enumerate(AGES)]
    return {
        "asOf": day.isoformat(),
        "timezone": place.zone.key,
        "currency": place.currency,
        "age": age,
        "units": sum(entry["units"] for entry in ages),
        "unitsShort": int(short),
        "valueAtCost": money.wire(sum(int(row[1]) for row in found.values())),
        "ages": ages,
        "products": [_row(row, known[row[0]], place) for row in rows],
    }


def _entry(name: str, row: Sequence[Any], day: date, narrowing: Mapping[str, str]) -> dict[str, Any]:
    units, value, count, without_cost = (int(one) for one in row)
    return {
        "age": name,
        "units": units,
        "valueAtCost": money.wire(value),
        "products": count,
        "unitsWithoutCost": without_cost,
        "drill": f"{PAGE}?{urlencode({**narrowing, 'to': (day + timedelta(days=1)).isoformat(), 'age': name})}",
    }


def _row(row: Any, product: tuple[str, str, str], place: Place) -> dict[str, Any]:
    key, units, cost, last, first = row
    value = None if cost is None else money.wire(int(units) * int(cost))
    days = [moment.astimezone(place.zone).date().isoformat() for moment in (last, first)]
    return dict(zip(COLUMNS, (key, *product, int(units), value, *days), strict=True))
