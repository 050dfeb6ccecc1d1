"""The kinds of filter that a list can declare: how each is read from a query string and becomes SQL."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, Table, bindparam, exists, func, select, text
from typing_extensions import override

from mewayz.backend.columns import JSON_DOCUMENT, unstorable
from mewayz.backend.several import numbered, one_of, padded

MAX_VALUES = 20
NOTHING = "(none)"
"""In a query string: those in which the field is empty."""
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a value may depend on."""

    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Filter(ABC):
    """One query key.

    Attributes:
        name: the key in the query string.
        column: attribute of the document that it narrows.
        label: what a person calls it.
        offered: whether a page offers it; one that is not comes by link only (the id behind a drill-down).
        uneven: whether few rows have one value and most have another, so that no one plan suits both.
    """

    name: str
    column: str
    label: str
    offered: bool = True
    uneven: bool = False

    @abstractmethod
    def read(self, raw: str, context: Context) -> Any:
        """The value behind a query string's text.

        Raises:
            ValueError: with a message that says what to send.
        """

    def shape(self, value: Any) -> Any:
        """What of the value changes the SQL text, for the cache of statements."""
        return True

    @abstractmethod
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        """The condition with bound parameters named after the filter."""

    def params(self, value: Any) -> dict[str, Any]:
        """The bound values."""
        return {self.name: value}

    def schema(self) -> dict[str, Any]:
        """JSON schema of the query parameter."""
        return {"type": "string"}

    def words(self, value: Any) -> str:
        """The chip of a page: "Status is active"."""
        return f"{self.label} is {value}"


def _several_of(names: Iterable[str]) -> dict[str, Any]:
    one = "|".join(map(re.escape, names))
    return {"type": "string", "pattern": f"^(({one})(,({one}))*)?$", "examples": [next(iter(names))]}


@dataclass(frozen=True, kw_only=True)
class Choice(Filter):
    """One or several (comma-separated) of a fixed set of values."""

    choices: tuple[str, ...]

    @override
    def read(self, raw: str, context: Context) -> Any:
        values = tuple(dict.fromkeys(part.strip() for part in raw.split(",")))
        if not set(values) <= set(self.choices):
            raise ValueError(f"Choose one of: {', '.join(self.choices)}.")
        return values

    @override
    def shape(self, value: Any) -> Any:
        return len(value)

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return one_of(table.c[self.column], self.name, shape)

    @override
    def params(self, value: Any) -> dict[str, Any]:
        return numbered(self.name, value)

    @override
    def schema(self) -> dict[str, Any]:
        return _several_of(self.choices)

    @override
    def words(self, value: Any) -> str:
        return f"{self.label} is {' or '.join(value)}"


@dataclass(frozen=True, kw_only=True)
class Equals(Filter):
    """Exactly this text: a reference, a category, a country. With `listed`, pages offer the values that occur."""

    listed: bool = False

    @override
    def read(self, raw: str, context: Context) -> Any:
        if len(raw) > _MAX_TEXT or unstorable(raw):
            raise ValueError(f"Enter at most {_MAX_TEXT} characters.")
        return "" if raw == NOTHING else raw

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return table.c[self.column] == bindparam(self.name)

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": _MAX_TEXT}

    @override
    def words(self, value: Any) -> str:
        return f"{self.label} is {value or 'not set'}"


@dataclass(frozen=True, kw_only=True)
class Tree(Equals):
    """A path such as `Home > Kitchen`: it, and everything below it.

    Before the list is asked, the service replaces the path by those that occur (`below`), so that an index on the column serves it.
    """

    SEPARATOR: ClassVar[str] = " > "

    @classmethod
    def below(cls, path: str, occurring: Iterable[str]) -> tuple[str, ...]:
        """`path` and what occurs below it."""
        return padded([path, *(one for one in occurring if one.startswith(f"{path}{cls.SEPARATOR}"))])

    @override
    def shape(self, value: Any) -> Any:
        return len(value) if isinstance(value, tuple) else 1  # pyright: ignore[reportUnknownArgumentType]

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return one_of(table.c[self.column], self.name, shape)

    @override
    def params(self, value: Any) -> dict[str, Any]:
        return numbered(self.name, value if isinstance(value, tuple) else (value,))  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, kw_only=True)
class Member(Equals):
    """The JSON list in the column holds this text."""

    uneven: bool = True

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        column = table.c[self.column]
        if sqlite:
            items = func.json_each(column).table_valued("value")
            return exists(select(1).select_from(items).where(items.c.value == bindparam(self.name, type_=String())))
        return column.op("@>")(bindparam(self.name, type_=JSON_DOCUMENT))


@dataclass(frozen=True, kw_only=True)
class Named(Filter):
    """A condition with a name: `stock=low`. The SQL text is the declarer's and holds no input.

    With `several`, any of those that are given, separated by commas.
    """

    conditions: Mapping[str, str]
    several: bool = False

    @override
    def read(self, raw: str, context: Context) -> Any:
        values = tuple(dict.fromkeys(part.strip() for part in raw.split(","))) if self.several else (raw,)
        if not set(values) <= set(self.conditions):
            raise ValueError(f"Choose one of: {', '.join(self.conditions)}.")
        return values if self.several else raw

    @override
    def shape(self, value: Any) -> Any:
        return value

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        names: tuple[str, ...] = shape if self.several else (shape,)
        return cast("ColumnElement[bool]", text(f"({' OR '.join(f'({self.conditions[name]})' for name in names)})"))

    @override
    def params(self, value: Any) -> dict[str, Any]:
        return {}

    @override
    def schema(self) -> dict[str, Any]:
        return _several_of(self.conditions) if self.several else {"type": "string", "enum": [*self.conditions, ""]}

    @override
    def words(self, value: Any) -> str:
        return f"{self.label} is {' or '.join(value) if self.several else value}"


@dataclass(frozen=True, kw_only=True)
class Linked(Equals):
    """A row of a link table joins the document to this id."""

    link: Table
    own_key: str
    other_key: str
    uneven: bool = True

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        link = self.link
        return table.c.id.in_(select(link.c[self.own_key]).where(link.c[self.other_key] == bindparam(self.name)))


@dataclass(frozen=True, kw_only=True)
class Related(Equals):
    """Something is said of this document elsewhere: `ids` selects what the column must be one of, for a bound text."""

    ids: Callable[[Any], Any]
    uneven: bool = True

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return table.c[self.column].in_(self.ids(bindparam(self.name, type_=String())))


def describe(filters: Sequence[Filter], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(query key, words) of every filter that is set."""
    return [(item.name, item.words(values[item.name])) for item in filters if item.name in values]
