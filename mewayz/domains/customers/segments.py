"""Segments: the filters of the customers list, saved under a name, for oneself or for everybody."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from pydantic import Field, StrictBool
from sqlalchemy import Index, bindparam, func, or_, select
from sqlmodel import Field as Stored

from mewayz.backend.access import Actor, allow, can
from mewayz.backend.collection import Collection
from mewayz.backend.crud import read_query
from mewayz.backend.documents import Document, wire
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.filters import describe
from mewayz.backend.payloads import Patch, Payload, parse
from mewayz.backend.query import Query
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import CUSTOMERS, SAVEABLE, SEGMENTS
from mewayz.domains.customers.saved import MAX_SLUG, UNKNOWN, Saved

MAX_SEGMENTS = 100
_COUNT_SECONDS = 30
# What of an address shows a part of the answer instead of narrowing it.
_NO_FILTERS = frozenset({"page", "limit", "cursor", "fields", "sort", "order"})


class TooManySegments(Conflict):
    """A person keeps only so many."""

    code = "customers.too_many_segments"
    default_message = f"You have {MAX_SEGMENTS} segments. Delete one that you do not need."


class Segment(Document, table=True):
    """A saved filter: `query` is the query string of the customers list, `slug` its value as `segment=`."""

    __tablename__ = "customer_segments"
    __table_args__ = (Index("customer_segments_owner", "owner_id"), Index("customer_segments_shared", "shared"))

    name: str
    slug: str = Stored(unique=True)
    query: str
    shared: bool = False
    owner_id: str
    owner_name: str = ""


Name = Annotated[str, Field(min_length=1, max_length=50)]
QueryText = Annotated[str, Field(min_length=1, max_length=2000, description="As in the address of the list: status=lead&minSpent=100")]


class SegmentCreate(Payload):
    """What is sent to save a segment."""

    name: Name
    query: QueryText
    shared: StrictBool = False


class SegmentUpdate(Patch):
    """What may change about a segment; its slug stays, so that links go on leading to it."""

    name: Name | None = None
    query: QueryText | None = None
    shared: StrictBool | None = None


segments_collection = Collection(Segment, "customer_segments")
_table = segments_collection.table
_VISIBLE = (
    select(*_table.columns)
    .where(or_(_table.c.shared, _table.c.owner_id == bindparam("owner")))
    .order_by(func.lower(_table.c.name), _table.c.id)
)
_TAKEN = select(_table.c.slug).where(or_(_table.c.slug == bindparam("slug"), _table.c.slug.like(bindparam("like"))))
_OWN = select(func.count()).where(_table.c.owner_id == bindparam("owner"))


async def _read(text: str) -> tuple[str, Query]:
    """The filters of a query string in their stored form, and as a question.

    Raises:
        Invalid: at `query`, what is wrong with it.
    """
    pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=False)
    raw = {key: value for key, value in pairs if key not in _NO_FILTERS}
    try:
        if len(raw) < len([key for key, _ in pairs if key not in _NO_FILTERS]):
            raise Invalid(fields={"query": "Give each filter once."})
        query = await read_query(CUSTOMERS, raw)
    except Invalid as error:
        raise Invalid(fields={"query": " ".join(f"{key}: {reason}" for key, reason in error.fields.items())}) from None
    if not (query.filters or query.search):
        raise Invalid(fields={"query": "Choose at least one filter: a segment is a part of the customers."})
    if unknown := query.filters.keys() - SAVEABLE:
        raise Invalid(fields={"query": f"A segment cannot be told by {', '.join(sorted(unknown))}."})
    if query.filters.get("segment", "new") not in SEGMENTS:
        raise Invalid(fields={"query": "A segment cannot be a part of another saved one. Choose its filters instead."})
    return urlencode(raw), query


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[: MAX_SLUG - 5].strip("-") or "segment"


def _may_see(actor: Actor, segment: Segment) -> bool:
    return segment.shared or segment.owner_id == actor.id


def _may_change(actor: Actor, segment: Segment) -> bool:
    return segment.owner_id == actor.id or (segment.shared and can(actor, "customers:delete"))


async def _saved(segment: Segment) -> Saved:
    _, query = await _read(segment.query)
    return Saved(segment.slug, query.search, tuple(query.filters.items()))


async def resolved(actor: Actor, query: Query) -> Query:
    """The question with the slug of a saved segment replaced by what was saved.

    Raises:
        Invalid: no such segment, or somebody else's own.
    """
    slug = query.filters.get("segment")
    if not isinstance(slug, str) or slug in SEGMENTS:
        return query
    found = await segments_collection.find(slug=slug)
    if found is None or not _may_see(actor, found):
        raise Invalid(UNKNOWN, fields={"segment": UNKNOWN})
    return replace(query, filters={**query.filters, "segment": await _saved(found)})


class Segments:
    """Saved filters of the customers list. Whoever sees customers sees the shared ones, and their own."""

    noun: ClassVar[str] = "customers"

    @allow("read")
    async def visible(self, actor: Actor) -> list[Segment]:
        """The segments that the actor may use, by name."""
        return [segments_collection.build(row) for row in await current().database.fetch(_VISIBLE, {"owner": actor.id})]

    @allow("read")
    async def counted(self, actor: Actor) -> list[dict[str, Any]]:
        """The same in wire form, each with its filters in words, how many customers it has now, and whether the actor may change it."""
        found: list[dict[str, Any]] = []
        for segment in await self.visible(actor):
            count, exact = await _count(segment)
            more = {"count": count, "countIsExact": exact, "words": await _words(segment), "editable": _may_change(actor, segment)}
            found.append({**wire(segment), **more})
        return found

    @allow("update")
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> Segment:
        """Save filters under a name.

        Raises:
            Invalid: with a message per field. TooManySegments.
        """
        payload = parse(SegmentCreate, data)
        query, _ = await _read(payload.query)
        async with unit():
            database = current().database
            await database.hold("customer_segments")  # of two with one name, the second sees the slug of the first
            if await database.value(_OWN, {"owner": actor.id}) >= MAX_SEGMENTS:
                raise TooManySegments
            base = _slug(payload.name)
            taken = {row[0] for row in await database.fetch(_TAKEN, {"slug": base, "like": f"{base}-%"})}
            slug = _free(base, taken | {*SEGMENTS})
            made = Segment(name=payload.name, slug=slug, query=query, shared=payload.shared, owner_id=actor.id, owner_name=actor.name)
            return await segments_collection.add(made)

    @allow("update")
    async def update(self, actor: Actor, segment_id: str, data: Mapping[str, Any], rev: int | None = None) -> Segment:
        """Rename a segment, share it, or save other filters under it.

        Raises:
            Invalid, Conflict. NotFound: no such segment, or not the actor's to change.
        """
        payload = parse(SegmentUpdate, data)
        changes = payload.changes()
        if payload.query is not None:
            changes["query"], _ = await _read(payload.query)
        async with unit():
            await self._own(actor, segment_id)
            _, after = await segments_collection.patch(segment_id, changes, rev)
        return after

    @allow("update")
    async def delete(self, actor: Actor, segment_id: str) -> Segment:
        """Forget a segment; its customers stay.

        Raises:
            NotFound: no such segment, or not the actor's to change.
        """
        async with unit():
            await self._own(actor, segment_id)
            return await segments_collection.remove(segment_id)

    async def _own(self, actor: Actor, segment_id: str) -> None:
        if not _may_change(actor, await segments_collection.get(segment_id, lock=True)):
            raise NotFound


async def _words(segment: Segment) -> str:
    """What a segment narrows the list by, as a person reads it."""
    try:
        _, query = await _read(segment.query)
    except Invalid:
        return segment.query
    searched = [f"Search for {query.search}"] if query.search else []
    return ", ".join([*searched, *(words for _, words in describe(CUSTOMERS.filters, query.filters))])


async def _count(segment: Segment) -> Sequence[Any]:
    runtime = current()

    async def load() -> list[Any]:
        try:
            saved = await _saved(segment)
        except Invalid:
            return [0, True]
        return list(await CUSTOMERS.total(runtime.database, Query(filters={"segment": saved})))

    return await runtime.cache.remember("customers", ["segment", segment.slug, segment.query], ttl=_COUNT_SECONDS, compute=load)


def _free(base: str, taken: set[str]) -> str:
    return next(slug for slug in (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))) if slug not in taken)


segments = Segments()
