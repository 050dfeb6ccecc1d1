"""What others have changed since a table was read: told quietly, and shown when the person asks for it."""

from mewayz.backend.amounts import counted
from mewayz.backend.crud import read_query
from mewayz.backend.query import Page
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.table_core import TableCore

ROWS = 25


class TableNews(TableCore, mixin=True):
    """What is new. The rows stay where they are until the person wants to see it."""

    news: str = ""
    _total_shown: int = 0
    _read_exactly: bool = True

    def _read(self, page: Page) -> None:
        """Note what is on the screen, and hear of changes from now on."""
        self.news = ""
        self._total_shown, self._read_exactly = page.total, page.total_is_exact
        follow(self, type(self).look, self._noun())

    @on(":read", supersedes=True)
    async def look(self) -> None:
        """Compare the list with what is on the screen."""
        if self.router.url.path.rstrip("/") != self.path or not self.loaded:
            unfollow(self)
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
            return f"{counted(max(more, 1))} new {self.service.singular if more == 1 else self._noun()}"
        changed = sum(1 for one, rev in now.items() if one in self._shown and self._shown[one]["rev"] != rev)
        gone = sum(1 for one in self._shown if one not in now)
        if changed or gone or added or more:
            return "This list has changed"
        return ""
