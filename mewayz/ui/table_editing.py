"""Changing a cell where it stands."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from mewayz.backend.access import can
from mewayz.backend.amounts import read_number, typed
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, MewayzError
from mewayz.ui.cells import RIGHT, Cell, cell
from mewayz.ui.events import actor, on
from mewayz.ui.form_clash import same
from mewayz.ui.guard import guarded
from mewayz.ui.notice import say
from mewayz.ui.table_core import TableCore, nested
from mewayz.ui.words import locale

_MAX_TEXT = 200


@dataclass
class Clash:
    """Two people have changed the same cell: what each wants."""

    record: str = ""
    label: str = ""
    mine: str = ""
    theirs: str = ""


class TableEditing(TableCore, mixin=True):
    """The one cell that is being changed.

    Attributes:
        editing: "<id> <key>" of it.
        draft: what its field starts with.
        refused: why what was entered there was not saved; it stays in the field.
        clash: what to decide when somebody else was faster.
    """

    editing: str = ""
    draft: str = ""
    refused: str = ""
    clash: Clash = Clash()
    clashing: bool = False
    _mine: tuple[str, str, str] = ("", "", "")
    _theirs: int = 0

    def _may_edit(self, key: str) -> bool:
        """Whether the person may change cells of this column, and the service takes it."""
        known = {field.alias or name for name, field in self.service.update_payload.model_fields.items()}
        return key in self.editable and key.partition(".")[0] in known and can(actor(), f"{self._noun()}:update")

    def _open_cell(self, record_id: str, key: str) -> None:
        found = self._shown.get(record_id)
        if found is None or not self._may_edit(key) or key in found["fixed"]:
            return
        value, money = found.get(key), self._column(key).kind == "money"
        self.draft = "" if value is None else typed(Decimal(value), found["currency"] or self.currency) if money else str(value)
        self.refused, self.editing = "", f"{record_id} {key}"

    def _fixed(self, record: Mapping[str, Any]) -> Collection[str]:
        """The columns of which the cell of this record cannot be changed in place, though others can."""
        return ()

    @on(":update")
    async def commit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Save what was entered into the cell: it is on the screen at once, and goes back when it is refused."""
        record_id, _, key = self.editing.partition(" ")
        self.editing, self.refused = "", ""
        found = self._shown.get(record_id)
        text = str(form.get("cell", ""))[:_MAX_TEXT].strip()
        if found is None or not self._may_edit(key) or key in found["fixed"]:
            yield
            return
        former = found.get(key)
        if same(self._column(key), text, former):
            yield
            return
        await self._paint(record_id, key, self._meant(key, text))
        yield
        await self._save(record_id, key, text, former, found["rev"])
        yield

    @on(":update")
    async def use_mine(self) -> AsyncIterator[None]:
        """Put one's own value in place of the other person's."""
        record_id, key, text = self._mine
        self.clashing = False
        yield
        if record_id and self._may_edit(key):
            await self._save(record_id, key, text, self._shown.get(record_id, {}).get(key), self._theirs)

    @on(":update")
    async def keep_theirs(self) -> None:
        """Leave the other person's value."""
        self.clashing = False

    def _meant(self, key: str, text: str) -> str:
        """What was typed into a cell of this column, as the service takes it."""
        return read_number(text) if self._column(key).kind in RIGHT else text

    async def _save(self, record_id: str, key: str, text: str, former: Any, rev: int) -> None:
        column = self._column(key)
        async with guarded(self):
            try:
                saved = wire(await self.service.update(actor(), record_id, nested(key, self._meant(key, text)), rev))
                await self._paint(record_id, key, column.of(saved), saved["rev"])
            except Conflict as conflict:
                if conflict.code != f"{self._noun()}.outdated":
                    await self._refuse(record_id, key, text, former, conflict)
                    return
                now = wire(await self.service.get(actor(), record_id))
                theirs = column.of(now)
                if theirs == former and now["rev"] != rev:
                    # Something else about the record has changed, which this change leaves alone.
                    await self._save(record_id, key, text, former, now["rev"])
                    return
                await self._paint(record_id, key, theirs, now["rev"])
                words = await locale()
                currency = self._currency_of(record_id)
                mine, other = (cell(column, value, words, currency).text for value in (self._meant(key, text), theirs))
                self.clash = Clash(self._title(record_id), column.label, mine, other)
                self._mine, self._theirs, self.clashing = (record_id, key, text), now["rev"], True
            except MewayzError as error:
                await self._refuse(record_id, key, text, former, error)
        if self.error:
            await say(self, self.error, tone="danger")
            await self._paint(record_id, key, former)
            self.error = ""

    async def _refuse(self, record_id: str, key: str, text: str, former: Any, error: MewayzError) -> None:
        """Open the cell again with what was entered, and say there why it was not saved."""
        await self._paint(record_id, key, former)
        why = " ".join(error.fields.values()) if error.fields else error.message
        self._open_cell(record_id, key)
        if self.editing == f"{record_id} {key}":
            self.draft, self.refused = text, why
            return
        await say(self, f"{self._column(key).label} of “{self._title(record_id)}” was not changed. {why}", tone="danger")

    def _currency_of(self, record_id: str) -> str:
        return self._shown.get(record_id, {}).get("currency", "")

    def _title(self, record_id: str) -> str:
        return next((row.cells[0].text for row in self.rows if row.id == record_id), "")

    async def _paint(self, record_id: str, key: str, value: Any, rev: int | None = None) -> None:
        """Show a value in its cell."""
        index = next((index for index, head in enumerate(self.heads) if head.key == key), None)
        number = next((number for number, row in enumerate(self.rows) if row.id == record_id), None)
        if rev is not None and record_id in self._shown:
            self._shown = {**self._shown, record_id: {**self._shown[record_id], "rev": rev, key: value}}
        if index is None or number is None:
            return
        fixed = self.rows[number].cells[index].fixed
        try:
            painted = cell(self._column(key), value, await locale(), self._currency_of(record_id))
        except (ArithmeticError, ValueError):
            painted = Cell(str(value))  # as it was typed; the service will say what is wrong with it
        self.rows[number].cells[index] = replace(painted, fixed=fixed)
