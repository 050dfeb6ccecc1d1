"""The filter that shows what one import has made or changed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, select
from typing_extensions import override

from mewayz.backend.batches import IMPORT_ROWS
from mewayz.backend.filters import Context, Filter
from mewayz.backend.ids import is_id


@dataclass(frozen=True, kw_only=True)
class Imported(Filter):
    """The records of one import, by its id; comes by link only."""

    name: str = "import"
    column: str = "id"
    label: str = "Import"
    offered: bool = False

    @override
    def read(self, raw: str, context: Context) -> Any:
        if not is_id(raw):
            raise ValueError("Send the id of an import.")
        return raw

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        rows = IMPORT_ROWS.c
        touched = select(rows.document_id).where(rows.batch_id == bindparam(self.name), rows.noun == table.name)
        return table.c[self.column].in_(touched)

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([0-9a-f]{24})?$", "examples": ["66f1c0ffee66f1c0ffee66f1"]}

    @override
    def words(self, value: Any) -> str:
        return "Of one import"
