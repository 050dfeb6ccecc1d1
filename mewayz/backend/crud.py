"""The verbs that every noun has, once: page, get, create, update, delete, bulk file in and out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, ClassVar, Generic, TypeVar

import orjson

from mewayz.backend import audit, counts
from mewayz.backend.access import Actor, Scope, allow, check, require_proof
from mewayz.backend.documents import EVERYTHING, Collection, Document, Restriction
from mewayz.backend.errors import Forbidden, Invalid, MewayzError
from mewayz.backend.listing import ListSpec
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.query import DEFAULT_LIMIT, Page, Query
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.stats import stats
from mewayz.backend.unit import unit

D = TypeVar("D", bound=Document)
T = TypeVar("T")
_PAGE_SECONDS = 30
_VALUES_SECONDS = 300
_BREATH = 100
MAX_IMPORT_PROBLEMS = 100


async def read_query(spec: ListSpec, raw: Mapping[str, str], limit: int = DEFAULT_LIMIT) -> Query:
    """A query string read in the shop's time zone.

    Raises:
        Invalid: with a message per key.
    """
    return spec.parse(raw, (await shop()).zone, limit=limit)


class CrudService(Generic[D]):
    """Base of a room's service. A room sets the attributes and overrides the hooks that it needs.

    Attributes:
        noun: plural name, the first half of its permissions.
        singular: name of one document in REST answers.
        owner: attribute that an OWN grant compares with the actor's id.
        personal: the documents are personal data, so that whoever takes all of them along proves who they are.
        import_payload: a row of a file, where it differs from create_payload.
    """

    noun: ClassVar[str]
    singular: ClassVar[str]
    owner: ClassVar[str | None] = None
    personal: ClassVar[bool] = False
    collection: Collection[D]
    spec: ListSpec
    create_payload: type[Payload]
    import_payload: type[Payload] | None = None
    update_payload: type[Payload]

    def _restriction(self, actor: Actor, verb: str) -> Restriction:
        if check(actor, f"{self.noun}:{verb}") is Scope.ANY:
            return EVERYTHING
        if self.owner is None:
            raise Forbidden
        return {self.owner: actor.id}

    # Hooks of a room ------------------------------------------------------------------------------------------------

    async def _build(self, actor: Actor, payload: Any) -> D:
        """The new document of a validated payload."""
        return self.collection.model(**payload.model_dump())

    async def _adding(self, actor: Actor, document: D) -> None:
        """Complete the document in the transaction, just before it is inserted."""

    async def _changes(self, actor: Actor, before: D, payload: Any) -> dict[str, Any]:
        """The columns that a validated payload changes."""
        return payload.changes()

    async def _removable(self, actor: Actor, document: D) -> None:
        """Raise Conflict when `document` must stay."""

    async def _changed(self, before: D | None, after: D | None) -> None:
        """Keep derived rows right, in the transaction of the change."""

    async def _resolved(self, actor: Actor, query: Query) -> Query:
        """The question with what its filters refer to, such as something saved under a name; every list verb asks this."""
        return query

    # Verbs ----------------------------------------------------------------------------------------------------------

    @allow("read")
    async def page(self, actor: Actor, query: Query) -> Page:
        """One page of the list, as far as the actor may see it."""
        restriction = self._restriction(actor, "read")
        query = await self._resolved(actor, query)
        runtime = current()

        async def load() -> dict[str, Any]:
            page = await self.spec.page(runtime.database, query, restriction)
            return {item.name: getattr(page, item.name) for item in fields(page)}

        key = ["page", restriction, asdict(query)]
        return Page(**await runtime.cache.remember(self.noun, key, ttl=_PAGE_SECONDS, compute=load))

    @allow("read")
    async def get(self, actor: Actor, document_id: str) -> D:
        """One document.

        Raises:
            NotFound: no such record, or not this actor's.
        """
        return await self.collection.get(document_id, self._restriction(actor, "read"))

    @allow("create")
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> D:
        """Create a document.

        Raises:
            Invalid: with a message per field. Conflict: a unique value is taken.
        """
        self._restriction(actor, "create")
        payload = parse(self.create_payload, data)
        document = await self._build(actor, payload)
        async with unit() as opened:
            await self._adding(actor, document)
            await self.collection.add(document)
            await self._changed(None, document)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return document

    @allow("update")
    async def update(self, actor: Actor, document_id: str, data: Mapping[str, Any], rev: int | None = None) -> D:
        """Change the fields that are given; `rev` is the revision that the caller has read.

        Raises:
            Invalid, NotFound, Conflict.
        """
        restriction = self._restriction(actor, "update")
        payload = parse(self.update_payload, data)
        async with unit() as opened:
            before = await self.collection.get(document_id, restriction, lock=True)
            changes = await self._changes(actor, before, payload)
            before, after = await self.collection.patch(document_id, changes, rev, restriction)
            await self._changed(before, after)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return after

    @allow("delete")
    async def delete(self, actor: Actor, document_id: str, rev: int | None = None) -> D:
        """Delete a document and return what it was.

        Raises:
            NotFound, Conflict.
        """
        restriction = self._restriction(actor, "delete")
        async with unit() as opened:
            await self._removable(actor, await self.collection.get(document_id, restriction, lock=True))
            before = await self.collection.remove(document_id, rev, restriction)
            await self._changed(before, None)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return before

    @allow("read")
    async def values(self, actor: Actor, name: str) -> list[str]:
        """The values that a listed filter can take, as far as the actor may see them."""
        restriction = self._restriction(actor, "read")
        runtime = current()

        async def load() -> list[str]:
            return await self.spec.values(runtime.database, name, restriction)

        return await runtime.cache.remember(self.noun, ["values", name, restriction], ttl=_VALUES_SECONDS, compute=load)

    @allow("export")
    async def export(self, actor: Actor, query: Query) -> AsyncIterator[list[dict[str, Any]]]:
        """All rows of the query in batches, in its order.

        Raises:
            StepUpRequired: the rows are personal data, and the last proof is too old.
        """
        restriction = self._restriction(actor, "export")
        if self.personal:
            require_proof(actor)
        query = await self._resolved(actor, query)
        async with unit() as opened:
            asked = orjson.loads(orjson.dumps(asdict(query), default=str))
            audit.record(opened, f"{self.noun}.exported", "", {"query": asked}, risk="medium" if self.personal else "low")
        return self.spec.stream(current().database, query, restriction)

    @allow("read")
    async def total(self, actor: Actor, query: Query) -> tuple[int, bool]:
        """How many rows match, and whether that is exact."""
        restriction = self._restriction(actor, "read")
        return await self.spec.total(current().database, await self._resolved(actor, query), restriction)

    @allow("read")
    async def stats(self, actor: Actor) -> dict[str, Any]:
        """How many there are in all and per value of each counted column, as far as the actor may see them."""
        restriction = self._restriction(actor, "read")
        runtime = current()

        async def load() -> dict[str, Any]:
            return await stats(self.spec, runtime.database, restriction)

        return await runtime.cache.remember(self.noun, ["stats", restriction], ttl=_PAGE_SECONDS, compute=load)

    @allow("import")
    async def load(
        self,
        actor: Actor,
        rows: Sequence[tuple[int, Mapping[str, Any]]],
        *,
        dry_run: bool = False,
        report: Callable[[float], None] = lambda share: None,
    ) -> int:
        """Create one document per row, all or none.

        Args:
            actor: who imports.
            rows: (line number in the file, fields).
            dry_run: check everything, save nothing.
            report: told now and then which share is done.

        Returns:
            The number of rows that were (or would be) created.

        Raises:
            Invalid: `fields` maps `line 7: price` to what is wrong with it; nothing was saved.
        """
        self._restriction(actor, "import")
        problems: dict[str, str] = {}
        built: list[tuple[int, D]] = []

        async def build(line: int, row: Mapping[str, Any]) -> None:
            built.append((line, await self._build(actor, parse(self.import_payload or self.create_payload, row))))

        async def add(line: int, document: D) -> None:
            async with current().database.savepoint():
                await self._adding(actor, document)
                await self.collection.add(document)
                await self._changed(None, document)

        await _each(rows, build, problems, lambda share: report(share / 2))
        try:
            async with unit() as opened:
                if not problems:
                    await _each(built, add, problems, lambda share: report(0.5 + share / 2))
                if problems or dry_run:
                    raise _Undo
                audit.record(opened, f"{self.noun}.imported", "", {"rows": len(rows)})
                opened.before_commit(f"fold:{self.noun}", self._fold)
        except _Undo:
            if problems:
                count = len({name.split(":")[0] for name in problems})
                message = f"Nothing was imported: {count} {'line needs' if count == 1 else 'lines need'} attention."
                raise Invalid(message, code=f"{self.noun}.import", fields=problems) from None
        return len(rows)

    async def _fold(self) -> None:
        await counts.fold(current().database, self.noun)


class _Undo(Exception):
    """Leave the unit without saving; it is no error."""


async def _each(
    rows: Sequence[tuple[int, T]],
    work: Callable[[int, T], Awaitable[None]],
    problems: dict[str, str],
    report: Callable[[float], None],
) -> None:
    """Do `work` for every line, collecting what is wrong with each, up to a bound."""
    for number, (line, row) in enumerate(rows):
        if number % _BREATH == 0:
            report(number / len(rows))
            await asyncio.sleep(0)  # SQLite answers without ever waiting: let others in between
        try:
            await work(line, row)
        except MewayzError as error:
            if error.status >= 500:
                raise
            for name, message in (error.fields or {"row": error.message}).items():
                problems[f"line {line}: {name}"] = message
        if len(problems) >= MAX_IMPORT_PROBLEMS:
            return
