"""The ASGI application that granian serves: the built Reflex app, with security headers on every answer and cache headers for its files.

`mewayz.cli.run` sets the environment that makes Reflex serve an existing build before it starts the workers.
"""

import re
from functools import cache
from pathlib import Path

from reflex.utils import prerequisites
from reflex_base import constants
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mewayz.backend.headers import SecurityHeaders, page_policy, script_hashes, socket_origins
from mewayz.backend.settings import Settings, build_settings

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


def guarded(app: ASGIApp, settings: Settings, build: Path) -> ASGIApp:
    """`app` with all headers.

    Args:
        app: the application.
        settings: of this installation.
        build: the folder of the built pages, whose own scripts may run.
    """
    sockets = socket_origins([settings.public_url])

    @cache
    def policy(built_at: int) -> str:
        return page_policy(script_hashes(build), sockets)

    def page() -> str:
        # Pages that are built anew under a running server have other scripts.
        index = build / "index.html"
        return policy(index.stat().st_mtime_ns if index.exists() else 0)

    page()
    return SecurityHeaders(StaticCaching(app), page=page, https_only=settings.production)


def application() -> ASGIApp:
    """The app named in rxconfig.py, as granian's factory target."""
    build = prerequisites.get_web_dir() / constants.Dirs.STATIC
    return guarded(prerequisites.get_app().app(), build_settings(), build)
