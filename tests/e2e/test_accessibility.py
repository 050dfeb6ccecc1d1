"""axe finds nothing on any page, light and dark, on a desk and on a phone, with its menus and dialogs open.

Nor does a page need what its security policy forbids.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import COLOURS, Complaints, Look, NewContext
from tests.e2e.driving import Theme, at_rest, violations, wear
from tests.e2e.shops import DemoShop
from tests.e2e.test_phone import PHONE

Axe = Callable[..., Awaitable[list[str]]]
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
SCREENS = {"desk": DESK, "phone": PHONE}
PAGES = {
    "dashboard": "/?from=2011-11-01&to=2011-12-01",
    "analytics": "/analytics?from=2011-11-01&to=2011-12-01",
    **{
        f"analytics of {tab}": f"/analytics/{tab}?from=2011-11-01&to=2011-12-01"
        for tab in ("products", "customers", "inventory", "ageing", "forecast", "metrics")
    },
    "products": "/products?status=published&sort=name",
    "orders": "/orders?kind=return",
    "customers": "/customers",
    "users": "/users",
    "product": "/products/{products}",
    "order": "/orders/{orders}",
    "customer": "/customers/{customers}",
    "user": "/users/{users}",
    "new product": "/products/new",
    "new user": "/users/new",
    "edit product": "/products/{products}/edit",
    "edit user": "/users/{users}/edit",
    "import": "/products/import",
    "imports": "/imports",
    "administration": "/admin",
    "welcome": "/welcome",
    "nothing matches": "/products?search=no+such+thing",
    "bad address": "/orders?sort=nonsense",
    "no such record": "/orders/000000000000000000000000",
    "no such page": "/no/such/page",
}


async def in_theme(page: Page, axe: Axe, theme: Theme, *without: str, only: tuple[str, ...] = ()) -> None:
    """Nothing is found in one theme."""
    await wear(page, theme)
    assert await axe(page, *without, only=only) == [], theme


async def in_both_themes(page: Page, axe: Axe) -> None:
    """Nothing is found, in the light and in the dark."""
    await in_theme(page, axe, "light")
    await in_theme(page, axe, "dark", only=COLOURS)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
async def test_a_page(look: Look, live_server: DemoShop, axe: Axe, complaints: Complaints, name: str, screen: str) -> None:
    """Opened in the one theme and brought into the other, it also needs nothing that its security policy forbids."""
    themes: list[Theme] = ["light", "dark"] if screen == "desk" else ["dark", "light"]
    ids = {noun: live_server.get(f"/{noun}", limit="1")[noun][0]["id"] for noun in ("products", "orders", "customers", "users")}
    page = await look(PAGES[name].format(**ids), themes[0], **SCREENS[screen])
    await at_rest(page)
    for theme, only in zip(themes, ((), COLOURS), strict=True):
        await in_theme(page, axe, theme, only=only)
        assert await violations(page) == []
    if name == "no such page":
        complaints.forget("404")


@pytest.mark.parametrize("screen", SCREENS)
async def test_sign_in(new_context: NewContext, axe: Axe, complaints: Complaints, screen: str) -> None:
    page = await (await new_context(**SCREENS[screen], left=True)).new_page()
    await page.goto("/login")
    await at_rest(page)
    await in_both_themes(page, axe)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("[data-error-for=email]")).to_be_visible()
    await in_both_themes(page, axe)
    complaints.forget("422")


@pytest.mark.parametrize("role", ["user"])
async def test_a_closed_page(new_context: NewContext, axe: Axe, role: str) -> None:
    page = await (await new_context(role, left=True)).new_page()
    await page.goto("/customers")
    await expect(page.get_by_role("heading", name="You may not open this page")).to_be_visible()
    await in_both_themes(page, axe)


LOOKS: list[tuple[str, Theme]] = [("desk", "light"), ("phone", "dark")]
"""Enough for what floats: its colours do not depend on the screen."""

# What floats hangs at the end of the body, beside the landmarks (WAI-ARIA: a menu belongs to its button).
FLOATING = "region"


async def open_menu(page: Page, name: str) -> None:
    """Open a menu or popover by its button."""
    await page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("menu").or_(page.get_by_role("dialog"))).to_be_visible()


@pytest.mark.parametrize(("screen", "theme"), LOOKS)
@pytest.mark.parametrize(
    ("path", "button"),
    [
        ("/orders", "Status"),
        ("/orders", "Total"),
        ("/products", "Category"),
        ("/", "Period"),
        ("/?from=2011-11-01&to=2011-12-01", "1–30 Nov 2011"),
    ],
)
async def test_an_open_menu(new_context: NewContext, axe: Axe, path: str, button: str, screen: str, theme: Theme) -> None:
    page = await (await new_context("owner", **SCREENS[screen], left=True)).new_page()
    await page.goto(path)
    await at_rest(page)
    await open_menu(page, button)
    await in_theme(page, axe, theme, FLOATING)


@pytest.mark.parametrize(("screen", "theme"), LOOKS)
async def test_a_table_at_work(new_context: NewContext, live_server: DemoShop, axe: Axe, screen: str, theme: Theme) -> None:
    made = live_server.product(name="Worked on")
    page = await (await new_context("owner", **SCREENS[screen], left=True)).new_page()
    await page.goto("/products?search=Worked+on")
    await at_rest(page)
    await page.locator("[data-pick]").first.click()
    await expect(page.get_by_role("region", name="Selected rows")).to_be_visible()
    await in_theme(page, axe, theme)
    if screen == "desk":
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await in_theme(page, axe, theme, FLOATING)
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Display").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await in_theme(page, axe, theme, FLOATING)
        await page.keyboard.press("Escape")
        await page.locator(f"[data-edit='{made['id']} price']").dblclick()
        await expect(page.get_by_role("textbox", name="Price")).to_be_visible()
        await in_theme(page, axe, theme)
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Set status").click()
    await page.get_by_role("menuitem", name="Archived").click()
    await expect(page.get_by_role("button", name="Undo")).to_be_visible()
    await in_theme(page, axe, theme)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_palette_and_the_account_menu(new_context: NewContext, axe: Axe, theme: Theme) -> None:
    page = await (await new_context("owner", **DESK, left=True)).new_page()
    await page.goto("/users")
    await at_rest(page)
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option").first).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)
    await page.get_by_role("combobox").fill("no such place")
    await expect(page.get_by_text("Nothing matches.")).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Olive Owner").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_drawer_of_a_phone(new_context: NewContext, axe: Axe, theme: Theme) -> None:
    page = await (await new_context("owner", **PHONE, left=True)).new_page()
    await page.goto("/")
    await at_rest(page)
    await page.get_by_role("button", name="Open the navigation").tap()
    await expect(page.get_by_role("dialog", name="Navigation")).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)


@pytest.mark.parametrize(("screen", "theme"), LOOKS)
async def test_a_form_with_mistakes_its_select_and_its_danger(
    new_context: NewContext, live_server: DemoShop, axe: Axe, screen: str, theme: Theme
) -> None:
    made = live_server.product(name="Looked at by axe")
    page = await (await new_context("owner", **SCREENS[screen], left=True)).new_page()
    await page.goto(f"/products/{made['id']}/edit")
    await page.get_by_label("Name", exact=True).fill("")
    await page.get_by_role("button", name="Save changes").click()
    await expect(page.locator("#field_name_error")).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)
    await page.get_by_role("combobox", name="Status").click()
    await expect(page.get_by_role("option").first).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Delete product…").click()
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    await in_theme(page, axe, theme, FLOATING)
