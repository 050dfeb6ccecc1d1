"""The state behind every table: it reads the address, asks the service, and holds one page of cells.

The address holds everything (search, filters, sort, page), so a link, back and reload restore what was seen; each
control is a link whose address is computed here.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import reflex as rx
from typing_extensions import override

from mewayz.backend.access import Actor, can
from mewayz.backend.amounts import read_number, typed_number
from mewayz.backend.crud import read_query
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Choice, Equals, Filter, Named, describe
from mewayz.backend.query import Page, Query
from mewayz.backend.ranges import Bound
from mewayz.backend.table_columns import Column
from mewayz.ui.cells import RIGHT, Row, row
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.places import Jump, finders
from mewayz.ui.table_address import Address, Option, Pager, pager
from mewayz.ui.table_core import Head, choice_label, fixed_values
from mewayz.ui.table_editing import TableEditing
from mewayz.ui.table_export import TableExport
from mewayz.ui.table_layout import TableLayout
from mewayz.ui.table_news import ROWS, TableNews
from mewayz.ui.words import Locale, locale, sentence

SEARCH_ID = "table_search"
_MAX_KEYS = 30
_MAX_WIDE = 6  # columns beyond this are for wide screens, unless somebody chose them
_MAX_COMMAND = 40_000
_JUMPS = 4  # records per noun in the palette


async def find_records(who: Actor, text: str) -> list[Jump]:
    """The first records that match in every list that `who` may read and search."""
    found: list[Jump] = []
    for table in TableState.__subclasses__():
        service = table.service
        if not service.spec.search or not can(who, f"{service.noun}:read"):
            continue
        try:
            query = await read_query(service.spec, {"search": text}, limit=_JUMPS)
        except Invalid:
            continue
        first = service.spec.columns[0]
        page = await service.page(who, query)
        found += [Jump(str(first.of(row)), f"{table.path}/{row['id']}", sentence(service.singular)) for row in page.rows]
    return found


finders.append(find_records)


def takes_several(item: Filter) -> bool:
    """Whether any of several values may be asked for at once."""
    return isinstance(item, Choice) or (isinstance(item, Named) and item.several)


def is_listed(item: Filter) -> bool:
    """Whether a filter offers the values that occur."""
    return isinstance(item, Equals) and item.listed


class TableState(TableExport, TableLayout, TableEditing, TableNews, mixin=True):
    """A table. A room subclasses it flat and names its service.

    Example:
        class ProductTable(TableState, rx.State):
            service: ClassVar = products
            path: ClassVar = "/products"
    """

    search: str = ""
    narrowed: bool = False
    sorts: list[Option] = []  # noqa: RUF012 (Reflex copies defaults per client)
    chips: list[Option] = []  # noqa: RUF012
    options: dict[str, list[Option]] = {}  # noqa: RUF012
    values: dict[str, str] = {}  # noqa: RUF012
    pager: Pager = Pager()
    _typed: str = ""

    @on(":read", supersedes=True)
    async def load(self) -> Any:
        """Show the page that the address asks for."""
        address = Address(self.path, dict(list(self.router.url.query_parameters.items())[:_MAX_KEYS]))
        self.search = address.raw.get("search", "").strip()
        self.narrowed = bool(set(address.raw) - {"page", "sort", "order", "limit", "view"})
        self.editing, self.clashing = "", False
        self._forget()
        async with guarded(self):
            await self._arrange(address)
            if (way := await self._fetch(address)) is not None:
                return way
        if self.error:
            self.rows, self.count, self.loaded = [], "", True
            self._shown = {}
        if self.search != self._typed:
            self._typed = self.search
            return rx.set_value(SEARCH_ID, self.search)
        return None

    @on(":read", supersedes=True, debounce=250)
    async def find(self, text: str) -> Any:
        """Search while typing: the address changes without a new entry in the history."""
        self._typed = text.strip()[:100]
        return rx.redirect(self._address().to(search=self._typed), replace=True)

    @on(":read")
    async def narrow(self, form: dict[str, Any]) -> Any:
        """Set filters from a small form; an emptied field removes its filter."""
        known = {item.name: isinstance(item, Bound) for item in self._spec().filters}
        typed = {key: str(value).strip()[:200] for key, value in form.items() if key in known}
        return rx.redirect(self._address().to(**{key: read_number(text) if known[key] else text for key, text in typed.items()}))

    @on(":update")
    async def command(self, text: str) -> None:
        """What table.js has been told by mouse or keyboard: `7 pick <ids>`, `8 edit <id> <key>`, `9 cancel`."""
        _, verb, *rest = [*text[:_MAX_COMMAND].split(" "), "", ""]
        rest = [part for part in rest if part]
        if verb == "pick":
            self._pick(rest)
        elif verb == "edit" and len(rest) == 2:
            self._open_cell(rest[0], rest[1])
        elif verb == "cancel":
            self.editing = ""

    async def _fetch(self, address: Address) -> Any:
        """Ask for the page of an address and show it; where it lies behind the last one, the way there."""
        raw = {key: value for key, value in address.raw.items() if key != "view"}
        try:
            query = await read_query(self._spec(), raw, limit=ROWS)
        except Invalid as error:
            self.narrowed = True
            raise Invalid(f"{error.message} {self._reasons(error)}") from None
        page = await self.service.page(actor(), query)
        if not page.rows and page.total_pages < page.page and page.page > 1:
            # The last entry of the last page has been deleted, or the address is an old one.
            return rx.redirect(address.to(page=str(page.total_pages) if page.total_pages > 1 else None), replace=True)
        await self._show(query, page, address)
        return None

    @override
    async def _reload(self) -> None:
        await self._fetch(self._address())

    def _reasons(self, error: Invalid) -> str:
        """What is wrong with an address, each time with what a person calls the parameter."""
        labels = {item.name: item.label for item in self._spec().filters}
        reasons = [f"{labels.get(key) or sentence(key[:40])}: {why}" for key, why in error.fields.items()]
        return " ".join(reasons[:3])

    async def _show(self, query: Query, page: Page, address: Address) -> None:
        words = await locale()
        spec, columns = self._spec(), self._columns()
        self.rows = [self._row(columns, record, words) for record in page.rows]
        self.pictures = any(row.picture for row in self.rows)
        kept = [self._column(key) for key in self.editable]
        self._shown = {
            record["id"]: {
                "rev": record["rev"],
                "fixed": self._fixed(record),
                "currency": record.get("currency", ""),
                **{one.key: one.of(record) for one in kept},
            }
            for record in page.rows
        }
        self.count = words.number(page.total) + ("" if page.total_is_exact else "+")
        self.currency = words.currency
        self.heads = [self._head(column, index, query, address) for index, column in enumerate(columns)]
        if figures := [head for head in self.heads if head.kind in RIGHT]:
            figures[-1].wide = ""  # on a phone: the link and the last figure
        self.sorts = self._sorts(query, address)
        self.chips = [
            Option(await self._chip(key, query.filters[key]) or text, address.to(**{key: None}))
            for key, text in describe(spec.filters, query.filters)
        ]
        self.options = {item.name: self._choices(item, query, address) for item in spec.filters if fixed_values(item)}
        for item in spec.filters:
            if is_listed(item):
                self.options[item.name] = self._occurring(item, await self.service.values(actor(), item.name), query, address)
        entered = [(item, address.raw.get(item.name, "")) for item in spec.filters if not fixed_values(item)]
        self.values = {item.name: typed_number(raw) if isinstance(item, Bound) else raw for item, raw in entered}
        self.pager = pager(page, address, self.count)
        self._found(page.total)
        self._tell_export(columns, narrowed=self.narrowed)
        self._read(page)
        self.loaded = True

    def _row(self, columns: Sequence[Column], record: dict[str, Any], words: Locale) -> Row:
        found, fixed = row(columns, record, self.path, words), self._fixed(record)
        cells = [replace(one, fixed=column.key in fixed) for column, one in zip(columns, found.cells, strict=True)]
        return replace(found, cells=cells, picture=self._picture(record))

    def _head(self, column: Column, index: int, query: Query, address: Address) -> Head:
        key = column.key
        values = self._values(key) if self._may_edit(key) else []
        edit = "" if not self._may_edit(key) else "choice" if values else "text"
        wide = "" if index == 0 else "md" if index < _MAX_WIDE or self.chosen else "xl"
        head = Head(key, column.label, column.kind, wide=wide, edit=edit, choices=values)
        if column.sort in self._spec().sorts:
            sorted_by = query.sort == column.sort
            descending = not query.descending if sorted_by else column.kind not in ("text", "link", "email")
            head.href = self._sorted(column.sort, descending, address)
            head.order = ("descending" if query.descending else "ascending") if sorted_by else "none"
        return head

    def _sorted(self, key: str, descending: bool, address: Address) -> str:
        spec = self._spec()
        usual = key == spec.default_sort and descending == spec.default_descending
        return address.to(sort=None if usual else f"{'-' if descending else ''}{key}", order=None)

    def _sorts(self, query: Query, address: Address) -> list[Option]:
        labels = {column.sort: column.label for column in self._spec().columns}
        return [
            Option(labels.get(key, sentence(name)), self._sorted(key, query.descending, address), chosen=key == query.sort)
            for key, name in self._spec().sorts.items()
        ]

    def _picture(self, record: dict[str, Any]) -> str:
        """The address of a row's picture, where the table is `pictured`."""
        return ""

    async def _chip(self, name: str, value: Any) -> str | None:
        """The words of a chip whose value means nothing to a person, such as an id; None for the usual ones."""
        return None

    def _occurring(self, item: Filter, values: list[str], query: Query, address: Address) -> list[Option]:
        now = query.filters.get(item.name)
        return [Option(value, address.to(**{item.name: None if value == now else value}), chosen=value == now) for value in values]

    def _choices(self, item: Filter, query: Query, address: Address) -> list[Option]:
        now = query.filters.get(item.name, ())
        several = takes_several(item)
        chosen = list(now) if several else [now] if now else []
        found = []
        for value in fixed_values(item):
            on_now = value in chosen
            after = [kept for kept in chosen if kept != value] + ([] if on_now else [value])
            wanted = ",".join(after) if several else (after[-1] if after else "")
            found.append(Option(choice_label(item, value), address.to(**{item.name: wanted}), chosen=on_now))
        return found
