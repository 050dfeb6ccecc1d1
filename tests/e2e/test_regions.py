"""A shop that writes as in Germany: what controls show and take back; and what floats above a page leaves its controls free."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import arrived, at_rest
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_forms import said
from tests.e2e.test_phone import PHONE

_DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
# What a click in the middle of an element would reach is the element itself, or within it.
_FREE = """(found) => {
  const box = found.getBoundingClientRect();
  const reached = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return found.contains(reached);
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def german_shop(live_server: DemoShop) -> AsyncIterator[DemoShop]:
    """The demo shop, which sells in pounds, written as in Germany for the time of a test."""
    live_server.ask("PATCH", "/shop", json={"region": "DE"})
    yield live_server
    live_server.ask("PATCH", "/shop", json={"region": ""})


async def test_an_amount_is_shown_and_taken_back_as_the_shop_writes_it(owner: Page, german_shop: DemoShop) -> None:
    made = german_shop.product(name="Lamp", price="1204.50", cost="0.75")
    await owner.goto(f"/products/{made['id']}/edit")
    await arrived(owner, "Lamp")
    price = owner.get_by_label("Price", exact=True)
    await expect(price).to_have_value("1204,50")
    box, sign = await price.bounding_box(), await owner.get_by_text("£", exact=True).first.bounding_box()
    assert box
    assert sign
    assert box["x"] + box["width"] / 2 < sign["x"] < box["x"] + box["width"], "behind the amount"
    await owner.get_by_label("Barcode").fill("123")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    now = german_shop.get(f"/products/{made['id']}")["product"]
    assert (now["price"], now["cost"], now["barcode"]) == ("1204.50", "0.75", "123")
    await owner.goto(f"/products?search={made['sku']}")
    await owner.locator(f"[data-edit='{made['id']} price']").dblclick()
    cell = owner.locator("[data-cell]")
    await expect(cell).to_have_value("1204,50")
    await cell.fill("1.300,75")
    await cell.press("Enter")
    await expect(owner.get_by_role("cell", name="1.300,75")).to_be_visible()
    assert german_shop.get(f"/products/{made['id']}")["product"]["price"] == "1300.75"


async def test_commas_in_a_variant_and_in_a_refund(owner: Page, german_shop: DemoShop) -> None:
    options = [{"name": "Size", "values": ["S"]}]
    made = german_shop.product(name=unused("Tee"), price="20", options=options, variants=[{"values": ["S"], "stock": 4}])
    await owner.goto(f"/products/{made['id']}/edit")
    await owner.get_by_label("Price of S", exact=True).fill("22,5")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    variant = german_shop.get(f"/products/{made['id']}")["product"]["variants"][0]
    assert variant["price"] == "22.50"
    lines = [{"productId": made["id"], "variantId": variant["id"], "quantity": 1}]
    order = german_shop.ask("POST", "/orders", json={"lines": lines})["order"]
    for step in ("confirm", "pay"):
        german_shop.ask("POST", f"/orders/{order['id']}/{step}", json={})
    await owner.goto(f"/orders/{order['id']}")
    await at_rest(owner)
    await owner.get_by_role("button", name="More actions").click()
    await owner.get_by_role("menuitem", name="Refund").click()
    box = owner.get_by_role("dialog", name="Refund")
    await box.get_by_label("Other amount").fill("12,5")
    await box.get_by_role("button", name="Refund 12,50 £").click()
    await said(owner, "Refund booked.")
    assert german_shop.get(f"/orders/{order['id']}")["order"]["refunds"][0]["amount"] == "12.50"


@pytest.mark.parametrize("screen", [_DESK, PHONE], ids=["desk", "phone"])
async def test_messages_cover_nothing_of_a_panel(new_context: NewContext, live_server: DemoShop, screen: dict[str, Any]) -> None:
    for _ in range(12):
        live_server.ask("POST", "/analytics/shares", json={"path": "/analytics", "query": "", "days": 1})
    page = await (await new_context("owner", **screen, left=True)).new_page()
    await page.goto("/analytics")
    await at_rest(page)
    await page.get_by_role("button", name="Share").click()
    panel = page.get_by_role("dialog", name="Share")
    await panel.get_by_role("button", name="Create link").click()
    await panel.get_by_role("button", name="Copy").click()
    await said(page, "Copied.")
    last = panel.get_by_role("button").last
    await last.scroll_into_view_if_needed()
    assert await last.evaluate(_FREE)
    message = page.get_by_role("status", name="Messages").locator("> *")
    above, box = await message.bounding_box(), await panel.bounding_box()
    assert above
    assert box
    assert box["y"] + box["height"] <= above["y"] + 1
    await page.emulate_media(reduced_motion="no-preference")
    await message.evaluate("(found) => found.getAnimations().forEach((one) => one.finish())")
    await expect(message).to_be_hidden()
    box = await panel.bounding_box()
    assert box
    assert box["height"] == screen["viewport"]["height"], "once the message has gone, all the room is the panel's"
    for one in live_server.get("/analytics/shares")["shares"]:
        live_server.ask("DELETE", f"/analytics/shares/{one['id']}")


async def test_a_long_menu_stays_within_the_window(new_context: NewContext) -> None:
    page = await (await new_context("owner", viewport={"width": 1280, "height": 560})).new_page()
    await page.goto("/admin")
    await arrived(page, "Administration")
    await page.get_by_role("combobox", name="Numbers and dates as in").click()
    menu = page.get_by_role("listbox")
    await expect(menu).to_be_visible()
    box = await menu.bounding_box()
    assert box
    assert box["y"] >= 12
    assert box["y"] + box["height"] <= 560 - 12
    assert await menu.evaluate("(found) => found.scrollHeight > found.clientHeight")
    await page.keyboard.press("End")
    await expect(page.get_by_role("option", name="Zimbabwe")).to_be_in_viewport()
