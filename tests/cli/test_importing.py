"""`mewayz import`: files of the nouns, mapped columns, and files that are refused whole."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import CrudService, read_query
from mewayz.cli import importing
from mewayz.cli.command import run_on_data
from mewayz.domains.customers.service import customers
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users
from tests.cli.conftest import Shell

_ALL = "fields=name,sku,price,tags,inventory,category,updatedAt"


def rows(shell: Shell, service: CrudService[Any], **query: str) -> list[dict[str, Any]]:
    """The first page of a list."""

    async def work(_: object) -> list[dict[str, Any]]:
        return (await service.page(SYSTEM, await read_query(service.spec, {"sort": "name", **query}))).rows

    return shell.do(work)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_products_with_stock_and_tags(shell: Shell, file: Path) -> None:
    file.write_text("name,sku,price,inventory.stock,tags\nMug,MUG-1,6.95,12,kitchen;blue\nPen,PEN-1,0.5,,\n")
    assert shell("import", "products", file).stdout.startswith("Imported 2 products.\n")
    mug, pen = rows(shell, products)
    assert (mug["price"], mug["inventory"]["stock"], mug["tags"], mug["currency"]) == ("6.95", 12, ["kitchen", "blue"], "GBP")
    assert (pen["price"], pen["inventory"]["stock"], pen["tags"]) == ("0.50", 0, [])


def test_customers_of_another_system(shell: Shell, file: Path) -> None:
    file.write_text("Full name;Land;Mail;Shoe size\nAnna Blau;France;ANNA@example.com;38\n")
    words = ("--map", "name=Full name", "--map", "address.country=Land", "--map", "email=Mail", "--only-mapped")
    found = shell.json("import", "customers", file, *words)
    assert (found["imported"], found["ignored"], found["dryRun"]) == (1, ["Shoe size"], False)
    [anna] = rows(shell, customers, country="France")
    assert (anna["name"], anna["email"], anna["country"]) == ("Anna Blau", "anna@example.com", "France")


def test_users_cannot_sign_in_before_they_have_a_password(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.jsonl"
    file.write_bytes(orjson.dumps({"name": "Grace Hopper", "email": "g@example.com", "role": "moderator"}) + b"\n")
    assert "none of them can sign in" in shell("import", "users", file).stdout
    assert [user["name"] for user in rows(shell, users, role="moderator")] == ["Grace Hopper"]


def test_a_broken_file_is_refused_whole(shell: Shell, file: Path) -> None:
    file.write_text('name,sku,price,inventory.stock\nMug,MUG-1,6.95,1\n"Pen,\nblue",PEN,cheap,-1\n,CUP,1,1\nMug,MUG-1,1,1\n')
    error = shell.json("import", "products", file, code=1)
    assert error["code"] == "products.import"
    assert error["fields"] == {
        "line 3: price": "Enter an amount, such as 12.50.",
        "line 3: inventory.stock": "Enter 0 or more.",
        "line 5: name": "This field is required.",
    }
    assert rows(shell, products) == []
    said = shell("import", "products", file, code=1).stderr
    assert "  line 3: price: Enter an amount" in said
    assert said.startswith("Error: Nothing was imported: 2 lines need attention.")


def test_a_value_twice_in_the_file_or_in_the_shop(shell: Shell, file: Path) -> None:
    file.write_text("name,sku,price\nMug,MUG-1,1\nMug two,MUG-1,1\n")
    assert set(shell.json("import", "products", file, "--mode", "create", code=1)["fields"]) == {"line 3: sku"}
    file.write_text("name,sku,price\nMug,MUG-1,1\n")
    shell("import", "products", file)
    assert set(shell.json("import", "products", file, "--mode", "create", code=1)["fields"]) == {"line 2: sku"}
    assert len(rows(shell, products)) == 1


def test_a_dry_run_saves_nothing(shell: Shell, file: Path) -> None:
    file.write_text("name,price\nMug,1\n")
    assert shell("import", "products", file, "--dry-run").stdout == "1 product can be imported; nothing was saved.\n"
    assert rows(shell, products) == []


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("csv", _ALL),
        ("xlsx", _ALL),
        ("jsonl", ""),
    ],
)
def test_what_was_exported_can_be_imported(shell: Shell, tmp_path: Path, kind: str, query: str) -> None:
    given = {"name": "=Mug, “blue”", "sku": "'-1", "price": "6.95", "tags": ["a,b", "c"], "category": "Cups"}
    made = shell.do(lambda _: products.create(SYSTEM, {**given, "inventory": {"stock": 3}}))
    file = tmp_path / f"rows.{kind}"
    shell("export", "products", "--format", kind, "--query", query, "--out", file)
    shell.do(lambda _: products.delete(SYSTEM, made.id))
    assert "updatedAt" in shell.json("import", "products", file)["ignored"]
    [row] = rows(shell, products)
    assert {name: row[name] for name in given} == given
    assert row["inventory"]["stock"] == 3


def test_standard_input(shell: Shell) -> None:
    assert shell.json("import", "products", "-", given='[{"name": "Mug", "price": 1.5}]')["imported"] == 1
    assert rows(shell, products)[0]["price"] == "1.50"


def test_unknown_columns_say_how_to_go_on(lone: Shell, file: Path) -> None:
    lone("create-admin", "--email", "a@example.com", "--name", "Ada L", "--password-stdin", given="Correct-Horse-1")
    file.write_text("name,price,Farbe\nMug,1,blue\n")
    said = lone("import", "products", file, code=1).stderr
    assert "line 1: Farbe: This column is not known here." in said
    assert "--map FIELD=COLUMN" in said
    assert "is not a field here" in lone("import", "products", file, "--map", "colour=Farbe", code=1).stderr
    assert "There is no such column" in lone("import", "products", file, "--map", "sku=Nummer", code=1).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "price"), "is not FIELD=COLUMN"),
        (("--map", "name=a", "--map", "name=b"), "is given twice"),
        (("--only-mapped",), "needs --map"),
        (("--format", "pdf"), "is not one of"),
    ],
)
def test_wrong_usage(lone: Shell, file: Path, words: tuple[str, ...], said: str) -> None:
    file.write_text("name,price\n")
    assert said in lone("import", "products", file, *words, code=2).stderr


def test_files_that_are_none(lone: Shell, tmp_path: Path) -> None:
    lone("create-admin", "--email", "a@example.com", "--name", "Ada L", "--password-stdin", given="Correct-Horse-1")
    assert "does not exist" in lone("import", "products", tmp_path / "none.csv", code=2).stderr
    (tmp_path / "sheet.xlsx").write_bytes(b"PK\x03\x04rest")
    assert "This is not an XLSX file" in lone("import", "products", tmp_path / "sheet.xlsx", code=1).stderr
    (tmp_path / "rows.csv").write_text("lines\n1\n")
    assert "This column is not known here." in lone("import", "orders", tmp_path / "rows.csv", code=1).stderr


def test_a_shop_that_is_not_set_up(lone: Shell, file: Path) -> None:
    file.write_text("name,price\nMug,1\n")
    assert "The shop is not set up yet." in lone("import", "products", file, code=1).stderr


@pytest.mark.parametrize("late", [False, True])
def test_ctrl_c_says_what_is_there(shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    file.write_text("name,price\nMug,1\n")

    def stop(work: Any) -> None:
        if late:
            run_on_data(work)
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "run_on_data", stop)
    done = shell("import", "products", file, code=0 if late else 130)
    assert done.stdout.startswith("Imported 1 product.\n" if late else "")
    assert done.stderr == ("" if late else "Nothing was imported.\nStopped.\n")
    assert len(rows(shell, products)) == int(late)
