"""A file that waits as the rows in it, and rows as a file for those nouns whose tables are read line by line."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mewayz.backend.cells import neutral
from mewayz.backend.crud import CrudService
from mewayz.backend.importing import LoadsTables
from mewayz.backend.matching import Sheet, read
from mewayz.backend.resource import MAX_ROWS
from mewayz.backend.rows import TABLES, Row
from mewayz.backend.sources import SENT, Source
from mewayz.backend.uploads import Upload


def source_of(upload: Upload, encoding: str) -> Source:
    """The file itself, of which no more is taken than of one that is sent over REST."""
    source = Source(upload.file, upload.name, encoding=encoding or None)
    source.bounds = SENT
    return source


def kind_of(source: Source) -> str:
    """The format by name and content: many a file of one object per line is called .json."""
    kind = source.kind()
    if kind == "json":
        with source.binary() as file:
            if file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                return "jsonl"
    return kind


def sheet_of(upload: Upload, service: CrudService[Any], encoding: str) -> Sheet | None:
    """All of it as a table; None where it is read as it is.

    Raises:
        BrokenFile: it cannot be read. Invalid: it has too many rows.
    """
    source = source_of(upload, encoding)
    kind = kind_of(source)
    if isinstance(service, LoadsTables) and kind not in TABLES:
        return None  # what is nested in it is more than cells can hold
    return read(source, kind, MAX_ROWS)


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """The rows as a CSV whose columns are paths, each on its own line; a row that could not be read does not fit here either."""
    columns = list(dict.fromkeys(name for one in rows for name in cast("Mapping[str, Any]", one.value)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        at = 2
        for one in rows:
            value = cast("Mapping[str, Any]", one.value)
            cells = [neutral(str(value.get(name) or "")) for name in columns] + ([""] if one.problem else [])
            file.write("\r\n" * max(one.line - at, 0))
            writer.writerow(cells)
            at = max(one.line, at) + 1 + sum(cell.count("\n") for cell in cells)
