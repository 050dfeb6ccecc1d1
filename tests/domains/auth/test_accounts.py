"""Accounts: from registration to closing. Who owns the mailbox decides, and nobody learns which addresses are known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, SYSTEM
from mewayz.backend.errors import Conflict, Invalid, RateLimited
from mewayz.backend.grants import Role
from mewayz.backend.limits import MAIL
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import devices
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import (
    ChallengeExpired,
    LinkExpired,
    RegistrationClosed,
    SessionEnded,
    SeveralRegistrations,
    WrongCredentials,
)
from mewayz.domains.auth.model import passkeys_collection, sessions, tickets, totp_secrets
from mewayz.domains.auth.second_factor import fresh_codes
from mewayz.domains.auth.sessions import GRACE, own_sessions
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import LastAdmin, users
from tests.domains.auth.flows import (
    HERE,
    begin,
    code_of,
    enrolled,
    events,
    letters,
    outcomes,
    second_step,
    settled,
    sign_in,
    subjects,
    token_for,
    who,
    whom,
)
from tests.domains.people import ORIGIN, PASSWORD, add_person, data_of, refused, signed_in, visit

FORM = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": "Analytical-Tide-1",
    "confirmPassword": "Analytical-Tide-1",
    "company": "Engines",
    "plan": "Pro",
    "acceptTerms": True,
    "marketingConsent": True,
}
NEW = {"password": "Quiet-Harbour-9", "confirmPassword": "Quiet-Harbour-9"}


async def register(**values: Any) -> dict[str, Any]:
    return await accounts.register({**FORM, **values}, HERE)


def same(answer: httpx.Response) -> tuple[int, Any, set[str]]:
    """What a stranger can tell answers apart by, except for what they have sent themselves."""
    headers = set(answer.headers) - {"ratelimit-remaining"}
    return answer.status_code, {**answer.json()}, headers


# Registering ------------------------------------------------------------------------------------------------------------


async def test_register_confirm_sign_in(runtime: Runtime) -> None:
    answer = await register(email="Ada@Example.com")
    assert answer["verificationRequired"] is True
    assert (answer["user"]["role"], answer["user"]["plan"], answer["user"]["status"]) == ("user", "Free", "pending")
    assert await users_collection.find(email="ada@example.com") is None
    with pytest.raises(WrongCredentials):
        await sign_in("ada@example.com", FORM["password"])
    token = await token_for(runtime, "ada@example.com", "Confirm")
    assert await accounts.verify({"token": token}) == "ada@example.com"
    session = await sign_in("ADA@example.com", str(FORM["password"]))
    user = session.user
    assert (user.name, user.company, user.role, user.status) == ("Ada Lovelace", "Engines", "user", "active")
    assert (user.plan, user.wished_plan, user.marketing_consent) == ("Free", "Pro", True)
    assert user.email_verified_at is not None
    assert user.terms_accepted_at is not None
    assert (await users.stats(SYSTEM))["total"] == 1


async def test_a_known_address_answers_alike_and_gets_the_other_letter(runtime: Runtime) -> None:
    person = await add_person()
    async with visit(Origin=ORIGIN) as client:
        unknown = await client.post("/auth/register", json=FORM)
        known = await client.post("/auth/register", json={**FORM, "email": person.email})
        assert data_of(unknown, 201)["user"].pop("email") == "ada@example.com"
        assert (unknown.status_code, set(unknown.headers)) == (known.status_code, set(known.headers))
        assert known.text.replace(person.email, "ada@example.com") == unknown.text
        assert await subjects(runtime, "ada@example.com") == ["Confirm your e-mail address"]
        assert await subjects(runtime, person.email) == ["You already have an account"]
        answers = []
        for path in ("/auth/password/forgot", "/auth/email/resend"):
            answers += [same(await client.post(path, json={"email": email})) for email in (person.email, "nobody@example.com")]
            for bad in ("no address", "x@"):
                assert set(refused(await client.post(path, json={"email": bad}), 422, "invalid")["fields"]) == {"email"}
        assert answers == answers[:1] * 4
    await sign_in(person.email)  # nothing was changed


async def test_the_mailbox_decides_which_registration_counts(runtime: Runtime) -> None:
    await register(name="Eve Evil", password="Stolen-Harvest-5", confirmPassword="Stolen-Harvest-5")
    evil = await token_for(runtime, "ada@example.com")
    await register()
    mine = await token_for(runtime, "ada@example.com")
    # Two letters look alike: whoever opens one tells by the password that it is the own one.
    for token in (mine, evil):
        with pytest.raises(SeveralRegistrations):
            await accounts.verify({"token": token})
    with pytest.raises(Invalid) as raised:
        await accounts.verify({"token": evil, "password": FORM["password"]})
    assert set(raised.value.fields) == {"password"}
    assert await accounts.verify({"token": mine, "password": FORM["password"]}) == "ada@example.com"
    with pytest.raises(Conflict):
        await accounts.verify({"token": evil})
    assert (await sign_in("ada@example.com", str(FORM["password"]))).user.name == "Ada Lovelace"
    with pytest.raises(WrongCredentials):
        await sign_in("ada@example.com", "Stolen-Harvest-5")


async def test_sending_again_sends_the_registration_of_the_browser_that_asks(runtime: Runtime) -> None:
    evil = {**FORM, "name": "Eve Evil", "password": "Stolen-Harvest-5", "confirmPassword": "Stolen-Harvest-5"}
    asked = {"email": "ada@example.com"}
    async with visit(Origin=ORIGIN) as ada, visit(Origin=ORIGIN) as eve, visit(Origin=ORIGIN) as nobody:
        data_of(await ada.post("/auth/register", json=FORM), 201)
        data_of(await eve.post("/auth/register", json=evil), 201)
        assert len(await letters(runtime, "ada@example.com")) == 2
        answers = [same(await nobody.post("/auth/email/resend", json=asked))]
        assert len(await letters(runtime, "ada@example.com")) == 3, "the newest goes to the mailbox"
        await runtime.limits.clear(MAIL, "resend", "ada@example.com")
        answers.append(same(await ada.post("/auth/email/resend", json=asked)))
        assert answers == answers[:1] * 2
    assert len(await letters(runtime, "ada@example.com")) == 4
    token = await token_for(runtime, "ada@example.com")
    assert await accounts.verify({"token": token, "password": FORM["password"]}) == "ada@example.com"
    assert (await sign_in("ada@example.com", str(FORM["password"]))).user.name == "Ada Lovelace"


@pytest.mark.parametrize("way", ["resend", "forgot"])
async def test_a_link_that_another_browser_asked_for_asks_for_the_password(runtime: Runtime, way: str) -> None:
    async with visit(Origin=ORIGIN) as ada:
        data_of(await ada.post("/auth/register", json=FORM), 201)
    first = await token_for(runtime, "ada@example.com")
    path = {"resend": "/auth/email/resend", "forgot": "/auth/password/forgot"}[way]
    async with visit(Origin=ORIGIN) as phone:
        answers = [same(await phone.post(path, json={"email": email})) for email in ("ADA@example.com", "nobody@example.com")]
        assert answers == answers[:1] * 2
        await settled(runtime)
    assert await subjects(runtime, "ada@example.com") == ["Confirm your e-mail address"] * 2
    assert await subjects(runtime, "nobody@example.com") == []
    again = await token_for(runtime, "ada@example.com")
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": first})
    with pytest.raises(SeveralRegistrations):
        await accounts.verify({"token": again})
    with pytest.raises(Invalid):
        await accounts.verify({"token": again, "password": "Not-the-password-1"})
    assert await accounts.verify({"token": again, "password": FORM["password"]}) == "ada@example.com"
    assert (await sign_in("ada@example.com", str(FORM["password"]))).user.name == "Ada Lovelace"


async def test_the_browser_that_registered_confirms_with_one_click_after_forgot(runtime: Runtime) -> None:
    async with visit(Origin=ORIGIN) as ada:
        data_of(await ada.post("/auth/register", json=FORM), 201)
        data_of(await ada.post("/auth/password/forgot", json={"email": "ada@example.com"}))
        await settled(runtime)
    assert await accounts.verify({"token": await token_for(runtime, "ada@example.com")}) == "ada@example.com"


async def test_the_cookie_of_a_registration_is_for_nothing_else(runtime: Runtime) -> None:
    async with visit(Origin=ORIGIN) as client:
        answer = await client.post("/auth/register", json=FORM)
    (told,) = answer.headers.get_list("set-cookie")
    assert told.startswith("mewayz_registration=")
    assert {"HttpOnly", "Path=/api/v1/auth", "SameSite=lax", "Max-Age=86400"} <= set(told.split("; "))
    secret = answer.cookies["mewayz_registration"]
    (ticket,) = await tickets.find_all(kind="verify")
    assert secret not in str(ticket.data)


async def test_a_link_confirms_once_also_at_the_same_moment(runtime: Runtime) -> None:
    await register()
    token = await token_for(runtime, "ada@example.com")
    won, lost = await outcomes([accounts.verify({"token": token}) for _ in range(10)])
    assert won == ["ada@example.com"]
    assert {type(error) for error in lost} == {LinkExpired}
    for unknown in (token, token + "x", "x"):
        with pytest.raises(LinkExpired):
            await accounts.verify({"token": unknown})


async def test_a_link_expires_and_can_be_sent_again(runtime: Runtime) -> None:
    browser = replace(HERE, registration="secret")
    await accounts.register(FORM, browser)
    first = await token_for(runtime, "ada@example.com")
    with clock.frozen(clock.now() + timedelta(days=1)), pytest.raises(LinkExpired):
        await accounts.verify({"token": first})
    await accounts.resend({"email": " ADA@example.com "}, browser)
    second = await token_for(runtime, "ada@example.com")
    assert second != first
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": first})
    await accounts.verify({"token": second})
    await accounts.resend({"email": "ada@example.com"}, browser)
    assert len(await letters(runtime, "ada@example.com")) == 2


async def test_a_link_is_good_for_its_purpose_only(runtime: Runtime) -> None:
    person = await add_person()
    await register()
    verify = await token_for(runtime, "ada@example.com")
    await accounts.forgot({"email": person.email}, HERE)
    reset = await token_for(runtime, person.email, "Choose")
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": verify, **NEW})
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": reset})
    await accounts.reset({"token": reset, **NEW})


REFUSED: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"role": "admin"}, {"role"}),
    ({"status": "active"}, {"status"}),
    ({"id": "a" * 24}, {"id"}),
    ({"twoFactorRequired": False}, {"twoFactorRequired"}),
    ({"emailVerifiedAt": "2026-01-01T00:00:00Z"}, {"emailVerifiedAt"}),
    ({"plan": "Gold"}, {"plan"}),
    ({"name": "A"}, {"name"}),
    ({"email": "ada"}, {"email"}),
    ({"email": "p\u0430ypal@example.com"}, {"email"}),
    ({"email": "ada@ex\u0430mple.com"}, {"email"}),
    ({"password": "short", "confirmPassword": "short"}, {"password"}),
    ({"password": "Ada-Lovelace-1", "confirmPassword": "Ada-Lovelace-1"}, {"password"}),
)


async def test_what_registration_refuses(runtime: Runtime) -> None:
    async with visit(Origin=ORIGIN) as client:
        for values, fields in REFUSED:
            answer = await client.post("/auth/register", json={**FORM, **values})
            assert set(refused(answer, 422, "invalid")["fields"]) == fields, values
        for values in ({"confirmPassword": "Another-Harbour-9"}, {"acceptTerms": False}):
            refused(await client.post("/auth/register", json={**FORM, **values}), 422, "invalid")
        refused(await client.post("/auth/register", json=FORM, headers={"Origin": "http://evil.example"}), 403, "csrf")
    await settled(runtime)
    assert not (runtime.settings.data_dir / "mail").exists()
    assert await tickets.find_all(kind="verify") == []


async def test_registration_can_be_closed(runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"registration": "closed"})
    with pytest.raises(RegistrationClosed):
        await register()


async def test_nobody_fills_a_mailbox(runtime: Runtime) -> None:
    for _ in range(3):
        await register()
    with pytest.raises(RateLimited):
        await register()
    for _ in range(3):
        await accounts.resend({"email": "ada@example.com"}, HERE)
        await settled(runtime)  # two at once would be one letter
    with pytest.raises(RateLimited):
        await accounts.resend({"email": "Ada@example.com"}, HERE)
    assert len(await letters(runtime, "ada@example.com")) == 6, "three of each kind"


async def test_nobody_keeps_others_from_their_way_back(runtime: Runtime) -> None:
    person = await add_person()
    for _ in range(3):
        await register(email=person.email)
        await accounts.forgot({"email": person.email.title()}, HERE)
    with pytest.raises(RateLimited):
        await accounts.forgot({"email": person.email}, HERE)
    await accounts.forgot({"email": person.email}, Visitor("198.51.100.1"))
    await accounts.reset({"token": await token_for(runtime, person.email, "Choose"), **NEW})


async def test_many_addresses_do_not_fill_a_mailbox_either(runtime: Runtime) -> None:
    person = await add_person()
    _, lost = await outcomes([accounts.forgot({"email": person.email}, Visitor(f"198.51.100.{number}")) for number in range(20)])
    assert (len(lost), {type(error) for error in lost}) == (10, {RateLimited})
    assert len(await letters(runtime, person.email)) == 10


async def test_one_address_cannot_write_to_many(runtime: Runtime) -> None:
    for number in range(10):
        await accounts.forgot({"email": f"{number}@example.com"}, HERE)
    with pytest.raises(RateLimited):
        await accounts.forgot({"email": "another@example.com"}, HERE)


# Passwords --------------------------------------------------------------------------------------------------------------


async def test_forgot_and_reset(runtime: Runtime) -> None:
    person = await add_person()
    one, two = await sign_in(person.email), await sign_in(person.email)
    await accounts.forgot({"email": person.email.upper()}, HERE)
    token = await token_for(runtime, person.email, "Choose a new password")
    with pytest.raises(Invalid):
        await accounts.reset({"token": token, "password": "weak-weak", "confirmPassword": "weak-weak"})
    won, lost = await outcomes([accounts.reset({"token": token, **NEW}) for _ in range(5)])
    assert (len(won), {type(error) for error in lost}) == (1, {LinkExpired})
    assert await who(one) == await who(two) == ANONYMOUS
    with pytest.raises(WrongCredentials):
        await sign_in(person.email)
    await sign_in(person.email, NEW["password"])
    assert (await subjects(runtime, person.email)).count("Your password was changed") == 1
    assert await events(runtime, "auth.password_reset") == [("auth.password_reset", person.id, person.id, "high")]


async def test_a_reset_link_expires_and_the_newest_counts(runtime: Runtime) -> None:
    person = await add_person()
    await accounts.forgot({"email": person.email}, HERE)
    first = await token_for(runtime, person.email)
    await accounts.forgot({"email": person.email}, HERE)
    second = await token_for(runtime, person.email)
    with clock.frozen(clock.now() + timedelta(hours=1)), pytest.raises(LinkExpired):
        await accounts.reset({"token": second, **NEW})
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": first, **NEW})
    await users_collection.patch(person.id, {"status": "suspended"})
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": second, **NEW})
    await accounts.forgot({"email": person.email}, HERE)
    assert len(await letters(runtime, person.email)) == 2  # who may not sign in is sent nothing


async def test_a_reset_frees_a_locked_account_and_leaves_the_second_factor(runtime: Runtime) -> None:
    person = await add_person()
    authenticator, _ = await enrolled(await whom(person.email))
    begun = (await begin(person.email)).challenge
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await sign_in(person.email, "wrong")
    with pytest.raises(RateLimited):
        await sign_in(person.email)
    await accounts.forgot({"email": person.email}, HERE)
    await accounts.reset({"token": await token_for(runtime, person.email, "Choose"), **NEW})
    elsewhere = Visitor("203.0.113.50")
    challenge = (await begin(person.email, NEW["password"], elsewhere)).challenge
    with pytest.raises(ChallengeExpired):  # what was begun with the old password ends with it
        await second_step(begun, code_of(authenticator, 1))
    await second_step(challenge, code_of(authenticator, 1))


async def test_a_new_password_or_factor_leaves_one_known_device(runtime: Runtime) -> None:
    person = await add_person()
    mine, thief = await sign_in(person.email), await sign_in(person.email)
    assert await devices.known(person.id, thief.device)
    await accounts.change_password(await who(mine), {"currentPassword": PASSWORD, **NEW})
    assert (await devices.known(person.id, mine.device), await devices.known(person.id, thief.device)) == (True, False)
    thief = await sign_in(person.email, NEW["password"])
    await enrolled(await who(mine))
    assert (await devices.known(person.id, mine.device), await devices.known(person.id, thief.device)) == (True, False)
    await accounts.forgot({"email": person.email}, HERE)
    again = {"password": "Another-Garden-8", "confirmPassword": "Another-Garden-8"}
    await accounts.reset({"token": await token_for(runtime, person.email, "Choose"), **again})
    assert not await devices.known(person.id, mine.device)


async def test_links_from_before_a_suspension_stay_void(runtime: Runtime) -> None:
    person = await add_person(Role.USER)
    actor = await whom(person.email)
    await enrolled(actor)
    await accounts.change_email(actor, {"email": "new@example.com"})
    change = await token_for(runtime, "new@example.com")
    await accounts.forgot({"email": person.email}, HERE)
    reset = await token_for(runtime, person.email, "Choose")
    with clock.frozen(clock.now()):
        # A machine is fast enough for all of this to happen within one millisecond.
        begun = (await begin(person.email)).challenge
        for status in ("suspended", "active"):
            await users.update(SYSTEM, person.id, {"status": status})
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": reset, **NEW})
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": change})
    with pytest.raises(ChallengeExpired):
        await second_step(begun, "000000")
    await accounts.forgot({"email": person.email}, HERE)
    await accounts.reset({"token": await token_for(runtime, person.email, "Choose"), **NEW})


async def test_changing_the_password_ends_the_others(runtime: Runtime) -> None:
    person = await add_person()
    other, mine = await sign_in(person.email), await sign_in(person.email)
    await accounts.forgot({"email": person.email}, HERE)
    link = await token_for(runtime, person.email, "Choose")
    actor = await who(mine)
    with pytest.raises(Invalid) as raised:
        await accounts.change_password(actor, {"currentPassword": "wrong", **NEW})
    assert set(raised.value.fields) == {"currentPassword"}
    for bad in ("short", person.name + "-1a"):
        with pytest.raises(Invalid):
            await accounts.change_password(actor, {"currentPassword": PASSWORD, "password": bad, "confirmPassword": bad})
    assert (await who(other)).signed_in
    await accounts.change_password(actor, {"currentPassword": PASSWORD, **NEW})
    assert await who(other) == ANONYMOUS
    assert (await who(mine)).signed_in
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": link, **NEW})
    await sign_in(person.email, NEW["password"])
    assert "Your password was changed" in await subjects(runtime, person.email)


async def test_the_present_password_cannot_be_guessed_in_a_session(runtime: Runtime) -> None:
    actor = await whom((await add_person()).email)
    for _ in range(5):
        with pytest.raises(Invalid):
            await accounts.change_password(actor, {"currentPassword": "wrong", **NEW})
    with pytest.raises(RateLimited):
        await accounts.change_password(actor, {"currentPassword": PASSWORD, **NEW})


# The address ------------------------------------------------------------------------------------------------------------


async def test_a_new_address_is_confirmed_by_its_mailbox_and_the_old_one_is_told(runtime: Runtime) -> None:
    person = await add_person()
    session = await sign_in(person.email)
    await accounts.change_email(await who(session), {"email": "New@example.com"})
    assert "Your e-mail address is about to change" in await subjects(runtime, person.email)
    await sign_in(person.email)  # nothing has changed yet
    token = await token_for(runtime, "new@example.com", "Confirm your new")
    assert await accounts.verify({"token": token}) == "new@example.com"
    assert (await who(session)).email == "new@example.com"
    await sign_in("new@example.com")
    with pytest.raises(WrongCredentials):
        await sign_in(person.email)
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": token})


async def test_the_address_of_somebody_else_is_not_taken_and_not_told(runtime: Runtime) -> None:
    person, other = await add_person(), await add_person(Role.USER)
    actor = await whom(person.email)
    await accounts.change_email(actor, {"email": other.email})
    assert await subjects(runtime, other.email) == ["Your address belongs to your account"]
    await accounts.change_email(actor, {"email": "wanted@example.com"})
    token = await token_for(runtime, "wanted@example.com")
    await users_collection.patch(other.id, {"email": "wanted@example.com"})
    with pytest.raises(Conflict):
        await accounts.verify({"token": token})
    for bad in ("ada", "p\u0430ypal@example.com", person.email):
        with pytest.raises(Invalid):
            await accounts.change_email(actor, {"email": bad})
    assert (await users_collection.get(person.id)).email == person.email


# The profile, and the end -----------------------------------------------------------------------------------------------


async def test_people_change_of_themselves_what_is_theirs(runtime: Runtime) -> None:
    user = await add_person(Role.USER)
    async with signed_in(user.email) as client:
        changes: Mapping[str, Any] = {
            "name": "Grace",
            "company": "Navy",
            "marketingConsent": True,
            "preferences": {"theme": "dark", "density": "compact"},
        }
        saved = data_of(await client.patch("/auth/me", json=changes))["user"]
        assert {name: saved[name] for name in changes} == changes
        for name, value in (("role", "admin"), ("plan", "Pro"), ("status", "active"), ("email", "x@example.com"), ("twoFactor", True)):
            assert set(refused(await client.patch("/auth/me", json={name: value}), 422, "invalid")["fields"]) == {name}
        assert "passwordHash" not in (await client.get("/auth/me")).text
    assert (await users_collection.get(user.id)).role == "user"


async def test_closing_an_account_leaves_nothing_of_it(runtime: Runtime) -> None:
    await add_person()
    user = await add_person(Role.USER)
    async with signed_in(user.email) as client:
        await enrolled(await whom(user.email))
        await accounts.forgot({"email": user.email}, HERE)
        await settled(runtime)
        session = await second_step((await begin(user.email)).challenge, (await _backup(user.id)))
        actor = await who(session)
        refused(await client.get("/auth/me"), 401, "unauthenticated")  # ended when the second factor was turned on
    await accounts.close(actor)
    assert await who(session) == ANONYMOUS
    for kept in (sessions, tickets, passkeys_collection):
        assert await kept.find_all(user_id=user.id) == []
    assert await totp_secrets.find(id=user.id) is await credentials.find(id=user.id) is await users_collection.find(id=user.id) is None
    assert (await subjects(runtime, user.email))[-1] == "Your account was closed"
    with pytest.raises(WrongCredentials):
        await sign_in(user.email)


async def _backup(user_id: str) -> str:
    """A backup code of somebody."""
    return (await fresh_codes(user_id))[0]


async def test_the_last_administrator_stays(runtime: Runtime) -> None:
    actor = await whom((await add_person()).email)
    with pytest.raises(LastAdmin):
        await accounts.close(actor)
    await add_person(email="second@example.com")
    await accounts.close(actor)


async def test_closing_over_rest_takes_the_cookies(runtime: Runtime) -> None:
    await add_person()
    user = await add_person(Role.USER)
    async with signed_in(user.email) as client:
        answer = await client.request("DELETE", "/auth/me")
        assert data_of(answer) == {}
        assert "mewayz_session" not in client.cookies


async def test_a_changed_password_ends_what_has_been_begun(runtime: Runtime) -> None:
    """Whoever was in with the old password cannot finish a change of address that leads back in."""
    person = await add_person()
    thief = await who(await sign_in(person.email))
    await accounts.change_email(thief, {"email": "evil@example.com"})
    link = await token_for(runtime, "evil@example.com")
    owner = await who(await sign_in(person.email))
    new = {"password": "Another-Garden-8", "confirmPassword": "Another-Garden-8"}
    await accounts.change_password(owner, {"currentPassword": PASSWORD, **new})
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": link})
    assert (await users_collection.get(person.id)).email == person.email


@pytest.mark.parametrize("noticed", ["by the owner", "by a reused token"])
async def test_an_ended_session_leaves_no_change_of_address_behind(runtime: Runtime, noticed: str) -> None:
    """Ending the session of a thief ends what would let them in again within the hour."""
    person = await add_person()
    stolen = await sign_in(person.email)
    renewed = await own_sessions.refresh(stolen.refresh)
    await accounts.change_email(await who(renewed), {"email": "evil@example.com"})
    link = await token_for(runtime, "evil@example.com")
    if noticed == "by the owner":
        await own_sessions.end(await who(await sign_in(person.email)), stolen.session.id)
    else:
        with clock.frozen(clock.now() + GRACE * 2), pytest.raises(SessionEnded):
            await own_sessions.refresh(stolen.refresh)
    assert await who(renewed) == ANONYMOUS
    with pytest.raises(LinkExpired):
        await accounts.verify({"token": link})


async def test_a_link_is_good_for_the_mailbox_that_it_was_sent_to(runtime: Runtime) -> None:
    person = await add_person(Role.USER)
    await accounts.forgot({"email": person.email}, HERE)
    link = await token_for(runtime, person.email, "password")
    await users.update(SYSTEM, person.id, {"email": "moved@example.com"})
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": link, "password": "Another-Garden-8", "confirmPassword": "Another-Garden-8"})
    assert "Your e-mail address was changed" in [str(letter["Subject"]) for letter in await letters(runtime, person.email)]
