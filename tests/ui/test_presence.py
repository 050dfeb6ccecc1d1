"""Who loses the right to look is shown out at once: the tabs of that session, and no others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.state import State

from mewayz.backend import live
from mewayz.backend.access import SYSTEM, Actor, Role
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.users.service import users
from mewayz.ui import presence
from tests.domains.auth.flows import settled, sign_in, who
from tests.domains.people import PASSWORD, add_person, add_shop
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
    assert await sockets.shown_out() == [("tab 1", "/login"), ("tab 2", "/login")]
    for sid in ("1", "2"):  # their page is another one now
        sockets.on_disconnect(sid)
    await own_sessions.sign_out(await who(kept))
    assert await sockets.shown_out() == [("tab 3", "/login?next=%2Fusers%3Fpage%3D2")]  # and back to what was on the screen


async def test_every_way_to_lose_a_session_shows_its_tab_out(admin: Actor, sockets: Sockets) -> None:
    user = await add_person(Role.USER)

    async def opened() -> Any:
        session = await sign_in(user.email)
        await tab(sockets, "1", session.token)
        return session

    session = await opened()
    await own_sessions.sign_out(await who(session))
    assert await sockets.shown_out() == [("tab 1", "/login")]
    await opened()
    await own_sessions.end_others(await who(await sign_in(user.email)))
    assert await sockets.shown_out() == [("tab 1", "/login")]
    await opened()
    await users.update(SYSTEM, user.id, {"status": "suspended"})
    assert await sockets.shown_out() == [("tab 1", "/login")]
    await users.update(SYSTEM, user.id, {"status": "active"})
    await sockets.shown_out()
    await opened()
    actor = await who(await sign_in(user.email))
    await accounts.change_password(actor, {"currentPassword": PASSWORD, **NEW})
    assert await sockets.shown_out() == [("tab 1", "/login")]
    session = await sign_in(user.email, NEW["password"])
    await tab(sockets, "1", session.token)
    await users.delete(SYSTEM, user.id)
    assert await sockets.shown_out() == [("tab 1", "/login")]


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
