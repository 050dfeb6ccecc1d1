"""What may come in over the websocket at all: an event that no page of ours sends is dropped before anything looks at it.

Reflex reads the address of an event before any middleware runs, logs events that it does not know with everything in
them, and answers a failure with a further event; so what is malformed must not get that far.
"""

import logging
from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import reflex as rx

logger = logging.getLogger("mewayz")

_MAX_ADDRESS = 4096
_MAX_QUERY = 100
_MAX_DEPTH = 32


def acceptable(data: Any, known: Collection[str]) -> bool:
    """Whether `data` is an event as a page sends it: a known name, named arguments, and a readable address."""
    if not isinstance(data, Mapping) or not isinstance(data.get("payload", {}), Mapping) or _too_deep(data):
        return False
    if not isinstance(name := data.get("name"), str) or name not in known:
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
    pass_on = namespace.on_event

    async def on_event(sid: str, data: Any) -> None:
        if acceptable(data, handlers):
            await pass_on(sid, data)
        else:
            logger.warning("dropped a malformed event")

    namespace.on_event = on_event
