"""Two-factor sign-in: each code once, nothing readable again, and nobody past it who must have it."""

import base64
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from pyotp import parse_uri
from pyotp.totp import TOTP
from reflex.event import Event
from reflex_base.registry import RegistrationContext
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor, EnrolmentRequired
from mewayz.backend.errors import Invalid, RateLimited
from mewayz.backend.grants import Role
from mewayz.backend.limits import SIGN_IN
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.auth import tokens
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import AlreadyOn, ChallengeExpired, NotOn, StillRequired, WrongCode
from mewayz.domains.auth.model import backup_codes, totp_secrets
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.second_factor import check, methods, second_factor
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import users
from mewayz.rooms import ENDPOINTS
from mewayz.ui.events import policy_of
from mewayz.ui.gate import PolicyMiddleware
from tests.domains.auth.flows import (
    HERE,
    begin,
    code_of,
    enrolled,
    events,
    letters,
    outcomes,
    second_step,
    sign_in,
    subjects,
    who,
    whom,
)
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of, refused, signed_in, visit
from tests.smtp import MailServer
from tests.tabs import tab

NEXT = timedelta(seconds=30)


@pytest.fixture
async def person(runtime: Runtime) -> Actor:
    """Somebody with a fresh session."""
    return await whom((await add_person()).email)


async def fresh(person: Actor) -> Any:
    """The user as stored now."""
    return await users_collection.get(person.id)


async def accepted(person: Actor, authenticator: TOTP, steps: int = 0) -> bool:
    """Whether a sign-in is completed by what the authenticator shows so many steps from now."""
    try:
        return (await second_step((await begin(person.email)).challenge, code_of(authenticator, steps))).user.id == person.id
    except WrongCode:
        return False


# Setting up -------------------------------------------------------------------------------------------------------------


async def test_setting_up_shows_the_secret_in_three_forms(person: Actor) -> None:
    made = await second_factor.setup(person)
    read = parse_uri(made["otpauthUrl"])
    assert isinstance(read, TOTP)
    assert (read.secret, read.name, read.digits, read.interval) == (made["secret"], person.email, 6, 30)
    picture = base64.b64decode(made["qrCode"].removeprefix("data:image/png;base64,"))
    assert zxingcpp.read_barcode(Image.open(io.BytesIO(picture))).text == made["otpauthUrl"]


async def test_it_counts_only_once_it_is_confirmed(person: Actor, runtime: Runtime) -> None:
    made = await second_factor.setup(person)
    assert (await second_factor.status(person))["totp"] is False
    await sign_in(person.email)  # the password is enough
    authenticator = TOTP(made["secret"])
    with pytest.raises(Invalid, match=r"(?s).*") as raised:
        await second_factor.enable(person, {"code": code_of(authenticator, 9)})
    assert "clock" in raised.value.fields["code"]
    assert await check(await fresh(person), code_of(authenticator)) is None
    # A set-up that is begun anew has another secret; the earlier one is worth nothing.
    again = TOTP((await second_factor.setup(person))["secret"])
    assert again.secret != authenticator.secret
    with pytest.raises(Invalid):
        await second_factor.enable(person, {"code": code_of(authenticator)})
    await second_factor.enable(person, {"code": f" {code_of(again)[:3]} {code_of(again)[3:]} "})
    assert await second_factor.status(person) == {"totp": True, "passkeys": 0, "backupCodes": 10, "required": False}
    for verb in (second_factor.setup(person), second_factor.enable(person, {"code": code_of(again, 1)})):
        with pytest.raises(AlreadyOn):
            await verb
    assert (await subjects(runtime, person.email))[-1] == "Two-factor sign-in is on"
    assert await events(runtime, "auth.factor_added") == [("auth.factor_added", person.id, person.id, "high")]


async def test_nothing_to_confirm(person: Actor) -> None:
    with pytest.raises(NotOn):
        await second_factor.enable(person, {"code": "123456"})
    for verb in (second_factor.disable(person), second_factor.new_codes(person)):
        with pytest.raises(NotOn):
            await verb


async def test_what_was_never_confirmed_is_not_turned_off_and_told(person: Actor, runtime: Runtime) -> None:
    await second_factor.setup(person)
    with pytest.raises(NotOn):
        await second_factor.disable(person)
    assert await events(runtime, "auth.factor_removed") == []
    assert "Two-factor sign-in is off" not in await subjects(runtime, person.email)


async def test_of_many_confirmations_one_makes_the_codes(person: Actor) -> None:
    authenticator = TOTP((await second_factor.setup(person))["secret"])
    won, lost = await outcomes([second_factor.enable(person, {"code": code_of(authenticator)}) for _ in range(4)])
    assert [len(one["backupCodes"]) for one in won] == [10]
    assert {type(error) for error in lost} == {AlreadyOn}
    assert len(await backup_codes.find_all(user_id=person.id)) == 10


async def test_a_set_up_that_begins_while_another_ends_leaves_no_one_locked_out(person: Actor) -> None:
    authenticator = TOTP((await second_factor.setup(person))["secret"])
    tries = [second_factor.enable(person, {"code": code_of(authenticator)}), *(second_factor.setup(person) for _ in range(4))]
    await outcomes(tries)
    kept = await totp_secrets.find(id=person.id)
    assert kept is not None
    assert (await fresh(person)).two_factor is bool(kept.confirmed_at)
    if kept.confirmed_at:
        assert await check(await fresh(person), code_of(authenticator, 1)) == "totp"


async def test_turning_it_on_ends_the_other_sessions(runtime: Runtime) -> None:
    email = (await add_person()).email
    other, mine = await sign_in(email), await sign_in(email)
    await enrolled(await who(mine))
    assert await who(other) == ANONYMOUS
    assert (await who(mine)).signed_in


async def test_wrong_confirmations_are_counted(person: Actor) -> None:
    authenticator = TOTP((await second_factor.setup(person))["secret"])
    for _ in range(5):
        with pytest.raises(Invalid):
            await second_factor.enable(person, {"code": "000000"})
    with pytest.raises(RateLimited):
        await second_factor.enable(person, {"code": code_of(authenticator)})


# Codes of the authenticator ---------------------------------------------------------------------------------------------


async def test_a_step_before_and_after_are_accepted_and_no_more(person: Actor) -> None:
    authenticator, _ = await enrolled(person)
    start = clock.now()
    minutes = 0
    for steps, right in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        minutes += 10
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert await accepted(person, authenticator, steps) is right, steps


async def test_no_step_is_accepted_twice_nor_one_before_it(person: Actor) -> None:
    authenticator, _ = await enrolled(person)
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        assert await accepted(person, authenticator, 0)
        assert not await accepted(person, authenticator, 0)
        assert not await accepted(person, authenticator, -1)
        assert await accepted(person, authenticator, 1)


async def test_the_code_of_the_set_up_does_not_sign_in(person: Actor) -> None:
    with clock.frozen(clock.now()):
        authenticator, _ = await enrolled(person)
        assert not await accepted(person, authenticator, 0)


async def test_of_fifty_tries_with_one_code_at_once_one_counts(person: Actor) -> None:
    authenticator, _ = await enrolled(person)
    user, code = await fresh(person), code_of(authenticator, 1)
    found, failed = await outcomes([check(user, code) for _ in range(50)])
    assert failed == []
    assert sorted(found, key=str) == [None] * 49 + ["totp"]


async def test_of_fifty_sign_ins_with_one_code_at_once_one_gets_in(person: Actor) -> None:
    authenticator, _ = await enrolled(person)
    challenges = [(await begin(person.email)).challenge for _ in range(50)]
    code = code_of(authenticator, 1)
    won, lost = await outcomes([second_step(challenge, code) for challenge in challenges])
    assert len(won) == 1
    assert {type(error) for error in lost} <= {WrongCode, RateLimited}
    assert (await who(won[0])).id == person.id


async def test_a_challenge_completes_one_sign_in(person: Actor) -> None:
    authenticator, codes = await enrolled(person)
    challenge = (await begin(person.email)).challenge
    tries = [second_step(challenge, code) for code in (code_of(authenticator, 1), *codes[:4])]
    won, lost = await outcomes(tries)
    assert len(won) == 1
    assert {type(error) for error in lost} == {ChallengeExpired}
    with pytest.raises(ChallengeExpired):
        await second_step(challenge, codes[5])


async def test_a_challenge_does_not_wait_for_ever(person: Actor) -> None:
    authenticator, _ = await enrolled(person)
    challenge = (await begin(person.email)).challenge
    with clock.frozen(clock.now() + timedelta(minutes=5)), pytest.raises(ChallengeExpired):
        await second_step(challenge, code_of(authenticator))
    for unknown in ("x", "", challenge[:-1], challenge + "x"):
        with pytest.raises((ChallengeExpired, Invalid)):
            await second_step(unknown, code_of(authenticator, 1))


async def test_a_challenge_is_worth_nothing_once_its_person_may_not_sign_in(runtime: Runtime) -> None:
    await add_person()
    user = await add_person(Role.USER)
    authenticator, _ = await enrolled(await whom(user.email))
    challenge = (await begin(user.email)).challenge
    await users.update(SYSTEM, user.id, {"status": "suspended"})
    with pytest.raises(ChallengeExpired):
        await second_step(challenge, code_of(authenticator, 1))


async def test_five_wrong_codes_for_a_challenge_and_ten_in_an_hour(person: Actor, runtime: Runtime) -> None:
    authenticator, codes = await enrolled(person)
    for _ in range(2):
        challenge = (await begin(person.email)).challenge
        for _ in range(5):
            with pytest.raises(WrongCode):
                await second_step(challenge, "000000")
        with pytest.raises(RateLimited) as raised:
            await second_step(challenge, code_of(authenticator, 1))
        assert raised.value.retry_after > 0
    challenge = (await begin(person.email)).challenge
    with pytest.raises(RateLimited):
        await second_step(challenge, code_of(authenticator, 1))
    for _ in range(2):
        challenge = (await begin(person.email)).challenge
        for _ in range(5):
            with pytest.raises(WrongCode):
                await second_step(challenge, "aaaaa-aaaaa")
    with pytest.raises(RateLimited):
        await second_step((await begin(person.email)).challenge, codes[0])
    assert len(await events(runtime, "auth.sign_in_failed")) == 20


async def test_strangers_who_know_the_password_use_up_nothing_that_the_owner_needs(person: Actor) -> None:
    authenticator, codes = await enrolled(person)
    mine = replace(HERE, device=(await second_step((await begin(person.email)).challenge, codes[0])).device)
    session = await who(await second_step((await begin(person.email)).challenge, codes[1], mine))
    for number in range(2, 12):  # however many addresses they have, and whatever they try
        stranger = Visitor(f"198.51.100.{number}")
        challenge = (await begin(person.email, visitor=stranger)).challenge
        for code in ("000000", "aaaaa-aaaaa"):
            with pytest.raises(WrongCode):
                await second_step(challenge, code, stranger)
    challenge = (await begin(person.email)).challenge
    with pytest.raises(RateLimited):  # of codes that can be guessed, that was all for an hour
        await second_step(challenge, code_of(authenticator, 1), Visitor("203.0.113.9"))
    await second_step(challenge, codes[2])  # a backup code from another address
    await second_step((await begin(person.email)).challenge, code_of(authenticator, 1), mine)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        await proofs.prove(session, {"password": PASSWORD, "code": codes[3]})


async def test_a_known_device_and_a_session_have_bounds_of_their_own(person: Actor) -> None:
    authenticator, codes = await enrolled(person)
    signed_in = await second_step((await begin(person.email)).challenge, codes[0])
    mine, session = replace(HERE, device=signed_in.device), await who(signed_in)
    for _ in range(2):
        challenge = (await begin(person.email)).challenge
        for code in ("000000", "aaaaa-aaaaa", "000000", "aaaaa-aaaaa", "000000"):
            with pytest.raises(WrongCode):
                await second_step(challenge, code, mine)
    challenge = (await begin(person.email)).challenge
    for code in (code_of(authenticator, 1), codes[1]):
        with pytest.raises(RateLimited):
            await second_step(challenge, code, mine)
    for _ in range(10):
        with pytest.raises(Invalid):
            await current().limits.clear(SIGN_IN, "proof", session.session_id)
            await proofs.prove(session, {"password": PASSWORD, "code": "000000"})
    with pytest.raises(RateLimited):
        await current().limits.clear(SIGN_IN, "proof", session.session_id)
        await proofs.prove(session, {"password": PASSWORD, "code": codes[1]})


async def test_right_codes_are_not_counted(person: Actor) -> None:
    _, codes = await enrolled(person)
    for code in codes:
        await second_step((await begin(person.email)).challenge, code)
        await second_factor.new_codes(await whom_again(person)) if code == codes[-1] else None


async def whom_again(person: Actor) -> Actor:
    """The same session as it is now."""
    token = tokens.access_token(person.id, person.session_id)
    return await auth.identify("", f"Bearer {token}")


async def test_the_secret_is_encrypted_in_its_row(person: Actor, runtime: Runtime) -> None:
    authenticator, codes = await enrolled(person)
    stored = repr(await runtime.database.fetch(text("SELECT * FROM totp"))) + repr(
        await runtime.database.fetch(text("SELECT * FROM backup_codes"))
    )
    trail = repr(await runtime.database.fetch(text("SELECT * FROM audit_log")))
    for secret in (authenticator.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in stored
        assert secret not in trail


# Backup codes -----------------------------------------------------------------------------------------------------------


async def test_a_backup_code_signs_in_once_however_it_is_typed(person: Actor, runtime: Runtime) -> None:
    _, codes = await enrolled(person)
    assert len(set(codes)) == 10
    typed = (codes[0], codes[1].upper(), codes[2].replace("-", ""), f"  {codes[3]} ", codes[4].replace("-", " "))
    for code, entered in zip(codes[:5], typed, strict=True):
        session = await second_step((await begin(person.email)).challenge, entered)
        assert session.session.method == "password+backup"
        with pytest.raises(WrongCode):
            await second_step((await begin(person.email)).challenge, code)
    assert (await second_factor.status(person))["backupCodes"] == 5
    told = await letters(runtime, person.email, "A backup code was used")
    assert "9 are left" in MailServer.text(told[0])
    assert await events(runtime, "auth.backup_code_used")


async def test_of_fifty_tries_with_one_backup_code_at_once_one_counts(person: Actor) -> None:
    _, codes = await enrolled(person)
    user = await fresh(person)
    found, failed = await outcomes([check(user, codes[0]) for _ in range(50)])
    assert failed == []
    assert sorted(found, key=str) == [None] * 49 + ["backup"]
    assert (await second_factor.status(person))["backupCodes"] == 9


async def test_codes_of_others_and_nonsense(person: Actor) -> None:
    await enrolled(person)
    other = await whom((await add_person(Role.USER)).email)
    theirs, codes = await enrolled(other)
    user = await fresh(person)
    for code in (codes[0], code_of(theirs, 1), "", "-", "0", "12345", "1234567", "١٢٣٤٥٦", "😀", "x" * 40):
        assert await check(user, code) is None


async def test_new_codes_replace_the_old_ones_and_none_is_shown_again(person: Actor, runtime: Runtime) -> None:
    _, old = await enrolled(person)
    new = (await second_factor.new_codes(person))["backupCodes"]
    assert len(new) == 10
    assert not set(new) & set(old)
    with pytest.raises(WrongCode):
        await second_step((await begin(person.email)).challenge, old[0])
    await second_step((await begin(person.email)).challenge, new[0])
    shown = repr(await second_factor.status(person)) + repr([vars(one) for one in await backup_codes.find_all(user_id=person.id)])
    assert not any(code in shown or code.replace("-", "") in shown for code in new)
    assert "You have new backup codes" in await subjects(runtime, person.email)


async def test_the_last_backup_code_leaves_the_authenticator(person: Actor) -> None:
    await enrolled(person)
    user = await fresh(person)
    for code in (await second_factor.new_codes(person))["backupCodes"]:
        assert await check(user, code) == "backup"
    assert await methods(person.id) == ["totp"]


# Turning it off, and who must not -----------------------------------------------------------------------------------------


async def test_turning_it_off_takes_the_codes_along(person: Actor, runtime: Runtime) -> None:
    _, codes = await enrolled(person)
    await second_factor.disable(person)
    await sign_in(person.email)  # the password is enough again
    assert await check(await fresh(person), codes[0]) is None
    assert await methods(person.id) == []
    assert "Two-factor sign-in is off" in await subjects(runtime, person.email)
    assert await events(runtime, "auth.factor_removed") == [("auth.factor_removed", person.id, person.id, "high")]


async def test_who_must_have_a_factor_keeps_the_last_one(person: Actor) -> None:
    _, codes = await enrolled(person)
    await users_collection.patch(person.id, {"two_factor_required": True})
    with pytest.raises(StillRequired):
        await second_factor.disable(person)
    assert await methods(person.id) == ["totp", "backup"]
    assert await check(await fresh(person), codes[0]) == "backup"


async def test_whoever_must_enrol_can_do_nothing_else_over_rest(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    await users_collection.patch(admin.id, {"two_factor_required": True})
    async with visit(Origin=ORIGIN) as client:
        data = data_of(await client.post("/auth/login", json={"email": admin.email, "password": PASSWORD}))
        assert data["enrolmentRequired"] is True
        assert set(data) == {"enrolmentRequired", "token", "user"}
        assert data_of(await client.get("/auth/me"))["session"]["restricted"] is True
        tried = 0
        for endpoint in ENDPOINTS:
            if not endpoint.policy.public and not endpoint.policy.enrolling:
                path = endpoint.path.replace("{id}", admin.id)
                answer = await client.request(endpoint.method, path, json={})
                refused(answer, 403, "auth.enrolment_required")
                tried += 1
        assert tried > 40
        made = data_of(await client.post("/auth/2fa/setup", json={}))
        codes = data_of(await client.post("/auth/2fa/enable", json={"code": TOTP(made["secret"]).now()}))["backupCodes"]
        assert len(codes) == 10
        # The same session opens at once.
        assert data_of(await client.get("/auth/me"))["session"]["restricted"] is False
        assert (await client.get("/users")).status_code == 200
        refused(await client.post("/auth/2fa/disable", json={}), 409, "auth.two_factor_required")


async def test_a_session_that_was_open_before_the_demand_can_only_enrol_from_then_on(runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(), await add_person(Role.USER)
    session = await sign_in(user.email)
    for demand in (requirements.require(admin, user.id, True), requirements.set_rule(admin, {"roles": ["user"]})):
        await demand
        actor = await who(session)
        assert actor.restricted
        with pytest.raises(EnrolmentRequired):
            await own_sessions.list(actor)
        await requirements.require(admin, user.id, False)
        await requirements.set_rule(admin, {"roles": []})
        assert not (await who(session)).restricted


async def test_the_gate_sends_who_must_enrol_to_where_they_can(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    session = await sign_in(admin.email)
    await users_collection.patch(admin.id, {"two_factor_required": True})
    from mewayz.mewayz import app  # noqa: PLC0415 (takes seconds, and only this test needs it)

    gate = PolicyMiddleware()
    cookie = f"{tokens.SESSION}={session.token}"
    passed: set[bool] = set()
    for name in RegistrationContext.get().event_handlers:
        policy = policy_of(name)
        refusal = await gate.preprocess(app, tab("/users?page=2", cookie), Event(name=name, payload={}))
        assert (refusal is None) is (policy is not None and (policy.public or policy.enrolling)), name
        passed.add(refusal is None)
        if refusal is not None and policy is not None:
            assert [sent.payload["path"] for sent in refusal.events] == ["/enrol?next=%2Fusers%3Fpage%3D2"], name
    assert passed == {True, False}


# Over REST --------------------------------------------------------------------------------------------------------------


async def test_signing_in_over_rest(runtime: Runtime) -> None:
    admin = await add_person()
    async with signed_in(admin.email) as client:
        made = data_of(await client.post("/auth/2fa/setup", json={}))
        authenticator = TOTP(made["secret"])
        codes = data_of(await client.post("/auth/2fa/enable", json={"code": authenticator.now()}))["backupCodes"]
        assert data_of(await client.get("/auth/2fa")) == {"totp": True, "passkeys": 0, "backupCodes": 10, "required": False}
    async with visit(Origin=ORIGIN) as client:
        answer = await client.post("/auth/login", json={"email": admin.email, "password": PASSWORD, "rememberMe": True})
        asked = data_of(answer)
        assert "set-cookie" not in answer.headers
        assert asked == {"twoFactorRequired": True, "challenge": asked["challenge"], "methods": ["totp", "backup"]}
        challenge, path = asked["challenge"], "/auth/2fa/challenge"
        refused(await client.get("/auth/me", headers={"Authorization": f"Bearer {challenge}"}), 401, "unauthenticated")
        refused(await client.post(path, json={"challenge": challenge, "code": "000000"}), 401, "auth.wrong_code")
        both = {"challenge": challenge, "code": "1", "state": "x", "credential": {"a": 1}}
        for body in ({}, {"challenge": challenge}, both):
            refused(await client.post(path, json=body), 422, "invalid")
        answer = await client.post(path, json={"challenge": challenge, "code": codes[0]})
        assert data_of(answer)["user"]["id"] == admin.id
        assert "Max-Age=604800" in answer.headers["set-cookie"]  # "remember me" was said with the password
        assert data_of(await client.get("/auth/me"))["session"]["method"] == "password+backup"
        refused(await client.post(path, json={"challenge": challenge, "code": codes[1]}), 401, "auth.challenge_expired")
        for secret in (made["secret"], *codes):
            for place in ("/auth/2fa", "/auth/me", "/auth/sessions"):
                assert secret not in (await client.get(place)).text
        data_of(await client.post("/auth/2fa/disable", json={}))
        refused(await client.post("/auth/2fa/backup-codes", json={}), 409, "auth.two_factor_off")


KINDS = [("123 456", "Wait for the next one"), ("abcde-fghij", "Use another one"), ("1234567", "Use another one")]


@pytest.mark.parametrize(("code", "told"), KINDS)
def test_what_to_do_about_a_wrong_code_depends_on_its_kind(code: str, told: str) -> None:
    assert told in WrongCode.of(code).message
