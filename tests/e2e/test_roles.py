"""What each role sees: its menu, its pages, its records."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.shops import DemoShop

MENUS = {
    "user": ["Dashboard", "Orders", "Products", "Analytics"],
    "moderator": ["Dashboard", "Orders", "Products", "Customers", "Analytics", "Users"],
    "enterprise": ["Dashboard", "Orders", "Products", "Customers", "Analytics"],
    "admin": ["Dashboard", "Orders", "Products", "Customers", "Analytics", "Users", "Roles", "Administration"],
}
CLOSED = {
    "user": ["/customers", "/customers/{customer}", "/admin", "/welcome", "/users/new", "/products/new", "/products/{product}/edit"],
    "moderator": ["/admin", "/welcome", "/users/new", "/users/{owner}/edit", "/products/new"],
    "enterprise": ["/admin", "/welcome", "/users/new", "/users/{owner}/edit"],
}

ASK = "Your role does not include it. Ask an administrator of the shop for access."


async def page_of(new_context: NewContext, role: str, path: str) -> Page:
    """A page of somebody with this role."""
    page = await (await new_context(role, left=True)).new_page()
    await page.goto(path)
    return page


def ids(shop: DemoShop) -> dict[str, str]:
    """A record of each kind that is nobody's own."""
    return {
        "customer": shop.get("/customers", limit=1)["customers"][0]["id"],
        "product": shop.get("/products", limit=1, status="published", visibility="visible")["products"][0]["id"],
        "owner": shop.get("/auth/me")["user"]["id"],
    }


@pytest.mark.parametrize("role", MENUS)
async def test_the_menu_shows_what_the_role_may_open(new_context: NewContext, role: str) -> None:
    page = await page_of(new_context, role, "/")
    navigation = page.get_by_role("navigation", name="Main")
    await expect(navigation.get_by_role("link")).to_have_text(MENUS[role])
    # The palette offers the same places.
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option")).to_have_count(len(MENUS[role]))
    await page.keyboard.press("Escape")
    for label in MENUS[role][1:]:
        await navigation.get_by_role("link", name=label).click()
        await expect(page.get_by_role("heading", name=label, level=1)).to_be_visible()
        await expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)


@pytest.mark.parametrize("role", CLOSED)
async def test_a_page_of_others_is_closed(new_context: NewContext, live_server: DemoShop, role: str) -> None:
    known = ids(live_server)
    page = await page_of(new_context, role, "/")
    for path in CLOSED[role]:
        await page.goto(path.format(**known))
        await expect(page.get_by_role("heading", name="You may not open this page", level=1)).to_be_visible()
        # Nothing else is said, and nothing of the record.
        await expect(page.get_by_role("main")).to_have_text(f"You may not open this page{ASK}Back to the dashboard")
        await expect(page.get_by_role("status", name="Messages")).to_be_empty()


async def test_a_user_sees_their_own_orders_only(new_context: NewContext, live_server: DemoShop) -> None:
    own = live_server.get("/orders", "user", limit=100)
    total = own["pagination"]["totalItems"]
    assert 0 < total < live_server.get("/orders")["pagination"]["totalItems"]
    page = await page_of(new_context, "user", "/orders")
    await expect(page.get_by_role("heading", name="Orders").locator("+ *")).to_have_text(f"{total:,}")
    await expect(page.locator("tbody tr")).to_have_count(min(25, total))

    mine = {order["id"] for order in own["orders"]}
    foreign = next(order for order in live_server.get("/orders", limit=100)["orders"] if order["id"] not in mine)
    await page.goto(f"/orders/{foreign['id']}")
    await expect(page.get_by_role("alert")).to_contain_text("This record does not exist, or you may not see it.")
    assert foreign["number"] not in await page.get_by_role("main").inner_text()

    # Their figures are those of their own orders.
    figures = live_server.get("/analytics/overview", "user", **{"from": "2011-11-10", "to": "2011-12-10"})
    await page.goto("/?from=2011-11-10&to=2011-12-10")
    tile = page.get_by_role("link", name="Orders", exact=False).filter(has_text="vs previous")
    await expect(tile.nth(0)).to_contain_text(str(figures["orders"]))


async def test_a_user_finds_only_themselves_among_the_users(new_context: NewContext, live_server: DemoShop) -> None:
    page = await page_of(new_context, "user", "/users")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text(live_server.people["user"].email)
    await page.goto(f"/users/{ids(live_server)['owner']}")
    await expect(page.get_by_role("alert")).to_contain_text("This record does not exist, or you may not see it.")


@pytest.mark.parametrize(("role", "creates", "edits"), [("user", False, False), ("moderator", False, True), ("enterprise", True, True)])
async def test_buttons_are_there_for_those_who_may(
    new_context: NewContext, live_server: DemoShop, role: str, creates: bool, edits: bool
) -> None:
    page = await page_of(new_context, role, "/products")
    await expect(page.locator("tbody tr").first.get_by_role("link")).to_be_visible()
    await expect(page.get_by_role("link", name="Create product")).to_have_count(int(creates))
    await page.goto(f"/products/{ids(live_server)['product']}")
    await expect(page.get_by_role("definition").first).to_be_visible()
    await expect(page.get_by_role("link", name="Edit product")).to_have_count(int(edits))
    if edits:
        await page.get_by_role("link", name="Edit product").click()
        await expect(page.get_by_role("button", name="Save changes")).to_be_visible()
        await expect(page.get_by_role("button", name="Delete product…")).to_have_count(int(creates))
