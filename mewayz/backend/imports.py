"""The imports that were made: which there are, what they left out, and how one is taken back."""

import csv
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, cast

import orjson
from sqlalchemy import bindparam, select

from mewayz.backend import audit
from mewayz.backend.access import Actor, can, check, concerns_row, signed_in
from mewayz.backend.batches import BatchStatus, ImportBatch, Trace, Unforeseen, as_before, batches, nouns_of, traces
from mewayz.backend.cells import join_list, neutral
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import Document
from mewayz.backend.errors import Conflict, MewayzError, NotFound
from mewayz.backend.loading import Undo
from mewayz.backend.loads import reason
from mewayz.backend.rows import ERROR
from mewayz.backend.runtime import current
from mewayz.backend.unit import attempt, repeatable, unit

# Taking back is the other half of loading, with the hooks of the room.
# pyright: reportPrivateUsage=false

MOST_LISTED = 100
_CHANGED = "It was changed since, and stays as it is."
_t = batches.table.c
_LISTED = [column for column in batches.table.columns if column.key != "problems"]  # whose rows can be megabytes
_LATEST = select(*_LISTED).where(_t.noun == bindparam("noun")).order_by(_t.created_at.desc(), _t.id.desc()).limit(MOST_LISTED)


class AlreadyReverted(Conflict):
    """An import is taken back once."""

    code = "imports.reverted"
    default_message = "This import has been taken back already."


@dataclass(slots=True)
class Reverted:
    """What taking back did: `kept` names the first records that stay as they are, `{noun, id, name, reason}`."""

    deleted: int = 0
    restored: int = 0
    gone: int = 0
    left: int = 0
    kept: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    @property
    def nothing(self) -> bool:
        """Whether all stays as it is."""
        return self.left > 0 and not (self.deleted or self.restored or self.gone)

    def keep(self, noun: str, document: Document, reason: str) -> None:
        """Note a record that stays."""
        self.left += 1
        if len(self.kept) < MOST_LISTED:
            self.kept.append({"noun": noun, "id": document.id, "name": title_of(document), "reason": reason})

    def share_of(self, batch: ImportBatch) -> float:
        """How much of an import this is: 0 to 1."""
        return min((self.deleted + self.restored + self.left + self.gone) / max(batch.created + batch.updated, 1), 1.0)

    def answer(self) -> dict[str, Any]:
        """The same as REST and `--json` say it."""
        return asdict(self)


class Imports:
    """The imports of all nouns; whoever may import a noun sees and reverts its imports."""

    noun: ClassVar[str] = "imports"

    def __init__(self, services: Sequence[CrudService[Any]]) -> None:
        """Know the rooms."""
        self._services = {service.noun: service for service in services}

    @signed_in
    async def latest(self, actor: Actor) -> list[ImportBatch]:
        """The latest imports, the newest first, without the rows that they left out."""
        found: list[ImportBatch] = []
        names = [column.key for column in _LISTED]
        for noun in self._services:
            if can(actor, f"{noun}:import"):
                rows = await current().database.fetch(_LATEST, {"noun": noun})
                found += [ImportBatch(**dict(zip(names, row, strict=True))) for row in rows]
        return sorted(found, key=lambda batch: (batch.created_at, batch.id), reverse=True)[:MOST_LISTED]

    @signed_in
    async def get(self, actor: Actor, batch_id: str) -> ImportBatch:
        """One import.

        Raises:
            NotFound: also for one of a noun that the actor may not import.
        """
        batch = await batches.get(batch_id)
        if not can(actor, f"{batch.noun}:import"):
            raise NotFound
        return batch

    @signed_in
    async def bad_rows(self, actor: Actor, batch_id: str) -> bytes:
        """The rows that an import left out, as a CSV to mend: what was kept of them, and why they were not taken.

        Raises:
            NotFound.
        """
        return bad_rows_csv((await self.get(actor, batch_id)).problems)

    @signed_in
    @repeatable
    async def revert(self, actor: Actor, batch_id: str, report: Callable[[float], None] = lambda share: None) -> Reverted:
        """Delete what an import made, and bring back what it changed, except what somebody has changed since.

        It is done as a whole: whoever is refused on the way has changed nothing, and may take it back later; so is one of which
        nothing could be taken back.

        Raises:
            NotFound, Forbidden. AlreadyReverted. StepUpRequired: it changes what asks for a proof, and the last one is too old.
        """
        batch = await self.get(actor, batch_id)
        async with unit() as opened:
            found = await self._take_back(actor, batch, report)
            if found.nothing:
                return found
            await batches.patch(batch_id, {"status": BatchStatus.REVERTED.value})
            details = {"batch": batch_id, "deleted": found.deleted, "restored": found.restored, "kept": found.left}
            audit.record(opened, f"{batch.noun}.import_reverted", batch_id, details, risk="medium")
        return found

    @signed_in
    @repeatable
    async def foresee(self, actor: Actor, batch_id: str, report: Callable[[float], None] = lambda share: None) -> Reverted:
        """What taking an import back would do, and what would stay and why.

        It is read, so that nobody waits for it; where only doing it can tell, it is done, and nothing of it is saved.

        Raises:
            As `revert`.
        """
        batch, found = await self.get(actor, batch_id), Reverted()
        try:
            return await self._read_ahead(actor, batch, report)
        except Unforeseen:
            pass
        try:
            async with unit():
                found = await self._take_back(actor, batch, report)
                raise Undo
        except Undo:
            return found

    async def _read_ahead(self, actor: Actor, batch: ImportBatch, report: Callable[[float], None]) -> Reverted:
        found, leaving = Reverted(), set[str]()
        for service in await self._concerned(actor, batch):
            async for some in traces(batch.id, service.noun):
                made, changed = await self._untouched(actor, service, some, found)
                for document, trace in changed:
                    if await self._tried(service, document, found, service._restorable(actor, document, trace.former)):
                        found.restored += 1
                        leaving.add(document.id)
                for document in made:
                    if await self._tried(service, document, found, service._withdrawable(actor, document, leaving)):
                        found.deleted += 1
                        leaving.add(document.id)
                report(found.share_of(batch))
        return found

    async def _concerned(self, actor: Actor, batch: ImportBatch, *, lock: bool = False) -> list[CrudService[Any]]:
        """The rooms that an import has touched, in the order in which it is taken back."""
        check(actor, f"{batch.noun}:import")
        if (await batches.get(batch.id, lock=lock)).status == BatchStatus.REVERTED:
            raise AlreadyReverted
        # What an import made besides goes after the records that need it.
        return [self._services[noun] for noun in sorted(await nouns_of(batch.id), key=lambda name: (name != batch.noun, name))]

    async def _untouched(
        self, actor: Actor, service: CrudService[Any], some: Sequence[Trace], found: Reverted
    ) -> tuple[list[Document], list[tuple[Document, Trace]]]:
        """What an import has made and what it has changed, without what is gone or was changed since."""
        made: list[Document] = []
        changed: list[tuple[Document, Trace]] = []
        known = await service.collection.find_ids(trace.document_id for trace in some)
        for trace in some:
            document = known.get(trace.document_id)
            if document is None:
                found.gone += 1
            elif document.rev != trace.rev:
                found.keep(service.noun, document, _CHANGED)
            elif trace.created:
                made.append(document)
            else:
                changed.append((document, trace))
        for needed, verb in ((changed, "update"), (made, "delete")):
            if needed:
                check(actor, f"{service.noun}:{verb}")
        return made, changed

    async def _take_back(self, actor: Actor, batch: ImportBatch, report: Callable[[float], None]) -> Reverted:
        found, services = Reverted(), await self._concerned(actor, batch, lock=True)
        if not current().database.sqlite:  # where a unit is alone anyway
            for service in services:
                ids = [trace.document_id async for some in traces(batch.id, service.noun) for trace in some]
                await service._hold_all(ids)
        for service in services:
            async for some in traces(batch.id, service.noun):
                await self._revert(actor, service, some, found)
                report(found.share_of(batch))
        return found

    async def _revert(self, actor: Actor, service: CrudService[Any], some: Sequence[Trace], found: Reverted) -> None:
        restored: dict[str, int] = {}
        async with unit() as opened:
            made, changed = await self._untouched(actor, service, some, found)  # held by now
            for document, trace in changed:
                if await self._tried(service, document, found, _alone(service._restore(actor, document, trace.former))):
                    found.restored += 1
                    if trace.before is not None:
                        restored[document.id] = trace.before
            now = await service.collection.find_ids(restored)
            await as_before(service.noun, {key: (restored[key], one.rev) for key, one in now.items()})
            if made:
                found.deleted += await self._withdraw(actor, service, made, found)
            opened.before_commit(f"fold:{service.noun}", service._fold)

    async def _withdraw(self, actor: Actor, service: CrudService[Any], made: Sequence[Document], found: Reverted) -> int:
        """Delete together; where one must stay, one by one."""
        try:
            async with attempt():
                await service._withdraw(actor, made)
            return len(made)
        except MewayzError as error:
            if not concerns_row(error):
                raise
        return sum([await self._tried(service, one, found, _alone(service._withdraw(actor, [one]))) for one in made])

    async def _tried(self, service: CrudService[Any], document: Document, found: Reverted, work: Awaitable[None]) -> bool:
        try:
            await work
        except MewayzError as error:
            if not concerns_row(error):
                raise
            found.keep(service.noun, document, error.message)
            return False
        return True


async def _alone(work: Awaitable[None]) -> None:
    """Do this so that it may fail without the rest."""
    async with attempt():
        await work


def title_of(document: Document) -> str:
    """What a record is called."""
    return next((str(found) for path in ("name", "number", "email") if (found := getattr(document, path, None))), document.id)


def bad_rows_csv(problems: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows `{line, row, fields}` as a CSV whose last column says what is wrong; nothing in it begins a formula."""
    rows = [(_flat(one["row"]), neutral(reason(one["line"], one["fields"], one["row"]))) for one in problems]
    columns = list(dict.fromkeys(name for row, _ in rows for name in row if name != ERROR))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*map(neutral, columns), ERROR])
    for row, why in rows:
        writer.writerow([*(row.get(column, "") for column in columns), why])
    return text.getvalue().encode()


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in row.items():
        match value:
            case None:
                pass
            case dict():
                found |= _flat(cast("dict[str, Any]", value), f"{prefix}{name}.")
            case list() if all(isinstance(one, str) for one in cast("list[Any]", value)):
                found[f"{prefix}{name}"] = neutral(join_list(cast("list[str]", value)))
            case list():
                found[f"{prefix}{name}"] = orjson.dumps(value).decode()
            case str():
                found[f"{prefix}{name}"] = neutral(value)
            case _:
                found[f"{prefix}{name}"] = str(value)
    return found
