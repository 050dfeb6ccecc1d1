"""The page of roles and what administrators decide about the access of others: rules, invitations, looking as another role."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from playwright.async_api import Page, expect

from mewayz.backend.grants import GRANTS, Role
from tests.e2e.conftest import NewContext
from tests.e2e.driving import address, arrived, at_rest
from tests.e2e.persons import PASSWORD, Somebody, somebody
from tests.e2e.shops import PATIENCE, DemoShop, unused
from tests.e2e.test_accessibility import SCREENS, in_both_themes
from tests.e2e.test_forms import choose, said
from tests.e2e.test_phone import PHONE
from tests.e2e.test_second_factor import protected
from tests.services import wait_for

Axe = Callable[..., Awaitable[list[str]]]
HEADS = [re.compile(word) for word in ("Permission", "User", "Moderator", "Enterprise", "Admin")]
WORDS = {"any": "All", "own": "Own", None: "–Not granted"}


@contextmanager
def rule_restored(shop: DemoShop) -> Iterator[None]:
    """Whatever is demanded in between, nothing is in the end."""
    try:
        yield
    finally:
        shop.ask("PUT", "/admin/two-factor", json={"everyone": False, "roles": []})


async def of_admin(new_context: NewContext, shop: DemoShop, path: str) -> tuple[Somebody, Page]:
    """An administrator of their own, on this page."""
    admin = somebody(shop, "admin", name="Ada Admin")
    page = await admin.page(new_context, left=True)
    await page.goto(path)
    return admin, page


async def test_the_matrix_says_what_is_in_force(owner: Page) -> None:
    await owner.goto("/users")
    await owner.get_by_role("navigation", name="Main").get_by_role("link", name="Roles").click()
    await arrived(owner, "Roles")
    table = owner.get_by_role("table", name="What each role may do")
    await expect(table.get_by_role("columnheader")).to_have_text(HEADS)
    permissions = {name for grants in GRANTS.values() for name in grants}
    await expect(table.get_by_role("cell")).to_have_count(len(permissions) * len(Role))
    shown: dict[str, list[str]] = {}
    noun = ""
    for row in await table.get_by_role("row").all():
        if await row.get_by_role("cell").count() == 0:
            noun = (await row.inner_text()).strip().lower().replace("administration", "admin")
        else:
            verb = await row.get_by_role("rowheader").inner_text()
            shown[f"{noun}:{verb.lower()}"] = [await cell.text_content() or "" for cell in await row.get_by_role("cell").all()]
    assert shown == {name: [WORDS[GRANTS[role].get(name)] for role in Role] for name in permissions}


async def test_the_matrix_fits_a_phone(new_context: NewContext) -> None:
    page = await (await new_context("owner", **PHONE, left=True)).new_page()
    await page.goto("/admin/roles")
    await at_rest(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    # The heads stay in sight below the bar.
    await page.get_by_role("row", name="Administration").scroll_into_view_if_needed()
    await page.mouse.wheel(0, 300)
    head = page.get_by_role("columnheader", name="Moderator")
    await expect(head).to_be_in_viewport()


async def test_who_must_use_two_factor_sign_in(new_context: NewContext, live_server: DemoShop) -> None:
    with rule_restored(live_server):
        admin, page = await of_admin(new_context, live_server, "/admin/roles")
        user = somebody(live_server, "moderator")
        assert "enrolmentRequired" not in user.sign_in().json()["data"]
        admin.forget_proof()
        box = page.get_by_role("checkbox", name="Moderator")
        await box.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await said(page, "Saved.")
        await expect(box).to_be_checked()
        assert live_server.get("/admin/two-factor") == {"everyone": False, "roles": ["moderator"]}
        assert user.sign_in().json()["data"]["enrolmentRequired"]
        assert "token" in somebody(live_server).sign_in().json()["data"]
        await box.click()
        await expect(box).not_to_be_checked()  # at once: it is on the screen before it is saved
        await asyncio.to_thread(wait_for, lambda: not live_server.get("/admin/two-factor")["roles"], PATIENCE)
        await page.reload()
        await expect(page.get_by_label("Everyone")).to_be_enabled()
        assert live_server.get("/admin/two-factor") == {"everyone": False, "roles": []}


async def test_looking_as_another_role(new_context: NewContext, live_server: DemoShop) -> None:
    admin, page = await of_admin(new_context, live_server, "/admin/roles")
    await page.get_by_role("button", name="View as Moderator").click()
    await expect(page).to_have_url(address("/"))
    told = page.get_by_role("region", name="Viewing as another role")
    await expect(told).to_contain_text("You see Mewayz as Moderator. Nothing can be changed.")
    navigation = page.get_by_role("navigation", name="Main")
    await expect(navigation.get_by_role("link", name="Customers")).to_be_visible()
    await expect(navigation.get_by_role("link", name="Administration")).to_have_count(0)
    await page.goto("/admin/roles")
    await expect(page.get_by_role("heading", name="You may not open this page")).to_be_visible()

    # What would change something is there to be seen, as the role sees it, and does not work.
    made = live_server.product(name="Untouched")
    await page.goto(f"/products/{made['id']}")
    await page.get_by_role("link", name="Edit product").click()
    await expect(page.get_by_role("main")).to_contain_text("it is a page that changes something")
    await page.goto("/settings")
    await page.get_by_label("Company").fill("Elsewhere")
    await page.get_by_role("button", name="Save profile").click()
    await said(page, "You are viewing as another role, and nothing can be changed.")
    assert live_server.get(f"/users/{admin.id}")["user"]["company"] == ""

    await page.goto("/products")
    await told.get_by_role("button", name="Stop viewing").click()
    await expect(page).to_have_url(address("/admin/roles"))
    await arrived(page, "Roles")
    await expect(told).to_have_count(0)
    await expect(navigation.get_by_role("link", name="Administration")).to_be_visible()


async def test_an_invitation(new_context: NewContext, live_server: DemoShop) -> None:
    admin, page = await of_admin(new_context, live_server, "/users")
    email = f"{unused('guest').lower()}@shop.example"
    await page.get_by_role("link", name="Invite user").click()
    send = page.get_by_role("button", name="Send invitation")
    await page.get_by_label("Name", exact=True).fill("Gus Guest")
    await page.get_by_label("E-mail").fill("gus")
    await send.click()
    await expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Gus Guest")
    admin.forget_proof()
    await page.get_by_label("E-mail").fill(email)
    await choose(page, "Role", "Moderator")
    await send.click()
    await page.get_by_role("dialog").get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("dialog").get_by_role("button", name="Confirm", exact=True).click()
    await said(page, f"Invitation sent to {email}.")
    await arrived(page, "Gus Guest")
    main = page.get_by_role("main")
    await expect(main).to_contain_text("the invitation has not been accepted yet")
    await expect(main).to_contain_text("Pending")
    first = admin.token("/invitation", email)
    await page.get_by_role("button", name="Send again").click()
    await said(page, "Invitation sent again.")
    second = admin.token("/invitation", email, after=1)

    # It stands among the pending ones until it is accepted, with the newest link only.
    await page.goto("/users?status=pending")
    await page.get_by_role("link", name="Gus Guest").first.click()
    chosen = {"password": PASSWORD, "confirmPassword": PASSWORD}
    assert admin.post("/auth/invitation/accept", token=first, **chosen).status_code == 422
    assert admin.post("/auth/invitation/accept", token=second, **chosen).status_code == 200
    await page.reload()
    await expect(main).to_contain_text("Active")
    await expect(page.get_by_role("button", name="Send again")).to_have_count(0)
    assert admin.post("/auth/login", email=email, password=PASSWORD).json()["data"]["user"]["role"] == "moderator"


async def test_an_invitation_is_taken_back(new_context: NewContext, live_server: DemoShop) -> None:
    admin, page = await of_admin(new_context, live_server, "/users/invite")
    email = f"{unused('guest').lower()}@shop.example"
    await page.get_by_label("Name", exact=True).fill("Gone Guest")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Send invitation").click()
    await arrived(page, "Gone Guest")
    token = admin.token("/invitation", email)
    await page.get_by_role("button", name="Cancel invitation…").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Cancel invitation").click()
    await expect(page).to_have_url(address("/users"))
    await said(page, "The invitation of Gone Guest is cancelled.")
    assert admin.post("/auth/invitation/accept", token=token, password=PASSWORD, confirmPassword=PASSWORD).status_code == 422
    assert live_server.get("/users", search=email)["users"] == []


async def test_a_single_user_must_use_two_factor_sign_in(new_context: NewContext, live_server: DemoShop) -> None:
    user = somebody(live_server)
    _, page = await of_admin(new_context, live_server, f"/users/{user.id}")
    main = page.get_by_role("main")
    await expect(main).to_contain_text("Two-factorOff")
    await expect(main).to_contain_text("E-mail confirmedNot yet")
    switch = page.get_by_role("switch", name="Require two-factor sign-in")
    await switch.focus()
    await page.keyboard.press("Space")
    await said(page, f"Two-factor sign-in is required for {user.name}.")
    await expect(switch).to_be_checked()
    assert user.sign_in().json()["data"]["enrolmentRequired"]
    await switch.click()
    await said(page, f"Two-factor sign-in is no longer required for {user.name}.")
    assert "enrolmentRequired" not in user.sign_in().json()["data"]


async def test_a_lost_phone(new_context: NewContext, live_server: DemoShop) -> None:
    """An administrator ends the sessions of a user and takes off the second factor, each after a question that says what happens."""
    user, _, _ = protected(live_server)
    _, page = await of_admin(new_context, live_server, f"/users/{user.id}")
    main, question = page.get_by_role("main"), page.get_by_role("alertdialog")
    await expect(main).to_contain_text("Two-factorOn")
    await page.get_by_role("button", name="End all sessions…").click()
    await expect(question).to_contain_text("They are signed out on all devices at once")
    await question.get_by_role("button", name="Cancel").click()
    await expect(question).to_have_count(0)
    await page.get_by_role("button", name="End all sessions…").click()
    await question.get_by_role("button", name="End all sessions").click()
    await said(page, "1 session has been ended.")
    assert user.sign_in().json()["data"]["twoFactorRequired"]

    await page.get_by_role("button", name="Take off two-factor…").click()
    await expect(question).to_contain_text("the password alone opens the account")
    await question.get_by_role("button", name="Take off two-factor").click()
    await said(page, f"The second factors of {user.name} are taken off.")
    await expect(main).to_contain_text("Two-factorOff")
    await expect(page.get_by_role("button", name="Take off two-factor…")).to_have_count(0)
    assert "token" in user.sign_in().json()["data"]


async def test_nothing_is_found_by_axe(new_context: NewContext, live_server: DemoShop, axe: Axe) -> None:
    user = somebody(live_server)
    for screen in SCREENS.values():
        admin = somebody(live_server, "admin")
        page = await admin.page(new_context, left=True, **screen)
        for path in ("/admin/roles", f"/users/{user.id}", "/users/invite", "/users"):
            await page.goto(path)
            await at_rest(page)
            await in_both_themes(page, axe)
        await page.goto("/admin/roles")
        await page.get_by_role("button", name="View as User").click()
        await expect(page.get_by_role("region", name="Viewing as another role")).to_be_visible()
        await at_rest(page)
        await in_both_themes(page, axe)
