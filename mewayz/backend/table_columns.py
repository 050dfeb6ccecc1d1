"""The columns of lists: what a table on a page and an export show of each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from pydantic.alias_generators import to_camel

Kind = Literal["text", "word", "link", "money", "number", "status", "when", "tags", "email"]


@cache
def _camel_path(name: str) -> str:
    return ".".join(to_camel(part) for part in name.split("."))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table on the page and of the export.

    Attributes:
        name: attribute of the document.
        label: heading.
        kind: how it is shown; numbers and money are aligned right.
        shown: whether it is visible before anybody chooses.
    """

    name: str
    label: str
    kind: Kind = "text"
    shown: bool = True

    @property
    def key(self) -> str:
        """The camelCase name in the wire form; `inventory.stock` reaches into a group."""
        return _camel_path(self.name)

    @property
    def sort(self) -> str:
        """The sort key that orders by this column, if the list has it."""
        return self.key.rpartition(".")[2]

    def of(self, row: Mapping[str, Any]) -> Any:
        """This column's value in a row."""
        value: Any = row
        for part in self.key.split("."):
            value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
        return value
