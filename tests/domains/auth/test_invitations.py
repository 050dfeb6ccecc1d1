"""Invitations: an administrator names an address, and whoever reads its mail chooses the password."""

from datetime import timedelta

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.errors import LinkExpired, WrongCredentials
from mewayz.domains.auth.invitations import NotPending, invitations
from mewayz.domains.auth.service import SecondFactorNeeded, auth
from mewayz.domains.auth.sessions import SignedIn
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import users
from tests.domains.auth.flows import HERE, enrolled, letters, outcomes, sign_in, token_for, who, whom
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of, refused, signed_in, visit

WHOM = {"name": "Grace Hopper", "email": "Grace@example.com", "role": "moderator", "plan": "Pro"}
EMAIL = "grace@example.com"
NEW = {"password": "Compiled-Tide-9", "confirmPassword": "Compiled-Tide-9"}


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop, with a fresh session."""
    await add_shop()
    return await whom((await add_person()).email)


async def accept(token: str) -> SignedIn:
    """The session of whoever accepts."""
    found = await auth.accept_invitation({"token": token, **NEW}, HERE)
    assert isinstance(found, SignedIn)
    return found


async def test_invite_and_accept(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    assert (user.email, user.role, user.plan, user.status) == (EMAIL, "moderator", "Pro", "pending")
    [letter] = await letters(runtime, EMAIL)
    assert str(letter["Subject"]) == f"{admin.name} invites you to Test shop"
    with pytest.raises(WrongCredentials):
        await sign_in(EMAIL)
    assert [one.id for one in await invitations.pending(admin)] == [user.id]
    actor = await who(await accept(await token_for(runtime, EMAIL)))
    assert (actor.id, actor.role) == (user.id, Role.MODERATOR)
    assert await invitations.pending(admin) == []
    assert (await users_collection.get(user.id)).email_verified_at is not None
    await sign_in(EMAIL, NEW["password"])


async def test_an_invitation_is_accepted_once(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    token = await token_for(runtime, EMAIL)
    with pytest.raises(Invalid):
        await auth.accept_invitation({"token": token, "password": "weak-weak", "confirmPassword": "weak-weak"}, HERE)
    won, lost = await outcomes([accept(token) for _ in range(5)])
    assert (len(won), {type(error) for error in lost}) == (1, {LinkExpired})
    with pytest.raises(LinkExpired):
        await accept(token)
    for verb in (invitations.resend(admin, user.id), invitations.cancel(admin, user.id)):
        with pytest.raises(NotPending):
            await verb


async def test_a_link_expires_and_is_sent_again(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    first = await token_for(runtime, EMAIL)
    with clock.frozen(clock.now() + timedelta(days=7)), pytest.raises(LinkExpired):
        await accept(first)
    await invitations.resend(admin, user.id)
    second = await token_for(runtime, EMAIL)
    with pytest.raises(LinkExpired):
        await accept(first)
    await accept(second)


async def test_nothing_is_left_of_whose_invitation_is_taken_back(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    await accept(await token_for(runtime, EMAIL))
    await users.update(admin, user.id, {"status": "pending"})
    await invitations.cancel(admin, user.id)
    assert await credentials.find(id=user.id) is None


async def test_a_cancelled_invitation_leads_nowhere(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    token = await token_for(runtime, EMAIL)
    await invitations.cancel(admin, user.id)
    with pytest.raises(LinkExpired):
        await accept(token)
    assert await invitations.pending(admin) == []
    with pytest.raises(NotFound):
        await invitations.cancel(admin, user.id)
    await invitations.invite(admin, WHOM)  # the address is free again


async def test_only_administrators_invite_and_only_who_is_not_there(admin: Actor) -> None:
    for role in (Role.USER, Role.MODERATOR, Role.ENTERPRISE):
        other = await whom((await add_person(role)).email)
        for verb in (invitations.invite(other, WHOM), invitations.resend(other, other.id), invitations.cancel(other, other.id)):
            with pytest.raises(Forbidden):
                await verb
        with pytest.raises(Conflict):
            await invitations.invite(admin, {**WHOM, "email": other.email})
        with pytest.raises(NotPending):
            await invitations.cancel(admin, other.id)  # a user who was never invited is not deleted by it
    for bad in ({**WHOM, "email": "gr\u0430ce@example.com"}, {**WHOM, "status": "active"}, {**WHOM, "role": "owner"}):
        with pytest.raises(Invalid):
            await invitations.invite(admin, bad)


async def test_an_invitation_does_not_replace_the_second_factor(admin: Actor, runtime: Runtime) -> None:
    user = await invitations.invite(admin, WHOM)
    await enrolled(await who(await accept(await token_for(runtime, EMAIL))))
    await users_collection.patch(user.id, {"status": "pending"})
    await invitations.resend(admin, user.id)
    asked = await auth.accept_invitation({"token": await token_for(runtime, EMAIL), **NEW}, HERE)
    assert isinstance(asked, SecondFactorNeeded)


async def test_over_rest(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with signed_in(admin.email) as client, visit(Origin=ORIGIN) as guest:
        user = data_of(await client.post("/users/invite", json=WHOM), 201)["user"]
        assert user["status"] == "pending"
        refused(await client.post("/users/invite", json=WHOM), 409, "users.duplicate")
        assert data_of(await client.post(f"/users/{user['id']}/invite", json={}))["user"]["id"] == user["id"]
        body = {"token": await token_for(runtime, EMAIL), **NEW}
        refused(await guest.post("/auth/invitation/accept", json=body, headers={"Origin": "http://evil.example"}), 403, "csrf")
        assert data_of(await guest.post("/auth/invitation/accept", json=body))["user"]["id"] == user["id"]
        refused(await guest.post("/auth/invitation/accept", json=body), 422, "auth.link_expired")
        assert data_of(await guest.get("/auth/me"))["user"]["email"] == EMAIL
        refused(await client.delete(f"/users/{user['id']}/invite"), 409, "auth.not_invited")
        refused(await client.delete(f"/users/{'f' * 24}/invite"), 404, "not_found")
        assert PASSWORD not in (await client.get("/users")).text
