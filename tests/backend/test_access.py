"""Who may do what: everything is refused that GRANTS does not list."""

import inspect

import pytest

from mewayz.backend.access import (
    ANONYMOUS,
    PUBLIC,
    SIGNED_IN,
    SYSTEM,
    Actor,
    acting,
    allow,
    can,
    check,
    permission,
    public,
    scope_of,
    signed_in,
)
from mewayz.backend.errors import Forbidden, Unauthenticated
from mewayz.backend.grants import GRANTS, Role, Scope

NOUNS = ("users", "products", "orders", "customers", "analytics", "admin")
VERBS = ("read", "create", "update", "delete", "import", "export")


def somebody(role: Role) -> Actor:
    return Actor("0" * 24, "Somebody", "somebody@example.com", role)


@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_listed_is_refused(role: Role) -> None:
    for noun in NOUNS:
        for verb in VERBS:
            wanted = f"{noun}:{verb}"
            if wanted in GRANTS[role]:
                assert check(somebody(role), wanted) is GRANTS[role][wanted]
            else:
                assert not can(somebody(role), wanted)
                with pytest.raises(Forbidden):
                    check(somebody(role), wanted)
    for nonsense in ("", "users", "users:", ":read", "users:*", "*:read", "USERS:READ"):
        assert not can(somebody(role), nonsense)


def test_nobody_may_nothing_and_the_system_everything() -> None:
    for noun in NOUNS:
        for verb in VERBS:
            with pytest.raises(Unauthenticated):
                check(ANONYMOUS, f"{noun}:{verb}")
            assert check(SYSTEM, f"{noun}:{verb}") is Scope.ANY


def test_a_stronger_role_can_do_what_a_plain_user_can() -> None:
    for role in (Role.ENTERPRISE, Role.ADMIN):
        assert set(GRANTS[Role.USER]) <= set(GRANTS[role])


def test_only_an_administrator_writes_users_and_settings() -> None:
    for wanted in ("users:create", "users:update", "users:delete", "admin:read", "admin:update"):
        assert [role for role in Role if can(somebody(role), wanted)] == [Role.ADMIN]


def test_a_plain_user_reaches_only_what_is_his_own() -> None:
    assert scope_of(somebody(Role.USER), "orders:read") is Scope.OWN
    assert scope_of(somebody(Role.USER), "users:read") is Scope.OWN
    assert scope_of(somebody(Role.USER), "customers:read") is None


def test_policies() -> None:
    PUBLIC.verify(ANONYMOUS)
    SIGNED_IN.verify(somebody(Role.USER))
    permission("products:read").verify(somebody(Role.USER))
    with pytest.raises(Unauthenticated):
        SIGNED_IN.verify(ANONYMOUS)
    with pytest.raises(Unauthenticated):
        permission("products:read").verify(ANONYMOUS)
    with pytest.raises(Forbidden):
        permission("products:update").verify(somebody(Role.USER))
    with pytest.raises(ValueError, match="GRANTS"):
        permission("products:raed")


class Room:
    noun = "products"

    @allow("read")
    async def look(self, actor: Actor, what: str = "x") -> tuple[str, Actor]:
        return what, acting()

    @allow("orders:create")
    async def sell(self, actor: Actor) -> str:
        return acting().id

    @signed_in
    async def me(self, actor: Actor) -> Actor:
        return acting()

    @public
    async def open(self, actor: Actor) -> Actor:
        return acting()


async def test_guards_stand_before_the_method() -> None:
    room, user, nobody = Room(), somebody(Role.USER), ANONYMOUS
    assert await room.look(user, what="y") == ("y", user)
    assert await room.me(user) == user
    assert await room.open(nobody) == ANONYMOUS
    with pytest.raises(Forbidden):
        await room.sell(user)
    for guarded in (room.look, room.sell, room.me):
        with pytest.raises(Unauthenticated):
            await guarded(nobody)
    assert acting() == ANONYMOUS


def test_guards_carry_their_policy_and_stay_coroutines() -> None:
    for name, wanted in (("look", "read"), ("sell", "orders:create"), ("me", None), ("open", None)):
        method = getattr(Room, name)
        assert inspect.iscoroutinefunction(method)
        assert method.__policy__.permission == wanted
    assert Room.open.__policy__ is PUBLIC  # pyright: ignore[reportFunctionMemberAccess]
