"""The engine's own index of substrings behind the search of a list: FTS5 on SQLite, pg_trgm on PostgreSQL.

The index only narrows: the conditions of the list check every word again, so that a search means the same with it,
without it, and on both engines. On PostgreSQL the planner takes it by itself. On SQLite the statement has to name it.

Sources: https://www.sqlite.org/fts5.html#the_trigram_tokenizer, https://www.postgresql.org/docs/current/pgtrgm.html
"""

import re
from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import Column, Integer, MetaData, Select, String, Table, bindparam, func, literal_column, select

_RUN = re.compile(r"[\x21-\x7e]{3,}")  # three letters make a trigram; beyond ASCII the engine folds letters otherwise than we do


def phrases(search: str) -> list[str]:
    """FTS5 phrases that every match of `search` contains, at most one a word; none where the index cannot help.

    >>> phrases('red t-light "x')
    ['"red"', '"t-light"']
    """
    runs = (max(_RUN.findall(word), key=len, default="") for word in search.split())
    return ['"' + run.replace('"', '""') + '"' for run in runs if run]


class SearchIndex:
    """The FTS5 index of one table in statements. Its rows have numbers of their own, which `…_search_ids` translates."""

    def __init__(self, table: str) -> None:
        """Name the index of `table`."""
        loose = MetaData()
        self._index = Table(f"{table}_search", loose, Column("rowid", Integer))
        self._ids = Table(f"{table}_search_ids", loose, Column("n", Integer), Column("id", String))
        self._matches = literal_column(self._index.name).op("MATCH")(bindparam("match", type_=String()))
        self._most = bindparam("most", type_=Integer())

    @cached_property
    def ids(self) -> Select[str]:
        """The ids of the rows that answer `match`."""
        return select(self._ids.c.id).select_from(self._index).join(self._ids, self._ids.c.n == self._index.c.rowid).where(self._matches)

    @cached_property
    def some(self) -> Select[str]:
        """The ids of `most` rows that answer `match`."""
        return self.ids.limit(self._most)

    @cached_property
    def hits(self) -> Select[int]:
        """How many rows answer `match`, counted up to `most`."""
        inner = select(literal_column("1", Integer()).label("one")).select_from(self._index).where(self._matches)
        return select(func.count()).select_from(inner.limit(self._most).subquery())


def one_text(columns: Sequence[str]) -> str:
    """SQL for the searched columns of a row as one text, a line each: what PostgreSQL's index knows. A word never reaches over a line.

    One text, because the index answers several words at once there, the rarest first; of columns it would be asked one by one.
    """
    return r" || E'\n' || ".join(f"COALESCE({column}, '')" for column in columns)


def create_statements(dialect: str, table: str, columns: Sequence[str]) -> list[str]:
    """DDL that indexes the searched columns of `table`, with the rows that it has; names come from migrations, never from input."""
    return _sqlite(table, columns) if dialect == "sqlite" else [_postgres(table, columns)]


def drop_statements(dialect: str, table: str) -> list[str]:
    """DDL that takes the index away again."""
    if dialect != "sqlite":
        return [f"DROP INDEX IF EXISTS {table}_search"]
    triggers = [f"DROP TRIGGER {table}_search_{verb}" for verb in ("insert", "delete", "update")]
    return [*triggers, f"DROP TABLE {table}_search", f"DROP TABLE {table}_search_ids"]


def _postgres(table: str, columns: Sequence[str]) -> str:
    return f"CREATE INDEX {table}_search ON {table} USING gin (({one_text(columns)}) gin_trgm_ops)"


def _sqlite(table: str, columns: Sequence[str]) -> list[str]:
    # The index keeps no text (content=''): what is taken out of it is told by the row as it was.
    names = ", ".join(columns)
    number = f"(SELECT n FROM {table}_search_ids WHERE id = {{row}}.id)"  # noqa: S608

    def cells(row: str) -> str:
        return ", ".join(f"{row}.{column}" for column in columns)

    add = f"INSERT INTO {table}_search (rowid, {names}) VALUES ({number.format(row='NEW')}, {cells('NEW')});"  # noqa: S608
    remove = f"INSERT INTO {table}_search ({table}_search, rowid, {names}) VALUES ('delete', {number.format(row='OLD')}, {cells('OLD')});"  # noqa: S608
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    return [
        f"CREATE TABLE {table}_search_ids (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
        f"CREATE VIRTUAL TABLE {table}_search USING fts5({names}, content='', tokenize='trigram')",
        f"INSERT INTO {table}_search_ids (id) SELECT id FROM {table}",  # noqa: S608
        f"INSERT INTO {table}_search (rowid, {names}) SELECT i.n, {cells('t')} FROM {table} t JOIN {table}_search_ids i ON i.id = t.id",  # noqa: S608
        f"CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN "  # noqa: S608
        f"INSERT INTO {table}_search_ids (id) VALUES (NEW.id); {add} END",
        f"CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {remove} "  # noqa: S608
        f"DELETE FROM {table}_search_ids WHERE id = OLD.id; END",
        f"CREATE TRIGGER {table}_search_update AFTER UPDATE OF {names} ON {table} WHEN {changed} BEGIN {remove} {add} END",
    ]
