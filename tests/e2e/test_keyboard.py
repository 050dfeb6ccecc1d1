"""The product by keyboard alone, and with motion switched off."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived, follows
from tests.e2e.shops import DemoShop


async def test_the_first_tab_skips_to_the_content(owner: Page) -> None:
    await owner.goto("/products?sort=name")
    await arrived(owner, "Products")
    skip = owner.get_by_role("link", name="Skip to content")
    await owner.keyboard.press("Tab")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    box = await skip.bounding_box()
    assert box
    assert box["height"] > 20, "it can be seen"
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("main")).to_be_focused()
    await owner.keyboard.press("Tab")
    await expect(owner.get_by_role("main").locator(":focus")).to_have_count(1)


async def test_the_palette_finds_and_opens_a_page(owner: Page) -> None:
    await owner.goto("/orders")
    await arrived(owner, "Orders")
    await owner.keyboard.press("Control+k")
    box = owner.get_by_role("combobox", name="Search or jump to")
    await expect(box).to_be_focused()
    await expect(owner.get_by_role("option")).to_have_count(8)
    await owner.keyboard.type("cust")
    await expect(owner.get_by_role("option").first).to_have_text("CustomersSell")
    await owner.keyboard.press("Enter")
    await expect(owner).to_have_url(address("/customers"))
    await expect(box).to_be_hidden()
    await arrived(owner, "Customers")

    await owner.keyboard.press("Control+k")
    await expect(owner.get_by_role("option")).to_have_count(8)
    await owner.keyboard.press("ArrowDown")
    await owner.keyboard.press("ArrowDown")
    await expect(owner.get_by_role("option").nth(2)).to_have_attribute("data-highlighted", "")
    chosen = await owner.get_by_role("option").nth(2).inner_text()
    await owner.keyboard.press("Enter")
    await arrived(owner, chosen.splitlines()[0])

    await owner.keyboard.press("Control+k")
    await expect(box).to_be_focused()
    await owner.keyboard.type("nonsense")
    await expect(owner.get_by_text("Nothing matches. Try another word.")).to_be_visible()
    await owner.keyboard.press("Escape")
    await expect(box).to_be_hidden()


async def test_a_filter_is_set_by_arrow_keys(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/orders")
    await follows(owner, live_server, "orders", "number")
    button = owner.get_by_role("search").get_by_role("button", name="Kind")
    await button.focus()
    await owner.keyboard.press("Enter")
    items = owner.get_by_role("menuitem")
    await expect(items.nth(0)).to_be_focused()
    await owner.keyboard.press("ArrowDown")
    await expect(items.nth(1)).to_be_focused()
    await owner.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await owner.keyboard.press("ArrowDown")
    await expect(items.nth(0)).to_be_focused()
    await owner.keyboard.press("End")
    await owner.keyboard.press("Enter")
    await follows(owner, live_server, "orders", "number", kind="return")


async def test_a_dialog_holds_the_focus_and_gives_it_back(owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name="Kept")
    await owner.goto(f"/products/{made['id']}/edit")
    opener = owner.get_by_role("button", name="Delete product…")
    await opener.focus()
    await owner.keyboard.press("Enter")
    box = owner.get_by_role("alertdialog")
    await expect(box).to_be_visible()
    await expect(box.locator(":focus")).to_have_count(1)  # it moves there in a frame after the one in which the dialog appears
    for _ in range(6):
        await owner.keyboard.press("Tab")
        await expect(box.locator(":focus")).to_have_count(1)  # a guard at either end of the box sends it on in the frame after
    await owner.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    await expect(opener).to_be_focused()


async def test_a_form_is_filled_in_and_sent_by_keyboard(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/products/new")
    await owner.get_by_label("Name", exact=True).focus()
    await owner.keyboard.type("Typed blind")
    for _ in range(5):
        await owner.keyboard.press("Tab")
    await expect(owner.get_by_label("Price", exact=True)).to_be_focused()
    await owner.keyboard.type("3.20")
    status = owner.get_by_role("combobox", name="Status")
    await status.focus()
    await owner.keyboard.press("ArrowDown")
    await owner.keyboard.press("Home")
    await owner.keyboard.press("Enter")
    await expect(status).to_contain_text("Draft")
    await owner.get_by_label("SKU").focus()
    await owner.keyboard.press("Enter")
    await expect(owner.get_by_role("heading", level=1)).to_have_text("Typed blind")
    made = live_server.get("/products", search="Typed blind")["products"][0]
    assert (made["price"], made["status"]) == ("3.20", "draft")


async def test_everything_with_the_focus_shows_it(owner: Page) -> None:
    await owner.goto("/products?status=published")
    await arrived(owner, "Products")
    await expect(owner.locator("tbody a").first).to_be_visible()
    for _ in range(30):
        await owner.keyboard.press("Tab")
        seen = await owner.evaluate(
            """() => { const now = document.activeElement, look = getComputedStyle(now), box = now.getBoundingClientRect();
            return [now.outerHTML.slice(0, 120), look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2, box.width > 1]; }"""
        )
        assert seen[1:] == [True, True], seen[0]


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
async def test_motion_can_be_switched_off(new_context: NewContext, motion: str, moves: bool) -> None:
    page = await (await new_context("owner", reduced_motion=motion)).new_page()
    await page.goto("/users")
    await arrived(page, "Users")
    longest = """(what) => Math.max(...[...document.querySelectorAll("*")].flatMap((found) =>
      getComputedStyle(found)[what].split(",").map(parseFloat)))"""
    transition, animation = [await page.evaluate(longest, f"{what}Duration") for what in ("transition", "animation")]
    assert (max(transition, animation) > 0.01) is moves
    assert moves or transition == 0, "however short, one would begin on each element when a colour that it inherits changes"
