"""Import and export in the browser: map, check, mend, retry, take back; and the file of a list."""

import asyncio
import csv
import re
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived, follows, total
from tests.e2e.shops import PATIENCE, DemoShop, unused
from tests.e2e.test_forms import said
from tests.e2e.test_phone import _TOO_SMALL, fits, on_phone
from tests.services import wait_for


def stock(prefix: str) -> dict[str, Any]:
    """A file of ten products, of which three lines are bad."""
    rows = [["Article", "Product", "Price", "Stock", "Supplier"]]
    rows += [[f"{prefix}-{number}", f"{prefix} {number}", f"{number}.50", str(number), "Acme"] for number in range(10)]
    rows[3][2], rows[6][1], rows[9][3] = "free", "", "many"
    text = "\n".join(",".join(row) for row in rows)
    return {"name": "stock.csv", "mimeType": "text/csv", "buffer": text.encode()}


async def keeps(shop: DemoShop, count: int) -> None:
    """Wait until the server keeps this many files for imports."""
    waiting = shop.data_dir / "waiting"
    await asyncio.to_thread(wait_for, lambda: len(list(waiting.glob("*/*"))) == count, PATIENCE)


async def choose(page: Page, file: Any) -> None:
    """Choose a file, and wait for its columns."""
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_role("table", name="Columns of the file")).to_be_visible()


def cell(page: Page, label: str, line: int) -> Any:
    """The control of a bad row."""
    return page.get_by_role("textbox", name=f"{label}, line {line}")


async def mend(page: Page) -> None:
    """Put the three bad lines right."""
    await expect(page.locator("td [aria-invalid=true]")).to_have_count(3)
    await expect(page.get_by_text("Enter an amount, such as 12.50.")).to_be_visible()
    await cell(page, "Price", 4).fill("2.50")
    await cell(page, "Product", 7).fill("Mended")
    await cell(page, "Stock", 10).fill("8")


async def test_three_bad_lines_are_mended_and_all_are_in(owner: Page, live_server: DemoShop, axe: Any, complaints: Complaints) -> None:
    prefix = unused("WEB")
    known = live_server.product(name="Known before", sku=f"{prefix}-1")
    await owner.goto("/products")
    await arrived(owner, "Products")
    await owner.get_by_role("link", name="Import").click()
    await expect(owner).to_have_url(address("/products/import"))
    await expect(owner.get_by_text("CSV, XLSX or JSON Lines, up to 5 MB and 5,000 rows")).to_be_visible()
    assert await axe(owner) == []
    await owner.locator("input[type=file]").set_input_files({"name": "empty.csv", "mimeType": "text/csv", "buffer": b""})
    await expect(owner.locator("[data-alert]")).to_have_text("This file is empty.")
    complaints.forget("422")

    await choose(owner, stock(prefix))
    await keeps(live_server, 1)
    await expect(owner.get_by_role("combobox", name="Field for Article")).to_have_value("")
    await expect(owner.get_by_role("combobox", name="Field for Stock")).to_have_value("inventory.stock")
    await owner.get_by_role("combobox", name="Field for Article").select_option("SKU")
    assert await axe(owner) == []
    await owner.reload()
    await expect(owner.get_by_role("combobox", name="Field for Article")).to_have_value("sku")

    await owner.get_by_role("button", name="Check the file").click()
    await expect(owner.get_by_role("heading", name="Rows that need attention")).to_be_visible()
    await expect(owner.get_by_role("definition")).to_have_text(["6", "1", "0", "3"])
    await expect(owner.get_by_role("button", name="Mend the rows first")).to_be_disabled()
    changed = owner.locator("details", has_text="What changes")
    await expect(changed.locator("del").first).to_have_text("Known before")
    await expect(changed.locator("ins").first).to_have_text(f"{prefix} 1")
    assert await axe(owner) == []
    await mend(owner)
    await owner.get_by_role("button", name="Check these rows again").click()
    await expect(owner.get_by_role("heading", name="Rows that need attention")).to_have_count(0)
    assert live_server.get(f"/products/{known['id']}")["product"]["name"] == "Known before", "nothing was saved so far"
    await owner.get_by_role("button", name="Import 10 products").click()

    await expect(owner).to_have_url(re.compile("/imports/[0-9a-f]{24}$"))
    await arrived(owner, "stock.csv")
    await keeps(live_server, 0)
    assert live_server.get("/products", search=prefix)["pagination"]["totalItems"] == 10
    assert live_server.get(f"/products/{known['id']}")["product"]["name"] == f"{prefix} 1"
    assert await axe(owner) == []
    batch = owner.url.rpartition("/")[2]
    await owner.get_by_role("link", name="Show these products").click()
    await follows(owner, live_server, "products", **{"import": batch})
    await expect(total(owner)).to_have_text("10")

    await owner.goto(f"/imports/{batch}")
    await owner.get_by_role("button", name="Take this import back…").click()
    box = owner.get_by_role("alertdialog")
    await expect(box.get_by_role("button", name="Take it back")).to_be_disabled()
    await box.get_by_role("textbox").fill("10")
    await box.get_by_role("button", name="Take it back").click()
    await expect(owner.get_by_text("Taken back: 9 deleted, 1 as before.")).to_be_visible()
    assert live_server.get("/products", search=prefix)["pagination"]["totalItems"] == 1
    assert live_server.get(f"/products/{known['id']}")["product"]["name"] == "Known before"
    await owner.goto("/imports")
    await expect(owner.get_by_role("row", name=re.compile("stock.csv")).first).to_contain_text("Taken back")
    assert await axe(owner) == []


async def test_what_was_typed_into_bad_rows_counts_without_another_check(owner: Page, live_server: DemoShop, axe: Any) -> None:
    prefix = unused("TYPED")
    await owner.goto("/products/import")
    await arrived(owner, "Import products")
    await expect(owner.get_by_text("CSV, XLSX or JSON Lines, up to 5 MB and 5,000 rows")).to_be_visible()
    await choose(owner, stock(prefix))
    await owner.get_by_role("combobox", name="Field for Product").select_option("Leave out")
    await expect(owner.get_by_role("button", name="Check the file")).to_be_disabled()
    await expect(owner.get_by_role("main")).to_contain_text("New products need Product.")
    assert await axe(owner) == []
    await owner.get_by_role("combobox", name="Field for Product").select_option("Product (required)")
    await owner.get_by_role("combobox", name="Field for Article").select_option("SKU")
    await owner.get_by_role("button", name="Check the file").click()
    await owner.get_by_role("radio", name="Import the others").click()
    await cell(owner, "Price", 4).fill("2.50")
    await cell(owner, "Product", 7).fill("Mended")
    await cell(owner, "Stock", 10).fill("lots")
    await owner.get_by_role("button", name="Import 7 products").click()
    await expect(owner.get_by_role("main")).to_contain_text("Nothing was imported yet: 1 row that you mended needs more attention.")
    await expect(cell(owner, "Stock", 10)).to_be_focused()
    await expect(cell(owner, "Stock", 10)).to_have_value("lots")
    await cell(owner, "Stock", 10).fill("8")
    await owner.get_by_role("button", name="Import 9 products").click()
    await arrived(owner, "stock.csv")
    assert live_server.get("/products", search=prefix)["pagination"]["totalItems"] == 10

    for one in live_server.get("/products", search=prefix, limit="20")["products"]:
        live_server.ask("PATCH", f"/products/{one['id']}", json={"price": "99", "rev": one["rev"]})
    await owner.get_by_role("button", name="Take this import back…").click()
    box = owner.get_by_role("alertdialog")
    await box.get_by_role("textbox").fill("10")
    await box.get_by_role("button", name="Take it back").click()
    await expect(owner.get_by_role("main")).to_contain_text("Nothing was taken back. 10 stay as they are:")
    await expect(box).to_have_count(0)
    await expect(owner.get_by_role("link", name="Mended")).to_be_visible()
    await expect(owner.get_by_role("button", name="Take this import back…")).to_be_visible()
    assert await axe(owner) == []


async def test_rows_that_were_left_out_are_mended_on_a_phone(new_context: NewContext, live_server: DemoShop, axe: Any) -> None:
    prefix = unused("TAP")
    page = await on_phone(new_context, "/products/import")
    await fits(page)
    await choose(page, stock(prefix))
    await page.get_by_role("combobox", name="Field for Article").select_option("SKU")
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []
    await page.get_by_role("button", name="Check the file").tap()
    await page.get_by_role("radio", name="Import the others").tap()
    await expect(page.get_by_role("radio", name="Import the others")).to_be_checked()
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []
    await page.get_by_role("button", name="Import 7 products").tap()
    await expect(page.get_by_role("heading", name="Rows that were left out")).to_be_visible()
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []
    async with page.expect_download() as found:
        await page.get_by_role("link", name="Download as CSV").tap()
    rows = list(csv.DictReader((await (await found.value).path()).open(newline="")))
    assert [row["sku"] for row in rows] == [f"{prefix}-2", f"{prefix}-5", f"{prefix}-8"]
    assert rows[0]["error"] == "price: Enter an amount, such as 12.50."
    await mend(page)
    await page.get_by_role("button", name="Retry these rows").tap()
    await said(page, "3 rows are in now.")
    await expect(page.get_by_role("heading", name="Rows that were left out")).to_have_count(0)
    assert live_server.get("/products", search=prefix)["pagination"]["totalItems"] == 10
    await page.goto("/imports")
    await expect(page.get_by_role("table", name="Latest imports")).to_be_visible()
    await fits(page)


async def test_the_file_goes_when_the_page_is_left(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/customers/import")
    await arrived(owner, "Import customers")
    await choose(owner, {"name": "crm.csv", "mimeType": "text/csv", "buffer": b"name,email\nAnna,anna@example.com\n"})
    await keeps(live_server, 1)
    await owner.get_by_role("link", name="Latest imports").click()
    await arrived(owner, "Imports")
    await keeps(live_server, 0)


async def test_who_may_not_import_is_not_offered_it(new_context: NewContext) -> None:
    page = await (await new_context("moderator", left=True)).new_page()
    await page.goto("/products")
    await arrived(page, "Products")
    for kind, name in (("link", "Import"), ("button", "Export")):
        await expect(page.get_by_role(kind, name=name, exact=True)).to_have_count(0)  # pyright: ignore[reportArgumentType]
    await page.goto("/products/import")
    await expect(page.get_by_role("heading", name="You may not open this page")).to_be_visible()


async def test_a_list_is_exported_as_it_is_narrowed(owner: Page, live_server: DemoShop, axe: Any) -> None:
    prefix = unused("OUT")
    for number in (2, 1):
        live_server.product(name=f"{prefix} {number}")
    await owner.goto(f"/products?search={prefix}&sort=name")
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("button", name="Export").click()
    box = owner.get_by_role("dialog", name="Export")
    await expect(box).to_contain_text("2 products that match")
    await expect(box).to_contain_text("Product, SKU, Status")
    assert await axe(owner, "region") == []
    async with owner.expect_download() as found:
        await box.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader((await (await found.value).path()).open(newline="", encoding="utf-8-sig")))
    assert [row["name"] for row in rows] == [f"{prefix} 1", f"{prefix} 2"]
    assert "id" not in rows[0]
    await box.get_by_role("radio", name="All").click()
    await expect(box.get_by_role("radio", name="All")).to_be_checked()
    async with owner.expect_download() as found:
        await box.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader((await (await found.value).path()).open(newline="", encoding="utf-8-sig")))
    assert [row["id"] for row in rows] == [row["id"] for row in live_server.get("/products", search=prefix, sort="name")["products"]]
    await box.get_by_role("radio", name="One row for each variant").click()
    async with owner.expect_download() as found:
        await box.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader((await (await found.value).path()).open(newline="", encoding="utf-8-sig")))
    assert [(row["Title"], row["Variant SKU"]) for row in rows] == [(f"{prefix} 1", ""), (f"{prefix} 2", "")]


async def test_a_table_with_a_row_for_each_variant_becomes_products_with_variants(owner: Page, live_server: DemoShop) -> None:
    name, barcode = unused("Jersey"), unused("40063")
    rows = [
        ["Handle", "Title", "Price", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price", "Variant Barcode", "Variant Stock"],
        [name.lower(), name, "20", "Size", "S", f"{name}-S", "", "", "4"],
        [name.lower(), "", "", "", "M", f"{name}-M", "", barcode, "many"],
        [name.lower(), "", "", "", "L", f"{name}-L", "22.50", "", "6"],
        [f"{name.lower()}-cap", f"{name} cap", "9", "", "", "", "", "", ""],
    ]
    text = "\n".join(",".join(row) for row in rows)
    await owner.goto("/products/import")
    await arrived(owner, "Import products")
    await choose(owner, {"name": "jerseys.csv", "mimeType": "text/csv", "buffer": text.encode()})
    await owner.get_by_role("button", name="Check the file").click()
    await expect(owner.get_by_role("heading", name="Rows that need attention")).to_be_visible()
    await cell(owner, "Variant stock", 3).fill("5")
    await owner.get_by_role("button", name="Check these rows again").click()
    await owner.get_by_role("button", name="Import 2 products").click()
    await arrived(owner, "jerseys.csv")
    await owner.goto(f"/products?search={barcode}")
    await expect(total(owner)).to_have_text("1")
    await owner.get_by_role("link", name=name, exact=True).click()
    await arrived(owner, name)
    shelf = owner.get_by_role("table", name="Variants and their stock")
    await expect(shelf.get_by_role("rowheader")).to_have_text([f"S{name}-S", f"M{name}-M{barcode}", f"L{name}-L"])
    made = live_server.get("/products", search=barcode)["products"][0]
    found = [(one["values"][0], one["stock"], one["price"]) for one in made["variants"]]
    assert found == [("S", 4, None), ("M", 5, None), ("L", 6, "22.50")]
