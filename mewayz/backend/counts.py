"""Kept counts: how many rows there are per combination of a few low-cardinality columns, exact, by trigger.

An exact COUNT(*) of 80,000 rows costs more than everything else in a list query. Triggers keep the number in the
transaction of the change, for bulk statements too. SQLite has one writer, so it updates one row per combination;
PostgreSQL appends one row per statement and combination, so that writers never wait for each other, and folds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
_HOLD = text("SELECT pg_advisory_xact_lock(hashtext('kept_counts'), hashtext(:noun))")
_FORGET_NOTHING = text("DELETE FROM kept_counts WHERE noun = :noun AND n = 0")
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
    if not database.sqlite and await database.value(_ROWS, {"noun": noun}) > _FOLD_ABOVE:
        await fold_now(database, noun)


async def fold_now(database: Database, noun: str) -> None:
    """Merge the rows of a noun, and forget what counts nothing; call it inside a unit."""
    if database.sqlite:
        await database.execute(_FORGET_NOTHING, {"noun": noun})
        return
    await hold(database, noun)
    await database.execute(_FOLD, {"noun": noun})


async def hold(database: Database, noun: str) -> None:
    """Let nobody else merge or replace the rows of a noun until the unit is over; whoever counts does not wait.

    Two who take rows away at once would see them both, or not see those that the other writes instead.
    """
    if not database.sqlite:
        await database.execute(_HOLD, {"noun": noun})


@dataclass(frozen=True)
class Counted:
    """What is counted of a table; names and SQL come from migrations, never from input.

    Attributes:
        noun: what the counts are kept under, and what the triggers are named after.
        columns: a change of any of them may move a row from one count to another.
        keys: SQL of what is told apart, over `{row}column`; without any, the columns as they are.
        only: SQL of the rows that are counted; without it, all.
    """

    table: str
    columns: Sequence[str]
    noun: str
    keys: Sequence[str] = ()
    only: str = ""

    def values(self, row: str) -> list[str]:
        """SQL of the keys of a row, one for each column of the counts."""
        keys = [key.format(row=row) for key in self.keys] or [f"COALESCE({row}{column}, '')" for column in self.columns]
        return [*keys, *(["''"] * (MAX_COLUMNS - len(keys)))]

    def counted(self, row: str) -> str:
        """SQL of whether a row is counted."""
        return self.only.format(row=row) or "TRUE"


def counting_statements(dialect: str, counted: Counted) -> list[str]:
    """DDL of the triggers that keep counts."""
    return _sqlite(counted) if dialect == "sqlite" else _postgres(counted)


def filling_statement(counted: Counted) -> str:
    """SQL that counts what the table holds now, and keeps it."""
    return f"INSERT INTO kept_counts (noun, {', '.join(_KEYS)}, n) SELECT '{counted.noun}', {_counts(counted)}"


def counting_statement(counted: Counted) -> str:
    """SQL of what the table holds now: the keys and how many there are."""
    return f"SELECT {_counts(counted)}"


def _counts(counted: Counted) -> str:
    named = ", ".join(f"{value} AS {key}" for key, value in zip(_KEYS, counted.values(""), strict=True))
    keys, rows = ", ".join(_KEYS), f"SELECT {named} FROM {counted.table} WHERE {counted.counted('')}"  # noqa: S608
    return f"{keys}, count(*) FROM ({rows}) AS found GROUP BY {keys}"


def _sqlite(counted: Counted) -> list[str]:
    keys, noun, table = ", ".join(_KEYS), counted.noun, counted.table

    def change(row: str, sign: str) -> str:
        return (
            f"INSERT INTO kept_counts (noun, {keys}, n) "
            f"SELECT '{noun}', {', '.join(counted.values(row))}, {sign}1 WHERE {counted.counted(row)} "
            f"ON CONFLICT (noun, {keys}) DO UPDATE SET n = n + excluded.n;"
        )

    moved = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in counted.columns)
    return [
        f"CREATE UNIQUE INDEX IF NOT EXISTS kept_counts_unique ON kept_counts (noun, {keys})",
        f"CREATE TRIGGER {noun}_count_insert AFTER INSERT ON {table} BEGIN {change('NEW.', '+')} END",
        f"CREATE TRIGGER {noun}_count_delete AFTER DELETE ON {table} BEGIN {change('OLD.', '-')} END",
        f"CREATE TRIGGER {noun}_count_update AFTER UPDATE OF {', '.join(counted.columns)} ON {table} WHEN {moved} "
        f"BEGIN {change('OLD.', '-')} {change('NEW.', '+')} END",
    ]


def _postgres(counted: Counted) -> list[str]:
    keys, noun, table = ", ".join(_KEYS), counted.noun, counted.table
    values = ", ".join(counted.values(""))

    def each(rows: str, sign: str) -> str:
        return f"SELECT {values}, {sign}1 FROM {rows} WHERE {counted.counted('')}"  # noqa: S608

    def function(verb: str, rows: str) -> str:
        summed = f"SELECT '{noun}', {keys}, sum(n) FROM ({rows}) AS changed ({keys}, n) GROUP BY {keys} HAVING sum(n) <> 0"  # noqa: S608
        return (
            f"CREATE FUNCTION {noun}_count_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO kept_counts (noun, {keys}, n) {summed}; RETURN NULL; END $$"
        )

    added, removed = each("added", ""), each("removed", "-")
    verbs = {
        "insert": ("REFERENCING NEW TABLE AS added", added),
        "delete": ("REFERENCING OLD TABLE AS removed", removed),
        "update": ("REFERENCING OLD TABLE AS removed NEW TABLE AS added", f"{added} UNION ALL {removed}"),
    }
    return [
        statement
        for verb, (tables, rows) in verbs.items()
        for statement in (
            function(verb, rows),
            f"CREATE TRIGGER {noun}_count_{verb} AFTER {verb.upper()} ON {table} {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {noun}_count_{verb}()",
        )
    ]
