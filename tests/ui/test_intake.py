"""What may come in over the websocket: only an event as a page sends it, and so many of them."""

import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.state import State

from mewayz.backend import clock
from mewayz.backend.limits import SIGNED_IN
from mewayz.backend.runtime import Runtime
from mewayz.ui import intake, presence
from mewayz.ui.intake import acceptable
from mewayz.ui.notice import Notices
from tests.domains.auth.flows import settled
from tests.tabs import tab


def nested(depth: int) -> Any:
    """An object in a list in an object, and so on."""
    found: Any = "x"
    for level in range(depth):
        found = [found] if level % 2 else {"a": found}
    return found


KNOWN = {"state.load"}
PLACE = {"pathname": "/products", "asPath": "/products?page=2", "query": {"page": "2"}}


def event(**changes: Any) -> dict[str, Any]:
    return {"name": "state.load", "payload": {}, "router_data": PLACE, **changes}


def test_what_a_page_sends_passes() -> None:
    assert acceptable(event(), KNOWN)
    assert acceptable({"name": "state.load"}, KNOWN)
    assert acceptable(event(payload={"form": nested(20)}), KNOWN)
    assert acceptable(event(payload={"form": {"a": ["b"]}}, router_data={}), KNOWN)


@pytest.mark.parametrize(
    "data",
    [
        "text",
        None,
        [],
        {},
        event(name="state.unknown"),
        event(name=7),
        event(name=["state.load"]),
        event(payload=[1]),
        event(payload={"form": nested(40)}),
        event(payload={"form": nested(50_000)}),
        event(router_data={**PLACE, "query": {"page": nested(40)}}),
        event(router_data="x"),
        event(router_data={**PLACE, "asPath": "["}),
        event(router_data={**PLACE, "asPath": 5}),
        event(router_data={**PLACE, "pathname": None}),
        event(router_data={**PLACE, "asPath": "/" + "x" * 5000}),
        event(router_data={**PLACE, "query": "page=2"}),
        event(router_data={**PLACE, "query": {str(number): "" for number in range(200)}}),
    ],
)
def test_anything_else_is_dropped(data: Any) -> None:
    assert not acceptable(data, KNOWN)


REPORT = "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception"


class Wire:
    """An app whose Socket.IO server and namespace note what gets through to them."""

    def __init__(self) -> None:
        self.sio, self.event_namespace, self._state = self, self, State
        self.packet_class = SimpleNamespace(json=json)
        self._registration_context = SimpleNamespace(event_handlers={*KNOWN, REPORT})
        self.sid_to_token = {"s1": "tab 1", "s2": "tab 2", "s3": "tab 3"}
        self.called: list[Any] = []
        self.events: list[Any] = []
        self.tabs = {token: tab() for token in self.sid_to_token.values()}

    async def _handle_event(self, eio_sid: str, namespace: str, number: int | None, data: Any) -> None:
        self.called.append(data)

    async def on_event(self, sid: str, data: Any) -> None:
        self.events.append((sid, data))

    @asynccontextmanager
    async def modify_state(self, token: Any) -> AsyncIterator[State]:
        yield self.tabs[token.ident]

    async def told(self, token: str) -> list[str]:
        """What a tab says."""
        return [one.text for one in (await self.tabs[token].get_state(Notices)).shown]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Such an app, watched."""
    monkeypatch.setattr(intake, "_malformed", deque(maxlen=20))
    monkeypatch.setattr(presence, "_open", {})
    found: Any = Wire()
    intake.watch(found)
    return found


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (None, ["connect", {"QUERY_STRING": "token=flood-1"}]),
        (None, ["disconnect", {}]),
        (None, ["ping", {}]),
        (None, ["event"]),
        (None, ["event", {}, {}]),
        (None, [{"a": 1}, {}]),
        (None, [["event"], {}]),
        (None, []),
        (None, None),
        (None, "event"),
        (None, {"event": 1, "a": 2}),
        (1, ["event", {}]),
    ],
)
async def test_only_two_kinds_of_event_are_called(wire: Any, number: int | None, data: Any) -> None:
    for good in (["event", {}], ["client_error", {"message": "x"}]):
        await wire._handle_event("e", "/_event", None, good)
    await wire._handle_event("e", "/_event", number, data)
    assert wire.called == [["event", {}], ["client_error", {"message": "x"}]]


async def test_what_does_not_fit_is_dropped_and_said_now_and_then(wire: Any, caplog: pytest.LogCaptureFixture) -> None:
    for arguments in ((), ({},), (event(), event()), ("text",)):
        for _ in range(10):
            await wire.on_event("s1", *arguments)
    for _ in range(10):
        await wire.on_event("a socket without a tab", event())
        await wire._handle_event("e", "/_event", None, ["connect", {}])
    assert (wire.events, wire.called) == ([], [])
    assert [record.message for record in caplog.records] == ["dropped a malformed event"] * 20
    await wire.on_event("s1", event())
    assert wire.events == [("s1", event())]


async def test_the_report_of_a_browser_is_cut_before_anybody_reads_it(wire: Any) -> None:
    await wire.on_event("s1", event(name=REPORT, payload={"info": "\\" * 16_000, "component_stack": "x" * 9}))
    assert wire.events == [("s1", event(name=REPORT, payload={"info": "\\" * 2000, "component_stack": "x" * 9}))]
    await wire.on_event("s1", event(name=REPORT, payload={"info": ["x"], "component_stack": "x"}))
    assert len(wire.events) == 1


async def test_events_of_a_stranger_are_counted_by_socket(wire: Any, sqlite_runtime: Runtime) -> None:
    for _ in range(60):
        await wire.on_event("s1", event())
        await wire.on_event("s1", event(name="unknown"))
    for _ in range(30):
        await wire.on_event("s1", event())
    await wire.on_event("s2", event())
    await settled(sqlite_runtime)
    assert [sid for sid, _ in wire.events] == ["s1"] * 60 + ["s2"]
    assert await wire.told("tab 1") == ["Too many attempts. Wait 1 minute and try again."]
    assert await wire.told("tab 2") == []


async def test_events_of_a_session_are_counted_over_its_tabs(wire: Any, sqlite_runtime: Runtime) -> None:
    for sid, session in (("s1", "one"), ("s2", "one"), ("s3", "another")):
        presence._open[sid] = presence.Connection("", clock.now(), "anna", session)
    sqlite_runtime.settings = sqlite_runtime.settings.model_copy(update={"rate_limit_signed_in": 5})
    for sid in ("s1", "s2") * 5:
        await wire.on_event(sid, event())
    await wire.on_event("s3", event())
    await settled(sqlite_runtime)
    assert [sid for sid, _ in wire.events] == ["s1", "s2", "s1", "s2", "s1", "s3"]
    assert await wire.told("tab 2") == ["Too many attempts. Wait 15 minutes and try again."]
    assert await wire.told("tab 1") == []
    assert (await sqlite_runtime.limits.peek(SIGNED_IN, "another")).remaining == 4
