"""A tab that stays open for hours keeps its session, and no other tab is in its way."""

from urllib.parse import quote

from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived
from tests.e2e.persons import Somebody, somebody
from tests.e2e.shops import DemoShop

REFRESH = "/api/v1/auth/refresh"
LATER = 51 * 60 * 1000


async def open_tabs(new_context: NewContext, person: Somebody, tabs: int) -> list[Page]:
    """Tabs of one browser, whose clock the test moves."""
    first = await person.page(new_context)
    await first.context.clock.install()
    pages = [first, *[await first.context.new_page() for _ in range(tabs - 1)]]
    for page in pages:
        await page.goto("/products")
        await arrived(page, "Products")
    return pages


async def cookie(page: Page, name: str) -> str:
    """The value of a cookie, wherever it goes."""
    return next(one.get("value", "") for one in await page.context.cookies() if one.get("name") == name)


async def test_one_of_the_open_tabs_renews_the_session(new_context: NewContext, live_server: DemoShop) -> None:
    pages = await open_tabs(new_context, somebody(live_server), 3)
    asked: list[str] = []
    pages[0].context.on("request", lambda request: asked.append(request.url) if request.url.endswith(REFRESH) else None)
    before = await cookie(pages[0], "mewayz_session"), await cookie(pages[0], "mewayz_refresh")
    for round_ in (1, 2):
        async with pages[0].context.expect_event("requestfinished", lambda request: request.url.endswith(REFRESH)):
            await pages[0].context.clock.fast_forward(LATER)
        for page in pages:
            await page.evaluate("window.dispatchEvent(new Event('focus'))")
            await expect(page.get_by_role("heading", name="Products", level=1)).to_be_visible()
        assert len(asked) == round_
        after = await cookie(pages[0], "mewayz_session"), await cookie(pages[0], "mewayz_refresh")
        assert after[0] != before[0]
        assert after[1] != before[1]
        before = after
    await pages[1].get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    await arrived(pages[1], "Orders")


async def test_an_ended_session_leads_to_sign_in_and_back(new_context: NewContext, live_server: DemoShop, complaints: Complaints) -> None:
    person = somebody(live_server)
    (page,) = await open_tabs(new_context, person, 1)
    await page.goto("/products?sort=name")
    await arrived(page, "Products")
    await page.context.clear_cookies(name="mewayz_refresh")
    await page.context.clear_cookies(name="mewayz_session")
    await page.context.clock.fast_forward(LATER)
    await expect(page).to_have_url(address(f"/login?next={quote('/products?sort=name', safe='')}&ended=1"))
    complaints.forget("401")


async def test_nobody_signed_in_means_nothing_to_renew(new_context: NewContext, live_server: DemoShop) -> None:
    context = await new_context()
    await context.clock.install()
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith(REFRESH) else None)
    for path in ("/login", "/register", "/forgot", "/verify?token=x"):
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await context.clock.fast_forward(LATER)
        await page.wait_for_load_state("networkidle")
    assert asked == []
