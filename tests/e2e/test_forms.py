"""Creating, changing and deleting on a page: mistakes at their fields, conflicts, and what is asked before something is lost."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Dialog, Page, expect

from tests.e2e.driving import address, arrived, names
from tests.e2e.shops import PATIENCE, DemoShop, unused


async def invalid(page: Page, label: str, message: str) -> None:
    """The control has this message, and a screen reader is told that it belongs to it."""
    box = page.get_by_label(label, exact=True).first
    await expect(box).to_have_attribute("aria-invalid", "true")
    await expect(box).to_have_accessible_description(message)


async def choose(page: Page, label: str, option: str) -> None:
    """Choose from a select."""
    await page.get_by_role("combobox", name=label).click()
    await page.get_by_role("option", name=option).click()


async def said(page: Page, text: str) -> None:
    """A message of the product is on the screen."""
    await expect(page.get_by_role("status", name="Messages")).to_contain_text(text)


async def test_a_product_is_created_after_its_mistakes_are_mended(owner: Page, live_server: DemoShop) -> None:
    taken, free = live_server.product(name="Already there")["sku"], unused("LANTERN")
    await owner.goto("/products/new")
    create = owner.get_by_role("button", name="Create product")
    await create.click()
    await invalid(owner, "Name", "This field is required.")
    await invalid(owner, "Price", "Enter an amount, such as 12.50.")
    await expect(owner.get_by_label("Name", exact=True)).to_be_focused()

    await owner.get_by_label("Name", exact=True).fill("Paper lantern, “large”")
    await owner.get_by_role("textbox", name="Description optional", exact=True).fill("First line\nSecond line")
    await owner.get_by_label("Price", exact=True).fill("a lot")
    await owner.get_by_label("Tags").fill("paper, light,  paper ,")
    await owner.get_by_label("In stock").fill("-3")
    await create.click()
    await invalid(owner, "Price", "Enter an amount, such as 12.50.")
    await invalid(owner, "In stock", "Enter 0 or more.")
    await expect(owner.get_by_label("Price", exact=True)).to_be_focused()
    await expect(owner.get_by_label("Name", exact=True)).not_to_have_attribute("aria-invalid", "true")
    for label, text in (
        ("Name", "Paper lantern, “large”"),
        ("Description optional", "First line\nSecond line"),
        ("Price", "a lot"),
        ("In stock", "-3"),
    ):
        await expect(owner.get_by_label(label, exact=True)).to_have_value(text)

    await owner.get_by_label("Price", exact=True).fill("12.34")
    await owner.get_by_label("In stock").fill("7")
    await owner.get_by_label("Low from").fill("10")
    await owner.get_by_label("SKU").fill(taken)
    await choose(owner, "Status", "Draft")
    await create.click()
    await expect(owner.get_by_label("SKU")).to_have_attribute("aria-invalid", "true")
    await expect(owner.get_by_label("SKU")).to_be_focused()
    await expect(owner.get_by_role("combobox", name="Status")).to_contain_text("Draft")
    await owner.get_by_label("SKU").fill(free)
    await create.click()
    await expect(owner.get_by_role("heading", level=1)).to_have_text("Paper lantern, “large”")
    await said(owner, "Product created.")

    made = live_server.get("/products", search=free)["products"][0]
    assert (made["price"], made["tags"], made["status"], made["inventory"]["stock"]) == ("12.34", ["paper", "light"], "draft", 7)
    main = owner.get_by_role("main")
    await expect(main).to_contain_text("£12.34")
    await expect(main).to_contain_text("Low")
    await expect(owner).to_have_url(address(f"/products/{made['id']}"))


async def test_a_change_and_somebody_elses_change_meanwhile(owner: Page, live_server: DemoShop, axe: Any) -> None:
    made = live_server.product(name="Contested", tags=["a"], compareAtPrice="9")
    await owner.goto(f"/products/{made['id']}")
    await owner.get_by_role("link", name="Edit product").click()
    price = owner.get_by_label("Price", exact=True)
    await expect(price).to_have_value(re.compile(r"^2\.5"))
    await price.fill("3.75")
    await owner.get_by_label("Compare-at price").fill("")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    await expect(owner.get_by_role("main")).to_contain_text("£3.75")
    now = live_server.get(f"/products/{made['id']}")["product"]
    assert (now["price"], now["compareAtPrice"], now["tags"]) == ("3.75", None, ["a"])

    await owner.get_by_role("link", name="Edit product").click()
    await expect(price).to_have_value(re.compile(r"^3\.75"))
    await price.fill("4.00")
    live_server.ask("PATCH", f"/products/{made['id']}", json={"price": "9.99", "rev": now["rev"]})
    await owner.get_by_role("button", name="Save changes").click()
    box = owner.get_by_role("dialog", name="Somebody else changed this meanwhile")
    await expect(box.get_by_role("term")).to_have_text(["Theirs", "Yours"])
    await expect(box.get_by_role("definition")).to_have_text(["9.99", "4.00"])
    assert await axe(owner) == []
    await box.get_by_role("button", name="Go on editing").click()
    await expect(box).to_have_count(0)
    await expect(price).to_have_value("4.00")
    assert live_server.get(f"/products/{made['id']}")["product"]["price"] == "9.99"
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    owner.on("dialog", stay)
    async with owner.expect_event("dialog"):
        await owner.get_by_role("link", name="Cancel").click()
    await expect(price).to_have_value("4.00")
    assert asked == ["Leave without saving? Your changes will be lost."]
    await owner.get_by_role("button", name="Save changes").click()
    await box.get_by_role("button", name="Use mine").click()
    await said(owner, "Changes saved")
    await expect(owner).to_have_url(address(f"/products/{made['id']}"))
    assert (live_server.get(f"/products/{made['id']}")["product"]["price"], len(asked)) == ("4.00", 1)


async def test_the_address_of_no_record_is_not_edited(owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name="Seen before")
    await owner.goto(f"/products/{made['id']}/edit")
    await arrived(owner, "Seen before")
    for noun in ("products", "customers", "orders", "users"):
        await owner.goto(f"/{noun}/{'f' * 24}/edit")
        await arrived(owner, "This page cannot be shown")
        await expect(owner.get_by_role("link", name=f"Back to {noun}")).to_be_visible()


async def test_a_product_is_deleted_by_its_name(owner: Page, live_server: DemoShop) -> None:
    made = live_server.product(name="Going <soon>")
    await owner.goto(f"/products/{made['id']}/edit")
    await owner.get_by_role("button", name="Delete product…").click()
    box = owner.get_by_role("alertdialog")
    await expect(box).to_contain_text("It disappears from the catalogue.")
    confirm = box.get_by_role("button", name="Delete product")
    await expect(confirm).to_be_disabled()
    await box.get_by_role("textbox").fill("Going")
    await expect(confirm).to_be_disabled()
    await box.get_by_role("button", name="Cancel").click()
    await expect(box).to_be_hidden()
    await expect(owner.get_by_role("button", name="Delete product…")).to_be_focused()
    assert live_server.get(f"/products/{made['id']}")["product"]["name"] == "Going <soon>"

    await owner.get_by_role("button", name="Delete product…").click()
    await box.get_by_role("textbox").fill("Going <soon>")
    await confirm.click()
    await expect(owner).to_have_url(address("/products"))
    await said(owner, "Product “Going <soon>” deleted.")
    assert live_server.get("/products", search=made["sku"])["products"] == []
    await owner.goto(f"/products/{made['id']}")
    await expect(owner.get_by_role("alert")).to_contain_text("This record does not exist, or you may not see it.")
    await owner.goto(f"/products/{made['id']}/edit")
    await expect(owner.get_by_role("alert")).to_contain_text("This record does not exist, or you may not see it.")


async def test_a_user_is_created_changed_and_deleted(owner: Page, live_server: DemoShop) -> None:
    email = f"{unused('Nora')}@Shop.example"
    await owner.goto("/users/new")
    await owner.get_by_label("Name", exact=True).fill("N")
    await owner.get_by_label("E-mail").fill("not an address")
    await owner.get_by_label("Password", exact=True).fill("short")
    create = owner.get_by_role("button", name="Create user")
    await create.click()
    await invalid(owner, "Name", "Enter at least 2 characters.")
    await invalid(owner, "E-mail", "Enter a valid e-mail address, such as name@example.com.")
    await expect(owner.get_by_label("Name", exact=True)).to_be_focused()
    await owner.get_by_label("Name", exact=True).fill("Nora New")
    await owner.get_by_label("E-mail").fill(live_server.people["admin"].email.upper())
    await create.click()
    await invalid(owner, "Password", "Use at least 8 characters.")
    await expect(owner.get_by_label("Password", exact=True)).to_have_value("short")
    await owner.get_by_label("Password", exact=True).fill("Garden-gate-42")
    await create.click()
    await expect(owner.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await owner.get_by_label("E-mail").fill(email)
    await choose(owner, "Role", "Moderator")
    await create.click()
    await said(owner, "User created.")
    await expect(owner.get_by_role("heading", level=1)).to_have_text("Nora New")
    await expect(owner.get_by_role("main")).to_contain_text(email.lower())
    # Not with the cookies of the owner, whose session would be over.
    known = {"email": email, "password": "Garden-gate-42"}
    answer = await asyncio.to_thread(httpx.post, f"{live_server.url}/api/v1/auth/login", json=known, timeout=PATIENCE)
    assert answer.json()["data"]["user"]["role"] == "moderator"


async def test_nobody_takes_away_their_own_access(owner: Page, live_server: DemoShop) -> None:
    me = live_server.get("/auth/me")["user"]
    await owner.goto(f"/users/{me['id']}/edit")
    await choose(owner, "Status", "Suspended")
    await owner.get_by_role("button", name="Save changes").click()
    await expect(owner.get_by_role("alert")).to_contain_text("You cannot delete your own account, suspend it or change its role.")
    assert live_server.get("/auth/me")["user"]["status"] == "active"


async def test_a_user_is_suspended_and_deleted(owner: Page, live_server: DemoShop) -> None:
    person = {"name": "Theo Temp", "email": f"{unused('theo')}@shop.example", "password": "Garden-gate-42"}
    made = live_server.ask("POST", "/users", json=person)["user"]
    await owner.goto(f"/users/{made['id']}")
    await owner.get_by_role("link", name="Edit user").click()
    await choose(owner, "Plan", "Pro")
    await owner.get_by_label("Company").fill("Temp & Sons")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    now = live_server.get(f"/users/{made['id']}")["user"]
    assert (now["plan"], now["company"], now["role"]) == ("Pro", "Temp & Sons", "user")
    await owner.get_by_role("link", name="Edit user").click()
    await owner.get_by_role("button", name="Delete user…").click()
    await owner.get_by_role("alertdialog").get_by_role("textbox").fill("Theo Temp")
    await owner.get_by_role("alertdialog").get_by_role("button", name="Delete user").click()
    await expect(owner).to_have_url(address("/users"))
    await expect(names(owner).filter(has_text="Theo")).to_have_count(0)


@pytest.mark.parametrize("stays", [True, False])
async def test_leaving_with_unsaved_changes_is_asked_about(owner: Page, stays: bool) -> None:
    asked: list[str] = []

    async def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await (dialog.dismiss() if stays else dialog.accept())

    owner.on("dialog", answer)
    await owner.goto("/products/new")
    await arrived(owner, "Create product")
    await owner.get_by_label("Name", exact=True).fill("Half done")
    async with owner.expect_event("dialog"):
        await owner.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    if stays:
        await expect(owner).to_have_url(address("/products/new"))
        await expect(owner.get_by_label("Name", exact=True)).to_have_value("Half done")
    else:
        await arrived(owner, "Orders")
    assert asked == ["Leave without saving? Your changes will be lost."]


async def test_going_back_with_unsaved_changes_is_asked_about(owner: Page) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    owner.on("dialog", stay)
    await owner.goto("/products")
    await owner.get_by_role("link", name="Create product").first.click()
    await owner.get_by_label("Name", exact=True).fill("Half done")
    async with owner.expect_event("dialog"):
        await owner.evaluate("history.back()")
    await expect(owner).to_have_url(address("/products/new"))
    await expect(owner.get_by_label("Name", exact=True)).to_have_value("Half done")
    # So is closing the tab.
    async with owner.expect_event("dialog"):
        await owner.close(run_before_unload=True)
    await expect(owner.get_by_label("Name", exact=True)).to_have_value("Half done")
    assert asked == ["confirm", "beforeunload"]


async def test_leaving_an_untouched_or_saved_form_is_not_asked_about(owner: Page, live_server: DemoShop) -> None:
    asked: list[str] = []
    owner.on("dialog", lambda dialog: asked.append(dialog.message))
    await owner.goto("/products/new")
    await expect(owner.get_by_label("Name", exact=True)).to_be_visible()
    await owner.get_by_role("link", name="Cancel").click()
    await arrived(owner, "Products")
    made = live_server.product(name="Saved")
    await owner.goto(f"/products/{made['id']}/edit")
    await owner.get_by_label("Barcode").fill("123")
    await owner.get_by_role("button", name="Save changes").click()
    await said(owner, "Changes saved.")
    await owner.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    await arrived(owner, "Orders")
    assert asked == []
