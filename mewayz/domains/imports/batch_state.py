"""What the pages of finished imports hold: the latest ones, and one with the rows that it left out and the way back."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.amounts import counted
from mewayz.backend.batches import BatchStatus, ImportBatch
from mewayz.backend.imports import Reverted
from mewayz.backend.loads import Loaded, Mode
from mewayz.backend.plans import Plan
from mewayz.domains.imports.mending import MOST_SHOWN, BadLine, bad_lines, entered, with_entered
from mewayz.domains.imports.work import Working
from mewayz.rooms import imports
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale, plural, sentence

DATES = (("", "As they are found"), ("d/m/Y", "Day first: 31/12/2026"), ("m/d/Y", "Month first: 12/31/2026"))
_STATUS = {
    BatchStatus.LOADING.value: ("Not finished", "warning"),
    BatchStatus.DONE.value: ("Done", "success"),
    BatchStatus.REVERTED.value: ("Taken back", "neutral"),
}
_LISTED = 20


@dataclass
class Batch:
    """An import in the list."""

    id: str
    href: str
    file: str
    noun: str
    who: str
    when: str
    exact: str
    created: str
    updated: str
    failed: str
    status: str
    tone: str


@dataclass
class Kept:
    """A record that could not be taken back."""

    href: str
    name: str
    why: str


def _known_dates(date_format: str) -> str:
    return date_format if date_format in dict(DATES) else ""


def chosen(path: str, mode: str, date_format: str) -> str:
    """The address of an import, with what was chosen for its file, so that its rows are tried again in the same way."""
    given = {"mode": mode if mode != Mode.UPSERT else "", "dates": date_format}
    asked = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{asked}" if asked else path


def _batch(one: ImportBatch, words: Locale) -> Batch:
    status, tone = _STATUS.get(one.status, (sentence(one.status), "neutral"))
    moment = one.created_at
    return Batch(
        one.id, f"/imports/{one.id}", one.file_name or "Without a file name", sentence(one.noun), one.actor_name, words.ago(moment),
        words.exact(moment), counted(one.created), counted(one.updated), counted(one.failed), status, tone,
    )  # fmt: skip


def _stay(found: Reverted) -> str:
    return f" {counted(found.left)} {'stays as it is' if found.left == 1 else 'stay as they are'}:" if found.left else ""


def _kept(found: Reverted) -> tuple[list[Kept], str]:
    """The first records that stay, and how many more."""
    kept = [Kept(f"/{one['noun']}/{one['id']}", one["name"], one["reason"]) for one in found.kept[:_LISTED]]
    return kept, f"and {counted(found.left - len(kept))} more" if found.left > len(kept) else ""


class ImportList(Guarded, rx.State):
    """The latest imports."""

    loaded: bool = False
    rows: list[Batch] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("imports:read")
    async def load(self) -> None:
        """Read them."""
        async with guarded(self):
            words = await locale()
            self.rows = [_batch(one, words) for one in await imports.latest(actor())]
        self.loaded = True


class ImportRecord(Working, rx.State):
    """One import: what it did, what it left out, and how it is taken back."""

    loaded: bool = False
    batch: Batch = Batch("", "", "", "", "", "", "", "", "", "", "", "")
    noun: str = ""
    unchanged: str = ""
    number: str = ""
    revertible: bool = False
    failed: int = 0
    left: int = 0
    mode: str = Mode.UPSERT.value
    date_format: str = ""
    mendable: bool = False
    bad: list[BadLine] = []  # noqa: RUF012 (Reflex copies defaults per client)
    more_bad: str = ""
    round: int = 0
    asking: bool = False
    typed: str = ""
    foreseen: str = ""
    staying: list[Kept] = []  # noqa: RUF012 (Reflex copies defaults per client)
    more_staying: str = ""
    outcome: str = ""
    tone: str = ""
    more_kept: str = ""
    kept: list[Kept] = []  # noqa: RUF012

    @on("imports:read")
    async def load(self) -> None:
        """Show the import that the address names."""
        asked = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.asking = False
        if asked != self.batch.id:
            self.loaded, self.outcome, self.kept = False, "", []
            given = self.router.url.query_parameters
            self.mode = Mode.CREATE.value if given.get("mode") == Mode.CREATE else Mode.UPSERT.value
            self.date_format = _known_dates(given.get("dates", ""))
        async with guarded(self):
            await self._show(asked)

    @on("imports:create")
    async def choose_mode(self, mode: str) -> None:
        """Say what a known record means when the rows are tried again."""
        self.mode = Mode(mode).value if mode in set(Mode) else self.mode

    @on("imports:create")
    async def choose_dates(self, date_format: str) -> None:
        """Say how dates are written."""
        self.date_format = _known_dates(date_format)

    @on("imports:create", background=True)
    async def retry(self, form: dict[str, Any]) -> Any:
        """Try the bad rows again with what was typed."""
        who = actor()
        async with self:
            cells, key, plan = entered(form, self.bad), self.batch.id, Plan(mode=Mode(self.mode), date_format=self.date_format)
            self.bad = with_entered(self.bad, cells)
        return await self._work("Trying again", lambda report: imports.retry(who, key, cells, plan, report), self._retried)

    @on("imports:delete")
    async def type_number(self, text: str) -> None:
        """What has been typed to confirm."""
        self.typed = text[:20]

    @on("imports:delete")
    async def ask(self, opened: bool) -> Any:
        """Open or close the box that asks for the number of records; it says what can be taken back."""
        self.asking, self.typed = opened is True, ""
        self.foreseen, self.staying, self.more_staying = "", [], ""
        return ImportRecord.foresee if self.asking else None

    @on("imports:delete", background=True)
    async def foresee(self) -> Any:
        """Count what can be taken back, and say what stays and why."""
        who, key = actor(), self.batch.id
        return await self._work("Counting what can be taken back", lambda report: imports.foresee(who, key, report), self._foreseen)

    @on("imports:delete", background=True)
    async def revert(self) -> Any:
        """Take the import back."""
        who, key = actor(), self.batch.id
        if self.typed.strip() != self.number:
            return None
        async with self:
            self.asking, self.outcome, self.kept = False, "", []
        return await self._work("Taking it back", lambda report: imports.revert(who, key, report), self._reverted)

    async def _show(self, key: str) -> None:
        found = await imports.get(actor(), key)
        words = await locale()
        self.noun, self.batch = found.noun, _batch(found, words)
        self.unchanged, self.failed, self.left = counted(found.unchanged), found.failed, len(found.problems)
        self.number = counted(found.created + found.updated)
        self.revertible = found.status != BatchStatus.REVERTED.value and self.number != "0"
        rows = await imports.bad(actor(), key)
        labels = {one.path: one.label for one in await imports.targets(actor(), found.noun)} if rows is not None else {}
        problems = (
            [{**problem, "row": one.value} for problem, one in zip(found.problems, rows, strict=True)]
            if rows is not None
            else [{**problem, "row": {}} for problem in found.problems]
        )
        self.mendable = rows is not None
        self.bad = bad_lines(problems, labels)
        self.more_bad = f"The first {MOST_SHOWN} of {counted(self.left)}." if self.left > len(self.bad) else ""
        self.round += 1
        self.typed, self.loaded = "", True

    async def _retried(self, found: Loaded) -> Any:
        if found.batch is None:
            await say(self, "Every row is here already, as it was typed. Nothing was changed.")
            await self._show(self.batch.id)
            return None
        text = f"{plural(found.imported, 'row is', 'rows are')} in now."
        text += f" {plural(found.failed, 'needs', 'need')} attention." if found.failed else ""
        await say(self, text, "warning" if found.failed else "success")
        return rx.redirect(chosen(f"/imports/{found.batch}", self.mode, self.date_format))

    async def _foreseen(self, found: Reverted) -> None:
        counts = ((found.deleted, "would be deleted"), (found.restored, "would become as before"), (found.gone, "have gone already"))
        told = ", ".join(f"{counted(count)} {what}" for count, what in counts if count) or "Nothing can be taken back"
        self.foreseen = f"{told}.{_stay(found)}"
        self.staying, self.more_staying = _kept(found)

    async def _reverted(self, found: Reverted) -> None:
        parts = [f"{counted(found.deleted)} deleted", f"{counted(found.restored)} as before"]
        parts += [f"{counted(found.gone)} had gone already"] if found.gone else []
        self.outcome = f"Nothing was taken back.{_stay(found)}" if found.nothing else f"Taken back: {', '.join(parts)}.{_stay(found)}"
        self.tone = "warning" if found.left else "success"
        self.kept, self.more_kept = _kept(found)
        await self._show(self.batch.id)
