"""The whole way of an account in one browser: from registration to the end of a session in another window."""

from playwright.async_api import Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived, sign_in
from tests.e2e.persons import Somebody
from tests.e2e.shops import DemoShop
from tests.e2e.test_registration import confirm, fill, stranger
from tests.e2e.test_second_factor import authenticator_of
from tests.e2e.test_security_settings import code_of, set_up


async def leave(page: Page, person: Somebody) -> None:
    """Sign out through the account menu."""
    await page.get_by_role("button", name=person.name).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page).to_have_url(address("/login"))


async def enter(page: Page, person: Somebody, code: str, *, backup: bool = False) -> None:
    """Sign in with the password and a second factor."""
    await sign_in(page, person.email, person.password)
    await expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    if backup:
        await page.get_by_role("button", name="Use a backup code").click()
        await page.get_by_label("Backup code").fill(code)
        await page.get_by_role("button", name="Continue").click()
    else:
        await page.get_by_label("Six-digit code").fill(code)


async def test_from_registration_to_the_end_of_a_session_elsewhere(
    new_context: NewContext, live_server: DemoShop, complaints: Complaints
) -> None:
    base = f"http://localhost:{live_server.port}"  # a passkey needs a name, not a number
    page = await (await new_context(base_url=base)).new_page()
    person = stranger(live_server)
    await fill(page, person)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await confirm(page, person)
    await sign_in(page, person.email, person.password)
    await arrived(page, "Dashboard")

    await page.goto("/settings/security")
    await page.get_by_role("button", name="Set up").click()
    secret, codes = await set_up(page)
    await page.get_by_role("button", name="I have kept them").click()
    await leave(page, person)

    code = code_of(secret, 1)  # the present one has confirmed the set-up
    await enter(page, person, code)
    await arrived(page, "Dashboard")
    await leave(page, person)
    await enter(page, person, code)  # at once: later it would have expired
    await expect(page.get_by_role("alert")).to_contain_text("has been used")
    await page.get_by_role("button", name="Start again").click()
    await enter(page, person, codes[3], backup=True)
    await arrived(page, "Dashboard")
    await leave(page, person)
    await enter(page, person, codes[3], backup=True)
    await expect(page.get_by_role("alert")).to_contain_text("has been used")
    complaints.forget("401")
    await enter(page, person, codes[4], backup=True)
    await arrived(page, "Dashboard")

    await authenticator_of(page)
    await page.goto("/settings/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_label("Name, to tell it from others").fill("Desk")
    await page.get_by_role("button", name="Create passkey").click()
    await expect(page.get_by_role("list", name="Passkeys").get_by_role("listitem")).to_have_count(1)
    await leave(page, person)
    await page.get_by_role("button", name="Continue with a passkey").click()
    await arrived(page, "Dashboard")

    other = await (await new_context(base_url=base)).new_page()
    await enter(other, person, codes[5], backup=True)
    await arrived(other, "Dashboard")
    await other.goto("/products")
    await arrived(other, "Products")
    await page.goto("/settings/security")
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    await expect(rows).to_have_count(2)
    await rows.nth(1).get_by_role("button", name="Sign out").click()
    # Nobody touches the other window.
    await expect(other.get_by_role("heading", name="Sign in to Mewayz")).to_be_visible()
    await expect(other.get_by_role("table")).to_have_count(0)
    await page.reload()
    await arrived(page, "Settings")
