"""Who must use two-factor sign-in: one user, a role, or everyone; from the next request on."""

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.requirements import covers, is_required, requirements
from mewayz.domains.users.model import users_collection
from tests.domains.auth.flows import enrolled, sign_in, who, whom
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop, with a fresh session."""
    await add_shop()
    return await whom((await add_person()).email)


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ("", set[str]()),
        ("everyone", {"user", "moderator", "enterprise", "admin"}),
        ("admin", {"admin"}),
        ("moderator,admin", {"moderator", "admin"}),
    ],
)
def test_what_a_rule_covers(rule: str, covered: set[str]) -> None:
    assert {role.value for role in Role if covers(rule, role.value)} == covered


async def test_a_rule_holds_for_its_roles_at_once(admin: Actor) -> None:
    sessions = {role: await sign_in((await add_person(role)).email) for role in (Role.USER, Role.MODERATOR, Role.ENTERPRISE)}
    assert await requirements.set_rule(admin, {"roles": ["moderator", "enterprise"]}) == {
        "everyone": False,
        "roles": ["moderator", "enterprise"],
    }
    assert {role: (await who(session)).restricted for role, session in sessions.items()} == {
        Role.USER: False,
        Role.MODERATOR: True,
        Role.ENTERPRISE: True,
    }
    assert (await sign_in("moderator@example.com")).restricted
    assert not (await sign_in("user@example.com")).restricted
    await users_collection.patch((await users_collection.find_all(role="user"))[0].id, {"role": "moderator"})
    assert (await who(sessions[Role.USER])).restricted  # a new role brings its duties
    assert await requirements.set_rule(admin, {}) == {"everyone": False, "roles": []}
    assert not any([(await who(session)).restricted for session in sessions.values()])


async def test_everyone_is_everyone(admin: Actor) -> None:
    session = await sign_in(admin.email)
    user = await sign_in((await add_person(Role.USER)).email)
    await requirements.set_rule(admin, {"everyone": True, "roles": ["user"]})
    assert (await who(session)).restricted
    assert (await who(user)).restricted
    await enrolled(await who(session))
    assert not (await who(session)).restricted
    assert await requirements.rule(await who(session)) == {"everyone": True, "roles": []}


async def test_one_user(admin: Actor) -> None:
    user = await add_person(Role.USER)
    session = await sign_in(user.email)
    assert (await requirements.require(admin, user.id, True)).two_factor_required
    assert (await who(session)).restricted
    assert await is_required(await users_collection.get(user.id))
    await requirements.require(admin, user.id, False)
    assert not (await who(session)).restricted
    for unknown in ("f" * 24, "", "\0"):
        with pytest.raises(NotFound):
            await requirements.require(admin, unknown, True)


async def test_only_administrators_demand(admin: Actor) -> None:
    for role in (Role.USER, Role.MODERATOR, Role.ENTERPRISE):
        other = await whom((await add_person(role)).email)
        for verb in (requirements.require(other, admin.id, True), requirements.set_rule(other, {"everyone": True})):
            with pytest.raises(Forbidden):
                await verb
    for bad in ({"roles": ["owner"]}, {"roles": "user"}, {"everyone": "perhaps"}, {"all": True}):
        with pytest.raises(Invalid):
            await requirements.set_rule(admin, bad)
    assert await requirements.rule(admin) == {"everyone": False, "roles": []}


async def test_over_rest(runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(), await add_person(Role.USER)
    async with signed_in(admin.email) as client:
        assert data_of(await client.get("/admin/two-factor")) == {"everyone": False, "roles": []}
        assert data_of(await client.put("/admin/two-factor", json={"roles": ["user"]})) == {"everyone": False, "roles": ["user"]}
        path = f"/admin/users/{user.id}/require-2fa"
        assert data_of(await client.post(path, json={"required": True}))["user"]["twoFactorRequired"] is True
        assert set(refused(await client.post(path, json={}), 422, "invalid")["fields"]) == {"required"}
        assert set(refused(await client.put("/admin/two-factor", json={"roles": ["x"]}), 422, "invalid")["fields"]) == {"roles.0"}
