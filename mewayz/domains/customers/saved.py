"""The filter `segment=`: a fixed condition, or the filters that somebody has saved under a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Table, and_
from typing_extensions import override

from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Context, Filter, Named
from mewayz.backend.statements import like_pattern, word_condition

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_SLUG = 60
UNKNOWN = "There is no such segment, or it is not shared with you."


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved under a name, read and checked."""

    slug: str
    search: str
    filters: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class SegmentFilter(Named):
    """One of the fixed conditions, or the slug of a saved segment, which the service replaces by what was saved.

    Attributes:
        within: the filters that a segment may hold.
        searched: the columns that its search looks into.
    """

    within: Sequence[Filter]
    searched: Sequence[str]

    @override
    def read(self, raw: str, context: Context) -> Any:
        if raw in self.conditions or (len(raw) <= MAX_SLUG and SLUG.fullmatch(raw)):
            return raw
        raise ValueError(f"Choose one of: {', '.join(self.conditions)}, or the slug of a saved segment.")

    @override
    def shape(self, value: Any) -> Any:
        if not isinstance(value, Saved):
            return value
        inner = tuple((name, self._inner(name).shape(kept)) for name, kept in value.filters)
        return inner, tuple(not word.isascii() for word in value.search.split())

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        if isinstance(shape, str):
            if shape not in self.conditions:
                raise Invalid(fields={self.name: UNKNOWN})
            return super().clause(table, shape, sqlite=sqlite)
        inner, words = shape
        columns = [table.c[name] for name in self.searched]
        found = [self._inner(name).clause(table, part, sqlite=sqlite) for name, part in inner]
        found += [
            word_condition(columns, f"{self.name}_word_{index}", beyond_ascii=beyond, sqlite=sqlite) for index, beyond in enumerate(words)
        ]
        return and_(*found)

    @override
    def params(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Saved):
            return {}
        found = {f"{self.name}_word_{index}": like_pattern(word) for index, word in enumerate(value.search.split())}
        for name, kept in value.filters:
            found |= self._inner(name).params(kept)
        return found

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^({SLUG.pattern})?$", "maxLength": MAX_SLUG, "examples": list(self.conditions)}

    def _inner(self, name: str) -> Filter:
        """A filter of the segment, with parameters of its own: the list may ask the same filter another value."""
        found = self if name == self.name else next(item for item in self.within if item.name == name)
        return replace(found, name=f"{self.name}_{name}")
