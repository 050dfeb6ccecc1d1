"""The page of an import: steps, what is kept when something fails, and that the file never stays."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.plans import Plan
from mewayz.backend.runtime import Runtime
from mewayz.domains.imports.batch_state import ImportList, ImportRecord
from mewayz.domains.imports.state import CHECK, COLUMNS, FILE, FileImport
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products
from mewayz.rooms import imports
from mewayz.ui.events import actor, as_actor
from mewayz.ui.notice import Notices
from mewayz.ui.step_up import StepUp
from tests.domains.people import add_person, add_shop
from tests.tabs import fire, opened, visit, way

STOCK = "Code,Product,Price,Stock,Passwort\nA-1,Mug,2.50,3,geheim\nA-2,,free,4,geheim\nA-3,Cup,1,many,geheim\nA-4,Jug,4,1,geheim\n"
Send = Callable[..., Awaitable[str]]


@pytest.fixture
async def ada(sqlite_runtime: Runtime) -> Actor:
    await add_shop()
    return await add_person(Role.ADMIN)


@pytest.fixture
def send(ada: Actor, tmp_path: Path) -> Send:
    """Sends a file, as the browser does."""

    async def sent(text: str | bytes = STOCK, name: str = "stock.csv", noun: str = "products") -> str:
        path = tmp_path / "sent"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return (await imports.keep(ada, noun, name, path)).id

    return sent


@pytest.fixture
async def page(ada: Actor) -> FileImport:
    """The page, opened."""
    found = await opened(FileImport, "/products/import", ada)
    await found.load()
    return found


async def matched(page: FileImport, send: Send) -> FileImport:
    """The page with a file whose columns are matched."""
    await page.take(await send())
    await page.match(0, "sku")
    return page


def waiting(runtime: Runtime) -> list[Path]:
    return list((runtime.settings.data_dir / "waiting").glob("*/*"))


async def test_a_file_is_asked_for_first(page: FileImport) -> None:
    assert (page.noun, page.one, page.step, page.limit) == ("products", "product", FILE, "5 MB and 5,000 rows")


async def test_columns_are_matched(page: FileImport, send: Send) -> None:
    await page.take(await send())
    assert (page.step, page.file_name, page.rows) == (COLUMNS, "stock.csv", "4 rows")
    assert [(one.name, one.path) for one in page.columns] == [
        ("Code", ""),
        ("Product", "name"),
        ("Price", "price"),
        ("Stock", "inventory.stock"),
        ("Passwort", ""),
    ]
    assert page.columns[0].samples == ["A-1", "A-2", "A-3"]
    assert "geheim" not in str(page.dict())
    await page.match(0, "name")
    assert [one.path for one in page.columns][:2] == ["name", ""], "a field is filled by one column"
    await page.match(0, "no such field")
    assert page.columns[0].path == "name"
    await page.match(0, "")
    assert page.missing == "Product"


async def test_a_file_of_which_no_row_could_be_imported_is_not_checked(page: FileImport, send: Send) -> None:
    await page.take(await send("Article,Price\nMug,2\n"))
    assert (page.missing, page.hopeless) == ("Product", True)
    await fire(page, "check")
    assert page.step == COLUMNS
    await page.match(0, "sku")
    assert (page.missing, page.hopeless) == ("Product", False), "known ones can be changed"
    await page.choose_mode("create")
    assert page.hopeless
    await page.choose_mode("upsert")
    await page.match(0, "name")
    assert (page.missing, page.hopeless) == ("", False)


async def test_three_bad_lines_are_mended_and_all_are_in(page: FileImport, send: Send, sqlite_runtime: Runtime) -> None:
    await matched(page, send)
    await fire(page, "check")
    assert (page.step, page.created, page.failed, page.verb) == (CHECK, "2", 2, "")
    assert [(line.line, [cell.label for cell in line.cells if cell.wrong]) for line in page.bad] == [
        (3, ["Product", "Price"]),
        (4, ["Stock"]),
    ]
    form = {"3:sku": "A-2", "3:name": "Plate", "3:price": "cheap", "4:inventory.stock": "7"}
    await fire(page, "mend", form)
    assert [(line.line, [cell.value for cell in line.cells if cell.wrong]) for line in page.bad] == [(3, ["cheap"])]
    await fire(page, "mend", {"3:price": "3"})
    assert (page.failed, page.bad, page.verb) == (0, [], "Import 4 products")
    to = way(await fire(page, "run"))
    assert to.startswith("/imports/")
    assert {one.sku: (one.name, one.stock) for one in await products_collection.find_all()} == {
        "A-1": ("Mug", 3),
        "A-2": ("Plate", 4),
        "A-3": ("Cup", 7),
        "A-4": ("Jug", 1),
    }
    assert waiting(sqlite_runtime) == []
    assert (page.step, page.upload_id, page.bad) == (FILE, "", [])


async def test_what_was_typed_into_bad_rows_is_not_lost_when_the_others_are_imported(page: FileImport, send: Send) -> None:
    await matched(page, send)
    await page.choose_on_error("skip")
    await fire(page, "check")
    assert page.verb == "Import 2 products"
    typed = {"3:sku": "A-2", "3:name": "Plate", "3:price": "cheap", "4:name": "Cup", "4:inventory.stock": "7"}
    assert await fire(page, "run", typed) is None
    assert await products_collection.find_all() == [], "one of the rows that were mended is bad still"
    assert (page.step, page.verb, page.mistakes) == (CHECK, "Import 3 products", 1)
    assert [(line.line, [cell.value for cell in line.cells if cell.wrong]) for line in page.bad] == [(3, ["cheap"])]
    assert page.told == "Nothing was imported yet: 1 row that you mended needs more attention."
    assert way(await fire(page, "run", {"3:name": "Plate", "3:price": "3"})).startswith("/imports/")
    assert {one.sku: one.name for one in await products_collection.find_all()} == {"A-1": "Mug", "A-2": "Plate", "A-3": "Cup", "A-4": "Jug"}


async def test_what_changes_is_shown_field_by_field(page: FileImport, send: Send, ada: Actor) -> None:
    made = await products.create(ada, {"name": "Mug", "sku": "A-1", "price": "2", "tags": ["a"]})
    await page.take(await send("sku,price,tags\nA-1,3,a;b\nA-9,1,\n"))
    await fire(page, "check")
    assert [(one.name, one.href, [(part.label, part.old, part.new) for part in one.parts]) for one in page.changes] == [
        ("A-1", f"/products/{made.id}", [("Price", "2.00", "3.00"), ("Tags", "a", "a;b")])
    ]
    assert page.failed == 1, "a new one needs a name"
    assert page.verb == ""
    await page.choose_on_error("skip")
    assert page.verb == "Import 1 product"


async def test_amounts_with_a_decimal_comma(page: FileImport, send: Send) -> None:
    await page.take(await send("Name;SKU;Price;Cost\nMug;M;3,50;1\nCup;C;1.204,00;0,5\n"))
    await fire(page, "check")
    assert (page.error, page.failed, page.created) == ("", 0, "2")
    await fire(page, "run")
    assert {one.sku: (str(one.price.normalize()), str(one.cost)) for one in await products_collection.find_all()} == {
        "M": ("3.5", "1.0000"),
        "C": ("1204", "0.5000"),
    }


async def test_amounts_that_could_be_two_are_asked_for(page: FileImport, send: Send) -> None:
    await page.take(await send("Name;SKU;Price\nMug;M;1,234\nCup;C;2\n"))
    await fire(page, "check")
    assert page.step == COLUMNS
    assert page.error.startswith("“1,234” could be 1234 or 1.234")
    await page.choose_decimals(".")
    await fire(page, "check")
    assert (page.error, page.failed) == ("", 0)
    await fire(page, "run")
    assert sorted(int(one.price) for one in await products_collection.find_all()) == [2, 1234]


async def test_lines_of_variants_say_at_the_cell_what_is_wrong_and_which_product_changes(page: FileImport, send: Send, ada: Actor) -> None:
    options = [{"name": "Size", "values": ["S", "L"]}]
    variants = [{"values": ["S"], "sku": "T-S", "stock": 1}, {"values": ["L"], "sku": "T-L", "stock": 2}]
    await products.create(ada, {"name": "Tee", "price": "20", "options": options, "variants": variants})
    await page.take(await send("Variant SKU,Variant Price\nT-S,-1\nT-NONE,3\n"))
    await fire(page, "check")
    assert [(line.why, [(cell.label, cell.wrong) for cell in line.cells if cell.wrong]) for line in page.bad] == [
        ("", [("Variant price", "Enter 0 or more.")]),
        ("", [("Variant sku", "No product has this SKU. A new one needs a name.")]),
    ]
    await page.take(await send("Variant SKU,Variant Price\nT-S,19\n"))
    await fire(page, "check")
    assert [(one.name, one.line) for one in page.changes] == [("Tee", 2)]


async def test_of_an_import_that_cannot_be_taken_back_it_is_said_what_stands_in_the_way(page: FileImport, send: Send, ada: Actor) -> None:
    mug, cup = [await products.create(ada, {"name": name, "sku": name, "price": "2"}) for name in ("Mug", "Cup")]
    await page.take(await send("sku,price\nMug,3\nCup,4\n"))
    await fire(page, "check")
    to = way(await fire(page, "run"))
    for one in (mug, cup):
        await products.update(ada, one.id, {"price": "9"})
    record = await opened(ImportRecord, to, ada, page._get_root_state())
    await record.load()
    await record.ask(True)
    await fire(record, "foresee")
    assert record.foreseen == "Nothing can be taken back. 2 stay as they are:"
    assert sorted(one.name for one in record.staying) == ["Cup", "Mug"]
    await record.type_number("2")
    await fire(record, "revert")
    assert (record.outcome, record.tone) == ("Nothing was taken back. 2 stay as they are:", "warning")
    kept = sorted((one.name, one.href, one.why) for one in record.kept)
    assert kept == [(one.name, f"/products/{one.id}", "It was changed since, and stays as it is.") for one in (cup, mug)]
    assert (record.batch.status, record.revertible, record.asking, record.typed) == ("Done", True, False, "")


async def test_bad_rows_are_left_out_and_tried_again(page: FileImport, send: Send, ada: Actor) -> None:
    await matched(page, send)
    await page.choose_on_error("skip")
    await fire(page, "check")
    assert page.verb == "Import 2 products"
    to = way(await fire(page, "run"))
    record = await opened(ImportRecord, to, ada, page._get_root_state())
    await record.load()
    assert (record.batch.created, record.failed, record.left, record.mendable) == ("2", 2, 2, True)
    answer = await fire(record, "retry", {"3:name": "Plate", "3:price": "3", "4:inventory.stock": "no"})
    after = way(answer)
    assert after != to
    visit(record, after)
    await record.load()
    assert (record.batch.created, [line.line for line in record.bad]) == ("1", [4])
    visit(record, to)
    await record.load()
    assert (record.failed, record.left, record.bad) == (2, 0, [])
    visit(record, after)
    await record.load()
    await record.type_number("2")
    assert await fire(record, "revert") is None
    assert record.batch.status == "Done", "what was typed is not the number"
    await record.type_number("1")
    await fire(record, "revert")
    assert (record.batch.status, record.revertible) == ("Taken back", False)
    assert record.outcome == "Taken back: 1 deleted, 0 as before."
    assert await products_collection.find(sku="A-2") is None
    listed = await opened(ImportList, "/imports", ada)
    await listed.load()
    assert [(one.file, one.created, one.failed, one.status) for one in listed.rows] == [
        ("stock.csv", "1", "1", "Taken back"),
        ("stock.csv", "2", "2", "Done"),
    ]


async def test_a_refusal_keeps_what_was_typed_and_matched(page: FileImport, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    await matched(page, send)
    await fire(page, "check")

    async def breaks(*args: Any, **more: Any) -> Any:
        raise RuntimeError("of our own making")

    monkeypatch.setattr(imports, "_load", breaks)
    await fire(page, "mend", {"3:name": "Plate"})
    assert page.error.startswith("Something went wrong on our side.")
    assert (page.working, page.step) == (False, CHECK)
    assert [cell.value for cell in page.bad[0].cells if cell.label == "Product"] == ["Plate"]
    assert [one.path for one in page.columns][:2] == ["sku", "name"]
    assert await imports.waits(actor(), page.upload_id)


async def test_a_file_in_another_encoding_is_read_as_it_is_said(page: FileImport, send: Send) -> None:
    await page.take(await send("sku,name,price\nA-1,Caf\xe9,1\n".encode("cp1252")))
    assert page.step == FILE
    assert "Windows-1252" in page.error
    await page.read_as("cp1252")
    assert (page.error, page.step, page.columns[1].samples) == ("", COLUMNS, ["Café"])


async def test_a_file_that_was_mended_elsewhere_keeps_its_columns(page: FileImport, send: Send) -> None:
    await matched(page, send)
    await page.choose_mode("create")
    await page.take(await send())
    assert (page.columns[0].path, page.mode) == ("sku", "create")


async def test_who_imports_users_proves_who_they_are_and_loses_nothing(ada: Actor, tmp_path: Path) -> None:
    stale = Actor(ada.id, ada.name, ada.email, Role.ADMIN, "session")
    (tmp_path / "users.csv").write_text("name,email,role\nMo,mo@example.com,moderator\n")
    page = await opened(FileImport, "/users/import", stale)
    await page.load()
    await page.take((await imports.keep(stale, "users", "users.csv", tmp_path / "users.csv")).id)
    await fire(page, "check")
    assert (await page.get_state(StepUp)).shown
    assert (page.working, page.step, page.columns[2].path) == (False, COLUMNS, "role")


async def test_the_file_goes_with_the_page(page: FileImport, send: Send, sqlite_runtime: Runtime) -> None:
    await matched(page, send)
    assert len(waiting(sqlite_runtime)) == 1
    await page.leave()
    assert waiting(sqlite_runtime) == []
    assert (page.step, page.columns) == (FILE, [])


async def test_a_file_of_another_session_is_not_there(page: FileImport, send: Send) -> None:
    key = await send()
    as_actor(Actor((await add_person(Role.ENTERPRISE)).id, role=Role.ENTERPRISE, session_id="other"))
    await page.take(key)
    assert page.error == "This file is no longer here. Choose it again."
    assert page.columns == []


async def test_a_page_that_is_opened_again_looks_whether_its_file_is_there(page: FileImport, send: Send, ada: Actor) -> None:
    await matched(page, send)
    await page.load()
    assert page.step == COLUMNS
    await imports.discard(ada, page.upload_id)
    await page.load()
    assert (page.step, page.upload_id) == (FILE, "")


async def test_a_file_that_changes_nothing_says_so(page: FileImport, send: Send, ada: Actor) -> None:
    await products.create(ada, {"name": "Mug", "sku": "A-1", "price": "2"})
    await page.take(await send("sku,price\nA-1,2\n"))
    await fire(page, "check")
    assert (page.unchanged, page.verb) == ("1", "")
    assert await fire(page, "run") is None
    notices = await page.get_state(Notices)
    assert notices.shown[-1].text.startswith("Every row is here already")


async def test_an_import_of_a_noun_that_one_may_not_import_is_not_there(ada: Actor, send: Send) -> None:
    found = await imports.run(ada, await send("name,email\nMo,mo@example.com\n", "users.csv", "users"), Plan(("name", "email")))
    assert found.batch
    eve = await add_person(Role.ENTERPRISE)
    record = await opened(ImportRecord, f"/imports/{found.batch}", eve)
    await record.load()
    assert (record.loaded, record.batch.id) == (False, "")
    assert record.error == "This record does not exist, or you may not see it."
