"""What happens to the pieces of products: reserved by orders, shipped, come back, received and counted anew.

Each verb changes the product and its ledger in the caller's unit. The rules stand in the UPDATE itself, product by product in the order of
ids, so that two orders of the same products never wait for each other in a circle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, update

from mewayz.backend import audit, clock
from mewayz.backend.access import Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.payloads import parse
from mewayz.backend.query import Page, Query
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.products import ledger
from mewayz.domains.products.ledger import MOVES, Change, MoveReason, StockMove, StockMoveCreate
from mewayz.domains.products.model import MAX_STOCK, Product, ProductStatus, for_sale, products_collection

_table = products_collection.table
_delta = bindparam("delta", type_=Integer())
_after = _table.c.stock + _delta
_ENOUGH = (_delta >= 0) | (_after >= 0) | ~_table.c.track_inventory | _table.c.allow_backorders


def _moving(*conditions: Any) -> Any:
    return (
        update(_table)
        .where(_table.c.id == bindparam("id_"), *conditions)
        .values(stock=_after, reserved=_table.c.reserved + bindparam("held"), rev=_table.c.rev + 1, updated_at=bindparam("at"))
        .returning(_table.c.stock)
    )


_TAKE = _moving(_ENOUGH, for_sale("now"))
_ADJUST = _moving(_ENOUGH, _after <= MAX_STOCK)
_MOVE = _moving()


class OutOfStock(Conflict):
    """There are not enough pieces, and backorders are not allowed."""

    code = "products.out_of_stock"


class NotForSale(Conflict):
    """The product is a draft, archived, on sale only later, or deleted."""

    code = "products.not_for_sale"
    default_message = "A product of this order does not exist any more. Remove it from the order."


@dataclass(frozen=True, slots=True)
class Standing:
    """How many pieces there are at a moment: on hand is what lies on the shelf, reserved or not."""

    stock: int
    reserved: int

    @property
    def on_hand(self) -> int:
        """Pieces in the house."""
        return self.stock + self.reserved


class Stock(CrudService[Product]):
    """The verbs of the stock."""

    @allow("orders:create")
    async def take(self, actor: Actor, pieces: Mapping[str, int], *, order_id: str) -> None:
        """Reserve pieces for an order.

        Raises:
            OutOfStock, NotForSale: nothing is reserved then.
        """
        async with unit() as opened:
            changes: list[Change] = []
            for product_id, count in sorted(pieces.items()):
                balance = await _change(_TAKE, product_id, -count, held=count)
                if balance is None:
                    raise await _refusal(product_id, count)
                changes.append(Change(product_id, -count, MoveReason.RESERVATION, balance))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("orders:cancel")
    async def release(self, actor: Actor, pieces: Mapping[str, int], *, order_id: str) -> None:
        """Free the pieces of an order that is cancelled before it ships."""
        await self._give(actor, pieces, MoveReason.RESERVATION, order_id, freed=True)

    @allow("orders:update")
    async def ship(self, actor: Actor, pieces: Mapping[str, int], *, order_id: str) -> None:
        """The goods of an order leave: its reservation ends in a sale, so the stock stays and what is on hand falls."""
        async with unit() as opened:
            changes: list[Change] = []
            for product_id, count in sorted(pieces.items()):
                balance = await _change(_MOVE, product_id, 0, held=-count)
                if balance is not None:
                    changes.append(Change(product_id, count, MoveReason.RESERVATION, balance + count))
                    changes.append(Change(product_id, -count, MoveReason.SALE, balance))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("orders:update")
    async def put_back(self, actor: Actor, pieces: Mapping[str, int], *, order_id: str) -> None:
        """Goods of an order came back; what has been deleted meanwhile is skipped."""
        await self._give(actor, pieces, MoveReason.RETURN, order_id, freed=False)

    async def _give(self, actor: Actor, pieces: Mapping[str, int], reason: MoveReason, order_id: str, *, freed: bool) -> None:
        async with unit() as opened:
            changes: list[Change] = []
            for product_id, count in sorted(pieces.items()):
                balance = await _change(_MOVE, product_id, count, held=-count if freed else 0)
                if balance is not None:
                    changes.append(Change(product_id, count, reason, balance))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("stock:update")
    async def adjust(self, actor: Actor, document_id: str, data: Mapping[str, Any]) -> StockMove:
        """Receive pieces, take some back, or correct the number, by hand.

        Raises:
            NotFound. Invalid: the stock would fall below zero where that is not allowed.
        """
        wanted = parse(StockMoveCreate, data)
        async with unit() as opened:
            before = await self.collection.get(document_id, lock=True)
            balance = await _change(_ADJUST, document_id, wanted.delta)
            if balance is None:
                raise Invalid(fields={"delta": _impossible(before.stock, wanted.delta)})
            changes = [Change(document_id, wanted.delta, MoveReason(wanted.reason), balance)]
            moves = await ledger.write(actor, changes, note=wanted.note)
            audit.record(opened, "products.stock_adjusted", document_id, {"after": wire(moves[0])})
            opened.touch(self.noun)
        return moves[0]

    @allow("stock:read")
    async def moves(self, actor: Actor, document_id: str, query: Query) -> tuple[Page, Standing]:
        """One page of a product's ledger, the latest first, and its stock: now, or at the moment that the query names.

        Raises:
            NotFound.
        """
        product = await self.collection.get(document_id)
        page = await MOVES.page(current().database, query, {"product_id": product.id})
        at: datetime | None = query.filters.get("at")
        if at is None:
            return page, Standing(product.stock, product.reserved)
        return page, Standing(*await ledger.sums(product.id, at))


async def _change(statement: Any, product_id: str, delta: int, *, held: int = 0) -> int | None:
    """The stock after the change; None when the conditions of the statement do not hold."""
    now = clock.now()
    return await current().database.value(statement, {"id_": product_id, "delta": delta, "held": held, "at": now, "now": now})


async def _refusal(product_id: str, count: int) -> Conflict:
    """Why pieces could not be taken."""
    try:
        product = await products_collection.get(product_id)
    except NotFound:
        return NotForSale()
    if product.for_sale_at(clock.now()):
        return OutOfStock(f"Only {max(product.stock, 0)} of “{product.name}” are left. Order fewer.")
    later = product.status == ProductStatus.SCHEDULED
    return NotForSale(f"“{product.name}” is not for sale{' yet' if later else ''}. Remove it from the order.")


def _impossible(stock: int, delta: int) -> str:
    if delta > 0:
        return f"The stock can be at most {MAX_STOCK:,}."
    return f"There are only {max(stock, 0):,}, and backorders are not allowed. Enter {-max(stock, 0):,} or more."
