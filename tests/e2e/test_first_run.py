"""From an empty database to a running shop, in the browser alone."""

import asyncio
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from mewayz.domains.admin.demo.people import DEMO_USERS
from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import arrived, at_rest
from tests.e2e.shops import OWNER, PATIENCE, forget_everything
from tests.e2e.test_accessibility import SCREENS, Axe, in_both_themes
from tests.services import Mewayz

PAGES = (
    "/",
    "/login",
    "/products",
    "/products/new",
    "/orders/nothing",
    "/users",
    "/admin",
    "/welcome",
    "/analytics?from=2010-01-01",
    "/no/such",
)


@pytest.fixture
def site(empty_server: Mewayz) -> Iterator[Mewayz]:
    """A server as it is right after its installation."""
    forget_everything(empty_server)
    yield empty_server
    forget_everything(empty_server)


async def enter(page: Page, **texts: str) -> None:
    """Type into the text controls of the form, by the names of the fields."""
    for name, text in texts.items():
        await page.locator(f"[name={name}]").fill(text)


async def set_up(page: Page, site: Mewayz) -> None:
    """Go through set-up without a mistake."""
    await page.goto("/")
    await enter(page, **OWNER, shopName="Corner shop")
    await page.get_by_label("Currency").select_option("EUR")
    await page.get_by_label("Time zone").select_option("Europe/Berlin")
    await page.get_by_role("button", name="Create shop").click()
    await expect(page).to_have_url(f"{site.url}/welcome")
    await arrived(page, "Welcome to Mewayz")


@pytest.mark.parametrize("path", PAGES)
async def test_every_path_leads_to_set_up(page: Page, site: Mewayz, path: str) -> None:
    await page.goto(path)
    await expect(page).to_have_url(f"{site.url}/setup")
    await expect(page.get_by_role("heading", name="Set up Mewayz")).to_be_visible()


async def test_mistakes_are_named_at_their_fields_and_nothing_typed_is_lost(page: Page, site: Mewayz, complaints: Complaints) -> None:
    await page.goto("/setup")
    create = page.get_by_role("button", name="Create shop")
    await create.click()
    for name in ("name", "email", "password", "shopName"):
        await expect(page.locator(f"[name={name}]")).to_have_attribute("aria-invalid", "true")
        await expect(page.locator(f"[data-error-for={name}]")).to_be_visible()
    await expect(page.locator("[name=name]")).to_be_focused()

    await enter(page, name="Olive Owner", email="olive@", password="short", shopName="Corner shop")
    await page.get_by_label("Currency").select_option("EUR")
    await create.click()
    await expect(page.locator("[data-error-for=email]")).to_have_text("Enter a valid e-mail address, such as name@example.com.")
    await expect(page.locator("[name=email]")).to_be_focused()
    await expect(page.locator("[data-error-for=name]")).to_be_hidden()
    await expect(page.locator("[name=name]")).to_have_attribute("aria-invalid", "false")
    await expect(page.locator("[name=name]")).to_have_value("Olive Owner")
    await expect(page.locator("[name=currency]")).to_have_value("EUR")

    await enter(page, email=OWNER["email"])
    await create.click()
    await expect(page.locator("[data-error-for=password]")).to_have_text("Use at least 8 characters.")
    await expect(page.locator("[name=password]")).to_be_focused()
    await expect(page.locator("[name=password]")).to_have_value("short")
    complaints.forget("422")
    complaints.forget("/api/v1/setup")


@pytest.mark.parametrize("screen", SCREENS)
async def test_axe_finds_nothing_at_set_up(new_context: NewContext, axe: Axe, complaints: Complaints, screen: str) -> None:
    page = await (await new_context(**SCREENS[screen], left=True)).new_page()
    await page.goto("/setup")
    await at_rest(page)
    await in_both_themes(page, axe)
    await page.get_by_role("button", name="Create shop").click()
    await expect(page.locator("[data-error-for=email]")).to_be_visible()
    await in_both_themes(page, axe)
    complaints.forget("422")


async def test_the_time_zone_of_the_browser_is_offered(new_context: NewContext, site: Mewayz) -> None:
    page = await (await new_context(timezone_id="Asia/Tokyo")).new_page()
    await page.goto(f"{site.url}/setup")
    zone = page.get_by_label("Time zone")
    await page.get_by_label("Your name").fill("Olive")
    await expect(zone).to_have_value("Asia/Tokyo")
    await zone.select_option("Europe/Berlin")
    await page.get_by_label("Your name").fill("Olive Owner")
    await expect(zone).to_have_value("Europe/Berlin")


async def test_a_shop_that_starts_empty(page: Page, site: Mewayz, new_context: NewContext) -> None:
    await set_up(page, site)
    await page.get_by_role("link", name="Start empty").click()
    await expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    await expect(page.get_by_role("heading", name="No orders yet")).to_be_visible()
    await expect(page.get_by_text("Corner shop").first).to_be_visible()
    for noun, sentence in (
        ("Orders", "Orders appear here"),
        ("Products", "what the shop sells"),
        ("Customers", "Everybody who has bought"),
    ):
        await page.get_by_role("navigation", name="Main").get_by_role("link", name=noun).click()
        await expect(page.get_by_role("heading", name=f"No {noun.lower()} yet")).to_be_visible()
        await expect(page.get_by_text(sentence)).to_be_visible()
        await expect(page.get_by_role("table")).to_have_count(0)
    await page.goto("/orders?status=shipped")
    await expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()

    # Whoever comes second signs in.
    second = await (await new_context()).new_page()
    await second.goto("/setup")
    await expect(second.get_by_role("heading", name="Sign in to Mewayz")).to_be_visible()
    answer = await second.request.post("/api/v1/setup", data={**OWNER, "shopName": "Mine", "currency": "EUR", "timezone": "UTC"})
    assert (answer.status, (await answer.json())["error"]["code"]) == (409, "auth.already_set_up")


async def test_a_set_up_that_somebody_else_finished_first(
    page: Page, site: Mewayz, new_context: NewContext, complaints: Complaints
) -> None:
    slow = await (await new_context()).new_page()
    await slow.goto("/setup")
    await set_up(page, site)
    await slow.bring_to_front()
    await enter(slow, **OWNER, shopName="Too late")
    await slow.get_by_role("button", name="Create shop").click()
    await expect(slow.get_by_role("alert")).to_have_text("Mewayz has been set up already. Sign in instead.")
    await expect(slow.locator("[name=shopName]")).to_have_value("Too late")
    complaints.forget("409")


async def test_a_shop_with_demo_data(page: Page, site: Mewayz) -> None:
    await set_up(page, site)
    await page.get_by_role("button", name="Load the demo shop").click()
    bar = page.get_by_role("progressbar")
    await expect(bar).to_be_visible()
    shares: list[int] = []
    done = page.get_by_role("status").filter(has_text="added")
    for _ in range(1200):
        if await done.is_visible():
            break
        # Asked at once: the bar may be gone between two questions.
        shares += [int(share) for share in await bar.evaluate_all("bars => bars.map(bar => bar.ariaValueNow)")]
        await page.wait_for_timeout(100)
    assert shares == sorted(shares)
    assert len(set(shares)) > 5, "it moves"
    await expect(done).to_contain_text(re.compile(r"^[\d,]+ products, [\d,]+ customers and [\d,]+ orders added\."))
    password = await done.locator("code").inner_text()
    for person in DEMO_USERS:
        await expect(done).to_contain_text(person.email)

    await page.get_by_role("link", name="Open the dashboard").click()
    tile = page.get_by_role("link", name="Gross sales").first
    await expect(tile).to_contain_text("€")
    await expect(page.get_by_role("heading", name="No orders yet")).to_be_hidden()

    # The password is told once.
    await page.go_back()
    await expect(page.get_by_role("heading", name="Welcome to Mewayz")).to_be_visible()
    await expect(page.get_by_text(password)).to_be_hidden()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Administration").click()
    await expect(page.get_by_role("button", name="Remove the demo shop…")).to_be_visible()
    assert password not in await page.content()
    known = {"email": DEMO_USERS[0].email, "password": password}
    assert (await asyncio.to_thread(httpx.post, f"{site.url}/api/v1/auth/login", json=known, timeout=PATIENCE)).is_success

    # And it goes again, after a question.
    await page.get_by_role("button", name="Remove the demo shop…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove the demo shop").click()
    await expect(page.get_by_role("status").filter(has_text="removed.")).to_be_visible(timeout=3 * 60_000)
    await expect(page.get_by_role("alertdialog")).to_be_hidden()
    await expect(page.get_by_role("button", name="Load the demo shop")).to_be_visible()
    for noun in ("Orders", "Products", "Customers"):
        await page.get_by_role("navigation", name="Main").get_by_role("link", name=noun).click()
        await expect(page.get_by_role("heading", name=f"No {noun.lower()} yet")).to_be_visible()
