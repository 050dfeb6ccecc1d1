"""What an import has done, row by row, so that it can be shown later and taken back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, bindparam, insert, select, update
from sqlmodel import Field, SQLModel

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.documents import Document
from mewayz.backend.runtime import current
from mewayz.backend.several import numbered, one_of, padded

_PART = 500


class BatchStatus(StrEnum):
    """Where an import stands; one that was cut off stays `loading`."""

    LOADING = "loading"
    DONE = "done"
    REVERTED = "reverted"


class ImportBatch(Document, table=True):
    """One import: who, when, from which file, and how many records it touched.

    `problems` holds the first rows that were left out: `{line, fields, row}`, where `row` is what may be kept of it.
    """

    __tablename__: ClassVar[str] = "imports"  # pyright: ignore[reportIncompatibleVariableOverride]
    __table_args__ = (Index("imports_noun", "noun", "created_at", "id"),)

    noun: str
    file_name: str = ""
    status: str = Field(default=BatchStatus.LOADING.value, sa_type=String)
    actor_id: str = ""
    actor_name: str = ""
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: list[dict[str, Any]] = Field(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]


IMPORT_ROWS = Table(
    "import_rows",
    SQLModel.metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("batch_id", String(24), nullable=False),
    Column("noun", String, nullable=False),
    Column("document_id", String(24), nullable=False),
    Column("action", String, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("former", JSON_DOCUMENT, nullable=False),
    Index("import_rows_batch", "batch_id", "noun", "document_id"),
)
"""What a batch did to which record: `rev` is the revision that it left, `former` the fields that it changed, as they were."""

batches = Collection(ImportBatch, "imports", audited=False)

CREATED, UPDATED = "created", "updated"
_NAMES = ("batch_id", "noun", "document_id", "action", "rev", "former")
_t = IMPORT_ROWS.c
_INSERT = insert(IMPORT_ROWS).values({name: bindparam(name) for name in _NAMES})
_NOUNS = select(_t.noun).where(_t.batch_id == bindparam("batch_id")).distinct()
_LEFT_AT = select(_t.seq, _t.document_id, _t.rev)
_MOVE = update(IMPORT_ROWS).where(_t.seq == bindparam("seq_")).values(rev=bindparam("rev_"))
_PAGE = (
    select(_t.document_id, _t.action, _t.rev, _t.former)
    .where(_t.batch_id == bindparam("batch_id"), _t.noun == bindparam("noun"), _t.document_id > bindparam("after"))
    .order_by(_t.document_id, _t.seq)
    .limit(_PART)
)


class Unforeseen(Exception):
    """Only doing it can tell whether something can be taken back; it is no error."""


class Touched(NamedTuple):
    """What one import did to one record."""

    noun: str
    document_id: str
    action: str
    rev: int
    former: Mapping[str, Any]


async def note(batch_id: str, rows: Sequence[Touched]) -> None:
    """Write down what was done, in the caller's unit."""
    database = current().database
    prepared = database.prepare(_INSERT)
    await database.copy(IMPORT_ROWS.name, _NAMES, [prepared.bind({"batch_id": batch_id, **row._asdict()}) for row in rows])


async def nouns_of(batch_id: str) -> list[str]:
    """The nouns whose records a batch has touched."""
    return [row[0] for row in await current().database.fetch(_NOUNS, {"batch_id": batch_id})]


@dataclass(slots=True)
class Trace:
    """All that one batch did to one record, taken together: made by it or not, the last revision, what was there before.

    `before` is the revision of then; None where others have changed the record in between, or it was made.
    """

    document_id: str
    created: bool
    rev: int
    former: dict[str, Any]
    before: int | None = None


async def traces(batch_id: str, noun: str) -> AsyncIterator[list[Trace]]:
    """What a batch did to the records of a noun, in parts."""
    after = ""
    while rows := await current().database.fetch(_PAGE, {"batch_id": batch_id, "noun": noun, "after": after}):
        found: dict[str, Trace] = {}
        for document_id, action, rev, former in rows:
            trace = found.get(document_id)
            if trace is None:
                trace = found[document_id] = Trace(document_id, action == CREATED, rev, {}, None if action == CREATED else rev - 1)
            elif rev != trace.rev + 1:
                trace.before = None
            trace.rev = rev
            trace.former = {**former, **trace.former}
        if len(rows) == _PART and len(found) > 1:
            found.popitem()  # the rest of it may be in the next part
        after = next(reversed(found))
        yield list(found.values())


async def as_before(noun: str, revisions: Mapping[str, tuple[int, int]]) -> None:
    """Records are again as they were at a revision, under a new one (both by id): what an import did to them can be taken back as then.

    In the caller's unit.
    """
    database, ids = current().database, sorted(revisions)
    for start in range(0, len(ids), _PART):
        some = padded(ids[start : start + _PART])
        left = _LEFT_AT.where(_t.noun == bindparam("noun"), one_of(_t.document_id, "id", len(some)))
        rows = await database.fetch(left, {"noun": noun, **numbered("id", some)})
        moved = [(seq, revisions[key][1]) for seq, key, rev in rows if rev == revisions[key][0]]
        await database.execute_many(_MOVE, [{"seq_": seq, "rev_": rev} for seq, rev in moved])
