"""What others have changed since a table was read: told quietly, and shown when the person asks for it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.state import StateUpdate

from mewayz.backend import live, runtime
from mewayz.backend.crud import read_query
from mewayz.backend.query import Page
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.table_core import TableCore

ROWS = 25
_GATHER = 0.7  # seconds: what changes in a burst is one piece of news


@dataclass
class Watcher:
    """An open table: the noun that it shows, the event that makes it look, and whether it is about to be told."""

    noun: str
    look: Any
    told: bool = field(default=False)


_watchers: dict[str, Watcher] = {}
"""By the id of the tab's socket."""


class TableNews(TableCore, mixin=True):
    """What is new. The rows stay where they are until the person wants to see it."""

    news: str = ""
    _total_shown: int = 0
    _read_exactly: bool = True

    def _read(self, page: Page) -> None:
        """Note what is on the screen, and hear of changes from now on."""
        self.news = ""
        self._total_shown, self._read_exactly = page.total, page.total_is_exact
        if sid := self.router.session.session_id:
            _watchers[sid] = Watcher(self._noun(), type(self).look)

    @on(":read", supersedes=True)
    async def look(self) -> None:
        """Compare the list with what is on the screen."""
        if self.router.url.path.rstrip("/") != self.path or not self.loaded:
            _watchers.pop(self.router.session.session_id, None)
            return
        async with guarded(self):
            raw = {key: value for key, value in self.router.url.query_parameters.items() if key != "view"}
            page = await self.service.page(actor(), await read_query(self._spec(), raw, limit=ROWS))
            self.news = self._different(page)
        self.error = ""

    def _different(self, page: Page) -> str:
        now = {row["id"]: row["rev"] for row in page.rows}
        added = [one for one in now if one not in self._shown]
        more = page.total - self._total_shown if page.total_is_exact and self._read_exactly else len(added)
        if added and more > 0:
            return f"{max(more, 1):,} new {self.service.singular if more == 1 else self._noun()}"
        changed = sum(1 for one, rev in now.items() if one in self._shown and self._shown[one]["rev"] != rev)
        gone = sum(1 for one in self._shown if one not in now)
        if changed or gone or added or more:
            return "This list has changed"
        return ""


def watch(app: rx.App) -> None:
    """Tell the open tables of this process when records of their noun have changed, in whatever process."""
    namespace: Any = app.event_namespace
    disconnect = namespace.on_disconnect

    def on_disconnect(sid: str) -> Any:
        _watchers.pop(sid, None)
        return disconnect(sid)

    async def on_change(noun: str) -> None:
        for sid, watcher in list(_watchers.items()):
            if watcher.noun == noun and not watcher.told:
                watcher.told = True
                runtime.current().background(_tell(namespace, sid, watcher))

    namespace.on_disconnect = on_disconnect
    live.subscribe(live.RECORDS, on_change)


async def _tell(namespace: Any, sid: str, watcher: Watcher) -> None:
    """Let the tab look for itself, in the name of whoever sits there."""
    await asyncio.sleep(_GATHER)
    watcher.told = False
    token = namespace.sid_to_token.get(sid)
    if token and _watchers.get(sid) is not None:
        await namespace.emit_update(StateUpdate(events=Event.from_event_type(watcher.look())), token)
