"""Pictures of the dashboard and of analytics, kept in `test-output/` for review, with what must hold on every one of them.

On a desk and a phone, light and dark, and on paper.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, Look, NewContext
from tests.e2e.driving import Theme, at_rest, wear
from tests.e2e.shops import DemoShop
from tests.e2e.test_phone import PHONE
from tests.services import ROOT

NOVEMBER = "?from=2011-11-01&to=2011-12-01"
PAGES = {
    "dashboard": ("/", 1),
    "sales": ("/analytics", 2),
    "products": ("/analytics/products", 0),
    "customers": ("/analytics/customers", 2),
    "inventory": ("/analytics/inventory", 0),
    "forecast": ("/analytics/forecast", 1),
}
"""Path, and how many charts it draws."""
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
SCREENS: dict[str, tuple[dict[str, Any], dict[Theme, str]]] = {
    "desk": (DESK, {"light": "light", "dark": "dark"}),
    "phone": (PHONE, {"dark": "phone-dark", "light": "phone"}),
}
"""The screen, and what the pictures in its themes are called, the one in which a page is opened first."""
PAPER: dict[str, Any] = {"viewport": {"width": 718, "height": 1000}}
"""What A4 leaves between its margins, at 96 pixels an inch."""


FOLDER: Path = ROOT / "test-output" / "pictures"


async def keep(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    await page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


async def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than its window."""
    return await page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")


async def charts_are_drawn(page: Page, count: int) -> None:
    """As many charts as there should be, each with a line for each entry of its key, as many grid lines as an axis has, and not empty."""
    await expect(page.locator(".js-plotly-plot .main-svg:has(.cartesianlayer)")).to_have_count(count)
    for chart in await page.locator("figure:has(.main-svg)").all():
        drawn = chart.locator("path.js-line[d]")
        lengths = await drawn.evaluate_all("lines => lines.map(line => line.getTotalLength())")
        assert len([length for length in lengths if length > 50]) >= await chart.locator("ul li").count()
        assert await chart.locator(".yaxislayer-above .ytick, .yaxislayer-below .ytick").count() >= 3
        box = await chart.locator(".main-svg").first.bounding_box()
        assert box
        assert box["width"] > 250
        assert box["height"] > 150


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_on_a_screen(look: Look, name: str, screen: str) -> None:
    path, charts = PAGES[name]
    options, looks = SCREENS[screen]
    page = await look(f"{path}{NOVEMBER}", next(iter(looks)), **options)
    for theme, picture in looks.items():
        await wear(page, theme)
        await at_rest(page)
        await keep(page, f"{name}-{picture}")
        assert await fits(page)
        await charts_are_drawn(page, charts)


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_on_paper(look: Look, name: str) -> None:
    path, charts = PAGES[name]
    page = await look(f"{path}{NOVEMBER}", "dark", **PAPER)
    await at_rest(page)
    await page.emulate_media(media="print")
    await keep(page, f"{name}-print")
    assert await fits(page)
    await charts_are_drawn(page, charts)
    await expect(page.locator(":is(nav, button, aside):visible")).to_have_count(0)
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") in ("rgb(255, 255, 255)", "oklch(1 0 0)")
    await expect(page.locator("figure table:visible")).to_have_count(0)
    for drawing in await page.locator(".main-svg").all():
        box = await drawing.bounding_box()
        assert box
        assert box["x"] + box["width"] <= PAPER["viewport"]["width"]


async def test_numbers_stand_on_paper_where_a_chart_cannot_be(
    new_context: NewContext, live_server: DemoShop, complaints: Complaints
) -> None:
    page = await (await new_context("owner", **PAPER, color_scheme="dark")).new_page()
    await page.route(re.compile("plotly"), lambda route: route.abort())
    await page.goto(f"/{NOVEMBER}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    twin = page.locator("figure").first.locator("table")
    await expect(twin.locator("tbody tr")).to_have_count(30)
    await expect(twin).to_be_hidden()
    await page.emulate_media(media="print")
    await expect(twin).to_be_visible()
    await keep(page, "dashboard-print-without-charts")
    complaints.forget()
