"""The second step of a sign-in on the page of the first, and passkeys, in the browser."""

import time
from collections.abc import Awaitable, Callable

import httpx
import pyotp
from playwright.async_api import CDPSession, Page, expect

from tests.e2e.conftest import Complaints, NewContext
from tests.e2e.driving import address, arrived, sign_in
from tests.e2e.persons import PASSWORD, Somebody, somebody
from tests.e2e.shops import PLAIN, DemoShop
from tests.e2e.test_accessibility import in_both_themes

Axe = Callable[..., Awaitable[list[str]]]
STEP = 30


def protected(shop: DemoShop) -> tuple[Somebody, pyotp.TOTP, list[str]]:
    """Somebody with an authenticator, and their backup codes."""
    person = somebody(shop)
    headers = {"Authorization": f"Bearer {person.sign_in().json()['data']['token']}"}
    made = httpx.post(f"{shop.url}/api/v1/auth/2fa/setup", json={}, headers=headers, **PLAIN).json()["data"]
    authenticator = pyotp.TOTP(made["secret"])
    # The step before the present one, which stays free for the sign-in; not at the end of a step, after which it is two before.
    if (left := STEP - time.time() % STEP) < 3:
        time.sleep(left)
    code = {"code": authenticator.at(int(time.time()) - STEP)}
    answer = httpx.post(f"{shop.url}/api/v1/auth/2fa/enable", json=code, headers=headers, **PLAIN)
    assert answer.status_code == 200, answer.text
    return person, authenticator, answer.json()["data"]["backupCodes"]


async def asked(page: Page, person: Somebody, path: str = "/login") -> None:
    """Give the password, up to the second step."""
    await sign_in(page, person.email, PASSWORD, path)
    await expect(page.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()


async def test_a_pasted_code_is_sent_by_itself(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person, authenticator, _ = protected(live_server)
    await asked(page, person, "/login?next=%2Fproducts")
    code = page.get_by_label("Six-digit code")
    await expect(code).to_be_focused()
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    await expect(code).to_have_attribute("inputmode", "numeric")
    await expect(page.get_by_role("heading", name="Sign in to Mewayz")).to_be_hidden()
    assert "challenge" not in await page.evaluate("location.href + JSON.stringify({...localStorage, ...sessionStorage}) + history.state")

    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    right = authenticator.now()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    await code.fill(wrong)
    await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    await expect(code).to_have_value(wrong)
    await code.fill(f"{right[:3]} {right[3:]}")
    await expect(page).to_have_url(address("/products"))
    complaints.forget("401", "422")


async def test_a_backup_code_instead(page: Page, live_server: DemoShop, complaints: Complaints) -> None:
    person, _, codes = protected(live_server)
    for expected in ("in", "refused"):
        await asked(page, person)
        await page.get_by_role("button", name="Use a backup code instead").click()
        field = page.get_by_label("Backup code")
        await expect(field).to_be_focused()
        await field.fill(codes[0].upper())
        await page.keyboard.press("Enter")
        if expected == "in":
            await arrived(page, "Dashboard")
            await page.context.clear_cookies()
        else:
            await expect(page.get_by_role("alert")).to_contain_text("it has been used")
    complaints.forget("401")


async def test_starting_again_keeps_the_address_only(page: Page, live_server: DemoShop) -> None:
    person, _, _ = protected(live_server)
    await asked(page, person)
    await page.get_by_role("button", name="Start again").click()
    await expect(page.get_by_label("E-mail")).to_have_value(person.email)
    await expect(page.get_by_label("Password", exact=True)).to_have_value("")
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()


async def test_nothing_is_in_the_way_of_a_code(page: Page, live_server: DemoShop, axe: Axe) -> None:
    person, _, _ = protected(live_server)
    await asked(page, person)
    await in_both_themes(page, axe)
    await page.get_by_role("button", name="Use a backup code instead").click()
    await in_both_themes(page, axe)


async def authenticator_of(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that keeps passkeys and asks nobody; its id."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


_ADD = """() => {
  const button = document.createElement("button");
  button.dataset.passkey = "add";
  const added = document.createElement("button");
  added.dataset.passkeyAdded = "true";
  return new Promise((resolve) => {
    added.addEventListener("click", () => resolve("added"));
    document.addEventListener("mewayz:step-up", () => resolve("step up"));
    document.body.append(button, added);
    button.click();
  });
}"""


async def test_a_passkey_instead_of_a_password_and_as_second_factor(
    new_context: NewContext, live_server: DemoShop, complaints: Complaints
) -> None:
    person = somebody(live_server)
    base = f"http://localhost:{live_server.port}"  # a passkey needs a name, not a number
    page = await person.page(new_context, base_url=base)
    session, device = await authenticator_of(page)
    await page.goto("/products")
    await arrived(page, "Products")
    person.forget_proof()
    assert await page.evaluate(_ADD) == "step up"
    complaints.forget("403")
    await page.context.clear_cookies()
    await sign_in(page, person.email, PASSWORD)
    await arrived(page, "Dashboard")
    assert await page.evaluate(_ADD) == "added"

    await page.context.clear_cookies()
    await page.goto("/login?next=%2Fproducts")
    await page.get_by_role("button", name="Continue with a passkey").click()
    await expect(page).to_have_url(address("/products"))

    # Among the suggestions for the e-mail address, of which this device takes the first by itself.
    await page.context.clear_cookies()
    await page.goto("/login?next=%2Forders")
    await page.get_by_label("E-mail").focus()
    await expect(page).to_have_url(address("/orders"))

    # Who does not take it goes on with the password, and may use it then.
    await page.context.clear_cookies()
    absent = {"authenticatorId": device, "enabled": False}
    await session.send("WebAuthn.setAutomaticPresenceSimulation", absent)
    await asked(page, person)
    await session.send("WebAuthn.setAutomaticPresenceSimulation", {**absent, "enabled": True})
    await page.get_by_role("button", name="Use a passkey").click()
    await arrived(page, "Dashboard")


async def test_without_a_passkey_the_page_says_so(new_context: NewContext, live_server: DemoShop) -> None:
    page = await (await new_context(base_url=f"http://localhost:{live_server.port}")).new_page()
    await authenticator_of(page)
    await page.goto("/login")
    await page.get_by_role("button", name="Continue with a passkey").click()
    await expect(page.get_by_role("alert")).to_have_text("The passkey was not used. Try again, or choose another way.")
    await expect(page.get_by_role("button", name="Continue with a passkey")).to_be_enabled()


async def test_a_browser_without_passkeys_is_not_offered_any(new_context: NewContext, live_server: DemoShop) -> None:
    context = await new_context()
    await context.add_init_script("delete window.PublicKeyCredential")
    page = await context.new_page()
    await page.goto("/login")
    await expect(page.get_by_label("E-mail")).to_be_visible()
    await expect(page.get_by_role("button", name="Continue with a passkey")).to_be_hidden()
