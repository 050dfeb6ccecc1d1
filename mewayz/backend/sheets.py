"""Spreadsheets: the first sheet of an XLSX file as rows of text, and rows written as one."""

import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import WorkSheetParser

from mewayz.backend.cells import neutral
from mewayz.backend.errors import Invalid
from mewayz.backend.sources import LOCAL, MOST_COLUMNS, Bounds, BrokenFile, check_packed

MOST_ROWS = 1_048_576  # of a sheet, the heading included (ECMA-376)
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DIGITS = 15  # what a spreadsheet shows of a number; what it computes has noise behind them
_SPOOLED = 8 << 20
_WHEN = "yyyy-mm-dd hh:mm:ss"
_MOST_TEXT = 32_767
# https://www.w3.org/TR/xml/#charsets: the library leaves the two characters at the end of the first plane in, and no reader takes them.
_NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


class TooManyRows(Invalid):
    """A sheet has a last row."""

    code = "file.sheet_full"
    default_message = f"A spreadsheet holds at most {MOST_ROWS - 1:,} rows. Narrow the list, or export CSV."


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of its own in which a noun is exported, with several lines for one record.

    Attributes:
        label: what somebody chooses it by.
        columns: heading → the field that it shows.
        lines: a record in wire form → its lines by heading.
    """

    label: str
    columns: Mapping[str, str]
    lines: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]]


def cell_text(value: Any) -> str:
    """A typed cell as the text that a CSV would have.

    >>> cell_text(5.0), cell_text(0.1 + 0.2), cell_text(None), cell_text(True)
    ('5', '0.3', '', 'true')
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            shown = f"{value:.{_DIGITS}g}"
            return format(Decimal(shown), "f") if "e" in shown else shown
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def read_sheet(path: Path, bounds: Bounds = LOCAL) -> Iterator[tuple[int, list[str]]]:
    """Number and cells, as a CSV has them, of every row of the first sheet that is not empty.

    A formula is the value that was saved with it. What a file says of its rows and columns costs nothing: gaps are not filled.

    Raises:
        BrokenFile: it is not a spreadsheet, is damaged, unpacks into too much, or has rows or columns beyond the last one.
    """
    check_packed(path, bounds)
    try:
        with path.open("rb") as file:  # by its name alone, only some endings would be read
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about parts that are of no interest here
                book: Any = load_workbook(file, read_only=True, data_only=True)
            last = 0
            with book.worksheets[0]._get_source() as part:
                for number, found in _parser(book, part).parse():
                    if not last < number <= MOST_ROWS:
                        raise BrokenFile(f"Row {number:,} of this sheet comes after {last:,}. Rows stand in order, up to {MOST_ROWS:,}.")
                    last = number
                    if cells := _cells(number, found):
                        yield number, cells
            book.close()
    except (BrokenFile, GeneratorExit):
        raise
    except Exception:  # a damaged file fails anywhere in the reader, with anything
        raise BrokenFile("This is not an XLSX file, or it is damaged. Save the sheet as “CSV UTF-8”.") from None


def _parser(book: Any, part: Any) -> WorkSheetParser:
    """What reads the first sheet; openpyxl's own loop around it would make every row and cell that is left out."""
    texts = book.worksheets[0]._shared_strings
    formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
    return WorkSheetParser(part, texts, data_only=True, epoch=book.epoch, **formats)


def _cells(number: int, found: Sequence[Mapping[str, Any]]) -> list[str]:
    texts: dict[int, str] = {}
    for cell in found:
        value = cell["value"]
        if text := neutral(value) if isinstance(value, str) else cell_text(value):
            texts[cell["column"]] = text
    width = max(texts, default=0)
    if width > MOST_COLUMNS:
        words = f"Column {get_column_letter(width)} is not empty, and {MOST_COLUMNS:,} columns are taken at most."
        raise BrokenFile(fields={f"line {number}: row": words})
    return [texts.get(column, "") for column in range(1, width + 1)]


class SheetWriter:
    """Writes rows of typed cells without ever holding them all; text stays text, whatever it begins with."""

    def __init__(self, title: str, columns: Sequence[str]) -> None:
        """Begin the sheet with its heading."""
        self._book = Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        heading = [self._cell(column) for column in columns]
        for cell in heading:
            cell.font = Font(bold=True)
        self._sheet.append(heading)

    def _cell(self, value: Any, form: str = "") -> Any:
        cell: Any = WriteOnlyCell(self._sheet, value=value)
        if isinstance(value, str):
            cell.data_type = "s"  # else what begins with = would run
        if form:
            cell.number_format = form
        return cell

    def append(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows whose cells are text, numbers or times."""
        for row in rows:
            self._sheet.append([self._typed(value) for value in row])

    def _typed(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self._cell(value.replace(tzinfo=None), _WHEN)
        if isinstance(value, str):
            return self._cell(_NO_XML.sub("", value)[:_MOST_TEXT])
        return value

    def finished(self) -> IO[bytes]:
        """The file, at its beginning; whoever takes it closes it."""
        file = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 (whoever takes it closes it)
        self._book.save(file)
        file.seek(0)
        return cast("IO[bytes]", file)

    def discard(self) -> None:
        """Remove what a sheet that was not finished has left on the disk."""
        if not self._sheet.closed:
            self._sheet.close()
        Path(self._sheet._writer.out).unlink(missing_ok=True)
