"""The statements of a list, each shape of them built once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Integer, Select, String, Table, bindparam, func, literal_column, or_, select, tuple_

from mewayz.backend.database import planned_by_values
from mewayz.backend.filters import Filter
from mewayz.backend.query import cursor_type
from mewayz.backend.search import SearchIndex, one_text
from mewayz.backend.several import one_of


@dataclass(frozen=True, slots=True)
class Shape:
    """All that decides the text of a statement, and none of its values."""

    filters: tuple[tuple[str, Any], ...]
    words: tuple[bool, ...]  # one per word of the search: whether it has letters beyond ASCII
    restricted: tuple[str, ...]
    sort: str
    descending: bool
    after: bool
    deep: bool
    common: bool = False  # whether most of the rows on the way match
    indexed: bool = False  # whether the index of the search leads to the rows
    found: int = 0  # how many rows the index of the search has found, where these are few; they are bound as `found`


class Statements:
    """The page and the count of one list, for every shape of question."""

    def __init__(
        self,
        table: Table,
        *,
        listed: Sequence[TableColumn[Any]],
        filters: Sequence[Filter],
        search: Sequence[str],
        conditions: Mapping[str, ColumnElement[bool]],
    ) -> None:
        """Ask `table` for the `listed` columns; a search looks into the columns of `search`, a restriction may name one of `conditions`."""
        self._table = table
        self._listed = tuple(listed)
        self._filters = {item.name: item for item in filters}
        self._search = tuple(search)
        self._demands = dict(conditions)
        self.index = SearchIndex(table.name)
        self.page = lru_cache(maxsize=1024)(self._page)
        self.count = lru_cache(maxsize=512)(self._count)
        self.added = lru_cache(maxsize=128)(self._added)

    def demand(self, name: str) -> ColumnElement[bool]:
        """The condition behind a name of a restriction; its value is bound as `own_name`."""
        found = self._demands.get(name)
        return found if found is not None else self._table.c[name] == bindparam(f"own_{name}")

    def _conditions(self, shape: Shape, *, sqlite: bool) -> list[ColumnElement[bool]]:
        found = [self._filters[name].clause(self._table, part, sqlite=sqlite) for name, part in shape.filters]
        found += [self.demand(name) for name in shape.restricted]
        if shape.common or shape.found:
            # Without this hint SQLite gathers all matches by the index of a filter, and sorts them.
            found = [cast("ColumnElement[bool]", func.likely(condition)) for condition in found]
        if shape.indexed:
            found.append(self._table.c.id.in_(self.index.ids))
        if shape.found:
            found.append(one_of(self._table.c.id, "found", shape.found))
        for index, beyond_ascii in enumerate(shape.words):
            columns = [self._table.c[name] for name in self._search]
            found.append(word_condition(columns, f"word_{index}", beyond_ascii=beyond_ascii, sqlite=sqlite))
        return found

    def _page(self, shape: Shape, sqlite: bool) -> Select[Any]:
        """The page of rows: raw columns plus the sort value in its comparable form, last."""
        table, column = self._table, self._table.c[shape.sort]
        key = column
        direction = (key.desc(), table.c.id.desc()) if shape.descending else (key.asc(), table.c.id.asc())
        conditions = self._conditions(shape, sqlite=sqlite)
        if shape.after:
            last = tuple_(bindparam("after_value", type_=cursor_type(column)), bindparam("after_id"))
            here = tuple_(key, table.c.id)
            conditions.append(here < last if shape.descending else here > last)
        limit, offset = bindparam("limit", type_=Integer()), bindparam("offset", type_=Integer())
        if not shape.deep:
            return self._planned(shape, select(*self._listed).where(*conditions).order_by(*direction).limit(limit).offset(offset))
        # Far from the start, skip along the index of (sort, id) and fetch whole rows only for the page itself.
        ids = select(table.c.id).where(*conditions).order_by(*direction).limit(limit).offset(offset).subquery()
        return self._planned(shape, select(*self._listed).join(ids, ids.c.id == table.c.id).order_by(*direction))

    def _added(self, shape: Shape, sqlite: bool, sums: tuple[Any, ...]) -> Any:
        """Sums over all that match."""
        return self._planned(shape, select(*sums).select_from(self._table).where(*self._conditions(shape, sqlite=sqlite)))

    def _count(self, shape: Shape, sqlite: bool) -> Select[Any]:
        inner = select(literal_column("1", Integer()).label("one")).select_from(self._table)
        inner = inner.where(*self._conditions(shape, sqlite=sqlite)).limit(bindparam("most", type_=Integer()))
        return self._planned(shape, select(func.count()).select_from(inner.subquery()))

    def _planned(self, shape: Shape, statement: Any) -> Any:
        # Whether an index leads to a word, or to a range, or most rows have it: the value decides.
        uneven = shape.words or any(self._filters[name].uneven for name, _ in shape.filters)
        return planned_by_values(statement) if uneven else statement


def word_condition(columns: Sequence[TableColumn[Any]], name: str, *, beyond_ascii: bool, sqlite: bool) -> ColumnElement[bool]:
    """Whether a word occurs in one of the columns; its pattern is bound under `name`."""
    pattern = bindparam(name, type_=String())
    if not sqlite:
        text: ColumnElement[str] = literal_column(one_text([f"{column.table.name}.{column.name}" for column in columns]), String())
        return text.self_group().ilike(pattern, escape="\\")
    if beyond_ascii:
        # SQLite's LIKE knows the two cases of ASCII letters only.
        return or_(*(func.unicode_lower(column).like(func.unicode_lower(pattern), escape="\\") for column in columns))
    return or_(*(column.like(pattern, escape="\\") for column in columns))


def like_pattern(word: str) -> str:
    """The pattern of LIKE that finds `word` anywhere, its wildcards taken as they stand."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
