"""What a tab leaves goes when it is closed, and stays when it comes back."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from mewayz.backend.runtime import Runtime
from mewayz.ui import farewell
from tests.tabs import tab


class Namespace:
    """The sockets of an app: one tab with the token `t` on the socket `s`."""

    def __init__(self) -> None:
        self.sid_to_token = {"s": "t"}
        self.connected = True
        self._token_manager = SimpleNamespace(is_token_connected=self.is_connected)

    async def is_connected(self, token: str) -> bool:
        return self.connected

    def on_disconnect(self, sid: str) -> str:
        self.sid_to_token.pop(sid)
        return "done"


@pytest.fixture
def sockets(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Namespace:
    monkeypatch.setattr(farewell, "PATIENCE", 0.0)
    monkeypatch.setattr(farewell, "_works", {})
    namespace = Namespace()
    farewell.watch(SimpleNamespace(event_namespace=namespace))  # pyright: ignore[reportArgumentType]
    return namespace


async def left(runtime: Runtime, sockets: Namespace, *, comes_back: bool) -> Any:
    """The socket closes, and the patience is over."""
    sockets.connected = comes_back
    assert sockets.on_disconnect("s") == "done"
    await asyncio.sleep(0.01)
    while runtime._tasks:
        await asyncio.wait(runtime._tasks)


@pytest.mark.parametrize("comes_back", [False, True])
async def test_it_goes_with_the_tab(sockets: Namespace, sqlite_runtime: Runtime, comes_back: bool) -> None:
    gone: list[str] = []

    async def work() -> None:
        gone.append("file")

    farewell.when_gone(tab(), work)
    await left(sqlite_runtime, sockets, comes_back=comes_back)
    assert gone == ([] if comes_back else ["file"])


async def test_what_is_forgotten_is_not_done(sockets: Namespace, sqlite_runtime: Runtime) -> None:
    async def work() -> None:
        raise AssertionError

    state = tab()
    farewell.when_gone(state, work)
    farewell.when_gone(state, None)
    await left(sqlite_runtime, sockets, comes_back=False)
