"""A list question and its answer: the query string, read and checked, one page of rows, and the cursor that leads on."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import BigInteger, Integer, Table
from sqlalchemy import Column as TableColumn

from mewayz.backend.amounts import number
from mewayz.backend.columns import UtcTime, parse_time, time_text, unstorable
from mewayz.backend.days import written_day
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Context, Filter
from mewayz.backend.money import MoneyType
from mewayz.backend.ranges import Bound, Moment

MAX_LIMIT = 100
DEFAULT_LIMIT = 10
MAX_PAGE = 1_000_000
_MAX_SEARCH = 100
_MAX_WORDS = 10
_SHARED = ("page", "limit", "search", "sort", "order", "cursor", "fields")
_NUMBER = re.compile(r"^\d{1,9}$")


@dataclass(frozen=True, slots=True)
class Query:
    """A list question that has been read and checked."""

    page: int = 1
    limit: int = DEFAULT_LIMIT
    search: str = ""
    sort: str = ""
    descending: bool = True
    cursor: tuple[Any, str] | None = None
    fields: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def order_text(self) -> str:
        """The sort as one text: `-price`."""
        return f"{'-' if self.descending else ''}{self.sort}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows in wire form. `total` is a lower bound when it is not exact."""

    rows: list[dict[str, Any]]
    page: int
    limit: int
    total: int
    total_is_exact: bool
    has_next: bool
    has_prev: bool
    next_cursor: str | None

    @property
    def total_pages(self) -> int:
        """Number of pages, at least as far as is known."""
        return -(-self.total // self.limit)

    def pagination(self) -> dict[str, Any]:
        """The contract's `pagination` object."""
        return {
            "currentPage": self.page,
            "totalPages": self.total_pages,
            "totalItems": self.total,
            "itemsPerPage": self.limit,
            "hasNextPage": self.has_next,
            "hasPrevPage": self.has_prev,
            "totalIsExact": self.total_is_exact,
            "nextCursor": self.next_cursor,
        }


class QueryReader:
    """Reads the query strings of one list."""

    def __init__(
        self,
        table: Table,
        *,
        names: Sequence[str],
        filters: Sequence[Filter],
        sorts: Mapping[str, str],
        default_sort: str,
        default_descending: bool,
        searched: bool,
    ) -> None:
        """Read questions about `table`: `names` can be asked for as fields, `sorts` maps keys to columns."""
        self._table = table
        self._names = tuple(names)
        self._filters = tuple(filters)
        self._sorts = sorts
        self._default_sort = default_sort
        self._default_descending = default_descending
        self._known = frozenset((*_SHARED, *(item.name for item in filters))) - (frozenset() if searched else {"search"})

    def read(self, raw: Mapping[str, str], zone: ZoneInfo, limit: int) -> Query:
        """The question of a query string; an empty value means that the key was not given.

        Raises:
            Invalid: with a message per key, for unknown keys too.
        """
        problems: dict[str, str] = {key: "This parameter is not known here." for key in raw if key not in self._known}
        values = {key: value for key, value in raw.items() if value != ""}
        page = self._integer(values, "page", 1, MAX_PAGE, problems)
        limit = self._integer(values, "limit", limit, MAX_LIMIT, problems)
        search = values.get("search", "").strip()
        if len(search) > _MAX_SEARCH or unstorable(search):
            problems["search"] = f"Enter at most {_MAX_SEARCH} characters."
        elif len(search.split()) > _MAX_WORDS:
            problems["search"] = f"Enter at most {_MAX_WORDS} words."
        sort, descending = self._sort(values, problems)
        cursor = None
        if "cursor" in values:
            try:
                cursor = self._read_cursor(values["cursor"], f"{'-' if descending else ''}{sort}")
            except ValueError as error:
                problems["cursor"] = str(error)
        fields = tuple(part.strip() for part in values["fields"].split(",")) if "fields" in values else ()
        if unknown := set(fields) - set(self._names):
            problems["fields"] = f"Not known here: {', '.join(sorted(unknown))}. Choose from: {', '.join(self._names)}."
        context = Context(zone)
        filters: dict[str, Any] = {}
        for item in self._filters:
            if item.name in values:
                try:
                    filters[item.name] = item.read(values[item.name], context)
                except ValueError as error:
                    problems[item.name] = str(error)
        problems |= self._crossed(filters)
        if problems:
            raise Invalid("The list cannot be shown as asked.", fields=problems)
        return Query(page, limit, search, sort, descending, cursor, fields, filters)

    def _crossed(self, filters: Mapping[str, Any]) -> dict[str, str]:
        """The upper ends of ranges that lie below the lower ones."""
        found: dict[str, str] = {}
        for low in self._filters:
            for high in self._filters:
                if isinstance(low, Bound | Moment) and type(high) is type(low) and low.low and not high.low and high.column == low.column:
                    start, end = filters.get(low.name), filters.get(high.name)
                    if start is not None and end is not None and start > end:
                        found[high.name] = f"The range ends before it begins. {_swapped(start, end)}"
        return found

    def _integer(self, values: Mapping[str, str], key: str, default: int, most: int, problems: dict[str, str]) -> int:
        raw = values.get(key)
        if raw is None:
            return default
        if not raw.isascii() or not _NUMBER.match(raw) or not 1 <= int(raw) <= most:
            problems[key] = f"Enter a whole number from 1 to {most}."
            return default
        return int(raw)

    def _sort(self, values: Mapping[str, str], problems: dict[str, str]) -> tuple[str, bool]:
        raw, order = values.get("sort"), values.get("order")
        if order is not None and order not in {"asc", "desc"}:
            problems["order"] = "Choose one of: asc, desc."
        if raw is None:
            descending = self._default_descending if order is None else order == "desc"
            return self._default_sort, descending
        name = raw.removeprefix("-")
        if name not in self._sorts:
            problems["sort"] = f"Choose one of: {', '.join(self._sorts)}, with - in front for descending."
            return self._default_sort, True
        if raw.startswith("-"):
            if order == "asc":
                problems.setdefault("order", f"Leave this out, or sort by {name} without the -.")
            return name, True
        return name, order == "desc"

    def _read_cursor(self, raw: str, order: str) -> tuple[Any, str]:
        try:
            kept_order, value, last_id = orjson.loads(base64.urlsafe_b64decode(raw.encode() + b"=" * (-len(raw) % 4)))
        except (ValueError, TypeError, UnicodeError):
            raise ValueError("Take the cursor from nextCursor of the page before.") from None
        if kept_order != order or not isinstance(last_id, str) or unstorable(last_id) or not self._can_be(value, order):
            raise ValueError("This cursor belongs to another list or order. Take it from nextCursor of the page before.")
        return value, last_id

    def _can_be(self, value: Any, order: str) -> bool:
        """Whether the value of a cursor can have come from the column that `order` sorts by."""
        kind = self._table.c[self._sorts[order.removeprefix("-")]].type
        if isinstance(kind, MoneyType | Integer):
            most = 2**63 if isinstance(kind, MoneyType | BigInteger) else 2**31
            return isinstance(value, int) and not isinstance(value, bool) and -most <= value < most
        if not isinstance(value, str) or unstorable(value):
            return False
        if not isinstance(kind, UtcTime):
            return True
        try:
            return time_text(parse_time(value)) == value
        except ValueError:
            return False


def write_cursor(order: str, value: Any, last_id: str) -> str:
    """The cursor that leads on after a row: `order` as in `sort`, the row's comparable value in it, and its id."""
    return base64.urlsafe_b64encode(orjson.dumps([order, value, last_id])).rstrip(b"=").decode()


def cursor_type(column: TableColumn[Any]) -> Any:
    """How a cursor's value is compared: it carries money as stored units, which the column's own type would scale again."""
    return BigInteger() if isinstance(column.type, MoneyType) else column.type


def _swapped(start: Any, end: Any) -> str:
    if isinstance(start, datetime):
        return f"{written_day(end.date())} is earlier than {written_day(start.date())}: swap the two dates."
    return f"{number(end)} is less than {number(start)}: swap the two."
