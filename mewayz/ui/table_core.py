"""What every part of a table's state knows: whose list it is, and the rows that are on the screen."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mewayz.backend.amounts import counted
from mewayz.backend.crud import CrudService
from mewayz.backend.filters import Choice, Filter, Named
from mewayz.backend.listing import ListSpec
from mewayz.backend.table_columns import Column
from mewayz.ui.cells import Row
from mewayz.ui.guard import Guarded
from mewayz.ui.words import sentence


@dataclass
class Value:
    """A fixed value and what it is called."""

    value: str
    label: str


@dataclass
class Head:
    """A column that is shown.

    Attributes:
        key: of the column.
        label: what stands above it.
        kind: how its cells look.
        href: where a click on the heading leads; empty when the list is not sorted by it.
        order: how the list is sorted by it now; empty when it cannot be.
        wide: the screens on which it is there: "" all, "md", "xl".
        edit: how its cells are changed in place: "" not at all, "text", or "choice" from `choices`.
        choices: what a cell can be set to.
    """

    key: str
    label: str
    kind: str
    href: str = ""
    order: str = ""
    wide: str = ""
    edit: str = ""
    choices: list[Value] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """Something that is done to many rows at once by one press.

    Attributes:
        key: names it.
        label: what its button says.
        done: what the report says became of the rows: "confirmed".
        changes: what is sent for each row.
        consequence: what cannot be undone about it, in words; who takes it types how many rows there are. Empty where it can be undone.
        danger: the button that confirms it warns.
    """

    key: str
    label: str
    done: str
    changes: Mapping[str, Any]
    consequence: str = ""
    danger: bool = False


def choice_label(item: Filter, value: str) -> str:
    """What a fixed value of a filter is called."""
    return sentence(value)


def fixed_values(item: Filter) -> tuple[str, ...]:
    """The values that a filter offers in a menu."""
    if isinstance(item, Choice):
        return item.choices
    return tuple(item.conditions) if isinstance(item, Named) else ()


class TableCore(Guarded, mixin=True):
    """The base of the parts of a table.

    Attributes:
        service: the room's.
        path: of the page.
        editable: keys of the columns whose cells are changed in place.
        bulk_fields: keys of the columns that are set for many rows at once.
        bulk_steps: what else is done to many rows at once.
        bulk_delete: whether many rows are deleted at once.
        pictured: whether a small picture stands before the link.
    """

    service: ClassVar[CrudService[Any]]
    path: ClassVar[str]
    editable: ClassVar[Sequence[str]] = ()
    bulk_fields: ClassVar[Sequence[str]] = ()
    bulk_steps: ClassVar[Sequence[Step]] = ()
    bulk_delete: ClassVar[bool] = False
    pictured: ClassVar[bool] = False

    loaded: bool = False
    rows: list[Row] = []  # noqa: RUF012 (Reflex copies defaults per client)
    pictures: bool = False
    heads: list[Head] = []  # noqa: RUF012
    count: str = ""
    currency: str = ""
    _shown: dict[str, dict[str, Any]] = {}  # noqa: RUF012
    """By id: the revision of each row on the screen, and its values that can be changed there."""

    @classmethod
    def _noun(cls) -> str:
        """The noun of `":read"` policies."""
        return cls.service.noun

    @classmethod
    def _spec(cls) -> ListSpec:
        return cls.service.spec

    @classmethod
    def _column(cls, key: str) -> Column:
        return next(column for column in cls._spec().columns if column.key == key)

    @classmethod
    def _values(cls, key: str) -> list[Value]:
        """The fixed values of a column, if it has them: those that the list can be narrowed to."""
        attribute = cls._column(key).name.rpartition(".")[2]
        found = next((item for item in cls._spec().filters if isinstance(item, Choice) and item.column == attribute), None)
        return [Value(value, choice_label(found, value)) for value in found.choices] if found else []

    @classmethod
    def _works_on_many(cls) -> bool:
        """Whether there is anything to do to many rows at once."""
        return bool(cls.bulk_fields or cls.bulk_steps or cls.bulk_delete)

    @classmethod
    def _many(cls, count: int) -> str:
        """`1 product`, `2 products`."""
        return f"{counted(count)} {cls.service.singular if count == 1 else cls.service.noun}"

    @abstractmethod
    async def _reload(self) -> None:
        """Show the page of the present address anew."""


def nested(key: str, value: Any) -> dict[str, Any]:
    """The payload that sets one column: `inventory.stock` lies in a group."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value
