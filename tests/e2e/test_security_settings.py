"""The settings of one's own account, in a browser: profile, address, password, second factors, sessions, and the way out."""

import base64
import re
import time
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pyotp
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect

from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived, at_rest
from tests.e2e.persons import PASSWORD, Somebody, somebody
from tests.e2e.shops import DemoShop, unused
from tests.e2e.test_accessibility import SCREENS, in_both_themes
from tests.e2e.test_forms import choose, invalid, said

Axe = Callable[..., Awaitable[list[str]]]
STEP = 30


async def opened(new_context: NewContext, person: Somebody, path: str, **options: Any) -> Page:
    """A page of the settings of this person."""
    page = await person.page(new_context, left=True, **options)
    await page.goto(path)
    await arrived(page, "Settings")
    await at_rest(page)
    return page


async def confirm_oneself(page: Page, code: str = "") -> None:
    """Answer the question who this is, with a code where there is a second factor."""
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    await dialog.get_by_label("Password").fill(PASSWORD)
    if code:
        await dialog.get_by_label("Code of your authenticator").fill(code)
    await dialog.get_by_role("button", name="Confirm", exact=True).click()
    await expect(dialog).to_have_count(0)


async def secret_of(page: Page) -> str:
    """The key of the authenticator as a phone reads it from the picture."""
    picture = page.get_by_role("img", name="QR code")
    await expect(picture).to_have_attribute("src", re.compile("base64,."))
    source = await picture.get_attribute("src") or ""
    image = Image.open(BytesIO(base64.b64decode(source.partition(",")[2])))
    read = zxingcpp.read_barcodes(image)
    assert len(read) == 1
    return pyotp.parse_uri(read[0].text).secret


def code_of(secret: str, later: int = 0) -> str:
    """The code of an authenticator now, or some steps later."""
    return pyotp.TOTP(secret).at(int(time.time()) + later * STEP)


async def set_up(page: Page) -> tuple[str, list[str]]:
    """Confirm the authenticator that is shown; its key and the backup codes."""
    secret = await secret_of(page)
    await page.get_by_label("Code", exact=True).fill(code_of(secret))
    await page.get_by_role("button", name="Turn on").click()
    codes = page.get_by_role("list", name="Backup codes").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    return secret, await codes.all_inner_texts()


async def test_profile(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server)
    page = await person.page(new_context)
    await page.goto("/")
    await page.get_by_role("button", name=re.compile(person.name)).click()
    await page.get_by_role("menuitem", name="Settings").click()
    await expect(page).to_have_url(address("/settings"))
    await at_rest(page)
    await page.get_by_label("Company").fill("Ink & Sons")
    await page.get_by_label("Name", exact=True).fill("")
    await page.get_by_role("button", name="Save profile").click()
    await invalid(page, "Name", "Enter at least 2 characters.")
    await expect(page.get_by_label("Company")).to_have_value("Ink & Sons")
    await page.get_by_label("Name", exact=True).fill("Noor Newname")
    await page.get_by_role("button", name="Save profile").click()
    await said(page, "Profile saved.")
    kept = live_server.get(f"/users/{person.id}")["user"]
    assert (kept["name"], kept["company"]) == ("Noor Newname", "Ink & Sons")


async def test_the_address_changes_once_its_mailbox_confirms(new_context: NewContext, live_server: DemoShop) -> None:
    person, new = somebody(live_server), f"{unused('new').lower()}@shop.example"
    page = await opened(new_context, person, "/settings")
    person.forget_proof()
    await page.get_by_role("button", name="Change e-mail…").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    await dialog.get_by_label("Password").fill("not my password")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("alert").filter(has_text="This is not your password.")).to_be_visible()
    await expect(dialog.get_by_label("Password")).to_be_focused()
    await confirm_oneself(page)
    box = page.get_by_label("New e-mail address")
    await expect(box).to_be_focused()
    await box.fill("nothing")
    await page.get_by_role("button", name="Send confirmation").click()
    await expect(box).to_have_attribute("aria-invalid", "true")
    await box.fill(new)
    await page.get_by_role("button", name="Send confirmation").click()
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text(f"We have sent a mail to {new}.")
    assert person.sign_in().status_code == 200, "the present address counts until then"
    assert person.post("/auth/email/verify", token=person.token("/verify", new)).status_code == 200
    await page.reload()
    await expect(page.get_by_role("main")).to_contain_text(f"You sign in with {new}.")
    person.email = new
    assert person.sign_in().status_code == 200


async def test_what_was_refused_is_done_after_the_proof(new_context: NewContext, live_server: DemoShop) -> None:
    """A form keeps what was typed, and need not be sent again; who gives up has changed nothing."""
    admin, other = somebody(live_server, "admin"), somebody(live_server)
    page = await admin.page(new_context)
    await page.goto(f"/users/{other.id}/edit")
    await expect(page.get_by_label("Name", exact=True)).to_have_value(other.name)
    admin.forget_proof()
    await page.get_by_label("Company").fill("Pulp Ltd")
    await choose(page, "Role", "Moderator")
    await page.get_by_role("button", name="Save changes").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    await expect(dialog.get_by_label("Password")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_label("Company")).to_have_value("Pulp Ltd")
    assert live_server.get(f"/users/{other.id}")["user"]["role"] == "user"
    await page.get_by_role("button", name="Save changes").click()
    await confirm_oneself(page)
    await said(page, "Changes saved.")
    kept = live_server.get(f"/users/{other.id}")["user"]
    assert (kept["role"], kept["company"]) == ("moderator", "Pulp Ltd")


async def test_a_new_password(new_context: NewContext, live_server: DemoShop) -> None:
    person, new = somebody(live_server), "Ten-tall-towers-10"
    page = await opened(new_context, person, "/settings/security")
    other = person.sign_in().json()["data"]["token"]
    change = page.get_by_role("button", name="Change password")

    async def enter(current: str, password: str, again: str) -> None:
        await page.get_by_label("Current password").fill(current)
        await page.get_by_label("New password", exact=True).fill(password)
        await page.get_by_label("New password again").fill(again)
        await change.click()

    await page.get_by_label("New password", exact=True).fill("abc")
    await expect(page.get_by_text("Use at least 8 characters.")).to_be_visible()
    await enter("wrong", new, new)
    await invalid(page, "Current password", "This is not your present password.")
    await enter(PASSWORD, new, "something else")
    await invalid(page, "New password again", "The two passwords differ. Type the same one twice.")
    await enter(PASSWORD, new, new)
    await said(page, "Password changed.")
    for label in ("Current password", "New password", "New password again"):
        await expect(page.get_by_label(label, exact=True)).to_have_value("")
    await expect(page.get_by_role("list", name="Sessions").get_by_role("listitem")).to_have_count(1)
    assert not person.alive(other)
    assert person.sign_in().status_code == 401
    person.password = new
    assert person.sign_in().status_code == 200


async def test_an_authenticator_from_set_up_to_removal(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server)
    page = await opened(new_context, person, "/settings/security")
    await page.get_by_role("button", name="Set up").click()
    secret = await secret_of(page)
    await expect(page.locator("#totp_secret")).to_have_text(" ".join(re.findall("....?", secret)))
    link = await page.get_by_role("link", name="Open in authenticator").get_attribute("href")
    assert pyotp.parse_uri(link or "").secret == secret
    # Nothing counts before it is confirmed.
    assert "token" in person.sign_in().json()["data"]
    wrong = f"{(int(code_of(secret)) + 1) % 1_000_000:06}"
    await page.get_by_label("Code", exact=True).fill(wrong)
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.locator("#totp_told")).to_contain_text("This code is not right.")
    secret, codes = await set_up(page)
    file = await page.get_by_role("link", name="Download").get_attribute("href")
    assert all(code in unquote(file or "") for code in codes)
    await page.get_by_role("button", name="I have kept them").click()
    await expect(page.get_by_role("main")).to_contain_text("10 of 10 left")
    shown = await page.content()
    assert all(code not in shown for code in (secret, *codes))

    asked = person.sign_in().json()["data"]
    assert asked["twoFactorRequired"]
    done = person.post("/auth/2fa/challenge", challenge=asked["challenge"], code=codes[0])
    assert done.status_code == 200, done.text
    await page.reload()
    await expect(page.get_by_role("main")).to_contain_text("9 of 10 left")

    # The password alone is no proof any more.
    person.forget_proof()
    await page.get_by_role("button", name="New codes…").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_label("Code of your authenticator")).to_be_focused()
    await expect(dialog.get_by_role("alert").filter(has_text="Enter a code")).to_be_visible()
    await confirm_oneself(page, code_of(secret, 1))
    await page.get_by_role("button", name="Make new codes").click()
    fresh = page.get_by_role("list", name="Backup codes").get_by_role("listitem")
    await expect(fresh).to_have_count(10)
    assert not set(codes) & set(await fresh.all_inner_texts())
    # Whoever leaves the page does not find them again.
    await page.get_by_role("link", name="Profile").click()
    await expect(page.get_by_label("Company")).to_be_visible()
    await page.get_by_role("link", name="Security").click()
    await expect(page.get_by_role("main")).to_contain_text("10 of 10 left")
    await expect(fresh).to_have_count(0)

    await page.get_by_role("button", name="Turn off…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Turn off").click()
    await expect(page.get_by_role("button", name="Set up")).to_be_visible()
    assert "token" in person.sign_in().json()["data"]


async def test_passkeys(new_context: NewContext, live_server: DemoShop) -> None:
    """Added (with backup codes, as the first factor), renamed, used as a proof, removed."""
    person = somebody(live_server)
    here = live_server.url.replace("127.0.0.1", "localhost")  # an address is no relying party
    page = await person.page(new_context, base_url=here)
    device = await page.context.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    await device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    await page.goto("/settings/security")
    person.forget_proof()
    await page.get_by_role("button", name="Add a passkey").click()
    await confirm_oneself(page)
    await page.get_by_label("Name, to tell it from others").fill("Desk")
    await page.get_by_role("button", name="Create passkey").click()
    await said(page, "Passkey added.")
    codes = page.get_by_role("list", name="Backup codes").get_by_role("listitem")
    await expect(codes).to_have_count(10)
    await page.get_by_role("button", name="I have kept them").click()
    rows = page.get_by_role("list", name="Passkeys").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("never used")
    assert person.sign_in().json()["data"]["twoFactorRequired"]

    await rows.get_by_role("button", name="Rename Desk").click()
    box = rows.get_by_label("Name of the passkey")
    await expect(box).to_be_focused()
    await box.fill("")
    await rows.get_by_role("button", name="Save").click()
    await expect(box).to_have_attribute("aria-invalid", "true")
    await box.fill("Kitchen")
    await page.keyboard.press("Enter")
    await expect(rows).to_contain_text("Kitchen")

    # It is a proof on every page, also where nothing else needs its script.
    person.forget_proof()
    await page.goto("/settings")
    await page.get_by_role("button", name="Change e-mail…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_label("New e-mail address")).to_be_focused()
    await page.goto("/settings/security")
    await expect(rows).to_contain_text("last used")
    await rows.get_by_role("button", name="Remove Kitchen").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Remove passkey").click()
    await said(page, "Passkey removed.")
    await expect(page.get_by_role("list", name="Passkeys")).to_have_count(0)
    assert "token" in person.sign_in().json()["data"]


async def test_sessions(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server)
    others = [person.sign_in().json()["data"]["token"] for _ in range(3)]

    def alive() -> list[bool]:
        return [person.alive(token) for token in others]

    page = await opened(new_context, person, "/settings/security")
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    await expect(rows).to_have_count(4)
    await expect(rows.nth(0)).to_contain_text("This session")
    await expect(rows.nth(0)).to_contain_text("127.0.0.1")
    await expect(rows.nth(0).get_by_role("button")).to_have_count(0)
    await rows.nth(1).get_by_role("button").click()
    await said(page, "The session has been signed out.")
    await expect(rows).to_have_count(3)
    assert sorted(alive()) == [False, True, True]
    await page.get_by_role("button", name="Sign out all others").click()
    await said(page, "2 sessions have been signed out.")
    await expect(rows).to_have_count(1)
    assert not any(alive())


async def test_who_must_have_a_second_factor_sets_it_up_first(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server)
    page = await person.page(new_context)
    await page.goto("/products")
    await arrived(page, "Products")
    live_server.ask("POST", f"/admin/users/{person.id}/require-2fa", json={"required": True})
    # The open page is led there at once.
    await expect(page).to_have_url(re.compile("/enrol"))
    await page.goto("/enrol?next=%2Forders")
    await expect(page.get_by_role("heading", name="Set up two-factor sign-in")).to_be_visible()
    await page.get_by_role("button", name="Begin").click()
    await set_up(page)
    await page.get_by_role("button", name="I have kept them, go on").click()
    await expect(page).to_have_url(address("/orders"))
    await arrived(page, "Orders")
    # The page does not hold up who is done with it.
    await page.goto("/enrol?next=//elsewhere.example/")
    await expect(page).to_have_url(address("/"))


async def test_preferences(new_context: NewContext, live_server: DemoShop) -> None:
    """The theme is chosen with the keyboard, and follows the person to another device."""
    person = somebody(live_server)
    page = await opened(new_context, person, "/settings/preferences", color_scheme="light")
    await page.get_by_role("radio", name="Like the device").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    await expect(page.locator("html.dark")).to_be_attached()
    await page.get_by_label("Send me news").check()
    await page.get_by_role("button", name="Save").click()
    await said(page, "Preferences saved.")
    assert live_server.get(f"/users/{person.id}")["user"]["marketingConsent"] is True
    other = await person.page(new_context, color_scheme="light")
    await other.goto("/products")
    await expect(other.locator("html.dark")).to_be_attached()


async def test_the_account_is_closed(new_context: NewContext, live_server: DemoShop) -> None:
    person = somebody(live_server)
    page = await opened(new_context, person, "/settings")
    await page.get_by_role("button", name="Close account…").click()
    dialog = page.get_by_role("alertdialog")
    close = dialog.get_by_role("button", name="Close account")
    await expect(close).to_be_disabled()
    await dialog.get_by_label(re.compile("to confirm")).fill(person.email.upper())
    await close.click()
    await expect(page).to_have_url(re.compile("/login"))
    assert person.sign_in().status_code == 401


async def test_nothing_is_found_by_axe(new_context: NewContext, live_server: DemoShop, axe: Axe) -> None:
    for screen in SCREENS.values():
        person = somebody(live_server)
        page = await person.page(new_context, left=True, **screen)
        for path in ("/settings", "/settings/preferences", "/settings/security"):
            await page.goto(path)
            await at_rest(page)
            await in_both_themes(page, axe)
        await page.get_by_role("button", name="Set up").click()
        await expect(page.get_by_role("img", name="QR code")).to_be_visible()
        await page.mouse.move(0, 0)
        await in_both_themes(page, axe)
        await set_up(page)
        await page.mouse.move(0, 0)
        await in_both_themes(page, axe)
        await page.get_by_role("button", name="I have kept them").click()
        person.forget_proof()
        await page.get_by_role("button", name="New codes…").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.mouse.move(0, 0)
        await in_both_themes(page, axe)
