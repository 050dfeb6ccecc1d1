"""Guesses: few are checked however many come at once, and whoever knows the password gets in."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mewayz.backend import passwords
from mewayz.backend.errors import RateLimited, Unavailable
from mewayz.backend.grants import Role
from mewayz.backend.limits import SIGN_IN
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.domains.auth import attempts
from mewayz.domains.auth.attempts import attempt
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import WrongCredentials
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import User, users_collection
from tests.conftest import make_settings, migrate, skip_for
from tests.domains.auth.flows import HERE, outcomes, sign_in
from tests.domains.people import ORIGIN, PASSWORD, add_person, refused, visit
from tests.services import MissingService, Redis

ELSEWHERE = Visitor("203.0.113.9")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were really compared."""
    found: list[str] = []
    verify = passwords.verify_password

    async def counting(password: str, stored: str | None) -> bool:
        found.append(password)
        return await verify(password, stored)

    monkeypatch.setattr(passwords, "verify_password", counting)
    return found


async def wrong(email: str, times: int = 1, visitor: Visitor = HERE) -> None:
    """Sign in with a wrong password."""
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await sign_in(email, "wrong", visitor)


async def locked(email: str, visitor: Visitor = HERE) -> bool:
    """Whether even the right password is refused."""
    try:
        await sign_in(email, visitor=visitor)
    except RateLimited as error:
        assert error.retry_after > 0
        return True
    return False


async def test_of_fifty_wrong_sign_ins_at_once_five_are_checked(runtime: Runtime, checked: list[str]) -> None:
    person = await add_person()
    won, lost = await outcomes([sign_in(person.email, f"wrong {number}") for number in range(50)])
    assert won == []
    assert len(checked) == 5
    assert sorted(type(error).__name__ for error in lost) == ["RateLimited"] * 45 + ["WrongCredentials"] * 5
    assert await locked(person.email)
    assert attempts._subjects == {}


async def test_of_fifty_unknown_accounts_from_one_address_five_are_checked(runtime: Runtime, checked: list[str]) -> None:
    await outcomes([sign_in(f"{number}@example.com", "wrong") for number in range(50)])
    assert len(checked) == 5


async def test_an_office_gets_in_at_nine(runtime: Runtime) -> None:
    hashed = await passwords.hash_password(PASSWORD)
    people = [User(name=f"Person {number}", email=f"{number}@example.com") for number in range(30)]
    await users_collection.add_many(people)
    await credentials.add_many([Credential(id=one.id, password_hash=hashed) for one in people])
    await wrong("0@example.com")
    won, lost = await outcomes([sign_in(one.email) for one in people])
    assert lost == []
    assert {session.user.email for session in won} == {one.email for one in people}
    assert (await runtime.limits.peek(SIGN_IN, "address", HERE.address)).remaining == 4


async def test_right_ones_among_wrong_ones(runtime: Runtime) -> None:
    person = await add_person()
    won, lost = await outcomes([sign_in(person.email, PASSWORD if number % 2 else "wrong") for number in range(8)])
    assert len(won) == 4
    assert {type(error) for error in lost} == {WrongCredentials}
    assert attempts._subjects == {}


async def test_successes_are_not_counted(runtime: Runtime) -> None:
    person = await add_person()
    await wrong(person.email, 4)
    for _ in range(8):
        await sign_in(person.email)
    await wrong(person.email)
    assert await locked(person.email)


async def test_the_account_the_address_and_ipv6_networks_are_counted(runtime: Runtime) -> None:
    person, other = await add_person(), await add_person(Role.USER)
    for number in range(5):
        await wrong(person.email, visitor=Visitor(f"198.51.100.{number}"))
    assert await locked(person.email, ELSEWHERE)  # the account, from anywhere
    assert not await locked(other.email, ELSEWHERE)
    for number in range(5):
        await wrong(f"{number}@example.com", visitor=Visitor(f"2001:db8:0:7::{number}"))
    assert await locked(other.email, Visitor("2001:db8:0:7:ffff::1"))  # one customer, many addresses
    assert not await locked(other.email, Visitor("2001:db8:0:8::1"))


async def test_a_known_device_gets_in_when_the_account_is_locked(runtime: Runtime) -> None:
    person, other = await add_person(), await add_person(Role.USER)
    device = (await sign_in(person.email)).device
    theirs = (await sign_in(other.email)).device
    await wrong(person.email, 5, ELSEWHERE)
    assert await locked(person.email)
    assert not await locked(person.email, Visitor(HERE.address, HERE.agent, device))
    for stranger in (theirs, "x" * 43, ""):  # known to somebody else, or to nobody
        assert await locked(person.email, Visitor("192.0.2.99", HERE.agent, stranger))
    await wrong(person.email, 10, Visitor("192.0.2.99", HERE.agent, device))
    assert await locked(person.email, Visitor(HERE.address, HERE.agent, device))


async def test_what_was_not_checked_is_not_counted(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await add_person()

    async def busy(password: str, stored: str | None) -> bool:
        raise Unavailable("Too many people sign in at this moment.")

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "verify_password", busy)
        for _ in range(8):
            with pytest.raises(Unavailable):
                await sign_in(person.email)
    assert not await locked(person.email)


async def test_who_gives_up_waiting_leaves_nobody_waiting(sqlite_runtime: Runtime) -> None:
    subject = (SIGN_IN, ("account", "a"))
    going, entered = asyncio.Event(), asyncio.Semaphore(0)

    async def hold() -> None:
        async with attempt(subject) as tried:
            entered.release()
            await going.wait()
            tried.succeeded()

    async def enter() -> None:
        async with attempt(subject) as tried:
            tried.succeeded()

    holders = [asyncio.create_task(hold()) for _ in range(5)]
    for _ in holders:
        await entered.acquire()
    waiting = [asyncio.create_task(enter()) for _ in range(6)]
    while attempts._subjects[subject].holders < 11:
        await asyncio.sleep(0)
    waiting[0].cancel()
    holders[0].cancel()  # whoever goes away in the middle of a check has guessed
    going.set()
    found = await asyncio.gather(*holders, *waiting, return_exceptions=True)
    assert [type(one) for one in found if one is not None] == [asyncio.CancelledError] * 2
    assert (await sqlite_runtime.limits.peek(*_flat(subject))).remaining == 4
    assert attempts._subjects == {}


def _flat(one: attempts.Counted) -> tuple:
    return one[0], *one[1]


async def test_form_rest_and_passkey_share_the_count(runtime: Runtime) -> None:
    person = await add_person()
    await wrong(person.email, 3)
    async with visit(Origin=ORIGIN) as client:
        for _ in range(2):
            body = {"email": person.email, "password": "wrong"}
            refused(await client.post("/auth/login", json=body), 401, "auth.wrong_credentials")
        answer = await client.post("/auth/login", json={"email": person.email, "password": PASSWORD})
        refused(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) > 0
        assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == ("5", "0")
        asked = (await client.post("/auth/passkeys/options", json={})).json()["data"]
        answer = await client.post("/auth/passkeys/sign-in", json={"state": asked["state"], "credential": {"id": "x"}})
        refused(answer, 429, "rate_limited")


# Without Redis ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that the test may kill."""
    try:
        with Redis() as server:
            yield server
    except MissingService as missing:
        skip_for(missing)


async def test_redis_dies_between_the_guesses_and_nothing_opens(own_redis: Redis, tmp_path: Path, checked: list[str]) -> None:
    url = f"sqlite:///{tmp_path / 'mewayz.db'}"
    migrate(url)
    async with open_runtime(make_settings(tmp_path, database_url=url, redis_url=own_redis.url)):
        person = await add_person()
        await wrong(person.email, 3)
        assert own_redis.process is not None
        own_redis.process.send_signal(signal.SIGKILL)
        own_redis.process.wait()
        checked.clear()
        _, lost = await outcomes([sign_in(person.email, "wrong") for _ in range(20)])
        assert len(checked) == 2
        assert len(lost) == 20
        assert await locked(person.email)
