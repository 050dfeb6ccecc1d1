"""The websocket takes what a page of ours sends, so many bytes of it and on so many sockets; the rest ends or does not begin."""

import asyncio
from typing import Any

import pytest

from mewayz.backend import runtime as runtime_module
from mewayz.backend.access import Actor
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.sessions import own_sessions
from mewayz.ui import origin
from mewayz.ui.origin import MAX_OF_STRANGER, OwnPagesOnly
from tests.domains.auth.flows import sign_in, who
from tests.domains.people import add_person, add_shop

EVENT = '42/_event,["event",{"name":"a","payload":{}}]'


@pytest.fixture(autouse=True)
async def owner(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """Somebody in a shop whose sessions are recognised."""
    monkeypatch.setattr(runtime_module, "identity", [auth.identify])
    await add_shop()
    return await add_person()


class Inside:
    """What stands behind the door: it notes the messages of each socket until that ends."""

    def __init__(self) -> None:
        self.app = OwnPagesOnly(self)
        self.got: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.got.append(message.get("text") or "")
        self.got.append(f"end {message['code']}")

    async def socket(self, *messages: str, token: str = "") -> list[str]:
        """What got in of these messages, and how the socket has ended; nothing if it was refused."""
        left: asyncio.Queue[Any] = asyncio.Queue()
        for text in messages:
            left.put_nowait({"type": "websocket.receive", "text": text})
        left.put_nowait({"type": "websocket.disconnect", "code": 1000})
        return await self.open(left, token)

    async def open(self, left: asyncio.Queue[Any], token: str) -> list[str]:
        """A socket that takes its messages from a queue."""

        async def send(message: Any) -> None:
            self.got.append(f"said {message['type']}")

        headers = [(b"host", b"test.example"), (b"origin", b"http://test.example"), (b"cookie", f"mewayz_session={token}".encode())]
        self.got = []
        await self.app({"type": "websocket", "path": "/_event/", "headers": headers}, left.get, send)
        return self.got


async def test_what_a_page_sends_gets_in() -> None:
    report = '42/_event,["client_error",{"message":"x"}]'
    sent = ['40/_event,{"event":{"name":"hydrate"},"state_schema":"a"}', EVENT, report, "3", "2", "41/_event,", "1"]
    assert await Inside().socket(*sent) == [*sent, "end 1000"]


@pytest.mark.parametrize(
    "message",
    [
        '42/_event,["connect",{"QUERY_STRING":"token=flood-1"}]',
        '42/_event,["disconnect"]',
        '42/_event,["disconnect",{}]',
        '42/_event,["ping",{}]',
        '42/_event,["event"]',
        '42/_event,["event",null]',
        '42/_event,["event",[]]',
        '42/_event,["event","{}"]',
        '42/_event,["event_response",{}]',
        '421/_event,["event",{}]',
        '43/_event,1["event",{}]',
        '431/_event,["event",{}]',
        '45/_event,["event",{}]',
        '451-/_event,["event",{"_placeholder":true,"num":0}]',
        '42["event",{}]',
        '42/_event?a,["event",{}]',
        '42/_other,["event",{}]',
        '40/_event,["event",{}]',
        "40",
        "",
    ],
)
async def test_what_no_page_sends_ends_the_socket(message: str) -> None:
    assert await Inside().socket(EVENT, message, EVENT) == [EVENT, "end 1009"]


async def test_a_page_connects_once() -> None:
    """Each time begins a new count of events, and asks for the session."""
    assert await Inside().socket("40/_event,", "41/_event,", "40/_event,", EVENT) == ["40/_event,", "41/_event,", "end 1009"]


async def test_a_stranger_sends_less(owner: Actor) -> None:
    def event(size: int, letter: str = "x") -> str:
        return f'42/_event,["event",{{"name":"{letter * size}"}}]'

    session = await sign_in(owner.email)
    for token in ("", "forged"):
        assert await Inside().socket(event(MAX_OF_STRANGER - 50), token=token) == [event(MAX_OF_STRANGER - 50), "end 1000"]
        for large in (event(MAX_OF_STRANGER), event(MAX_OF_STRANGER // 2, "é")):
            assert await Inside().socket(large, token=token) == ["end 1009"]
    assert await Inside().socket(event(500_000), token=session.token) == [event(500_000), "end 1000"]
    assert await Inside().socket(event(1_000_000), token=session.token) == ["end 1009"]
    await own_sessions.sign_out(await who(session))
    assert await Inside().socket(event(500_000), token=session.token) == ["end 1009"]


async def test_a_session_has_so_many_sockets_and_the_oldest_stay(owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "MOST_SOCKETS", 2)
    inside, first, second = Inside(), await sign_in(owner.email), await sign_in(owner.email)
    ways: list[asyncio.Queue[Any]] = [asyncio.Queue(), asyncio.Queue()]
    tabs = [asyncio.create_task(inside.open(way, first.token)) for way in ways]
    hello: dict[str, Any] = {"type": "websocket.connect"}
    while sum(inside.app._sockets.values()) < 2:
        await asyncio.sleep(0.01)
    refused: asyncio.Queue[Any] = asyncio.Queue()
    refused.put_nowait(hello)
    assert await inside.open(refused, first.token) == ["said websocket.close"]
    assert await inside.socket(EVENT, token=second.token) == [EVENT, "end 1000"]
    assert await inside.socket(EVENT) == [EVENT, "end 1000"]
    ways[0].put_nowait({"type": "websocket.disconnect", "code": 1000})
    await tabs[0]
    assert await inside.socket(EVENT, token=first.token) == [EVENT, "end 1000"]
    ways[1].put_nowait({"type": "websocket.disconnect", "code": 1000})
    await tabs[1]
    assert not inside.app._sockets
