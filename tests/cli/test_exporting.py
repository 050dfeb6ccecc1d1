"""`mewayz export`: the rows of the list, as text that no spreadsheet runs."""

import csv
import io
from pathlib import Path

import orjson
import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import read_query
from mewayz.domains.products.service import products
from tests.cli.conftest import Shell


@pytest.fixture
def full(shell: Shell) -> Shell:
    """A shop with 30 products."""

    async def work(_: object) -> None:
        rows = [
            (line, {"name": f"Mug {line:02}", "price": f"{line}.5", "status": "draft" if line % 3 else "published", "tags": ["a", "b"]})
            for line in range(30)
        ]
        await products.load(SYSTEM, rows)

    shell.do(work)
    return shell


def test_a_csv_has_the_rows_of_the_list_in_its_order(full: Shell) -> None:
    done = full("export", "products", "--query", "status=draft&sort=-price")
    rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode(), newline="")))

    async def listed(_: object) -> list[dict[str, object]]:
        question = {"status": "draft", "sort": "-price", "limit": "100"}
        return (await products.page(SYSTEM, await read_query(products.spec, question))).rows

    expected = full.do(listed)
    assert [row["id"] for row in rows] == [row["id"] for row in expected]
    assert len(rows) == 20
    assert rows[0] | {"price": "29.50", "inventory.stock": "0", "tags": "a;b", "currency": "GBP"} == rows[0]


def test_json_lines_are_the_rows_themselves(full: Shell) -> None:
    lines = full("export", "products", "--format", "jsonl", "--query", "?fields=name,inventory&sort=name").stdout.splitlines()
    assert len(lines) == 30
    first = orjson.loads(lines[0])
    assert list(first) == ["name", "inventory"]
    assert first["inventory"]["trackInventory"] is True


def test_formulas_are_neutralised_and_text_is_utf_8(shell: Shell) -> None:
    names = ["=1+1", "+1", "-2", "@x", "\u00e4\u4e16", 'say "hi", you', "-2+3"]

    async def work(_: object) -> None:
        for name in names:
            await products.create(SYSTEM, {"name": name, "price": "1"})

    shell.do(work)
    text = shell("export", "products", "--query", "fields=name&sort=createdAt").stdout_bytes.decode()
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))]
    assert cells == ["name", "'=1+1", "+1", "-2", "'@x", "\u00e4\u4e16", 'say "hi", you', "'-2+3"]
    assert text.endswith("\r\n")


def test_a_file_is_whole_or_not_there(full: Shell, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    assert full.json("export", "products", "--out", out) == {"rows": 30, "file": str(out)}
    assert len(out.read_text().splitlines()) == 31
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".rows")] == []
    said = full("export", "products", "--out", tmp_path / "none" / "rows.csv", code=1).stderr
    assert "cannot be written" in said
    assert len(said.splitlines()) == 1


def test_a_question_that_the_list_would_refuse(lone: Shell) -> None:
    said = lone("export", "products", "--query", "status=sold&limit=5&colour=red&sort=name&sort=price", code=1).stderr
    assert "sort: Give this parameter once." in said
    said = lone("export", "products", "--query", "status=sold&colour=red", code=1).stderr
    assert "status: Choose one of" in said
    assert "colour: This parameter is not known here." in said
    assert "limit: An export has no pages." in lone("export", "products", "--query", "limit=5", code=1).stderr
    assert "--json needs --out" in lone("export", "products", "--json", code=2).stderr


def test_an_older_schema_is_not_changed_by_reading(lone: Shell) -> None:
    Path(lone.settings.database_url.removeprefix("sqlite:///")).unlink()
    assert "Run `mewayz migrate`." in lone("export", "products", code=1).stderr


def test_a_file_is_for_who_made_it_alone(full: Shell, tmp_path: Path) -> None:
    out = tmp_path / "products.csv"
    out.write_text("of before")
    (tmp_path / ".products.csv.part").write_text("of a run that was cut off")
    full("export", "products", "--out", out)
    assert out.stat().st_mode & 0o777 == 0o600
    assert len(out.read_text().splitlines()) == 31
