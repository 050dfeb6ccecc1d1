"""One of several values in SQL: a bound parameter for each, under a number, in as few shapes of statement as possible."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, bindparam

T = TypeVar("T")


def padded(values: Sequence[T]) -> tuple[T, ...]:
    """The values, the last repeated up to a power of two, so that there are few statements to prepare."""
    if not values:
        return ()
    return (*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values)))


def one_of(column: ColumnElement[Any], name: str, count: int) -> ColumnElement[bool]:
    """Whether the column has one of `count` values, which `numbered` binds."""
    if count == 1:
        return column == bindparam(_key(name, 0))
    return column.in_([bindparam(_key(name, index)) for index in range(count)])


def numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """What `one_of` binds."""
    return {_key(name, index): value for index, value in enumerate(values)}


def _key(name: str, index: int) -> str:
    # Two underscores: with one, SQLAlchemy names what it binds itself, where a list is asked together with other conditions.
    return f"{name}__{index}"
