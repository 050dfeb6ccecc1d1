"""The door before the pages: an empty installation leads to set-up, and who is not signed in to sign-in.

Pages are static files without data, so this is no guard (those stand on services); it spares people a look at a
page that they cannot use.
"""

from collections import Counter
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mewayz.backend.errors import RateLimited
from mewayz.backend.limits import ANONYMOUS_SOCKET, address_subject
from mewayz.backend.origins import client_address
from mewayz.backend.runtime import current
from mewayz.backend.shop import is_set_up
from mewayz.domains.auth.tokens import can_renew

RESUME = "/api/v1/auth/resume"
SETUP, LOGIN, ENROL = "/setup", "/login", "/enrol"
ARRIVAL_PAGES = frozenset({LOGIN, "/register", "/resend", "/forgot"})
"""For who is not signed in."""
OPEN_PAGES = frozenset({"/verify", "/reset", "/invitation", "/terms"})
"""The links of mails, and the terms, which anybody may open."""
OPEN_PATHS = ("/shared/", "/reports/")
"""Below which each address is a key of its own."""


MOST_STRANGERS = 20
"""So many sockets an address has open at a time, in each process, for people who are not signed in; their forms do without."""


class Door:
    """Redirects navigations to pages that make no sense yet."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app
        self._strangers: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on that is not a page, or may be seen."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        target = await _elsewhere(scope) if scope["type"] == "http" and _is_page(scope) else None
        await (RedirectResponse(target, 303, {"Cache-Control": "no-store"}) if target else self.app)(scope, receive, send)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a page have its socket, for as long as it stays.

        One whose access token has expired renews its session first, and comes again with what it got. Who is not signed in
        gets so many in a time, and so many at a time: each costs memory here, and nobody has been asked for anything yet.
        """
        cookies = Headers(scope=scope).get("cookie", "")
        if can_renew(cookies):
            await _refuse(receive, send)
            return
        if (await current().identify(cookies)).signed_in:
            await self.app(scope, receive, send)
            return
        subject = address_subject(client_address(HTTPConnection(scope)))
        if self._strangers[subject] >= MOST_STRANGERS or not await _within_limit(subject):
            await _refuse(receive, send)
            return
        self._strangers[subject] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._strangers[subject] -= 1
            if not self._strangers[subject]:
                del self._strangers[subject]


async def _refuse(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403


async def _within_limit(subject: str) -> bool:
    try:
        await current().limits.hit(ANONYMOUS_SOCKET, subject)
    except RateLimited:
        return False
    return True


def _is_page(scope: Scope) -> bool:
    """Whether a browser navigates here: GET for HTML, on a path without a file ending."""
    path: str = scope["path"]
    if scope["method"] not in ("GET", "HEAD") or "." in path.rsplit("/", 1)[-1] or path.startswith(("/api/", "/_", "/ping")):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


async def _elsewhere(scope: Scope) -> str | None:
    path = scope["path"].rstrip("/") or "/"
    if not await is_set_up():
        return None if path == SETUP else SETUP
    if path in OPEN_PAGES or path.startswith(OPEN_PATHS):
        return None
    cookies = Headers(scope=scope).get("cookie", "")
    actor = await current().identify(cookies)
    if actor.signed_in:
        if actor.restricted:
            plain = path == "/" or path in ARRIVAL_PAGES
            return None if path == ENROL else ENROL if plain else f"{ENROL}?next={quote(_here(scope), safe='')}"
        return "/" if path in ARRIVAL_PAGES else None
    here = _here(scope)
    if can_renew(cookies):
        # Not expired for long: one step aside, and on to the page.
        asked = "/" if path in ARRIVAL_PAGES or path == SETUP else here
        return f"{RESUME}?next={quote(asked, safe='')}"
    if path in ARRIVAL_PAGES:
        return None
    return LOGIN if path in ("/", SETUP) else f"{LOGIN}?next={quote(here, safe='')}"


def _here(scope: Scope) -> str:
    """The page that is asked for, with its query."""
    query = scope["query_string"].decode("latin-1")
    return (scope["path"].rstrip("/") or "/") + (f"?{query}" if query else "")
