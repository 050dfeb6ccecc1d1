"""Who is connected: the sockets of the open tabs, so that who has lost the right to look is shown out at once."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, StateUpdate
from reflex_base.constants import RouteVar

from mewayz.backend import clock, live, runtime
from mewayz.backend.access import Actor
from mewayz.ui.ways import to_enrolment, to_sign_in

_TOPIC = "sessions"
_PATIENCE = 0.25  # seconds: the tab that signs out leaves by itself
_STRANGER_LASTS = 30.0  # seconds: what a tab of nobody held is kept after it has gone, for a network that comes back


@dataclass(frozen=True, slots=True)
class Connection:
    """An open socket: the cookies of its handshake, when that was, and whose session it showed, and which."""

    cookie: str
    opened_at: datetime
    user_id: str
    session_id: str


_open: dict[str, Connection] = {}
"""By the id of the socket."""


async def identify(cookie: str, socket_id: str) -> Actor:
    """Who fired an event. Its socket keeps the cookie of its handshake, whose access token must have been valid then."""
    found = _open.get(socket_id)
    return await runtime.current().identify(found.cookie if found else cookie, opened_at=found.opened_at if found else None)


def session_of(socket_id: str) -> str:
    """The session in whose name a socket was opened; empty for that of a stranger."""
    found = _open.get(socket_id)
    return found.session_id if found else ""


def watch(app: rx.App) -> None:
    """Note each socket of the app, and tell those of a person whose session is over to sign in."""
    namespace: Any = app.event_namespace
    connect, disconnect = namespace.on_connect, namespace.on_disconnect

    async def on_connect(sid: str, environ: dict[str, Any], auth: Any = None) -> Any:
        if sid in _open:
            return False  # a socket connects once, and does not become somebody else's
        cookie = str(environ.get("HTTP_COOKIE", ""))
        who = await runtime.current().identify(cookie) if runtime.is_open() else None
        _open[sid] = Connection(cookie, clock.now(), who.id if who else "", who.session_id if who else "")
        return await connect(sid, environ, auth)

    def on_disconnect(sid: str) -> Any:
        gone, token = _open.pop(sid, None), namespace.sid_to_token.get(sid)
        if gone and token and not gone.user_id:
            asyncio.get_running_loop().call_later(_STRANGER_LASTS, forget, token)
        return disconnect(sid)

    def forget(token: str) -> None:
        if runtime.is_open() and token not in namespace.sid_to_token.values():
            runtime.current().background(_forget(app, token))

    async def on_change(user_id: str) -> None:
        for sid, one in list(_open.items()):
            if one.user_id and user_id in ("", one.user_id):
                who = await runtime.current().identify(one.cookie, opened_at=one.opened_at)
                if not who.signed_in or who.restricted:
                    # Beside: the handler that brought the change may hold the state of this very tab.
                    runtime.current().background(_show_out(app, sid, to_enrolment if who.restricted else to_sign_in))

    logging.getLogger("reflex.app").addFilter(_worth_saying)

    build = namespace._build_static_router_data

    def without_cookies(sid: str, environ: dict[str, Any]) -> dict[str, Any]:
        # Reflex keeps this with the state of the tab, which may be in Redis long after the tab is closed.
        data = build(sid, environ)
        data[RouteVar.HEADERS] = {name: value for name, value in data[RouteVar.HEADERS].items() if name.lower() != "cookie"}
        return data

    namespace._build_static_router_data = without_cookies
    namespace.on_connect, namespace.on_disconnect = on_connect, on_disconnect
    live.subscribe(_TOPIC, on_change)


def _worth_saying(record: logging.LogRecord) -> bool:
    """Not that a tab has gone before its answers came, which Reflex warns of at each of them."""
    return "delta to disconnected client" not in str(record.msg)


async def _forget(app: rx.App, token: str) -> None:
    """Drop the state of a tab that has gone; Reflex would keep it for an hour."""
    assert app._state is not None
    tab, manager = BaseStateToken(ident=token, cls=app._state), app.state_manager
    if isinstance(manager, StateManagerRedis):
        await manager.redis.delete(*[tab._state_key(kind) for kind in _family(app._state)])
    elif isinstance(manager, StateManagerMemory):
        async with await manager._get_state_lock(tab):
            manager._purge_token(tab)


def _family(kind: type[BaseState]) -> Iterator[type[BaseState]]:
    """A kind of state and all below it, each of which Redis keeps under a key of its own."""
    yield kind
    for below in kind.get_substates():
        yield from _family(below)


async def _show_out(app: rx.App, sid: str, way: Callable[[BaseState], StateUpdate]) -> None:
    await asyncio.sleep(_PATIENCE)
    namespace: Any = app.event_namespace
    token = namespace.sid_to_token.get(sid)
    if token and app._state is not None:
        async with app.modify_state(BaseStateToken(ident=token, cls=app._state)) as state:
            update = way(state)
        await namespace.emit_update(update, token)
