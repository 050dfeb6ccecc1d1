"""The tables: search, filters, sort and pages by mouse and keyboard; what they show is what REST answers."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.driving import address, arrived, follows, names, total
from tests.e2e.shops import DemoShop

NAMES = {"products": "name", "orders": "number", "customers": "name", "users": "name"}
QUERIES = {
    "products": [
        "",
        "search=heart tea",
        "category=Jewellery",
        "stock=out",
        "minPrice=5&maxPrice=10",
        "sort=-price",
        "tag=red",
        "status=draft",
    ],
    "orders": [
        "kind=return",
        "status=shipped",
        "country=France",
        "from=2011-11-01&to=2011-12-01",
        "minTotal=1000&sort=-total",
        "search=1268",
    ],
    "customers": ["segment=repeat", "country=Germany&sort=name", "search=127", "sort=name&page=3", "firstFrom=2011-12-01"],
    "users": ["role=admin", "plan=Pro,Free", "search=DEMO", "sort=name", "status=active&role=user,moderator"],
}


def query(text: str) -> dict[str, str]:
    """A query string as the parameters of a request."""
    return dict(part.split("=") for part in text.split("&") if part)


@pytest.mark.parametrize("noun", NAMES)
async def test_an_address_shows_what_rest_answers_to_it(owner: Page, live_server: DemoShop, noun: str) -> None:
    for text in QUERIES[noun]:
        await owner.goto(f"/{noun}?{text}")
        found = live_server.get(f"/{noun}", limit="25", **query(text))
        if found[noun]:
            await follows(owner, live_server, noun, NAMES[noun], **query(text))
        else:
            await expect(owner.get_by_role("heading", name="Nothing matches")).to_be_visible()
        await expect(owner.get_by_role("alert")).to_have_count(0)


async def test_search_while_typing(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/products")
    await arrived(owner, "Products")
    box = owner.get_by_role("searchbox", name="Search products")
    await box.press_sequentially("christmas tree", delay=15)
    await expect(owner).to_have_url(address("/products?search=christmas+tree"))
    await follows(owner, live_server, "products", search="christmas tree")
    await expect(box).to_be_focused()
    await expect(box).to_have_value("christmas tree")
    await box.fill("")
    await expect(owner).to_have_url(address("/products"))
    await follows(owner, live_server, "products")
    # Typing leaves no trail in the history.
    assert await owner.evaluate("history.length") <= 2


async def test_the_slash_key_goes_to_the_search(owner: Page) -> None:
    await owner.goto("/orders")
    await arrived(owner, "Orders")
    await owner.keyboard.press("/")
    await expect(owner.get_by_role("searchbox", name="Search orders")).to_be_focused()


async def test_filters_and_their_chips(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/orders")
    await arrived(owner, "Orders")
    await follows(owner, live_server, "orders", "number")
    bar = owner.get_by_role("search")
    await bar.get_by_role("button", name="Status", exact=True).click()
    await owner.get_by_role("menuitem", name="Shipped").click()
    await expect(owner).to_have_url(address("/orders?status=shipped"))
    await follows(owner, live_server, "orders", "number", status="shipped")
    await bar.get_by_role("button", name="Status", exact=True).click()
    await owner.get_by_role("menuitem", name="Processing").click()
    await follows(owner, live_server, "orders", "number", status="shipped,processing")
    await bar.get_by_role("button", name="Kind").click()
    await owner.get_by_role("menuitem", name="Sale").click()
    await follows(owner, live_server, "orders", "number", status="shipped,processing", kind="sale")

    chips = bar.get_by_role("link").filter(has_text="Remove this filter")
    await expect(chips).to_have_count(2)
    await expect(chips.nth(0)).to_contain_text("Kind is")
    await expect(chips.nth(1)).to_contain_text("Status is")
    await chips.nth(1).click()
    await follows(owner, live_server, "orders", "number", kind="sale")
    await expect(chips).to_have_count(1)
    await chips.click()
    await expect(owner).to_have_url(address("/orders"))
    await follows(owner, live_server, "orders", "number")


async def test_a_range_is_entered_in_a_popover(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/products")
    await arrived(owner, "Products")
    bar = owner.get_by_role("search")
    await bar.get_by_role("button", name="Price").click()
    box = owner.get_by_role("dialog", name="Price")
    await box.get_by_label("From").fill("9.5")
    await box.get_by_label("To").fill("10.25")
    await box.get_by_role("button", name="Apply").click()
    await expect(owner).to_have_url(address("/products?minPrice=9.5&maxPrice=10.25"))
    await follows(owner, live_server, "products", minPrice="9.5", maxPrice="10.25")
    await expect(bar.get_by_role("link", name="Clear")).to_be_visible()
    # The popover shows what is set, and an emptied field removes it.
    await bar.get_by_role("button", name="Price").click()
    await expect(box.get_by_label("From")).to_have_value("9.5")
    await box.get_by_label("From").fill("")
    await box.get_by_role("button", name="Apply").click()
    await follows(owner, live_server, "products", maxPrice="10.25")
    await owner.goto("/products?minPrice=9.5&maxPrice=10.25&sort=name")
    await bar.get_by_role("link", name="Clear").click()
    await expect(owner).to_have_url(address("/products"))


async def test_headings_sort(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/products")
    await arrived(owner, "Products")
    head = owner.locator("th", has_text="Price")
    await head.get_by_role("link").click()
    await follows(owner, live_server, "products", sort="-price")
    await expect(head).to_have_attribute("aria-sort", "descending")
    await head.get_by_role("link").click()
    await follows(owner, live_server, "products", sort="price")
    await expect(head).to_have_attribute("aria-sort", "ascending")
    name = owner.locator("th", has_text="Product").first
    await name.get_by_role("link").click()
    await follows(owner, live_server, "products", sort="name")
    await expect(name).to_have_attribute("aria-sort", "ascending")
    await expect(head).to_have_attribute("aria-sort", "none")


async def test_pages_next_last_first(owner: Page, live_server: DemoShop) -> None:
    pages = live_server.get("/orders", limit="25")["pagination"]["totalPages"]
    await owner.goto("/orders?status=delivered")
    await arrived(owner, "Orders")
    steps = owner.get_by_role("navigation", name="Pages")
    await expect(steps.get_by_role("link", name="Previous page")).to_have_count(0)
    await steps.get_by_role("link", name="Next page").click()
    await follows(owner, live_server, "orders", "number", status="delivered", page="2")
    await expect(steps).to_contain_text("26–50 of")
    await steps.get_by_role("link", name="Last page").click()
    found = live_server.get("/orders", limit="25", status="delivered")["pagination"]
    await follows(owner, live_server, "orders", "number", status="delivered", page=str(found["totalPages"]))
    await expect(steps.get_by_role("link", name="Next page")).to_have_count(0)
    await expect(steps).to_contain_text(f"–{found['totalItems']:,} of {found['totalItems']:,}")
    await steps.get_by_role("link", name="Previous page").click()
    await follows(owner, live_server, "orders", "number", status="delivered", page=str(found["totalPages"] - 1))
    await steps.get_by_role("link", name="First page").click()
    await expect(owner).to_have_url(address("/orders?status=delivered"))
    await follows(owner, live_server, "orders", "number", status="delivered")
    assert pages > found["totalPages"]


@pytest.mark.parametrize("noun", NAMES)
async def test_a_row_leads_to_its_record(owner: Page, noun: str) -> None:
    await owner.goto(f"/{noun}")
    await expect(names(owner).first).to_be_visible()
    name = (await names(owner).first.inner_text()).strip()
    await names(owner).first.click()
    await expect(owner.get_by_role("heading", level=1)).to_contain_text(name)
    await owner.get_by_role("main").get_by_role("link", name=noun.capitalize(), exact=True).click()
    await expect(owner).to_have_url(address(f"/{noun}"))
    await expect(total(owner)).not_to_be_empty()
