"""The door: where a navigation leads, by who comes and with which cookies; and renewing on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mewayz.backend import clock
from mewayz.backend.grants import Role
from mewayz.backend.rest import BASE, api
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import tokens
from mewayz.domains.auth.door import MOST_STRANGERS, Door
from mewayz.domains.auth.sessions import GRACE
from mewayz.domains.users.model import users_collection
from mewayz.rooms import ENDPOINTS
from tests.domains.auth.flows import sign_in
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of

EXPIRED = timedelta(hours=1, minutes=1)


async def page(request: Request) -> Response:
    """Any page."""
    return HTMLResponse("page")


@asynccontextmanager
async def browser(follow: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that navigates to pages behind the door."""
    app = Door(Starlette(routes=[api(ENDPOINTS), Route("/{rest:path}", page)]))
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 50_000))
    headers = {"Accept": "text/html", "Origin": ORIGIN}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers, follow_redirects=follow) as client:
        yield client


async def enter(client: httpx.AsyncClient, email: str, **values: Any) -> None:
    """Sign in."""
    data_of(await client.post(f"{BASE}/auth/login", json={"email": email, "password": PASSWORD, **values}))


async def leads(client: httpx.AsyncClient, path: str) -> str | None:
    """Where the door sends a navigation; None is the page itself."""
    answer = await client.get(path)
    assert answer.status_code in (200, 303)
    if answer.status_code == 303:
        assert answer.headers["cache-control"] == "no-store"
    return answer.headers.get("location")


async def test_an_empty_installation_is_set_up_first(sqlite_runtime: Runtime) -> None:
    async with browser() as client:
        assert [await leads(client, path) for path in ("/", "/users", "/login", "/setup")] == ["/setup", "/setup", "/setup", None]


async def test_a_stranger_signs_in_and_comes_back(sqlite_runtime: Runtime) -> None:
    await add_shop()
    await add_person()
    async with browser() as client:
        for path in ("/login", "/register", "/resend", "/forgot", "/verify?token=x", "/reset?token=x", "/invitation?token=x", "/terms"):
            assert await leads(client, path) is None, path
        assert await leads(client, "/") == await leads(client, "/setup") == "/login"
        assert await leads(client, "/users?status=active&page=2") == "/login?next=%2Fusers%3Fstatus%3Dactive%26page%3D2"
        assert await leads(client, "/app.js") is None


async def test_who_is_signed_in_has_no_business_at_sign_in(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with browser() as client:
        await enter(client, admin.email)
        assert [await leads(client, path) for path in ("/users", "/verify?token=x", "/login", "/register", "/forgot")] == [
            None,
            None,
            "/",
            "/",
            "/",
        ]


async def test_who_must_enrol_is_led_there(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    await users_collection.patch(admin.id, {"two_factor_required": True})
    async with browser() as client:
        await enter(client, admin.email)
        assert [await leads(client, path) for path in ("/", "/users", "/login", "/enrol", "/terms", "/verify?token=x")] == [
            "/enrol",
            "/enrol?next=%2Fusers",
            "/enrol",
            None,
            None,
            None,
        ]


async def test_an_expired_access_cookie_is_renewed_on_the_way(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with browser() as client:
        await enter(client, admin.email)
        old = client.cookies["mewayz_session"]
        with clock.frozen(clock.now() + EXPIRED):
            assert await leads(client, "/users?page=2") == "/api/v1/auth/resume?next=%2Fusers%3Fpage%3D2"
            assert await leads(client, "/login") == "/api/v1/auth/resume?next=%2F"
            answer = await client.get("/users?page=2", follow_redirects=True)
            assert (answer.status_code, answer.text, answer.url.path, answer.url.query) == (200, "page", "/users", b"page=2")
            assert client.cookies["mewayz_session"] != old
            assert await leads(client, "/") is None


async def test_a_session_that_is_over_leads_to_sign_in_without_a_circle(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with browser(follow=True) as client:
        await enter(client, admin.email)
        with clock.frozen(clock.now() + timedelta(hours=13)):
            answer = await client.get("/users?page=2")
            assert (answer.url.path, answer.url.params["next"]) == ("/login", "/users?page=2")
            assert "mewayz_session" not in client.cookies
            assert "mewayz_device" in client.cookies


async def test_tabs_that_wake_up_together_all_come_back(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with browser() as client:
        await enter(client, admin.email)
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        with clock.frozen(clock.now() + EXPIRED):
            for path in [await leads(client, f"/orders?page={number}") for number in range(5)]:
                answer = await client.get(str(path), headers=cookie)  # each was sent before the first was answered
                assert answer.headers["location"].startswith("/orders?page=")
            assert await leads(client, "/orders") is None
        with clock.frozen(clock.now() + EXPIRED + GRACE + timedelta(seconds=1)):
            answer = await client.get("/api/v1/auth/resume?next=/orders", headers=cookie)
            assert answer.headers["location"] == "/login?next=%2Forders"


@pytest.mark.parametrize(
    ("wanted", "way"),
    [
        ("/users?page=2", "/users?page=2"),
        ("", "/"),
        ("users", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/users", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/api/v1/auth/logout", "/"),
        ("/users#x", "/users"),
        ("http:evil.example", "/"),
    ],
)
async def test_resuming_leads_to_our_own_pages_only(sqlite_runtime: Runtime, wanted: str, way: str) -> None:
    await add_shop()
    admin = await add_person()
    async with browser() as client:
        await enter(client, admin.email)
        assert (await client.get("/api/v1/auth/resume", params={"next": wanted})).headers["location"] == way
    async with browser() as client:
        location = (await client.get("/api/v1/auth/resume", params={"next": wanted})).headers["location"]
        assert location.partition("?")[0] == "/login"


async def test_a_role_that_is_only_user_passes_the_door(sqlite_runtime: Runtime) -> None:
    await add_shop()
    await add_person()
    user = await add_person(Role.USER)
    async with browser() as client:
        await enter(client, user.email)
        assert await leads(client, "/admin") is None  # the page itself says what the role may not see


async def test_the_socket_of_an_expired_session_is_closed_until_it_is_renewed(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with browser() as client:
        await enter(client, admin.email)
        cookie = f"mewayz_session={client.cookies['mewayz_session']}"
    reached: list[str] = []
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/_event/", "headers": [(b"cookie", cookie.encode())]}
    await Door(app)(scope, receive, send)
    assert (reached, sent) == (["websocket"], [])
    with clock.frozen(clock.now() + EXPIRED):
        await Door(app)(scope, receive, send)
        assert reached == ["websocket"]
        assert sent == [{"type": "websocket.close", "code": 1008}]
        await Door(app)({**scope, "headers": []}, receive, send)  # nobody may look at what is public
    assert reached == ["websocket"] * 2


async def test_a_stranger_opens_so_many_pages(sqlite_runtime: Runtime) -> None:
    admin = await add_person()
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"rate_limit_anonymous": 3})
    reached: list[str] = []

    async def connects(address: str, cookie: str = "") -> bool:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            reached.append(scope["client"][0])

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"cookie", cookie.encode())]
        before = len(reached)
        await Door(app)({"type": "websocket", "path": "/_event/", "client": (address, 1), "headers": headers}, receive, send)  # pyright: ignore
        assert sent == ([] if len(reached) > before else [{"type": "websocket.close", "code": 1008}])
        return len(reached) > before

    assert [await connects("192.0.2.7", "mewayz_session=forged") for _ in range(5)] == [True] * 3 + [False] * 2
    assert await connects("192.0.2.8")
    session = await sign_in(admin.email)
    assert await connects("192.0.2.7", f"{tokens.SESSION}={session.token}")


async def test_a_stranger_has_so_many_pages_open(sqlite_runtime: Runtime) -> None:
    """Sockets that stay open: the next one waits until one has gone, and nobody else waits for that."""
    session = await sign_in((await add_person()).email)
    leave: list[asyncio.Event] = []
    refused: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        leave.append(asyncio.Event())
        await leave[-1].wait()

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    door = Door(app)

    async def opens(address: str, cookie: str = "") -> asyncio.Task[None]:
        async def send(message: Any) -> None:
            refused.append(address)

        headers = [(b"cookie", cookie.encode())]
        scope: Any = {"type": "websocket", "path": "/_event/", "client": (address, 1), "headers": headers}
        before = len(leave) + len(refused)
        task = asyncio.create_task(door(scope, receive, send))  # pyright: ignore[reportArgumentType]
        while len(leave) + len(refused) == before:
            await asyncio.sleep(0.01)
        return task

    tasks = [await opens("192.0.2.7") for _ in range(MOST_STRANGERS + 2)]
    assert (len(leave), refused) == (MOST_STRANGERS, ["192.0.2.7"] * 2)
    tasks.append(await opens("192.0.2.8"))
    tasks.append(await opens("192.0.2.7", f"{tokens.SESSION}={session.token}"))
    assert len(leave) == MOST_STRANGERS + 2
    leave[0].set()
    await tasks[0]
    tasks.append(await opens("192.0.2.7"))
    assert len(refused) == 2
    for one in leave:
        one.set()
    await asyncio.gather(*tasks)
    assert not door._strangers
