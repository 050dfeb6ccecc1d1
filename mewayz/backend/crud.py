"""The verbs that every noun has, once: those of one record, lists, changes of many, files in and out."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import asdict, fields, replace
from typing import Any, ClassVar, TypeVar

import orjson

from mewayz.backend import audit, known, loading
from mewayz.backend import bulk as batch
from mewayz.backend.access import Actor, allow, require_proof
from mewayz.backend.batches import Unforeseen, as_before
from mewayz.backend.collection import Restriction
from mewayz.backend.documents import Document
from mewayz.backend.listing import ListSpec
from mewayz.backend.loads import CREATE_ALL, How, Loaded
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.query import DEFAULT_LIMIT, Page, Query
from mewayz.backend.records import RecordService
from mewayz.backend.rows import Gathered, Row
from mewayz.backend.runtime import current
from mewayz.backend.sheets import Sheet
from mewayz.backend.shop import shop
from mewayz.backend.stats import stats
from mewayz.backend.unit import repeatable, unit

D = TypeVar("D", bound=Document)
_PAGE_SECONDS = 30
_VALUES_SECONDS = 300


async def read_query(spec: ListSpec, raw: Mapping[str, str], limit: int = DEFAULT_LIMIT) -> Query:
    """A query string read in the shop's time zone.

    Raises:
        Invalid: with a message per key.
    """
    return spec.parse(raw, (await shop()).zone, limit=limit)


class CrudService(RecordService[D]):
    """Base of a room's service. A room sets the attributes, those of RecordService too, and overrides the hooks that it needs.

    Attributes:
        irreversible: attributes of update_payload whose former values cannot be brought back, or not with all that followed.
        personal: the documents are personal data, so that whoever takes all of them along proves who they are.
        import_payload: a row of a file, where it differs from create_payload.
        sheets: tables of its own in which the noun is exported, by name.
        identified_by: columns by which a row of a file names a known record, with how a value is written there.
        parts_identified_by: fields by which the lines of a table that are one record name a known one besides.
    """

    irreversible: ClassVar[frozenset[str]] = frozenset()
    personal: ClassVar[bool] = False
    sheets: ClassVar[Mapping[str, Sheet]] = {}
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    parts_identified_by: ClassVar[Sequence[str]] = ()
    spec: ListSpec
    import_payload: type[Payload] | None = None

    # Hooks of a room ------------------------------------------------------------------------------------------------

    async def _resolved(self, actor: Actor, query: Query) -> Query:
        """The question with what its filters refer to, such as something saved under a name; every list verb asks this."""
        return query

    def _folded(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows of a file, several of which may be one record: then with their `parts`. Runs in a thread."""
        return rows

    async def _gathered(self, before: D | None, fields: dict[str, Any], parts: Sequence[Row], *, upsert: bool) -> Gathered[D]:
        """What the parts of a folded row say together; with `upsert` also which record they are about, where that is not known."""
        return Gathered(before, fields, {})

    async def _about(self, rows: Sequence[Row]) -> set[str]:
        """The ids of the known records that folded rows are about."""
        return await known.known(self, rows)

    async def _withdraw(self, actor: Actor, documents: Sequence[D]) -> None:
        """Delete what an import has made, with all that follows from it, in the caller's unit.

        Raises:
            Conflict: one of them must stay.
        """
        for document in documents:
            await self._removable(actor, document)
            await self.collection.remove(document.id)
            await self._changed(document, None)

    async def _withdrawable(self, actor: Actor, document: D, leaving: AbstractSet[str]) -> None:
        """Say by reading alone what `_withdraw` would say, were the records with the ids of `leaving` gone or as before the import.

        Raises:
            Conflict: it must stay. Unforeseen: only doing it can tell.
        """
        raise Unforeseen

    async def _restorable(self, actor: Actor, before: D, former: Mapping[str, Any]) -> None:
        """Say by reading alone what `_restore` would say.

        Raises:
            Invalid, Conflict: it cannot be brought back. Unforeseen: only doing it can tell.
        """
        raise Unforeseen

    async def _hold_all(self, ids: Sequence[str]) -> None:
        """Lock these documents, in the caller's unit, and what changes with them, in the one order in which every verb does.

        Whoever changes many in one unit asks for it first: so nobody waits in a circle.
        """
        await self.collection.present(ids, lock="change")

    def _comes_back(self, payload: Any) -> bool:
        """Whether a change of many by this payload can be taken back."""
        return not payload.given & self.irreversible

    async def _take_back(self, actor: Actor, one: batch.Former) -> None:
        """Give a document of a change of many its former values, in the caller's unit."""
        await self._update(actor, one.id, one.fields, one.rev, entered=False)

    async def _restore(self, actor: Actor, before: D, former: Mapping[str, Any]) -> None:
        """Bring back what an import has changed, in the caller's unit.

        Raises:
            Invalid, Conflict: it cannot be brought back.
        """
        changes = await self._changes(actor, before, parse(self.update_payload, former))
        await self._changed(*await self.collection.patch(before.id, changes))

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

    @allow("update")
    @repeatable
    async def bulk(self, actor: Actor, data: Mapping[str, Any]) -> batch.BulkResult:
        """Change or delete many documents, each as if it were the only one; what is refused is reported and stops nothing.

        Raises:
            Invalid: with a message per field. TooMany: more match than are changed at once.
        """
        asked = parse(batch.Bulk, data)
        asked.verify()
        restriction = self._restriction(actor, asked.action)
        payload = parse(self.update_payload, asked.wanted) if asked.action == "update" else None
        ids = asked.ids if asked.ids is not None else await self._matching(actor, asked.narrowing(), restriction)
        former: list[batch.Former] = []

        async def change(document_id: str) -> None:
            rev = asked.revs.get(document_id)
            if payload is None:
                await self.delete(actor, document_id, rev)
                return
            before = await self.collection.get(document_id, restriction, lock=True)
            after = await self.update(actor, document_id, asked.wanted, rev)
            if after.rev != before.rev:
                former.append(batch.Former(before.id, after.rev, batch.former_fields(before, payload)))

        rows: list[batch.Outcome] = []
        try:
            async with unit() as opened:
                await self._hold_all(ids)
                rows = await batch.each(ids, change)
                if asked.dry_run:
                    raise loading.Undo
                way_back = payload is not None and self._comes_back(payload)
                undo = await batch.keep(actor, self.noun, former) if way_back else None
                failed = sum(1 for row in rows if row.error)
                details = {"rows": len(rows), "failed": failed, "query": asked.query, "changes": asked.wanted}
                risk = "medium" if self.personal or payload is None else "low"
                audit.record(opened, f"{self.noun}.bulk_{asked.action}d", "", details, risk=risk)
        except loading.Undo:
            return batch.BulkResult(asked.action, rows, dry_run=True)
        unchanged = len({row.id for row in rows if not row.error}) - len(former) if payload is not None else 0
        return batch.BulkResult(asked.action, rows, undo=undo, unchanged=unchanged)

    @allow("update")
    @repeatable
    async def undo_bulk(self, actor: Actor, data: Mapping[str, Any]) -> batch.BulkResult:
        """Give the documents of one's own batch their former values; what was changed since then stays and is reported.

        Raises:
            Invalid. NotUndone: the token is unknown, used up or older than a day.
        """
        token = parse(batch.UndoBulk, data).token
        async with unit() as opened:
            former = {one.id: one for one in await batch.take(actor, self.noun, token)}

            async def restore(document_id: str) -> None:
                await self._take_back(actor, former[document_id])

            await self._hold_all(list(former))
            rows = await batch.each(list(former), restore)
            failed = sum(1 for row in rows if row.error)
            now = await self.collection.find_ids(row.id for row in rows if not row.error)
            await as_before(self.noun, {key: (former[key].rev - 1, one.rev) for key, one in now.items()})
            audit.record(opened, f"{self.noun}.bulk_undone", "", {"rows": len(rows), "failed": failed})
        return batch.BulkResult("update", rows)

    async def _matching(self, actor: Actor, raw: Mapping[str, str], restriction: Restriction) -> list[str]:
        """The ids of all that a query matches, as far as the actor may see and change it."""
        query = replace(await read_query(self.spec, raw), limit=batch.MAX_MATCHES + 1, fields=("id",))
        query = await self._resolved(actor, query)
        page = await self.spec.page(current().database, query, {**self._restriction(actor, "read"), **restriction})
        if len(page.rows) > batch.MAX_MATCHES:
            message = f"More than {batch.MAX_MATCHES:,} match. Narrow the query."
            raise batch.TooMany(message, fields={"query": message})
        return [row["id"] for row in page.rows]

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
        rows: Sequence[Any] | known.Opened,
        how: How = CREATE_ALL,
        *,
        report: Callable[[float], None] = lambda share: None,
    ) -> Loaded:
        """Load rows of a file: all or none, or with `how.on_error` skip those that can be taken.

        Args:
            actor: who imports.
            rows: pairs of line number and fields, or what opens the rows of a file; they may be read more than once.
            how: what known records and broken rows mean.
            report: told now and then which share is done.

        Raises:
            Invalid: `fields` maps `line 7: price` to what is wrong with it; nothing was saved.
            Forbidden: a record would change, and the actor may not update.
        """
        self._restriction(actor, "import")
        return await loading.load(self, actor, rows if callable(rows) else lambda: nullcontext(rows), how, report)
