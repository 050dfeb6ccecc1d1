"""On a phone: nothing is wider than the screen, fingers hit what they aim at, the navigation is a drawer."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Look, NewContext
from tests.e2e.driving import WHY_DAYS_END, address, at_rest, follows, names
from tests.e2e.shops import DemoShop

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
LISTS = ("/products", "/orders", "/customers", "/users")
OTHERS = (
    "/",
    "/analytics",
    "/analytics/customers",
    "/analytics/inventory",
    "/admin",
    "/welcome",
    "/products/new",
    "/users/new",
    "/imports",
    "/users/import",
)

# What a finger hits half a target (22 px, less one for rounding) above, below, left and right of the middle. A table's rows
# and running text are apart: a row is one target, and links in text may be as high as their line (WCAG 2.5.8).
_TOO_SMALL = """() => {
  const controls = "button, input:not([type=hidden]), select, textarea, summary, a[href]";
  const shown = [...document.querySelectorAll(controls)].filter((found) =>
    found.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && found.getBoundingClientRect().width > 1
    && !found.closest("td, tbody th, p, dd, [inert], [aria-hidden=true]"));
  return shown.flatMap((found) => {
    found.scrollIntoView({ block: "center", inline: "center" });
    const target = found.type === "checkbox" ? found.closest("label") : found;
    const box = target.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const misses = [[0, -21], [0, 21], [-21, 0], [21, 0]].filter(([right, down]) => {
      const hit = document.elementFromPoint(x + right, y + down);
      return !(hit && (target.contains(hit) || hit.contains(target) && hit.closest("label")));
    });
    return misses.length ? [`${found.outerHTML.slice(0, 160)} (${Math.round(box.width)} × ${Math.round(box.height)})`] : [];
  });
}"""


async def on_phone(new_context: NewContext, path: str, role: str = "owner") -> Page:
    """A page on a phone of 390 px."""
    page = await (await new_context(role, **PHONE, left=True)).new_page()
    await page.goto(path)
    await at_rest(page)
    return page


async def fits(page: Page) -> None:
    """Nothing makes the page scroll sideways."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", [*LISTS, *OTHERS])
async def test_a_page_fits_and_its_targets_are_large(look: Look, path: str) -> None:
    page = await look(path, "light", **PHONE)
    await at_rest(page)
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []


@pytest.mark.parametrize("noun", ["products", "orders", "customers", "users"])
async def test_a_record_fits(look: Look, live_server: DemoShop, noun: str) -> None:
    record = live_server.get(f"/{noun}", limit="1")[noun][0]
    page = await look(f"/{noun}/{record['id']}", "light", **PHONE)
    await at_rest(page)
    await expect(page.get_by_role("definition").first).to_be_visible()
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []


async def test_sign_in_fits(new_context: NewContext) -> None:
    page = await on_phone(new_context, "/login", role="")
    await fits(page)
    assert await page.evaluate(_TOO_SMALL) == []


async def test_the_drawer(new_context: NewContext) -> None:
    page = await on_phone(new_context, "/")
    await expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    opener = page.get_by_role("button", name="Open the navigation")
    await opener.tap()
    drawer = page.get_by_role("dialog", name="Navigation")
    await expect(drawer).to_be_visible()
    assert (
        await page.evaluate(_TOO_SMALL.replace("document.querySelectorAll", "document.querySelector('[role=dialog]').querySelectorAll"))
        == []
    )
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    await expect(opener).to_be_focused()
    await opener.tap()
    await drawer.get_by_role("link", name="Customers").tap()
    await expect(page).to_have_url(address("/customers"))
    await expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    await expect(drawer).to_be_hidden()


async def test_a_list_is_searched_filtered_and_sorted_with_a_finger(new_context: NewContext, live_server: DemoShop) -> None:
    page = await on_phone(new_context, "/orders")
    bar = page.get_by_role("search")
    await bar.get_by_role("button", name="Status", exact=True).tap()
    await page.get_by_role("menuitem", name="Shipped").tap()
    await follows(page, live_server, "orders", "number", status="shipped")
    await bar.get_by_role("button", name="Sort").tap()
    await page.get_by_role("menuitem", name="Total").tap()
    await follows(page, live_server, "orders", "number", status="shipped", sort="-total")
    await fits(page)
    # A row is one target: it can be tapped anywhere.
    row = page.locator("tbody tr").first
    box = await row.bounding_box()
    assert box
    assert box["height"] >= 44
    name = await names(page).first.inner_text()
    await page.touchscreen.tap(box["x"] + box["width"] - 12, box["y"] + box["height"] - 8)
    await expect(page.get_by_role("heading", level=1)).to_contain_text(name)


async def test_the_action_of_a_form_stays_in_reach(new_context: NewContext) -> None:
    page = await on_phone(new_context, "/products/new")
    create = page.get_by_role("button", name="Create product")
    await expect(create).to_be_in_viewport()
    await page.get_by_label("Name", exact=True).fill("By thumb")
    await create.tap()
    await expect(page.get_by_label("Price", exact=True)).to_be_focused()
    await expect(page.get_by_label("Price", exact=True)).to_be_in_viewport()


async def _apart(upper: Locator, lower: Locator) -> None:
    """One stands above the other, and covers nothing of it."""
    edges = (
        await upper.evaluate("(one) => one.getBoundingClientRect().bottom"),
        await lower.evaluate("(one) => one.getBoundingClientRect().top"),
    )
    assert edges[0] <= edges[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_message_stands_above_the_main_action(new_context: NewContext, live_server: DemoShop, theme: str) -> None:
    made = live_server.product(name="Said above")
    page = await (await new_context("owner", **PHONE, color_scheme=theme, left=True)).new_page()
    await page.goto(f"/products/{made['id']}/edit")
    await page.get_by_label("Name", exact=True).fill("Said just above")
    await page.get_by_role("button", name="Save changes").tap()
    edit = page.get_by_role("link", name="Edit product")
    await expect(edit).to_be_in_viewport()
    message = page.get_by_role("status", name="Messages").locator(".expire").first
    await expect(message).to_be_in_viewport()
    await _apart(message, edit.locator(".."))


async def test_messages_stand_above_the_bar_of_chosen_rows(new_context: NewContext) -> None:
    page = await on_phone(new_context, "/products")
    await page.locator("[data-pick]").first.tap()
    bar = page.get_by_role("region", name="Selected rows")
    await expect(bar).to_be_visible()
    # The region is as high as its messages, and has none: this is where the lowest of them ends.
    await _apart(page.locator("[aria-label=Messages]"), bar)


async def test_a_row_says_all_that_it_has_to_say(new_context: NewContext) -> None:
    page = await on_phone(new_context, "/users")
    cut = """() => [...document.querySelectorAll("tbody th div > div")].filter((one) => one.scrollHeight > one.clientHeight + 1
      || one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
    await expect(page.locator("tbody th")).not_to_have_count(0)
    assert await page.evaluate(cut) == []


@pytest.mark.parametrize(
    "path", ["/", "/analytics", "/analytics/products", "/analytics/customers", "/analytics/inventory", "/analytics/ageing"]
)
async def test_no_figure_and_no_day_is_cut(new_context: NewContext, path: str) -> None:
    page = await on_phone(new_context, path)
    await expect(page.get_by_role("main").get_by_text(WHY_DAYS_END)).to_be_visible()
    cut = """() => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).textOverflow === "ellipsis").map((one) => one.textContent)"""
    assert await page.evaluate(cut) == []


@pytest.mark.parametrize("path", ["/analytics/inventory", "/analytics/ageing"])
async def test_the_tables_of_the_stock_are_read_without_scrolling_sideways(
    new_context: NewContext, live_server: DemoShop, path: str
) -> None:
    for stock in (0, 9):
        live_server.product(name="Donaudampfschifffahrtsgesellschaftskapitän", inventory={"stock": stock})
    page = await on_phone(new_context, f"{path}?from=2011-11-01&to=2011-12-01")
    for region in await page.get_by_role("main").get_by_role("region").filter(has=page.locator("table")).all():
        assert await region.evaluate("(found) => found.scrollWidth <= found.clientWidth"), await region.get_attribute("aria-label")
        lines = "(found) => [...found.querySelectorAll('tbody th > a')].map((one) => one.getClientRects().length)"
        assert max(await region.evaluate(lines)) <= 2, "a name has room"
    rows = [await page.get_by_role("button", name=name).bounding_box() for name in ("Share", "1–30 Nov 2011", "Period")]
    assert len({round(box["y"]) for box in rows if box}) == 1, "the buttons stand on one line"
