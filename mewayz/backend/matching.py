"""A file of rows before it is imported: its columns with what they seem to stand for, and its rows by what was chosen."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from pydantic import BaseModel

from mewayz.backend.cells import join_list, plain, split_list
from mewayz.backend.earlier import is_earlier
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields, put
from mewayz.backend.files import open_cells, read_objects
from mewayz.backend.listing import ListSpec
from mewayz.backend.rows import ERROR, TABLES, Row
from mewayz.backend.sheets import cell_text
from mewayz.backend.sources import Source

_SAMPLES = 3
_MOST_SAMPLE = 40
_SECRET = re.compile(r"pass|secret|token|hash|pwd|kennwort|salt|\bpin\b", re.IGNORECASE)
HIDDEN = "not shown"


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column can fill; `required` of a new record."""

    path: str
    label: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file.

    Attributes:
        name: as the file has it.
        samples: the first values that differ, shortened.
        path: the field that it seems to stand for; empty where that is not known.
        note: why it is left out.
    """

    name: str
    samples: tuple[str, ...]
    path: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was read: the values by the position of their column, and why they could not be told apart."""

    line: int
    cells: Mapping[int, Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of a small file."""

    names: Sequence[str]
    lines: Sequence[Line]


def read(source: Source, kind: str, most: int) -> Sheet | None:
    """The whole file; None for documents of the earlier system, which are translated as they are.

    Raises:
        BrokenFile: it cannot be read. Invalid: it has more rows than `most`.
    """
    if kind in TABLES:
        with open_cells(source, kind) as table:
            lines = [_of_cells(*record, width=len(table.columns)) for record in _at_most(table, most)]
            names = [name or f"Column {number}" for number, name in enumerate(table.columns, 1)]
        return Sheet(names, lines)
    records = list(_at_most(read_objects(source, kind), most))
    flat: list[tuple[int, dict[str, Any], str]] = []
    for line, item, problem in records:
        if not problem and is_earlier(item):
            return None
        flat.append((line, {} if problem else flattened(item), problem))
    places = {name: index for index, name in enumerate(dict.fromkeys(name for _, item, _ in flat for name in item))}
    return Sheet(list(places), [Line(line, {places[name]: value for name, value in item.items()}, problem) for line, item, problem in flat])


def _at_most(records: Any, most: int) -> Iterator[Any]:
    flowing = iter(records)
    yield from islice(flowing, most)
    if next(flowing, None) is not None:
        raise Invalid(f"Send at most {most:,} rows at once. `mewayz import` takes files of any length.", code="file.too_many_rows")


def _of_cells(line: int, cells: Sequence[str], problem: str, *, width: int) -> Line:
    found = [plain(cell) for cell in cells]
    if len(found) > width:
        found = [*found[: width - 1], ",".join(found[width - 1 :])]
    return Line(line, dict(enumerate(found)), problem)


def flattened(item: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of an object by dotted path; lists stay whole."""
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            found |= flattened(cast("dict[str, Any]", value), f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def shown(value: Any) -> str:
    """A value as the text of a cell."""
    if isinstance(value, list):
        found = cast("list[Any]", value)
        return join_list(found) if all(isinstance(one, str) for one in found) else f"{len(found)} entries"
    return cell_text(value)


# What columns stand for --------------------------------------------------------------------------------------------------


def targets(payload: type[BaseModel], fields: Fields, spec: ListSpec) -> list[Target]:
    """The fields of a noun's rows, those that a new record needs first."""
    needed = {field.alias or name for name, field in payload.model_fields.items() if field.is_required()}
    headings = {column.key: column.label for column in spec.columns}
    found = [Target(path, headings.get(path) or words(path), path in needed) for path in (*fields.paths, *fields.objects)]
    return sorted(found, key=lambda one: not one.required)


def words(path: str) -> str:
    """`inventory.lowStockThreshold` → Inventory: low stock threshold; `variants[L / Red].price` → Variants L / Red: price."""
    head, within, rest = path.partition("[")
    if within:
        name, _, inner = rest.rpartition("]")
        return f"{words(head)} {name}" + (f": {words(inner[1:]).lower()}" if inner else "")
    parts = [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", part).lower() for part in path.split(".")]
    text = ": ".join(parts)
    return text[:1].upper() + text[1:]


def columns_of(sheet: Sheet, fields: Fields) -> list[Column]:
    """The columns of a file, each with the field that its name stands for; of two for one field, the first one counts."""
    found: list[Column] = []
    filled: set[str] = set()
    for index, name in enumerate(sheet.names):
        path = name if name in fields.objects else fields.find(name) or ""
        note = ""
        if path in filled:
            path, note = "", "Another column fills this field."
        elif not path and name == ERROR:
            note = "Says why the row was left out before."
        elif not path and name in fields.kept:
            note = "Mewayz keeps this itself."
        if path:
            filled.add(path)
        found.append(Column(name, _samples(sheet, index, name), path, note))
    return found


def _samples(sheet: Sheet, index: int, name: str) -> tuple[str, ...]:
    values = (shown(line.cells.get(index)).strip() for line in sheet.lines)
    found = tuple(islice(dict.fromkeys(value for value in values if value), _SAMPLES))
    if _SECRET.search(name):
        return (HIDDEN,) if found else ()
    return tuple(value if len(value) <= _MOST_SAMPLE else f"{value[: _MOST_SAMPLE - 1]}…" for value in found)


# The rows ----------------------------------------------------------------------------------------------------------------


def rows_of(sheet: Sheet, paths: Sequence[str], fields: Fields, mended: Mapping[int, Mapping[str, str]]) -> list[Row]:
    """The rows with what was chosen for their columns, and what was typed in place of some.

    Whatever has no path is not in them: neither the records nor the bad rows of an import know of it.
    """
    found: list[Row] = []
    for line in sheet.lines:
        value = {path: line.cells[index] for index, path in enumerate(paths) if path and index in line.cells}
        typed = mended.get(line.line)
        found.append(row(line.line, {**value, **typed} if typed else value, fields, "" if typed else line.problem))
    return found


def row(line: int, value: Mapping[str, Any], fields: Fields, problem: str = "") -> Row:
    """A row of values by path; a blank text is a field that was not given."""
    filled: dict[str, Any] = {}
    for path, one in value.items():
        if not isinstance(one, str) or one.strip():
            put(filled, path, split_list(one) if path in fields.lists and isinstance(one, str) else one)
    return Row(line, {} if problem else filled, problem, value=dict(value))
