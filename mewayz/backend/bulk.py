"""Changing many records at once: what may be asked, what became of each row, and the way back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qsl

from pydantic import Field, StringConstraints
from sqlalchemy import Index, bindparam, delete
from sqlmodel import Field as Stored

from mewayz.backend import clock
from mewayz.backend.access import Actor, concerns_row
from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import MAX_ID, Document, wire
from mewayz.backend.errors import Conflict, Invalid, MewayzError, NotFound
from mewayz.backend.payloads import Patch, Payload, WholeNumber
from mewayz.backend.runtime import current
from mewayz.backend.unit import attempt

MAX_IDS = 1_000
MAX_MATCHES = 5_000  # a few seconds of the writer
_BREATH = 100
_KEPT = timedelta(days=1)
_MAX_QUERY = 2_000

Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]


class TooMany(Invalid):
    """More rows match than are changed at once."""

    code = "bulk.too_many"


class NotUndone(Conflict):
    """The way back is closed: it is older than a day, has been gone already, or belongs to somebody else."""

    code = "bulk.not_undone"
    default_message = "This change can no longer be undone."


class Bulk(Payload):
    """Which records, by id or all that a list's query matches, and what becomes of them."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)] | None = None
    query: Annotated[str, Field(max_length=_MAX_QUERY)] | None = None
    action: Literal["update", "delete"] = "update"
    wanted: dict[str, Any] = Field(default_factory=dict, alias="changes")
    revs: dict[str, Annotated[WholeNumber, Field(ge=1, lt=2**31)]] = Field(default_factory=dict)
    dry_run: bool = False

    def verify(self) -> None:
        """Check what belongs together.

        Raises:
            Invalid: with a message per field.
        """
        if (self.ids is None) == (self.query is None):
            raise Invalid(fields={"ids": "Send either ids or a query."})
        if self.action == "update" and not self.wanted:
            raise Invalid(fields={"changes": "Name at least one field to change."})
        if self.action == "delete" and self.wanted:
            raise Invalid(fields={"changes": "Leave this out to delete."})

    def narrowing(self) -> dict[str, str]:
        """The query as the list reads it.

        Raises:
            Invalid: it is malformed, or asks for a part of what matches.
        """
        try:
            pairs = parse_qsl((self.query or "").removeprefix("?"), keep_blank_values=True, strict_parsing=bool(self.query))
        except ValueError:
            raise Invalid(fields={"query": "Send a query string such as status=draft&search=mug."}) from None
        raw = dict(pairs)
        if len(raw) < len(pairs):
            raise Invalid(fields={"query": "Give each parameter once."})
        if partial := sorted({"page", "limit", "cursor", "fields"} & set(raw)):
            raise Invalid(fields={"query": f"All that match are changed: leave out {', '.join(partial)}."})
        return raw


class UndoBulk(Payload):
    """Which batch to take back."""

    token: Id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; `error` is empty when it went well."""

    id: str
    error: Mapping[str, str] = field(default_factory=dict[str, str])

    def wire(self) -> dict[str, Any]:
        """The row of the answer."""
        return {"id": self.id, "ok": not self.error, **({"error": dict(self.error)} if self.error else {})}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of a batch. `undo` is the token that takes it back, where that is possible; `unchanged` rows were so already."""

    action: str
    rows: list[Outcome]
    dry_run: bool = False
    undo: str | None = None
    unchanged: int = 0

    @property
    def failed(self) -> int:
        """How many rows were refused."""
        return sum(1 for row in self.rows if row.error)

    def wire(self) -> dict[str, Any]:
        """The answer."""
        counts = {"total": len(self.rows), "succeeded": len(self.rows) - self.failed, "failed": self.failed}
        rows = [row.wire() for row in self.rows]
        return {"action": self.action, "dryRun": self.dry_run, **counts, "undo": self.undo, "rows": rows}


@dataclass(frozen=True, slots=True)
class Former:
    """What a row was before a batch: the fields as a client would send them, and the revision that the batch has left."""

    id: str
    rev: int
    fields: dict[str, Any]


class BulkChange(Document, table=True):
    """A batch that can be taken back, for a day."""

    __tablename__: ClassVar[str] = "bulk_changes"  # pyright: ignore[reportIncompatibleVariableOverride]
    __table_args__ = (Index("bulk_changes_expires", "expires_at"),)

    noun: str
    actor_id: str
    former: list[dict[str, Any]] = Stored(sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    expires_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


_batches = Collection(BulkChange, "bulk_changes", audited=False)
_EXPIRED = delete(_batches.table).where(_batches.table.c.expires_at <= bindparam("now"))


async def keep(actor: Actor, noun: str, former: Sequence[Former]) -> str | None:
    """Note in the caller's unit what rows were; returns the token of the way back, or None when nothing has changed."""
    await current().database.execute(_EXPIRED, {"now": clock.now()})
    if not former:
        return None
    kept = [asdict(one) for one in former]
    batch = BulkChange(noun=noun, actor_id=actor.id, former=kept, expires_at=clock.now() + _KEPT)
    return (await _batches.add(batch)).id


async def take(actor: Actor, noun: str, token: str) -> list[Former]:
    """What the rows of a batch were, once: in the caller's unit the token is used up.

    Raises:
        NotUndone: it is unknown, too old, of another noun or of somebody else.
    """
    try:
        batch = await _batches.remove(token, restriction={"noun": noun, "actor_id": actor.id})
    except (NotFound, Conflict):
        batch = None
    if batch is None or batch.expires_at <= clock.now():
        raise NotUndone
    return [Former(**one) for one in batch.former]


def former_fields(before: Document, payload: Patch) -> dict[str, Any]:
    """The values, before a change, of the fields that `payload` changes; as a client would send them."""
    sent: dict[str, Any] = payload.model_dump(by_alias=True, include=payload.given, exclude_unset=True)
    record = wire(before)
    groups = type(before).nested
    return {name: _picked(record[name], value) if name in groups else record[name] for name, value in sent.items() if name in record}


def _picked(group: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a group that `like` has."""
    return {name: group[name] for name in like}


async def each(ids: Sequence[str], work: Callable[[str], Awaitable[None]]) -> list[Outcome]:
    """Do `work` for every id in the open unit; a row that is refused is undone alone and reported, in the order of `ids`.

    Raises:
        MewayzError: what concerns the person and not a row, or an outage.
    """
    found: dict[str, Outcome] = {}
    # In the order of ids, so that two batches never wait for each other in a circle.
    for number, one in enumerate(sorted(set(ids))):
        if number % _BREATH == 0:
            await asyncio.sleep(0)  # SQLite answers without ever waiting: let others in between
        try:
            async with attempt():
                await work(one)
        except MewayzError as error:
            if not concerns_row(error):
                raise
            found[one] = Outcome(one, {"code": error.code, "message": " ".join([*error.fields.values()]) or error.message})
        else:
            found[one] = Outcome(one)
    return [found[one] for one in dict.fromkeys(ids)]
