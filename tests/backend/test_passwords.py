"""Passwords: which are good, how they are stored, and what a wrong one costs."""

import asyncio

import bcrypt
import pytest
from pydantic import SecretStr

from mewayz.backend import passwords
from mewayz.backend.errors import Unavailable
from mewayz.backend.passwords import hash_password, problem_of, verify_password
from mewayz.backend.runtime import Runtime


@pytest.mark.parametrize("password", ["Aa1!aaaa", "correct horse battery", "ÄÖü1-xyz", "x" * 14 + " y"])
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
        ("aaaaaaaa", "an upper-case letter and a digit and a special character"),
        ("Anna@Example.com1", "your name"),
        ("my name is ANNA SMITH", "your name"),
        ("annalena anna.smith1", "your name"),
        ("I love mewayz very much", "the name of the product"),
    ],
)
def test_weak_passwords_are_told_what_to_do(password: str, said: str) -> None:
    problem = problem_of(password, "Anna Smith", "anna.smith@example.com", "anna@example.com")
    assert problem is not None
    assert said in problem


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


async def test_the_hash_depends_on_the_secret_of_the_installation(sqlite_runtime: Runtime) -> None:
    stored = await hash_password("Correct-Horse-1")
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"secret_key": SecretStr("another")})
    assert not await verify_password("Correct-Horse-1", stored)


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
    assert not await verify_password("nobody", "0:unknown-version")
    assert not await verify_password("x" * 2000, stored)
    assert await verify_password("Correct-Horse-1", stored)
    assert costs == [4, 4, 4, 4, 4]


async def test_too_many_at_once_are_refused_and_the_others_answered(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_QUEUE", 3)
    found = await asyncio.gather(*(hash_password("Correct-Horse-1") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Unavailable) for one in found) == 2
    assert await hash_password("Correct-Horse-1")


def test_the_cost_in_use_is_the_recommended_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert passwords.COST >= 12
