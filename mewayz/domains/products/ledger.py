"""The ledger of the stock: one entry for every change of it, never changed afterwards.

`Product.stock` is the sum of a product's entries, and `Product.reserved` what of it reservations hold back; those of a variant likewise,
of the entries that name it. All change in the same transaction as the entries are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field
from sqlalchemy import BigInteger, Index, bindparam, case, cast, func, insert, select
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.columns import UtcTime, table_of
from mewayz.backend.documents import Entry
from mewayz.backend.filters import Choice, Equals
from mewayz.backend.listing import ListSpec
from mewayz.backend.payloads import Optional, Payload, WholeNumber
from mewayz.backend.ranges import Moment
from mewayz.backend.runtime import current
from mewayz.backend.table_columns import Column
from mewayz.domains.products.model import MAX_STOCK, Product

OPENING = "Opening stock"


class MoveReason(StrEnum):
    """Why pieces came or went. A reservation takes them back for an order, and gives them free when it ships or is cancelled."""

    SALE = "sale"
    RETURN = "return"
    RECEIPT = "receipt"
    CORRECTION = "correction"
    RESERVATION = "reservation"


class ReasonByHand(StrEnum):
    """Those that a person may enter."""

    RECEIPT = MoveReason.RECEIPT.value
    CORRECTION = MoveReason.CORRECTION.value
    RETURN = MoveReason.RETURN.value


class StockMove(Entry, table=True):
    """A change of a stock by `delta` pieces, and the `balance` after it: of a variant where one is named, else of the product.

    `variant` is what the variant was called then.
    """

    __tablename__ = "stock_moves"
    __table_args__ = (Index("stock_moves_product", "product_id", "at", "id"),)

    product_id: str
    variant_id: str | None = None
    variant: str = ""
    at: datetime = Stored(default_factory=clock.now, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    delta: int
    balance: int
    reason: str = Stored(sa_type=String)
    note: str = ""
    order_id: str | None = None
    actor_id: str = ""
    actor_name: str = ""


def _some(delta: int) -> int:
    if delta == 0:
        raise ValueError("Enter how many came (5) or went (-5).")
    return delta


class StockMoveCreate(Payload):
    """A change of the stock by hand: what came is above zero, what went below. Of a product with variants, say which one."""

    variant_id: Annotated[Annotated[str, Field(max_length=24)] | None, Optional] = None
    delta: Annotated[WholeNumber, Field(ge=-MAX_STOCK, le=MAX_STOCK), AfterValidator(_some)]
    reason: ReasonByHand
    note: Annotated[str, Field(max_length=200)] = ""


MOVES = ListSpec(
    "products",
    StockMove,
    columns=[
        Column("at", "When", "when"),
        Column("reason", "Reason", "status"),
        Column("variant", "Variant", shown=False),
        Column("delta", "Change", "number"),
        Column("balance", "Stock", "number"),
        Column("note", "Note"),
        Column("actor_name", "By"),
    ],
    filters=[
        Choice(name="reason", column="reason", label="Reason", choices=tuple(MoveReason)),
        Equals(name="variantId", column="variant_id", label="Variant", offered=False),
        Equals(name="orderId", column="order_id", label="Order", offered=False),
        Moment(name="at", column="at", label="Stock", low=False, includes=True),
    ],
    sorts=("at",),
    default_sort="-at",
)

_table = table_of(StockMove)
_NAMES = tuple(column.key for column in _table.columns)
_INSERT = insert(_table).values({name: bindparam(name) for name in _NAMES})
_RESERVATIONS = case((_table.c.reason == MoveReason.RESERVATION.value, _table.c.delta), else_=0)
_SUMS = select(
    # PostgreSQL sums BIGINT into NUMERIC.
    cast(func.coalesce(func.sum(_table.c.delta), 0), BigInteger),
    cast(func.coalesce(-func.sum(_RESERVATIONS), 0), BigInteger),
).where(_table.c.product_id == bindparam("product_id"), _table.c.at <= bindparam("at"))
_SUMS_OF_VARIANT = _SUMS.where(_table.c.variant_id == bindparam("variant_id"))


class Item(NamedTuple):
    """What is counted by itself: a variant, or a product that has none."""

    product_id: str
    variant_id: str | None = None


class Change(NamedTuple):
    """A change of a stock that has just been made, with the stock after it; `variant` is what the variant is called."""

    item: Item
    delta: int
    reason: MoveReason
    balance: int
    variant: str = ""


async def write(actor: Actor, changes: Iterable[Change], *, note: str = "", order_id: str | None = None) -> list[StockMove]:
    """Enter changes, in the unit that makes them and after their rows are locked: so they stand in the order in which they happened."""
    now = clock.now()
    moves = [
        StockMove(
            product_id=change.item.product_id,
            variant_id=change.item.variant_id,
            variant=change.variant,
            delta=change.delta,
            balance=change.balance,
            reason=change.reason.value,
            at=now,
            note=note,
            order_id=order_id,
            actor_id=actor.id,
            actor_name=actor.name,
        )
        for change in changes
    ]
    await current().database.execute_many(_INSERT, [_values(move) for move in moves])
    return moves


async def write_many(moves: Sequence[StockMove]) -> None:
    """Enter changes of many products at the engine's bulk speed, in the unit that makes them."""
    if moves:
        prepared = current().database.prepare(_INSERT)
        await current().database.copy(_table.name, _NAMES, [prepared.bind(_values(move)) for move in moves])


def opening(product: Product) -> StockMove:
    """The first entry of a product that is added with pieces."""
    found = {"product_id": product.id, "at": product.created_at, "reason": MoveReason.RECEIPT.value, "note": OPENING}
    return StockMove(**found, delta=product.stock, balance=product.stock)


def _values(move: StockMove) -> Mapping[str, Any]:
    return {name: getattr(move, name) for name in _NAMES}


async def sums(item: Item, at: datetime) -> tuple[int, int]:
    """(stock, reserved) as of a moment: of a variant, or of a product with all that it has."""
    asked = _SUMS if item.variant_id is None else _SUMS_OF_VARIANT
    stock, reserved = (await current().database.fetch(asked, {**item._asdict(), "at": at}))[0]
    return stock, reserved
