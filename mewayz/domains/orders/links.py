"""Which orders name which products and customers: who is named has to stay."""

from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import Integer, bindparam, delete, insert, select

from mewayz.backend.runtime import current
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import ORDER_PRODUCTS, Order, orders_collection
from mewayz.domains.products.service import products

_t = ORDER_PRODUCTS.c
_orders = orders_collection.table.c
_MOST = bindparam("most", type_=Integer())
_OF_CUSTOMER = select(_orders.id).where(_orders.customer_id == bindparam("id_")).limit(_MOST)
_OF_PRODUCT = select(_t.order_id).where(_t.product_id == bindparam("id_")).limit(_MOST)
_LINK = insert(ORDER_PRODUCTS).values(product_id=bindparam("product_id"), order_id=bindparam("order_id"))
UNLINK = delete(ORDER_PRODUCTS).where(_t.product_id == bindparam("product_id_"), _t.order_id == bindparam("order_id_"))


def product_ids(order: Order | None) -> list[str]:
    """The products of an order, each once."""
    return list(dict.fromkeys(line["productId"] for line in order.lines if line["productId"])) if order else []


async def relink(before: Order | None, after: Order | None) -> None:
    """Keep right which products an order names, in the unit of its change."""
    database, had, has = current().database, product_ids(before), product_ids(after)
    if after is not None:
        await database.execute_many(_LINK, [{"product_id": one, "order_id": after.id} for one in has if one not in had])
    if before is not None:
        await database.execute_many(UNLINK, [{"product_id_": one, "order_id_": before.id} for one in had if one not in has])


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
