"""The orders of customers who are merged into one: they move, with their figures, and can be given back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel

from mewayz.backend import clock
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.customers.merging import merges
from mewayz.domains.customers.model import Customer
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.rollups import Deltas
from mewayz.domains.orders.totals import recount

_BATCH = 200
_orders = orders_collection.table
MOVED_ORDERS = Table(
    "moved_orders",
    SQLModel.metadata,
    Column("merge_id", String, ForeignKey("customer_merges.id", ondelete="CASCADE"), primary_key=True),
    Column("order_id", String, primary_key=True),
    Column("customer_name", String, nullable=False),
)
"""Which orders a merge has moved, and how each named its customer before."""
_moved = MOVED_ORDERS.c

_COUNT = select(func.count()).where(_orders.c.customer_id == bindparam("customer"))
_HOLD = select(_orders.c.id).where(_orders.c.customer_id == bindparam("customer")).order_by(_orders.c.id).with_for_update()
# Locked once more: some may have been placed until the customer was held.
_OF_CUSTOMER = (
    select(*_orders.columns).where(_orders.c.customer_id == bindparam("customer")).order_by(_orders.c.id).limit(_BATCH).with_for_update()
)
_TO_GIVE_BACK = (
    select(*_orders.columns, _moved.customer_name)
    .join(MOVED_ORDERS, _moved.order_id == _orders.c.id)
    .where(_moved.merge_id == bindparam("merge"), _orders.c.customer_id == bindparam("customer"))
    .order_by(_orders.c.id)
    .limit(_BATCH)
    .with_for_update(of=_orders)
)
_REMEMBER = insert(MOVED_ORDERS).values({name: bindparam(name) for name in ("merge_id", "order_id", "customer_name")})
_REMEMBERED = select(func.count()).where(_moved.merge_id == bindparam("merge"))
_FORGET = delete(MOVED_ORDERS).where(_moved.merge_id == bindparam("merge"))
_MOVE = (
    update(_orders)
    .where(_orders.c.id == bindparam("id_"))
    .values(
        customer_id=bindparam("customer"),
        customer_name=bindparam("name"),
        rev=_orders.c.rev + 1,
        updated_at=bindparam("at", type_=_orders.c.updated_at.type),
    )
)


class OrdersFollow:
    """Orders, as what names customers."""

    async def count(self, customer_id: str) -> int:
        """How many orders and returns name this customer."""
        return await current().database.value(_COUNT, {"customer": customer_id})

    async def hold(self, customer_id: str) -> None:
        """Let nobody else change them until the unit ends."""
        await current().database.fetch(_HOLD, {"customer": customer_id})

    async def move(self, merge_id: str, removed: Customer, kept: Customer) -> int:
        """Give all orders of `removed` to `kept`; totals and rollups follow."""
        database, moved = current().database, 0
        while rows := await database.fetch(_OF_CUSTOMER, {"customer": removed.id}):
            batch = [orders_collection.build(row) for row in rows]
            remembered = [{"merge_id": merge_id, "order_id": one.id, "customer_name": one.customer_name} for one in batch]
            await database.execute_many(_REMEMBER, remembered)
            await _hand_over(batch, kept.id, [kept.name] * len(batch))
            moved += len(batch)
        await _recount(kept)
        return moved

    async def move_back(self, merge_id: str, removed: Customer, kept: Customer) -> tuple[int, int]:
        """Give back the moved orders that are still there and still `kept`'s; how many, and how many are not."""
        database, moved = current().database, 0
        remembered = await database.value(_REMEMBERED, {"merge": merge_id})
        while rows := await database.fetch(_TO_GIVE_BACK, {"merge": merge_id, "customer": kept.id}):
            batch = [orders_collection.build(row[:-1]) for row in rows]
            await _hand_over(batch, removed.id, [row[-1] for row in rows])
            moved += len(batch)
        await database.execute(_FORGET, {"merge": merge_id})
        await _recount(kept, removed)
        return moved, remembered - moved


async def _hand_over(batch: Sequence[Order], customer_id: str, names: Sequence[str]) -> None:
    """Make these orders a customer's: counted out with the old one, and in with the new one."""
    zone, deltas, now = (await shop()).zone, Deltas(), clock.now()
    moves: list[dict[str, Any]] = []
    for order, name in zip(batch, names, strict=True):
        deltas.add(order, zone, -1)
        order.customer_id = customer_id
        deltas.add(order, zone)
        moves.append({"id_": order.id, "customer": customer_id, "name": name, "at": now})
    async with unit() as opened:
        await current().database.execute_many(_MOVE, moves)
        await deltas.write(opened)
        opened.touch("orders")


async def _recount(*customers: Customer) -> None:
    async with unit() as opened:
        await recount(opened, (one.id for one in customers))


merges.followers.append(OrdersFollow())
