"""People of every role, and the API as they reach it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.passwords import hash_password
from mewayz.backend.rest import BASE, api
from mewayz.backend.shop import SHOP_ID, Shop, shops
from mewayz.backend.unit import unit
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import User, users_collection
from mewayz.rooms import ENDPOINTS

PASSWORD = "Correct-Horse-1"
ORIGIN = "http://test.example"
VISITOR = "192.0.2.7"
"""The address that everybody comes from."""


async def add_shop(timezone: str = "Europe/London", currency: str = "GBP") -> Shop:
    """The shop, as set-up would leave it."""
    return await shops.add(Shop(id=SHOP_ID, name="Test shop", currency=currency, timezone=timezone))


async def add_person(role: Role = Role.ADMIN, **values: Any) -> Actor:
    """A user of this role who can sign in with PASSWORD."""
    user = User(**{"name": f"A {role}", "email": f"{role}@example.com", "role": role.value, **values})
    hashed = await hash_password(PASSWORD)
    async with unit():
        await users_collection.add(user)
        await credentials.add(Credential(id=user.id, password_hash=hashed))
    return Actor(user.id, user.name, user.email, Role(user.role))


@asynccontextmanager
async def visit(**headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API with its own cookies."""
    transport = httpx.ASGITransport(Starlette(routes=[api(ENDPOINTS)]), client=(VISITOR, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}{BASE}", headers=headers) as client:
        yield client


@asynccontextmanager
async def signed_in(email: str, password: str = PASSWORD) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of our own pages, signed in: it has the cookie and names its origin."""
    async with visit(Origin=ORIGIN) as client:
        answer = await client.post("/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        yield client


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the envelope of a failure, and return its `error`."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    body = answer.json()
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    error = body["error"]
    assert {"code", "message", "requestId"} <= set(error) <= {"code", "message", "requestId", "fields"}
    assert error["message"].endswith(".")
    assert error["requestId"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    return error


def data_of(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Check the envelope of a success, and return its `data`."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"success", "data"}
    assert body["success"] is True
    return body["data"]
