"""Running numbers, such as those of orders: unique and ascending, gaps allowed."""

from functools import cache

from sqlalchemy import BigInteger, Column, Table, Text, TextClause, bindparam, text
from sqlmodel import SQLModel

from mewayz.backend.runtime import current

FIRST = 1001
SEQUENCES = Table("sequences", SQLModel.metadata, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False))
_SQLITE = text(
    f"INSERT INTO sequences (name, value) VALUES (:name, {FIRST}) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"  # noqa: S608
).bindparams(bindparam("name"))


@cache
def _postgres(name: str) -> TextClause:
    return text(f"SELECT nextval('{name}_number')")


async def next_number(name: str) -> int:
    """The next number of a sequence; on PostgreSQL `<name>_number`, which no two writers wait for. Call it in a unit."""
    database = current().database
    if database.sqlite:
        return await database.value(_SQLITE, {"name": name})
    return await database.value(_postgres(name))
