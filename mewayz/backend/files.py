"""Row files as they are: CSV and spreadsheets become cells under a heading, JSON becomes objects, each with its line."""

import csv
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any, NamedTuple

import orjson

from mewayz.backend import strict_json
from mewayz.backend.cells import plain
from mewayz.backend.sheets import read_sheet
from mewayz.backend.sources import MOST_COLUMNS, MOST_LINE, BrokenFile, Source, too_long

WHITESPACE = "whitespace"
_DELIMITERS = (",", ";", "\t", "|")
_NAMED = {"tab": "\t", "comma": ",", "semicolon": ";", "space": WHITESPACE}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out, where that is not found out from the file.

    Attributes:
        delimiter: between cells: one character, or WHITESPACE for any run of spaces and tabs.
        header: the first line names the columns; without one they are called 1, 2, 3 ….
    """

    delimiter: str | None = None
    header: bool = True

    @staticmethod
    def named(delimiter: str | None, *, header: bool = True) -> "Layout":
        """The same with words such as `tab` for the delimiter.

        Raises:
            ValueError: it is neither a word nor a single character.
        """
        found = _NAMED.get(delimiter, delimiter) if delimiter else None
        if found not in (None, WHITESPACE) and len(str(found)) != 1:
            raise ValueError(f"{delimiter} is neither one character nor one of: {', '.join([*_NAMED, WHITESPACE])}")
        return Layout(found, header)


PLAIN = Layout()


class Record(NamedTuple):
    """Cells or an object, the line where they begin, and why there is nothing to read in them."""

    line: int
    value: Any
    problem: str = ""


class Cells:
    """A table, once: `columns` is known from the start; iterate for the records below it."""

    def __init__(self, lines: Iterator[tuple[int, list[str]]], layout: Layout) -> None:
        """Read the heading.

        Raises:
            BrokenFile: there is none, or it is too wide.
        """
        first = next((found for found in lines if any(cell.strip() for cell in found[1])), None)
        if first is None:
            raise BrokenFile("The file is empty. Its first line must name the columns.")
        self.line, cells = first
        if len(cells) > MOST_COLUMNS:
            raise BrokenFile(f"This table has {len(cells):,} columns, and {MOST_COLUMNS:,} are taken at most. Leave some out.")
        if layout.header:
            self.columns = [plain(cell.strip()) for cell in cells]
            self._lines = lines
        else:
            self.columns = [str(number) for number, _ in enumerate(cells, 1)]
            self._lines = chain([first], lines)

    def __iter__(self) -> Iterator[Record]:
        """Stream the records; an empty line is none."""
        width = len(self.columns)
        for line, cells in self._lines:
            if len(cells) == width:
                if cells[0].strip() or "".join(cells).strip():
                    yield Record(line, cells)
            elif any(cell.strip() for cell in cells):
                yield Record(line, cells, f"This line has {len(cells)} cells, the first one {width}.")


@contextmanager
def open_cells(source: Source, kind: str, layout: Layout = PLAIN) -> Generator[Cells]:
    """The table of a CSV or XLSX file, for the block.

    Raises:
        BrokenFile: with a message per line.
    """
    if kind == "xlsx":
        yield Cells(_padded(read_sheet(source.path, source.bounds)), layout)
        return
    with source.text() as text:
        yield Cells(_csv_lines(*_delimiter(source, text, layout)), layout)


def _padded(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Rows as wide as the first one: a sheet leaves out what is empty at the end."""
    width = 0
    for line, cells in rows:
        width = width or len(cells)
        yield line, cells + [""] * (width - len(cells))


def _delimiter(source: Source, text: IO[str], layout: Layout) -> tuple[str, Iterator[str]]:
    """What stands between cells, and all lines of the text."""
    ahead: list[str] = []
    for line in islice(text, 1000):
        ahead.append(line)
        if line.strip():
            break
    first = ahead[-1] if ahead else ""
    found = layout.delimiter or max(_DELIMITERS, key=first.count)
    if layout.delimiter is None and source.name.lower().endswith((".txt", ".dat")) and not any(one in first for one in _DELIMITERS):
        found = WHITESPACE
    return found, chain(ahead, text)


def _csv_lines(delimiter: str, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    if delimiter == WHITESPACE:
        for number, line in enumerate(lines, 1):
            yield number, line.split()
        return
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise BrokenFile(fields={f"line {start}: row": f"This line is not valid CSV: {error}."}) from None


def read_objects(source: Source, kind: str) -> Iterator[Record]:
    """The objects of JSON Lines, or of a JSON array, whose lines are the positions of its elements.

    Raises:
        BrokenFile: an array cannot be read; a broken line of JSON Lines is a record with a problem.
    """
    if kind == "json":
        yield from _array(source)
        return
    with source.binary() as file:
        number = 0
        while line := file.readline(MOST_LINE + 1):
            number += 1
            if len(line) > MOST_LINE:
                raise too_long(number)
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                yield _checked(number, strict_json.read(line))
            except orjson.JSONDecodeError as error:
                yield Record(number, None, f"This is not valid JSON: {error.msg}.")
            except ValueError as error:
                yield Record(number, None, str(error))


def _array(source: Source) -> Iterator[Record]:
    with source.binary() as file:
        data = file.read(source.bounds.array + 1)
    if len(data) > source.bounds.array:
        raise BrokenFile(f"A JSON array is read as a whole, up to {source.bounds.array >> 20:,} MB. Send one object per line (JSON Lines).")
    try:
        found: Any = strict_json.read(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise BrokenFile(fields={f"line {error.lineno}: row": f"This is not valid JSON: {error.msg}."}) from None
    except ValueError as error:
        raise BrokenFile(f"Nothing was imported. {error}") from None
    if not isinstance(found, list):
        raise BrokenFile("Send a JSON array of objects, or one object per line.")
    for number, item in enumerate(found, 1):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        yield _checked(number, item)


def _checked(line: int, item: Any) -> Record:
    return Record(line, item) if isinstance(item, dict) else Record(line, None, "Send an object.")
