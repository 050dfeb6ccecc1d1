"""A product in variants: made by keyboard, adjusted on its page, sold in an order; with axe in both themes, and on a phone."""

from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import arrived, at_rest
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_accessibility import Axe, in_both_themes
from tests.e2e.test_forms import choose, said
from tests.e2e.test_orders import find
from tests.e2e.test_phone import _TOO_SMALL, PHONE, fits
from tests.e2e.test_stock import stock_of


async def test_a_product_in_variants_is_made_and_sold(owner: Page, live_server: DemoShop, axe: Axe) -> None:
    name, sku = unused("Tee"), unused("TEE")
    await owner.goto("/products/new")
    await arrived(owner, "Create product")
    await owner.get_by_label("Name").fill(name)
    await owner.get_by_label("Price", exact=True).fill("20")
    await owner.get_by_role("button", name="Add option").press("Enter")
    await owner.get_by_label("Option", exact=True).fill("Size")
    await owner.get_by_label("Values", exact=True).press_sequentially("S")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("button", name="Remove S", exact=True).first).to_be_visible()
    await expect(owner.get_by_label("Values", exact=True)).to_be_focused()
    await owner.keyboard.type("L, XL")
    await owner.keyboard.press("Tab")
    rows = owner.get_by_role("list", name="Variants", exact=True).get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await expect(owner.get_by_label("Values", exact=True)).to_have_value("")
    await expect(owner.get_by_label("In stock")).to_have_count(0)
    await owner.get_by_label("SKU of S").fill(sku)
    await owner.get_by_label("Stock of S").fill("4")
    await owner.get_by_label("Price of L", exact=True).fill("22.50")
    await owner.get_by_label("Compare-at price of L", exact=True).fill("19")
    await owner.get_by_label("Barcode of S", exact=True).fill("4006381333931")
    await owner.get_by_label("Stock of L").fill("some")
    await in_both_themes(owner, axe)
    await owner.get_by_role("button", name="Create product").click()
    await expect(owner.get_by_text("Stock: Enter a whole number.")).to_be_visible()
    await expect(owner.get_by_label("Stock of L")).to_be_focused()
    await owner.get_by_label("Stock of L").fill("2")
    await owner.get_by_role("button", name="Create product").click()
    await expect(owner.get_by_text("Compare-at price: The compare-at price is what it cost before")).to_be_visible()
    await expect(owner.get_by_label("Compare-at price of L", exact=True)).to_be_focused()
    await owner.get_by_label("Compare-at price of L", exact=True).fill("30")
    await owner.get_by_role("button", name="Remove XL").last.click()
    await expect(rows).to_have_count(2)
    await expect(owner.get_by_label("SKU of S")).to_have_value(sku)
    await owner.get_by_role("button", name="Create product").click()

    await arrived(owner, name)
    shelf = owner.get_by_role("table", name="Variants and their stock")
    await expect(shelf.get_by_role("row", name="L £30.00 £22.50 2")).to_be_visible()
    await expect(shelf).to_contain_text("4006381333931")
    await expect(stock_of(owner, "Available")).to_have_text("6")
    await shelf.get_by_role("button", name="Adjust stock of L").click()
    box = owner.get_by_role("dialog", name="Adjust stock of L")
    await box.get_by_label("Change").fill("3")
    await choose(owner, "Reason", "Receipt")
    await in_both_themes(owner, axe)
    await box.get_by_role("button", name="Adjust stock").click()
    await expect(box).to_be_hidden()
    await said(owner, "Stock adjusted.")
    await expect(shelf.get_by_role("row", name="L £30.00 £22.50 5")).to_be_visible()
    await expect(owner.get_by_role("table", name="Ledger of the stock").locator("tbody tr").first).to_contain_text("Received · L")

    await owner.goto("/orders/new")
    await arrived(owner, "Create order")
    await find(owner, "Search products", name)
    choice = owner.get_by_label(f"Variant of {name}")
    await expect(choice).to_be_visible()
    await owner.get_by_role("button", name="Create order").click()
    await expect(owner.get_by_text("Choose a variant: S; L.")).to_be_visible()
    await choice.select_option(label="L · £22.50 · 5 in stock")
    await expect(owner.get_by_text("Choose a variant: S; L.")).to_be_hidden()
    await owner.get_by_label(f"Quantity of {name} — L").fill("6")
    await expect(owner.get_by_text("Only 5 of it are left.")).to_be_visible()
    await owner.get_by_label(f"Quantity of {name} — L").fill("5")
    await expect(owner.get_by_text("Only 5 of it are left.")).to_be_hidden()
    await in_both_themes(owner, axe)
    await owner.get_by_role("button", name="Create order").click()
    await expect(owner.get_by_text(f"{name} — L").first).to_be_visible()
    made = live_server.get("/products", search=sku)["products"][0]
    assert {one["values"][0]: (one["stock"], one["reserved"]) for one in made["variants"]} == {"S": (4, 0), "L": (0, 5)}


async def test_variants_fit_on_a_phone(new_context: NewContext, live_server: DemoShop) -> None:
    options = [{"name": "Size", "values": ["Small", "Extra extra large"]}, {"name": "Colour", "values": ["Midnight blue", "Red"]}]
    made = live_server.product(name=unused("Tee"), options=options)
    page = await (await new_context("owner", **PHONE, left=True)).new_page()
    for path in (f"/products/{made['id']}", f"/products/{made['id']}/edit"):
        await page.goto(path)
        await at_rest(page)
        await expect(page.get_by_text("Extra extra large / Midnight blue").first).to_be_visible()
        await fits(page)
        assert await page.evaluate(_TOO_SMALL) == []
