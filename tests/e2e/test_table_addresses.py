"""Everything a table shows is in its address: reload, back, a shared link; and addresses that make no sense."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived, follows, names
from tests.e2e.shops import DemoShop

SHARED = "/products?search=bag&minPrice=1&sort=-price&page=2"
QUERY = {"search": "bag", "minPrice": "1", "sort": "-price", "page": "2"}


async def test_reload_restores(owner: Page, live_server: DemoShop) -> None:
    await owner.goto(SHARED)
    await follows(owner, live_server, "products", **QUERY)
    await owner.reload()
    await follows(owner, live_server, "products", **QUERY)
    await expect(owner.get_by_role("searchbox")).to_have_value("bag")
    await expect(owner.locator("th", has_text="Price")).to_have_attribute("aria-sort", "descending")


async def test_a_shared_link_shows_the_same_to_somebody_else(new_context: NewContext, live_server: DemoShop) -> None:
    for role in ("owner", "moderator"):
        page = await (await new_context(role, left=True)).new_page()
        await page.goto(SHARED)
        await follows(page, live_server, "products", **QUERY)
        await expect(page.get_by_role("searchbox")).to_have_value("bag")


async def test_back_and_forward(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/customers")
    await follows(owner, live_server, "customers")
    await owner.get_by_role("button", name="Segment").click()
    await owner.get_by_role("menuitem", name="Repeat").click()
    await follows(owner, live_server, "customers", segment="repeat")
    await owner.get_by_role("link", name="Next page").click()
    await follows(owner, live_server, "customers", segment="repeat", page="2")
    await names(owner).first.click()
    await expect(owner.get_by_role("heading", name="Orders", level=2)).to_be_visible()
    await owner.go_back()
    await follows(owner, live_server, "customers", segment="repeat", page="2")
    await owner.go_back()
    await follows(owner, live_server, "customers", segment="repeat")
    await owner.go_back()
    await follows(owner, live_server, "customers")
    await expect(owner).to_have_url(address("/customers"))
    await owner.go_forward()
    await follows(owner, live_server, "customers", segment="repeat")


async def test_back_restores_the_search_box(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/customers?search=1274")
    await follows(owner, live_server, "customers", search="1274")
    await names(owner).first.click()
    await expect(owner.get_by_role("heading", name="Orders", level=2)).to_be_visible()
    await owner.go_back()
    await follows(owner, live_server, "customers", search="1274")
    await expect(owner.get_by_role("searchbox")).to_have_value("1274")


async def test_no_match_says_so_and_clears(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/products?search=no+such+thing&stock=in")
    await expect(owner.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await owner.get_by_role("link", name="Clear filters").click()
    await expect(owner).to_have_url(address("/products"))
    await follows(owner, live_server, "products")
    await expect(owner.get_by_role("searchbox")).to_have_value("")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sort=nonsense", "Choose one of: createdAt, name, price"),
        ("page=abc", "Enter a whole number"),
        ("page=0", "Enter a whole number"),
        ("minPrice=cheap", "Enter an amount, such as 12.50."),
        ("status=unknown", "Choose one of: draft, published"),
        ("colour=red", "This parameter is not known here."),
    ],
)
async def test_an_address_that_makes_no_sense(owner: Page, live_server: DemoShop, query: str, words: str) -> None:
    await owner.goto(f"/products?{query}")
    alert = owner.get_by_role("alert")
    await expect(alert).to_contain_text("The list cannot be shown as asked.")
    await expect(alert).to_contain_text(words)
    await expect(owner.get_by_role("table")).to_have_count(0)
    await arrived(owner, "Products")
    await alert.get_by_role("link", name="Clear filters").click()
    await follows(owner, live_server, "products")
    await expect(alert).to_have_count(0)


async def test_a_page_beyond_the_last_leads_to_the_last(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/users?role=moderator&page=900&sort=name")
    await follows(owner, live_server, "users", role="moderator", sort="name")
    await expect(owner).to_have_url(address("/users?role=moderator&sort=name"))
    last = live_server.get("/orders", limit="25", kind="return")["pagination"]["totalPages"]
    await owner.goto("/orders?kind=return&page=9000")
    await follows(owner, live_server, "orders", "number", kind="return", page=str(last))
    await expect(owner).to_have_url(address(f"/orders?kind=return&page={last}"))


async def test_text_that_looks_like_markup_stays_text(owner: Page, live_server: DemoShop) -> None:
    name = "<img src=x onerror=\"document.title='broken'\"> & 50% 'off' \"now\""
    made = live_server.product(name=name, tags=["<b>tag</b>"])
    await owner.goto(f"/products?search={made['sku']}")
    await expect(names(owner).first).to_have_text(name)
    await names(owner).first.click()
    await expect(owner.get_by_role("heading", level=1)).to_have_text(name)
    await expect(owner.get_by_role("link", name="<b>tag</b>")).to_be_visible()
    assert "broken" not in await owner.title()
    await owner.get_by_role("link", name="<b>tag</b>").click()
    await follows(owner, live_server, "products", tag="<b>tag</b>")
