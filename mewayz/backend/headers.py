"""The security headers of every answer: what a browser may load, run and frame, and what it tells other sites."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Their address holds the token of a mail; not even our own pages are told it as a referrer.
TOKEN_PAGES = frozenset({"/verify", "/reset", "/invitation"})

# Nothing but a page loads anything. A picture may bring its own styles.
_NO_PAGE = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_TWO_YEARS = "max-age=63072000; includeSubDomains"
# Only what Chromium knows: it complains on every page about any other name.
_DENIED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation", "gyroscope",
    "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock",
    "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
_OWN = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in _DENIED), *(f"{name}=(self)" for name in _OWN)]),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class _Scripts(HTMLParser):
    """Collects the text of the scripts that stand in a page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self.found.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def script_hashes(build: Path) -> tuple[str, ...]:
    """The hash sources (CSP level 3, 2.3.1) of the inline scripts of all HTML files below `build`; before a build, none."""
    found: set[str] = set()
    for file in build.rglob("*.html"):
        page = _Scripts()
        page.feed(file.read_bytes().decode())
        page.close()
        found |= {f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in page.found}
    return tuple(sorted(found))


def page_policy(scripts: Iterable[str] = (), sockets: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of a page.

    Args:
        scripts: sources beside our own files.
        sockets: origins of the websocket, for browsers whose 'self' does not cover it.
    """
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *scripts]),
        # Positions of what floats, and the widths of bars, are styles of their element.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": " ".join(["'self'", *sockets]),
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def socket_origins(origins: Iterable[str]) -> tuple[str, ...]:
    """`https://shop.example` → `wss://shop.example`."""
    return tuple("ws" + origin.removeprefix("http") for origin in origins if origin.startswith(("http://", "https://")))


class SecurityHeaders:
    """Adds the headers to whatever an application answers; a policy that an answer brings itself is stricter, and stays."""

    def __init__(self, app: ASGIApp, *, page: Callable[[], str], https_only: bool) -> None:
        """Wrap `app`.

        Args:
            app: the application.
            page: the policy of a page, from `page_policy`, asked for each page.
            https_only: whether browsers shall never again come by plain HTTP.
        """
        self.app = app
        self.page = page
        self.always = {**_ALWAYS, **({"Strict-Transport-Security": _TWO_YEARS} if https_only else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; complete the head of an answer."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                self.complete(MutableHeaders(scope=message), scope, message["status"])
            await send(message)

        await self.app(scope, receive, send_guarded)

    def complete(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        """Add what is missing to the head of an answer."""
        for name, value in self.always.items():
            headers.setdefault(name, value)
        if status != 304:
            is_page = headers.get("content-type", "").startswith("text/html")
            headers.setdefault("Content-Security-Policy", self.page() if is_page else _NO_PAGE)
        elif "text/html" in Headers(scope=scope).get("accept", ""):
            # "Not modified" has no type, and what it says replaces what the browser has stored with the page.
            headers.setdefault("Content-Security-Policy", self.page())
        if (scope["path"].rstrip("/") or "/") in TOKEN_PAGES:
            headers["Referrer-Policy"] = "no-referrer"
        # Which program serves is nobody's business; granian names itself where nothing stands.
        headers["Server"] = ""
