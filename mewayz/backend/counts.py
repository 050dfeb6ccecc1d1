"""Kept counts: how many rows there are per combination of a few low-cardinality columns, exact, by trigger.

An exact COUNT(*) of 80,000 rows costs more than everything else in a list query. Triggers keep the number in the
transaction of the change, for bulk statements too. SQLite has one writer, so it updates one row per combination;
PostgreSQL appends one row per statement and combination, so that writers never wait for each other, and folds them.
"""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Select, Table, Text, bindparam, cast, func, select, text
from sqlmodel import SQLModel

from mewayz.backend.database import Database

MAX_COLUMNS = 3
_KEYS = tuple(f"k{index}" for index in range(MAX_COLUMNS))
_FOLD_ABOVE = 500

_metadata: MetaData = SQLModel.metadata
KEPT_COUNTS = Table(
    "kept_counts",
    _metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("noun", Text, nullable=False),
    *(Column(key, Text, nullable=False, server_default="") for key in _KEYS),
    Column("n", BigInteger, nullable=False),
    Index("kept_counts_noun", "noun", *_KEYS),
)


_ROWS = select(func.count()).select_from(KEPT_COUNTS).where(KEPT_COUNTS.c.noun == bindparam("noun"))
_FOLD = text(
    f"WITH gone AS (DELETE FROM kept_counts WHERE noun = :noun RETURNING {', '.join(_KEYS)}, n) "  # noqa: S608 (constants)
    f"INSERT INTO kept_counts (noun, {', '.join(_KEYS)}, n) "
    f"SELECT :noun, {', '.join(_KEYS)}, sum(n) FROM gone GROUP BY {', '.join(_KEYS)} HAVING sum(n) <> 0"
)


def total_query(noun: str, columns: Sequence[str], narrowed: dict[str, int]) -> Select[int]:
    """SELECT the kept number; `narrowed` maps a counted column to how many values its filter allows (bound `column_0`…)."""
    # PostgreSQL sums BIGINT into NUMERIC.
    clause = select(cast(func.coalesce(func.sum(KEPT_COUNTS.c.n), 0), BigInteger)).where(KEPT_COUNTS.c.noun == noun)
    for key, column in zip(_KEYS, columns, strict=False):
        if column in narrowed:
            clause = clause.where(KEPT_COUNTS.c[key].in_([bindparam(f"{column}_{index}") for index in range(narrowed[column])]))
    return clause


async def fold(database: Database, noun: str) -> None:
    """Merge appended rows of PostgreSQL once there are many; call it inside a unit."""
    if database.sqlite:
        return
    rows = await database.value(_ROWS, {"noun": noun})
    if rows <= _FOLD_ABOVE:
        return
    await database.execute(_FOLD, {"noun": noun})


def trigger_statements(dialect: str, table: str, columns: Sequence[str]) -> list[str]:
    """DDL that keeps the counts of `table`; names come from migrations, never from input."""
    return _sqlite(table, columns) if dialect == "sqlite" else _postgres(table, columns)


def _values(columns: Sequence[str], prefix: str) -> str:
    cells = [f"COALESCE({prefix}{column}, '')" for column in columns] + ["''"] * (MAX_COLUMNS - len(columns))
    return ", ".join(cells)


def _sqlite(table: str, columns: Sequence[str]) -> list[str]:
    keys = ", ".join(_KEYS)

    def change(prefix: str, sign: str) -> str:
        return (
            f"INSERT INTO kept_counts (noun, {keys}, n) VALUES ('{table}', {_values(columns, prefix)}, {sign}1) "  # noqa: S608
            f"ON CONFLICT (noun, {keys}) DO UPDATE SET n = n + excluded.n;"
        )

    moved = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in columns)
    return [
        f"CREATE UNIQUE INDEX IF NOT EXISTS kept_counts_unique ON kept_counts (noun, {keys})",
        f"CREATE TRIGGER {table}_count_insert AFTER INSERT ON {table} BEGIN {change('NEW.', '+')} END",
        f"CREATE TRIGGER {table}_count_delete AFTER DELETE ON {table} BEGIN {change('OLD.', '-')} END",
        f"CREATE TRIGGER {table}_count_update AFTER UPDATE OF {', '.join(columns)} ON {table} WHEN {moved} "
        f"BEGIN {change('OLD.', '-')} {change('NEW.', '+')} END",
    ]


def _postgres(table: str, columns: Sequence[str]) -> list[str]:
    keys = ", ".join(_KEYS)
    source = _values(columns, "")
    groups = ", ".join(columns)

    def grouped(rows: str, sign: str) -> str:
        return f"SELECT {source}, {sign}count(*) AS n FROM {rows} GROUP BY {groups}"  # noqa: S608

    def function(name: str, body: str) -> str:
        return (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO kept_counts (noun, {keys}, n) {body}; RETURN NULL; END $$"
        )

    def outer(inner: str) -> str:
        named = f"changed ({keys}, n)"
        return f"SELECT '{table}', {keys}, sum(n) FROM ({inner}) AS {named} GROUP BY {keys} HAVING sum(n) <> 0"  # noqa: S608

    both = f"{grouped('added', '')} UNION ALL {grouped('removed', '-')}"
    statements = [
        function(f"{table}_count_insert", outer(grouped("added", ""))),
        function(f"{table}_count_delete", outer(grouped("removed", "-"))),
        function(f"{table}_count_update", outer(both)),
    ]
    references = {
        "insert": "REFERENCING NEW TABLE AS added",
        "delete": "REFERENCING OLD TABLE AS removed",
        "update": "REFERENCING OLD TABLE AS removed NEW TABLE AS added",
    }
    for verb, tables in references.items():
        statements.append(
            f"CREATE TRIGGER {table}_count_{verb} AFTER {verb.upper()} ON {table} {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_count_{verb}()"
        )
    return statements
