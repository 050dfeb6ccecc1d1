"""Placing and removing many historical orders at once: the same rows, rollups and totals as one by one, without a trail for each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, String, bindparam, case, delete, func, or_, type_coerce, update

from mewayz.backend import money
from mewayz.backend.runtime import current
from mewayz.backend.shop import Shop
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.links import LINK_COLUMNS, UNLINK, links_of, unlinked
from mewayz.domains.orders.measures import Head, ParsedLine, goods_of, parse_lines
from mewayz.domains.orders.model import ORDER_PRODUCTS, Order, OrderKind, OrderStatus, orders_collection
from mewayz.domains.orders.rollups import Deltas
from mewayz.domains.orders.totals import recount

_customers = customers_collection.table


def _amount(name: str) -> Any:
    return type_coerce(bindparam(name, type_=BigInteger), BigInteger)


def _bump(*, sqlite: bool) -> Any:
    """Add a batch to a customer's totals; SQLite's scalar min() and max() are PostgreSQL's least() and greatest()."""
    least, greatest = (func.min, func.max) if sqlite else (func.least, func.greatest)
    table = _customers.c
    first = bindparam("first", type_=table.first_order_at.type)
    last = bindparam("last", type_=table.last_order_at.type)
    currency = bindparam("first_currency", type_=String())
    return (
        update(_customers)
        .where(table.id == bindparam("id_"))
        .values(
            orders_count=table.orders_count + bindparam("orders"),
            total_spent=type_coerce(table.total_spent, BigInteger) + _amount("spent"),
            total_returned=type_coerce(table.total_returned, BigInteger) + _amount("returned"),
            first_order_at=func.coalesce(least(table.first_order_at, first), table.first_order_at, first),
            last_order_at=func.coalesce(greatest(table.last_order_at, last), table.last_order_at, last),
            first_currency=case(
                (or_(table.first_order_at.is_(None), first < table.first_order_at), currency),
                # Of several at the same moment, the first by name: whatever the order in which they come.
                (first == table.first_order_at, least(table.first_currency, currency)),
                else_=table.first_currency,
            ),
        )
    )


_CHANGE = (
    update(orders_collection.table)
    .where(orders_collection.table.c.id == bindparam("id_"))
    .values({name: bindparam(name) for name in orders_collection.names if name != "id"})
)
_DELETE = delete(orders_collection.table).where(orders_collection.table.c.id == bindparam("id_"))
_BUMPS = {sqlite: _bump(sqlite=sqlite) for sqlite in (True, False)}


class NewOrder(NamedTuple):
    """An order that is known to be new and complete.

    Attributes:
        row: its columns; what is missing has the default of the document.
        lines: its lines, parsed once more for the figures.
    """

    row: dict[str, Any]
    lines: Sequence[ParsedLine]


_EACH = ("id", "created_at", "updated_at", "placed_at")  # what no two rows have in common
_DEFAULTS = {
    name: field.get_default(call_default_factory=True)
    for name, field in Order.model_fields.items()
    if not field.is_required() and name not in _EACH
}


class Placing:
    """Historical orders with all that follows from them, ready to be written. It is made without the database, so in any thread."""

    def __init__(self, batch: Sequence[NewOrder], place: Shop) -> None:
        """Work out what will be written in this shop."""
        database, zone = current().database, place.zone
        deltas = Deltas()
        links: list[tuple[str, str, bool]] = []
        totals: dict[str, dict[str, Any]] = {}
        rows: list[dict[str, Any]] = []
        for given, lines in batch:
            row = {**_DEFAULTS, **given, "goods": money.from_units(goods_of(given["kind"], lines))}
            rows.append(row)
            _add(deltas, row, lines, zone)
            if row["status"] != OrderStatus.CANCELLED and row["customer_id"]:
                _count(totals.setdefault(row["customer_id"], {}), row, place.currency)
            links += links_of(row["id"], row["kind"], lines)
        self._rows = orders_collection.bound(rows)
        self._links = sorted(links)  # neighbours in the table are written together
        self._deltas = deltas.rows(sqlite=database.sqlite)
        self._totals = [{"id_": key, **value} for key, value in sorted(totals.items())]

    async def write(self) -> None:
        """Insert them, in one unit.

        Raises:
            Conflict: an order number is taken; nothing of the batch is saved.
        """
        database = current().database
        async with unit() as opened:
            await orders_collection.add_bound(self._rows)
            await database.copy(ORDER_PRODUCTS.name, LINK_COLUMNS, self._links)
            await self._deltas.write(opened)
            await database.execute_many(_BUMPS[database.sqlite], self._totals)
            opened.touch("customers")


async def place_many(batch: Sequence[NewOrder], place: Shop) -> None:
    """Insert historical orders of the shop with all that follows from them, in one unit.

    Raises:
        Conflict: an order number is taken; nothing of the batch is saved.
    """
    placing = await asyncio.to_thread(Placing, batch, place)
    await placing.write()


def _add(deltas: Deltas, row: Mapping[str, Any], lines: Sequence[ParsedLine], zone: ZoneInfo) -> None:
    if row["status"] != OrderStatus.CANCELLED:
        head = Head(row["kind"], row["currency"], row["country"], row["customer_id"])
        deltas.add_lines(head, lines, money.to_units(row["discount"]), row["placed_at"].astimezone(zone).date())


async def change_many(batch: Sequence[tuple[Order, NewOrder]], zone: ZoneInfo) -> None:
    """Make historical orders something else, with all that follows from it. The caller's unit holds them as they are given here.

    Args:
        batch: each order, and what it becomes, with all columns.
        zone: of the shop.
    """
    database = current().database
    deltas = Deltas()
    rows: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    links: list[tuple[str, str, bool]] = []
    for before, (given, lines) in batch:
        row = {**given, "id_": before.id, "goods": money.from_units(goods_of(given["kind"], lines))}
        rows.append(row)
        deltas.add(before, zone, -1)
        _add(deltas, row, lines, zone)
        had, has = links_of(before.id, before.kind, parse_lines(before.lines)), links_of(before.id, row["kind"], lines)
        gone += unlinked(had - has)
        links += has - had
    async with unit() as opened:
        await database.execute_many(_CHANGE, rows)
        await database.execute_many(UNLINK, gone)
        await database.copy(ORDER_PRODUCTS.name, LINK_COLUMNS, sorted(links))
        await deltas.write(opened)
        await recount(opened, [customer for before, after in batch for customer in (before.customer_id, after.row["customer_id"])])
        opened.touch("orders")


async def remove_many(batch: Sequence[Order], zone: ZoneInfo) -> set[str]:
    """Delete orders with all that follows from them, and return the customers whose totals are to be recounted.

    The caller's unit holds them as they are given here. Stock is not touched: historical orders have moved none.
    """
    database = current().database
    deltas = Deltas()
    links: list[dict[str, Any]] = []
    for order in batch:
        deltas.add(order, zone, -1)
        links += unlinked(links_of(order.id, order.kind, parse_lines(order.lines)))
    async with unit() as opened:
        await database.execute_many(_DELETE, [{"id_": order.id} for order in batch])
        await database.execute_many(UNLINK, links)
        await deltas.write(opened)
        opened.touch("orders")
    return {order.customer_id for order in batch if order.customer_id}


def _count(total: dict[str, Any], row: dict[str, Any], currency: str) -> None:
    """Add an order to what a batch adds to its customer; amounts in another currency than the shop's are not added up."""
    if not total:
        total.update(orders=0, spent=0, returned=0, first=None, last=None, first_currency="")
    units = money.to_units(row["total"]) if row["currency"] == currency else 0
    if row["kind"] == OrderKind.RETURN:
        total["returned"] -= units
        return
    placed_at = row["placed_at"]
    total["orders"] += 1
    total["spent"] += units
    # Who has only been given samples has not bought yet.
    if row["goods"] > 0 and (total["first"] is None or (placed_at, row["currency"]) < (total["first"], total["first_currency"])):
        total |= {"first": placed_at, "first_currency": row["currency"]}
    total["last"] = max(total["last"] or placed_at, placed_at)
