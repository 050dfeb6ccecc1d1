"""Lists: what can be searched, filtered, sorted, paged and exported, declared once per noun.

A ListSpec reads a query string, builds each shape of statement once, and returns rows in their wire form. REST, the
table on a page, its URL and the export all come from it.
"""

import base64
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

import orjson
from pydantic.alias_generators import to_camel
from sqlalchemy import BigInteger, ColumnElement, Integer, Select, String, bindparam, func, literal_column, or_, select, tuple_
from sqlalchemy import Column as TableColumn

from mewayz.backend import counts
from mewayz.backend.columns import UtcTime, parse_time, table_of, time_text, unstorable
from mewayz.backend.database import Database
from mewayz.backend.documents import EVERYTHING, Document, Restriction, nest, public_columns, raw_decoder
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Bound, Choice, Context, Equals, Filter, Moment
from mewayz.backend.money import MoneyType

Kind = Literal["text", "link", "money", "number", "status", "when", "tags", "email"]

MAX_LIMIT = 100
DEFAULT_LIMIT = 10
MAX_PAGE = 1_000_000
COUNT_BOUND = 10_000
MAX_OFFERED = 250
_RARE = 4  # a range that leaves less than a quarter of the rows is no walk along the order
_DEEP = 500  # rows to skip from which the ids are found in the index first
_MAX_SEARCH = 100
_MAX_WORDS = 10
_SHARED = ("page", "limit", "search", "sort", "order", "cursor", "fields")
_NUMBER = re.compile(r"^\d{1,9}$")


@cache
def _camel_path(name: str) -> str:
    return ".".join(to_camel(part) for part in name.split("."))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table on the page and of the export.

    Attributes:
        name: attribute of the document.
        label: heading.
        kind: how it is shown; numbers and money are aligned right.
        shown: whether it is visible before anybody chooses.
    """

    name: str
    label: str
    kind: Kind = "text"
    shown: bool = True

    @property
    def key(self) -> str:
        """The camelCase name in the wire form; `inventory.stock` reaches into a group."""
        return _camel_path(self.name)

    @property
    def sort(self) -> str:
        """The sort key that orders by this column, if the list has it."""
        return self.key.rpartition(".")[2]

    def of(self, row: Mapping[str, Any]) -> Any:
        """This column's value in a row."""
        value: Any = row
        for part in self.key.split("."):
            value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
        return value


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


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that decides the text of a statement, and none of its values."""

    filters: tuple[tuple[str, Any], ...]
    words: tuple[bool, ...]  # one per word of the search: whether it has letters beyond ASCII
    restricted: tuple[str, ...]
    sort: str
    descending: bool
    after: bool
    deep: bool
    common: bool = False  # whether most of the rows on the way match


class ListSpec:
    """The declaration of one noun's list, and the statements that follow from it."""

    def __init__(
        self,
        noun: str,
        model: type[Document],
        *,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        search: Sequence[str] = (),
        sorts: Sequence[str] = ("created_at",),
        default_sort: str = "-created_at",
        counted: Sequence[str] = (),
        omit: Iterable[str] = (),
    ) -> None:
        """Declare the list.

        Args:
            noun: plural name, also the cache tag and the key of kept counts.
            model: the document.
            columns: what pages and exports show, in order; the first one links to the record.
            filters: query keys.
            search: attributes that a search looks into.
            sorts: attributes that may be sorted by; they must not be null.
            default_sort: attribute with an optional `-`.
            counted: low-cardinality columns whose combinations have kept counts (see `counts`).
            omit: large attributes that only the single record carries.
        """
        self.noun = noun
        self.model = model
        self.table = table_of(model)
        self.columns = tuple(columns)
        self.filters = tuple(filters)
        self.search = tuple(search)
        self.sorts = {to_camel(name): name for name in sorts}
        self.default_descending = default_sort.startswith("-")
        self.default_sort = to_camel(default_sort.removeprefix("-"))
        self.counted = tuple(counted)
        self._by_name = {item.name: item for item in self.filters}
        left_out = set(omit)
        self._listed: tuple[TableColumn[Any], ...] = tuple(c for c in public_columns(model) if c.key not in left_out)
        self._keys = tuple(to_camel(column.key) for column in self._listed)
        self._names = tuple(nest(model, dict.fromkeys(self._keys)))
        self._known = frozenset((*_SHARED, *self._by_name))
        self._statement = lru_cache(maxsize=1024)(self._build_statement)
        self._counting = lru_cache(maxsize=512)(self._build_counting)
        self._keeping = lru_cache(maxsize=512)(self._build_keeping)
        self._decoders: dict[bool, tuple[tuple[str, Any], ...]] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of a listed row."""
        return self._names

    @cached_property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The fixed values of each filter that has them."""
        return {item.name: tuple(getattr(item, "choices", ())) for item in self.filters}

    # Reading a query string -----------------------------------------------------------------------------------------

    def parse(self, raw: Mapping[str, str], zone: ZoneInfo, *, limit: int = DEFAULT_LIMIT) -> Query:
        """Read a query string; an empty value means that the key was not given.

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
        for item in self.filters:
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
        for low in self.filters:
            for high in self.filters:
                if isinstance(low, Bound | Moment) and type(high) is type(low) and low.low and not high.low and high.column == low.column:
                    start, end = filters.get(low.name), filters.get(high.name)
                    if start is not None and end is not None and start > end:
                        found[high.name] = f"The range ends before it begins: give {high.name} at least the value of {low.name}."
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
            descending = self.default_descending if order is None else order == "desc"
            return self.default_sort, descending
        name = raw.removeprefix("-")
        if name not in self.sorts:
            problems["sort"] = f"Choose one of: {', '.join(self.sorts)}, with - in front for descending."
            return self.default_sort, True
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
        kind = self._sort_column(order.removeprefix("-")).type
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

    def _sort_column(self, key: str) -> TableColumn[Any]:
        return self.table.c[self.sorts[key]]

    # Statements -----------------------------------------------------------------------------------------------------

    def _conditions(self, shape: _Shape, *, sqlite: bool) -> list[ColumnElement[bool]]:
        found = [self._by_name[name].clause(self.table, part, sqlite=sqlite) for name, part in shape.filters]
        found += [self.table.c[name] == bindparam(f"own_{name}") for name in shape.restricted]
        if shape.common:
            # Without this hint SQLite gathers all matches by the index of a filter, and sorts them.
            found = [cast("ColumnElement[bool]", func.likely(condition)) for condition in found]
        for index, beyond_ascii in enumerate(shape.words):
            pattern = bindparam(f"word_{index}", type_=String())
            columns = [self.table.c[name] for name in self.search]
            if not sqlite:
                matches = [column.ilike(pattern, escape="\\") for column in columns]
            elif beyond_ascii:
                # SQLite's LIKE knows the two cases of ASCII letters only.
                matches = [func.unicode_lower(column).like(func.unicode_lower(pattern), escape="\\") for column in columns]
            else:
                matches = [column.like(pattern, escape="\\") for column in columns]
            found.append(or_(*matches))
        return found

    def _build_statement(self, shape: _Shape, sqlite: bool) -> Select[Any]:
        """The page of rows: raw columns plus the sort value in its comparable form, last."""
        table, column = self.table, self._sort_column(shape.sort)
        key = column
        direction = (key.desc(), table.c.id.desc()) if shape.descending else (key.asc(), table.c.id.asc())
        conditions = self._conditions(shape, sqlite=sqlite)
        if shape.after:
            last = tuple_(bindparam("after_value", type_=_cursor_type(column)), bindparam("after_id"))
            here = tuple_(key, table.c.id)
            conditions.append(here < last if shape.descending else here > last)
        limit, offset = bindparam("limit", type_=Integer()), bindparam("offset", type_=Integer())
        if not shape.deep:
            return select(*self._listed).where(*conditions).order_by(*direction).limit(limit).offset(offset)
        # Far from the start, skip along the index of (sort, id) and fetch whole rows only for the page itself.
        ids = select(table.c.id).where(*conditions).order_by(*direction).limit(limit).offset(offset).subquery()
        return select(*self._listed).join(ids, ids.c.id == table.c.id).order_by(*direction)

    def _build_counting(self, shape: _Shape, sqlite: bool) -> Select[Any]:
        inner = select(literal_column("1", Integer()).label("one")).select_from(self.table)
        inner = inner.where(*self._conditions(shape, sqlite=sqlite)).limit(COUNT_BOUND + 1)
        return select(func.count()).select_from(inner.subquery())

    def _build_keeping(self, narrowed: tuple[tuple[str, int], ...]) -> Select[Any]:
        return counts.total_query(self.noun, self.counted, dict(narrowed))

    # Answers --------------------------------------------------------------------------------------------------------

    def _shape(self, query: Query, restriction: Restriction, *, deep: bool, descending: bool, common: bool = False) -> _Shape:
        return _Shape(
            filters=tuple((name, self._by_name[name].shape(value)) for name, value in query.filters.items()),
            words=tuple(not word.isascii() for word in _words(query.search)) if self.search else (),
            restricted=tuple(sorted(restriction)),
            sort=query.sort or self.default_sort,
            descending=descending,
            after=query.cursor is not None,
            deep=deep,
            common=common,
        )

    def _is_common(self, database: Database, query: Query, restriction: Restriction, matches: int, total: int, exact: bool) -> bool:
        """Whether walking along the order meets so many matches sooner than all of them are gathered and sorted."""
        if not (query.filters or restriction) or (size := database.rows_about(self.table.name)) is None:
            return False
        # What a range leaves may all lie at the far end of the order: the orders of a month, sorted by their number.
        if total * _RARE < size and any(isinstance(self._by_name[name], Bound | Moment) for name in query.filters):
            return False
        return matches * size < total * total if exact else matches < COUNT_BOUND

    def _params(self, query: Query, restriction: Restriction) -> dict[str, Any]:
        params: dict[str, Any] = {f"own_{name}": value for name, value in restriction.items()}
        for name, value in query.filters.items():
            params.update(self._by_name[name].params(value))
        for index, word in enumerate(_words(query.search) if self.search else ()):
            params[f"word_{index}"] = f"%{_escape(word)}%"
        return params

    async def total(self, database: Database, query: Query, restriction: Restriction = EVERYTHING) -> tuple[int, bool]:
        """How many rows match, and whether that is exact: kept where it can be, counted up to a bound elsewhere."""
        if self.counted and not query.search and not restriction and all(self._is_counted(name) for name in query.filters):
            values = {self._by_name[name].column: _several(value) for name, value in query.filters.items()}
            narrowed = tuple(sorted((column, len(several)) for column, several in values.items()))
            params = {f"{column}_{index}": value for column, several in values.items() for index, value in enumerate(several)}
            return await database.value(self._keeping(narrowed), params), True
        plain = Query(search=query.search, sort=query.sort, filters=query.filters)
        shape = self._shape(plain, restriction, deep=False, descending=True)
        found = await database.value(self._counting(shape, database.sqlite), self._params(plain, restriction))
        return min(found, COUNT_BOUND), found <= COUNT_BOUND

    def _is_counted(self, name: str) -> bool:
        item = self._by_name[name]
        return item.column in self.counted and type(item) in (Choice, Equals)

    async def values(self, database: Database, name: str, restriction: Restriction = EVERYTHING) -> list[str]:
        """The values that occur in the column of a listed filter, in order; at most MAX_OFFERED."""
        column = self.table.c[self._by_name[name].column]
        own = [self.table.c[key] == bindparam(f"own_{key}") for key in restriction]
        statement = select(column).where(column != "", *own).distinct().order_by(column).limit(MAX_OFFERED)
        return [row[0] for row in await database.fetch(statement, {f"own_{key}": value for key, value in restriction.items()})]

    async def page(self, database: Database, query: Query, restriction: Restriction = EVERYTHING) -> Page:
        """One page. With a cursor the rows after it; else by number, from whichever end is nearer."""
        total, exact = await self.total(database, query, restriction)
        descending = query.descending if query.sort else self.default_descending
        offset = 0 if query.cursor else (query.page - 1) * query.limit
        wanted = query.limit + 1
        params = self._params(query, restriction)
        if query.cursor:
            params["after_value"], params["after_id"] = query.cursor
        backwards = exact and not query.cursor and offset > total // 2
        if backwards:
            if offset >= total:
                return Page([], query.page, query.limit, total, exact, has_next=False, has_prev=total > 0, next_cursor=None)
            wanted = min(wanted, total - offset)
            skip = total - offset - wanted
        else:
            skip = offset
        common = self._is_common(database, query, restriction, skip + wanted, total, exact)
        shape = self._shape(query, restriction, deep=skip > _DEEP, descending=descending != backwards, common=common)
        statement = self._statement(shape, database.sqlite)
        raw = list(await database.fetch_raw(statement, {**params, "limit": wanted, "offset": skip}))
        if backwards:
            raw.reverse()
        has_next = len(raw) > query.limit
        raw = raw[: query.limit]
        cursor = self._cursor(query, descending, raw[-1], database) if has_next else None
        rows = self._wire(raw, database, query.fields)
        return Page(rows, query.page, query.limit, total, exact, has_next, query.cursor is not None or offset > 0, cursor)

    async def stream(self, database: Database, query: Query, restriction: Restriction = EVERYTHING) -> AsyncIterator[list[dict[str, Any]]]:
        """All matching rows in the query's order, in batches, without page, limit or cursor."""
        query = replace(query, cursor=None)
        descending = query.descending if query.sort else self.default_descending
        shape = self._shape(query, restriction, deep=False, descending=descending)
        statement = self._statement(shape, database.sqlite).limit(None).offset(None)
        async for raw in database.stream(statement, self._params(query, restriction), decode=False):
            yield self._wire(raw, database, query.fields)

    def _wire(self, raw: Iterable[Sequence[Any]], database: Database, fields: tuple[str, ...]) -> list[dict[str, Any]]:
        decoders = self._decoders.get(database.sqlite)
        if decoders is None:
            found = ((key, raw_decoder(column, sqlite=database.sqlite)) for key, column in zip(self._keys, self._listed, strict=True))
            decoders = self._decoders[database.sqlite] = tuple((key, decode) for key, decode in found if decode)
        rows = [dict(zip(self._keys, row, strict=True)) for row in raw]
        for row in rows:
            for key, decode in decoders:
                if row[key] is not None:
                    row[key] = decode(row[key])
        if self.model.nested:
            rows = [nest(self.model, row) for row in rows]
        if fields:
            rows = [{key: row[key] for key in fields} for row in rows]
        return rows

    def _cursor(self, query: Query, descending: bool, last: Sequence[Any], database: Database) -> str:
        sort = query.sort or self.default_sort
        names = [column.key for column in self._listed]
        value = last[names.index(self.sorts[sort])]
        if not isinstance(value, int | str):
            decode = raw_decoder(self._sort_column(sort), sqlite=database.sqlite)
            value = decode(value) if decode else str(value)
        data = orjson.dumps([f"{'-' if descending else ''}{sort}", value, last[names.index("id")]])
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _cursor_type(column: TableColumn[Any]) -> Any:
    # A cursor carries money as stored units; its own type would scale them again.
    return BigInteger() if isinstance(column.type, MoneyType) else column.type


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)  # pyright: ignore[reportUnknownVariableType]


def _words(search: str) -> list[str]:
    return search.split()


def _escape(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
