"""Rows in wire form become cells."""

from typing import Any

import pytest

from mewayz.backend.table_columns import Column
from mewayz.ui.cells import NOTHING, Cell, cell, row
from mewayz.ui.words import Locale

WORDS = Locale("GBP")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text", "plain", Cell("plain", "plain")),
        ("link", "A name", Cell("A name", "A name")),
        ("email", "a@b.example", Cell("a@b.example", "a@b.example")),
        ("text", 0, Cell("0", "0")),
        ("money", "1204.5", Cell("1,204.50")),
        ("number", 0, Cell("0")),
        ("number", 1204, Cell("1,204")),
        ("status", "partially_refunded", Cell("Partially refunded", tone="warning")),
        ("status", "made-up", Cell("Made up", tone="neutral")),
        ("when", "2011-12-09T12:50:00Z", Cell("9 Dec 2011", title="9 Dec 2011, 12:50:00 UTC")),
        ("tags", ["red", "blue"], Cell("red, blue", "red, blue")),
        ("tags", [], Cell(NOTHING)),
        ("text", "", Cell(NOTHING)),
        ("text", None, Cell(NOTHING)),
        ("money", None, Cell(NOTHING)),
        ("when", None, Cell(NOTHING)),
    ],
)
def test_a_cell(kind: Any, value: Any, expected: Cell) -> None:
    assert cell(Column("x", "X", kind), value, WORDS) == expected


def test_a_row_links_to_its_record_and_sums_up_what_a_phone_hides() -> None:
    columns = [
        Column("name", "Name", "link"),
        Column("sku", "SKU"),
        Column("inventory.stock", "Stock", "number"),
        Column("category", "Category"),
    ]
    record = {"id": "7", "name": "Lamp", "sku": "L-1", "inventory": {"stock": 3}, "category": ""}
    found = row(columns, record, "/products", WORDS)
    assert (found.id, found.href, found.summary) == ("7", "/products/7", "L-1")
    assert [item.text for item in found.cells] == ["Lamp", "L-1", "3", NOTHING]


def test_a_phone_reads_what_a_time_or_a_number_is_of() -> None:
    columns = [
        Column("name", "Product", "link"),
        Column("role", "Role", "word"),
        Column("stock", "Stock", "number"),
        Column("price", "Price", "money"),
        Column("seen", "Last sign-in", "when"),
        Column("made", "Created", "when"),
    ]
    record = {"id": "7", "name": "Ada", "role": "admin", "stock": 1200, "price": "5", "seen": None, "made": "2010-12-01T08:26:00Z"}
    found = row(columns, record, "/users", WORDS)
    assert found.summary == f"Admin · Stock 1,200 · Created {found.cells[5].text}"
    both = row(columns, {**record, "seen": "2010-12-02T08:26:00Z"}, "/users", WORDS)
    assert both.summary == f"Admin · Stock 1,200 · {columns[4].label} {both.cells[4].text}", "there is room for one time"


def test_yes_and_no_are_words() -> None:
    assert [cell(Column("x", "X"), value, WORDS).text for value in (True, False)] == ["Yes", "No"]


def test_a_word_of_a_fixed_set_is_written_as_a_word() -> None:
    shown = row([Column("name", "Name", "link"), Column("role", "Role", "word")], {"id": "7", "name": "Ada", "role": "admin"}, "/u", WORDS)
    assert (shown.cells[1].text, shown.summary) == ("Admin", "Admin")


def test_a_value_that_is_missing_is_a_dash() -> None:
    assert (
        row([Column("name", "Name", "link"), Column("inventory.stock", "Stock", "number")], {"id": "7", "name": "L"}, "/p", WORDS)
        .cells[1]
        .text
        == NOTHING
    )
