"""What the page of an import holds: how its columns are matched, what would happen, and which rows are bad. Never the file."""

from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from mewayz.backend.amounts import counted
from mewayz.backend.decimals import COMMA, POINT
from mewayz.backend.desk import Trial
from mewayz.backend.loads import Loaded, Mode, OnError
from mewayz.backend.plans import Plan
from mewayz.backend.resource import MAX_ROWS
from mewayz.backend.runtime import current
from mewayz.domains.imports.batch_state import DATES, chosen
from mewayz.domains.imports.changes import Change, changes_of
from mewayz.domains.imports.mending import MOST_SHOWN, BadLine, bad_lines, changed, entered, with_entered
from mewayz.domains.imports.work import Working
from mewayz.rooms import imports
from mewayz.ui.events import actor, on
from mewayz.ui.farewell import when_gone
from mewayz.ui.guard import guarded
from mewayz.ui.notice import say
from mewayz.ui.words import plural

FILE, COLUMNS, CHECK = "file", "columns", "check"
ENCODINGS = (("", "UTF-8"), ("cp1252", "Windows-1252"), ("utf-16", "UTF-16"))
DECIMALS = (("", "As they are found"), (COMMA, "After a comma: 1.234,50"), (POINT, "After a point: 1,234.50"))


@dataclass
class ColumnLine:
    """A column of the file and the field that it fills; empty leaves it out."""

    index: int
    name: str
    samples: list[str]
    path: str
    note: str = ""


@dataclass
class Choice:
    """A field that a column can fill."""

    path: str
    label: str


class FileImport(Working, rx.State):
    """An import on its way: the file waits on the server, known by its id."""

    noun: str = ""
    one: str = ""
    step: str = FILE
    limit: str = ""
    most: int = 0
    file_name: str = ""
    tabular: bool = False
    rows: str = ""
    columns: list[ColumnLine] = []  # noqa: RUF012 (Reflex copies defaults per client)
    choices: list[Choice] = []  # noqa: RUF012
    missing: str = ""
    hopeless: bool = False
    mode: str = Mode.UPSERT.value
    on_error: str = OnError.STOP.value
    encoding: str = ""
    date_format: str = ""
    decimals: str = ""
    created: str = ""
    updated: str = ""
    unchanged: str = ""
    failed: int = 0
    more_bad: str = ""
    ready: int = 0
    verb: str = ""
    news: list[Change] = []  # noqa: RUF012
    changes: list[Change] = []  # noqa: RUF012
    notes: list[str] = []  # noqa: RUF012
    bad: list[BadLine] = []  # noqa: RUF012
    round: int = 0
    mistakes: int = 0
    told: str = ""
    upload_id: str = ""
    _known_by: frozenset[str] = frozenset()
    _required: dict[str, str] = {}  # noqa: RUF012
    _labels: dict[str, str] = {}  # noqa: RUF012

    @on("imports:create")
    async def load(self) -> None:
        """Show the step that was reached; for another noun, or when the file is gone, the first one."""
        asked = self.router.url.path.strip("/").partition("/")[0]
        async with guarded(self):
            one = await imports.demand(actor(), asked)
            if asked != self.noun or (self.upload_id and not self.working and not await imports.waits(actor(), self.upload_id)):
                await self._forget()
            self.noun, self.one = asked, one
            self.most = current().settings.max_file_size
            self.limit = f"{self.most / 2**20:.3g} MB and {counted(MAX_ROWS)} rows"

    @on("imports:create")
    async def take(self, upload_id: str) -> None:
        """The browser has sent a file."""
        if upload_id == self.upload_id:
            return
        chosen = self.columns, self.mode, self.on_error, self.date_format, self.decimals
        await self._forget()
        # Of a file that was mended elsewhere and comes again, the columns are known already.
        self.columns, self.mode, self.on_error, self.date_format, self.decimals = chosen
        self.upload_id = upload_id[:24]
        who, kept = actor(), self.upload_id
        when_gone(self, lambda: imports.discard(who, kept))
        await self._look()

    @on("imports:create")
    async def read_as(self, encoding: str) -> None:
        """Read the text of the file in another encoding; what was chosen for its columns stays."""
        self.encoding = encoding if encoding in dict(ENCODINGS) else ""
        await self._look()

    @on("imports:create")
    async def match(self, index: int, path: str) -> None:
        """Say what a column stands for; another one that stood for it is left out."""
        if path and path not in self._labels:
            return
        self.columns = [
            replace(one, path=path, note="") if one.index == index else replace(one, path="" if path and one.path == path else one.path)
            for one in self.columns
        ]
        self._find_missing()

    @on("imports:create")
    async def choose_mode(self, mode: str) -> None:
        """Say what a known record means."""
        self.mode = Mode(mode).value if mode in set(Mode) else self.mode
        self._find_missing()

    @on("imports:create")
    async def choose_on_error(self, on_error: str) -> None:
        """Say what a bad row does to the others."""
        self.on_error = OnError(on_error).value if on_error in set(OnError) else self.on_error
        self._count()

    @on("imports:create")
    async def choose_dates(self, date_format: str) -> None:
        """Say how dates are written."""
        self.date_format = date_format if date_format in dict(DATES) else ""

    @on("imports:create")
    async def choose_decimals(self, sign: str) -> None:
        """Say what stands before the decimals of amounts."""
        self.decimals = sign if sign in dict(DECIMALS) else ""

    @on("imports:create")
    async def back(self) -> None:
        """Go back to the columns."""
        self.step, self.error, self.field_errors = COLUMNS, "", {}

    @on("imports:create")
    async def start_over(self) -> None:
        """Forget the file."""
        await self._forget()

    @on("imports:read")
    async def leave(self) -> None:
        """The page is left: the file goes, unless it is just being imported."""
        if not self.working:
            await self._forget()

    @on("imports:create", background=True)
    async def check(self) -> Any:
        """See what would happen."""
        return None if self.hopeless else await self._check()

    @on("imports:create", background=True)
    async def mend(self, form: dict[str, Any]) -> Any:
        """Put what was typed in place of the bad rows, and see anew."""
        return await self._mend(form)

    @on("imports:create", background=True)
    async def run(self, form: dict[str, Any] | None = None) -> Any:
        """Import, and go to what was imported. What `form` holds of bad rows that were mended just now is checked before."""
        cells = changed(entered(form or {}, self.bad), self.bad)
        if cells:
            await self._mend(form or {})
            if self.error or self.working:
                return None
            still = {one.line for one in self.bad} & set(cells)
            if still or self.verb == "":
                async with self:
                    self.mistakes += 1
                    which = plural(len(still), "row that you mended needs", "rows that you mended need")
                    self.told = f"Nothing was imported yet: {which} more attention."
                return None
        who, plan, kept = actor(), self._plan(), self.upload_id
        return await self._work("Importing", lambda report: imports.run(who, kept, plan, report), self._done)

    async def _mend(self, form: dict[str, Any]) -> Any:
        who = actor()
        async with self:
            if self.working:
                return None
            cells = entered(form, self.bad)
            self.bad = with_entered(self.bad, cells)
            async with guarded(self):
                await imports.mend(who, self.upload_id, cells)
            if self.error:
                return None
        return await self._check()

    async def _check(self) -> Any:
        who, plan, kept = actor(), self._plan(), self.upload_id
        return await self._work("Checking", lambda report: imports.trial(who, kept, plan, report), self._tried)

    # ------------------------------------------------------------------------------------------------------------------

    def _plan(self) -> Plan:
        return Plan(
            [one.path for one in self.columns], Mode(self.mode), OnError(self.on_error), self.encoding, self.date_format, self.decimals
        )

    async def _look(self) -> None:
        """Show the columns of the file, with what they stand for as far as that is known."""
        before = {one.name: one for one in self.columns}
        async with guarded(self):
            found = await imports.preview(actor(), self.upload_id, self.encoding)
            self.file_name, self.tabular = found.upload.name, found.tabular
            self.rows = plural(found.rows, "row", "rows")
            self.columns = [
                replace(before[one.name], index=index, samples=list(one.samples))
                if one.name in before
                else ColumnLine(index, one.name, list(one.samples), one.path, one.note)
                for index, one in enumerate(found.columns)
            ]
            self.choices = [Choice(one.path, f"{one.label} (required)" if one.required else one.label) for one in found.targets]
            self._labels = {one.path: one.label for one in found.targets}
            self._known_by = found.known_by
            self._required = {one.path: one.label for one in found.targets if one.required}
            self._find_missing()
            self.step = COLUMNS
        if self.error:
            self.error = " ".join([self.error, *(f"{place.capitalize()}: {why}" for place, why in list(self.field_errors.items())[:3])])

    def _find_missing(self) -> None:
        filled = {one.path for one in self.columns}
        lacking = [label for path, label in self._required.items() if path not in filled]
        self.missing = " and ".join(lacking) if self.tabular else ""
        # Every row would be a new record, and none of them could be made.
        self.hopeless = self.missing != "" and (self.mode == Mode.CREATE or filled.isdisjoint(self._known_by))

    async def _tried(self, trial: Trial) -> None:
        found = trial.loaded
        self.created, self.updated, self.unchanged = counted(found.created), counted(found.updated), counted(found.unchanged)
        self.failed, self.ready, self.notes = found.failed, found.imported, found.notes
        self.news, self.changes = changes_of(trial, self.noun, self._labels)
        self.bad = bad_lines(found.problems, self._labels) if self.tabular else bad_lines(found.problems, {})
        self.more_bad = f"The first {MOST_SHOWN} of {counted(found.failed)}." if found.failed > len(self.bad) else ""
        self.round += 1
        self.told = ""
        self._count()
        self.step = CHECK

    def _count(self) -> None:
        """What the button says."""
        stopped = bool(self.failed) and self.on_error == OnError.STOP
        self.verb = "" if stopped or not (self.ready or self.failed) else f"Import {plural(self.ready, self.one, self.noun)}"

    async def _done(self, found: Loaded) -> Any:
        to = chosen(f"/imports/{found.batch}", self.mode, self.date_format)
        await self._forget()
        if found.batch is None:
            await say(self, "Every row is here already, as it is in the file. Nothing was changed.")
            return None
        return rx.redirect(to)

    async def _forget(self) -> None:
        """Begin anew; the file goes."""
        if self.upload_id:
            await imports.discard(actor(), self.upload_id)
        when_gone(self, None)
        noun, one, limit, most = self.noun, self.one, self.limit, self.most
        self.reset()
        self.noun, self.one, self.limit, self.most = noun, one, limit, most
