"""The rows of a file become records of one noun: new ones are made, known ones are changed where the file says otherwise."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from pydantic.alias_generators import to_camel

from mewayz.backend import audit, batches
from mewayz.backend.access import Actor, check, concerns_row
from mewayz.backend.batches import CREATED, UPDATED, BatchStatus, ImportBatch, Touched
from mewayz.backend.columns import parse_time
from mewayz.backend.database import BrokenOff
from mewayz.backend.differences import differences
from mewayz.backend.documents import Document, wire, wire_value
from mewayz.backend.errors import Invalid, MewayzError
from mewayz.backend.fields import Fields
from mewayz.backend.ids import is_id, new_id
from mewayz.backend.known import Key, Opened, flowing, hold, keys_of, taken
from mewayz.backend.leftovers import Leftovers
from mewayz.backend.loads import MAX_CHANGES, How, Loaded, Mode, Problems
from mewayz.backend.payloads import Patch, Payload, parse
from mewayz.backend.rows import Place, Row, Rows
from mewayz.backend.runtime import current
from mewayz.backend.unit import attempt, repeatable, unit

if TYPE_CHECKING:
    from mewayz.backend.crud import CrudService

# The hooks of a room are called here as in its other verbs; they are private to keep them from pages and REST.
# pyright: reportPrivateUsage=false

_FIRST_YEAR, _LAST_YEAR = 1000, 9998  # at the ends of time, a server in another zone cannot read what was written
UNKNOWN_FIELD = "This field is not known here."
_BESIDE = "Another line of this record cannot be taken."
_UNCHANGEABLE = "This cannot be changed by an import."


class Undo(Exception):
    """Leave the unit without saving; it is no error."""


async def load(service: "CrudService[Any]", actor: Actor, opened: Opened, how: How, report: Callable[[float], None]) -> Loaded:
    """Load the rows in one unit; see CrudService.load.

    Raises:
        Invalid, Forbidden.
    """
    try:
        return await _load(service, actor, opened, how, report)
    except BrokenOff:
        if how.bad:  # which has been handed rows, and would be again
            raise
    # Two imports make the same records, which neither could hold beforehand: this one waits until the other is done.
    return await repeatable(_load)(service, actor, opened, how, report, alone=True)


async def _load(
    service: "CrudService[Any]", actor: Actor, opened: Opened, how: How, report: Callable[[float], None], *, alone: bool = False
) -> Loaded:
    async with flowing(service, opened) as (rows, folded):
        run = _Run(service, actor, how, rows)
        whole, seen = len(rows) if isinstance(rows, Sequence) else 0, 0
        try:
            async with unit() as work:
                await current().database.hold(f"import:{service.noun}", shared=not alone)
                if how.mode is Mode.UPSERT and not current().database.sqlite:  # where a unit is alone anyway
                    await hold(service, opened)
                while not run.problems.enough and (found := await taken(folded)):
                    await run.take(found)
                    seen += len(found)
                    report(seen / whole if whole else rows.progress if isinstance(rows, Rows) else 0.0)
                run.loaded.ignored = list(getattr(rows, "ignored", {})) + run.ignored
                if run.problems.fields or how.dry_run:
                    raise Undo
                if run.loaded.imported or run.loaded.failed:
                    await run.keep()
                    audit.record(work, f"{service.noun}.imported", "", {"rows": run.loaded.imported, "batch": run.batch_id})
                work.before_commit(f"fold:{service.noun}", service._fold)
        except Undo:
            run.problems.refuse()
    return run.loaded


class _Run:
    """One load: what it has found, and what it has done."""

    def __init__(self, service: "CrudService[Any]", actor: Actor, how: How, rows: Iterable[Any]) -> None:
        self.service = service
        self.actor = actor
        self.how = how
        self.loaded = Loaded()
        known = rows.leftovers if isinstance(rows, Rows) else Leftovers(_fields(service))
        self.problems = Problems(service.noun, how, self.loaded, known, getattr(rows, "columns", ()))
        self.batch_id = new_id()
        self.ignored: list[str] = []
        self._known: dict[Key, Document] = {}
        self._touched: list[Touched] = []
        self._places: Mapping[str, Place] = {}

    async def keep(self) -> None:
        """Keep the import itself."""
        found = self.loaded
        found.batch = self.batch_id
        await batches.batches.add(
            ImportBatch(
                id=self.batch_id, noun=self.service.noun, file_name=self.how.file_name, status=BatchStatus.DONE.value,
                actor_id=self.actor.id, actor_name=self.actor.name, created=found.created, updated=found.updated,
                unchanged=found.unchanged, failed=found.failed, problems=found.problems,
            )
        )  # fmt: skip

    async def take(self, rows: Sequence[Row]) -> None:
        """Load some rows, in their order."""
        upsert = self.how.mode is Mode.UPSERT
        keys = {row.line: keys_of(row, self.service.identified_by) if upsert else [] for row in rows}
        await self._look_up({key for found in keys.values() for key in found})
        for row in rows:
            if row.problem:
                self.problems.add(row, {"row": row.problem})
                continue
            self._places = {}
            try:
                async with attempt():
                    await self._take(row, keys[row.line])
            except MewayzError as error:
                if not concerns_row(error):
                    raise
                self._refuse(row, error.fields or {"row": error.message})
            if self.problems.enough:
                break
        if self._touched and not self.how.dry_run:
            await batches.note(self.batch_id, self._touched)
        self._touched = []

    def _refuse(self, row: Row, fields: Mapping[str, str]) -> None:
        """Note what is wrong, of several lines that are one record at each of them."""
        told: dict[int, dict[str, str]] = {part.line: {} for part in row.parts or [row]}
        for name, message in fields.items():
            line, path = self._places.get(name.rpartition(".")[0], (row.line, ""))
            told.setdefault(line, {})[f"{path}{name.rpartition('.')[2]}" if path else name] = message
        for part in row.parts or [row]:
            self.problems.add(part, told[part.line] or {"row": _BESIDE})

    async def _look_up(self, keys: set[Key]) -> None:
        self._known = {}
        for name in {name for name, _ in keys}:
            values = [value for column, value in keys if column == name]
            for document in await self.service.collection.find_in(name, values):
                self._remember(document)

    def _remember(self, document: Document) -> None:
        for name in ("id", *self.service.identified_by):
            if (value := getattr(document, name)) is not None:
                self._known[name, value] = document

    async def _take(self, row: Row, keys: Sequence[Key]) -> None:
        before = next((self._known[key] for key in keys if key in self._known), None)
        fields = dict(row.fields)
        given = fields.pop("id", None) if self.how.mode is Mode.UPSERT else None
        if given is not None and not is_id(str(given)) and "id" not in self.ignored:
            self.ignored.append("id")
        if row.parts:
            gathered = await self.service._gathered(before, fields, row.parts, upsert=self.how.mode is Mode.UPSERT)
            before, fields, self._places = gathered.before, gathered.fields, gathered.places
        if before is None:
            await self._create(row, fields, row.kept.get("id") or (given if is_id(str(given)) else None))
        else:
            await self._update(row, fields, before)

    async def _create(self, row: Row, fields: dict[str, Any], known_id: str | None) -> None:
        service = self.service
        payload_type = service.import_payload or service.create_payload
        for name in service.identified_by:
            if name not in _names(payload_type):
                fields.pop(name, None)
        document = await service._build(self.actor, parse(payload_type, fields))
        if known_id:
            document.id = known_id
        for name, attribute in (("createdAt", "created_at"), ("updatedAt", "updated_at")):
            if name in row.kept:
                setattr(document, attribute, _time(name, row.kept[name]))
        await service._adding(self.actor, document)
        await service.collection.add(document)
        await service._changed(None, document)
        self._remember(document)
        self.loaded.created += 1
        self._touched.append(Touched(service.noun, document.id, CREATED, document.rev, {}))
        self._show(row, None, CREATED, {})

    async def _update(self, row: Row, fields: dict[str, Any], before: Document) -> None:
        service = self.service
        check(self.actor, f"{service.noun}:update")
        changed, former = differing(service, before, fields)
        if not changed:
            self.loaded.unchanged += 1
            return
        payload = parse(service.update_payload, changed)
        changes = await service._changes(self.actor, before, payload)
        before, after = await service.collection.patch(before.id, changes, None, service._restriction(self.actor, "update"))
        if after.rev == before.rev:  # it says the same in other words
            self.loaded.unchanged += 1
            return
        await service._changed(before, after)
        self._remember(after)
        self.loaded.updated += 1
        self._touched.append(Touched(service.noun, after.id, UPDATED, after.rev, former))
        self._show(row, after.id, UPDATED, differences(former, changed))

    def _show(self, row: Row, document_id: str | None, action: str, fields: Mapping[str, Any]) -> None:
        if self.how.dry_run and len(self.loaded.changes) < MAX_CHANGES:
            self.loaded.changes.append({"line": row.line, "id": document_id, "action": action, "fields": dict(fields)})


def _fields(service: "CrudService[Any]") -> Fields:
    return Fields(service.import_payload or service.create_payload, service.spec, ("id", *service.identified_by))


def differing(service: "CrudService[Any]", before: Document, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which of the given fields say something else than the record, and what it says there.

    Raises:
        Invalid: a field breaks a rule, or cannot be changed.
    """
    was = wire(before)
    known = _names(service.update_payload)
    fixed = {name: value for name, value in fields.items() if name not in known and name not in service.identified_by}
    if refused := [name for name, value in fixed.items() if name not in was or str(value) != str(was[name])]:
        raise Invalid(fields={name: _UNCHANGEABLE if name in was else UNKNOWN_FIELD for name in refused})
    payload = parse(service.update_payload, {name: value for name, value in fields.items() if name in known})
    changed: dict[str, Any] = {}
    former: dict[str, Any] = {}
    nested = type(before).nested
    for name, value in _sent(payload).items():
        old = was.get(name)
        if name in nested and isinstance(value, dict):
            group = cast("dict[str, Any]", old)
            parts = {part: inner for part, inner in cast("dict[str, Any]", value).items() if inner != group[part]}
            if parts:
                changed[name], former[name] = parts, {part: group[part] for part in parts}
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            value = {**cast("dict[str, Any]", old), **cast("dict[str, Any]", value)}
        if value != old:
            changed[name], former[name] = value, old
    return changed, former


def _names(payload: type[Payload]) -> set[str]:
    return {found.alias or name for name, found in payload.model_fields.items()}


def _sent(payload: Payload) -> dict[str, Any]:
    """What was sent, in the wire form; null counts where it empties a field."""
    emptied = {to_camel(name) for name in payload.emptied} if isinstance(payload, Patch) else frozenset[str]()
    sent = payload.model_dump(by_alias=True, exclude_unset=True)
    return {name: _wired(value) for name, value in sent.items() if value is not None or name in emptied}


def _wired(value: Any) -> Any:
    match value:
        case dict():
            return {name: _wired(inner) for name, inner in cast("dict[str, Any]", value).items() if inner is not None}
        case list():
            return [_wired_item(inner) for inner in cast("list[Any]", value)]
        case Decimal() | datetime():
            return wire_value(value)
        case StrEnum():
            return value.value
        case _:
            return value


def _wired_item(value: Any) -> Any:
    """An element of a list, which is written as a whole: null empties what it names."""
    if not isinstance(value, dict):
        return _wired(value)
    return {name: _wired_item(inner) for name, inner in cast("dict[str, Any]", value).items()}


def _time(name: str, value: Any) -> datetime:
    try:
        found = parse_time(value)
        if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
            raise ValueError
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, TypeError, ValueError):
        raise Invalid(fields={name: "Enter a time, such as 2010-12-01T08:26:00Z."}) from None
