"""What may come in over the websocket at all: an event that no page of ours sends is dropped before anything looks at it.

Reflex reads the address of an event before any middleware runs, logs events that it does not know with everything in
them, and answers a failure with a further event; so what is malformed must not get that far. What gets in is counted
first, whatever becomes of it.
"""

import logging
import time
from collections import deque
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import reflex as rx
from reflex.istate.manager.token import BaseStateToken
from reflex.state import FrontendEventExceptionState
from reflex_base.utils.format import format_event_handler

from mewayz.backend import runtime
from mewayz.backend.errors import RateLimited
from mewayz.backend.limits import SIGNED_IN, Limit
from mewayz.ui.notice import Notices
from mewayz.ui.presence import session_of

logger = logging.getLogger("mewayz")

_MAX_ADDRESS = 4096
_MAX_QUERY = 100
_MAX_DEPTH = 32
_MAX_REPORT = 2000  # characters of each text of an error that a browser reports
_REPORT = format_event_handler(FrontendEventExceptionState.event_handlers["handle_frontend_exception"])
_KINDS = ("event", "client_error")
"""The Socket.IO events of a page; by any other name it would call what is meant for the server, such as connect."""
STRANGER = Limit("stranger-events", 120, 60, shared=False)
"""Events of a page that was opened without a session: its forms are posted, so it fires few."""
_TOLD = Limit("told-of-events", 1, 60, shared=False)
_malformed: deque[float] = deque(maxlen=20)
_MALFORMED_SECONDS = 60


def acceptable(data: Any, known: Collection[str]) -> bool:
    """Whether `data` is an event as a page sends it: a known name, named arguments, and a readable address."""
    if not isinstance(data, Mapping) or not isinstance(data.get("payload", {}), Mapping) or _too_deep(data):
        return False
    if not isinstance(name := data.get("name"), str) or name not in known:
        return False
    if name == _REPORT and not isinstance(data.get("payload", {}).get("info"), str):
        return False
    place = data.get("router_data", {})
    if not isinstance(place, Mapping) or not isinstance(place.get("query", {}), Mapping) or len(place.get("query", {})) > _MAX_QUERY:
        return False
    return all(_readable(place[key]) for key in ("pathname", "asPath") if key in place)


def _too_deep(data: Any) -> bool:
    """Whether objects and lists are nested deeper than any form of ours; what walks into them could run out of stack."""
    level = [data]
    for _ in range(_MAX_DEPTH):
        inner = (part.values() if isinstance(part, Mapping) else part for part in level if isinstance(part, (Mapping, list)))
        level = [value for values in inner for value in values]
        if not level:
            return False
    return any(isinstance(part, (Mapping, list)) for part in level)


def _readable(address: Any) -> bool:
    if not isinstance(address, str) or len(address) > _MAX_ADDRESS or not address.startswith("/"):
        return False
    try:
        urlsplit(f"http://localhost{address}")
    except ValueError:
        return False
    return True


def _short(data: Any) -> Any:
    """An event whose report of a browser's error is cut: Reflex looks through all of it before anybody else can."""
    if data["name"] != _REPORT:
        return data
    return {**data, "payload": {name: text[:_MAX_REPORT] if isinstance(text, str) else "" for name, text in data["payload"].items()}}


def _say_malformed() -> None:
    """Log that something was dropped, at most twenty times a minute: whoever sends it would fill the disk."""
    now = time.monotonic()
    if len(_malformed) < (_malformed.maxlen or 0) or now - _malformed[0] >= _MALFORMED_SECONDS:
        _malformed.append(now)
        logger.warning("dropped a malformed event")


def watch(app: rx.App) -> None:
    """Put the check before the handler of incoming events."""
    namespace: Any = app.event_namespace
    socket: Any = app.sio
    kind: Any = socket.packet_class
    decode = kind.json.loads

    def loads(text: str) -> Any:
        """The data of a packet; what is no JSON becomes an event that is dropped, instead of a stack trace in the log."""
        try:
            return decode(text)
        except (ValueError, RecursionError):
            return ["event", None]

    kind.json = SimpleNamespace(dumps=kind.json.dumps, loads=loads)
    handlers = app._registration_context.event_handlers  # pyright: ignore[reportPrivateUsage]
    pass_on, take = namespace.on_event, socket._handle_event

    async def handle(eio_sid: str, place: str | None, number: int | None, data: Any) -> None:
        """An event of a client, before Socket.IO calls the method of that name."""
        if number is None and isinstance(data, list) and len(data) == 2 and data[0] in _KINDS:
            await take(eio_sid, place, number, data)
        else:
            _say_malformed()

    async def on_event(*args: Any) -> None:
        sid = args[0]
        if not await _within(app, sid):
            return
        if len(args) == 2 and sid in namespace.sid_to_token and acceptable(args[1], handlers):
            await pass_on(sid, _short(args[1]))
        else:
            _say_malformed()

    socket._handle_event, namespace.on_event = handle, on_event


async def _within(app: rx.App, sid: str) -> bool:
    """Count an event, for its session or for the socket of a stranger; one too many is dropped, and its page told now and then."""
    if not runtime.is_open():
        return True  # the gate lets nobody pass then
    limits, session = runtime.current().limits, session_of(sid)
    try:
        await (limits.hit(SIGNED_IN, session) if session else limits.hit(STRANGER, sid))
    except RateLimited as error:
        try:
            await limits.hit(_TOLD, session or sid)
        except RateLimited:
            return False
        namespace: Any = app.event_namespace
        if token := namespace.sid_to_token.get(sid):
            runtime.current().background(_tell(app, token, error.message))
        return False
    return True


async def _tell(app: rx.App, token: str, text: str) -> None:
    assert app._state is not None
    async with app.modify_state(BaseStateToken(ident=token, cls=app._state)) as state:
        (await state.get_state(Notices))._say(text, tone="danger")
