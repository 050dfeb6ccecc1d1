"""What the settings hold: nothing secret for longer than it is shown, and what was refused until a proof is there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from reflex.event import Event

from mewayz.backend import clock
from mewayz.backend.access import PROOF_LASTS, Actor
from mewayz.backend.grants import GRANTS, Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import second_factor as factors
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.invite_pages import UserAccess
from mewayz.domains.auth.model import sessions
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.roles_pages import roles_page
from mewayz.domains.auth.roles_state import TwoFactorRule, matrix
from mewayz.domains.auth.security_pages import security_page
from mewayz.domains.auth.security_state import SESSIONS_TITLE, PasswordSettings, SessionList
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.settings_pages import profile_page
from mewayz.domains.auth.settings_state import EMAIL_SENT, CloseAccount, EmailSettings, PreferenceSettings, ProfileSettings
from mewayz.domains.auth.two_factor_state import CODES_TOLD, PASSKEYS_TITLE, TITLE, TwoFactor
from mewayz.domains.users.pages import UserRecord
from mewayz.ui.events import as_actor
from mewayz.ui.step_up import StepUp, handling
from tests.domains.auth.flows import enrolled
from tests.domains.people import PASSWORD, add_person, add_shop
from tests.tabs import opened, tab, visit, way

NEW = "Seventeen-swans-17"


async def session_of(person: Actor) -> Actor:
    """This person with a session of their own, which has just begun."""
    signed_in = await auth.sign_in(LoginPayload(email=person.email, password=PASSWORD))
    return replace(person, session_id=signed_in.session.id, proven_at=clock.now())


def stale(person: Actor) -> Actor:
    """The same person, whose proof is too old."""
    return replace(person, proven_at=clock.now() - PROOF_LASTS - timedelta(seconds=1))


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """A signed-in user of a shop."""
    await add_shop()
    return await session_of(await add_person(Role.USER))


async def run(handler: Any) -> list[Any]:
    """All that a handler yields."""
    return [event async for event in handler]


async def test_a_profile(person: Actor) -> None:
    page = await opened(ProfileSettings, "/settings", person)
    await page.load()
    assert page.values == {"name": person.name, "company": ""}
    await run(page.save({"name": "N", "company": "Ink"}))
    assert page.field_errors == {"name": "Enter at least 2 characters."}
    await run(page.save({"name": " Noor ", "company": "Ink", "role": "admin"}))
    kept = await accounts.profile(person)
    assert (kept.name, kept.company, kept.role) == ("Noor", "Ink", "user")


async def test_preferences_keep_what_they_do_not_know(person: Actor) -> None:
    page = await opened(PreferenceSettings, "/settings/preferences", person)
    await accounts.save_profile(person, {"preferences": {"density": "compact"}})
    await page.choose_theme("dark")
    await page.save({"marketingConsent": "on"})
    kept = await accounts.profile(person)
    assert kept.preferences == {"density": "compact", "theme": "dark"}
    assert kept.marketing_consent
    await page.choose_theme("purple")
    assert page.error
    assert page.theme == "dark"


async def test_a_refused_event_is_fired_again_after_the_proof(person: Actor) -> None:
    root = tab("/settings")
    page = await opened(EmailSettings, "/settings", stale(person), root)
    await page.load()
    event = Event(name="the.event", payload={"form": {"email": "new@example.com"}})
    handling(event)
    await run(page.send({"email": "new@example.com"}))
    step_up = await root.get_state(StepUp)
    assert (step_up.shown, page.asked, page.error) == (True, "", "")
    assert (step_up.authenticator, step_up.backup, step_up.passkey) == (False, False, False)

    events = await run(step_up.prove({"password": "wrong"}))
    assert (step_up.shown, step_up.busy, step_up.field_errors) == (True, False, {"password": "This is not your password."})
    events = await run(step_up.prove({"password": PASSWORD}))
    assert (step_up.shown, step_up.field_errors) == (False, {})
    assert [one for one in events if isinstance(one, Event)] == [event]
    assert "wrong" not in str(root.dict())
    assert PASSWORD not in str(root.dict())

    # Once, and not again for who asks a second time.
    handling(Event(name="another.event"))
    await page.change()
    await step_up.close(False)
    assert await step_up.proven() is None


async def test_a_code_is_asked_for_where_there_is_one(person: Actor) -> None:
    root = tab("/settings/security")
    page = await opened(TwoFactor, "/settings/security", person, root)
    await page.begin()
    await run(page.confirm({"code": pyotp.TOTP(page.secret).now()}))
    assert page.step == "codes"
    code = page.codes[0]
    await page.leave()
    as_actor(stale(person))
    handling(Event(name="the.event"))
    await page.ask("off")
    step_up = await root.get_state(StepUp)
    assert (step_up.shown, step_up.authenticator, step_up.backup, step_up.passkey, page.asking) == (True, True, True, False, "")
    for form, wrong in (
        ({}, {"password", "code"}),
        ({"password": PASSWORD, "code": ""}, {"code"}),
        ({"password": "", "code": code}, {"password"}),
    ):
        await run(step_up.prove(form))
        assert (step_up.shown, set(step_up.field_errors)) == (True, wrong)
    await run(step_up.prove({"password": PASSWORD, "code": code}))
    assert not step_up.shown


async def test_secrets_go_when_they_are_no_longer_shown(person: Actor) -> None:
    page = await opened(TwoFactor, "/settings/security", person)
    await page.begin()
    secret = page.secret
    assert pyotp.parse_uri(page.otpauth_url).secret == secret == page.secret_shown.replace(" ", "")
    await run(page.confirm({"code": "12"}))
    assert (page.step, page.secret) == ("scan", secret), "a typing error is no reason to scan again"
    await run(page.confirm({"code": pyotp.TOTP(secret).now()}))
    assert page.step == "codes"
    codes = list(page.codes)
    assert len(codes) == factors.CODES
    await page.unscan()
    assert page.codes == codes, "the picture goes, the codes stay"
    assert secret not in str(page.dict())
    await page.leave()
    assert not [word for word in (secret, *codes) if word in str(page.dict())]
    await page.load()
    assert (page.totp, page.codes_left) == (True, 10)


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("", "/"),
        ("?next=%2Forders%3Fsort%3Dtotal", "/orders?sort=total"),
        ("?next=%2F%2Fevil.example", "/"),
        ("?next=%2F%5Cevil.example", "/"),
        ("?next=https%3A%2F%2Fevil.example", "/"),
        ("?next=%2Fenrol", "/"),
    ],
)
async def test_from_enrolment_the_way_leads_to_a_page_of_ours(person: Actor, asked: str, leads: str) -> None:
    page = await opened(TwoFactor, f"/enrol{asked}", person)
    assert way(await page.go_on()) == leads


async def test_enrolment_holds_nobody_up(person: Actor) -> None:
    page = await opened(TwoFactor, "/enrol", person)
    assert way(await page.arrive()) == "/settings/security", "nothing is demanded of them"


def focused(events: Any) -> list[str]:
    """What is to get the focus."""
    found = str(events)
    return [name for name in (TITLE, CODES_TOLD, PASSKEYS_TITLE, SESSIONS_TITLE, EMAIL_SENT) if f"ref_{name}" in found]


async def test_the_focus_goes_to_what_says_what_has_happened(person: Actor) -> None:
    page = await opened(TwoFactor, "/settings/security", person)
    await page.begin()
    assert focused(await run(page.confirm({"code": "12"}))) == []
    assert focused(await run(page.confirm({"code": pyotp.TOTP(page.secret).now()}))) == [CODES_TOLD]
    assert focused(await page.renew()) == [CODES_TOLD]
    assert focused(await page.tell("aaaaa-bbbbb ccccc-ddddd")) == [CODES_TOLD]
    assert focused(await page.tell("")) == [PASSKEYS_TITLE]
    assert focused(await page.turn_off()) == [TITLE]
    other = await session_of(replace(person, session_id=""))
    sessions = await opened(SessionList, "/settings/security", person)
    assert focused(await sessions.end(other.session_id)) == [SESSIONS_TITLE]
    assert focused(await sessions.end_others()) == [SESSIONS_TITLE]
    email = await opened(EmailSettings, "/settings", person)
    assert focused(await run(email.send({"email": "x"}))) == []
    assert focused(await run(email.send({"email": "new@example.com"}))) == [EMAIL_SENT]
    drawn = str(security_page()) + str(profile_page())
    for name in (TITLE, CODES_TOLD, PASSKEYS_TITLE, SESSIONS_TITLE, EMAIL_SENT):
        assert f'id:"{name}"' in drawn


async def test_a_factor_that_one_must_have_is_not_offered_to_be_turned_off() -> None:
    drawn = str(security_page())
    assert "Your account needs it. To turn it off, add a passkey first." in drawn


async def test_demanding_a_second_factor_of_oneself_asks_first(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await session_of(await add_person(Role.ADMIN))
    rule = await opened(TwoFactorRule, "/admin/roles", admin)
    await rule.load()
    await rule.demand("user", True)
    assert (rule.asking, rule.roles) == (False, ["user"])
    for ask, everyone, kept in ((rule.demand("admin", True), False, ["user", "admin"]), (rule.demand_everyone(True), True, [])):
        await ask
        assert (rule.asking, rule.everyone, rule.roles) == (True, False, ["user"])
        await rule.show(False)
        assert not rule.asking
        assert await requirements.rule(admin) == {"everyone": False, "roles": ["user"]}
        await (rule.demand_everyone(True) if everyone else rule.demand("admin", True))
        await rule.go_on()
        assert (rule.asking, rule.everyone, rule.roles) == (False, everyone, kept)
        await requirements.set_rule(admin, {"roles": ["user"]})
        await rule.load()
    access = await opened(UserAccess, f"/users/{admin.id}", admin)
    await access.load()
    await access.demand(True)
    assert (access.recovering, access.required) == ("demand", False)
    await access.demand_of_oneself()
    assert (access.recovering, access.required) == ("", True)
    await access.demand(False)
    assert not access.required
    # Who has one is not asked.
    await enrolled(admin)
    await access.load()
    await access.demand(True)
    assert (access.recovering, access.required) == ("", True)
    await rule.demand_everyone(True)
    assert (rule.asking, rule.everyone) == (False, True)
    assert "This covers you: you will be asked to set it up now" in str(roles_page())


async def test_a_password(person: Actor) -> None:
    other = await session_of(replace(person, session_id=""))
    page = await opened(PasswordSettings, "/settings/security", person)
    await page.load()
    await run(page.save({"currentPassword": PASSWORD, "password": NEW, "confirmPassword": "Another"}))
    assert list(page.field_errors) == ["confirmPassword"]
    await run(page.save({"currentPassword": "wrong", "password": NEW, "confirmPassword": NEW}))
    assert list(page.field_errors) == ["currentPassword"]
    # What was wrong the last time does not stand beside the progress of another try.
    trying = page.save({"currentPassword": "wrong", "password": NEW, "confirmPassword": NEW})
    await anext(trying)
    assert (page.saving, page.error, page.field_errors) == (True, "", {})
    await run(trying)
    assert list(page.field_errors) == ["currentPassword"]
    await run(page.save({"currentPassword": PASSWORD, "password": NEW, "confirmPassword": NEW}))
    assert (page.error, page.field_errors) == ("", {})
    assert NEW not in str(page.dict())
    sessions = await opened(SessionList, "/settings/security", person)
    await sessions.load()
    assert [row.id for row in sessions.rows] == [person.session_id]
    assert other.session_id != person.session_id


async def test_an_account_is_closed_by_its_address_only(person: Actor) -> None:
    page = await opened(CloseAccount, "/settings", person)
    await page.ask()
    assert page.asking
    await page.type_email("somebody@else.example")
    assert await run(page.close()) == []
    await page.type_email(f" {person.email.upper()} ")
    events = await run(page.close())
    assert way(events[-1]) == "/login"


async def test_the_last_administrator_stays(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await session_of(await add_person(Role.ADMIN))
    page = await opened(CloseAccount, "/settings", admin)
    await page.ask()
    await page.type_email(admin.email)
    await run(page.close())
    assert page.error.startswith("This is the last active administrator.")
    assert (await accounts.profile(admin)).email == admin.email


async def test_the_access_of_another(person: Actor) -> None:
    admin = await session_of(await add_person(Role.ADMIN))
    root = tab()
    page = await opened(UserAccess, f"/users/{person.id}", admin, root)
    await page.load()
    assert (page.loaded, page.invited, page.required) == (True, False, False)
    await page.demand(True)
    assert page.required
    assert (await accounts.profile(person)).two_factor_required
    visit(root, "/users/000000000000000000000000")
    await page.load()
    assert (page.loaded, page.error) == (False, ""), "the page above says why"


async def test_sessions_and_factors_of_another_end_after_a_question(person: Actor) -> None:
    await enrolled(person)
    admin = await session_of(await add_person(Role.ADMIN))
    root = tab()
    page = await opened(UserAccess, f"/users/{person.id}", stale(admin), root)
    await page.load()
    assert (page.two_factor, page.oneself) == (True, False)
    await page.ask_recovery("sessions")
    assert ((await root.get_state(StepUp)).shown, page.recovering) == (True, "")

    as_actor(admin)
    await page.ask_recovery("everything")
    assert page.recovering == ""
    await page.ask_recovery("sessions")
    await page.show_recovery(False)
    await page.end_sessions()
    assert (page.recovering, page.error) == ("", "")
    assert await sessions.find_all(user_id=person.id) == []

    # Both parts of the page are read anew: the facts above, and what can be done below.
    assert await page.remove_factors() == [UserRecord.open, UserAccess.load]
    assert await factors.methods(person.id) == []
    await page.load()
    assert not page.two_factor


def test_every_grant_has_its_line() -> None:
    lines = [line for _, found in matrix() for line in found]
    assert len(lines) == len({name for grants in GRANTS.values() for name in grants})
    assert all(set(line.scopes) <= {"All", "Own", "–"} and len(line.scopes) == len(Role) for line in lines)
