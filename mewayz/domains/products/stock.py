"""What happens to the pieces of products: reserved by orders, shipped, come back, received and counted anew.

Each verb changes the product and its ledger in the caller's unit. What is moved is a product without variants, or a variant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mewayz.backend import audit, clock
from mewayz.backend.access import Actor, allow
from mewayz.backend.amounts import counted
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import wire
from mewayz.backend.errors import Invalid
from mewayz.backend.payloads import parse
from mewayz.backend.query import Page, Query
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.products import ledger, variants
from mewayz.domains.products.ledger import MOVES, Change, Item, MoveReason, StockMove, StockMoveCreate
from mewayz.domains.products.model import MAX_STOCK, Product
from mewayz.domains.products.pieces import Pieces, Rule, in_order, misnamed, move, refusal


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
    async def take(self, actor: Actor, pieces: Pieces, *, order_id: str) -> None:
        """Reserve pieces for an order.

        Raises:
            OutOfStock, NotForSale, UnknownVariant: nothing is reserved then.
        """
        async with unit() as opened:
            changes: list[Change] = []
            for item, count in in_order(pieces):
                moved = await move(Rule.TAKE, item, -count, held=count)
                if moved is None:
                    raise await refusal(item, count)
                changes.append(Change(item, -count, MoveReason.RESERVATION, *moved))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("orders:cancel")
    async def release(self, actor: Actor, pieces: Pieces, *, order_id: str) -> None:
        """Free the pieces of an order that is cancelled before it ships."""
        await self._give(actor, pieces, MoveReason.RESERVATION, order_id, freed=True)

    @allow("orders:update")
    async def ship(self, actor: Actor, pieces: Pieces, *, order_id: str) -> None:
        """The goods of an order leave: its reservation ends in a sale, so the stock stays and what is on hand falls."""
        async with unit() as opened:
            changes: list[Change] = []
            for item, count in in_order(pieces):
                moved = await move(Rule.MOVE, item, 0, held=-count)
                if moved is not None:
                    changes.append(Change(item, count, MoveReason.RESERVATION, moved.balance + count, moved.variant))
                    changes.append(Change(item, -count, MoveReason.SALE, *moved))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("orders:update")
    async def put_back(self, actor: Actor, pieces: Pieces, *, order_id: str) -> None:
        """Goods of an order came back; what has been deleted meanwhile is skipped."""
        await self._give(actor, pieces, MoveReason.RETURN, order_id, freed=False)

    async def _give(self, actor: Actor, pieces: Pieces, reason: MoveReason, order_id: str, *, freed: bool) -> None:
        async with unit() as opened:
            changes: list[Change] = []
            for item, count in in_order(pieces):
                moved = await move(Rule.MOVE, item, count, held=-count if freed else 0)
                if moved is not None:
                    changes.append(Change(item, count, reason, *moved))
            await ledger.write(actor, changes, order_id=order_id)
            opened.touch(self.noun)

    @allow("stock:update")
    async def adjust(self, actor: Actor, document_id: str, data: Mapping[str, Any]) -> StockMove:
        """Receive pieces, take some back, or correct the number, by hand.

        Raises:
            NotFound. Invalid: the stock would fall below zero where that is not allowed, or it is not said of which variant.
        """
        wanted = parse(StockMoveCreate, data)
        async with unit() as opened:
            before = await self.collection.get(document_id, lock=True)
            if wrong := misnamed(before, wanted.variant_id):
                raise Invalid(fields={"variantId": wrong})
            item = Item(document_id, wanted.variant_id)
            moved = await move(Rule.ADJUST, item, wanted.delta)
            if moved is None:
                variant = variants.find(before.variants, wanted.variant_id)
                raise Invalid(fields={"delta": _impossible(variant["stock"] if variant else before.stock, wanted.delta)})
            changes = [Change(item, wanted.delta, MoveReason(wanted.reason), *moved)]
            moves = await ledger.write(actor, changes, note=wanted.note)
            audit.record(opened, "products.stock_adjusted", document_id, {"after": wire(moves[0])})
            opened.touch(self.noun)
        return moves[0]

    @allow("stock:read")
    async def moves(self, actor: Actor, document_id: str, query: Query) -> tuple[Page, Standing]:
        """One page of a product's ledger, the latest first, and its stock: now, or at the moment that the query names.

        Both are those of one variant where the query names it, also of one that has been removed.

        Raises:
            NotFound.
        """
        product = await self.collection.get(document_id)
        page = await MOVES.page(current().database, query, {"product_id": product.id})
        at: datetime | None = query.filters.get("at")
        item = Item(product.id, query.filters.get("variantId"))
        if at is None and item.variant_id is None:
            return page, Standing(product.stock, product.reserved)
        return page, Standing(*await ledger.sums(item, at or clock.now()))


def _impossible(stock: int, delta: int) -> str:
    if delta > 0:
        return f"The stock can be at most {counted(MAX_STOCK)}."
    return f"There are only {counted(max(stock, 0))}, and backorders are not allowed. Enter {counted(-max(stock, 0))} or more."
