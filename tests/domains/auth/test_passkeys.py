"""Passkeys, with an authenticator in software that signs as real ones do: what is accepted, and all that is not."""

import secrets
from datetime import datetime
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Conflict, Invalid, MewayzError, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.errors import ChallengeExpired, StillRequired, WrongPasskey
from mewayz.domains.auth.model import passkeys_collection
from mewayz.domains.auth.passkeys import MOST, Site, TooManyPasskeys, passkeys
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.second_factor import methods, second_factor
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import SignedIn
from mewayz.domains.users.model import users_collection
from tests.domains.auth.authenticator import Authenticator
from tests.domains.auth.flows import HERE, begin, enrolled, outcomes, sign_in, subjects, who, whom
from tests.domains.people import ORIGIN, PASSWORD, add_person, data_of, refused, signed_in, visit

HOME = Site(ORIGIN)
EVIL = "http://evil.example"


@pytest.fixture
async def person(runtime: Runtime) -> Actor:
    """Somebody with a fresh session."""
    return await whom((await add_person()).email)


async def added(person: Actor, key: Authenticator, name: str = "Laptop") -> dict[str, Any]:
    """Register a passkey."""
    asked = await passkeys.begin(person, HOME)
    return await passkeys.add(person, {"state": asked["state"], "credential": key.create(asked["options"]), "name": name}, HOME)


async def alone(key: Authenticator, site: Site = HOME, **how: str) -> SignedIn:
    """Sign in with a passkey instead of a password."""
    asked = await auth.ask_passkey(None, HOME)
    found = await auth.passkey_sign_in(asked["state"], key.get(asked["options"], **how), False, HERE, site)
    assert isinstance(found, SignedIn)
    return found


async def after_password(person: Actor, key: Authenticator, **how: str) -> SignedIn:
    """Sign in with the password and a passkey."""
    challenge = (await begin(person.email)).challenge
    asked = await auth.ask_passkey(challenge, HOME)
    data = {"challenge": challenge, "state": asked["state"], "credential": key.get(asked["options"], **how)}
    found = await auth.second_step(data, HERE, HOME)
    assert isinstance(found, SignedIn)
    return found


# Registering ------------------------------------------------------------------------------------------------------------


async def test_the_first_passkey_brings_backup_codes(person: Actor, runtime: Runtime) -> None:
    key = Authenticator()
    made = await added(person, key)
    assert made["passkey"]["name"] == "Laptop"
    assert len(made["backupCodes"]) == 10
    assert await methods(person.id) == ["passkey", "backup"]
    assert "backupCodes" not in await added(person, Authenticator(), "Phone")
    assert sorted(one["name"] for one in await passkeys.list(person)) == ["Laptop", "Phone"]
    assert (await subjects(runtime, person.email))[-3:] == ["Two-factor sign-in is on", "A passkey was added", "A passkey was added"]


async def test_a_registration_must_answer_what_was_asked_here(person: Actor) -> None:
    other = await whom((await add_person(Role.USER)).email)
    key = Authenticator()
    wrong: list[dict[str, str]] = [
        {"origin": EVIL},
        {"origin": "http://test.example:8443"},
        {"origin": "https://test.example"},
        {"challenge": secrets.token_urlsafe(32)},
    ]
    for how in wrong:
        asked = await passkeys.begin(person, HOME)
        with pytest.raises(WrongPasskey):
            await passkeys.add(person, {"state": asked["state"], "credential": key.create(asked["options"], **how)}, HOME)
        with pytest.raises(ChallengeExpired):  # a challenge is good for one answer
            await passkeys.add(person, {"state": asked["state"], "credential": key.create(asked["options"])}, HOME)
    asked = await passkeys.begin(person, HOME)
    with pytest.raises(ChallengeExpired):  # asked of somebody else
        await passkeys.add(other, {"state": asked["state"], "credential": key.create(asked["options"])}, HOME)
    sign_in_challenge = await auth.ask_passkey(None, HOME)
    with pytest.raises(ChallengeExpired):  # asked for something else
        await passkeys.add(person, {"state": sign_in_challenge["state"], "credential": key.create(asked["options"])}, HOME)
    assert await passkeys.list(person) == await passkeys.list(other) == []


async def test_a_passkey_belongs_to_one_person(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    other = await whom((await add_person(Role.USER)).email)
    with pytest.raises(Conflict):
        await added(other, key)
    [kept] = await passkeys.list(person)
    for verb in (passkeys.remove(other, kept["id"]), passkeys.rename(other, kept["id"], {"name": "Mine"})):
        with pytest.raises(NotFound):
            await verb
    assert await passkeys.list(person) == [kept]
    asked = await passkeys.begin(person, HOME)
    assert [one["id"] for one in asked["options"]["excludeCredentials"]] == [key.create(asked["options"])["id"]]


async def test_nobody_has_more_passkeys_than_devices(person: Actor) -> None:
    await added(person, Authenticator())
    asked = [await passkeys.begin(person, HOME) for _ in range(2)]
    [first] = await passkeys_collection.find_all(user_id=person.id)
    more = [first.model_copy(update={"id": f"{number:024x}", "credential_id": f"c{number}"}) for number in range(MOST - 2)]
    await passkeys_collection.add_many(more)
    data = [{"state": one["state"], "credential": Authenticator().create(one["options"])} for one in asked]
    await passkeys.add(person, data[0], HOME)
    for refused_now in (passkeys.add(person, data[1], HOME), passkeys.begin(person, HOME)):
        with pytest.raises(TooManyPasskeys):
            await refused_now
    assert len(await passkeys.list(person)) == MOST


async def test_renaming_and_removing(person: Actor, runtime: Runtime) -> None:
    made = (await added(person, Authenticator()))["passkey"]
    assert (await passkeys.rename(person, made["id"], {"name": "Blue key"}))["name"] == "Blue key"
    with pytest.raises(Invalid):
        await passkeys.rename(person, made["id"], {"name": ""})
    await passkeys.remove(person, made["id"])
    assert await methods(person.id) == []
    await sign_in(person.email)
    assert {"Two-factor sign-in is off", "A passkey was removed"} <= set(await subjects(runtime, person.email))
    for gone in (made["id"], "", "\0", "x" * 300):
        with pytest.raises(NotFound):
            await passkeys.remove(person, gone)


async def test_who_must_have_a_factor_keeps_the_last_passkey(person: Actor) -> None:
    made = (await added(person, Authenticator()))["passkey"]
    await users_collection.patch(person.id, {"two_factor_required": True})
    with pytest.raises(StillRequired):
        await passkeys.remove(person, made["id"])
    await enrolled(person)
    await passkeys.remove(person, made["id"])
    assert await methods(person.id) == ["totp", "backup"]


# Signing in -------------------------------------------------------------------------------------------------------------


async def test_a_passkey_is_a_second_factor(person: Actor) -> None:
    key = Authenticator(verifies=False)  # a touch is enough beside the password
    await added(person, key)
    session = await after_password(person, key)
    assert session.session.method == "password+passkey"
    assert (await who(session)).id == person.id
    [kept] = await passkeys.list(person)
    assert kept["lastUsedAt"] is not None


async def test_a_passkey_signs_in_without_a_password(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    session = await alone(key)
    assert session.session.method == "passkey"
    assert (await who(session)).id == person.id


async def test_without_a_password_the_person_must_be_verified(person: Actor) -> None:
    key = Authenticator(verifies=False)
    await added(person, key)
    assert (await auth.ask_passkey(None, HOME))["options"]["userVerification"] == "required"
    with pytest.raises(WrongPasskey):
        await alone(key)
    key.verifies = True
    await alone(key)


async def test_another_origin_another_host_and_another_challenge_are_refused(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    for how in ({"origin": EVIL}, {"host": "evil.example"}, {"challenge": secrets.token_urlsafe(32)}, {"origin": f"{ORIGIN}.evil.example"}):
        with pytest.raises(WrongPasskey):
            await alone(key, **how)
        with pytest.raises(WrongPasskey):
            await after_password(person, key, **how)
    with pytest.raises(WrongPasskey):  # asked for here, answered at a site that has the same server
        await alone(key, Site(EVIL))


async def test_an_answer_counts_once(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    asked = await auth.ask_passkey(None, HOME)
    answer = key.get(asked["options"])
    won, lost = await outcomes([auth.passkey_sign_in(asked["state"], answer, False, HERE, HOME) for _ in range(5)])
    assert len(won) == 1
    assert {type(error) for error in lost} == {ChallengeExpired}
    again = await auth.ask_passkey(None, HOME)
    with pytest.raises(WrongPasskey):
        await auth.passkey_sign_in(again["state"], answer, False, HERE, HOME)


async def test_a_cloned_authenticator_is_noticed(person: Actor) -> None:
    key = Authenticator(counter=10)
    await added(person, key)
    await alone(key)
    assert key.counter is not None
    for behind in (0, 5, key.counter - 1):
        key.counter = behind
        with pytest.raises(WrongPasskey):
            await alone(key)
    key.counter = 50
    await alone(key)


async def test_a_passkey_that_does_not_count_works_again_and_again(person: Actor) -> None:
    key = Authenticator(counter=None)
    await added(person, key)
    for _ in range(3):
        await alone(key)


async def test_what_is_asked_for_one_purpose_serves_no_other(person: Actor) -> None:
    key = Authenticator(verifies=False)
    await added(person, key)
    challenge = (await begin(person.email)).challenge
    second = await auth.ask_passkey(challenge, HOME)
    with pytest.raises(ChallengeExpired):  # else a touch alone would sign in
        await auth.passkey_sign_in(second["state"], key.get(second["options"]), False, HERE, HOME)
    proof = await proofs.ask(person, HOME)
    with pytest.raises(ChallengeExpired):
        await auth.second_step({"challenge": challenge, "state": proof["state"], "credential": key.get(proof["options"])}, HERE, HOME)
    with pytest.raises(ChallengeExpired):
        await proofs.prove(person, {"state": second["state"], "credential": key.get(second["options"])}, HOME)


async def test_the_passkey_of_somebody_else_is_no_second_factor(person: Actor) -> None:
    mine, theirs = Authenticator(), Authenticator()
    await added(person, mine)
    await added(await whom((await add_person(Role.USER)).email), theirs)
    with pytest.raises(WrongPasskey):
        await after_password(person, theirs)
    with pytest.raises(WrongPasskey):
        proof = await proofs.ask(person, HOME)
        await proofs.prove(person, {"state": proof["state"], "credential": theirs.get(proof["options"])}, HOME)


async def test_a_passkey_proves_who_this_is(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    asked = await proofs.ask(person, HOME)
    assert await proofs.prove(person, {"state": asked["state"], "credential": key.get(asked["options"])}, HOME)


async def test_a_touch_alone_proves_nothing_without_the_password(person: Actor) -> None:
    key = Authenticator(verifies=False)
    await added(person, key)

    async def prove(**more: str) -> datetime:
        asked = await proofs.ask(person, HOME)
        return await proofs.prove(person, {"state": asked["state"], "credential": key.get(asked["options"]), **more}, HOME)

    with pytest.raises(WrongPasskey, match="together with your password"):
        await prove()
    with pytest.raises(Invalid):
        await prove(password="wrong")
    assert await prove(password=PASSWORD)


async def test_the_options_of_a_challenge_name_the_persons_passkeys_only(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    await added(await whom((await add_person(Role.USER)).email), Authenticator())
    asked = await auth.ask_passkey((await begin(person.email)).challenge, HOME)
    assert [one["id"] for one in asked["options"]["allowCredentials"]] == [key.get(asked["options"])["id"]]
    assert (await auth.ask_passkey(None, HOME))["options"].get("allowCredentials", []) == []
    with pytest.raises(ChallengeExpired):
        await auth.ask_passkey("x" * 43, HOME)


async def test_who_is_suspended_gets_in_by_no_passkey(runtime: Runtime) -> None:
    person = await add_person(Role.USER)
    key = Authenticator()
    await added(await whom(person.email), key)
    await users_collection.patch(person.id, {"status": "suspended"})
    with pytest.raises(WrongPasskey):
        await alone(key)


async def test_nonsense_is_refused_and_breaks_nothing(person: Actor, runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"rate_limit_sign_in": 1000})
    key = Authenticator()
    await added(person, key)
    good = key.get((await auth.ask_passkey(None, HOME))["options"])
    created = Authenticator().create((await passkeys.begin(person, HOME))["options"])
    nonsense: list[Any] = ["", "AAAA", "!", "é", 7, None, [], {}, "A" * 5000, "oWNmbXRkbm9uZQ", "_-8", "\0"]
    sent: list[dict[str, Any]] = [
        {"a": 1},
        {"id": ["x"]},
        {"id": "\0"},
        {"id": good["id"]},
        {**good, "type": "other"},
        {**good, "rawId": "AA"},
    ]
    sent += [{**good, "response": one} for one in nonsense]
    sent += [{**good, "response": {**good["response"], name: one}} for name in good["response"] for one in nonsense]
    for credential in sent:
        asked = await auth.ask_passkey(None, HOME)
        with pytest.raises(WrongPasskey):
            await auth.passkey_sign_in(asked["state"], credential, False, HERE, HOME)
    made: list[dict[str, Any]] = [{"a": 1}, {**created, "response": {}}]
    made += [{**created, "response": {**created["response"], name: one}} for name in created["response"] for one in nonsense]
    for credential in made:
        asked = await passkeys.begin(person, HOME)
        with pytest.raises(MewayzError) as raised:
            await passkeys.add(person, {"state": asked["state"], "credential": credential}, HOME)
        assert raised.value.status < 500
    assert len(await passkeys.list(person)) == 1


async def test_over_rest(runtime: Runtime) -> None:
    person = await add_person()
    key = Authenticator()
    async with signed_in(person.email) as client:
        asked = data_of(await client.post("/auth/passkeys/register/options", json={}))
        body = {"state": asked["state"], "credential": key.create(asked["options"]), "name": "Key"}
        made = data_of(await client.post("/auth/passkeys/register", json=body), 201)
        assert set(made) == {"passkey", "backupCodes"}
        path = f"/auth/passkeys/{made['passkey']['id']}"
        assert data_of(await client.patch(path, json={"name": "Blue"}))["passkey"]["name"] == "Blue"
        [listed] = data_of(await client.get("/auth/passkeys"))["passkeys"]
        assert set(listed) == {"id", "name", "createdAt", "lastUsedAt"}
        proof = data_of(await client.post("/auth/passkeys/options", json={}))
        data_of(await client.post("/auth/step-up", json={"state": proof["state"], "credential": key.get(proof["options"])}))
    async with visit(Origin=ORIGIN) as client:
        asked = data_of(await client.post("/auth/passkeys/options", json={}))
        body = {"state": asked["state"], "credential": key.get(asked["options"]), "rememberMe": True}
        for origin in (EVIL, "null"):
            refused(await client.post("/auth/passkeys/sign-in", json=body, headers={"Origin": origin}), 403, "csrf")
        assert data_of(await client.post("/auth/passkeys/sign-in", json=body))["user"]["id"] == person.id
        refused(await client.post("/auth/passkeys/sign-in", json=body), 401, "auth.challenge_expired")
        assert data_of(await client.delete(path)) == {}
    async with visit(Origin=ORIGIN) as client:
        assert "token" in data_of(await client.post("/auth/login", json={"email": person.email, "password": PASSWORD}))


async def test_a_passkey_and_an_authenticator_beside_each_other(person: Actor) -> None:
    key = Authenticator()
    await added(person, key)
    _, codes = await enrolled(person)
    assert codes == []  # those of the passkey still hold
    asked = await begin(person.email)
    assert asked.methods == ["totp", "passkey", "backup"]
    await second_factor.disable(person)
    assert (await users_collection.get(person.id)).two_factor
    assert (await begin(person.email)).methods == ["passkey", "backup"]
