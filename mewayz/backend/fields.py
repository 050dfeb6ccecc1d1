"""What a row of a file may hold: the fields of a payload by dotted path, and which column stands for which."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from mewayz.backend.documents import public_columns
from mewayz.backend.errors import Invalid
from mewayz.backend.listing import ListSpec


def _normal(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _inner(annotation: Any) -> Any:
    """The type behind `Annotated[X, …]` and `X | None`."""
    if hasattr(annotation, "__metadata__"):
        return _inner(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        others = [part for part in get_args(annotation) if part is not type(None)]
        return _inner(others[0]) if len(others) == 1 else annotation
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


class Fields:
    """The fields of one noun's rows.

    A column matches by its path (`inventory.stock`), by its heading in the list (`Stock`), or by the last part of a
    path where that is unambiguous; capitals, spaces and punctuation do not count.

    Attributes:
        paths: every field that a cell can fill.
        tops: the fields of the payload itself, groups included.
        lists: the paths that hold a list of texts.
        amounts: the paths that hold a number with decimals.
        objects: the fields that hold a list of objects, which no cell can fill, with what those hold.
        demanded: those of them that cannot be left out.
        kept: names that the noun's own exports carry and nobody may send: ids, times, totals.
        aliases: names of the earlier system, and the paths that they stand for.

    What columns are called elsewhere, a payload names in `headings`.
    """

    def __init__(self, payload: type[BaseModel], spec: ListSpec | None = None, identities: Collection[str] = ()) -> None:
        """Derive the fields from `payload`, the headings and kept names from `spec`; `identities` say which record a row is."""
        self.lists: set[str] = set()
        self.amounts: set[str] = set()
        self.objects: dict[str, Fields] = {}
        self.demanded: set[str] = set()
        self.aliases: Mapping[str, str] = getattr(payload, "aliases", {})
        self.tops = {field.alias or name for name, field in payload.model_fields.items()}
        walked = tuple(self._walk(payload, ""))
        self.paths = (*(name for name in identities if name not in walked), *walked)
        by_leaf: dict[str, list[str]] = {}
        for path in self.paths:
            by_leaf.setdefault(_normal(path.rpartition(".")[2]), []).append(path)
        self._by_name = {leaf: paths[0] for leaf, paths in by_leaf.items() if len(paths) == 1}
        if spec is not None:
            self._by_name |= {_normal(column.label): column.key for column in spec.columns if column.key in self.paths}
        self._by_name |= {_normal(path): path for path in self.paths}
        for heading, path in getattr(payload, "headings", {}).items():
            self._by_name.setdefault(_normal(heading), path)
        carried: set[str] = set()
        if spec is not None:
            carried = {to_camel(column.key) for column in public_columns(spec.model)} | {column.key for column in spec.columns}
        self.kept = carried - {*self.paths, *self.tops}

    def _walk(self, model: type[BaseModel], prefix: str) -> Iterator[str]:
        for name, field in model.model_fields.items():
            path = f"{prefix}{field.alias or name}"
            kind = _inner(field.annotation)
            is_list = get_origin(kind) is list
            if _is_model(kind):
                yield from self._walk(kind, f"{path}.")
            elif is_list and _is_model(_inner(get_args(kind)[0])):
                self.objects[path] = Fields(_inner(get_args(kind)[0]))
                if field.is_required():
                    self.demanded.add(path)
            else:
                if is_list:
                    self.lists.add(path)
                if kind is Decimal:
                    self.amounts.add(path)
                yield path

    def find(self, name: str) -> str | None:
        """The path that a column name stands for, or None."""
        return name if name in self.paths else self._by_name.get(_normal(name))

    def chosen(self, given: Mapping[str, str]) -> dict[str, list[str]]:
        """A mapping FIELD → COLUMN as column → paths.

        Raises:
            Invalid: a field is not known.
        """
        found: dict[str, list[str]] = {}
        for field, column in given.items():
            path = self.find(field)
            if path is None:
                raise Invalid(f"{field} is not a field here. Choose from: {', '.join(self.paths)}.", code="file.unknown_field")
            found.setdefault(column, []).append(path)
        return found


def put(target: dict[str, Any], path: str, value: Any) -> None:
    """Set `value` under a dotted path, making the objects on the way; what is no object stays for validation to refuse."""
    *groups, last = path.split(".")
    for group in groups:
        inner: Any = target.setdefault(group, {})
        if not isinstance(inner, dict):
            return
        target = cast("dict[str, Any]", inner)
    target[last] = value
