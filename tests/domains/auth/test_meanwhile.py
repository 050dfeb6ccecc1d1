"""What changes between the check of a proof and what it opens counts: hashing a password takes long enough for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pyotp.totp import TOTP

from mewayz.backend import passwords
from mewayz.backend.access import Actor
from mewayz.backend.errors import Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.auth import second_factor as factors
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.errors import LinkExpired, WrongCredentials
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.model import sessions
from mewayz.domains.auth.second_factor import second_factor
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import users
from tests.domains.auth.flows import HERE, code_of, sign_in, token_for, whom
from tests.domains.auth.test_invitations import EMAIL, NEW, WHOM
from tests.domains.people import PASSWORD, add_person, add_shop

CHANGED = {"currentPassword": PASSWORD, "password": "Compiled-Tide-9", "confirmPassword": "Compiled-Tide-9"}
RESET = {"password": "Quiet-Harbour-7", "confirmPassword": "Quiet-Harbour-7"}
Work = Callable[[], Awaitable[Any]]


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop, with a fresh session."""
    await add_shop()
    return await whom((await add_person()).email)


def while_hashing(monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    """Do `work` while the next new password is being hashed."""
    hash_password = passwords.hash_password

    async def slowly(password: str) -> str:
        monkeypatch.setattr(passwords, "hash_password", hash_password)
        hashed = await hash_password(password)
        await work()
        return hashed

    monkeypatch.setattr(passwords, "hash_password", slowly)


async def test_an_invitation_of_somebody_who_is_suspended_meanwhile_is_void(
    admin: Actor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await invitations.invite(admin, WHOM)
    token = await token_for(runtime, EMAIL)
    while_hashing(monkeypatch, lambda: users.update(admin, user.id, {"status": "suspended"}))
    with pytest.raises(LinkExpired):
        await auth.accept_invitation({"token": token, **NEW}, HERE)
    assert (await users_collection.get(user.id)).status == "suspended"


async def test_an_invitation_that_is_taken_back_meanwhile_is_void(admin: Actor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await invitations.invite(admin, WHOM)
    token = await token_for(runtime, EMAIL)
    while_hashing(monkeypatch, lambda: invitations.cancel(admin, user.id))
    with pytest.raises(LinkExpired):
        await auth.accept_invitation({"token": token, **NEW}, HERE)


async def test_the_link_of_a_mailbox_that_is_replaced_meanwhile_resets_nothing(
    admin: Actor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await add_person(Role.USER)
    await accounts.forgot({"email": person.email}, HERE)
    token = await token_for(runtime, person.email)
    while_hashing(monkeypatch, lambda: users.update(admin, person.id, {"email": "new@example.com"}))
    with pytest.raises(LinkExpired):
        await accounts.reset({"token": token, **RESET})
    await sign_in("new@example.com")


async def test_a_reset_meanwhile_outdoes_a_change_by_the_old_password(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await add_person(Role.USER)
    intruder = await whom(person.email)
    await accounts.forgot({"email": person.email}, HERE)
    token = await token_for(runtime, person.email)
    while_hashing(monkeypatch, lambda: accounts.reset({"token": token, **RESET}))
    with pytest.raises(Unauthenticated):
        await accounts.change_password(intruder, CHANGED)
    await sign_in(person.email, RESET["password"])


async def late(monkeypatch: pytest.MonkeyPatch, work: Work, email: str) -> Any:
    """A sign-in by password that has been told that no second factor is set up, when `work`, which had begun before, is committed."""
    asked, begun, methods = asyncio.Event(), asyncio.Event(), factors.methods

    async def telling(user_id: str) -> list[str]:
        found = await methods(user_id)
        asked.set()
        return found

    async def working() -> None:
        async with unit():
            await work()
            monkeypatch.setattr(factors, "methods", telling)
            begun.set()
            await asked.wait()

    at_work = asyncio.create_task(working())
    await asyncio.wait([at_work, waits := asyncio.create_task(begun.wait())], return_when=asyncio.FIRST_COMPLETED)
    assert waits.done(), at_work.exception()
    [found] = await asyncio.gather(sign_in(email), return_exceptions=True)
    await at_work
    return found


async def test_who_signs_in_while_a_second_factor_is_turned_on_needs_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await add_person(Role.USER)
    owner = await whom(person.email)
    secret = (await second_factor.setup(owner))["secret"]
    code = code_of(TOTP(secret))
    found = await late(monkeypatch, lambda: second_factor.enable(owner, {"code": code}), person.email)
    assert isinstance(found, WrongCredentials)
    assert [one.id for one in await sessions.find_all(user_id=person.id)] == [owner.session_id]


async def test_who_signs_in_while_being_suspended_has_no_session_afterwards(
    admin: Actor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await add_person(Role.USER)
    found = await late(monkeypatch, lambda: users.update(admin, person.id, {"status": "suspended"}), person.email)
    assert isinstance(found, WrongCredentials)
    assert await sessions.find_all(user_id=person.id) == []


async def test_who_signs_in_while_being_deleted_is_nobody(admin: Actor, runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await add_person(Role.USER)
    found = await late(monkeypatch, lambda: users.delete(admin, person.id), person.email)
    assert isinstance(found, WrongCredentials)


async def test_a_session_that_is_ended_meanwhile_changes_no_way_in(runtime: Runtime) -> None:
    """The actor of a request was told before; what ends the session comes first."""
    person = await add_person(Role.USER)
    intruder, owner = await whom(person.email), await whom(person.email)
    code = code_of(TOTP((await second_factor.setup(intruder))["secret"]))
    await own_sessions.end_others(owner)
    for late_one in (
        accounts.change_email(intruder, {"email": "evil@example.com"}),
        accounts.change_password(intruder, CHANGED),
        second_factor.enable(intruder, {"code": code}),
        second_factor.setup(intruder),
    ):
        with pytest.raises(Unauthenticated):
            await late_one
    assert [one.id for one in await sessions.find_all(user_id=person.id)] == [owner.session_id]
    await accounts.change_email(owner, {"email": "new@example.com"})
