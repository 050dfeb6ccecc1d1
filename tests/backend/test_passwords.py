"""Passwords: which are good, how they are stored, and what a wrong one costs."""

import asyncio
import base64
import hashlib
import hmac
import os
import threading

import bcrypt
import pytest
from pydantic import SecretStr

from mewayz.backend import passwords
from mewayz.backend.errors import Unavailable
from mewayz.backend.passwords import hash_password, needs_rehash, problem_of, verify_password
from mewayz.backend.runtime import Runtime


@pytest.mark.parametrize(
    "password",
    [
        "Aa1!aaaa",
        "correct horse battery",
        "ÄÖü1-xyz",
        "x" * 14 + " y",
        "Garden-gate-42",
        "dragon 8391746205!",  # long, and more than a common one
        "Zx9!\ud800abcd",
    ],
)
def test_good_passwords(password: str) -> None:
    assert problem_of(password, "Anna Smith", "anna@example.com") is None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Aa1!aaa", "at least 8"),
        ("", "at least 8"),
        ("x" * 1025, "at most 1024"),
        ("aa1!aaaa", "an upper-case letter"),
        ("AA1!AAAA", "a lower-case letter"),
        ("Aab!aaaa", "a digit"),
        ("Aa11aaaa", "a special character"),
        ("abxqmwzk", "an upper-case letter and a digit and a special character"),
        ("Anna@Example.com1", "your name"),
        ("my name is ANNA SMITH", "your name"),
        ("annalena anna.smith1", "your name"),
        ("I love mewayz very much", "the name of the product"),
        ("1 l0ve M3w4yz very much", "the name of the product"),
        ("4nn4-Has-a-Garden", "your name"),
        ("xx $m1th xx Garden", "your name"),
        ("Garden anna.sm!th", "your name"),
        ("password", "an attacker tries"),
        ("Password1!", "an attacker tries"),
        ("P@$$w0rd", "an attacker tries"),
        ("pa55word2026!!", "an attacker tries"),
        ("L3tme1n!", "an attacker tries"),
        ("1l0v3y0u!", "an attacker tries"),
        ("Ｐａｓｓｗｏｒｄ1!", "an attacker tries"),
        ("Dragon2026!", "an attacker tries"),
        ("MonkeyMonkey1!", "an attacker tries"),
        ("passwordpassword", "an attacker tries"),
        ("123456123456123456", "an attacker tries"),
        ("1qaz2wsx3edc4rfv", "an attacker tries"),
        ("a" * 21, "an attacker tries"),
        ("abababababababab", "an attacker tries"),
    ],
)
def test_weak_passwords_are_told_what_to_do(password: str, said: str) -> None:
    problem = problem_of(password, "Anna Smith", "anna.smith@example.com", "anna@example.com")
    assert problem is not None
    assert said in problem


@pytest.mark.parametrize("personal", ["", "@", "Li Wu", "li@wu.example", "...", "\x00\ud800"])
def test_what_is_short_or_strange_about_a_person_rules_nothing_out(personal: str) -> None:
    assert problem_of("Garden-gate-42", personal) is None


async def test_a_hash_opens_for_its_password_only(sqlite_runtime: Runtime) -> None:
    stored = await hash_password("Correct-Horse-1")
    assert "Correct" not in stored
    assert stored != await hash_password("Correct-Horse-1")
    assert await verify_password("Correct-Horse-1", stored)
    for wrong in ("correct-horse-1", "Correct-Horse-1 ", "", "Correct-Horse-1" * 100):
        assert not await verify_password(wrong, stored)


async def test_a_long_password_counts_to_its_end(sqlite_runtime: Runtime) -> None:
    long = "x" * 1024
    stored = await hash_password(long)
    assert await verify_password(long, stored)
    assert not await verify_password(long[:-1] + "y", stored)
    assert not await verify_password(long[:72], stored)
    assert not await verify_password(long + "x", stored)


async def test_two_ways_to_compose_a_letter_are_one_password(sqlite_runtime: Runtime) -> None:
    assert await verify_password("Caf\u00e9-noir-1", await hash_password("Cafe\u0301-noir-1"))


def use_secrets(runtime: Runtime, newest: str, *previous: str) -> None:
    """Run with other secrets, as after a restart."""
    changes = {"secret_key": SecretStr(newest), "secret_key_previous": tuple(map(SecretStr, previous))}
    runtime.settings = runtime.settings.model_copy(update=changes)


async def test_the_hash_depends_on_the_secret_of_the_installation(sqlite_runtime: Runtime) -> None:
    stored = await hash_password("Correct-Horse-1")
    use_secrets(sqlite_runtime, "another")
    assert not await verify_password("Correct-Horse-1", stored)


async def test_a_secret_can_be_changed_without_anybody_being_locked_out(sqlite_runtime: Runtime) -> None:
    use_secrets(sqlite_runtime, "first")
    stored = await hash_password("Correct-Horse-1")
    assert not needs_rehash(stored)
    use_secrets(sqlite_runtime, "second", "first")
    assert await verify_password("Correct-Horse-1", stored)
    assert not await verify_password("Correct-Horse-2", stored)
    assert needs_rehash(stored)
    renewed = await hash_password("Correct-Horse-1")
    assert not needs_rehash(renewed)
    use_secrets(sqlite_runtime, "second")
    assert await verify_password("Correct-Horse-1", renewed)
    assert not await verify_password("Correct-Horse-1", stored)


def version_1(password: str, secret: str) -> str:
    """A hash as the first version stored it."""
    key = hashlib.sha256(b"password:" + secret.encode()).digest()
    prehash = base64.b64encode(hmac.digest(key, password.encode(), "sha256"))
    return f"1:{bcrypt.hashpw(prehash, bcrypt.gensalt(4)).decode()}"


async def test_hashes_of_the_first_version_open_and_are_renewed(sqlite_runtime: Runtime) -> None:
    stored = version_1("Correct-Horse-1", "first")
    use_secrets(sqlite_runtime, "first")
    assert await verify_password("Correct-Horse-1", stored)
    assert not await verify_password("Correct-Horse-2", stored)
    assert needs_rehash(stored)
    use_secrets(sqlite_runtime, "second", "first")
    assert await verify_password("Correct-Horse-1", stored)
    use_secrets(sqlite_runtime, "second")
    assert not await verify_password("Correct-Horse-1", stored)


async def test_another_cost_is_renewed(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = await hash_password("Correct-Horse-1")
    monkeypatch.setattr(passwords, "COST", 5)
    assert await verify_password("Correct-Horse-1", stored)
    assert needs_rehash(stored)
    assert not needs_rehash(await hash_password("Correct-Horse-1"))


async def test_an_unknown_account_costs_a_hash_of_the_same_cost(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[int] = []
    genuine = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        costs.append(int(hashed.split(b"$")[2]))
        return genuine(password, hashed)

    stored = await hash_password("Correct-Horse-1")
    monkeypatch.setattr(bcrypt, "checkpw", counting)
    assert not await verify_password("nobody", None)
    assert not await verify_password("nobody", "")
    for broken in (
        "0:unknown-version",
        stored.replace("2:", "3:", 1),
        stored.replace("2:", "2:00000000", 1),
        stored[:-1],
        "2:",
        "1:$2b$99$x",
    ):
        assert not await verify_password("Correct-Horse-1", broken)
    assert not await verify_password("x" * 2000, stored)
    assert await verify_password("Correct-Horse-1", stored)
    assert costs == [4] * 10


async def test_too_many_at_once_are_refused_and_the_others_answered(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that is held up, so that the number of those that wait does not depend on the machine."""
    gate, genuine, threads = threading.Event(), bcrypt.hashpw, set[int]()

    def held_up(password: bytes, salt: bytes) -> bytes:
        gate.wait(30)
        threads.add(threading.get_ident())
        return genuine(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", held_up)
    tries = [asyncio.create_task(hash_password("Correct-Horse-1")) for _ in range(100)]
    refused, waiting = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)  # the loop goes on while all threads are busy
    while len(refused) < 100 - 32:
        finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        refused |= finished
    assert {type(one.exception()) for one in refused} == {Unavailable}
    assert len(waiting) == 32
    gate.set()
    stored = await asyncio.gather(*waiting)
    assert len(set(stored)) == 32
    assert len(threads) <= (os.cpu_count() or 1)
    assert await verify_password("Correct-Horse-1", await hash_password("Correct-Horse-1"))


def test_the_cost_in_use_is_the_recommended_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert passwords.COST >= 12
