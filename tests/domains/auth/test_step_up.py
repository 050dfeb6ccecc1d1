"""Step-up: what matters asks again who this is when the last proof is older than five minutes, and then it is done."""

import ast
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyotp.totp import TOTP

from mewayz.backend import clock
from mewayz.backend.access import Actor, StepUpRequired
from mewayz.backend.errors import Invalid, MewayzError, RateLimited
from mewayz.backend.grants import Role
from mewayz.backend.query import Query
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.passkeys import Site, passkeys
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.recovery import recovery
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.second_factor import second_factor
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.service import users
from tests.domains.auth.flows import code_of, enrolled, events, sign_in, who
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of, refused, signed_in
from tests.services import ROOT

OLD = timedelta(minutes=6)
NOBODY = "f" * 24
NEW_PASSWORD = {"currentPassword": PASSWORD, "password": "Seventeen-swans-17", "confirmPassword": "Seventeen-swans-17"}
INVITED = {"name": "Grace Hopper", "email": "grace@example.com", "role": "moderator"}
Verb = Callable[[Actor, Actor], Coroutine[Any, Any, Any]]

# Each with the actor and another user; what it comes to after the proof is not the matter here.
VERBS: dict[str, Verb] = {
    "Accounts.change_email": lambda actor, _: accounts.change_email(actor, {"email": "new@example.com"}),
    "Accounts.change_password": lambda actor, _: accounts.change_password(actor, NEW_PASSWORD),
    "Accounts.close": lambda actor, _: accounts.close(actor),
    "Analytics.export_customers": lambda actor, _: analytics.export_customers(actor, Question()),
    "CrudService.export": lambda actor, _: users.export(actor, Query()),
    "Invitations.invite": lambda actor, _: invitations.invite(actor, INVITED),
    "OwnSessions.end": lambda actor, _: own_sessions.end(actor, NOBODY),
    "OwnSessions.end_others": lambda actor, _: own_sessions.end_others(actor),
    "Passkeys.add": lambda actor, _: passkeys.add(actor, {"state": "x", "credential": {"id": "x"}}, Site(ORIGIN)),
    "Passkeys.begin": lambda actor, _: passkeys.begin(actor, Site(ORIGIN)),
    "Passkeys.remove": lambda actor, _: passkeys.remove(actor, NOBODY),
    "Recovery.end_all_sessions": lambda actor, _: recovery.end_all_sessions(actor),
    "Recovery.end_sessions": lambda actor, other: recovery.end_sessions(actor, other.id),
    "Recovery.remove_factors": lambda actor, other: recovery.remove_factors(actor, other.id),
    "Requirements.require": lambda actor, other: requirements.require(actor, other.id, True),
    "Requirements.set_rule": lambda actor, _: requirements.set_rule(actor, {"roles": ["user"]}),
    "SecondFactor.disable": lambda actor, _: second_factor.disable(actor),
    "SecondFactor.enable": lambda actor, _: second_factor.enable(actor, {"code": "123456"}),
    "SecondFactor.new_codes": lambda actor, _: second_factor.new_codes(actor),
    "SecondFactor.setup": lambda actor, _: second_factor.setup(actor),
    "Users._build": lambda actor, _: users.create(actor, {**INVITED, "email": "hopper@example.com", "password": "Compiled-Tide-9"}),
    "Users._changes": lambda actor, other: users.update(actor, other.id, {"role": "moderator"}),
}
REST: dict[str, tuple[str, str, Any]] = {
    "Accounts.change_email": ("POST", "/auth/email", {"email": "new@example.com"}),
    "Accounts.change_password": ("POST", "/auth/password", NEW_PASSWORD),
    "Accounts.close": ("DELETE", "/auth/me", None),
    "Analytics.export_customers": ("GET", "/analytics/customers?format=csv", None),
    "CrudService.export": ("GET", "/users/export?format=csv", None),
    "Invitations.invite": ("POST", "/users/invite", INVITED),
    "OwnSessions.end": ("DELETE", f"/auth/sessions/{NOBODY}", None),
    "OwnSessions.end_others": ("DELETE", "/auth/sessions", None),
    "Passkeys.add": ("POST", "/auth/passkeys/register", {"state": "x", "credential": {"id": "x"}}),
    "Passkeys.begin": ("POST", "/auth/passkeys/register/options", {}),
    "Passkeys.remove": ("DELETE", f"/auth/passkeys/{NOBODY}", None),
    "Recovery.end_all_sessions": ("DELETE", "/admin/sessions", None),
    "Recovery.end_sessions": ("DELETE", "/admin/users/{other}/sessions", None),
    "Recovery.remove_factors": ("DELETE", "/admin/users/{other}/two-factor", None),
    "Requirements.require": ("POST", "/admin/users/{other}/require-2fa", {"required": True}),
    "Requirements.set_rule": ("PUT", "/admin/two-factor", {"roles": ["user"]}),
    "SecondFactor.disable": ("POST", "/auth/2fa/disable", {}),
    "SecondFactor.enable": ("POST", "/auth/2fa/enable", {"code": "123456"}),
    "SecondFactor.new_codes": ("POST", "/auth/2fa/backup-codes", {}),
    "SecondFactor.setup": ("POST", "/auth/2fa/setup", {}),
    "Users._build": ("POST", "/users", {**INVITED, "email": "hopper@example.com", "password": "Compiled-Tide-9"}),
    "Users._changes": ("PATCH", "/users/{other}", {"role": "moderator", "rev": 1}),
}


def demanding(path: Path) -> set[str]:
    """The methods of a file that call require_proof."""
    found: set[str] = set()
    for owner in ast.walk(ast.parse(path.read_text())):
        for method in owner.body if isinstance(owner, ast.ClassDef) else ():
            calls = [one for one in ast.walk(method) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
            if isinstance(method, ast.AsyncFunctionDef) and any(one.func.id == "require_proof" for one in calls):  # pyright: ignore
                found.add(f"{owner.name}.{method.name}")
    return found


def test_no_verb_that_demands_a_proof_is_forgotten_here() -> None:
    # Pages may ask earlier than the verb that they call, for better words; the promise is the verb's.
    sources = [path for path in (ROOT / "mewayz").rglob("*.py") if not path.stem.endswith("state") and "ui" not in path.parts]
    assert set().union(*map(demanding, sources)) == set(VERBS) == set(REST)


@pytest.mark.parametrize("name", VERBS)
async def test_it_asks_again_and_then_does_it(sqlite_runtime: Runtime, name: str) -> None:
    """Of somebody who has a second factor: of all that matters, nothing is done by a password alone."""
    await add_shop()
    person, other = await add_person(), await add_person(Role.USER)
    await add_person(email="second@example.com")
    session = await sign_in(person.email)
    authenticator, _ = await enrolled(await who(session))
    with clock.frozen(clock.now() + OLD):
        with pytest.raises(StepUpRequired):
            await VERBS[name](await who(session), other)
        with pytest.raises(Invalid):
            await proofs.prove(await who(session), {"password": PASSWORD})
        await proofs.prove(await who(session), {"password": PASSWORD, "code": code_of(authenticator)})
        try:
            await VERBS[name](await who(session), other)
        except MewayzError as error:  # there was nothing to remove, or to set up
            assert error.code in {"not_found", "auth.two_factor_on", "auth.challenge_expired"}


async def test_it_asks_again_over_rest(runtime: Runtime) -> None:
    await add_shop()
    person, other = await add_person(), await add_person(Role.USER)
    await add_person(email="second@example.com")
    async with signed_in(person.email) as client:
        secret = data_of(await client.post("/auth/2fa/setup", json={}))["secret"]
        data_of(await client.post("/auth/2fa/enable", json={"code": code_of(TOTP(secret))}))
        with clock.frozen(clock.now() + OLD):
            for method, path, body in REST.values():
                answer = await client.request(method, path.replace("{other}", other.id), **({} if body is None else {"json": body}))
                refused(answer, 403, "auth.step_up_required")
            error = refused(await client.post("/auth/step-up", json={"password": PASSWORD}), 422, "invalid")
            assert set(error["fields"]) == {"code"}
            both = {"password": PASSWORD, "code": code_of(TOTP(secret))}
            proven = data_of(await client.post("/auth/step-up", json=both))["provenUntil"]
            assert data_of(await client.get("/auth/me"))["session"]["provenUntil"] == proven
            for name, (method, path, body) in REST.items():
                if name != "Accounts.close":
                    answer = await client.request(method, path.replace("{other}", other.id), **({} if body is None else {"json": body}))
                    assert answer.status_code != 403, (name, answer.text)
        with clock.frozen(clock.now() + OLD + OLD):
            refused(await client.request("DELETE", "/auth/me"), 403, "auth.step_up_required")


async def test_five_minutes_and_no_longer(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    start = session.session.proven_at
    for minutes in (timedelta(0), timedelta(minutes=5)):
        with clock.frozen(start + minutes):
            await second_factor.setup(await who(session))
    with clock.frozen(start + timedelta(minutes=5, milliseconds=1)), pytest.raises(StepUpRequired):
        await second_factor.setup(await who(session))


async def test_renewing_a_session_proves_nothing(runtime: Runtime) -> None:
    person = await add_person()
    async with signed_in(person.email) as client:
        with clock.frozen(clock.now() + OLD):
            data_of(await client.post("/auth/refresh", json={}))
            refused(await client.post("/auth/2fa/setup", json={}), 403, "auth.step_up_required")


async def test_the_proof_of_one_session_is_not_that_of_another(runtime: Runtime) -> None:
    person = await add_person()
    one, two = await sign_in(person.email), await sign_in(person.email)
    with clock.frozen(clock.now() + OLD):
        until = await proofs.prove(await who(one), {"password": PASSWORD})
        assert until == clock.now() + timedelta(minutes=5)
        await second_factor.setup(await who(one))
        with pytest.raises(StepUpRequired):
            await second_factor.setup(await who(two))
    assert await events(runtime, "auth.proven") == [("auth.proven", person.id, person.id, "low")]


async def test_who_has_a_second_factor_proves_it_beside_the_password(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    authenticator, codes = await enrolled(await who(session))
    with clock.frozen(clock.now() + OLD):
        actor, code = await who(session), code_of(authenticator)
        for data, said in (
            ({"password": PASSWORD}, "code"),
            ({"code": code}, "password"),
            ({"password": "wrong", "code": code}, "password"),
            ({"password": PASSWORD, "code": "000000"}, "code"),
        ):
            with pytest.raises(Invalid) as raised:
                await proofs.prove(actor, data)
            assert set(raised.value.fields) == {said}
            with pytest.raises(StepUpRequired):
                await second_factor.new_codes(await who(session))
        # What went wrong before has not used the code up; what goes right does.
        for code in (code_of(authenticator), codes[0]):
            await proofs.prove(actor, {"password": PASSWORD, "code": code})
            with pytest.raises(Invalid) as raised:
                await proofs.prove(actor, {"password": PASSWORD, "code": code})
            assert set(raised.value.fields) == {"code"}
        await second_factor.new_codes(await who(session))


async def test_without_a_second_factor_the_present_password_changes_it(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    with clock.frozen(clock.now() + OLD):
        await accounts.change_password(await who(session), NEW_PASSWORD)


async def test_wrong_proofs_are_counted_and_prove_nothing(runtime: Runtime) -> None:
    session = await sign_in((await add_person()).email)
    with clock.frozen(clock.now() + OLD):
        actor = await who(session)
        for _ in range(5):
            with pytest.raises(Invalid) as raised:
                await proofs.prove(actor, {"password": "wrong"})
            assert set(raised.value.fields) == {"password"}
        with pytest.raises(RateLimited):
            await proofs.prove(actor, {"password": PASSWORD})
        with pytest.raises(StepUpRequired):
            await second_factor.setup(await who(session))
        passkey = {"state": "x", "credential": {"id": "x"}}
        for data in ({}, {"state": "x"}, {"credential": {"id": "x"}}, {"password": ""}, {"code": "1"}, {**passkey, "code": "1"}):
            with pytest.raises(Invalid):
                await proofs.prove(actor, data)
