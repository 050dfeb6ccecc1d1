"""The door before the pages: an empty installation leads to set-up, and who is not signed in to sign-in.

Pages are static files without data, so this is no guard (those stand on services); it spares people a look at a
page that they cannot use.
"""

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mewayz.backend.runtime import current
from mewayz.backend.shop import is_set_up

SETUP, LOGIN = "/setup", "/login"
PUBLIC_PAGES = frozenset({LOGIN, "/register"})


class Door:
    """Redirects navigations to pages that make no sense yet."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on that is not a page, or may be seen."""
        target = await _elsewhere(scope) if scope["type"] == "http" and _is_page(scope) else None
        await (RedirectResponse(target, 303, {"Cache-Control": "no-store"}) if target else self.app)(scope, receive, send)


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
    signed_in = (await current().identify(Headers(scope=scope).get("cookie", ""))).signed_in
    if signed_in:
        return "/" if path in PUBLIC_PAGES else None
    if path in PUBLIC_PAGES:
        return None
    query = scope["query_string"].decode("latin-1")
    here = path + (f"?{query}" if query else "")
    return LOGIN if path in ("/", SETUP) else f"{LOGIN}?next={quote(here, safe='')}"
