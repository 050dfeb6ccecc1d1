"""The state behind every table: it reads the address, asks the service, and holds one page of cells.

The address holds everything (search, filters, sort, page), so a link, back and reload restore what was seen; each
control is a link whose address is computed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.crud import CrudService, read_query
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Choice, Equals, Filter, Named, describe
from mewayz.backend.listing import Column, ListSpec, Page, Query
from mewayz.ui.cells import Row, row
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.words import locale, sentence

ROWS = 25
SEARCH_ID = "table_search"
_MAX_KEYS = 30


@dataclass
class Option:
    """A link that sets something, and whether it is set."""

    label: str
    href: str
    chosen: bool = False


@dataclass
class Head:
    """A sortable heading: where a click leads, and how the column is sorted now."""

    href: str
    order: str = "none"


@dataclass
class Pager:
    """Addresses of the neighbouring pages; empty where there is none."""

    label: str = ""
    first: str = ""
    prev: str = ""
    next: str = ""
    last: str = ""


@dataclass(frozen=True)
class Address:
    """The path and the query string of a table, and what they become when something is changed."""

    path: str
    raw: Mapping[str, str] = field(default_factory=dict)

    def to(self, **changes: str | None) -> str:
        """The address with keys replaced; None or "" removes one. Whatever changes, the first page is shown."""
        kept = {key: value for key, value in {**self.raw, "page": "", "cursor": "", **changes}.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path


def choice_label(item: Filter, value: str) -> str:
    """What a fixed value of a filter is called."""
    return sentence(value)


def fixed_values(item: Filter) -> tuple[str, ...]:
    """The values that a filter offers in a menu."""
    if isinstance(item, Choice):
        return item.choices
    return tuple(item.conditions) if isinstance(item, Named) else ()


def takes_several(item: Filter) -> bool:
    """Whether any of several values may be asked for at once."""
    return isinstance(item, Choice) or (isinstance(item, Named) and item.several)


def is_listed(item: Filter) -> bool:
    """Whether a filter offers the values that occur."""
    return isinstance(item, Equals) and item.listed


class TableState(Guarded, mixin=True):
    """A table. A room subclasses it flat and names its service.

    Example:
        class ProductTable(TableState, rx.State):
            service: ClassVar = products
            path: ClassVar = "/products"
    """

    service: ClassVar[CrudService[Any]]
    path: ClassVar[str]
    pictured: ClassVar[bool] = False

    loaded: bool = False
    rows: list[Row] = []  # noqa: RUF012 (Reflex copies defaults per client)
    pictures: bool = False
    count: str = ""
    currency: str = ""
    search: str = ""
    narrowed: bool = False
    heads: dict[str, Head] = {}  # noqa: RUF012
    sorts: list[Option] = []  # noqa: RUF012
    chips: list[Option] = []  # noqa: RUF012
    options: dict[str, list[Option]] = {}  # noqa: RUF012
    values: dict[str, str] = {}  # noqa: RUF012
    pager: Pager = Pager()
    _typed: str = ""

    @classmethod
    def _noun(cls) -> str:
        """The noun of `":read"` policies."""
        return cls.service.noun

    @classmethod
    def _spec(cls) -> ListSpec:
        return cls.service.spec

    @classmethod
    def _columns(cls) -> list[Column]:
        return [column for column in cls._spec().columns if column.shown]

    @on(":read", supersedes=True)
    async def load(self) -> Any:
        """Show the page that the address asks for."""
        raw = dict(list(self.router.url.query_parameters.items())[:_MAX_KEYS])
        address = Address(self.path, raw)
        spec = self._spec()
        self.search = raw.get("search", "").strip()
        self.narrowed = bool(set(raw) - {"page", "sort", "order", "limit"})
        async with guarded(self):
            try:
                query = await read_query(spec, raw, limit=ROWS)
            except Invalid as error:
                reasons = " ".join(dict.fromkeys(error.fields.values()))
                self.narrowed = True
                raise Invalid(f"{error.message} {reasons}") from None
            page = await self.service.page(actor(), query)
            if not page.rows and page.total_pages < page.page and page.page > 1:
                # The last entry of the last page has been deleted, or the address is an old one.
                return rx.redirect(address.to(page=str(page.total_pages) if page.total_pages > 1 else None), replace=True)
            await self._show(query, page, address)
        if self.error:
            self.rows, self.count, self.loaded = [], "", True
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
        known = {item.name for item in self._spec().filters}
        return rx.redirect(self._address().to(**{key: str(value).strip()[:200] for key, value in form.items() if key in known}))

    def _address(self) -> Address:
        return Address(self.path, dict(self.router.url.query_parameters))

    async def _show(self, query: Query, page: Page, address: Address) -> None:
        words = await locale()
        spec, columns = self._spec(), self._columns()
        self.rows = [replace(row(columns, record, self.path, words), picture=self._picture(record)) for record in page.rows]
        self.pictures = any(row.picture for row in self.rows)
        self.count = words.number(page.total) + ("" if page.total_is_exact else "+")
        self.currency = words.currency
        self.heads = {column.sort: self._head(column, query, address) for column in columns if column.sort in spec.sorts}
        self.sorts = self._sorts(query, address)
        self.chips = [
            Option(await self._chip(key, query.filters[key]) or text, address.to(**{key: None}))
            for key, text in describe(spec.filters, query.filters)
        ]
        self.options = {item.name: self._choices(item, query, address) for item in spec.filters if fixed_values(item)}
        for item in spec.filters:
            if is_listed(item):
                self.options[item.name] = self._occurring(item, await self.service.values(actor(), item.name), query, address)
        self.values = {item.name: address.raw.get(item.name, "") for item in spec.filters if not fixed_values(item)}
        self.pager = _pager(page, address, self.count)
        self.loaded = True

    def _head(self, column: Column, query: Query, address: Address) -> Head:
        sorted_by = query.sort == column.sort
        descending = not query.descending if sorted_by else column.kind not in ("text", "link", "email")
        order = ("descending" if query.descending else "ascending") if sorted_by else "none"
        return Head(self._sorted(column.sort, descending, address), order)

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


def _pager(page: Page, address: Address, count: str) -> Pager:
    first = (page.page - 1) * page.limit + 1
    label = f"{first:,}–{first + len(page.rows) - 1:,} of {count}" if page.rows else ""
    last = page.total_pages if page.total_is_exact and page.has_next else 0
    return Pager(
        label,
        first=address.to() if page.has_prev else "",
        prev=address.to(page=str(page.page - 1) if page.page > 2 else None) if page.has_prev else "",
        next=address.to(page=str(page.page + 1)) if page.has_next else "",
        last=address.to(page=str(last)) if last else "",
    )
