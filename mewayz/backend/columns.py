"""Column types that mean the same on SQLite and on PostgreSQL."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Dialect, String, Table
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel
from typing_extensions import override


def json_text(value: object) -> str:
    """JSON as both engines store it."""
    return orjson.dumps(value).decode()


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a SQLModel class."""
    return model.__table__  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]


JSON_DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
NO_TEXT = "Remove the characters that are no text (U+0000)."
"""What whoever sent something unstorable is told."""


def unstorable(text: str) -> bool:
    """Whether the text holds U+0000, which PostgreSQL cannot store, or a lone surrogate, which UTF-8 cannot write."""
    return _UNSTORABLE.search(text) is not None


def time_text(moment: datetime) -> str:
    """An aware time as `2010-12-01T08:26:00.000Z`: the wire form, and what SQLite stores (it sorts as text)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """The aware UTC time that `time_text` wrote."""
    return datetime.fromisoformat(text)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time in whole milliseconds: TIMESTAMPTZ on PostgreSQL, fixed-width ISO 8601 text on SQLite."""

    impl = String(24)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(24))

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or isinstance(value, str):
            return value if value is None or dialect.name == "sqlite" else parse_time(value)
        if value.tzinfo is None:
            raise ValueError("a stored time must be aware")
        # A cursor carries milliseconds; a finer stored time would make it skip or repeat a row.
        return value.replace(microsecond=value.microsecond // 1000 * 1000) if dialect.name == "postgresql" else time_text(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if isinstance(value, str):
            return parse_time(value)
        return value
