"""Signing in and out: one answer for every failure, and sessions that end when they should."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from mewayz.backend import clock
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor
from mewayz.backend.errors import Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import tokens
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.errors import WrongCredentials
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.model import devices, sessions
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import SignedIn, own_sessions
from mewayz.domains.users.model import User, users_collection
from mewayz.domains.users.service import users
from tests.domains.people import PASSWORD, add_person, add_shop


async def sign_in(email: str, password: str = PASSWORD, **values: Any) -> SignedIn:
    found = await auth.sign_in(LoginPayload(email=email, password=password, **values))
    assert isinstance(found, SignedIn)
    return found


async def who(session: SignedIn) -> Actor:
    return await auth.identify(f"{tokens.SESSION}={session.token}", "")


async def events(runtime: Runtime) -> list[tuple[str, str, str, str]]:
    rows = await runtime.database.fetch(text("SELECT event, target, actor_id, risk FROM audit_log ORDER BY seq"))
    return [tuple(row) for row in rows]  # pyright: ignore[reportReturnType]


# Signing in -------------------------------------------------------------------------------------------------------------


async def test_a_session_is_recognised_by_cookie_and_by_token(runtime: Runtime) -> None:
    admin = await add_person()
    session = await sign_in(admin.email)
    found = await who(session)
    assert (found.id, found.name, found.email, found.role) == (admin.id, admin.name, admin.email, Role.ADMIN)
    assert found.session_id == session.session.id
    assert await auth.identify("", f"Bearer {session.token}") == found
    assert await auth.identify("", f"bearer {session.token}") == found


async def test_the_address_is_compared_in_its_normal_form(runtime: Runtime) -> None:
    admin = await add_person()
    assert (await who(await sign_in(f"  {admin.email.upper()} "))).id == admin.id


async def test_unknown_wrong_and_suspended_answer_alike(runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"rate_limit_sign_in": 100})
    admin = await add_person()
    suspended = await add_person(Role.USER, status="suspended")
    await users_collection.add(User(name="No password", email="none@example.com"))
    answers = []
    for email, password in (
        ("unknown@example.com", PASSWORD),
        ("not an address", PASSWORD),
        (admin.email, "Wrong-Horse-1"),
        (admin.email, f" {PASSWORD}"),
        (admin.email, "x" * 1024),
        (suspended.email, PASSWORD),
        ("none@example.com", PASSWORD),
    ):
        with pytest.raises(WrongCredentials) as raised:
            await sign_in(email, password)
        answers.append((raised.value.code, raised.value.status, raised.value.message, raised.value.fields))
    assert len({repr(answer) for answer in answers}) == 1
    assert await sessions.find_all(user_id=admin.id) == []


async def test_whoever_is_not_active_loses_access_at_once(runtime: Runtime) -> None:
    await add_person()
    user = await add_person(Role.USER)
    session = await sign_in(user.email)
    token = session.token
    for status in ("suspended", "pending", "inactive"):
        await users.update(SYSTEM, user.id, {"status": status})
        assert await who(session) == ANONYMOUS
        # Being let in again opens nothing that was open before.
        await users.update(SYSTEM, user.id, {"status": "active"})
        assert await who(session) == ANONYMOUS
        session = await sign_in(user.email)
        assert (await who(session)).signed_in
        assert await auth.identify("", f"Bearer {token}") == ANONYMOUS


async def test_a_new_role_holds_at_once(runtime: Runtime) -> None:
    user = await add_person(Role.USER)
    session = await sign_in(user.email)
    await users.update(SYSTEM, user.id, {"role": "moderator"})
    assert (await who(session)).role is Role.MODERATOR


async def test_a_deleted_user_is_nobody(runtime: Runtime) -> None:
    user = await add_person(Role.USER)
    session = await sign_in(user.email)
    await users.delete(SYSTEM, user.id)
    assert await who(session) == ANONYMOUS
    with pytest.raises(WrongCredentials):
        await sign_in(user.email)


async def test_signing_out_ends_this_session_only(runtime: Runtime) -> None:
    admin = await add_person()
    one, two = await sign_in(admin.email), await sign_in(admin.email)
    await own_sessions.sign_out(await who(one))
    assert await who(one) == ANONYMOUS
    assert await auth.identify("", f"Bearer {one.token}") == ANONYMOUS
    assert (await who(two)).id == admin.id
    await own_sessions.sign_out(ANONYMOUS)
    actor = await who(two)
    await asyncio.gather(*(own_sessions.sign_out(actor) for _ in range(5)))
    assert [event for event, *_ in await events(runtime)].count("auth.signed_out") == 2


async def test_a_session_expires(runtime: Runtime) -> None:
    admin = await add_person()
    for remember, lasts in ((False, timedelta(hours=12)), (True, timedelta(days=7))):
        session = await sign_in(admin.email, remember_me=remember)
        start = session.session.created_at
        with clock.frozen(start + timedelta(minutes=59)):
            assert (await who(session)).signed_in
        with clock.frozen(start + timedelta(minutes=61)):
            assert await who(session) == ANONYMOUS
            # A socket that was opened in time stays the person's as long as the session does.
            assert (await auth.identify(f"{tokens.SESSION}={session.token}", "", start)).signed_in
        with clock.frozen(start + lasts - timedelta(seconds=1)):
            assert (await auth.identify(f"{tokens.SESSION}={session.token}", "", start)).signed_in
        with clock.frozen(start + lasts + timedelta(seconds=1)):
            assert await auth.identify(f"{tokens.SESSION}={session.token}", "", start) == ANONYMOUS
            await sign_in(admin.email)  # sweeps
            assert session.session.id not in {one.id for one in await sessions.find_all(user_id=admin.id)}


async def test_only_hashes_of_tokens_are_stored(runtime: Runtime) -> None:
    admin = await add_person()
    session = await sign_in(admin.email)
    [kept] = await sessions.find_all(user_id=admin.id)
    sid, _, secret = session.refresh.partition(".")
    assert (sid, kept.refresh_hash) == (kept.id, tokens.hash_token(secret))
    assert len(secret) >= 43
    assert (await devices.find_all(user_id=admin.id))[0].token_hash == tokens.hash_token(session.device)
    for stolen in (kept.refresh_hash, kept.id, secret, session.refresh, "", session.token[:-1], session.token + "x"):
        assert await auth.identify(f"{tokens.SESSION}={stolen}", "") == ANONYMOUS


async def test_other_cookies_do_not_hide_ours(runtime: Runtime) -> None:
    admin = await add_person()
    cookie = f"mewayz_session={(await sign_in(admin.email)).token}"
    for header in (
        f"a=1; {cookie}",
        f'broken={{"a": 1}}; {cookie}',
        f"{cookie}; mewayz_session=other",
        f"x; =; ;; {cookie} ",
        f"mewayz_session2=no; {cookie};",
        f'é="; {cookie}',
    ):
        assert (await auth.identify(header, "")).id == admin.id, header


async def test_other_authorizations_are_nobody(runtime: Runtime) -> None:
    token = (await sign_in((await add_person()).email)).token
    assert (await auth.identify("", f"Bearer {token}")).signed_in
    for header in (
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        f"Basic {token}",
        token,
        f"Bearer {token}x",
        f"Bearer {token} x",
        f"Bearer é{token}",
    ):
        assert await auth.identify("", header) == ANONYMOUS, header
    runtime.settings = runtime.settings.model_copy(update={"secret_key": SecretStr("of another installation")})
    assert await auth.identify("", f"Bearer {token}") == ANONYMOUS


async def test_signing_in_leaves_the_revision_and_a_trail(runtime: Runtime) -> None:
    admin = await add_person()
    with pytest.raises(WrongCredentials):
        await sign_in(admin.email, "Wrong-Horse-1")
    with pytest.raises(WrongCredentials):
        await sign_in("unknown@example.com", "Wrong-Horse-1")
    session = await sign_in(admin.email)
    user = await users_collection.get(admin.id)
    assert user.rev == 1
    assert user.last_login_at == session.user.last_login_at is not None
    assert (await events(runtime))[1:] == [
        ("auth.sign_in_failed", admin.id, "", "medium"),
        ("auth.sign_in_failed", "", "", "medium"),
        ("auth.signed_in", admin.id, admin.id, "low"),
    ]
    trail = await runtime.database.fetch(text("SELECT details FROM audit_log"))
    assert PASSWORD not in repr(trail)
    for secret in (session.token, session.refresh, session.device):
        assert secret not in repr(trail)


async def test_many_sign_ins_of_one_person_at_once(runtime: Runtime) -> None:
    admin = await add_person()
    found = await asyncio.gather(*(sign_in(admin.email) for _ in range(12)))
    assert len({session.refresh for session in found}) == 12
    assert {(await who(session)).id for session in found} == {admin.id}


async def test_me(runtime: Runtime) -> None:
    user = await add_person(Role.USER)
    assert (await accounts.profile(await who(await sign_in(user.email)))).email == user.email
    with pytest.raises(Unauthenticated):
        await accounts.profile(ANONYMOUS)


async def test_a_password_keeps_its_spaces_by_every_way_in(runtime: Runtime) -> None:
    password = "  Spaces-Count-1  "
    await add_shop()
    await users.create(SYSTEM, {"name": "Anna", "email": "a@example.com", "password": password})
    await installation.create_admin(SYSTEM, {"name": "Berta", "email": "b@example.com", "password": password})
    for email in ("a@example.com", "b@example.com"):
        await auth.sign_in(parse(LoginPayload, {"email": email, "password": password}))
        with pytest.raises(WrongCredentials):
            await auth.sign_in(parse(LoginPayload, {"email": email, "password": password.strip()}))


async def test_a_token_of_a_user_who_never_was(runtime: Runtime) -> None:
    token = tokens.access_token("f" * 24, "e" * 24)
    assert await auth.identify(f"{tokens.SESSION}={token}", "") == ANONYMOUS
