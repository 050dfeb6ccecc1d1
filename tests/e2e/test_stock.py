"""The stock and the images of a product on its page, with a mouse and on a phone."""

import io
import re
from typing import Any

from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_forms import choose, invalid, said
from tests.e2e.test_phone import _TOO_SMALL, fits, on_phone


def picture(colour: str, size: tuple[int, int] = (900, 600), kind: str = "PNG") -> bytes:
    """A file of one colour."""
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, kind)
    return data.getvalue()


def file(name: str, kind: str, data: bytes) -> Any:
    """A file as a person chooses it."""
    return {"name": name, "mimeType": kind, "buffer": data}


def stock_of(page: Page, label: str) -> Any:
    """A number of the stock card."""
    return page.locator("dt", has_text=re.compile(rf"^{label}$")).locator("+ dd")


async def test_the_stock_is_adjusted_and_the_ledger_says_so(owner: Page, live_server: DemoShop) -> None:
    # One of an order that has not left: a new order would move the end of the data, where the dashboard opens.
    order = live_server.get("/orders", status="processing", limit="1")["orders"][0]
    line = next(line for line in live_server.get(f"/orders/{order['id']}")["order"]["lines"] if line["productId"])
    path = f"/products/{line['productId']}"
    made = live_server.get(path)["product"]
    stock = made["inventory"]["stock"]
    assert made["reserved"] >= line["quantity"]
    await owner.goto(path)
    await arrived(owner, made["name"])
    for label, number in (("Available", stock), ("Reserved", made["reserved"]), ("On hand", stock + made["reserved"])):
        await expect(stock_of(owner, label)).to_have_text(f"{number:,}")
    ledger = owner.get_by_role("table", name="Ledger of the stock")
    await expect(ledger.locator(f'a[href="/orders/{order["id"]}"]:visible').first).to_be_visible()

    await owner.get_by_role("button", name="Adjust stock").click()
    box = owner.get_by_role("dialog", name="Adjust stock")
    await box.get_by_role("button", name="Adjust stock").click()
    await invalid(owner, "Change", "Enter a whole number.")
    await box.get_by_label("Change").fill(f"-{stock + 1}")
    await choose(owner, "Reason", "Correction")
    await box.get_by_role("button", name="Adjust stock").click()
    await invalid(owner, "Change", f"There are only {stock:,}, and backorders are not allowed. Enter {-stock:,} or more.")
    await box.get_by_label("Change").fill("12")
    await box.get_by_label("Note").fill("Found on the shelf")
    await box.get_by_role("button", name="Adjust stock").click()
    await expect(box).to_be_hidden()
    await said(owner, "Stock adjusted.")
    await expect(stock_of(owner, "Available")).to_have_text(f"{stock + 12:,}")
    first = ledger.locator("tbody tr").first
    for text in ("Corrected", "+12", "Found on the shelf"):
        await expect(first).to_contain_text(text)
    assert live_server.get(f"{path}/stock")["stock"] == stock + 12


async def test_a_long_ledger_has_a_page_of_its_own(owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name=unused("Lamp"))
    for _ in range(55):
        live_server.ask("POST", f"/products/{made['id']}/stock", json={"delta": 1, "reason": "receipt"})
    await owner.goto(f"/products/{made['id']}")
    rows = owner.get_by_role("table", name="Ledger of the stock").locator("tbody tr")
    await expect(rows).to_have_count(20)
    await owner.get_by_role("link", name="All entries").click()
    await expect(owner).to_have_url(address(f"/products/{made['id']}/stock"))
    await expect(rows).to_have_count(50)
    await owner.get_by_role("link", name="Older").click()
    await expect(rows).to_have_count(5)
    await owner.get_by_role("link", name="Newer").click()
    await expect(rows).to_have_count(50)


async def test_images_are_added_described_ordered_and_deleted(owner: Page, live_server: DemoShop, complaints: Any) -> None:
    made = live_server.product(name=unused("Vase"))
    await owner.goto(f"/products/{made['id']}")
    await arrived(owner, made["name"])
    chooser = owner.get_by_label("Add images")
    await chooser.set_input_files(
        [file("red.png", "image/png", picture("red")), file("blue.jpg", "image/jpeg", picture("blue", kind="JPEG"))]
    )
    tiles = owner.get_by_role("list", name="Images").get_by_role("listitem")
    await expect(tiles).to_have_count(2)
    large = owner.locator("img.aspect-square")
    await expect(large).to_have_js_property("naturalWidth", 900)
    await expect(large).to_have_attribute("alt", made["name"])

    await chooser.set_input_files(file("note.txt", "text/plain", b"no picture"))
    await expect(owner.locator("[data-alert]")).to_contain_text("This file is no picture")
    await chooser.set_input_files(file("lie.png", "image/png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    await expect(owner.locator("[data-alert]")).to_contain_text("cannot be read as a picture")
    complaints.forget("422")
    await expect(tiles).to_have_count(2)

    await tiles.nth(1).get_by_role("button").click()
    await owner.get_by_role("button", name="Describe…").click()
    await owner.get_by_label("Description").fill("The vase from behind")
    await owner.get_by_role("button", name="Save description").click()
    await said(owner, "Description saved.")
    await expect(tiles.nth(1).get_by_role("img")).to_have_attribute("alt", "The vase from behind")
    await owner.get_by_role("button", name="To the front").click()
    await expect(tiles.nth(0).get_by_role("img")).to_have_attribute("alt", "The vase from behind")
    now = live_server.get(f"/products/{made['id']}")["product"]["images"]
    assert [image["alt"] for image in now] == ["The vase from behind", ""]

    await owner.goto(f"/products?search={made['sku']}")
    await expect(owner.locator("tbody img")).to_have_js_property("naturalWidth", 320)
    await owner.goto(f"/products/{made['id']}")
    await owner.get_by_role("button", name="Delete image").click()
    await said(owner, "Image deleted.")
    await expect(tiles).to_have_count(0)
    await expect(large).to_have_attribute("alt", made["name"])
    assert len(live_server.get(f"/products/{made['id']}")["product"]["images"]) == 1


async def test_a_customer_sees_images_and_no_ledger(new_context: NewContext, live_server: DemoShop) -> None:
    made = live_server.product(name=unused("Vase"), inventory={"stock": 4})
    live_server.ask("POST", f"/products/{made['id']}/images?alt=A+red+vase", content=picture("red"), headers={"Content-Type": "image/png"})
    page = await (await new_context("user", left=True)).new_page()
    await page.goto(f"/products/{made['id']}")
    await arrived(page, made["name"])
    await expect(page.locator("img.aspect-square")).to_have_js_property("naturalWidth", 900)
    await expect(page.get_by_role("main")).to_contain_text("In stock")
    for name in ("Adjust stock", "Delete image"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)
    await expect(page.get_by_role("table", name="Ledger of the stock")).to_have_count(0)
    await expect(page.get_by_label("Add images")).to_have_count(0)


async def test_stock_and_images_fit_a_phone(new_context: NewContext, live_server: DemoShop, axe: Any) -> None:
    made = live_server.product(name=unused("Vase"), inventory={"stock": 1204})
    live_server.ask("POST", f"/products/{made['id']}/images", content=picture("teal"), headers={"Content-Type": "image/png"})
    page = await on_phone(new_context, f"/products/{made['id']}")
    await expect(stock_of(page, "On hand")).to_have_text("1,204")
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []
    await page.get_by_role("button", name="Adjust stock").tap()
    await expect(page.get_by_role("dialog", name="Adjust stock")).to_be_visible()
    assert await axe(page) == []
    await page.goto(f"/products/{made['id']}/stock")
    await expect(page.get_by_role("table", name="Ledger of the stock")).to_be_visible()
    await fits(page)
    assert await axe(page) == []
