"""What the browser tests do again and again, and how they read a page."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.e2e.shops import DemoShop

ROWS = 25


def address(path: str) -> re.Pattern[str]:
    """Exactly this path and query, on whatever host."""
    return re.compile(rf"^https?://[^/]+{re.escape(path)}$")


async def arrived(page: Page, title: str) -> None:
    """Wait until the shell stands, with this page in it."""
    await expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Dashboard")).to_be_visible()


async def at_rest(page: Page) -> None:
    """Wait until all that the page shows has arrived."""
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator(".animate-pulse")).to_have_count(0)
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await expect(page.locator("figure:not(:has(.main-svg))")).to_have_count(0)


async def sign_in(page: Page, email: str, password: str, path: str = "/login") -> None:
    """Fill in the form of sign-in and send it."""
    await page.goto(path)
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def sign_out(page: Page) -> None:
    """Sign out through the account menu."""
    await page.get_by_role("button", name=re.compile("Demo|Owner")).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page).to_have_url(address("/login"))


def menu(page: Page) -> Locator:
    """The navigation of the shell."""
    return page.get_by_role("navigation", name="Main")


def total(page: Page) -> Locator:
    """The number beside the title of a list."""
    return page.get_by_role("heading", level=1).locator("+ *")


def names(page: Page) -> Locator:
    """The links in the first column of a table."""
    return page.locator("tbody th a")


async def shows(page: Page, answer: dict[str, Any], noun: str, name: str = "name") -> None:
    """Wait until the table shows exactly this REST answer: its total, and its rows in their order."""
    await expect(total(page)).to_have_text(f"{answer['pagination']['totalItems']:,}{'' if answer['pagination']['totalIsExact'] else '+'}")
    await expect(names(page)).to_have_text([" ".join(row[name].split()) for row in answer[noun]])


async def follows(page: Page, shop: DemoShop, noun: str, name: str = "name", /, **query: str) -> None:
    """Wait until the table shows what REST answers to the same query."""
    await shows(page, shop.get(f"/{noun}", **{"limit": str(ROWS), **query}), noun, name)
