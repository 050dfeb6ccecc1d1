"""Documents: what every aggregate is made of, and its wire form, with nested parts as JSON."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from pydantic.alias_generators import to_camel
from sqlalchemy import JSON, Boolean, Column, Table
from sqlmodel import Field, SQLModel

from mewayz.backend import clock, money
from mewayz.backend.columns import UtcTime, table_of, time_text
from mewayz.backend.ids import new_id
from mewayz.backend.money import MoneyType

PRIVATE = {"info": {"private": True}}
"""`sa_column_kwargs` of a column that never leaves the backend."""
MAX_ID = 24


class Entry(SQLModel):
    """Base of what has an identity and can be listed; by itself, of what is never changed: the entry of a ledger.

    `nested` groups queried columns under one key of the wire form: {"inventory": ("stock", "low_stock_threshold")}.
    """

    if TYPE_CHECKING:
        __tablename__: ClassVar[str]  # pyright: ignore[reportIncompatibleVariableOverride]

    nested: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    id: str = Field(default_factory=new_id, primary_key=True, max_length=MAX_ID)


class Document(Entry):
    """Base of every aggregate: identity, revision and times."""

    rev: int = Field(default=1)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


def wire_value(value: Any) -> Any:
    """One value in its JSON form: money as a decimal string, times in ISO 8601 UTC."""
    if isinstance(value, Decimal):
        return money.wire_decimal(value)
    if isinstance(value, datetime):
        return time_text(value)
    return value


@cache
def _public(table: Table) -> tuple[Column[Any], ...]:
    return tuple(column for column in table.columns if not column.info.get("private"))


def public_columns(model: type[Entry]) -> tuple[Column[Any], ...]:
    """The columns that may leave the backend, in the order of declaration."""
    return _public(table_of(model))


@cache
def _wire_names(table: Table) -> tuple[tuple[str, str], ...]:
    return tuple((column.key, to_camel(column.key)) for column in _public(table))


def wire(document: Entry) -> dict[str, Any]:
    """The document as REST sends it, Redis holds it and pages show it."""
    flat = {name: wire_value(getattr(document, attribute)) for attribute, name in _wire_names(table_of(type(document)))}
    return nest(type(document), flat)


def nest(model: type[Entry], flat: dict[str, Any]) -> dict[str, Any]:
    """Move grouped columns of a wire form under their keys."""
    for group, attributes in model.nested.items():
        flat[group] = {name: flat.pop(name) for name in map(to_camel, attributes) if name in flat}
    return flat


def raw_decoder(column: Column[Any], *, sqlite: bool) -> Callable[[Any], Any] | None:
    """How a driver's cell becomes its wire form; None when it already is.

    SQLite keeps times as their wire text, PostgreSQL decodes JSON in the driver.
    """
    if isinstance(column.type, MoneyType):
        return money.wire
    if isinstance(column.type, UtcTime):
        return None if sqlite else time_text
    if sqlite and isinstance(column.type, JSON):
        return orjson.loads
    if sqlite and isinstance(column.type, Boolean):
        return bool
    return None
