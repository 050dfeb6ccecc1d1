"""Customers in the browser: a new one with an address and notes, a segment of the list, two records made one and taken apart."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.driving import arrived, at_rest, total
from tests.e2e.shops import DemoShop, unused


def add(shop: DemoShop, name: str, **values: Any) -> dict[str, Any]:
    """A customer, over REST."""
    return shop.ask("POST", "/customers", json={"name": name, **values})["customer"]


async def test_a_customer_with_an_address_and_notes(owner: Page) -> None:
    name = unused("Ada")
    await owner.goto("/customers/new")
    await owner.get_by_label("Name", exact=True).fill(name)
    await owner.get_by_label("Phone").fill("020 7946 0018")
    await owner.get_by_label("Street and number").fill("1 High St")
    await owner.get_by_label("Country").fill("United Kingdom")
    await owner.get_by_label("Tags").fill("vip, press")
    await owner.get_by_role("button", name="Create customer").click()
    await arrived(owner, name)
    await expect(owner.get_by_text("+44 20 7946 0018")).to_be_visible()
    await expect(owner.get_by_text("No orders yet.")).to_be_visible()
    await expect(owner.get_by_text("Ships here")).to_have_count(1)

    await owner.get_by_role("button", name="Add address").click()
    await owner.get_by_label("Label").fill("Warehouse")
    await owner.get_by_label("Street and number").fill("2 Dock Rd")
    await owner.get_by_label("Ship here").check()
    await owner.get_by_role("button", name="Save address").click()
    card = owner.get_by_role("listitem").filter(has_text="Warehouse")
    await expect(card).to_contain_text("Ships here")
    await expect(owner.get_by_text("Ships here")).to_have_count(1)

    for words in ("Called, wants a catalogue", "Sent it"):
        await owner.get_by_label("Note", exact=True).fill(words)
        await owner.get_by_role("button", name="Add note").click()
        await expect(owner.get_by_text(words)).to_be_visible()
    newest = owner.get_by_role("listitem").filter(has_text="Sent it")
    await newest.get_by_role("button", name="Edit").click()
    await newest.get_by_role("textbox").fill("Sent two")
    await newest.get_by_role("button", name="Save note").click()
    await expect(owner.get_by_text("Sent two")).to_be_visible()
    await expect(owner.get_by_text(re.compile("just now · edited"))).to_be_visible()


async def test_filters_become_a_segment(owner: Page, live_server: DemoShop) -> None:
    tag, name = unused("tag"), unused("Fans")
    add(live_server, "One", tags=[tag])
    add(live_server, "Two", tags=[tag])
    await owner.goto(f"/customers?tag={tag}")
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("button", name="Save as segment").click()
    await owner.get_by_label("Name", exact=True).fill(name)
    await owner.get_by_role("button", name="Save segment").click()
    await expect(owner.get_by_role("link", name=re.compile(f"Segment is {name}"))).to_be_visible()
    await expect(total(owner)).to_have_text("2")
    await owner.get_by_role("link", name="Segments").click()
    await arrived(owner, "Segments")
    entry = owner.get_by_role("listitem").filter(has_text=name)
    await expect(entry).to_contain_text("2")
    await entry.get_by_role("button", name="Delete").click()
    await owner.get_by_role("button", name="Delete segment").click()
    await expect(entry).to_have_count(0)


async def test_two_records_of_one_customer_become_one_and_two_again(owner: Page, live_server: DemoShop) -> None:
    name = unused("Bea")
    kept = add(live_server, name, phone="+44 20 7946 0" + str(abs(hash(name)))[:3])
    other = add(live_server, f"{name} twin", email=f"{name.lower()}@example.com", phone=kept["phone"], tags=["press"])
    product = live_server.product(name=unused("Mug"), inventory={"stock": 5})
    live_server.ask("POST", "/orders", json={"customerId": other["id"], "lines": [{"productId": product["id"], "quantity": 2}]})
    await owner.goto(f"/customers/{kept['id']}")
    await expect(owner.get_by_text("Perhaps the same customer")).to_be_visible()
    await owner.get_by_role("button", name="Compare and merge").click()
    await owner.get_by_role("button", name=re.compile(f"{name} twin")).click()
    await expect(owner.get_by_role("row", name=re.compile("E-mail"))).to_contain_text(f"{name.lower()}@example.com")
    await expect(owner.get_by_text("1 order and 0 notes move along.")).to_be_visible()
    await owner.get_by_role("button", name="Merge customers").click()
    await expect(owner.get_by_text("was merged into this customer")).to_be_visible()
    await at_rest(owner)
    await expect(
        owner.get_by_role("region").or_(owner.locator("section")).filter(has_text="Latest orders").get_by_role("listitem")
    ).to_have_count(1)
    await owner.get_by_role("button", name="Undo").click()
    await expect(owner.get_by_text("Perhaps the same customer")).to_be_visible()
    assert live_server.get(f"/customers/{other['id']}")["customer"]["ordersCount"] == 1
    assert live_server.get(f"/customers/{kept['id']}")["customer"]["email"] is None


async def test_the_pages_are_accessible(owner: Page, live_server: DemoShop, axe: Any) -> None:
    made = add(live_server, unused("Cleo"), tags=["vip"], notes="Likes tea", address={"line1": "1 A", "country": "France"})
    live_server.ask("POST", f"/customers/{made['id']}/notes", json={"text": "Called"})
    for path in (f"/customers/{made['id']}", f"/customers/{made['id']}/edit", "/customers/segments", "/customers/duplicates"):
        await owner.goto(path)
        await at_rest(owner)
        assert await axe(owner) == [], path
    await owner.set_viewport_size({"width": 390, "height": 844})
    await owner.goto(f"/customers/{made['id']}")
    await at_rest(owner)
    assert await owner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await axe(owner) == []
    await owner.get_by_role("button", name="Merge").click()
    await expect(owner.get_by_role("dialog")).to_be_visible()
    assert await axe(owner) == []
