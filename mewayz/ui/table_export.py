"""The export of a list from its page: the rows of the whole question, with the columns that are shown or with all."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.access import require_proof
from mewayz.backend.export import ALL, MEDIA_TYPES, csv_columns, every_column
from mewayz.backend.rest import BASE
from mewayz.backend.table_columns import Column
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.table_selection import TableSelection


class TableExport(TableSelection, mixin=True):
    """What an export would hold, in words, and how it is fetched.

    Attributes:
        export_all: whether it has all columns.
        export_rows: the table of the noun's own that it is, by name; empty has one row for each record.
        export_words: how many rows it has.
        export_shown: the columns that are shown.
        export_every: how many there are.
    """

    export_all: bool = False
    export_rows: str = ""
    export_words: str = ""
    export_shown: str = ""
    export_every: str = ""

    def _tell_export(self, columns: list[Column], *, narrowed: bool) -> None:
        """Say what an export would hold."""
        which = "that match" if narrowed else "of the list"
        one = self.count == "1"
        self.export_words = f"{self.count} {self.service.singular if one else self._noun()} {'that matches' if one and narrowed else which}"
        self.export_shown = ", ".join(column.label for column in columns)
        self.export_every = f"{len(every_column(self.service))} columns, with the id"

    @on(":export")
    async def export_columns(self, every: bool) -> None:
        """Take all columns, or those that are shown."""
        self.export_all, self.export_rows = every is True, ""

    @on(":export")
    async def export_table(self, name: str) -> None:
        """Take one of the noun's own tables."""
        self.export_all, self.export_rows = False, name if name in self.service.sheets else ""

    @on(":export")
    async def export(self, kind: str) -> Any:
        """Fetch the file; personal data only goes to who has just proven who they are."""
        return await self._download(kind, self._narrowing(), self.export_rows, every=self.export_all)

    @on(":export")
    async def export_selected(self, kind: str) -> Any:
        """Fetch the chosen rows, in the order of the list and with the columns that are shown."""
        if not self.selected:
            return None
        if self.everything:
            return await self._download(kind, self._narrowing())
        order = {key: value for key, value in self.router.url.query_parameters.items() if key in ("sort", "order")}
        return await self._download(kind, urlencode({**order, "ids": ",".join(self.selected)}))

    async def _download(self, kind: str, question: str, rows: str = "", *, every: bool = False) -> Any:
        if kind not in MEDIA_TYPES:
            return None
        if rows or every:
            columns = {} if kind == "jsonl" else {"rows": rows} if rows else {"columns": ALL}
        else:
            columns = {"columns": ",".join(self._exported())}
        asked = urlencode({"format": kind, **columns, **({"bom": "true"} if kind == "csv" else {})})
        async with guarded(self):
            if self.service.personal:
                require_proof(actor())
            return rx.download(
                f"{BASE}/{self._noun()}/export?{'&'.join(part for part in (question, asked) if part)}", f"{self._noun()}.{kind}"
            )
        return None

    def _exported(self) -> list[str]:
        """The columns that are shown, with the currency of their amounts."""
        shown = [head.key for head in self.heads]
        money = any(head.kind == "money" for head in self.heads) and "currency" in csv_columns(self._spec())
        return [*shown, "currency"] if money and "currency" not in shown else shown
