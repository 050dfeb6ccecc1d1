"""The filter that names records by their ids: the rows that somebody has chosen in a list."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam
from typing_extensions import override

from mewayz.backend.filters import Context, Filter
from mewayz.backend.ids import is_id
from mewayz.backend.query import MAX_LIMIT


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
        return 1 << (len(value) - 1).bit_length()  # a power of two, so that there are few statements to prepare

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        return table.c[self.column].in_([bindparam(f"{self.name}__{index}") for index in range(shape)])

    @override
    def params(self, value: Any) -> dict[str, Any]:
        return {f"{self.name}__{index}": value[min(index, len(value) - 1)] for index in range(self.shape(value))}

    @override
    def schema(self) -> dict[str, Any]:
        pattern = f"^([0-9a-f]{{24}}(,[0-9a-f]{{24}}){{0,{MAX_LIMIT - 1}}})?$"
        return {"type": "string", "pattern": pattern, "examples": ["66f1c0ffee66f1c0ffee66f1"]}

    @override
    def words(self, value: Any) -> str:
        return f"{len(value):,} chosen" if len(value) > 1 else "One chosen"
