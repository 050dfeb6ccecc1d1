"""Who acts, and the guards of services, which ask the GRANTS table whether they may (`grants`).

Guards stand on service methods (`@allow`); menus, buttons and the API description read the same table.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Concatenate, ParamSpec, Protocol, TypeVar

from mewayz.backend import clock
from mewayz.backend.errors import Forbidden, MewayzError, Unauthenticated
from mewayz.backend.grants import ANY, GRANTS, OWN, PERMISSIONS, READS, Role, Scope


class EnrolmentRequired(Forbidden):
    """This person must set up two-factor sign-in before anything else."""

    code = "auth.enrolment_required"
    default_message = "Two-factor sign-in is required for your account. Set it up to continue."


class ReadOnly(Forbidden):
    """An administrator looks at the product as another role sees it."""

    code = "auth.read_only"
    default_message = "You are viewing as another role, and nothing can be changed. Stop viewing to make changes."


class StepUpRequired(Forbidden):
    """The last proof of who this is lies too far back for what is asked."""

    code = "auth.step_up_required"
    default_message = "Confirm that it is you, with all that a sign-in asks for, and try again."


OF_THE_PERSON = (Unauthenticated, EnrolmentRequired, ReadOnly, StepUpRequired)
"""Refusals that concern whoever acts, and not a row: work on many rows ends with them, and nothing is changed."""


def concerns_row(error: MewayzError) -> bool:
    """Whether work on many rows may leave one row out for this, and go on."""
    return error.status < 500 and not isinstance(error, OF_THE_PERSON)


PROOF_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `role` is None for nobody; the system itself may do everything.

    Attributes:
        restricted: signed in, but only as far as setting up two-factor sign-in.
        viewing: the role is one that an administrator looks through; they may read, and change nothing.
        proven_at: when the person last proved who they are.
    """

    id: str
    name: str = ""
    email: str = ""
    role: Role | None = None
    session_id: str = ""
    system: bool = False
    restricted: bool = False
    viewing: bool = False
    proven_at: datetime | None = None

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


def check(actor: Actor, permission: str, *, every: bool = False) -> Scope:
    """The scope of a granted permission, which with `every` has to be that of every record.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: the role has no such grant, or the session is one to enrol or to look only.
    """
    if actor.restricted:
        raise EnrolmentRequired
    scope = scope_of(actor, permission)
    if scope is not None and not (every and scope is OWN):
        if actor.viewing and permission not in READS:
            raise ReadOnly
        return scope
    if not actor.signed_in:
        raise Unauthenticated
    raise Forbidden


@dataclass(frozen=True, slots=True)
class Policy:
    """What a guarded function demands: a permission, merely a signed-in person, or nothing.

    Attributes:
        permission: of the GRANTS table.
        every: for every record, not only the person's own.
        public: open to everybody.
        enrolling: also for a session that may only set up two-factor sign-in.
        changes: not for who views as another role.
    """

    permission: str | None = None
    every: bool = False
    public: bool = False
    enrolling: bool = False
    changes: bool = False

    def verify(self, actor: Actor) -> None:
        """Raise Unauthenticated or Forbidden when `actor` does not satisfy the policy."""
        if self.public:
            return
        if self.permission is not None:
            check(actor, self.permission, every=self.every)
            return
        if not actor.signed_in:
            raise Unauthenticated
        if actor.restricted and not self.enrolling:
            raise EnrolmentRequired
        if actor.viewing and self.changes:
            raise ReadOnly


PUBLIC = Policy(public=True)
SIGNED_IN = Policy()
ONESELF = Policy(changes=True)
ENROLLING = Policy(enrolling=True, changes=True)
WHOEVER = Policy(enrolling=True)


def require_proof(actor: Actor) -> None:
    """Demand that the person behind a session has proven who they are within the last minutes (OWASP ASVS 5.0, 7.5.1).

    Actors without a session are the system, a command or a script inside the process.

    Raises:
        StepUpRequired: the proof is too old.
    """
    if actor.session_id and (actor.proven_at is None or actor.proven_at < clock.now() - PROOF_LASTS):
        raise StepUpRequired


def permission(name: str, *, every: bool = False) -> Policy:
    """The policy that demands one permission of the GRANTS table, with `every` for every record.

    Raises:
        ValueError: no role holds it, so it is misspelt.
    """
    if name not in PERMISSIONS:
        raise ValueError(f"no role is granted {name!r}; add it to GRANTS")
    return Policy(permission=name, every=every)


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


def allow(verb: str, *, every: bool = False) -> Callable[[Method[S, P, R]], Guarded[S, P, R]]:
    """Guard a service method `(self, actor, …)`: `verb` of the service's own noun, or a whole `noun:verb`.

    With `every`, whoever has it for their own records only is refused: for methods that do not narrow what they answer.
    The policy at `__policy__` names the permission as it is given here.
    """

    def decorate(method: Method[S, P, R]) -> Guarded[S, P, R]:
        @functools.wraps(method)
        async def guarded(self: S, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            check(actor, verb if ":" in verb else f"{self.noun}:{verb}", every=every)
            with act_as(actor):
                return await method(self, actor, *args, **kwargs)

        guarded.__policy__ = Policy(permission=verb, every=every)  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
        return guarded

    return decorate


F = TypeVar("F", bound=Callable[..., Any])


def public(method: F) -> F:
    """Mark a service method as open to everybody, on purpose."""
    method.__policy__ = PUBLIC  # pyright: ignore[reportFunctionMemberAccess]
    return method


def _person(policy: Policy, method: Method[S, P, R]) -> Guarded[S, P, R]:
    @functools.wraps(method)
    async def guarded(self: S, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        policy.verify(actor)
        with act_as(actor):
            return await method(self, actor, *args, **kwargs)

    guarded.__policy__ = policy  # pyright: ignore[reportAttributeAccessIssue, reportFunctionMemberAccess]
    return guarded


def signed_in(method: Method[S, P, R]) -> Guarded[S, P, R]:
    """Guard a service method that any signed-in person may call."""
    return _person(SIGNED_IN, method)


def oneself(method: Method[S, P, R]) -> Guarded[S, P, R]:
    """Guard a service method with which people change what is their own."""
    return _person(ONESELF, method)


def enrolling(method: Method[S, P, R]) -> Guarded[S, P, R]:
    """Guard a service method that is also for who must set up two-factor sign-in first."""
    return _person(ENROLLING, method)


def whoever(method: Method[S, P, R]) -> Guarded[S, P, R]:
    """Guard a service method with which everybody who is signed in, however far, reads about themselves."""
    return _person(WHOEVER, method)
