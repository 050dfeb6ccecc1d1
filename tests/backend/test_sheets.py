"""Spreadsheets: typed cells both ways, text that stays text, and files that would fill the memory."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from mewayz.backend.sheets import SheetWriter, read_sheet
from mewayz.backend.sources import SENT, BrokenFile, check_packed


def book(path: Path, *rows: list[Any]) -> Path:
    found = Workbook()
    sheet: Any = found.active
    for row in rows:
        sheet.append(row)
    found.create_sheet("Another").append(["not read"])
    found.save(path)
    return path


def test_typed_cells_become_the_text_that_a_csv_would_have(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ["name", "price", "at", "on"],
        ["Mug", 6.95, datetime(2011, 12, 9, 12, 50), True],  # noqa: DTZ001 (a spreadsheet knows no zone)
        [None, None, None, None],
        ["Pen", 0.1 + 0.2, 12345, None],
    )
    assert list(read_sheet(path)) == [
        (1, ["name", "price", "at", "on"]),
        (2, ["Mug", "6.95", "2011-12-09 12:50:00", "true"]),
        (4, ["Pen", "0.3", "12345"]),
    ]


def test_a_formula_is_the_value_that_was_saved_with_it(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ["name"], ["=1+1"])
    assert list(read_sheet(path)) == [(1, ["name"])], "openpyxl saves none"


def test_what_is_written_is_text_numbers_and_times() -> None:
    writer = SheetWriter("products", ["name", "price", "at"])
    writer.append([["=1+1", Decimal("6.955"), datetime(2011, 12, 9, tzinfo=UTC)], ["\x01bell", None, None]])
    with writer.finished() as file:
        sheet: Any = load_workbook(io.BytesIO(file.read())).worksheets[0]
    writer.discard()
    cells = [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()]
    assert cells[1][0] == ("=1+1", "s")
    assert cells[1][1] == (6.955, "n")
    assert cells[1][2][0] == datetime(2011, 12, 9)  # noqa: DTZ001
    assert cells[2][0][0] == "bell"


def test_what_xml_cannot_hold_is_left_out(tmp_path: Path) -> None:
    writer = SheetWriter("Products", ["name"])
    writer.append([["a\x00b\x1fc\ud800d\ufffee\uffff\U0001f600"]])
    (tmp_path / "out.xlsx").write_bytes(writer.finished().read())
    assert [cells for _, cells in read_sheet(tmp_path / "out.xlsx")] == [["name"], ["abcde\U0001f600"]]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (50 << 20))
    with pytest.raises(BrokenFile, match="unpacks into 50 MB"):
        check_packed(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rest", b"name,price\n"])
def test_what_is_no_spreadsheet(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(BrokenFile, match="not an XLSX file"):
        list(read_sheet(path))


def test_entities_are_not_followed(tmp_path: Path) -> None:
    whole = book(tmp_path / "a.xlsx", ["name"], ["Mug"])
    bad = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bad, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                data = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data.replace(b"Mug", b"&a;")
            new.writestr(part, data)
    with pytest.raises(BrokenFile):
        list(read_sheet(bad))


HEAD = '<row r="1"><c r="A1" t="str"><v>name</v></c></row>'


def altered(tmp_path: Path, rows: str) -> Path:
    """A sheet of these rows, as XML."""
    whole, bad = book(tmp_path / "a.xlsx", ["name"]), tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                start, end = data.index(b"<sheetData>") + len(b"<sheetData>"), data.index(b"</sheetData>")
                data = data[:start] + rows.encode() + data[end:]
            new.writestr(part, data)
    return bad


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (HEAD + '<row r="99999999"><c r="A99999999"><v>1</v></c></row>', "Row 99,999,999"),
        (HEAD + '<row r="3"/><row r="3"/>', "Row 3 of this sheet comes after 3"),
        (HEAD + '<row r="0"/>', "Row 0"),
        (HEAD + '<row r="2"><c r="XFD2"><v>1</v></c></row>', "line 2: row"),
        (HEAD + f'<row r="{"9" * 5000}"/>', "damaged"),
    ],
)
def test_rows_and_columns_end_somewhere(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(BrokenFile) as raised:
        list(read_sheet(altered(tmp_path, rows)))
    assert words in f"{raised.value.message} {raised.value.fields}"


def test_what_is_left_out_is_not_filled_in(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{number}"><c r="XFD{number}" s="0"/></row>' for number in range(2, 5_000))
    last = '<row r="1048576"><c r="A1048576" t="str"><v>Mug</v></c><c r="C1048576"><v>1e400</v></c></row>'
    assert list(read_sheet(altered(tmp_path, HEAD + rows + last))) == [(1, ["name"]), (1_048_576, ["Mug", "", "inf"])]


def test_a_sheet_that_was_sent_has_not_more_cells_than_are_read_at_once(tmp_path: Path) -> None:
    path = altered(tmp_path, HEAD + '<row r="2">' + "<c/>" * 1000 + "</row>")
    check_packed(path, SENT)
    with pytest.raises(BrokenFile, match="too many cells"):
        check_packed(path, replace(SENT, marks=1000))
