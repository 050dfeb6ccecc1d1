"""The document-shaped store: one table per aggregate, its reads and writes, with optimistic revisions."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, Literal, TypeVar

import orjson
from pydantic.alias_generators import to_camel
from sqlalchemy import bindparam, delete, insert, select, update

from mewayz.backend import audit, clock
from mewayz.backend.columns import table_of, unstorable
from mewayz.backend.database import Database, Duplicate
from mewayz.backend.documents import MAX_ID, Document, wire, wire_value
from mewayz.backend.errors import Conflict, NotFound
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit

_MOST_VALUES = 256
_MOST_SAID = 80

D = TypeVar("D", bound=Document)
Restriction = Mapping[str, Any]
"""Column values that a row must have to be seen at all: what an OWN grant becomes."""

EVERYTHING: Restriction = {}
Lock = Literal["", "change", "removal"]
"""What nobody else may do to rows that a unit has looked at."""


class Collection(Generic[D]):
    """Reads and writes of one aggregate.

    Every write runs in a unit, checks the revision in the UPDATE itself, leaves an audit row in the same transaction
    and turns the noun's cache tag over after the commit.
    """

    def __init__(self, model: type[D], noun: str, *, audited: bool = True) -> None:
        """Bind `model` to its plural noun, which is also its cache tag."""
        self.model = model
        self.noun = noun
        self.audited = audited
        self.table = table_of(model)
        self.names = tuple(column.key for column in self.table.columns)
        self._insert = insert(self.table).values({name: bindparam(name) for name in self.names})
        self._update = cache(self._build_update)
        self._select = cache(self._build_select)
        self._select_in = cache(self._build_select_in)
        self._delete = delete(self.table).where(self.table.c.id == bindparam("id_"), self.table.c.rev == bindparam("rev_"))

    @property
    def database(self) -> Database:
        """The open database."""
        return current().database

    def _build_update(self, names: tuple[str, ...]) -> Any:
        target = self.table
        return (
            update(target)
            .where(target.c.id == bindparam("id_"), target.c.rev == bindparam("rev_"))
            .values({name: bindparam(name) for name in names})
        )

    def _build_select(self, names: tuple[str, ...], lock: bool = False) -> Any:
        found = select(*self.table.columns).where(*(self.table.c[name] == bindparam(name) for name in names))
        return found.with_for_update() if lock else found

    def _build_select_in(self, name: str, size: int, columns: tuple[str, ...], lock: Lock = "") -> Any:
        table = self.table.c
        found = select(*(table[one] for one in columns)).where(table[name].in_([bindparam(f"value_{index}") for index in range(size)]))
        return found.order_by(table.id).with_for_update(read=lock == "removal", key_share=lock == "removal") if lock else found

    def build(self, row: Sequence[Any]) -> D:
        """A document from a row of all columns."""
        return self.model(**dict(zip(self.names, row, strict=True)))

    async def find(self, **equals: Any) -> D | None:
        """The first document whose columns have these values."""
        row = await self.database.first(self._select(tuple(sorted(equals))), equals)
        return self.build(row) if row else None

    async def find_all(self, **equals: Any) -> list[D]:
        """Every document whose columns have these values."""
        return [self.build(row) for row in await self.database.fetch(self._select(tuple(sorted(equals))), equals)]

    async def find_ids(self, ids: Iterable[str]) -> dict[str, D]:
        """The documents with these ids, by id; unknown ones are left out."""
        return by_id(await self.find_in("id", ids))

    async def find_in(self, name: str, values: Iterable[str]) -> list[D]:
        """The documents whose column has one of these texts."""
        return [self.build(row) for row in await self._rows_in(name, values, self.names)]

    async def ids_in(self, name: str, values: Iterable[str]) -> set[str]:
        """The ids of the documents whose column has one of these texts."""
        return {row[0] for row in await self._rows_in(name, values, ("id",))}

    async def find_held(self, name: str, values: Iterable[str]) -> list[D]:
        """As `find_in`; in a unit, the documents stay as they are found until it ends. They are held in the order of `present`."""
        values = set(values)
        found = await self.find_in(name, values)
        if self.database.sqlite:  # where a unit is alone anyway
            return found
        held = await self._rows_in("id", sorted(one.id for one in found), self.names, "change")
        return [one for one in map(self.build, held) if getattr(one, name) in values]

    async def present(self, ids: Iterable[str], *, lock: Lock = "") -> set[str]:
        """Which of these ids there are; with `lock`, in a unit, nobody else may change or remove them until it ends.

        Held in the order of ids: who holds many that way never waits in a circle with somebody else.
        """
        return {row[0] for row in await self._rows_in("id", sorted(set(ids)), ("id",), lock)}

    async def _rows_in(self, name: str, values: Iterable[str], columns: tuple[str, ...], lock: Lock = "") -> list[Any]:
        wanted = [one for one in dict.fromkeys(values) if not unstorable(one)]
        found: list[Any] = []
        for start in range(0, len(wanted), _MOST_VALUES):
            part = wanted[start : start + _MOST_VALUES]
            # Filled up to a power of two, so that there are few statements to prepare.
            size = 1 << (len(part) - 1).bit_length()
            params = {f"value_{index}": part[min(index, len(part) - 1)] for index in range(size)}
            found += await self.database.fetch(self._select_in(name, size, columns, lock), params)
        return found

    async def get(self, document_id: str, restriction: Restriction = EVERYTHING, *, lock: bool = False) -> D:
        """The document with this id; with `lock`, in a unit, it stays as it is read until the unit ends.

        Raises:
            NotFound: it does not exist, or lies outside the restriction.
        """
        wanted = {"id": document_id, **restriction}
        if wanted["id"] != document_id or len(document_id) > MAX_ID or "\0" in document_id:
            raise NotFound
        row = await self.database.first(self._select(tuple(sorted(wanted)), lock), wanted)
        if row is None:
            raise NotFound
        return self.build(row)

    async def add(self, document: D) -> D:
        """Insert one document.

        Raises:
            Conflict: a unique value is taken; `fields` names it.
        """
        async with unit() as opened:
            try:
                await self.database.execute(self._insert, self._values(document))
            except Duplicate as error:
                raise self._taken(error) from None
            opened.touch(self.noun)
            if self.audited:
                audit.record(opened, f"{self.noun}.created", document.id, {"after": wire(document)})
        return document

    async def add_many(self, documents: Sequence[D]) -> None:
        """Insert many documents at the engine's bulk speed, without a row of audit for each.

        Raises:
            Conflict: a unique value is taken.
        """
        await self.add_bound(self.bound([self._values(document) for document in documents]))

    def bound(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Complete rows (column → value) as the driver takes them: building documents costs more than writing them."""
        prepared = self.database.prepare(self._insert)
        return [prepared.bind(row) for row in rows]

    async def add_bound(self, rows: list[tuple[Any, ...]]) -> None:
        """Insert such rows.

        Raises:
            Conflict: a unique value is taken.
        """
        if not rows:
            return
        async with unit() as opened:
            try:
                await self.database.copy(self.table.name, self.names, rows)
            except Duplicate as error:
                raise self._taken(error) from None
            opened.touch(self.noun)

    def _values(self, document: D) -> dict[str, Any]:
        return {name: getattr(document, name) for name in self.names}

    async def patch(
        self, document_id: str, changes: Mapping[str, Any], rev: int | None = None, restriction: Restriction = EVERYTHING
    ) -> tuple[D, D]:
        """Change columns of one document; `rev` is the revision that the caller has read (None: the current one).

        Returns:
            The document before and after. Unchanged values write nothing.

        Raises:
            NotFound: as `get`. Conflict: the revision is outdated, or a unique value is taken.
        """
        async with unit() as opened:
            before = await self.get(document_id, restriction, lock=True)
            if rev is not None and rev != before.rev:
                raise self._outdated(before, changes)
            different = {name: value for name, value in changes.items() if getattr(before, name) != value}
            if not different:
                return before, before
            different["rev"] = before.rev + 1
            different["updated_at"] = clock.now()
            params = {**different, "id_": document_id, "rev_": before.rev}
            try:
                touched = await self.database.execute(self._update(tuple(sorted(different))), params)
            except Duplicate as error:
                raise self._taken(error) from None
            if not touched:
                raise self._outdated(before, changes)
            after = self.model(**{**self._values(before), **different})
            opened.touch(self.noun)
            if self.audited:
                audit.record(opened, f"{self.noun}.updated", document_id, self._difference(before, different))
        return before, after

    async def remove(self, document_id: str, rev: int | None = None, restriction: Restriction = EVERYTHING) -> D:
        """Delete one document and return what it was.

        Raises:
            NotFound, Conflict: as `patch`.
        """
        async with unit() as opened:
            before = await self.get(document_id, restriction, lock=True)
            if rev is not None and rev != before.rev:
                raise self._outdated(before, {})
            if not await self.database.execute(self._delete, {"id_": document_id, "rev_": before.rev}):
                raise self._outdated(before, {})
            opened.touch(self.noun)
            if self.audited:
                audit.record(opened, f"{self.noun}.deleted", document_id, {"before": wire(before)})
        return before

    def _difference(self, before: D, changes: Mapping[str, Any]) -> dict[str, Any]:
        private = {column.key for column in self.table.columns if column.info.get("private")}
        return {
            to_camel(name): [wire_value(getattr(before, name)), wire_value(value)]
            for name, value in changes.items()
            if name not in {"rev", "updated_at"} and name not in private
        }

    def _outdated(self, before: D, changes: Mapping[str, Any]) -> Conflict:
        """What a change is refused with: what the record says now, where that is not what was sent."""
        told = [name for name, value in changes.items() if getattr(before, name) != value and not self.table.c[name].info.get("private")]
        current_values = ", ".join(f"{to_camel(name)} {_said(getattr(before, name))}" for name in told)
        detail = f" (it says now: {current_values})" if current_values else ""
        return Conflict(f"Somebody changed this record meanwhile{detail}. Reload it and try again.", code=f"{self.noun}.outdated")

    @property
    def unique(self) -> list[str]:
        """The columns of which no two documents have the same value."""
        alone = {next(iter(index.columns)).key for index in self.table.indexes if index.unique and len(index.columns) == 1}
        return [column.key for column in self.table.columns if (column.unique or column.key in alone) and not column.primary_key]

    def taken(self, *names: str) -> dict[str, str]:
        """Message per field for columns whose value another document has."""
        return {to_camel(name): "This value is already in use. Choose another." for name in names}

    def _taken(self, error: Duplicate) -> Conflict:
        fields = self.taken(*error.columns)
        what = " and ".join(fields)
        return Conflict(f"A record with this {what} already exists.", code=f"{self.noun}.duplicate", fields=fields)


def _said(value: Any) -> str:
    """A value in a sentence."""
    text = value if isinstance(value, str) else "" if value in (None, [], {}) else orjson.dumps(wire_value(value)).decode().strip('"')
    text = text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"
    return "nothing" if not text else text if isinstance(value, bool | int | float) else f"“{text}”"


def by_id(documents: Iterable[D]) -> dict[str, D]:
    """Documents keyed by their id."""
    return {document.id: document for document in documents}
