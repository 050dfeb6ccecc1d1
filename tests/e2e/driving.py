"""What the browser tests do again and again, and how they read a page."""

import re
from typing import Any, Literal

from playwright.async_api import Locator, Page, expect

from tests.e2e.shops import DemoShop

ROWS = 25
# Reported to the console as an error, but also where the page catches what follows from it.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""
# A colour that is on its way is nobody's choice; one that is inherited starts another on its way.
_STILL = """async () => {
  for (let quiet = 0; quiet < 3; ) {
    await new Promise(requestAnimationFrame);
    quiet = document.getAnimations().some((found) => found.playState === "running") ? 0 : quiet + 1;
  }
}"""
Theme = Literal["light", "dark"]
WHY_DAYS_END = re.compile(r"(Ends with the last sale|Leaves out the few sales since)\.")
"""The demo shop sold until 2011; which of these is said depends on what other tests sold today."""


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


async def violations(page: Page) -> list[str]:
    """What the policy of this page, on which WATCH was run, has refused so far."""
    return await page.evaluate("window.violations")


async def wear(page: Page, theme: Theme) -> None:
    """Bring the page into a theme, and wait until every colour has arrived."""
    await page.emulate_media(color_scheme=theme)
    await expect(page.locator(f"html.{theme}")).to_be_attached()
    await page.evaluate(_STILL)


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
