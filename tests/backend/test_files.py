"""Row files: what is read, how columns find their fields, and what every broken line is told."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend.cells import join_list, neutral, plain, split_list
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields
from mewayz.backend.rows import Row, open_rows
from mewayz.backend.sources import BrokenFile, Source, kept
from mewayz.domains.customers.model import CUSTOMERS, CustomerCreate
from mewayz.domains.orders.model import ORDERS
from mewayz.domains.orders.payloads import OrderCreate
from mewayz.domains.products.model import PRODUCTS, ProductCreate

FIELDS = Fields(ProductCreate, PRODUCTS)


def every(text: str | bytes, kind: str, fields: Fields, encoding: str | None = None, **options: Any) -> tuple[list[Row], tuple[str, ...]]:
    """The rows of a file, and the columns that were left out."""
    data = text if isinstance(text, bytes) else text.encode()
    with kept(data, "", encoding=encoding) as source, open_rows(source, kind, fields, **options) as rows:
        found = list(rows)
        return found, tuple(rows.ignored)


def read(text: str | bytes, kind: str = "csv", fields: Fields = FIELDS, **options: Any) -> tuple[list[tuple[int, Any]], tuple[str, ...]]:
    """The same of a file in which every row can be read."""
    found, ignored = every(text, kind, fields, **options)
    assert [row.problem for row in found if row.problem] == []
    return [(row.line, row.fields) for row in found], ignored


def problems(text: str | bytes, kind: str = "csv", **options: Any) -> dict[str, str]:
    """What is wrong with a file: with all of it, or with single rows."""
    try:
        found, _ = every(text, kind, FIELDS, **options)
    except BrokenFile as error:
        return error.fields
    return {f"line {row.line}: row": row.problem for row in found if row.problem}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("name,price,inventory.stock", {"name": "Mug", "price": "1", "inventory": {"stock": "5"}}),
        ("Product,Price,Stock", {"name": "Mug", "price": "1", "inventory": {"stock": "5"}}),
        (" NAME ,price,stock", {"name": "Mug", "price": "1", "inventory": {"stock": "5"}}),
        ("name,compare_at_price,Low stock threshold", {"name": "Mug", "compareAtPrice": "1", "inventory": {"lowStockThreshold": "5"}}),
    ],
)
def test_columns_find_their_fields(header: str, row: dict[str, Any]) -> None:
    assert read(f"{header}\nMug,1,5\n")[0] == [(2, row)]


@pytest.mark.parametrize(
    "data",
    [
        b"name;price\r\nM\xc3\xbcg;1\r\n",
        b"name\tprice\nM\xc3\xbcg\t1",
        b"\xef\xbb\xbfname,price\rM\xc3\xbcg,1\r",
        "name\tprice\r\nMüg\t1\r\n".encode("utf-16"),
        b'\n\n"name","price"\n"M\xc3\xbcg","1"\n\n,\n',
    ],
)
def test_dialects_of_csv(data: bytes) -> None:
    assert [row for _, row in read(data)[0]] == [{"name": "Müg", "price": "1"}]


def test_line_numbers_count_lines_of_the_file() -> None:
    rows = read('name,description\n\n"Mug","two\nlines"\nPen,\n')[0]
    assert rows == [(3, {"name": "Mug", "description": "two\nlines"}), (5, {"name": "Pen"})]


def test_lists_are_split() -> None:
    assert read("name,tags\nMug,a; b;\n")[0] == [(2, {"name": "Mug", "tags": ["a", "b"]})]
    assert read('name,tags\nMug,"a, b"\n')[0] == [(2, {"name": "Mug", "tags": ["a", "b"]})]


def test_what_mewayz_keeps_itself_is_left_out_and_named() -> None:
    assert read("id,name,updatedAt\n1,Mug,x\n") == ([(2, {"name": "Mug"})], ("id", "updatedAt"))
    found = read('{"id": "1", "name": "Mug", "rev": 3, "inventory": {"stock": 2}}', "jsonl")
    assert found == ([(1, {"name": "Mug", "inventory": {"stock": 2}})], ("id", "rev"))


def test_the_country_of_a_customers_export_is_the_one_of_the_address() -> None:
    found = read("name,country,ordersCount\nAnna,France,3\n", fields=Fields(CustomerCreate, CUSTOMERS))
    assert found == ([(2, {"name": "Anna", "address": {"country": "France"}})], ("ordersCount",))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("name,colour\n", "line 1: colour", "not known here"),
        ("\nname,name\n", "line 2: name", "Two columns have this name"),
        ("name,Product\n", "line 1: Product", "both stand for name"),
        ("name,,price\n", "line 1: column 2", "has no name"),
        ("name,price\nMug,1,2\n", "line 2: row", "3 cells, the first one 2"),
        ("name,price\nMug\n", "line 2: row", "1 cells, the first one 2"),
        ('name,price\nMug,1\n"Pen,1\n', "line 3: row", "not valid CSV"),
        (b"name,price\nMug,1\nM\xfcg,1\n", "line 3: row", "not UTF-8"),
    ],
)
def test_broken_csv(text: str | bytes, place: str, words: str) -> None:
    found = problems(text)
    assert list(found) == [place]
    assert words in found[place]


@pytest.mark.parametrize("text", ["", "\n\n", " , \n"])
def test_a_file_without_columns(text: str) -> None:
    with pytest.raises(BrokenFile, match="The file is empty"):
        read(text)


def test_mapped_columns() -> None:
    text = "Titel,Preis,Farbe\nMug,1,blue\n"
    given_columns = {"name": "Titel", "price": "Preis", "category": "Farbe", "shortDescription": "Titel"}
    assert read(text, given=given_columns)[0] == [(2, {"name": "Mug", "shortDescription": "Mug", "price": "1", "category": "blue"})]
    assert read(text, given={"name": "Titel"}, only_given=True) == ([(2, {"name": "Mug"})], ("Preis", "Farbe"))
    assert "Farbe" in str(problems(text, given={"name": "Titel", "price": "Preis"}))
    assert list(problems(text, given={"name": "Name"}, only_given=True)) == ["line 1: Name"]
    assert read("name,Titel\nx,Mug\n", given={"name": "Titel"}) == ([(2, {"name": "Mug"})], ("name",))
    with pytest.raises(Invalid, match="colour is not a field here"):
        read(text, given={"colour": "Farbe"})


def test_mapped_names_of_objects() -> None:
    text = '{"title": "Mug", "labels": "a;b", "price": 1.5}'
    found = read(text, "jsonl", given={"name": "title", "tags": "labels"})
    assert found[0] == [(1, {"name": "Mug", "tags": ["a", "b"], "price": 1.5})]


def test_json_lines() -> None:
    text = '{"name": "Mug\u2028", "inventory.stock": 3}\n\n{"name": "Pen", "colour": "red"}\r\n'
    assert read(text, "jsonl")[0] == [(1, {"name": "Mug\u2028", "inventory": {"stock": 3}}), (3, {"name": "Pen", "colour": "red"})]
    found = problems('{"name": "Mug"}\n{name}\n[1]\n', "jsonl")
    assert list(found) == ["line 2: row", "line 3: row"]
    assert "not valid JSON" in found["line 2: row"]


def test_json_arrays_count_their_elements() -> None:
    assert read('[{"name": "Mug"},\n\n{"name": "Pen"}]', "json")[0] == [(1, {"name": "Mug"}), (2, {"name": "Pen"})]
    assert problems('[{"name": "Mug"},\n5]', "json") == {"line 2: row": "Send an object."}
    assert list(problems('[\n{"name"}]', "json")) == ["line 2: row"]
    with pytest.raises(BrokenFile, match="Send a JSON array"):
        read("{}", "json")


def test_what_a_cell_cannot_hold() -> None:
    with pytest.raises(BrokenFile, match=r"A table cannot hold lines\. Use JSON Lines\."):
        read("lines\n1\n", fields=Fields(OrderCreate, ORDERS))


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"{}", "rows.csv", "csv"),
        (b"a", "rows.NDJSON", "jsonl"),
        (b"a", "rows.json", "json"),
        (b"\xef\xbb\xbf\n {}", "-", "jsonl"),
        (b" [", "-", "json"),
        (b"name", "-", "csv"),
        (b"", "-", "csv"),
        (b"PK\x03\x04", "-", "xlsx"),
        (b"a", "rows.csv.xz", "csv"),
    ],
)
def test_the_format_of_a_file(data: bytes, name: str, kind: str) -> None:
    with kept(data, "") as source:
        assert Source(source.path, name).kind() == kind


@given(st.text())
def test_neutral_cells_are_read_back_and_start_no_formula(text: str) -> None:
    cell = neutral(text)
    assert plain(cell) == text
    assert not cell.startswith(("=", "@", "\t", "\r"))
    assert not cell.startswith(("+", "-")) or cell[1:].replace(".", "", 1).isdigit()


@given(st.lists(st.text(st.characters(exclude_characters=";", exclude_categories=["C", "Z"]), min_size=1)))
def test_lists_are_read_back(values: list[str]) -> None:
    assert split_list(join_list(values)) == values


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), min_size=2, max_size=2)))
def test_any_csv_that_python_writes_is_read(cells: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([["name", "description"], *([neutral(text) for text in row] for row in cells)])
    expected = [
        {field: text for field, text in zip(("name", "description"), row, strict=True) if neutral(text).strip()}
        for row in cells
        if any(neutral(text).strip() for text in row)
    ]
    assert [row for _, row in read(file.getvalue())[0]] == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"name": "a", "name" : "b"}', "names 'name' twice"),
        ('{"name": "a:b", "inventory": {"stock": 1, "stock": 2}}', "names 'stock' twice"),
        (f'{{"name": {"[" * 32}{"]" * 32}}}', "nests deeper than 32 levels"),
        ('{"name": NaN}', "not valid JSON"),
        ('{"price": 1e999}', "not valid JSON"),
        ('{"name": "\\ud800"}', "not valid JSON"),
    ],
)
def test_json_that_readers_would_understand_differently(line: str, words: str) -> None:
    assert words in problems(f'{line}\n{{"name": "fine: {{}}"}}\n', "jsonl")["line 1: row"]
    with pytest.raises(BrokenFile) as raised:
        every(f"[{line}]", "json", FIELDS)
    assert words in f"{raised.value.message} {raised.value.fields}"


def test_a_table_has_not_more_columns_than_somebody_reads() -> None:
    with pytest.raises(BrokenFile, match="has 10,000 columns"):
        read(",".join(f"c{number}" for number in range(10_000)))
