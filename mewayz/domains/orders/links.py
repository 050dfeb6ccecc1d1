"""Which orders name which products and customers: who is named has to stay."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Integer, bindparam, delete, insert, select

from mewayz.backend.runtime import current
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.measures import ParsedLine, amounts_of, parse_lines
from mewayz.domains.orders.model import ORDER_PRODUCTS, Order, orders_collection
from mewayz.domains.products.service import products

LINK_COLUMNS = ("product_id", "order_id", "counts")
_t = ORDER_PRODUCTS.c
_orders = orders_collection.table.c
_MOST = bindparam("most", type_=Integer())
_OF_CUSTOMER = select(_orders.id).where(_orders.customer_id == bindparam("id_")).limit(_MOST)
_OF_PRODUCT = select(_t.order_id).where(_t.product_id == bindparam("id_")).limit(_MOST)
_LINK = insert(ORDER_PRODUCTS).values({name: bindparam(name) for name in LINK_COLUMNS})
UNLINK = delete(ORDER_PRODUCTS).where(_t.product_id == bindparam("product_id_"), _t.order_id == bindparam("order_id_"))
Links = set[tuple[str, str, bool]]
"""Rows of ORDER_PRODUCTS: product, order, and whether the product is part of the figures of the order."""


def links_of(order_id: str, kind: str, lines: Sequence[ParsedLine]) -> Links:
    """The links of an order with these lines: each product once."""
    counting = dict[str, bool]()
    for (product_id, _, _), amount in zip(lines, amounts_of(kind, lines), strict=True):
        if product_id:
            counting[product_id] = amount > 0 or counting.get(product_id, False)
    return {(product_id, order_id, counts) for product_id, counts in counting.items()}


def _links(order: Order | None) -> Links:
    return links_of(order.id, order.kind, parse_lines(order.lines)) if order else set()


def unlinked(links: Iterable[tuple[str, str, bool]]) -> list[dict[str, Any]]:
    """What UNLINK binds to take links away."""
    return [{"product_id_": product_id, "order_id_": order_id} for product_id, order_id, _ in sorted(links)]


async def relink(before: Order | None, after: Order | None) -> None:
    """Keep right which products an order names, in the unit of its change."""
    database, had, has = current().database, _links(before), _links(after)
    await database.execute_many(UNLINK, unlinked(had - has))
    await database.execute_many(_LINK, [dict(zip(LINK_COLUMNS, one, strict=True)) for one in sorted(has - had)])


async def _any(orders: Any, named: str, leaving: AbstractSet[str]) -> bool:
    # Of one more than may leave, one stays.
    rows = await current().database.fetch(orders, {"id_": named, "most": len(leaving) + 1})
    return any(row[0] not in leaving for row in rows)


async def _ordered(customer_id: str, leaving: AbstractSet[str]) -> bool:
    return await _any(_OF_CUSTOMER, customer_id, leaving)


async def _sold(product_id: str, leaving: AbstractSet[str]) -> bool:
    return await _any(_OF_PRODUCT, product_id, leaving)


customers.kept_by.append(_ordered)
products.kept_by.append(_sold)
