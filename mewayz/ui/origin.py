"""The way in to Reflex itself: its websocket opens for our own pages only, and takes no more than they send.

Reflex lets a handshake without an Origin header pass, and offers uploads that no page of ours uses.
"""

import re

from reflex_base import constants
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mewayz.backend.rest import same_origin

SOCKET, UPLOAD = str(constants.Endpoint.EVENT), str(constants.Endpoint.UPLOAD)
MAX_MESSAGE = 1_000_000  # bytes; a form with all its fields has a few thousand
# What a page sends: Engine.IO 4 signs of life, and Socket.IO 5 connect, disconnect and event, all without attachments.
_PACKET = re.compile(rf"[1236]|4[012]{SOCKET},.*", re.DOTALL)


class OwnPagesOnly:
    """Refuses the handshake of anything that is no page of this installation, and every upload through Reflex."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what belongs to no door of Reflex, or comes from our pages."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif _below(scope, UPLOAD) or (_below(scope, SOCKET) and not same_origin(Headers(scope=scope))):
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket" and _below(scope, SOCKET):
            await self.app(scope, _bounded(receive), send)
        else:
            await self.app(scope, receive, send)


def _below(scope: Scope, place: str) -> bool:
    path: str = scope["path"]
    return path == place or path.startswith(f"{place}/")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
    else:
        await PlainTextResponse("Only the pages of this site may come here.\n", 403, {"Cache-Control": "no-store"})(scope, receive, send)


def _bounded(receive: Receive) -> Receive:
    """A socket that ends at a message that no page sends: of binary ones, any number would be collected as attachments."""

    async def receive_bounded() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not _usual(message.get("text") or ""):
            return {"type": "websocket.disconnect", "code": 1009}
        return message

    return receive_bounded


def _usual(text: str) -> bool:
    size = len(text) if text.isascii() else len(text.encode())
    return size <= MAX_MESSAGE and _PACKET.fullmatch(text) is not None
