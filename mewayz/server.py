"""The ASGI application that granian serves: the built Reflex app, with cache headers for its files.

`mewayz.cli.run` sets the environment that makes Reflex serve an existing build before it starts the workers.
"""

import re

from reflex.utils import prerequisites
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Vite puts a hash of the content into the name: index-DkX3p_a1.js
_HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


class StaticCaching:
    """Says how long a browser may keep each file; an answer that says so itself is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the header to file responses."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return

        async def send_with_age(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_file = "etag" in headers or headers.get("content-type", "").startswith("text/html")
                if is_file and "cache-control" not in headers:
                    fresh = message["status"] in (200, 206, 304) and _HASHED.match(scope["path"])
                    headers["Cache-Control"] = _FOREVER if fresh else _ASK_FIRST
            await send(message)

        await self.app(scope, receive, send_with_age)


def application() -> ASGIApp:
    """The app named in rxconfig.py, as granian's factory target."""
    return StaticCaching(prerequisites.get_app().app())
