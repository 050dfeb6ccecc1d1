"""Lists: what can be searched, filtered, sorted, paged and exported, declared once per noun.

A ListSpec reads a query string, builds each shape of statement once, and returns rows in their wire form. REST, the
table on a page, its URL and the export all come from it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pydantic.alias_generators import to_camel
from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Select, select

from mewayz.backend import counts
from mewayz.backend.collection import EVERYTHING, Restriction
from mewayz.backend.columns import table_of
from mewayz.backend.database import Database
from mewayz.backend.documents import Entry, nest, public_columns, raw_decoder
from mewayz.backend.filters import Choice, Equals, Filter, Tree
from mewayz.backend.narrowing import Narrowed, narrow
from mewayz.backend.query import DEFAULT_LIMIT, Page, Query, QueryReader, write_cursor
from mewayz.backend.ranges import Bound, Moment
from mewayz.backend.several import numbered, padded
from mewayz.backend.statements import Shape, Statements, like_pattern
from mewayz.backend.table_columns import Column

COUNT_BOUND = 10_000
MAX_OFFERED = 250
_RARE = 4  # a range that leaves less than a quarter of the rows is no walk along the order
_DEEP = 500  # rows to skip from which the ids are found in the index first


class ListSpec:
    """The declaration of one noun's list, and the statements that follow from it."""

    def __init__(
        self,
        noun: str,
        model: type[Entry],
        *,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        search: Sequence[str] = (),
        sorts: Sequence[str] = ("created_at",),
        default_sort: str = "-created_at",
        counted: Sequence[str] = (),
        omit: Iterable[str] = (),
        conditions: Mapping[str, ColumnElement[bool]] | None = None,
    ) -> None:
        """Declare the list.

        Args:
            noun: plural name, also the cache tag and the key of kept counts.
            model: the document, or the entry of a ledger.
            columns: what pages and exports show, in order; the first one links to the record.
            filters: query keys.
            search: attributes that a search looks into.
            sorts: attributes that may be sorted by; they must not be null.
            default_sort: attribute with an optional `-`.
            counted: low-cardinality columns whose combinations have kept counts (see `counts`).
            omit: large attributes that only the single record carries.
            conditions: what a restriction may demand beside values of columns; `name` takes its value as `own_name`.
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
        self._reader = QueryReader(
            self.table,
            names=self._names,
            filters=self.filters,
            sorts=self.sorts,
            default_sort=self.default_sort,
            default_descending=self.default_descending,
            searched=bool(self.search),
        )
        self._statements = Statements(
            self.table, listed=self._listed, filters=self.filters, search=self.search, conditions=conditions or {}
        )
        self._kept = lru_cache(maxsize=512)(self._kept_total)
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
        return self._reader.read(raw, zone, limit)

    def demand(self, name: str) -> ColumnElement[bool]:
        """The condition behind a name of a restriction; its value is bound as `own_name`."""
        return self._statements.demand(name)

    def _kept_total(self, narrowed: tuple[tuple[str, int], ...]) -> Select[Any]:
        return counts.total_query(self.noun, self.counted, dict(narrowed))

    # Answers --------------------------------------------------------------------------------------------------------

    def _shape(
        self, query: Query, restriction: Restriction, *, deep: bool, descending: bool, narrowed: Narrowed, common: bool = False
    ) -> Shape:
        return Shape(
            filters=tuple((name, self._by_name[name].shape(value)) for name, value in query.filters.items()),
            words=tuple(not word.isascii() for word in query.search.split()) if self.search else (),
            restricted=tuple(sorted(restriction)),
            sort=self.sorts[query.sort or self.default_sort],
            descending=descending,
            after=query.cursor is not None,
            deep=deep,
            common=common,
            indexed=narrowed.match != "",
            found=len(padded(narrowed.ids)),
        )

    def _is_common(self, database: Database, query: Query, restriction: Restriction, matches: int, total: int, exact: bool) -> bool:
        """Whether walking along the order meets so many matches sooner than all of them are gathered and sorted."""
        if not (query.filters or restriction) or (size := database.rows_about(self.table.name)) is None:
            return False
        # What a range leaves may all lie at the far end of the order: the orders of a month, sorted by their number.
        if total * _RARE < size and any(isinstance(self._by_name[name], Bound | Moment) for name in query.filters):
            return False
        return matches * size < total * total if exact else matches < COUNT_BOUND

    def _params(self, query: Query, restriction: Restriction, narrowed: Narrowed) -> dict[str, Any]:
        params: dict[str, Any] = {"match": narrowed.match, **numbered("found", padded(narrowed.ids))}
        params.update((f"own_{name}", value) for name, value in restriction.items())
        for name, value in query.filters.items():
            params.update(self._by_name[name].params(value))
        for index, word in enumerate(query.search.split() if self.search else ()):
            params[f"word_{index}"] = like_pattern(word)
        return params

    async def _narrowed(self, database: Database, query: Query) -> Narrowed:
        return await narrow(database, self._statements.index, query.search if self.search else "")

    async def total(self, database: Database, query: Query, restriction: Restriction = EVERYTHING) -> tuple[int, bool]:
        """How many rows match, and whether that is exact: kept where it can be, counted up to a bound elsewhere."""
        return await self._total(database, query, restriction, await self._narrowed(database, query))

    async def _total(self, database: Database, query: Query, restriction: Restriction, narrowed: Narrowed) -> tuple[int, bool]:
        if self.counted and not query.search and not restriction and all(self._is_counted(name) for name in query.filters):
            values = {self._by_name[name].column: _several(value) for name, value in query.filters.items()}
            kept = tuple(sorted((column, len(several)) for column, several in values.items()))
            params = {f"{column}_{index}": value for column, several in values.items() for index, value in enumerate(several)}
            return await database.value(self._kept(kept), params), True
        plain = Query(search=query.search, sort=query.sort, filters=query.filters)
        shape = self._shape(plain, restriction, deep=False, descending=True, narrowed=narrowed)
        params = {**self._params(plain, restriction, narrowed), "most": COUNT_BOUND + 1}
        found = await database.value(self._statements.count(shape, database.sqlite), params)
        return min(found, COUNT_BOUND), found <= COUNT_BOUND

    def _is_counted(self, name: str) -> bool:
        item = self._by_name[name]
        return item.column in self.counted and type(item) in (Choice, Equals, Tree)

    async def add_up(
        self, database: Database, query: Query, sums: tuple[Any, ...], params: Mapping[str, Any], restriction: Restriction = EVERYTHING
    ) -> Sequence[Any]:
        """What `sums`, expressions that bind `params`, come to over all rows that match, whatever page is asked for."""
        plain = Query(search=query.search, sort=query.sort, filters=query.filters)
        narrowed = await self._narrowed(database, query)
        shape = self._shape(plain, restriction, deep=False, descending=True, narrowed=narrowed)
        row = await database.first(
            self._statements.added(shape, database.sqlite, sums), {**self._params(plain, restriction, narrowed), **params}
        )
        assert row is not None
        return row

    async def values(self, database: Database, name: str, restriction: Restriction = EVERYTHING) -> list[str]:
        """The values that occur in the column of a listed filter, in order; at most MAX_OFFERED."""
        column = self.table.c[self._by_name[name].column]
        own = [self.demand(key) for key in restriction]
        statement = select(column).where(column != "", *own).distinct().order_by(column).limit(MAX_OFFERED)
        return [row[0] for row in await database.fetch(statement, {f"own_{key}": value for key, value in restriction.items()})]

    async def page(self, database: Database, query: Query, restriction: Restriction = EVERYTHING) -> Page:
        """One page. With a cursor the rows after it; else by number, from whichever end is nearer."""
        narrowed = await self._narrowed(database, query)
        total, exact = await self._total(database, query, restriction, narrowed)
        descending = query.descending if query.sort else self.default_descending
        offset = 0 if query.cursor else (query.page - 1) * query.limit
        wanted = query.limit + 1
        params = self._params(query, restriction, narrowed)
        if query.cursor:
            params["after_value"], params["after_id"] = query.cursor
        if exact and offset >= total and not query.cursor:
            return Page([], query.page, query.limit, total, exact, has_next=False, has_prev=total > 0, next_cursor=None)
        backwards = exact and not query.cursor and offset > total // 2
        if backwards:
            wanted = min(wanted, total - offset)
            skip = total - offset - wanted
        else:
            skip = offset
        common = not narrowed.match and self._is_common(database, query, restriction, skip + wanted, total, exact)
        descends = descending != backwards
        shape = self._shape(query, restriction, deep=skip > _DEEP, descending=descends, narrowed=narrowed, common=common)
        statement = self._statements.page(shape, database.sqlite)
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
        narrowed = await self._narrowed(database, query)
        shape = self._shape(query, restriction, deep=False, descending=descending, narrowed=narrowed)
        statement = self._statements.page(shape, database.sqlite).limit(None).offset(None)
        async for raw in database.stream(statement, self._params(query, restriction, narrowed), decode=False):
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
            decode = raw_decoder(self.table.c[self.sorts[sort]], sqlite=database.sqlite)
            value = decode(value) if decode else str(value)
        return write_cursor(f"{'-' if descending else ''}{sort}", value, last[names.index("id")])


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)  # pyright: ignore[reportUnknownVariableType]
