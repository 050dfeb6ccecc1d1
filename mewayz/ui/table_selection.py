"""The rows that are chosen in a table, and what is done to all of them at once."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from mewayz.backend import clock
from mewayz.backend.access import can
from mewayz.backend.amounts import counted
from mewayz.backend.bulk import MAX_IDS, MAX_MATCHES, BulkResult
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.notice import say
from mewayz.ui.table_address import Address
from mewayz.ui.table_core import TableCore, nested

_LISTED = 20
_SECONDS = 60


@dataclass
class Refused:
    """A row that stayed as it was, and why."""

    name: str
    href: str
    why: str


@dataclass
class Outcome:
    """What became of the last change of many rows; empty when there was none."""

    text: str = ""
    undo: bool = False
    refused: list[Refused] = field(default_factory=list)
    more: str = ""


class TableSelection(TableCore, mixin=True):
    """Chosen rows. They are those of the page, or all that match."""

    selectable: bool = False
    deletable: bool = False
    selected: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    everything: bool = False
    whole_page: bool = False
    matching: str = ""
    too_many: str = ""
    subject: str = ""
    chosen_rows: str = ""
    number: str = ""
    typed: str = ""
    unset: str = ""
    round: int = 0
    working: bool = False
    outcome: Outcome = Outcome()
    _token: str = ""
    _told_at: float = 0.0
    _total: int = 0

    def _pick(self, ids: list[str]) -> None:
        """Choose rows of the page."""
        self.selected = [one for one in self._shown if one in set(ids)][:MAX_IDS]
        self.everything, self.typed = False, ""
        self._describe()

    def _describe(self) -> None:
        """Say in words what is chosen, and what else could be."""
        count = self._total if self.everything else len(self.selected)
        self.whole_page = bool(self.rows) and len(self.selected) == len(self.rows)
        self.subject, self.number, self.chosen_rows = f"{counted(count)} selected", counted(count), self._many(count)
        more = self.whole_page and not self.everything and self._total > len(self.rows)
        self.matching = f"Select all {counted(self._total)} that match" if more and self._total <= MAX_MATCHES else ""
        self.too_many = f"Narrow the list to {counted(MAX_MATCHES)} to select all that match" if more and self._total > MAX_MATCHES else ""

    def _found(self, total: int) -> None:
        """A page has come: what is not on it is no longer chosen."""
        may_update = can(actor(), f"{self._noun()}:update")
        self.deletable = self.bulk_delete and can(actor(), f"{self._noun()}:delete")
        self.selectable = self.deletable or (bool(self.bulk_fields or self.bulk_steps) and may_update)
        self._total = total
        kept = [one for one in self.selected if one in self._shown]
        if self.selected or self.everything:
            self.everything = False
            if kept != self.selected:
                self.round += 1
            self.selected = kept
        self._describe()

    @on(":update")
    async def choose_all(self) -> None:
        """Choose all that match, on every page."""
        self.everything = self._total <= MAX_MATCHES
        self._describe()

    @on(":update")
    async def clear(self) -> None:
        """Choose nothing."""
        self._clear()

    @on(":update")
    async def set_many(self, key: str, value: str) -> AsyncIterator[None]:
        """Give a column of all chosen rows this value; nothing is no value."""
        text = value.strip()[:200]
        if key in self.bulk_fields and text:
            async for _ in self._set(key, text):
                yield

    @on(":update")
    async def set_many_from(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """The same with a value that was typed; where nothing was, that is said at the field."""
        for key, value in list(form.items())[:1]:
            text = str(value or "").strip()[:200]
            if key not in self.bulk_fields:
                return
            self.unset = "" if text else f"Choose or type a {self._column(key).label.lower()}."
            if self.unset:
                yield rx.set_focus(f"set_{key}")
                return
            async for _ in self._set(key, text):
                yield

    @on(":update")
    async def empty_many(self, key: str) -> AsyncIterator[None]:
        """Take the value of a column away from all chosen rows."""
        if key in self.bulk_fields and not self._values(key):
            async for _ in self._set(key, ""):
                yield

    @on(":update")
    async def begin_setting(self, opened: bool) -> None:
        """The box in which a value is typed has been opened or closed: nothing is wrong with it yet."""
        self.unset = ""

    @on(":update")
    async def take_step(self, key: str) -> AsyncIterator[None]:
        """Do something to all chosen rows; what cannot be undone only once their number has been typed."""
        step = next((one for one in self.bulk_steps if one.key == key), None)
        if step and (not step.consequence or self.typed.strip() == self.number):
            async for _ in self._run({"action": "update", "changes": step.changes}, step.done):
                yield

    @on(":update")
    async def ask_again(self, opened: bool) -> None:
        """A dialog that asks for the number has been opened or closed: its field is empty."""
        self.typed = ""

    @on(":update")
    async def type_number(self, text: str) -> None:
        """What has been typed to confirm what cannot be undone."""
        self.typed = text[:20]

    @on(":delete")
    async def remove_many(self) -> AsyncIterator[None]:
        """Delete all chosen rows."""
        if self.bulk_delete and self.typed.strip() == self.number:
            async for _ in self._run({"action": "delete"}, "deleted"):
                yield

    @on(":update")
    async def undo(self) -> AsyncIterator[None]:
        """Take the last change of many rows back."""
        self.working = True
        yield
        token, self._token = self._token, ""
        async with guarded(self):
            result = await self.service.undo_bulk(actor(), {"token": token})
            await self._reload()
            await self._tell(result, "changed back")
        self._fail()
        self.working = False

    @on(":read")
    async def dismiss(self) -> None:
        """Close the report."""
        self.outcome = Outcome()

    async def _set(self, key: str, value: str) -> AsyncIterator[None]:
        async for _ in self._run({"action": "update", "changes": nested(key, value)}):
            yield

    async def _run(self, asked: Mapping[str, Any], done: str = "changed") -> AsyncIterator[None]:
        if not self.selected:
            return
        which = {"query": self._narrowing()} if self.everything else {"ids": self.selected}
        self.working = True
        yield
        async with guarded(self):
            result = await self.service.bulk(actor(), {**which, **asked})
            names = {row.id: row.cells[0].text for row in self.rows}
            self._clear()
            await self._reload()
            self._token = result.undo or ""
            await self._tell(result, done, names)
        self._fail()
        self.working = False

    def _clear(self) -> None:
        self.round += 1
        self._pick([])

    def _fail(self) -> None:
        """A refusal of the whole is told where the result would be: the rows stay on the screen."""
        if self.error:
            self.outcome, self.error = Outcome(" ".join([self.error, *self.field_errors.values()])), ""

    async def _tell(self, result: BulkResult, verb: str, names: Mapping[str, str] | None = None) -> None:
        names = {**{row.id: row.cells[0].text for row in self.rows}, **(names or {})}
        refused = [
            Refused(names.get(row.id, row.id), f"{self.path}/{row.id}", row.error.get("message", "")) for row in result.rows if row.error
        ]
        changed = len(result.rows) - len(refused) - result.unchanged
        text = f"{self._many(changed)} {verb}." if changed or not result.unchanged else ""
        if result.unchanged:
            these = counted(result.unchanged) if changed else self._many(result.unchanged)
            text = f"{text} {these} {'was' if result.unchanged == 1 else 'were'} so already.".strip()
        if refused:
            text += f" {counted(len(refused))} stayed as {'it was' if len(refused) == 1 else 'they were'}."
        if not refused and not self._token:
            self.outcome = Outcome()
            await say(self, text)
            return
        more = f"and {counted(len(refused) - _LISTED)} more" if len(refused) > _LISTED else ""
        self.outcome = Outcome(text, undo=bool(self._token), refused=refused[:_LISTED], more=more)
        self._told_at = clock.now().timestamp()

    def _forget(self) -> None:
        """Take away a report that is as good as read."""
        if self.outcome.text and not self.working and clock.now().timestamp() - self._told_at > _SECONDS:
            self.outcome = Outcome()

    def _narrowing(self) -> str:
        """The query of the address, without its page."""
        return Address(self.path, dict(self.router.url.query_parameters)).question
