"""Requests that are safe to repeat: one does the work, and whatever goes wrong, nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import md5, sha1, sha256
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from mewayz.backend import clock
from mewayz.backend import runtime as runtimes
from mewayz.backend.access import SIGNED_IN, Actor
from mewayz.backend.errors import Conflict
from mewayz.backend.grants import Role
from mewayz.backend.idempotency import HEADER, KEYS
from mewayz.backend.ids import new_id
from mewayz.backend.rest import BASE, Call, Endpoint, api, read_json
from mewayz.backend.runtime import Runtime
from mewayz.domains.users.model import User, users_collection

Work = Callable[[Call], Awaitable[Any]]
people = {name: Actor(name * 24, name, role=Role.USER) for name in "ab"}


@asynccontextmanager
async def asking(work: Work, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API with one address that takes keys."""

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return people[authorization]

    monkeypatch.setattr(runtimes, "identity", [identify])
    endpoints = [
        Endpoint(method="POST", path=path, handler=work, summary="Do", tag="x", policy=SIGNED_IN, status=201, idempotent=True)
        for path in ("/do", "/other")
    ]
    transport = httpx.ASGITransport(Starlette(routes=[api(endpoints)]))
    headers = {"Authorization": "a", HEADER: "key"}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://test.example{BASE}", headers=headers) as client:
        yield client


async def add(call: Call) -> Any:
    """Make a user named in the body, as often as it is called."""
    name = (await read_json(call.request))["name"]
    user = await users_collection.add(User(name=name, email=f"{new_id()}@example.com"))
    return {"id": user.id}


async def how_many() -> int:
    return len(await users_collection.find_all())


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_key_belongs_to_a_person_and_an_address(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def work(call: Call) -> Any:
        seen.append(call.actor.id)
        return {"number": len(seen)}

    async with asking(work, monkeypatch) as client:
        first = await client.post("/do", json={})
        again = await client.post("/do", json={})
        assert (again.status_code, again.content) == (201, first.content)
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        for answer in (
            await client.post("/other", json={}),
            await client.post("/do", json={}, headers={"Authorization": "b"}),
            await client.post("/do", json={}, headers={HEADER: "another"}),
        ):
            assert (answer.status_code, "idempotency-replayed" in answer.headers) == (201, False)
        assert len(seen) == 4
        assert code(await client.post("/do", json={"x": 1})) == (422, "idempotency.mismatch")
        for key in ("", "x" * 256, "a\tb", "é"):
            assert code(await client.post("/do", json={}, headers={HEADER.encode(): key.encode()})) == (422, "invalid")
    kept = await runtime.database.fetch(select(KEYS.c.key, KEYS.c.body))
    guessed = {hash_of(text).hexdigest() for hash_of in (sha1, sha256, md5) for text in (b"key", b"{}")}  # a body may carry a password
    assert not {"key", "{}", *guessed} & {value for row in kept for value in row}


async def test_while_it_is_worked_on_others_are_told(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(call: Call) -> Any:
        begun.set()
        await go_on.wait()
        return await add(call)

    async with asking(work, monkeypatch) as client:
        first = asyncio.create_task(client.post("/do", json={"name": "anna"}))
        await begun.wait()
        assert code(await client.post("/do", json={"name": "anna"})) == (409, "idempotency.in_flight")
        assert code(await client.post("/do", json={"name": "berta"})) == (422, "idempotency.mismatch")
        go_on.set()
        assert (await first).status_code == 201
        assert (await client.post("/do", json={"name": "anna"})).content == (await first).content
    assert await how_many() == 1


async def test_a_refusal_is_an_answer_and_a_failure_is_none(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Exception | None] = [Conflict("No."), RuntimeError("broken"), None]

    async def work(call: Call) -> Any:
        if error := outcomes.pop(0):
            raise error
        return await add(call)

    async with asking(work, monkeypatch) as client:
        refused = await client.post("/do", json={"name": "anna"})
        assert code(refused) == (409, "conflict")
        assert (await client.post("/do", json={"name": "anna"})).content == refused.content
        new = {HEADER: "new"}
        assert code(await client.post("/do", json={"name": "anna"}, headers=new)) == (500, "error")
        assert (await client.post("/do", json={"name": "anna"}, headers=new)).status_code == 201
    assert await how_many() == 1


async def test_what_was_committed_is_not_done_again_when_the_answer_was_lost(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Any:
        await add(call)
        raise RuntimeError("broken after the commit")

    async with asking(work, monkeypatch) as client:
        assert code(await client.post("/do", json={"name": "anna"})) == (500, "error")
        lost = await client.post("/do", json={"name": "anna"})
        assert code(lost) == (409, "idempotency.in_flight")
        assert "is done" in lost.json()["error"]["message"]
    assert await how_many() == 1


async def test_a_claim_that_was_lost_cannot_commit_any_more(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that outlives its claim (its process seemed dead) gives way to whoever took over."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    slow = [True]

    async def work(call: Call) -> Any:
        if slow and slow.pop():
            begun.set()
            await go_on.wait()
        return await add(call)

    async with asking(work, monkeypatch) as client:
        first = asyncio.create_task(client.post("/do", json={"name": "anna"}))
        await begun.wait()
        with clock.frozen(clock.now() + timedelta(minutes=6)):
            second = await client.post("/do", json={"name": "anna"})
            assert second.status_code == 201
            go_on.set()
            assert code(await first) == (409, "idempotency.in_flight")
            assert (await client.post("/do", json={"name": "anna"})).content == second.content
    assert await how_many() == 1


async def test_keys_are_forgotten_after_a_day(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Any:
        return {}

    async with asking(work, monkeypatch) as client:
        for number in range(3):
            await client.post("/do", json={}, headers={HEADER: f"old-{number}"})
        with clock.frozen(clock.now() + timedelta(hours=25)):
            await client.post("/do", json={}, headers={HEADER: "new"})
            assert len(await runtime.database.fetch(KEYS.select())) == 1
