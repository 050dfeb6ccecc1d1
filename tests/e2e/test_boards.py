"""Arranging the dashboard, links to figures and reports, as people use them: mouse, keyboard, phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Complaints, Look, NewContext
from tests.e2e.driving import WHY_DAYS_END, Theme, arrived, at_rest
from tests.e2e.shops import DemoShop
from tests.e2e.test_accessibility import FLOATING, LOOKS, SCREENS, Axe, in_theme
from tests.e2e.test_phone import PHONE

NOVEMBER = "?from=2011-11-01&to=2011-12-01"
_SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""
_ON_TOP = """(found) => {
  const box = found.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return top === found || found.contains(top);
}"""


def tiles(page: Page) -> Locator:
    """The labels of the tiles, in their order."""
    return page.locator("main a > div:first-child.text-muted")


def cards(page: Page) -> Locator:
    """The titles of charts and lists, in their order."""
    return page.locator("[data-piece] h2")


async def panel(page: Page, name: str) -> Locator:
    """Open a panel by its button."""
    await page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
    found = page.get_by_role("dialog")
    await expect(found).to_be_visible()
    return found


@pytest.fixture(autouse=True)
def usual(live_server: DemoShop) -> Iterator[None]:
    """Whatever a test arranges, the next one begins with the usual dashboard."""
    yield
    live_server.forget("views")
    live_server.forget("shares")
    live_server.forget("reports")


async def test_pieces_are_switched_and_moved_by_keyboard(owner: Page) -> None:
    await owner.goto(f"/{NOVEMBER}")
    await arrived(owner, "Dashboard")
    await expect(tiles(owner)).to_have_text(["Gross sales", "Orders", "Average order value", "New buyers"])
    await expect(cards(owner)).to_have_text(["Gross sales", "Top products", "Recent orders", "Countries", "Low stock"])
    box = await panel(owner, "Arrange")
    group = box.get_by_role("group", name="Tiles")
    await group.get_by_role("checkbox", name="Net sales").focus()
    await owner.keyboard.press("Space")
    await expect(tiles(owner)).to_have_text(["Gross sales", "Orders", "Average order value", "New buyers", "Net sales"])
    up = group.get_by_role("button", name="Move up: Net sales")
    await up.focus()
    for place in (3, 2, 1, 0, 0):
        await owner.keyboard.press("Enter")
        await expect(tiles(owner).nth(place)).to_have_text("Net sales")
        await expect(up).to_be_focused()
    await group.get_by_role("checkbox", name="Orders", exact=True).click()
    await expect(tiles(owner)).to_have_text(["Net sales", "Gross sales", "Average order value", "New buyers"])
    await box.get_by_role("group", name="Charts and lists").get_by_role("button", name="Move down: Top products").click()
    await box.get_by_role("group", name="Charts and lists").get_by_role("checkbox", name="Returns").click()
    order = ["Gross sales", "Recent orders", "Top products", "Countries", "Low stock", "Returns"]
    await expect(cards(owner)).to_have_text(order)
    await owner.keyboard.press("Escape")
    await expect(owner.get_by_role("button", name="Arrange")).to_be_focused()
    await owner.reload()
    await expect(tiles(owner)).to_have_text(["Net sales", "Gross sales", "Average order value", "New buyers"])
    await expect(cards(owner)).to_have_text(order)
    box = await panel(owner, "Arrange")
    await box.get_by_role("button", name="Reset").click()
    await expect(tiles(owner)).to_have_text(["Gross sales", "Orders", "Average order value", "New buyers"])
    await expect(box.get_by_role("button", name="Reset")).to_be_disabled()


@pytest.mark.parametrize("extra", [0, 6])
async def test_nothing_jumps_when_the_figures_arrive(owner: Page, extra: int) -> None:
    await owner.goto(f"/{NOVEMBER}")
    await at_rest(owner)
    if extra:
        box = await panel(owner, "Arrange")
        for name in ("Returns", "Net sales", "Units sold", "Buyers", "Repeat rate", "Guest orders")[:extra]:
            await box.get_by_role("group", name="Tiles").get_by_role("checkbox", name=name, exact=True).click()
        await expect(tiles(owner)).to_have_count(4 + extra)
    await owner.reload()
    await at_rest(owner)
    await expect(tiles(owner)).to_have_count(4 + extra)
    assert await owner.evaluate(_SHIFTS) < 0.1, "a good page stays below 0.1 (web.dev, Cumulative Layout Shift)"


@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_nothing_jumps_when_it_is_said_why_the_days_end_early(look: Look, width: int) -> None:
    page = await look("/", "light", viewport={"width": width, "height": 900})
    await at_rest(page)
    await expect(page.get_by_role("status").filter(has_text=WHY_DAYS_END)).to_have_count(1)
    assert await page.evaluate(_SHIFTS) < 0.1, "a good page stays below 0.1 (web.dev, Cumulative Layout Shift)"


@pytest.mark.parametrize("path", ["/", "/analytics"])
async def test_paper_says_why_the_days_end_early(look: Look, path: str) -> None:
    page = await look(path, "light")
    await at_rest(page)
    await page.emulate_media(media="print")
    said = re.compile(f"10 Nov 2011 – 9 Dec 2011 vs previous 30 days · {WHY_DAYS_END.pattern}")
    await expect(page.get_by_role("main")).to_contain_text(said)
    await expect(page.get_by_text(WHY_DAYS_END)).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["", "/products", "/customers", "/inventory", "/ageing", "/forecast", NOVEMBER, f"/inventory{NOVEMBER}"])
async def test_nothing_jumps_on_the_tabs_of_analytics(look: Look, path: str, width: int) -> None:
    page = await look(f"/analytics{path}", "light", viewport={"width": width, "height": 900})
    await at_rest(page)
    assert await page.evaluate(_SHIFTS) < 0.1, "a good page stays below 0.1 (web.dev, Cumulative Layout Shift)"


async def test_a_phone_arranges_too(new_context: NewContext) -> None:
    page = await (await new_context("owner", **PHONE, left=True)).new_page()
    await page.goto(f"/{NOVEMBER}")
    await at_rest(page)
    await page.get_by_role("button", name="Arrange").tap()
    box = page.get_by_role("dialog")
    await box.get_by_role("checkbox", name="Net sales").first.tap()
    await box.get_by_role("button", name="Move up: Net sales").tap()
    await expect(tiles(page).nth(3)).to_have_text("Net sales")
    for control in await box.get_by_role("button").all():
        size = await control.bounding_box()
        assert size
        assert size["height"] >= 44 or await control.inner_text() == "Reset"
    await box.get_by_role("button", name="Close").tap()
    await expect(box).to_be_hidden()
    assert await page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")


async def test_a_link_is_made_opened_by_a_stranger_and_ended(owner: Page, new_context: NewContext, complaints: Complaints) -> None:
    await owner.goto(f"/analytics{NOVEMBER}")
    await at_rest(owner)
    box = await panel(owner, "Share")
    await expect(box).to_contain_text("Shows: Analytics of sales, 1–30 Nov 2011.")
    await box.get_by_label("Works for").select_option("30")
    await box.get_by_role("button", name="Create link").click()
    made = box.get_by_label("The link.")
    await expect(made).to_have_value(re.compile(r"/shared/[\w-]{43}$"))
    link = await made.input_value()
    path = link[link.index("/shared/") :]

    stranger = await (await new_context()).new_page()
    loaded: list[str] = []
    stranger.on("request", lambda request: loaded.append(request.url))
    await stranger.goto(path)
    await expect(stranger.get_by_role("heading", level=1)).to_have_text("Analytics of sales")
    figures = await owner.locator("main a > div.font-semibold").first.inner_text()
    await expect(stranger.locator(".value").first).to_have_text(figures)
    assert [url for url in loaded if not url.endswith((path, "/favicon.ico"))] == []
    assert await stranger.locator("a, form, script").count() == 0
    drawn = await stranger.locator("svg path.line").first.get_attribute("d") or ""
    assert len(re.findall("[ML]", drawn)) == 30, "a mark for each day of November"

    await box.get_by_role("button", name="End now").click()
    await expect(box).to_contain_text("No link is out.")
    complaints.forget()
    await stranger.reload()
    await expect(stranger.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    complaints.forget("404")


async def test_a_report_is_begun_sent_and_ended(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/")
    await at_rest(owner)
    box = await panel(owner, "Share")
    part = box.get_by_role("region", name="Report by e-mail")
    await expect(part).to_contain_text("Europe/London")
    await part.get_by_label("When").select_option("day")
    await part.locator("select[name=hour]").select_option("7")
    await part.get_by_label("Also to").fill("stranger@shop.example")
    await part.get_by_role("button", name="Start report").click()
    await expect(part.get_by_role("alert")).to_contain_text("No active user of the shop")
    await part.get_by_label("Also to").fill(live_server.people["moderator"].email)
    await part.get_by_role("button", name="Start report").click()
    await expect(part).to_contain_text("Every day at 07:00")
    await expect(part).to_contain_text(f"to {live_server.people['owner'].email}, {live_server.people['moderator'].email}")
    await part.get_by_role("button", name="Send now").click()
    said = owner.get_by_role("status", name="Messages").get_by_text("Sent to olive@shop.example.")
    await expect(said).to_be_visible()
    assert await said.evaluate(_ON_TOP), "it is not hidden behind the panel"
    assert any("Weekly report" in path.read_text(errors="replace") for path in (live_server.data_dir / "mail").glob("*.eml"))
    await part.get_by_role("button", name=re.compile("^End: ")).click()
    await expect(part).not_to_contain_text("Every day at 07:00")


@pytest.mark.parametrize(("screen", "theme"), LOOKS)
@pytest.mark.parametrize("name", ["Arrange", "Share"])
async def test_axe_finds_nothing_in_a_panel(new_context: NewContext, axe: Axe, name: str, screen: str, theme: Theme) -> None:
    page = await (await new_context("owner", **SCREENS[screen], left=True)).new_page()
    await page.goto(f"/{NOVEMBER}")
    await at_rest(page)
    await panel(page, name)
    await in_theme(page, axe, theme, FLOATING)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("path", ["/", "/analytics/customers", "/analytics/forecast"])
async def test_axe_finds_nothing_on_a_shared_page(
    new_context: NewContext, live_server: DemoShop, axe: Axe, path: str, screen: str, scheme: Theme
) -> None:
    link = live_server.ask("POST", "/analytics/shares", json={"path": path, "query": NOVEMBER.removeprefix("?"), "days": 30})["link"]
    page = await (await new_context(color_scheme=scheme, **SCREENS[screen], left=True)).new_page()
    await page.goto(link[link.index("/shared/") :])
    assert await axe(page) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
