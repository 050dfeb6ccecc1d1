"""Rows of a file as a noun understands them: columns and names become the fields of its payload."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar

from mewayz.backend.cells import plain, split_list
from mewayz.backend.earlier import is_earlier, translated
from mewayz.backend.fields import Fields, put
from mewayz.backend.files import PLAIN, Cells, Layout, Record, open_cells, read_objects
from mewayz.backend.leftovers import Leftovers
from mewayz.backend.sources import BrokenFile, Source

UNKNOWN = "This column is not known here."
ERROR = "error"
"""The column that says why a row was not taken; a file that was mended may still have it."""
TABLES = frozenset({"csv", "xlsx"})
D = TypeVar("D")
_NOTHING: Mapping[str, Any] = {}
_MOST_TOLD = 100


class Row(NamedTuple):
    """One row to load.

    Attributes:
        line: where it stands; in a JSON array the position of the element, from 1.
        fields: by camelCase name, groups nested.
        problem: why it could not be read.
        kept: what an earlier system knew of the record: `id`, `createdAt`, `updatedAt`.
        value: as the file has it: cells or an object; None where neither could be read.
        parts: the lines that are this one record, where several are.
    """

    line: int
    fields: Mapping[str, Any]
    problem: str = ""
    kept: Mapping[str, Any] = _NOTHING
    value: Any = None
    parts: "Sequence[Row]" = ()


Place = tuple[int, str]
"""Where a reader finds something: a line, and how the columns of it begin that are about the thing."""


@dataclass(frozen=True, slots=True)
class Gathered(Generic[D]):
    """Several lines as one record.

    Attributes:
        before: the record that they are about, if it is there.
        fields: what they say of it.
        places: the part of `fields`, such as `variants.2`, that a line is about.
    """

    before: D | None
    fields: dict[str, Any]
    places: Mapping[str, Place]


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


class Rows:
    """The rows of an open file; iterate once, in any thread.

    Attributes:
        ignored: columns that are not imported, because Mewayz keeps them itself or on request; complete at the end.
        columns: of a table, in their order.
        leftovers: what may be kept of a row that is not taken.
    """

    def __init__(self, source: Source, records: Iterator[Record], fields: Fields, mapped: Mapped) -> None:
        """Prepare for records that are objects."""
        self.ignored: dict[str, None] = {}
        self.columns: Sequence[str] = ()
        self.leftovers = Leftovers(fields, mapped.columns)
        self._source = source
        self._records = records
        self._fields = fields
        self._mapped = mapped

    @property
    def progress(self) -> float:
        """The share that has been read."""
        return self._source.progress

    def __iter__(self) -> Iterator[Row]:
        """Stream the rows."""
        for line, item, problem in self._records:
            if problem:
                yield Row(line, {}, problem, value=item)
            elif is_earlier(item):
                found, kept = translated(item, self._fields, self.ignored)
                yield Row(line, found, kept=kept, value=item)
            else:
                yield Row(line, self._matched(item), value=item)

    def _matched(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of an object: names count exactly, dotted paths and chosen ones are put in their place."""
        row: dict[str, Any] = {}
        fields, mapped = self._fields, self._mapped
        chosen = mapped.paths
        for name, value in item.items():
            if name in mapped.columns:
                for path in mapped.columns[name]:
                    put(row, path, split_list(value) if path in fields.lists and isinstance(value, str) else value)
            elif name == ERROR and ERROR not in fields.tops:
                continue
            elif mapped.only or name in chosen or (name in fields.kept and name not in fields.tops):
                self.ignored[name] = None
            elif name in fields.paths:
                put(row, name, value)
            else:
                row[name] = value
        return row


class _TableRows(Rows):
    """The rows of a table."""

    def __init__(self, source: Source, cells: Cells, fields: Fields, mapped: Mapped) -> None:
        super().__init__(source, iter(cells), fields, mapped)
        self.columns = cells.columns
        self._targets, ignored = match_columns(cells, fields, mapped)
        self.ignored = dict.fromkeys(ignored)
        self.leftovers = Leftovers(fields, mapped.columns, cells.columns, self._targets)

    def __iter__(self) -> Iterator[Row]:
        for line, cells, problem in self._records:
            yield Row(line, {}, problem, value=cells) if problem else Row(line, self._filled(cells), value=cells)

    def _filled(self, cells: Sequence[str]) -> dict[str, Any]:
        """The fields of a line; an empty cell is a field that was not given."""
        row: dict[str, Any] = {}
        lists = self._fields.lists
        for cell, paths in zip(cells, self._targets, strict=True):
            for path in paths if cell.strip() else ():
                put(row, path, split_list(plain(cell)) if path in lists else plain(cell))
        return row


@contextmanager
def open_rows(
    source: Source,
    kind: str,
    fields: Fields,
    given: Mapping[str, str] | None = None,
    *,
    only_given: bool = False,
    layout: Layout = PLAIN,
) -> Generator[Rows]:
    """The rows of a file, for the block.

    Args:
        source: the file.
        kind: one of FORMATS.
        fields: what a row may hold.
        given: FIELD → COLUMN, for columns that are called otherwise.
        only_given: leave out every column that is not in `given`.
        layout: of a table.

    Raises:
        BrokenFile: with a message per line. Invalid: `given` names an unknown field.
    """
    mapped = Mapped(fields.chosen(given or {}), only_given)
    if kind not in TABLES:
        yield Rows(source, read_objects(source, kind), fields, mapped)
        return
    if fields.demanded:
        raise BrokenFile(f"A table cannot hold {' and '.join(sorted(fields.demanded))}. Use JSON Lines.")
    with open_cells(source, kind, layout) as cells:
        yield _TableRows(source, cells, fields, mapped)


def match_columns(cells: Cells, fields: Fields, mapped: Mapped) -> tuple[list[Sequence[str]], list[str]]:
    """The paths that each column fills, and the columns that are left out.

    Raises:
        BrokenFile: a column is unknown, nameless, missing or there twice.
    """
    line, header = cells.line, cells.columns
    missing = [column for column in mapped.columns if column not in header]
    problems = {f"line {line}: {column}": f"There is no such column. There are: {', '.join(header)}." for column in missing}
    targets: list[Sequence[str]] = []
    ignored: list[str] = []
    seen: set[str] = set()
    chosen, filled = mapped.paths, dict[str, str]()
    for number, name in enumerate(header, 1):
        found: Sequence[str] = mapped.columns.get(name, ())
        path = None if found else fields.find(name)
        if not name:
            problems[f"line {line}: column {number}"] = "This column has no name."
        elif name in seen:
            problems[f"line {line}: {name}"] = "Two columns have this name."
        elif found or (path is None and name == ERROR):
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
        seen.add(name)
    if problems:
        raise BrokenFile(fields=dict(islice(problems.items(), _MOST_TOLD)))
    return targets, ignored
