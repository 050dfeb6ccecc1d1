"""The import as people do it: a file waits, its columns are matched, it is tried, mended, loaded, and what was left out tried again."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from mewayz.backend import uploads
from mewayz.backend.access import Actor, check, oneself, require_proof, signed_in
from mewayz.backend.batches import ImportBatch, batches
from mewayz.backend.crud import CrudService
from mewayz.backend.decimals import rewritten, signs_of, with_point
from mewayz.backend.earlier import is_earlier
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.importing import Columns, LoadsTables, Report, fields_of, import_file, silent
from mewayz.backend.imports import Imports, title_of
from mewayz.backend.loads import How, Loaded, Mode, OnError
from mewayz.backend.matching import Column, Target, columns_of, flattened, row, rows_of, targets
from mewayz.backend.plans import USUAL, Plan
from mewayz.backend.resource import MAX_ROWS
from mewayz.backend.rows import Row
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.backend.uploads import Mended, Upload
from mewayz.backend.waiting import kind_of, sheet_of, source_of, write_table

_NAMES = ("name", "number", "email", "sku", "customer.name", "id")


class NothingToRetry(Conflict):
    """Every row of an import is in, or has been tried again by another one."""

    code = "imports.nothing_to_retry"
    default_message = "No rows are left to try again."


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds before anything is done with it.

    Attributes:
        upload: the file.
        columns: with what they seem to stand for; none of a file that is read as it is.
        targets: what a column can stand for.
        rows: how many there are; 0 of a file that is read as it is.
        tabular: whether its columns are matched and its bad rows mended here.
        known_by: the fields by which a row can be about a record that is here already.
    """

    upload: Upload
    columns: list[Column]
    targets: list[Target]
    rows: int
    tabular: bool
    known_by: frozenset[str] = frozenset()


@dataclass(slots=True)
class Trial:
    """A dry run: what would happen, and by line what the rows are called."""

    loaded: Loaded
    names: dict[int, str] = field(default_factory=dict[int, str])


class ImportDesk(Imports):
    """The verbs of an import in steps; each demands that the noun may be imported."""

    def _service(self, actor: Actor, noun: str) -> CrudService[Any]:
        if noun not in self._services:
            raise Invalid(fields={"noun": f"Choose one of: {', '.join(self._services)}."})
        check(actor, f"{noun}:import")
        return self._services[noun]

    async def _upload(self, actor: Actor, upload_id: str) -> tuple[Upload, CrudService[Any]]:
        upload = await asyncio.to_thread(uploads.find, actor, upload_id)
        return upload, self._service(actor, upload.noun)

    @oneself
    async def keep(self, actor: Actor, noun: str, name: str, file: Path) -> Upload:
        """Let a file wait for the further steps of this session.

        Raises:
            Invalid: the noun is not known, or the file is empty. Forbidden. TooManyWaiting.
        """
        self._service(actor, noun)
        return await asyncio.to_thread(uploads.keep, actor, noun, name, file)

    @signed_in
    async def demand(self, actor: Actor, noun: str) -> str:
        """The name of one record of a noun that this person may import.

        Raises:
            Invalid, Forbidden.
        """
        return self._service(actor, noun).singular

    @signed_in
    async def discard(self, actor: Actor, upload_id: str) -> None:
        """Remove a file of this session."""
        await asyncio.to_thread(uploads.discard, actor, upload_id)

    @signed_in
    async def waits(self, actor: Actor, upload_id: str) -> bool:
        """Whether a file of this session is still there."""
        try:
            await self._upload(actor, upload_id)
        except NotFound:
            return False
        return True

    @signed_in
    async def preview(self, actor: Actor, upload_id: str, encoding: str = "") -> Preview:
        """Look into a file.

        Raises:
            NotFound. BrokenFile: it cannot be read; the message says why. Invalid: it has too many rows.
        """
        upload, service = await self._upload(actor, upload_id)
        sheet = await asyncio.to_thread(sheet_of, upload, service, encoding)
        if sheet is None:
            return Preview(upload, [], [], 0, tabular=False)
        columns = columns_of(sheet, fields_of(service, table=True))
        known_by = frozenset({"id", *service.identified_by, *service.parts_identified_by})
        return Preview(upload, columns, _targets(service), len(sheet.lines), tabular=True, known_by=known_by)

    @signed_in
    async def targets(self, actor: Actor, noun: str) -> list[Target]:
        """The fields that a row of a noun's files can fill.

        Raises:
            Invalid, Forbidden.
        """
        return _targets(self._service(actor, noun))

    @signed_in
    async def trial(self, actor: Actor, upload_id: str, plan: Plan, report: Report = silent) -> Trial:
        """Do everything without saving: all bad rows are found, whatever the plan says of them.

        Raises:
            NotFound, Forbidden. Invalid: the file cannot be read as it was chosen.
            StepUpRequired: the rows hand out roles, and the last proof is too old.
        """
        upload, service = await self._upload(actor, upload_id)
        _prove(actor, service)
        how = How(plan.mode, OnError.SKIP, dry_run=True, file_name=upload.name)
        loaded, rows = await self._load(actor, upload, service, plan, how, report)
        names = {one.line: _name(one) for one in rows}
        nameless = {one["line"]: one["id"] for one in loaded.changes if one["id"] and not names.get(one["line"])}
        known = await service.collection.find_ids(nameless.values())
        return Trial(loaded, names | {line: title_of(known[key]) for line, key in nameless.items() if key in known})

    @oneself
    async def mend(self, actor: Actor, upload_id: str, cells: Mended) -> None:
        """Put what was typed in place of rows of a waiting file, by line and path.

        Raises:
            NotFound.
        """
        upload, _ = await self._upload(actor, upload_id)
        await asyncio.to_thread(upload.mend, cells)

    @oneself
    async def run(self, actor: Actor, upload_id: str, plan: Plan, report: Report = silent) -> Loaded:
        """Import a waiting file, which then is removed; it stays where nothing was imported.

        Raises:
            NotFound, Forbidden. Invalid: lines cannot be taken. StepUpRequired.
        """
        upload, service = await self._upload(actor, upload_id)
        _prove(actor, service)
        how = How(plan.mode, plan.on_error, file_name=upload.name)
        loaded, _ = await self._load(actor, upload, service, plan, how, report)
        await self.discard(actor, upload_id)
        return loaded

    @signed_in
    async def bad(self, actor: Actor, batch_id: str) -> list[Row] | None:
        """The rows that an import has left out, by path; None where they cannot be mended cell by cell.

        Raises:
            NotFound.
        """
        batch = await self.get(actor, batch_id)
        return self._bad(batch, {})

    @oneself
    async def retry(self, actor: Actor, batch_id: str, mended: Mended, plan: Plan = USUAL, report: Report = silent) -> Loaded:
        """Import the rows that an import has left out once more, with what was typed in their place, as an import of its own.

        Of the plan, the mode and the format of dates count.

        Raises:
            NotFound, Forbidden. NothingToRetry. Conflict: somebody else is trying them. StepUpRequired.
        """
        batch = await self.get(actor, batch_id)
        service = self._service(actor, batch.noun)
        _prove(actor, service)
        rows = self._bad(batch, mended, plan.mode)
        if not rows:
            raise NothingToRetry
        async with unit():  # from here on nobody else tries the same rows
            _, taken = await batches.patch(batch_id, {"problems": []}, batch.rev)
        try:
            how = How(plan.mode, OnError.SKIP, file_name=batch.file_name)
            return await self._load_rows(actor, service, rows, how, plan.date_format, report)
        except BaseException:
            async with unit():
                await batches.patch(batch_id, {"problems": batch.problems}, taken.rev)
            raise

    def _bad(self, batch: ImportBatch, mended: Mended, mode: Mode = Mode.UPSERT) -> list[Row] | None:
        fields = fields_of(self._services[batch.noun], mode, table=True)
        found: list[Row] = []
        for problem in batch.problems:
            kept = cast("dict[str, Any]", problem["row"])
            if is_earlier(kept):
                return None
            by_path = {fields.find(name) or name: value for name, value in flattened(kept).items()}
            known = {path: value for path, value in by_path.items() if path in fields.paths or path in fields.tops}
            typed = mended.get(problem["line"], {})
            found.append(row(problem["line"], {**known, **typed}, fields))
        return found

    # Loading ----------------------------------------------------------------------------------------------------------

    async def _load(
        self, actor: Actor, upload: Upload, service: CrudService[Any], plan: Plan, how: How, report: Report
    ) -> tuple[Loaded, Sequence[Row]]:
        sheet = await asyncio.to_thread(sheet_of, upload, service, plan.encoding)
        if sheet is None:
            source = source_of(upload, plan.encoding)
            columns = Columns(date_format=plan.date_format or None)
            return await import_file(service, actor, source, kind_of(source), how, columns, most=MAX_ROWS, report=report), ()
        fields = fields_of(service, plan.mode, table=True)
        paths = [path if path in fields.paths or path in fields.objects else "" for path in plan.paths]
        if len(paths) != len(sheet.names) or not any(paths):
            raise Invalid("Say for at least one column what it stands for.", code="file.unknown_field")
        signs = signs_of(sheet, paths, fields.amounts, plan.decimals)
        mended = {
            line: {path: with_point(text, signs.get(path, "")) for path, text in typed.items()} for line, typed in upload.mended().items()
        }
        rows = await asyncio.to_thread(rows_of, rewritten(sheet, paths, signs), paths, fields, mended)
        return await self._load_rows(actor, service, rows, how, plan.date_format, report), rows

    async def _load_rows(
        self, actor: Actor, service: CrudService[Any], rows: Sequence[Row], how: How, date_format: str, report: Report
    ) -> Loaded:
        if isinstance(service, LoadsTables):
            with tempfile.TemporaryDirectory(prefix="mewayz-import-") as folder:
                path = Path(folder) / "rows.csv"
                await asyncio.to_thread(write_table, path, rows)
                source, columns = Source(path, how.file_name), Columns(date_format=date_format or None)
                found = await service.load_table(actor, source, "csv", columns, how, None, report)
        else:
            found = await service.load(actor, rows, how, report=report)
        read_wrong = {one.line: one.problem for one in rows if one.problem}
        for problem in found.problems:
            if problem["line"] in read_wrong:
                problem["fields"] = {"row": read_wrong[problem["line"]]}
        return replace(found, ignored=[])


def _targets(service: CrudService[Any]) -> list[Target]:
    payload = service.flat_payload if isinstance(service, LoadsTables) else service.import_payload or service.create_payload
    return targets(payload, fields_of(service, table=True), service.spec)


def _prove(actor: Actor, service: CrudService[Any]) -> None:
    """Ask who hands out roles for a fresh proof once, before; each row by itself would only be called bad.

    Raises:
        StepUpRequired.
    """
    if "role" in fields_of(service).tops:
        require_proof(actor)


def _name(one: Row) -> str:
    value = cast("Mapping[str, Any]", one.value or {})
    return next((str(value[path]).strip() for path in _NAMES if str(value.get(path) or "").strip()), "")
