"""Working in a table: choosing and changing many rows, cells in place, views of one's own, and what others do meanwhile."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived, at_rest, names, total
from tests.e2e.persons import somebody
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_accessibility import Axe


def bar(page: Page) -> Locator:
    """What stands in place of the headings while rows are chosen."""
    return page.get_by_role("region", name="Selected rows")


def box(page: Page, number: int) -> Locator:
    """The box that chooses a row, counted from 0."""
    return page.locator("[data-pick]").nth(number)


async def ask_palette(page: Page, text: str) -> None:
    """Open the palette, and type into it once it has the focus."""
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Search or jump to")).to_be_focused()
    await page.keyboard.type(text)


def make(shop: DemoShop, count: int) -> str:
    """New products in a category of their own."""
    category = unused("Cat")
    rows = [{"name": f"{category} {number:03}", "price": "4.00", "category": category} for number in range(count)]
    shop.ask("POST", "/products/import", json=rows)
    return category


async def test_rows_are_chosen_by_click_range_and_page(owner: Page) -> None:
    await owner.goto("/products")
    await arrived(owner, "Products")
    await box(owner, 2).click()
    await expect(bar(owner)).to_contain_text("1 selected")
    await box(owner, 6).click(modifiers=["Shift"])
    await expect(bar(owner)).to_contain_text("5 selected")
    await expect(owner.locator("[data-pick]:checked")).to_have_count(5)
    await bar(owner).get_by_role("checkbox", name="Select the rows of this page").click()
    await expect(bar(owner)).to_contain_text("25 selected")
    await bar(owner).get_by_role("button", name="Clear").click()
    await expect(bar(owner)).to_have_count(0)
    await expect(owner.locator("[data-pick]:checked")).to_have_count(0)


async def test_five_hundred_rows_are_changed_and_changed_back(owner: Page, live_server: DemoShop) -> None:
    category = make(live_server, 500)
    await owner.goto(f"/products?category={category}")
    await expect(total(owner)).to_have_text("500")
    await owner.get_by_role("checkbox", name="Select the rows of this page").click()
    await bar(owner).get_by_role("button", name="Select all 500 that match").click()
    await expect(bar(owner)).to_contain_text("500 selected")
    await bar(owner).get_by_role("button", name="Set status").click()
    await owner.get_by_role("menuitem", name="Draft").click()
    await expect(owner.get_by_text("500 products changed.")).to_be_visible()
    await expect(owner.locator("tbody tr").first).to_contain_text("Draft")
    found = live_server.get("/products", category=category, status="draft")["pagination"]["totalItems"]
    assert found == 500
    await owner.get_by_role("button", name="Undo").click()
    await expect(owner.get_by_text("500 products changed back.")).to_be_visible()
    await expect(owner.locator("tbody tr").first).to_contain_text("Published")
    assert live_server.get("/products", category=category, status="draft")["pagination"]["totalItems"] == 0


async def test_a_category_is_taken_away_only_when_that_is_chosen(owner: Page, live_server: DemoShop, axe: Axe) -> None:
    category, other = make(live_server, 2), unused("Other")
    await owner.goto(f"/products?category={category}")
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("checkbox", name="Select the rows of this page").click()
    await bar(owner).get_by_role("button", name="Set category").click()
    field = owner.get_by_label("Category", exact=True)
    await expect(owner.locator(f"#set_category_options option[value='{category}']")).to_have_count(1)
    await owner.get_by_role("button", name="Apply").click()
    await expect(field).to_have_accessible_description("Choose or type a category.")
    await expect(field).to_be_focused()
    assert await axe(owner) == []
    assert live_server.get("/products", category=category)["pagination"]["totalItems"] == 2
    await field.fill(other)
    await field.press("Enter")
    await expect(owner.get_by_text("2 products changed.")).to_be_visible()
    await expect(bar(owner)).to_have_count(0)
    await owner.goto(f"/products?category={other}")
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("checkbox", name="Select the rows of this page").click()
    await bar(owner).get_by_role("button", name="Set category").click()
    await owner.get_by_role("button", name="Remove category").click()
    await expect(owner.get_by_text("2 products changed.")).to_be_visible()
    assert live_server.get("/products", category=other)["pagination"]["totalItems"] == 0


async def test_what_must_stay_is_reported(owner: Page, live_server: DemoShop) -> None:
    name = unused("Gone")
    live_server.ask("POST", "/customers", json={"name": name})
    kept = live_server.get("/customers", limit="1", segment="repeat")["customers"][0]
    for search, count in ((name, "0"), (kept["name"], "1")):
        await owner.goto(f"/customers?search={search}")
        await expect(total(owner)).to_have_text("1")
        await box(owner, 0).click()
        await bar(owner).get_by_role("button", name="Delete…").click()
        dialog = owner.get_by_role("alertdialog")
        await expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
        await dialog.get_by_label("Type 1 to confirm").fill("1")
        await dialog.get_by_role("button", name="Delete", exact=True).click()
        await expect(owner.get_by_text("1 customer deleted." if count == "0" else "1 stayed as it was.").first).to_be_visible()
    await owner.get_by_text("Why").click()
    await expect(owner.get_by_text("has orders and cannot be deleted")).to_be_visible()
    await expect(total(owner)).to_have_text("1")


async def test_many_orders_go_on_by_keyboard(owner: Page, live_server: DemoShop, axe: Axe) -> None:
    lamp = live_server.product(name=unused("Lamp"), price="10.00", inventory={"stock": 9})
    made = [live_server.ask("POST", "/orders", json={"lines": [{"productId": lamp["id"], "quantity": 1}]})["order"] for _ in range(3)]
    live_server.ask("POST", f"/orders/{made[0]['id']}/cancel")
    await owner.goto(f"/orders?product={lamp['id']}")
    await expect(total(owner)).to_have_text("3")
    await at_rest(owner)
    for _ in range(3):
        await owner.keyboard.press("j")
        await owner.keyboard.press("x")
    await expect(bar(owner)).to_contain_text("3 selected")
    async with owner.expect_download() as found:
        await bar(owner).get_by_role("button", name="Export").click()
        await owner.get_by_role("menuitem", name="CSV").click()
    assert len((await (await found.value).path()).read_text().splitlines()) == 4
    await bar(owner).get_by_role("button", name="Confirm…").click()
    dialog = owner.get_by_role("alertdialog", name="Confirm 3 orders?")
    confirm = dialog.get_by_role("button", name="Confirm 3 orders")
    await expect(confirm).to_be_disabled()
    await dialog.get_by_label("Type 3 to confirm").fill("3")
    await confirm.click()
    report = owner.get_by_text("2 orders confirmed. 1 stayed as it was.")
    await expect(report).to_be_visible()
    await expect(owner.get_by_role("button", name="Undo")).to_have_count(0)
    await owner.get_by_text("Why").click()
    await expect(owner.get_by_text("This order is cancelled and its payment pending")).to_be_visible()
    assert await axe(owner) == []
    await owner.goto(f"/orders?product={lamp['id']}&status=confirmed")
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("checkbox", name="Select the rows of this page").click()
    await bar(owner).get_by_role("button", name="Start processing").click()
    await expect(owner.get_by_text("2 orders marked as processing.")).to_be_visible()
    assert live_server.get("/orders", product=lamp["id"], status="processing")["pagination"]["totalItems"] == 2
    await owner.get_by_role("button", name="Undo").click()
    await expect(owner.get_by_text("2 orders changed back.")).to_be_visible()
    assert live_server.get("/orders", product=lamp["id"], status="confirmed")["pagination"]["totalItems"] == 2


async def test_a_cell_is_changed_in_place(owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name=unused("Cell"), status="draft")
    await owner.goto(f"/products?search={made['name']}")
    await expect(total(owner)).to_have_text("1")
    cell = owner.get_by_role("button", name=re.compile("^Change Price"))
    await cell.dblclick()
    field = owner.get_by_role("textbox", name="Price")
    await expect(field).to_have_value("2.50")
    await field.fill("3.75")
    await field.press("Enter")
    await expect(cell).to_have_text("3.75")
    await expect(cell).to_be_focused()
    assert live_server.get(f"/products/{made['id']}")["product"]["price"] == "3.75"
    # What is refused stays in the cell, which says why.
    await cell.dblclick()
    await field.fill("free")
    await field.press("Enter")
    await expect(field).to_have_accessible_description("Enter an amount, such as 12.50.")
    await expect(field).to_have_value("free")
    await expect(field).to_be_focused()
    await field.press("Escape")
    await expect(cell).to_have_text("3.75")
    await cell.dblclick()
    await field.fill("9")
    await field.press("Escape")
    await expect(field).to_have_count(0)
    await expect(cell).to_have_text("3.75")
    await owner.get_by_role("button", name=re.compile("^Change Status")).dblclick()
    await owner.get_by_role("combobox", name="Status").select_option("Archived")
    await expect(owner.get_by_role("button", name="Change Status: Archived")).to_be_visible()
    assert live_server.get(f"/products/{made['id']}")["product"]["status"] == "archived"


@pytest.mark.parametrize(("choice", "price"), [("Use mine", "6.00"), ("Keep theirs", "5.00")])
async def test_two_people_change_one_cell(owner: Page, live_server: DemoShop, choice: str, price: str) -> None:
    made = live_server.product(name=unused("Clash"))
    await owner.goto(f"/products?search={made['name']}")
    await expect(total(owner)).to_have_text("1")
    live_server.ask("PATCH", f"/products/{made['id']}", "admin", json={"rev": made["rev"], "price": "5.00"})
    await owner.get_by_role("button", name=re.compile("^Change Price")).dblclick()
    await owner.get_by_role("textbox", name="Price").fill("6.00")
    await owner.keyboard.press("Enter")
    dialog = owner.get_by_role("dialog")
    await expect(dialog).to_contain_text("Theirs5.00Yours6.00")
    await dialog.get_by_role("button", name=choice).click()
    await expect(dialog).to_be_hidden()
    await expect(owner.get_by_role("button", name=re.compile("^Change Price"))).to_have_text(price)
    assert live_server.get(f"/products/{made['id']}")["product"]["price"] == price


async def test_a_view_survives_sign_out(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server, "enterprise")
    page = await person.page(new_context)
    await page.goto("/products?status=published&sort=-price")
    await at_rest(page)
    await page.get_by_role("button", name="Display").click()
    await page.get_by_role("checkbox", name="SKU").click()
    await expect(page.get_by_role("columnheader", name="SKU")).to_have_count(0)
    await page.get_by_role("button", name="Move left: Price").click()
    await page.get_by_role("button", name="Compact").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save view").click()
    await page.get_by_label("Name of the view").fill("Dearest")
    await page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    await expect(page.get_by_role("navigation", name="Views").get_by_role("link", name="Dearest")).to_have_attribute("aria-current", "page")
    heads = await page.locator("thead th").all_inner_texts()
    await page.get_by_role("button", name=re.compile(person.name)).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page).to_have_url(address("/login"))

    page = await person.page(new_context)
    await page.goto("/products")
    await page.get_by_role("navigation", name="Views").get_by_role("link", name="Dearest").click()
    await expect(page.get_by_role("search").get_by_text("Status is published")).to_be_visible()
    await expect(page.locator("thead th")).to_have_text(heads, use_inner_text=True)
    assert heads.index("Price GBP") < heads.index("Stock")
    await expect(page.locator("table")).to_have_attribute("data-density", "compact")
    # Another person sees it once it is shared.
    other = await (await new_context("admin", left=True)).new_page()
    await other.goto("/products")
    await at_rest(other)
    await expect(other.get_by_role("link", name="Dearest")).to_have_count(0)
    await page.get_by_role("button", name="Edit view").click()
    await page.get_by_role("checkbox", name="Share with everybody").click()
    await page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("navigation", name="Views")).to_contain_text("shared")
    await other.reload()
    await expect(other.get_by_role("link", name="Dearest")).to_be_visible()
    await page.get_by_role("button", name="Delete view").click()
    await expect(page).to_have_url(address("/products"))
    await expect(page.get_by_role("link", name="Dearest")).to_have_count(0)


async def test_by_keyboard_alone(owner: Page, live_server: DemoShop) -> None:
    category = make(live_server, 3)
    await owner.goto(f"/products?category={category}&sort=name")
    await expect(names(owner)).to_have_count(3)
    await owner.keyboard.press("j")
    await expect(names(owner).nth(0)).to_be_focused()
    await owner.keyboard.press("x")
    await owner.keyboard.press("j")
    await owner.keyboard.press("x")
    await expect(bar(owner)).to_contain_text("2 selected")
    await owner.keyboard.press("k")
    await expect(names(owner).nth(0)).to_be_focused()
    await owner.keyboard.press("Escape")
    await expect(bar(owner)).to_have_count(0)
    await owner.keyboard.press("ArrowRight")
    await owner.keyboard.press("ArrowRight")
    await owner.keyboard.press("ArrowRight")
    price = owner.get_by_role("button", name=re.compile("^Change Price")).first
    await expect(price).to_be_focused()
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("textbox", name="Price")).to_be_focused()
    await owner.keyboard.press("ControlOrMeta+a")
    await owner.keyboard.type("8.25")
    await owner.keyboard.press("Enter")
    await expect(price).to_have_text("8.25")
    await expect(price).to_be_focused()
    await owner.keyboard.press("?")
    await expect(owner.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await owner.keyboard.press("j")
    await owner.keyboard.press("Escape")
    await expect(owner.get_by_role("dialog")).to_have_count(0)
    await owner.keyboard.press("/")
    await expect(owner.get_by_role("searchbox")).to_be_focused()
    await owner.keyboard.type("jxe")
    await expect(owner.get_by_role("searchbox")).to_have_value("jxe")
    await expect(bar(owner)).to_have_count(0)
    await owner.goto(f"/products?category={category}&sort=name")
    await expect(names(owner)).to_have_count(3)
    await owner.keyboard.press("j")
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("heading", level=1)).to_have_text(f"{category} 000")


async def test_the_palette_finds_records_and_actions_that_one_may_open(new_context: NewContext, owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name=unused("Findme"))
    await owner.goto("/orders")
    await arrived(owner, "Orders")
    await ask_palette(owner, made["name"])
    await expect(owner.get_by_role("option")).to_have_text([f"{made['name']}Product"])
    await owner.keyboard.press("Enter")
    await arrived(owner, made["name"])
    await expect(owner).to_have_url(address(f"/products/{made['id']}"))
    await expect(owner.get_by_role("option")).to_have_count(0)
    await ask_palette(owner, "create product")
    await expect(owner.get_by_role("option").first).to_have_text("Create productAction")
    user = await (await new_context("user", left=True)).new_page()
    await user.goto("/")
    await arrived(user, "Dashboard")
    await ask_palette(user, "create")
    await expect(user.get_by_text("Nothing matches.").or_(user.get_by_role("option"))).not_to_have_count(0)
    await expect(user.get_by_role("option", name="Action")).to_have_count(0)


async def test_what_others_do_is_announced_and_moves_nothing(new_context: NewContext, owner: Page, live_server: DemoShop) -> None:
    category = make(live_server, 2)
    other = await (await new_context("admin", left=True)).new_page()
    for page in (owner, other):
        await page.goto(f"/products?category={category}")
        await expect(names(page)).to_have_count(2)
    before = await names(owner).all_inner_texts()
    for number in range(3):
        live_server.product(name=f"New {number}", category=category)
    news = owner.get_by_role("button", name="3 new products")
    await expect(news).to_be_visible()
    assert await names(owner).all_inner_texts() == before
    await news.click()
    await expect(names(owner)).to_have_count(5)
    await expect(news).to_have_count(0)
    await other.get_by_role("button", name="3 new products").click()
    await expect(names(other)).to_have_count(5)
    # One's own change is on the screen at once, and no news; to the other it is.
    await other.get_by_role("checkbox", name="Select the rows of this page").click()
    await bar(other).get_by_role("button", name="Set status").click()
    await other.get_by_role("menuitem", name="Draft").click()
    await expect(owner.get_by_role("button", name="This list has changed")).to_be_visible()
    await asyncio.sleep(1)
    await expect(other.get_by_role("button", name="Show")).to_have_count(0)
    # A product that this list does not show is no news here.
    await owner.get_by_role("button", name="This list has changed").click()
    await expect(owner.locator("tbody tr").first).to_contain_text("Draft")
    live_server.product(name="Elsewhere", category=unused("Cat"))
    await asyncio.sleep(1.5)
    await expect(owner.get_by_role("button", name="Show")).to_have_count(0)


async def test_who_may_only_read_chooses_nothing(new_context: NewContext) -> None:
    page = await (await new_context("user", left=True)).new_page()
    await page.goto("/products")
    await at_rest(page)
    await expect(names(page).first).to_be_visible()
    await expect(page.locator("[data-pick], [data-edit], [data-pick-all]")).to_have_count(0)
    await page.keyboard.press("j")
    await expect(names(page).first).to_be_focused()


async def test_a_range_that_ends_before_it_begins_says_so(owner: Page) -> None:
    await owner.goto("/products?minPrice=10&maxPrice=5")
    await expect(owner.get_by_role("alert")).to_contain_text("Price: The range ends before it begins")
