"""The way in to Reflex itself: its websocket opens for our own pages only, and takes no more than they send.

Reflex lets a handshake without an Origin header pass, and offers uploads that no page of ours uses.
"""

import re
from collections import Counter

from reflex_base import constants
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mewayz.backend import runtime
from mewayz.backend.origins import same_origin

SOCKET, UPLOAD = str(constants.Endpoint.EVENT), str(constants.Endpoint.UPLOAD)
MAX_MESSAGE = 1_000_000  # bytes; a form with all its fields has a few thousand
MAX_OF_STRANGER = 16_000  # bytes; their forms are posted, and do not come this way
MOST_SOCKETS = 50
"""So many pages a session has connected at a time, in each process; further ones stay without a connection."""
_CONNECT = f"40{SOCKET},"
# What a page sends: Engine.IO 4 signs of life, and Socket.IO 5 connect, disconnect and two kinds of event, each with one object.
# Any other name of an event would be called by it: connect and disconnect are meant for the server alone.
_PACKET = re.compile(rf"""[1236]|4[01]{SOCKET},(?:\{{.*\}})?|42{SOCKET},\["(?:event|client_error)",\{{.*\}}\]""", re.DOTALL)


class OwnPagesOnly:
    """Refuses the handshake of anything that is no page of this installation, and every upload through Reflex."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what belongs to no door of Reflex, or comes from our pages."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif _below(scope, UPLOAD) or (_below(scope, SOCKET) and not same_origin(Headers(scope=scope))):
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket" and _below(scope, SOCKET):
            await self._connect(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page have its socket. How many there are of people who are not signed in, the door counts by address."""
        who = await runtime.current().identify(Headers(scope=scope).get("cookie", "")) if runtime.is_open() else None
        session = who.session_id if who else ""
        if not session:
            await self.app(scope, _bounded(receive, MAX_OF_STRANGER), send)
            return
        if self._sockets[session] >= MOST_SOCKETS:
            await _refuse(scope, receive, send)
            return
        self._sockets[session] += 1
        try:
            await self.app(scope, _bounded(receive, MAX_MESSAGE), send)
        finally:
            self._sockets[session] -= 1
            if not self._sockets[session]:
                del self._sockets[session]


def _below(scope: Scope, place: str) -> bool:
    path: str = scope["path"]
    return path == place or path.startswith(f"{place}/")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
    else:
        await PlainTextResponse("Only the pages of this site may come here.\n", 403, {"Cache-Control": "no-store"})(scope, receive, send)


def _bounded(receive: Receive, most: int) -> Receive:
    """A socket that ends at a message that no page sends: of binary ones, any number would be collected as attachments.

    A page connects once; each time costs a look for the session, and begins a new count of events.
    """
    connected = False

    async def receive_bounded() -> Message:
        nonlocal connected
        message = await receive()
        if message["type"] == "websocket.receive":
            text = message.get("text") or ""
            again = connected and text.startswith(_CONNECT)
            if again or not _usual(text, most):
                return {"type": "websocket.disconnect", "code": 1009}
            connected = connected or text.startswith(_CONNECT)
        return message

    return receive_bounded


def _usual(text: str, most: int) -> bool:
    size = len(text) if text.isascii() else len(text.encode())
    return size <= most and _PACKET.fullmatch(text) is not None
