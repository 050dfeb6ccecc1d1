"""Nothing is forgotten: every verb of every room has its guard, and every endpoint of the API answers to it."""

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mewayz.backend import limits
from mewayz.backend import runtime as runtimes
from mewayz.backend.access import ANONYMOUS, PUBLIC, SYSTEM, Actor, Policy, ReadOnly
from mewayz.backend.errors import Forbidden, Unauthenticated
from mewayz.backend.grants import GRANTS, Role, Scope
from mewayz.backend.rest import Endpoint
from mewayz.backend.runtime import Runtime
from mewayz.rooms import ENDPOINTS
from tests.domains.people import VISITOR, visit
from tests.services import ROOT

ROOMS = sorted(path.parent.name for path in (ROOT / "mewayz" / "domains").glob("*/service.py"))
NOT_SERVICES = {"pages", "state", "api"}
ROLES = [Actor("a" * 24, "Somebody", "somebody@example.com", role) for role in Role]
PERMISSIONS = {permission for grants in GRANTS.values() for permission in grants}


def services() -> Iterator[Any]:
    """The service objects of all rooms."""
    for room in ROOMS:
        found: list[Any] = []
        for path in sorted((ROOT / "mewayz" / "domains" / room).glob("*.py")):
            if path.stem not in NOT_SERVICES and not path.stem.endswith(("_pages", "_state")):
                module = importlib.import_module(f"mewayz.domains.{room}.{path.stem}")
                found += [one for one in vars(module).values() if type(one).__module__ == module.__name__ and hasattr(one, "noun")]
        assert any(type(one).__module__.endswith(".service") for one in found), f"{room} has no service object"
        yield from found


def verbs() -> Iterator[tuple[str, Any, Any]]:
    """Name, service and function of every public method."""
    for service in services():
        for name, function in inspect.getmembers(type(service), callable):
            if not name.startswith("_") and inspect.isroutine(function):
                yield f"{type(service).__name__}.{name}", service, function


VERBS = list(verbs())
GUARDED = [verb for verb in VERBS if not getattr(verb[2], "__policy__", PUBLIC).public]


def policy_of(service: Any, function: Any) -> Policy:
    """The policy of a verb, with the whole name of its permission."""
    policy: Policy = function.__policy__
    assert isinstance(policy, Policy)
    if policy.permission is None or ":" in policy.permission:
        return policy
    return Policy(permission=f"{service.noun}:{policy.permission}")


def arguments(function: Any) -> list[None]:
    """Something for every argument after the actor that must be given: a guard refuses before it is looked at."""
    parameters = list(inspect.signature(function).parameters.values())[2:]
    return [None for one in parameters if one.default is one.empty and one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]


def test_every_room_is_looked_at() -> None:
    assert {"admin", "analytics", "auth", "customers", "orders", "products", "users"} <= set(ROOMS)
    assert len(VERBS) > 40


@pytest.mark.parametrize(("service", "function"), [verb[1:] for verb in VERBS], ids=[verb[0] for verb in VERBS])
def test_every_verb_is_a_coroutine_with_a_policy(service: Any, function: Any) -> None:
    assert inspect.iscoroutinefunction(function)
    assert hasattr(function, "__policy__"), "guard it with @allow or @signed_in, or mark it with @public"
    policy = policy_of(service, function)
    assert policy.public or policy.permission is None or policy.permission in PERMISSIONS


@pytest.mark.parametrize(("service", "function"), [verb[1:] for verb in GUARDED], ids=[verb[0] for verb in GUARDED])
async def test_nobody_gets_past_a_guard(service: Any, function: Any) -> None:
    """Without an open runtime: whatever got past its guard would fail with another error."""
    with pytest.raises(Unauthenticated):
        await function(service, ANONYMOUS, *arguments(function))


def granted(policy: Policy, actor: Actor) -> bool:
    """Whether the table of grants lets the role of somebody pass."""
    scope = GRANTS[actor.role].get(policy.permission) if policy.permission else Scope.ANY  # pyright: ignore[reportArgumentType]
    return scope is Scope.ANY or (scope is Scope.OWN and not policy.every)


@pytest.mark.parametrize(("service", "function"), [verb[1:] for verb in GUARDED], ids=[verb[0] for verb in GUARDED])
async def test_a_role_gets_past_exactly_the_guards_of_its_grants(service: Any, function: Any) -> None:
    policy = policy_of(service, function)
    for actor in ROLES:
        if granted(policy, actor):
            policy.verify(actor)
        else:
            with pytest.raises(Forbidden):
                await function(service, actor, *arguments(function))
    policy.verify(SYSTEM)


def test_only_these_verbs_are_public() -> None:
    assert {name for name, service, function in VERBS if policy_of(service, function).public} == {
        "Accounts.forgot",
        "Accounts.register",
        "Accounts.registration_open",
        "Accounts.resend",
        "Accounts.reset",
        "Accounts.verify",
        "Auth.accept_invitation",
        "Auth.ask_passkey",
        "Auth.identify",
        "Auth.passkey_sign_in",
        "Auth.second_step",
        "Auth.sign_in",
        "Installation.is_set_up",
        "Installation.set_up",
        "Invitations.accept",
        "OwnSessions.refresh",
        "OwnSessions.sign_out",
        "Reports.stop",
        "Reports.stoppable",
        "Shares.open",
        "Terms.text",
    }


async def test_every_endpoint_answers_to_its_policy(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = ANONYMOUS

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return asking

    def code(endpoint: Endpoint, status: int, text: str) -> str:
        return f"{endpoint.method} {endpoint.path} as {asking.role}: {status} {text[:200]}"

    monkeypatch.setattr(runtimes, "identity", [identify])
    async with visit(Authorization="Bearer x") as client:
        for asking in (ANONYMOUS, *ROLES):
            for endpoint in ENDPOINTS:
                await runtime.limits.clear(limits.ANONYMOUS, limits.address_subject(VISITOR))
                path = re.sub(r"\{\w+\}", "f" * 24, endpoint.path)
                answer = await client.request(endpoint.method, path, content=b"{", headers={"Content-Type": "application/json"})
                told = code(endpoint, answer.status_code, answer.text)
                if endpoint.policy.public:
                    if endpoint.path == "/auth/refresh":  # demands an Origin and a cookie of its own
                        continue
                    assert answer.status_code not in {401, 403}, told
                elif not asking.signed_in:
                    assert answer.status_code == 401, told
                elif not granted(endpoint.policy, asking):
                    assert answer.status_code == 403, told
                else:
                    assert answer.status_code in {200, 404, 415, 422}, told


READING = ("read", "explore")
"""The verbs that only read, written down a second time: a permission that joins them is looked at twice."""
STAYS = {"POST /auth/view-as", "POST /auth/audit-log"}
"""What remains to who views: to stop it, and to report to the audit trail."""


@pytest.mark.parametrize("role", list(Role))
def test_who_views_as_a_role_reads_what_it_may_read_and_writes_nothing(role: Role) -> None:
    viewer = Actor("a" * 24, "Somebody", "somebody@example.com", role, viewing=True)
    for wanted in PERMISSIONS:
        policy = Policy(permission=wanted)
        if wanted not in GRANTS[role]:
            with pytest.raises(Forbidden):
                policy.verify(viewer)
        elif wanted.partition(":")[2] in READING:
            policy.verify(viewer)
        else:
            with pytest.raises(ReadOnly):
                policy.verify(viewer)
    for endpoint in ENDPOINTS:
        if endpoint.method != "GET" and not endpoint.policy.public and f"{endpoint.method} {endpoint.path}" not in STAYS:
            with pytest.raises(Forbidden):
                endpoint.policy.verify(viewer)
