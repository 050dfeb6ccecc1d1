"""The audit trail: append-only, written in the transaction of the change, chained by hashes soon after it.

Chaining inside the transaction would make every writer wait for the one before; a sealer chains committed rows in
batches instead. Each hash covers the row and the hash before it (RFC 6962's idea, as a plain list).
"""

import asyncio
import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from sqlalchemy import BigInteger, Column, Index, Integer, bindparam, func, insert, select, text, update
from sqlmodel import Field, SQLModel

from mewayz.backend import clock
from mewayz.backend.access import acting
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime, table_of, time_text
from mewayz.backend.runtime import current
from mewayz.backend.sequences import SEQUENCES

if TYPE_CHECKING:
    from mewayz.backend.unit import Unit

_SEAL_DELAY = 0.2  # seconds: one sealing for a burst of writes
_SEAL_BATCH = 500
_HEAD = "audit_sealed"
FIRST_HASH = "0" * 64


class AuditEntry(SQLModel, table=True):
    """One event: who did what to which record, when, and from where."""

    __tablename__: ClassVar[str] = "audit_log"  # pyright: ignore[reportIncompatibleVariableOverride]
    __table_args__ = (
        Index("audit_log_target", "target"),
        Index("audit_log_position", "position", unique=True),
    )

    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    )
    at: datetime = Field(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    actor_id: str
    actor_name: str
    event: str
    target: str
    risk: str = "low"
    address: str = ""
    request_id: str = ""
    details: dict[str, Any] = Field(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    position: int | None = Field(default=None, sa_type=BigInteger)
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str = ""
    request_id: str = ""


_NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("audit_origin", default=_NOWHERE)

_table = table_of(AuditEntry)
_COLUMNS = ("at", "actor_id", "actor_name", "event", "target", "risk", "address", "request_id", "details")
_INSERT = insert(_table).values({name: bindparam(name) for name in _COLUMNS})
_hashed = [_table.c.seq, *(_table.c[name] for name in _COLUMNS)]
_UNSEALED = select(*_hashed).where(_table.c.position.is_(None)).order_by(_table.c.seq).limit(_SEAL_BATCH)
_LAST = select(_table.c.position, _table.c.hash).where(_table.c.position.is_not(None)).order_by(_table.c.position.desc()).limit(1)
_SEAL = update(_table).where(_table.c.seq == bindparam("seq_")).values(position=bindparam("position"), hash=bindparam("hash"))
_CHAIN = select(*_hashed, _table.c.position, _table.c.hash).where(_table.c.position.is_not(None)).order_by(_table.c.position)
_KEEP_HEAD = text(
    f"INSERT INTO sequences (name, value) VALUES ('{_HEAD}', :position) ON CONFLICT (name) DO UPDATE SET value = :position"  # noqa: S608
).bindparams(bindparam("position", type_=BigInteger()))
_KEPT_HEAD = select(SEQUENCES.c.value).where(SEQUENCES.c.name == _HEAD)
_PENDING = select(func.count()).select_from(_table).where(_table.c.position.is_(None))


def record(opened: "Unit", event: str, target: str, details: Mapping[str, Any], *, risk: str = "low") -> None:
    """Write one event into the open unit; `risk` (low, medium, high, critical) is decided here, never by a client."""
    actor, place = acting(), origin.get()
    row = {
        "at": clock.now(),
        "actor_id": actor.id,
        "actor_name": actor.name,
        "event": event,
        "target": target,
        "risk": risk,
        "address": place.address,
        "request_id": place.request_id,
        "details": dict(details),
    }

    async def write() -> None:
        await current().database.execute(_INSERT, row)

    opened.before_commit(f"audit:{id(row)}", write)
    opened.after_commit(_seal_soon)


_waiting: set[int] = set()


async def _seal_soon() -> None:
    runtime = current()
    if id(runtime) in _waiting:
        return
    _waiting.add(id(runtime))

    async def later() -> None:
        try:
            await asyncio.sleep(_SEAL_DELAY)
        finally:
            _waiting.discard(id(runtime))
        await seal()

    runtime.background(later())


def _digest(previous: str, row: tuple[Any, ...]) -> str:
    cells = [time_text(cell) if isinstance(cell, datetime) else cell for cell in row]
    return hashlib.sha256(previous.encode() + orjson.dumps(cells, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def seal() -> int:
    """Chain all committed rows that are not chained yet; returns how many."""
    database = current().database
    sealed = 0
    while True:
        async with database.transaction():
            await database.hold("audit")  # one sealer at a time
            rows = await database.fetch(_UNSEALED)
            if not rows:
                return sealed
            position, previous = await database.first(_LAST) or (0, FIRST_HASH)
            position = max(position, await database.value(_KEPT_HEAD) or 0)  # where rows were cut off, the gap stays
            updates: list[dict[str, Any]] = []
            for row in rows:
                position += 1
                previous = _digest(previous, row)
                updates.append({"seq_": row[0], "position": position, "hash": previous})
            await database.execute_many(_SEAL, updates)
            await database.execute(_KEEP_HEAD, {"position": position})
        sealed += len(rows)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found; `broken_at` is the first position that does not fit."""

    checked: int
    pending: int
    broken_at: int | None


async def verify() -> Verification:
    """Recompute the chain from its first row, up to the length that the sealer has noted."""
    database = current().database
    checked, previous = 0, FIRST_HASH
    head = await database.value(_KEPT_HEAD) or 0
    async for rows in database.stream(_CHAIN):
        for *cells, position, kept in rows:
            previous = _digest(previous, tuple(cells))
            if position != checked + 1 or previous != kept:
                return Verification(checked, 0, checked + 1)
            checked += 1
    return Verification(checked, await database.value(_PENDING), checked + 1 if checked < head else None)
