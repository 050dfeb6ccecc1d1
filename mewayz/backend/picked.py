"""The filter that names records by their ids: the rows that somebody has chosen in a list."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table
from typing_extensions import override

from mewayz.backend.amounts import counted
from mewayz.backend.filters import Context, Filter
from mewayz.backend.ids import is_id
from mewayz.backend.query import MAX_LIMIT
from mewayz.backend.several import numbered, one_of, padded


@dataclass(frozen=True, kw_only=True)
class Picked(Filter):
    """These records, as many as a page can have; comes by link only."""

    name: str = "ids"
    column: str = "id"
    label: str = "Records"
    offered: bool = False

    @override
    def read(self, raw: str, context: Context) -> Any:
        ids = tuple(dict.fromkeys(raw.split(",")))
        if len(ids) > MAX_LIMIT or not all(map(is_id, ids)):
            raise ValueError(f"Send up to {MAX_LIMIT} ids, separated by commas.")
        return ids

    @override
    def shape(self, value: Any) -> Any:
        return len(padded(value))

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return one_of(table.c[self.column], self.name, shape)

    @override
    def params(self, value: Any) -> dict[str, Any]:
        return numbered(self.name, padded(value))

    @override
    def schema(self) -> dict[str, Any]:
        pattern = f"^([0-9a-f]{{24}}(,[0-9a-f]{{24}}){{0,{MAX_LIMIT - 1}}})?$"
        return {"type": "string", "pattern": pattern, "examples": ["66f1c0ffee66f1c0ffee66f1"]}

    @override
    def words(self, value: Any) -> str:
        return f"{counted(len(value))} chosen" if len(value) > 1 else "One chosen"
