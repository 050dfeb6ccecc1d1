"""Files that were made to harm: every one is taken or refused with a reason, on both engines, and none makes the server fail."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
from openpyxl import Workbook

from mewayz.backend.runtime import Runtime
from mewayz.backend.sheets import MEDIA_TYPE
from tests.backend.test_exchange import client
from tests.domains.people import add_shop

__all__ = ["client"]

CSV, LINES, ARRAY = "text/csv", "application/x-ndjson", "application/json"
NUMBERS = [
    "1e400000",
    "-1e400000",
    "1e-400000",
    "9" * 5000,
    "NaN",
    "Infinity",
    "0x1F",
    "1_000",
    "٣",
    "999999999",
    "-0",
    "1e999999999999999999999",
]
TIMES = ["0001-01-01", "9999-12-31T23:59:59-14:00", "2011-01-01 10:00 +99:99", "1e9", "99999999-01-01", "2011-02-30"]
TEXTS = ["\0", "a\0b", "\ufeff", "\U0001f600", "'", '"', "=1+1", "\u202e", "x" * 100_000, "\r", "\x1b[31m"]
FIELDS = {
    "products": ["name", "sku", "price", "compareAtPrice", "currency", "inventory.stock", "tags", "status", "publishAt", "id"],
    "customers": ["name", "email", "reference", "address.country", "status", "phone", "id"],
    "users": ["name", "email", "role", "plan", "status", "company", "id"],
    "orders": ["number", "placedAt", "quantity", "unitPrice", "total", "discount", "tax", "shipping", "customer.reference", "note", "id"],
}
GOOD = {"name": "Mug", "price": "1", "unitPrice": "1", "email": "a@rows.example"}


def sheet(old: bytes, new: bytes) -> bytes:
    """A spreadsheet in whose first sheet something was replaced."""
    whole, found = io.BytesIO(), io.BytesIO()
    book = Workbook()
    page: Any = book.active
    page.append(["name", "price"])
    page.append(["Mug", 1])
    book.save(whole)
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as made:
        for part in parts.namelist():
            data = parts.read(part)
            made.writestr(part, data.replace(old, new, 1) if part.endswith("sheet1.xml") else data)
    return found.getvalue()


def laughs() -> bytes:
    """A spreadsheet with ten entities, each of which is ten times the one before."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return sheet(b"<worksheet", f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]><worksheet a="&l9;"'.encode())


def rows_of(noun: str) -> Iterator[tuple[str, bytes]]:
    """A hostile value in every field, in CSV and in JSON."""
    columns, values = FIELDS[noun], (*NUMBERS, *TIMES, *TEXTS)
    good = {name: given for name, given in GOOD.items() if name in columns}
    rows: list[dict[str, Any]] = [{**good, field: value} for field in columns for value in values]
    cells = ["\t".join(str(row.get(column, "")).replace('"', "'").replace("\r", " ") for column in columns) for row in rows]
    yield CSV, "\n".join(["\t".join(columns), *cells]).encode()
    objects: list[Any] = [nested(row) for row in rows] if noun == "orders" else rows
    objects += [{"_id": value, "createdAt": value, "price": {"$numberDecimal": value}, "name": "Mug"} for value in values]
    objects += [
        {"sku": "a\0", "a\0": 1, "name": {"$date": {"$numberLong": "9" * 30}}},
        {"id": [], "email": {}, "lines": [[]]},
        {},
        {"": ""},
    ]
    yield LINES, b"\n".join(orjson.dumps(one) for one in objects)
    yield ARRAY, orjson.dumps(objects)


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """An order of one line."""
    held = {name: row[name] for name in ("quantity", "unitPrice", "total") if name in row}
    return {**{name: value for name, value in row.items() if name not in held}, "lines": [held]}


END = b"</sheetData>"
SIXTEEN, LATIN = "name,price\nMüg,1\n".encode("utf-16-le"), b"name,price\nM\xfcg,1\n"
HARM: list[tuple[str, bytes, str]] = [
    (CSV, b"name,price\n" + b"Mug,1\r\nMug,1\rMug,1\n\r" * 3, ""),
    (CSV, b'name,price\n"Mug,1\n' + b"x\n" * 100_000, ""),
    (CSV, b"name,price\n" + b"," * 2_000_000, ""),
    (CSV, ",".join(f"c{number}" for number in range(10_000)).encode(), ""),
    (CSV, b"," * 4_000_000, ""),
    (CSV, b"\0" * 1000, ""),
    (CSV, gzip.compress(b"name,price\n" + b"Mug,1\n" * 5_000_000), ""),
    (CSV, gzip.compress(b"name" * 30_000_000), ""),
    (CSV, gzip.compress(b"name,price\n" + b"\n" * 15_000_000), ""),
    (CSV, gzip.compress(b"name,price\nMug,1\n")[:-5], ""),
    (CSV, b"\xfd7zXZ\x00" + b"\xff" * 100, ""),
    (CSV, b"\xff\xfe\x00", ""),
    *[(CSV, SIXTEEN, f"&encoding={name}") for name in ("utf-16", "utf-32", "zlib", "hex", "idna", "undefined")],
    *[(CSV, LATIN, f"&encoding={name}") for name in ("unicode_escape", "ascii", "utf-8%00", "iso2022_jp", "hz", "..", "cp037")],
    (CSV, b"name,price\nMug,\n,\n", "&fileName=a%00b%ED%A0%80"),
    (LINES, b'{"name": "\\ud800"}\n{"name": "\\u0000", "price": "\\u0000"}\n{"a": 1, "a": 2}', ""),
    (LINES, b"[" * 100_000, ""),
    (LINES, b'{"a":' * 500 + b"1" + b"}" * 500, ""),
    (ARRAY, b"[" + b"[" * 40 + b"]" * 40 + b"]", ""),
    (ARRAY, b"[" + b"{}," * 400_000 + b"{}]", ""),
    (ARRAY, b'[{"lines": [' + b"{}," * 400_000 + b'{"total": 1}]}]', ""),
    (ARRAY, b'[{"_id": 1, "lines": [{"total": 1e308, "quantity": 1e308}], "placedAt": {"$date": 1e308}}]', ""),
    (MEDIA_TYPE, laughs(), ""),
    (MEDIA_TYPE, sheet(b'<row r="2"', b'<row r="99999999"'), ""),
    (MEDIA_TYPE, sheet(END, b'<row r="3"><c r="XFD3"><v>1</v></c></row>' + END), ""),
    (MEDIA_TYPE, sheet(END, b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (n, n) for n in range(3, 30_000)) + END), ""),
    (MEDIA_TYPE, sheet(END, b"<x>" * 20_000 + b"</x>" * 20_000 + END), ""),
    (MEDIA_TYPE, sheet(b"<v>1</v>", b"<v>1e400000</v>"), ""),
    (MEDIA_TYPE, sheet(b'encoding="UTF-8"', b'encoding="none"'), ""),
    (MEDIA_TYPE, b"PK\x03\x04" + b"\0" * 1000, ""),
]  # fmt: skip


async def answered(client: httpx.AsyncClient, noun: str, media: str, body: bytes, query: str) -> None:
    answer = await client.post(f"/{noun}/import?{query}", content=body, headers={"Content-Type": media})
    assert answer.status_code in (200, 413, 422), (noun, media, body[:80], query, answer.text[:500])
    if answer.status_code == 200 and (batch := answer.json()["data"]["batch"]):
        for path in (f"/imports/{batch}", f"/imports/{batch}/problems.csv", "/imports", f"/{noun}"):
            assert (await client.get(path)).status_code == 200


async def test_no_value_in_any_field_makes_the_server_fail(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await add_shop()
    for noun in FIELDS:
        for media, body in rows_of(noun):
            await answered(client, noun, media, body, "onError=skip")


async def test_no_file_makes_the_server_fail(client: httpx.AsyncClient, runtime: Runtime) -> None:
    await add_shop()
    for media, body, query in HARM:
        for noun in ("products", "orders"):
            await answered(client, noun, media, body, f"onError=skip{query}")
