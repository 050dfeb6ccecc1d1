"""Signing in and out, in the browser."""

import time
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.conftest import skip_for
from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived, sign_in, sign_out
from tests.e2e.shops import ROLES, DemoShop, unused
from tests.services import MissingService, full_chromium_program

ROLE_WORDS = {"user": "User", "moderator": "Moderator", "enterprise": "Enterprise", "admin": "Admin"}


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_signs_in_with_the_password_that_was_shown(page: Page, live_server: DemoShop, role: str) -> None:
    await sign_in(page, ROLES[role].email, live_server.people[role].password)
    await arrived(page, "Dashboard")
    await page.get_by_role("button", name=ROLES[role].name).click()
    menu = page.get_by_role("menu")
    await expect(menu).to_contain_text(ROLES[role].email)
    await expect(menu).to_contain_text(ROLE_WORDS[role])


async def test_a_wrong_password_says_so_and_keeps_the_address(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    await page.goto("/login")
    email, password = page.get_by_label("E-mail"), page.get_by_label("Password", exact=True)
    button = page.get_by_role("button", name="Sign in")
    await button.click()
    await expect(page.locator("[data-error-for=email]")).to_have_text("This field is required.")
    await expect(page.locator("[data-error-for=password]")).to_have_text("This field is required.")
    await expect(email).to_be_focused()

    answers = []
    for address_, secret in ((live_server.people["user"].email, "not-the-password"), ("nobody@shop.example", "not-the-password")):
        await email.fill(address_)
        await password.fill(secret)
        async with page.expect_response("**/auth/login"):  # the alert of the first one may still stand
            await button.click()
        await expect(button).to_be_enabled()
        await expect(page.get_by_role("alert")).to_be_visible()
        answers.append(await page.get_by_role("alert").inner_text())
        await expect(email).to_have_value(address_)
    assert answers == ["E-mail address or password is not right. Check both and try again."] * 2
    await page.get_by_role("button", name="Show password").click()
    await expect(password).to_have_attribute("type", "text")
    complaints.forget("401", "422")


@pytest.mark.parametrize("path", ["/orders?status=shipped&sort=total", "/products/new", "/analytics"])
async def test_sign_in_goes_on_to_the_page_that_was_asked_for(page: Page, live_server: DemoShop, path: str) -> None:
    await page.goto(path)
    await expect(page).to_have_url(address(f"/login?next={quote(path, safe='')}"))
    await sign_in(page, live_server.people["owner"].email, live_server.people["owner"].password, page.url)
    await expect(page).to_have_url(address(path))


@pytest.mark.parametrize(
    "outside", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"]
)
async def test_sign_in_never_leads_outside(page: Page, live_server: DemoShop, outside: str) -> None:
    await sign_in(
        page, live_server.people["moderator"].email, live_server.people["moderator"].password, f"/login?next={quote(outside, safe='')}"
    )
    await arrived(page, "Dashboard")
    await expect(page).to_have_url(address("/"))


async def test_the_session_is_out_of_reach_of_scripts(page: Page, live_server: DemoShop) -> None:
    await sign_in(page, live_server.people["user"].email, live_server.people["user"].password)
    await arrived(page, "Dashboard")
    cookie = next(cookie for cookie in await page.context.cookies() if cookie["name"] == "mewayz_session")
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["expires"] == -1, "it ends with the browser"
    assert "mewayz_session" not in await page.evaluate("document.cookie")
    stored = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert cookie["value"] not in stored
    # Who is signed in has no business on the page to sign in.
    await page.goto("/login")
    await arrived(page, "Dashboard")


async def test_kept_for_a_week_on_request(page: Page, live_server: DemoShop) -> None:
    await page.goto("/login")
    await page.get_by_label("E-mail").fill(live_server.people["user"].email)
    await page.get_by_label("Password", exact=True).fill(live_server.people["user"].password)
    await page.get_by_label("Keep me signed in").check()
    await page.keyboard.press("Enter")
    await arrived(page, "Dashboard")
    cookie = next(cookie for cookie in await page.context.cookies() if cookie["name"] == "mewayz_session")
    assert 6.9 < (cookie["expires"] - time.time()) / 86_400 < 7.1


async def own_session(new_context: NewContext, shop: DemoShop, role: str) -> BrowserContext:
    """A browser with a session that no other test uses."""
    context = await new_context()
    await context.add_cookies([{"name": "mewayz_session", "value": shop.sign_in(role)["cookie"], "url": shop.url}])
    return context


async def test_after_signing_out_nothing_is_shown_any_more(new_context: NewContext, live_server: DemoShop) -> None:
    context = await own_session(new_context, live_server, "moderator")
    other, page = await context.new_page(), await context.new_page()
    await other.goto("/products")
    await arrived(other, "Products")
    await page.goto("/customers")
    await arrived(page, "Customers")
    await sign_out(page)
    assert not [cookie for cookie in await context.cookies() if cookie["name"] == "mewayz_session"]

    await page.go_back()
    await expect(page).to_have_url(address(f"/login?next={quote('/customers', safe='')}&ended=1"))
    await expect(page.get_by_role("table")).to_have_count(0)

    # Nobody has touched the other tab.
    await expect(other).to_have_url(address(f"/login?next={quote('/products', safe='')}&ended=1"))
    await expect(other.get_by_role("heading", name="Sign in to Mewayz")).to_be_visible()
    await expect(other.get_by_role("status").filter(has_text="You have been signed out.")).to_be_visible()


_NOTE_WHAT_BACK_SHOWS = """window.addEventListener("pageshow", (event) => event.persisted && setTimeout(() =>
  sessionStorage.setItem("restored", String(document.body.checkVisibility()))))"""


async def test_back_does_not_bring_a_page_out_of_the_memory_of_the_browser(browser: Browser, live_server: DemoShop) -> None:
    # Only the full Chromium has this memory, and Playwright switches it off unless asked not to.
    try:
        program = full_chromium_program()
    except MissingService as missing:
        skip_for(missing)
    remembering = await browser.browser_type.launch(
        executable_path=program, args=["--no-sandbox", "--disable-gpu"], ignore_default_args=["--disable-back-forward-cache"]
    )
    try:
        context = await remembering.new_context(base_url=live_server.url)
        await context.add_cookies([{"name": "mewayz_session", "value": live_server.sign_in("moderator")["cookie"], "url": live_server.url}])
        await context.add_init_script(_NOTE_WHAT_BACK_SHOWS)
        page = await context.new_page()
        await page.goto("/customers")
        await expect(page.locator("tbody a").first).to_be_visible()
        await sign_out(page)
        await page.go_back(wait_until="commit")
        await expect(page).to_have_url(address(f"/login?next={quote('/customers', safe='')}"))
        # Where the news of the sign-out came first, there is no page left to bring back.
        assert await page.evaluate("sessionStorage.getItem('restored')") != "true"
    finally:
        await remembering.close()


async def test_a_suspended_person_is_out_at_once(new_context: NewContext, live_server: DemoShop) -> None:
    person = {"name": "Sus Pended", "email": f"{unused('suspended')}@shop.example", "password": "Once-upon-a-time-1", "role": "moderator"}
    made = live_server.ask("POST", "/users", json=person)["user"]
    page = await (await new_context()).new_page()
    await sign_in(page, person["email"], person["password"])
    await arrived(page, "Dashboard")
    live_server.ask(
        "PATCH", f"/users/{made['id']}", json={"status": "suspended", "rev": live_server.get(f"/users/{made['id']}")["user"]["rev"]}
    )
    await expect(page).to_have_url(address("/login?ended=1"))
    await expect(page.get_by_role("navigation", name="Main")).to_have_count(0)


async def test_the_shop_next_door_cannot_sign_anybody_in(page: Page, live_server: DemoShop) -> None:
    person = live_server.people["user"]
    for path, body in (("login", {"email": person.email, "password": person.password}), ("logout", {})):
        answer = await page.request.post(f"/api/v1/auth/{path}", data=body, headers={"Origin": "https://evil.example"})
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "csrf")


async def test_a_tab_whose_socket_comes_back_with_another_session_begins_anew(
    new_context: NewContext, live_server: DemoShop, complaints: Complaints
) -> None:
    """Somebody else has signed in to the same browser while this tab had no connection."""
    context = await own_session(new_context, live_server, "moderator")
    page = await context.new_page()
    await page.goto("/customers")
    await arrived(page, "Customers")
    await expect(page.locator("tbody a").first).to_be_visible()
    await context.set_offline(True)
    other = live_server.sign_in("user")["cookie"]
    await context.add_cookies([{"name": "mewayz_session", "value": other, "url": live_server.url}])
    await page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("framenavigated", lambda frame: asked.append(frame.url))
    await context.set_offline(False)
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    await arrived(page, "Orders")
    await page.get_by_role("button", name=ROLES["user"].name).click()
    await expect(page.get_by_role("menu")).to_contain_text(ROLES["user"].email)
    await page.wait_for_timeout(1000)
    assert len(asked) < 6, "it goes round in circles"
    await page.goto("/customers")
    await expect(page.get_by_role("heading", name="You may not open this page")).to_be_visible()
    complaints.forget("ERR_INTERNET_DISCONNECTED")
