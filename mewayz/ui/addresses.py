"""The addresses of pages: /orders, without a slash at its end."""

from reflex.utils import prerequisites
from reflex_base import constants
from starlette.types import ASGIApp, Receive, Scope, Send


class PagesWithoutSlash:
    """Serves /orders from orders.html; Reflex would redirect to /orders/ first and leave that in the address."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`; before a build there are no pages, and nothing to do."""
        self.app = app
        build = prerequisites.get_web_dir() / constants.Dirs.STATIC
        self.pages = frozenset(f"/{page.relative_to(build).with_suffix('').as_posix()}" for page in build.rglob("*.html"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, a page under the name of its file."""
        if scope["type"] == "http" and scope["path"] in self.pages:
            path = f"{scope['path']}.html"
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)
