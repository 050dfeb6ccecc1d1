"""What a list of orders comes to: the figure of a chart, added up once more from the list that it opens."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Date, String, bindparam, case, cast, func, select, type_coerce
from typing_extensions import override

from mewayz.backend import money
from mewayz.backend.access import Actor, allow
from mewayz.backend.collection import Restriction
from mewayz.backend.crud import CrudService
from mewayz.backend.listing import COUNT_BOUND
from mewayz.backend.query import Query
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop, start_of_day
from mewayz.domains.customers.accounts import check_plan
from mewayz.domains.orders.measures import NOTHING, Measures, lines_measures, parse_lines
from mewayz.domains.orders.model import ORDERS, Order, OrderKind, OrderStatus, orders_collection
from mewayz.domains.orders.rollups import SALES_BY_PRODUCT
from mewayz.domains.products.model import products_collection

_SECONDS = 30
_BY_GOODS = ("product", "category", "sold", "soldCategory")
_KEPT = frozenset({*_BY_GOODS, "figure", "from", "to", "country", "currency"})
_orders, _products = orders_collection.table.c, products_collection.table.c
_counts = (_orders.status != OrderStatus.CANCELLED.value) & (_orders.currency == bindparam("counted_in", type_=String()))
_sale = _counts & (_orders.kind == OrderKind.SALE.value)
_goods, _discount = (type_coerce(column, BigInteger) for column in (_orders.goods, _orders.discount))


def _all(amount: Any) -> Any:
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)


_SUMS = (
    _all(case((_sale, _goods))),
    _all(case((_counts & (_orders.kind == OrderKind.RETURN.value), _goods))),
    _all(case((_counts, _discount))),
    func.count(case((_sale & (_goods > 0), 1))),
    func.count(func.distinct(case((_sale & (_goods > 0), _orders.customer_id)))),
    func.count(),
)


@dataclass(frozen=True)
class Worth:
    """What a list of orders comes to, in one currency.

    Attributes:
        items: entries of the list, whatever they count for.
        orders, buyers: those that count as sales, and their customers.
        gross, returns, discounts: None where too many lines would have to be read, or what is kept does not tell.
    """

    currency: str
    items: int
    orders: int
    buyers: int
    gross: int | None
    returns: int | None
    discounts: int | None

    def wire(self) -> dict[str, Any]:
        """As REST carries it."""
        parts = {"gross": self.gross, "returns": self.returns, "discounts": self.discounts}
        gross, *less = parts.values()
        net = None if gross is None or None in less else gross - sum(value or 0 for value in less)
        amounts = {name: None if value is None else money.wire(value) for name, value in {**parts, "net": net}.items()}
        return {"currency": self.currency, "items": self.items, "orders": self.orders, "buyers": self.buyers, **amounts}


class OrderWorth(CrudService[Order]):
    """The verb that adds a list up."""

    @override
    async def _resolved(self, actor: Actor, query: Query) -> Query:
        check_plan(actor, query.filters)
        return query

    @allow("read")
    async def worth(self, actor: Actor, query: Query) -> Worth:
        """What the orders of a list come to, as far as the actor may see them.

        Amounts are of the lines that count as sales or returns. With a product or category in the query, only its lines do.
        """
        restriction = self._restriction(actor, "read")
        query = await self._resolved(actor, query)
        place = await shop()
        currency = query.filters.get("currency") or place.currency

        async def load() -> Worth:
            database = current().database
            row = await ORDERS.add_up(database, query, _SUMS, {"counted_in": currency}, restriction)
            gross, returns, discounts, orders, buyers, items = (int(value) for value in row)
            if not query.filters.keys() & set(_BY_GOODS):
                return Worth(currency, items, orders, buyers, gross, returns, discounts)
            figure = query.filters.get("figure")
            kept = not restriction and not query.search and query.filters.keys() <= _KEPT and _whole_days(query, place.zone)
            if kept:
                measures = await _kept(query, currency, place.zone)
            else:
                measures = await _read(query, currency, restriction) if items <= COUNT_BOUND else None
            if measures is None:
                return Worth(currency, items, orders, buyers, None, None, None)
            # The sums do not keep apart which of a product's sales and returns had a discount.
            apart = not kept or figure != "discounts"
            sold = (measures.gross if figure != "returns" else 0) if apart else None
            back = (measures.returns if figure not in ("sales", "guests") else 0) if apart else None
            less = None if kept and figure in ("sales", "returns") else measures.discounts
            # A line of a product may be free of charge in an order that is not.
            orders = measures.orders if "product" in query.filters else orders
            return Worth(currency, items, orders, buyers, sold, back, less)

        key = ["worth", restriction, query.filters, query.search, currency]
        also = ("products", "customers", *(("users",) if "plan" in query.filters else ()))
        kept = await current().cache.remember(self.noun, key, ttl=_SECONDS, also=also, compute=lambda: _plain(load))
        return Worth(**kept)


async def _plain(load: Any) -> dict[str, Any]:
    return vars(await load())


def _whole_days(query: Query, zone: Any) -> bool:
    moments = [query.filters[name].astimezone(zone) for name in ("from", "to") if name in query.filters]
    return query.filters.get("figure") != "guests" and all(one == start_of_day(one.date(), zone) for one in moments)


@cache
def _of_goods(names: frozenset[str]) -> Any:
    table = SALES_BY_PRODUCT.c

    def of_category(name: str) -> Any:
        return func.coalesce(_products.category, "") == bindparam(name, type_=String())

    conditions = {
        "product": table.product_id == bindparam("product"),
        "sold": table.product_id == bindparam("sold"),
        "country": table.country == bindparam("country", type_=String()),
        "from": table.day >= bindparam("from", type_=Date),
        "to": table.day < bindparam("to", type_=Date),
        "category": of_category("category"),
        "soldCategory": of_category("soldCategory"),
    }
    by_category = names & {"category", "soldCategory"}
    rows = SALES_BY_PRODUCT.outerjoin(products_collection.table, _products.id == table.product_id) if by_category else SALES_BY_PRODUCT
    found = select(_all(table.gross), _all(table.returns), _all(table.orders), _all(table.discounts)).select_from(rows)
    return found.where(table.currency == bindparam("currency"), *(conditions[name] for name in sorted(names)))


async def _kept(query: Query, currency: str, zone: Any) -> Measures:
    """From the sums by product."""
    names = frozenset(query.filters) - {"figure", "currency"}
    values = {name: query.filters[name] for name in names}
    params = {name: value.astimezone(zone).date() if isinstance(value, datetime) else value for name, value in values.items()}
    row = await current().database.first(_of_goods(names), {**params, "currency": currency})
    assert row is not None
    gross, returns, orders, discounts = map(int, row)
    return Measures(gross, returns, orders, discounts=discounts)


async def _read(query: Query, currency: str, restriction: Restriction) -> Measures:
    """From the lines themselves: for one person's own orders, and for filters that no sums are kept by."""
    database, whole = current().database, NOTHING
    wanted = await _wanted(query)
    async for rows in ORDERS.stream(database, query, restriction):
        found = await orders_collection.find_ids(row["id"] for row in rows)
        for order in found.values():
            if not order.counts or order.currency != currency:
                continue
            mine = NOTHING
            measured = lines_measures(order.kind, parse_lines(order.lines), money.to_units(order.discount))
            for line, part in zip(order.lines, measured, strict=True):
                if line["productId"] and wanted(line["productId"]):
                    mine = mine.plus(part)
            whole = whole.plus(mine._replace(orders=int(mine.gross > 0)))
    return whole


async def _wanted(query: Query) -> Any:
    """Whether a product's lines count."""
    ids = {query.filters[name] for name in ("product", "sold") if name in query.filters}
    names = {query.filters[name] for name in ("category", "soldCategory") if name in query.filters}
    if not names:
        return lambda key: ids == {key}
    rows = await current().database.fetch(select(_products.id, _products.category))
    known = dict(rows)
    return lambda key: names == {known.get(key, "")} and ids <= {key}
