"""The way to an account and back into it, in the browser: registration, the links of mails, a forgotten password, an invitation."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived, sign_in
from tests.e2e.persons import PASSWORD, Somebody, somebody
from tests.e2e.shops import OWNER, PATIENCE, DemoShop, unused
from tests.e2e.test_accessibility import SCREENS, in_both_themes
from tests.services import Mewayz, wait_for

Axe = Callable[..., Awaitable[list[str]]]
NEW_PASSWORD = "Ten-brown-kettles-10"
NOT_RIGHT = "E-mail address or password is not right. Check both and try again."


def stranger(shop: DemoShop) -> Somebody:
    """Somebody who has no account yet."""
    return Somebody(shop, "", "Rosa Register", f"{unused('rosa').lower()}@shop.example", NEW_PASSWORD)


async def fill(page: Page, person: Somebody, password: str = NEW_PASSWORD) -> None:
    """Fill in the form of registration."""
    await page.goto("/register")
    await page.get_by_label("Name", exact=True).fill(person.name)
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_label("Repeat the password").fill(password)
    await page.get_by_label("I accept the terms of use.").check()


async def register(page: Page, person: Somebody) -> None:
    """Register, up to the screen that asks to look into the mail."""
    await fill(page, person)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await expect(page.get_by_text(person.email)).to_be_visible()


async def token(person: Somebody, path: str, after: int = 0) -> str:
    """The token of the link that came by mail."""
    return await asyncio.to_thread(person.token, path, after=after)


async def confirm(page: Page, person: Somebody) -> None:
    """Follow the link of the mail and press its button."""
    await page.goto(f"/verify?token={await token(person, '/verify')}")
    await page.get_by_role("button", name="Confirm e-mail address").click()
    await expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()


async def test_from_the_form_over_the_mail_to_the_shop(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person = stranger(live_server)
    await page.goto("/login")
    await page.get_by_role("link", name="Create an account").click()
    await expect(page).to_have_url(address("/register"))
    await fill(page, person)
    await page.get_by_label("Company").fill("Rosa & Sons")
    await page.get_by_text("Enterprise", exact=True).click()
    await page.get_by_label("Send me news").check()
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your mail")).to_be_focused()
    await page.get_by_role("button", name="Send it again").click()
    await expect(page.get_by_role("status").filter(has_text="Sent again")).to_be_visible()
    newest = await token(person, "/verify", after=1)

    # Programs that check mails open their links: that alone confirms nothing.
    await page.goto(f"/verify?token={newest}")
    await page.wait_for_load_state("networkidle")
    assert person.sign_in().status_code == 401

    await page.get_by_role("button", name="Confirm e-mail address").click()
    await expect(page.get_by_text(f"{person.email} belongs to your account now.")).to_be_visible()
    await page.get_by_role("link", name="Sign in").click()
    await sign_in(page, person.email, person.password)
    await arrived(page, "Dashboard")
    user = live_server.get("/users", "owner", search=person.email)["users"][0]
    assert (user["name"], user["company"], user["role"], user["plan"], user["status"]) == (
        person.name,
        "Rosa & Sons",
        "user",
        "Free",
        "active",
    )
    assert (user["wishedPlan"], user["marketingConsent"]) == ("Enterprise", True)


async def test_the_terms_are_read_beside_the_form(page: Page, axe: Axe) -> None:
    await page.goto("/register")
    await page.get_by_label("Name", exact=True).fill("Rosa Register")
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Read the terms of use in a new tab").click()
    terms = await opening.value
    await expect(terms.get_by_role("heading", name="Terms of use")).to_be_visible()
    await expect(terms.get_by_role("main")).to_contain_text("These terms apply to your account")
    await in_both_themes(terms, axe)
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Rosa Register")


async def test_mistakes_are_named_at_their_fields_and_nothing_typed_is_lost(page: Page, complaints: Complaints) -> None:
    await page.goto("/register")
    create = page.get_by_role("button", name="Create account")
    await create.click()
    for name in ("name", "email", "password", "acceptTerms"):
        await expect(page.locator(f"#field_{name}_error")).to_be_visible()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_role("alert")).to_have_text("Some fields need your attention.")

    await page.get_by_label("Name", exact=True).fill("Rosa Register")
    await page.get_by_label("E-mail").fill("rosa@")
    await page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Repeat the password").fill("something else")
    await page.get_by_text("Pro", exact=True).click()
    await create.click()
    await expect(page.locator("#field_confirmPassword_error")).to_have_text("The two passwords differ. Type the same one twice.")
    await expect(page.locator("#field_email_error")).to_have_text("Enter a valid e-mail address, such as name@example.com.")
    await expect(page.locator("#field_name_error")).to_be_hidden()
    await expect(page.get_by_label("E-mail")).to_be_focused()
    for name, text in (("name", "Rosa Register"), ("email", "rosa@"), ("password", NEW_PASSWORD), ("confirmPassword", "something else")):
        await expect(page.locator(f"#field_{name}")).to_have_value(text)
    await expect(page.get_by_role("radio", name="Pro")).to_be_checked()
    complaints.forget("422")


async def test_the_meter_says_what_to_do_next(page: Page) -> None:
    asked: list[str] = []
    await page.goto("/register")
    await page.get_by_label("Name", exact=True).fill("Rosa Register")
    password, advice = page.get_by_label("Password", exact=True), page.locator("#strength_password")
    await expect(advice).to_contain_text("At least 8 characters")
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    for typed, said in (
        ("kettle", "Use at least 8 characters."),
        ("kettlekettle", "Add an upper-case letter and a digit and a special character, or use at least 15 characters."),
        ("Register-7", "Leave out your name, your e-mail address and the name of the product."),
        ("Kettle-77", "Good. A few more characters make it strong."),
        (NEW_PASSWORD, "Strong."),
    ):
        await password.fill(typed)
        await expect(advice).to_have_text(said)
    assert "strength_password" in (await password.get_attribute("aria-describedby") or "")
    assert asked == [], "a password is judged without being sent"


async def test_a_known_address_is_answered_alike_and_told_by_mail(page: Page, live_server: DemoShop) -> None:
    known = somebody(live_server)
    known.password = NEW_PASSWORD
    await register(page, known)
    await asyncio.to_thread(wait_for, lambda: any("already" in letter for letter in known.letters()), 20)
    known.password = PASSWORD
    assert known.sign_in().status_code == 200, "nothing was changed"


async def test_a_link_that_was_used_offers_the_way_on(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person = stranger(live_server)
    await register(page, person)
    await confirm(page, person)
    for link in (f"/verify?token={person.token('/verify')}", "/verify"):
        await page.goto(link)
        await page.get_by_role("button", name="Confirm e-mail address").click()
        await expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
        await page.get_by_label("E-mail").fill(person.email)
        await page.get_by_role("button", name="Send a new link").click()
        await expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await page.get_by_role("link", name="Go to sign-in").click()
    await expect(page).to_have_url(address("/login"))
    complaints.forget("422")


async def test_a_forgotten_password(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person = somebody(live_server)
    before = person.sign_in().json()["data"]["token"]
    await page.goto("/login")
    await page.get_by_role("link", name="Forgot your password?").click()
    screens = []
    for email in ("nobody@shop.example", person.email):
        await page.goto("/forgot")
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_role("button", name="Send the link").click()
        await expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
        await expect(page.get_by_role("main")).to_contain_text(email)
        screens.append((await page.get_by_role("main").inner_text()).replace(email, "…"))
    assert screens[0] == screens[1]

    await page.goto(f"/reset?token={await token(person, '/reset')}")
    await page.get_by_label("Password", exact=True).fill("short")
    await page.get_by_label("Repeat the password").fill("short")
    await page.get_by_role("button", name="Save password").click()
    await expect(page.locator("#field_password_error")).to_have_text("Use at least 8 characters.")
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    for label in ("Password", "Repeat the password"):
        await page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Save password").click()
    await expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    assert not person.alive(before), "every session has ended"

    await page.get_by_role("link", name="Sign in").click()
    await sign_in(page, person.email, PASSWORD)
    await expect(page.get_by_role("alert")).to_have_text(NOT_RIGHT)
    await sign_in(page, person.email, NEW_PASSWORD)
    await arrived(page, "Dashboard")

    await page.context.clear_cookies()
    await page.goto(f"/reset?token={person.token('/reset')}")
    for label in ("Password", "Repeat the password"):
        await page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Save password").click()
    await page.get_by_role("link", name="Ask for a new link").click()
    await expect(page).to_have_url(address("/forgot"))
    complaints.forget("401", "422")


async def test_an_invitation_leads_into_the_shop(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person = stranger(live_server)
    live_server.ask("POST", "/users/invite", json={"name": person.name, "email": person.email, "role": "moderator"})
    link = f"/invitation?token={await token(person, '/invitation')}"
    await page.goto(link)
    for label in ("Password", "Repeat the password"):
        await page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await arrived(page, "Dashboard")
    await expect(page).to_have_url(address("/"))
    assert person.sign_in().json()["data"]["user"]["role"] == "moderator"

    await page.context.clear_cookies()
    await page.goto(link)
    for label in ("Password", "Repeat the password"):
        await page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("heading", name="This invitation has expired")).to_be_visible()
    complaints.forget("422")


async def test_password_managers_find_what_they_look_for(page: Page) -> None:
    wanted = {
        "/login": {"email": "username webauthn", "password": "current-password"},
        "/register": {
            "name": "name",
            "company": "organization",
            "email": "username",
            "password": "new-password",
            "confirmPassword": "new-password",
        },
        "/reset?token=x": {"password": "new-password", "confirmPassword": "new-password"},
        "/invitation?token=x": {"password": "new-password", "confirmPassword": "new-password"},
        "/forgot": {"email": "username"},
    }
    for path, controls in wanted.items():
        await page.goto(path)
        for name, autocomplete in controls.items():
            control = page.locator(f"form:visible [name={name}]").first
            await expect(control).to_have_attribute("autocomplete", autocomplete)


async def test_registration_by_the_keyboard_alone(page: Page, live_server: DemoShop) -> None:
    person = stranger(live_server)
    await page.goto("/register")
    keyboard = page.keyboard

    async def enter(name: str, text: str = "") -> None:
        while await page.evaluate("document.activeElement.name") != name:
            await keyboard.press("Tab")
        await keyboard.type(text)

    await enter("name", person.name)
    await enter("email", person.email)
    await enter("password", NEW_PASSWORD)
    await enter("confirmPassword", NEW_PASSWORD)
    await enter("plan")
    await keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="Pro")).to_be_checked()
    await enter("acceptTerms", " ")
    await keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Check your mail")).to_be_focused()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("path", ["/register", "/verify?token=x", "/forgot", "/reset?token=x", "/invitation?token=x"])
async def test_nothing_is_in_the_way(new_context: NewContext, axe: Axe, complaints: Complaints, path: str, screen: str) -> None:
    page = await (await new_context(**SCREENS[screen], left=True)).new_page()
    await page.goto(path)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await in_both_themes(page, axe)
    async with page.expect_response(lambda answer: answer.request.method == "POST"):
        await page.get_by_role("button").last.click()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await in_both_themes(page, axe)
    complaints.forget("422")


@pytest.fixture(scope="module")
def private_shop() -> Iterator[Mewayz]:
    """A shop that takes nobody who was not invited."""
    with Mewayz(REGISTRATION="closed") as server:
        body = {**OWNER, "shopName": "By invitation", "currency": "GBP", "timezone": "Europe/London"}
        assert httpx.post(f"{server.url}/api/v1/setup", json=body, timeout=PATIENCE).status_code == 201
        yield server


async def test_a_closed_shop_says_so(new_context: NewContext, private_shop: Mewayz, complaints: Complaints) -> None:
    page = await (await new_context(base_url=private_shop.url)).new_page()
    await page.goto("/login")
    await expect(page.get_by_text("Ask an administrator of the shop for an invitation.")).to_be_visible()
    await expect(page.get_by_role("link", name="Create an account")).to_have_count(0)
    await page.goto("/register")
    await expect(page.get_by_text("Registration is closed.")).to_be_visible()
