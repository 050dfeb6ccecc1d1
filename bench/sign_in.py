"""Sign-ins: against the bare bcrypt limit of the machine, what everybody else feels meanwhile, and whether failures tell by their time."""

import asyncio
import json
import os
import secrets
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import bcrypt
import httpx

from bench.report import Report
from bench.stores import ENGINES, Store, Stores
from mewayz.backend import passwords
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import open_runtime
from mewayz.domains.users.service import users
from tests.services import MissingService, Redis

GOAL = 0.9  # of what two threads of bcrypt alone reach
HEALTH_MS = 300
SAME = 0.05  # medians of kinds of failures
_PASSWORD = "Once-upon-a-time-1"
_AT_ONCE = 16
_CROWD = 100


def measure(report: Report, stores: Stores) -> None:
    """One engine after the other, PostgreSQL with Redis as in production."""
    rounds = 20 if stores.small else 120
    limit = _bare(rounds)
    report.add(f"bcrypt {passwords.COST} alone, on all cores", limit, "/s")
    for engine in ENGINES:
        try:
            store = stores.users(engine)
            if engine == "PostgreSQL":
                with Redis() as redis:
                    asyncio.run(_measure(report, store, limit, rounds, stores.small, REDIS_URL=redis.url))
            else:
                asyncio.run(_measure(report, store, limit, rounds, stores.small))
        except MissingService as missing:
            report.say(f"{engine} is not measured: {missing}")


def _bare(rounds: int) -> float:
    """Hashes per second without anything around them."""
    hashed = bcrypt.hashpw(b"x" * 44, bcrypt.gensalt(passwords.COST))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        started = time.perf_counter()
        list(pool.map(lambda _: bcrypt.checkpw(b"y" * 44, hashed), range(rounds)))
        return rounds / (time.perf_counter() - started)


async def _measure(report: Report, store: Store, limit: float, rounds: int, small: bool, **settings: Any) -> None:
    engine, tag = store.engine, secrets.token_hex(3)
    right, suspended = f"right-{tag}@bench.example", f"suspended-{tag}@bench.example"
    async with open_runtime(store.settings()):
        await users.create(SYSTEM, {"name": "Right Person", "email": right, "password": _PASSWORD})
        await users.create(SYSTEM, {"name": "Gone Person", "email": suspended, "password": _PASSWORD, "status": "suspended"})
    with store.server(**settings) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=120, limits=httpx.Limits(max_connections=2 * _CROWD)) as client:
            client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # everybody comes anew

            async def sign_in(email: str, password: str = _PASSWORD) -> int:
                answer = await client.post("/api/v1/auth/login", json={"email": email, "password": password})
                return answer.status_code

            await sign_in(right)
            rate = await _rate(sign_in, right, rounds)
            report.add(f"{engine}: sign-ins", rate, "/s")
            report.add(f"{engine}: sign-ins ÷ bcrypt alone", rate / limit, "×", at_least=GOAL)
            report.add(
                f"{engine}: /health, 95th percentile during {_CROWD} sign-ins",
                await _health(client, sign_in, right),
                "ms",
                at_most=HEALTH_MS,
            )
            medians = await _failures(client, right, suspended, 10 if small else 200)
    for kind, median in medians.items():
        report.add(f"{engine}: refused, {kind}", median, "ms", note="median, interleaved")
    spread = max(medians.values()) / min(medians.values()) - 1
    report.add(f"{engine}: slowest ÷ fastest kind of refusal", spread + 1, "×", at_most=1 + SAME)


async def _rate(sign_in: Any, email: str, rounds: int) -> float:
    waiting = iter(range(rounds))

    async def person() -> None:
        for _ in waiting:
            if (status := await sign_in(email)) != 200:
                raise RuntimeError(f"a sign-in was answered with {status}")

    started = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(_AT_ONCE)))
    return rounds / (time.perf_counter() - started)


async def _health(client: httpx.AsyncClient, sign_in: Any, email: str) -> float:
    """Milliseconds of the 95th percentile, while as many sign in as can; who is too many is told to try again."""
    crowd = [asyncio.create_task(sign_in(email)) for _ in range(_CROWD)]
    times: list[float] = []
    while not all(task.done() for task in crowd):
        started = time.perf_counter()
        (await client.get("/health")).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.01)
    if unexpected := {task.result() for task in crowd} - {200, 503}:
        raise RuntimeError(f"a sign-in was answered with {unexpected}")
    return statistics.quantiles(times, n=20)[-1]


async def _failures(client: httpx.AsyncClient, right: str, suspended: str, rounds: int) -> dict[str, float]:
    """Median milliseconds of each kind of refusal, asked for in turn."""
    times: dict[str, list[float]] = {"unknown address": [], "wrong password": [], "suspended user": []}
    for number in range(rounds):
        asked = (f"nobody-{number}@bench.example", _PASSWORD), (right, "Not-the-password-1"), (suspended, _PASSWORD)
        for found, (email, password) in zip(times.values(), asked, strict=True):
            body = json.dumps({"email": email, "password": password})
            started = time.perf_counter()
            answer = await client.post("/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"})
            found.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 401:
                raise RuntimeError(f"a wrong sign-in was answered with {answer.status_code}")
    return {kind: statistics.median(found) for kind, found in times.items()}
