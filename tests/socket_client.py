"""A script that talks to the websocket of the pages as a browser's tab does, with whatever it likes to send."""

import asyncio
import json
import secrets
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, RejectConnection, Request, TextMessage

_NAMESPACE = "/_event"


class Refused(Exception):
    """The server did not let the socket in, or has closed it."""


class Tab:
    """One socket: Socket.IO 5 over Engine.IO 4, as text frames.

    Args:
        url: of the server, http://….
        cookie: the Cookie header of the handshake.
        origin: the Origin header; None is that of the server's own pages.
        token: the client token; without one it is a new tab.
    """

    def __init__(self, url: str, *, cookie: str = "", origin: str | None = None, token: str = "") -> None:
        self.place = urlsplit(url)
        self.token = token or secrets.token_hex(16)
        self.headers = [(b"Origin", (origin or url).encode()), *([(b"Cookie", cookie.encode())] if cookie else [])]
        self._wire = WSConnection(ConnectionType.CLIENT)
        self._text = ""

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self.place.hostname, self.place.port)
        target = f"/_event/?EIO=4&transport=websocket&token={self.token}"
        await self._put(Request(host=self.place.netloc, target=target, extra_headers=self.headers))
        try:
            await self._next()  # the offer of Engine.IO
            await self._put(TextMessage(data=f"40{_NAMESPACE},"))
            answer = await self._next()
            if not answer.startswith("40"):
                raise Refused(answer)
        except BaseException:
            self._writer.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        with suppress(OSError):
            await self._put(CloseConnection(code=1000))
            self._writer.close()
            await self._writer.wait_closed()

    async def send(self, data: Any) -> None:
        """Send any event data."""
        await self._put(TextMessage(data=f"42{_NAMESPACE},{json.dumps(['event', data], separators=(',', ':'))}"))

    async def post(self, name: str, path: str = "/products", /, **payload: Any) -> None:
        """Fire one event and do not wait for what follows."""
        await self.send({"name": name, "payload": payload, "router_data": {"pathname": path, "asPath": path, "query": {}}})

    async def fire(self, name: str, path: str = "/products", /, **payload: Any) -> list[Any]:
        """Fire one event, and return the updates that follow until it is quiet."""
        await self.post(name, path, **payload)
        return await self.updates()

    async def told(self, name: str, path: str, text: str, /, **payload: Any) -> str:
        """Fire one event, and return what follows until this text is in it: a busy server is quiet for a while between two updates."""
        await self.post(name, path, **payload)
        found = ""
        for _ in range(6):
            found += str(await self.updates())
            if text in found:
                break
        return found

    async def updates(self) -> list[Any]:
        """What comes from the server until it is quiet, at least one."""
        found: list[Any] = []
        while True:
            try:
                text = await self._next(0.4 if found else 10.0)
            except TimeoutError:
                return found
            if text == "2":
                await self._put(TextMessage(data="3"))
            elif text.startswith(f"42{_NAMESPACE},"):
                found.append(json.loads(text.removeprefix(f"42{_NAMESPACE},"))[1])

    async def _put(self, event: Event) -> None:
        self._writer.write(self._wire.send(event))
        await self._writer.drain()

    async def _next(self, patience: float = 30.0) -> str:
        """The next message."""
        while True:
            for event in self._wire.events():
                match event:
                    case TextMessage():
                        self._text += event.data
                        if event.message_finished:
                            text, self._text = self._text, ""
                            return text
                    case RejectConnection() | CloseConnection():
                        raise Refused(type(event).__name__)
                    case AcceptConnection() | _:
                        pass
            data = await asyncio.wait_for(self._reader.read(65_536), patience)
            if not data:
                raise Refused("closed")
            self._wire.receive_data(data)
