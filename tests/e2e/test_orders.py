"""An order by hand and on its way: placed by the form, shipped and refunded in part, and followed by a second open tab."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_forms import said
from tests.e2e.test_phone import _TOO_SMALL, fits, on_phone
from tests.e2e.test_stock import stock_of


def placed(shop: DemoShop, count: int = 3, **values: Any) -> dict[str, Any]:
    """An order of a product of its own."""
    made = shop.product(name=unused("Lamp"), price="10.00", inventory={"stock": 9})
    return shop.ask("POST", "/orders", json={"lines": [{"productId": made["id"], "quantity": count}], **values})["order"]


def timeline(page: Page) -> Locator:
    """The entries of the timeline, the latest first."""
    return page.get_by_role("list", name="Timeline").get_by_role("listitem")


async def step(page: Page, name: str) -> None:
    """Take a step that is not the next one."""
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name=name).click()


async def find(page: Page, label: str, text: str) -> None:
    """Search by keyboard, and choose what is found first."""
    await page.get_by_role("combobox", name=label).press_sequentially(text, delay=20)
    await expect(page.get_by_role("option").first).to_contain_text(text)
    await page.keyboard.press("Enter")


async def test_what_was_typed_of_an_address_stays_when_a_customer_is_chosen(new_context: NewContext, live_server: DemoShop) -> None:
    lives = {"line1": "1 Rue X", "city": "Paris", "country": "France"}
    buyer = live_server.ask("POST", "/customers", json={"name": unused("Wanda"), "address": lives})["customer"]
    page = await (await new_context("owner", left=True)).new_page()
    await page.goto("/orders/new")
    await arrived(page, "Create order")
    name, street = (page.get_by_role("textbox", name=label) for label in ("Name", "Street and number"))
    country = page.get_by_role("combobox", name="Country")
    await name.fill("Ann")
    await country.fill("Spain")
    await find(page, "Search customers", buyer["name"])
    offer = page.get_by_text("What you typed stays.")
    await expect(offer).to_contain_text("1 Rue X, Paris, France")
    for control, value in ((name, "Ann"), (street, ""), (country, "Spain")):
        await expect(control).to_have_value(value)
    await page.get_by_role("button", name="Use this address").click()
    await expect(offer).to_be_hidden()
    for control, value in ((name, ""), (street, "1 Rue X"), (country, "France")):
        await expect(control).to_have_value(value)
    await page.get_by_role("button", name="Sell to somebody else").click()
    await expect(street).to_have_value("")


async def test_an_order_is_placed_shipped_and_refunded_while_another_tab_follows(new_context: NewContext, live_server: DemoShop) -> None:
    made = live_server.product(name=unused("Lantern"), price="12.50", inventory={"stock": 8})
    buyer = live_server.ask(
        "POST", "/customers", json={"name": unused("Wanda"), "address": {"line1": "1 Rue X", "city": "Paris", "country": "France"}}
    )["customer"]
    context = await new_context("owner", left=True)
    page, stock, board = await context.new_page(), await context.new_page(), await context.new_page()
    await stock.goto(f"/products/{made['id']}")
    await expect(stock_of(stock, "Available")).to_have_text("8")

    await page.goto("/orders/new")
    await arrived(page, "Create order")
    await find(page, "Search products", made["name"])
    quantity = page.get_by_label(f"Quantity of {made['name']}")
    await expect(page.get_by_text("8 in stock")).to_be_visible()
    await quantity.fill("9")
    await expect(page.get_by_text("Only 8 of it are left.")).to_be_visible()
    await quantity.fill("3")
    await expect(page.get_by_text("Only 8 of it are left.")).to_be_hidden()
    await page.get_by_label("Shipping", exact=True).fill("4")
    await page.get_by_label("Discount", exact=True).fill("1.50")
    await expect(page.locator("output").last).to_have_text("£40.00")
    await find(page, "Search customers", buyer["name"])
    await expect(page.get_by_label("Street and number").first).to_have_value("1 Rue X")
    await page.get_by_role("button", name="Create order").dblclick()
    await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Order M-\d+"))
    await expect(timeline(page).first).to_contain_text("Order placed")
    found = live_server.get("/orders", customer=buyer["id"])["orders"]
    assert [(one["total"], one["units"]) for one in found] == [("40.00", 3)]
    order = found[0]
    await expect(page).to_have_url(address(f"/orders/{order['id']}"))
    await expect(page.get_by_role("main")).to_contain_text("1 Rue X, Paris, France")
    await expect(stock_of(stock, "Available")).to_have_text("5")

    await board.goto("/")
    await expect(board.get_by_role("link", name=order["number"]).first).to_be_visible()
    second = await context.new_page()
    await second.goto(f"/orders/{order['id']}")
    await second.get_by_label("Note").fill("Not yet sent")
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("button", name="Start processing")).to_be_visible()
    await expect(timeline(second).first).to_contain_text("Confirmed")
    await expect(second.get_by_label("Note")).to_have_value("Not yet sent")

    await step(page, "Ship")
    box = page.get_by_role("dialog", name="Ship")
    await box.get_by_label(f"Pieces of {made['name']}").fill("7")
    await box.get_by_label("Carrier").fill("Royal Mail")
    await box.get_by_label("Tracking number").fill("AB123")
    await box.get_by_label("Tracking link").fill("https://track.example/AB123")
    await box.get_by_role("button", name="Send parcel").click()
    await expect(box).to_contain_text("At most 3 of this line are left.")
    await expect(box.get_by_label(f"Pieces of {made['name']}")).to_be_focused()
    await expect(box.get_by_label("Carrier")).to_have_value("Royal Mail")
    await box.get_by_label(f"Pieces of {made['name']}").fill("2")
    await box.get_by_role("button", name="Send parcel").click()
    await expect(box).to_be_hidden()
    await expect(page.get_by_role("link", name="AB123")).to_have_attribute("href", "https://track.example/AB123")
    await expect(timeline(second).first).to_contain_text("A part was shipped")
    await expect(stock_of(stock, "On hand")).to_have_text("6")

    await step(page, "Mark as paid")
    await page.get_by_role("dialog", name="Mark as paid?").get_by_role("button", name="Mark as paid").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.wait_for_timeout(800)  # a second step within this time is taken for a double click
    await page.get_by_role("button", name="Refund").click()
    box = page.get_by_role("dialog", name="Refund")
    await box.get_by_label(f"Pieces of {made['name']}, shipped").fill("1")
    await box.get_by_label(f"Pieces of {made['name']}, unshipped").fill("1")
    await expect(box).to_contain_text("The payment is then partially refunded.")
    await box.get_by_label("Reason").fill("Chipped")
    await box.get_by_role("button", name=re.compile("Refund £")).click()
    await expect(box).to_be_hidden()
    await expect(page.get_by_role("main")).to_contain_text("Payment partially refunded")
    now = live_server.get(f"/orders/{order['id']}")["order"]
    assert [(one["reason"], one["lines"]) for one in now["refunds"]] == [
        ("Chipped", [{"line": 0, "quantity": 1, "unshipped": count, "restocked": True} for count in (0, 1)])
    ]
    await expect(timeline(second).first).to_contain_text("A part was refunded")
    await expect(second.get_by_label("Note")).to_have_value("Not yet sent")
    await expect(stock_of(stock, "Available")).to_have_text("7")
    await expect(board.get_by_role("main")).to_contain_text("Shipped")

    await page.get_by_role("link", name=now["refunds"][0]["number"]).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Return {now['refunds'][0]['number']}")
    await page.get_by_role("link", name=f"Order {order['number']}").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order['number']}")


async def test_a_pending_order_is_changed_and_cancelled(owner: Page, live_server: DemoShop) -> None:
    order = placed(live_server)
    await owner.goto(f"/orders/{order['id']}")
    await owner.get_by_role("link", name="Edit").click()
    await arrived(owner, f"Order {order['number']}")
    name = order["lines"][0]["name"]
    await owner.get_by_label(f"Quantity of {name}").fill("12")
    await owner.get_by_role("button", name="Save changes").click()
    await expect(owner.get_by_role("main")).to_contain_text("Only 6")
    await expect(owner.get_by_label(f"Quantity of {name}")).to_have_value("12")
    live_server.ask("POST", f"/orders/{order['id']}/note", json={"text": "Call first"})
    await owner.get_by_label(f"Quantity of {name}").fill("5")
    await owner.get_by_role("button", name="Save changes").click()
    await expect(owner.get_by_role("alert").first).to_contain_text("Somebody has changed this order meanwhile: note")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    await expect(owner).to_have_url(address(f"/orders/{order['id']}"))
    await step(owner, "Cancel order")
    box = owner.get_by_role("alertdialog", name="Cancel this order?")
    await expect(box).to_contain_text("5 pieces go back into stock.")
    await box.get_by_role("button", name="Cancel order").click()
    await expect(timeline(owner).first).to_contain_text("Cancelled")
    assert live_server.get(f"/products/{order['lines'][0]['productId']}")["product"]["inventory"]["stock"] == 9


async def test_notes_and_the_invoice(owner: Page, live_server: DemoShop) -> None:
    order = placed(live_server)
    await owner.goto(f"/orders/{order['id']}")
    await owner.get_by_label("Note").fill("Wrap it well")
    await owner.get_by_role("button", name="Add note").click()
    await expect(timeline(owner).first).to_contain_text("Internal note")
    await expect(owner.get_by_label("Note")).to_have_value("")
    async with owner.context.expect_page() as opening:
        await owner.get_by_role("link", name="Print invoice").click()
    invoice = await opening.value
    await expect(invoice.get_by_role("heading", level=1)).to_have_text(f"Invoice {order['number']}")


async def test_orders_fit_a_phone(new_context: NewContext, live_server: DemoShop, axe: Any) -> None:
    order = placed(live_server, shipping="5", note="Ring twice")
    live_server.ask("POST", f"/orders/{order['id']}/pay")
    page = await on_phone(new_context, f"/orders/{order['id']}")
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []
    await page.get_by_role("button", name="Refund").tap()
    await expect(page.get_by_role("dialog", name="Refund")).to_be_visible()
    assert await axe(page, "region") == []
    await page.goto("/orders/new")
    await arrived_on_phone(page)
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []
    assert await axe(page) == []


async def arrived_on_phone(page: Page) -> None:
    """Wait until the form stands."""
    await expect(page.get_by_role("combobox", name="Search products")).to_be_visible()
