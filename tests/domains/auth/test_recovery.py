"""What administrators do for others: sessions end, lost factors come off, and the people concerned are told."""

import pytest

from mewayz.backend.access import ANONYMOUS, Actor
from mewayz.backend.errors import Forbidden, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import devices
from mewayz.domains.auth.model import backup_codes, passkeys_collection, totp_secrets
from mewayz.domains.auth.recovery import recovery
from mewayz.domains.auth.second_factor import methods
from mewayz.domains.auth.sessions import SignedIn
from mewayz.domains.users.model import users_collection
from tests.domains.auth.flows import enrolled, events, sign_in, subjects, who
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of, signed_in, visit


async def test_the_sessions_of_one_user_end(runtime: Runtime) -> None:
    admin, user = await add_person(), await add_person(Role.USER)
    mine, theirs = await sign_in(admin.email), [await sign_in(user.email) for _ in range(2)]
    assert await recovery.end_sessions(await who(mine), user.id) == 2
    assert [await who(one) for one in theirs] == [ANONYMOUS] * 2
    assert await recovery.end_sessions(await who(mine), admin.id) == 0
    assert (await who(mine)).signed_in
    assert ("auth.sessions_ended_by_administrator", user.id, admin.id, "high") in await events(runtime)
    with pytest.raises(NotFound):
        await recovery.end_sessions(await who(mine), "f" * 24)


async def test_every_session_but_one_ends(runtime: Runtime) -> None:
    admin, user = await add_person(), await add_person(Role.USER)
    mine, others = await sign_in(admin.email), [await sign_in(email) for email in (admin.email, user.email)]
    assert await recovery.end_all_sessions(await who(mine)) == 2
    assert [await who(one) for one in others] == [ANONYMOUS] * 2
    assert (await who(mine)).signed_in


async def test_a_lost_factor_comes_off(runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(), await add_person(Role.USER)
    session = await sign_in(user.email)
    await enrolled(await who(session))
    after = await recovery.remove_factors(await who(await sign_in(admin.email)), user.id)
    assert not after.two_factor
    assert await methods(user.id) == []
    for kept in (totp_secrets.find_all(id=user.id), backup_codes.find_all(user_id=user.id), passkeys_collection.find_all(user_id=user.id)):
        assert await kept == []
    assert await who(session) == ANONYMOUS
    assert not await devices.known(user.id, session.device)
    assert isinstance(await sign_in(user.email), SignedIn)
    assert "Two-factor sign-in is off" in await subjects(runtime, user.email)
    assert (await users_collection.get(user.id)).email == user.email


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR, Role.ENTERPRISE])
async def test_others_may_not(sqlite_runtime: Runtime, role: Role) -> None:
    person = await add_person(role)
    actor = Actor(person.id, role=role)
    for verb in (recovery.end_sessions(actor, person.id), recovery.end_all_sessions(actor), recovery.remove_factors(actor, person.id)):
        with pytest.raises(Forbidden):
            await verb


async def test_a_browser_that_signs_in_again_leaves_no_session_behind(runtime: Runtime) -> None:
    person = await add_person()
    async with signed_in(person.email) as client:
        before = data_of(await client.get("/auth/me"))["session"]["id"]
        answer = await client.post("/auth/login", json={"email": person.email, "password": PASSWORD})
        assert answer.status_code == 200
        listed = data_of(await client.get("/auth/sessions"))["sessions"]
        assert before not in [one["id"] for one in listed]
        assert len(listed) == 1
        # A client with a token of its own is another one.
        async with visit(Origin=ORIGIN) as script:
            await script.post("/auth/login", json={"email": person.email, "password": PASSWORD})
        assert len(data_of(await client.get("/auth/sessions"))["sessions"]) == 2
