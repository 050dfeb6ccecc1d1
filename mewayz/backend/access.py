"""Who may do what: roles, permissions, the GRANTS table and the guards of services.

A permission is `noun:verb`. GRANTS maps role → permission → scope; what is not listed is refused. Guards stand
on service methods (`@allow`), menus, buttons and the API description read the same table.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Concatenate, ParamSpec, Protocol, TypeVar

from mewayz.backend.errors import Forbidden, Unauthenticated


class Role(StrEnum):
    """The four roles, weakest first."""

    USER = "user"
    MODERATOR = "moderator"
    ENTERPRISE = "enterprise"
    ADMIN = "admin"


class Scope(StrEnum):
    """How far a grant reaches: every record, or only the person's own."""

    ANY = "any"
    OWN = "own"


ANY, OWN = Scope.ANY, Scope.OWN


def _verbs(noun: str, scope: Scope, *verbs: str) -> dict[str, Scope]:
    return {f"{noun}:{verb}": scope for verb in verbs}


_CRUD = ("read", "create", "update", "delete", "import", "export")

GRANTS: dict[Role, dict[str, Scope]] = {
    Role.USER: {
        **_verbs("users", OWN, "read"),
        **_verbs("products", ANY, "read"),
        **_verbs("orders", OWN, "read", "export"),
        **_verbs("analytics", OWN, "read"),
    },
    Role.MODERATOR: {
        **_verbs("users", ANY, "read"),
        **_verbs("products", ANY, "read", "update"),
        **_verbs("orders", ANY, "read"),
        **_verbs("customers", ANY, "read", "update"),
        **_verbs("analytics", ANY, "read"),
    },
    Role.ENTERPRISE: {
        **_verbs("users", OWN, "read"),
        **_verbs("products", ANY, *_CRUD),
        **_verbs("orders", ANY, *_CRUD),
        **_verbs("customers", ANY, *_CRUD),
        **_verbs("analytics", ANY, "read"),
    },
    Role.ADMIN: {
        **_verbs("users", ANY, *_CRUD),
        **_verbs("products", ANY, *_CRUD),
        **_verbs("orders", ANY, *_CRUD),
        **_verbs("customers", ANY, *_CRUD),
        **_verbs("analytics", ANY, "read"),
        **_verbs("admin", ANY, "read", "update"),
    },
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `role` is None for nobody; the system itself may do everything."""

    id: str
    name: str = ""
    email: str = ""
    role: Role | None = None
    session_id: str = ""
    system: bool = False

    @property
    def signed_in(self) -> bool:
        """Whether somebody stands behind this actor."""
        return self.role is not None or self.system


ANONYMOUS = Actor(id="")
SYSTEM = Actor(id="system", name="Mewayz", system=True)


def scope_of(actor: Actor, permission: str) -> Scope | None:
    """The reach of `actor` for `permission`; None is a refusal."""
    if actor.system:
        return ANY
    return GRANTS[actor.role].get(permission) if actor.role else None


def can(actor: Actor, permission: str) -> bool:
    """Whether the GRANTS table gives `actor` this permission at all."""
    return scope_of(actor, permission) is not None


_PERMISSIONS = frozenset(permission for grants in GRANTS.values() for permission in grants)


def check(actor: Actor, permission: str) -> Scope:
    """The scope of a granted permission.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the role has no such grant.
    """
    scope = scope_of(actor, permission)
    if scope is not None:
        return scope
    if not actor.signed_in:
        raise Unauthenticated
    raise Forbidden


@dataclass(frozen=True, slots=True)
class Policy:
    """What a guarded function demands: a permission, merely a signed-in person, or nothing."""

    permission: str | None = None
    public: bool = False

    def verify(self, actor: Actor) -> None:
        """Raise Unauthenticated or Forbidden when `actor` does not satisfy the policy."""
        if self.public:
            return
        if self.permission is not None:
            check(actor, self.permission)
        elif not actor.signed_in:
            raise Unauthenticated


PUBLIC = Policy(public=True)
SIGNED_IN = Policy()


def permission(name: str) -> Policy:
    """The policy that demands one permission of the GRANTS table.

    Raises:
        ValueError: no role holds it, so it is misspelt.
    """
    if name not in _PERMISSIONS:
        raise ValueError(f"no role is granted {name!r}; add it to GRANTS")
    return Policy(permission=name)


_acting: ContextVar[Actor] = ContextVar("acting", default=ANONYMOUS)


def acting() -> Actor:
    """The actor of the guarded call that is running; the audit trail reads it."""
    return _acting.get()


@contextmanager
def act_as(actor: Actor) -> Generator[None]:
    """Run the block in the name of `actor`."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


class _Room(Protocol):
    noun: ClassVar[str]


P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=_Room)
Method = Callable[Concatenate[S, Actor, P], Awaitable[R]]
Guarded = Callable[Concatenate[S, Actor, P], Coroutine[Any, Any, R]]


def allow(verb: str) -> Callable[[Method[S, P, R]], Guarded[S, P, R]]:
    """Guard a service method `(self, actor, …)`: `verb` of the service's own noun, or a whole `noun:verb`.

    The policy at `__policy__` names the permission as it is given here.
    """

    def decorate(method: Method[S, P, R]) -> Guarded[S, P, R]:
        @functools.wraps(method)
        async def guarded(self: S, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            check(actor, verb if ":" in verb else f"{self.noun}:{verb}")
            with act_as(actor):
                return await method(self, actor, *args, **kwargs)

        guarded.__policy__ = Policy(permission=verb)  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
        return guarded

    return decorate


F = TypeVar("F", bound=Callable[..., Any])


def public(method: F) -> F:
    """Mark a service method as open to everybody, on purpose."""
    method.__policy__ = PUBLIC  # pyright: ignore[reportFunctionMemberAccess]
    return method


def signed_in(method: Method[S, P, R]) -> Guarded[S, P, R]:
    """Guard a service method that any signed-in person may call."""

    @functools.wraps(method)
    async def guarded(self: S, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        SIGNED_IN.verify(actor)
        with act_as(actor):
            return await method(self, actor, *args, **kwargs)

    guarded.__policy__ = SIGNED_IN  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
    return guarded
