"""Who loses the right to look is shown out at once: the tabs of that session, and no others."""

import asyncio
import inspect
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import reflex.app
from redis.asyncio import Redis as AsyncRedis
from reflex.istate.manager import StateManager
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State

from mewayz.backend import live
from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.service import users
from mewayz.ui import presence
from mewayz.ui.notice import Notices
from tests.domains.auth.flows import settled, sign_in, who
from tests.domains.people import PASSWORD, add_person, add_shop
from tests.services import Redis
from tests.tabs import tab as shown

NEW = {"password": "Quiet-Harbour-9", "confirmPassword": "Quiet-Harbour-9"}


class Sockets:
    """The event namespace of an app: it notes what is sent to which tab."""

    def __init__(self) -> None:
        self.sid_to_token: dict[str, str] = {}
        self.sent: list[tuple[str, str]] = []

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        self.sid_to_token[sid] = f"tab {sid}"

    def _build_static_router_data(self, sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        return {"headers": {"cookie": environ["HTTP_COOKIE"], "host": "shop.example"}, "ip": "192.0.2.7"}

    def on_disconnect(self, sid: str) -> None:
        self.sid_to_token.pop(sid, None)

    async def emit_update(self, update: Any, token: str) -> None:
        self.sent += [(token, event.payload["path"]) for event in update.events]

    async def shown_out(self) -> list[tuple[str, str]]:
        """What has been sent since this was last asked."""
        await settled(current())
        found, self.sent = sorted(self.sent), []
        return found


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Sockets:
    """The sockets of an app of their own."""
    monkeypatch.setattr(live, "_listeners", {})
    monkeypatch.setattr(presence, "_open", {})
    found: Any = Sockets()

    @asynccontextmanager
    async def modify_state(token: Any) -> AsyncIterator[State]:
        yield shown("/users?page=2" if token.ident == "tab 3" else "/")

    app: Any = SimpleNamespace(event_namespace=found, _state=State, modify_state=modify_state)
    presence.watch(app)
    found.app = app
    return found


async def tab(sockets: Any, sid: str, token: str = "") -> None:
    """A tab opens its socket."""
    await sockets.on_connect(sid, {"HTTP_COOKIE": f"mewayz_session={token}" if token else ""})


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person()


async def test_ending_a_session_shows_out_its_tabs_and_no_others(admin: Actor, sockets: Any) -> None:
    ended, kept = await sign_in(admin.email), await sign_in(admin.email)
    other = await sign_in((await add_person(Role.USER)).email)
    for sid, token in (("1", ended.token), ("2", ended.token), ("3", kept.token), ("4", other.token), ("5", ""), ("6", "forged")):
        await tab(sockets, sid, token)
    await own_sessions.end(await who(kept), ended.session.id)
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1"), ("tab 2", "/login?ended=1")]
    for sid in ("1", "2"):  # their page is another one now
        sockets.on_disconnect(sid)
    await own_sessions.sign_out(await who(kept))
    assert await sockets.shown_out() == [("tab 3", "/login?next=%2Fusers%3Fpage%3D2&ended=1")]  # and back to what was on the screen


async def test_every_way_to_lose_a_session_shows_its_tab_out(admin: Actor, sockets: Sockets) -> None:
    user = await add_person(Role.USER)

    async def opened() -> Any:
        session = await sign_in(user.email)
        await tab(sockets, "1", session.token)
        return session

    session = await opened()
    await own_sessions.sign_out(await who(session))
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1")]
    await opened()
    await own_sessions.end_others(await who(await sign_in(user.email)))
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1")]
    await opened()
    await users.update(SYSTEM, user.id, {"status": "suspended"})
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1")]
    await users.update(SYSTEM, user.id, {"status": "active"})
    await sockets.shown_out()
    await opened()
    actor = await who(await sign_in(user.email))
    await accounts.change_password(actor, {"currentPassword": PASSWORD, **NEW})
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1")]
    session = await sign_in(user.email, NEW["password"])
    await tab(sockets, "1", session.token)
    await users.delete(SYSTEM, user.id)
    assert await sockets.shown_out() == [("tab 1", "/login?ended=1")]


async def test_who_must_enrol_is_led_there(admin: Actor, sockets: Sockets) -> None:
    user = await add_person(Role.USER)
    await tab(sockets, "1", (await sign_in(user.email)).token)
    await tab(sockets, "2", (await sign_in(admin.email)).token)
    await requirements.require(admin, user.id, True)
    assert await sockets.shown_out() == [("tab 1", "/enrol")]
    await requirements.require(admin, user.id, False)
    assert await sockets.shown_out() == []
    await requirements.set_rule(admin, {"everyone": True})
    assert await sockets.shown_out() == [("tab 1", "/enrol"), ("tab 2", "/enrol")]


async def test_a_closed_tab_is_forgotten(admin: Actor, sockets: Any) -> None:
    session = await sign_in(admin.email)
    await tab(sockets, "1", session.token)
    sockets.on_disconnect("1")
    assert presence._open == {}
    await own_sessions.sign_out(await who(session))
    assert await sockets.shown_out() == []


async def test_a_socket_does_not_become_somebody_elses(admin: Actor, sockets: Any) -> None:
    session = await sign_in(admin.email)
    await tab(sockets, "1", session.token)
    found = presence._open["1"]
    assert presence.session_of("1") == session.session.id
    assert await sockets.on_connect("1", {"HTTP_COOKIE": "mewayz_session=forged", "QUERY_STRING": "token=flood-1"}) is False
    assert presence._open["1"] == found
    assert presence.session_of("2") == ""


async def test_a_change_that_takes_nothing_away_moves_nobody(admin: Actor, sockets: Sockets) -> None:
    user = await add_person(Role.USER)
    await tab(sockets, "1", (await sign_in(user.email)).token)
    await users.update(SYSTEM, user.id, {"role": "moderator"})
    await users.update(SYSTEM, user.id, {"name": "Anna"})
    assert await sockets.shown_out() == []
    assert (await presence.identify(presence._open["1"].cookie, "1")).role is Role.MODERATOR


async def test_cookies_are_not_kept_with_the_state_of_a_tab(admin: Actor, sockets: Any) -> None:
    session = await sign_in(admin.email)
    kept = sockets._build_static_router_data("1", {"HTTP_COOKIE": f"mewayz_session={session.token}"})
    assert kept == {"headers": {"host": "shop.example"}, "ip": "192.0.2.7"}
    # Who fires an event is known all the same, by the socket that it comes through.
    await tab(sockets, "1", session.token)
    assert (await presence.identify("", "1")).id == admin.id
    assert not (await presence.identify("", "2")).signed_in


async def _filled(manager: StateManager, token: str) -> BaseStateToken:
    """The state of a tab, as Reflex keeps it after an event."""
    kept = BaseStateToken(ident=token, cls=State)
    async with manager.modify_state(kept) as state:
        (await state.get_state(Notices))._say("kept")
    return kept


async def _texts(manager: StateManager, kept: BaseStateToken) -> list[str]:
    """What the messages of a tab say, as it finds them when it comes again."""
    async with manager.modify_state(kept) as state:
        return [one.text for one in (await state.get_state(Notices)).shown]


@pytest.fixture(params=["memory", "redis"])
async def manager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StateManager]:
    """Where Reflex keeps the states of tabs."""
    if request.param == "memory":
        manager: StateManager = StateManagerMemory()
    else:
        server: Redis = request.getfixturevalue("redis_server")
        server.clear()
        manager = StateManagerRedis(redis=AsyncRedis.from_url(server.url))
    yield manager
    await manager.close()


async def test_what_the_tab_of_a_stranger_held_goes_soon_after_it(
    admin: Actor, sockets: Any, manager: StateManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_STRANGER_LASTS", 0.0)
    sockets.app.state_manager = manager
    session = await sign_in(admin.email)
    for sid, token in (("1", ""), ("2", "forged"), ("3", session.token), ("4", "")):
        await tab(sockets, sid, token)
    kept = {sid: await _filled(manager, f"tab {sid}") for sid in "1234"}
    for sid in "123":
        sockets.on_disconnect(sid)
    await tab(sockets, "2", "forged")  # it has come again, by another socket
    await asyncio.sleep(0.05)
    await settled(current())
    assert {sid: await _texts(manager, one) for sid, one in kept.items()} == {"1": [], "2": ["kept"], "3": ["kept"], "4": ["kept"]}


def test_a_tab_that_has_gone_is_no_news(sockets: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The words are those of the pinned Reflex."""
    (said,) = re.findall(r'f"(Attempting to send delta [^"]*)"', inspect.getsource(reflex.app))
    logger = logging.getLogger("reflex.app")
    logger.warning(said)
    logger.warning("something else")
    assert [record.message for record in caplog.records] == ["something else"]
