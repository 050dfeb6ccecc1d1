"""Reading row files: CSV, JSON Lines and JSON arrays become (line number, fields), or a reason for every broken line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from mewayz.backend.cells import plain, split_list
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields, put

FORMATS = ("csv", "jsonl", "json")
MAX_PROBLEMS = 100
UNKNOWN = "This column is not known here."
ZIP_MAGIC = b"PK\x03\x04"  # every XLSX file begins with it

_DELIMITERS = (",", ";", "\t")
_ENDINGS = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "json"}


class BrokenFile(Invalid):
    """The file cannot be read as rows; `fields` maps `line 7: row` to what is wrong there."""

    code = "file.broken"
    default_message = "Nothing was imported: the file cannot be read as it is."


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file holds.

    Attributes:
        rows: (line number, fields) of every row; in a JSON array the position of the element, from 1.
        ignored: columns that are not imported, because Mewayz keeps them itself (`id`, `createdAt`, totals) or on request.
    """

    rows: list[tuple[int, dict[str, Any]]]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapped:
    """How columns are matched beyond their names.

    Attributes:
        columns: column → the paths that it fills.
        only: leave out every other column.
    """

    columns: Mapping[str, Sequence[str]]
    only: bool = False

    @property
    def paths(self) -> dict[str, str]:
        """Path → the column that was chosen for it."""
        return {path: column for column, paths in self.columns.items() for path in paths}


def guess_format(data: bytes, name: str = "") -> str:
    """The format of a file by its name, else by its first character."""
    ending = name.rpartition(".")[2].lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return {b"[": "json", b"{": "jsonl"}.get(start, "csv")


def read_rows(data: bytes, kind: str, fields: Fields, given: Mapping[str, str] | None = None, *, only_given: bool = False) -> Rows:
    """The rows of a file.

    Args:
        data: the whole file.
        kind: one of FORMATS.
        fields: what a row may hold.
        given: FIELD → COLUMN, for columns that are called otherwise.
        only_given: leave out every column that is not in `given`.

    Raises:
        BrokenFile: with a message per line. Invalid: `given` names an unknown field.
    """
    text = _text(data)
    mapped = Mapped(fields.chosen(given or {}), only_given)
    if kind == "csv":
        return _read_csv(text, fields, mapped)
    return _read_objects(_array(text) if kind == "json" else _lines(text), fields, mapped)


def _text(data: bytes) -> str:
    if data.startswith(ZIP_MAGIC):
        raise BrokenFile("XLSX files are not read. Save the sheet as “CSV UTF-8” and import that.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls "Unicode text"
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BrokenFile(fields={f"line {line}: row": "This is not UTF-8 text. Save the file as “CSV UTF-8”."}) from None


def _refuse(problems: Mapping[str, str]) -> None:
    if problems:
        raise BrokenFile(fields=problems)


def _read_csv(text: str, fields: Fields, mapped: Mapped) -> Rows:
    if fields.objects:
        raise BrokenFile(f"CSV cannot hold {' and '.join(sorted(fields.objects))}. Use JSON Lines.")
    delimiter = max(_DELIMITERS, key=text.lstrip("\r\n").partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    problems: dict[str, str] = {}
    rows: list[tuple[int, dict[str, Any]]] = []
    targets: list[Sequence[str]] = []
    ignored: list[str] = []
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not targets:
                targets, ignored = _columns(line, [cell.strip() for cell in cells], fields, mapped)
            elif len(cells) != len(targets):
                problems[f"line {line}: row"] = f"This line has {len(cells)} cells, the first one {len(targets)}."
                if len(problems) >= MAX_PROBLEMS:
                    break
            else:
                rows.append((line, _filled(cells, targets, fields)))
    except csv.Error as error:
        problems[f"line {start}: row"] = f"This line is not valid CSV: {error}."
    _refuse(problems)
    if not targets:
        raise BrokenFile("The file is empty. Its first line must name the columns.")
    return Rows(rows, tuple(ignored))


def _filled(cells: Sequence[str], targets: Sequence[Sequence[str]], fields: Fields) -> dict[str, Any]:
    """The fields of a line; an empty cell is a field that was not given."""
    row: dict[str, Any] = {}
    for cell, paths in zip(cells, targets, strict=True):
        for path in paths if cell.strip() else ():
            put(row, path, split_list(plain(cell)) if path in fields.lists else plain(cell))
    return row


def _columns(line: int, header: Sequence[str], fields: Fields, mapped: Mapped) -> tuple[list[Sequence[str]], list[str]]:
    """The paths that each column fills, and the columns that are left out."""
    missing = [column for column in mapped.columns if column not in header]
    problems = {f"line {line}: {column}": f"There is no such column. There are: {', '.join(header)}." for column in missing}
    targets: list[Sequence[str]] = []
    ignored: list[str] = []
    chosen, filled = mapped.paths, dict[str, str]()
    for number, name in enumerate(header, 1):
        found: Sequence[str] = mapped.columns.get(name, ())
        path = None if found else fields.find(name)
        if not name:
            problems[f"line {line}: column {number}"] = "This column has no name."
        elif name in header[: number - 1]:
            problems[f"line {line}: {name}"] = "Two columns have this name."
        elif found:
            pass
        elif mapped.only or path in chosen or (path is None and name in fields.kept):
            ignored.append(name)
        elif path is None:
            problems[f"line {line}: {name}"] = f"{UNKNOWN} Known are: {', '.join(fields.paths)}."
        elif path in filled:
            problems[f"line {line}: {name}"] = f"This column and {filled[path]} both stand for {path}."
        else:
            found, filled[path] = (path,), name
        targets.append(found)
    _refuse(problems)
    return targets, ignored


Item = tuple[int, Any, str | None]
"""Line, value, and why there is none."""


def _lines(text: str) -> Iterator[Item]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, orjson.loads(line), None
            except orjson.JSONDecodeError as error:
                yield number, None, f"This is not valid JSON: {error.msg}."


def _array(text: str) -> Iterator[Item]:
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BrokenFile(fields={f"line {error.lineno}: row": f"This is not valid JSON: {error.msg}."}) from None
    if not isinstance(found, list):
        raise BrokenFile("Send a JSON array of objects, or one object per line.")
    for number, item in enumerate(cast("list[Any]", found), 1):
        yield number, item, None


def _read_objects(items: Iterator[Item], fields: Fields, mapped: Mapped) -> Rows:
    problems: dict[str, str] = {}
    rows: list[tuple[int, dict[str, Any]]] = []
    ignored: dict[str, None] = {}
    for line, item, problem in items:
        if problem is None and isinstance(item, dict):
            rows.append((line, _matched(cast("dict[str, Any]", item), fields, mapped, ignored)))
            continue
        problems[f"line {line}: row"] = problem or "Send an object."
        if len(problems) >= MAX_PROBLEMS:
            break
    _refuse(problems)
    return Rows(rows, tuple(ignored))


def _matched(item: Mapping[str, Any], fields: Fields, mapped: Mapped, ignored: dict[str, None]) -> dict[str, Any]:
    """The fields of an object: names count exactly, dotted paths and chosen ones are put in their place."""
    row: dict[str, Any] = {}
    chosen = mapped.paths
    for name, value in item.items():
        if name in mapped.columns:
            for path in mapped.columns[name]:
                put(row, path, split_list(value) if path in fields.lists and isinstance(value, str) else value)
        elif mapped.only or name in chosen or (name in fields.kept and name not in fields.tops):
            ignored[name] = None
        elif name in fields.paths:
            put(row, name, value)
        else:
            row[name] = value
    return row
