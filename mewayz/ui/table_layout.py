"""Which columns a table shows, in which order and density, and the saved views that keep this with a query."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import can
from mewayz.backend.table_columns import Column
from mewayz.backend.views import View, views
from mewayz.ui.events import actor, on
from mewayz.ui.guard import guarded
from mewayz.ui.places import preferred_density
from mewayz.ui.table_address import Address
from mewayz.ui.table_core import TableCore

_MAX_NAME = 100
_USUAL = "regular"


@dataclass
class Tab:
    """A saved view above the table, or the whole list."""

    id: str
    label: str
    href: str
    chosen: bool = False
    shared: bool = False


@dataclass
class Pick:
    """A column that can be shown."""

    key: str
    label: str
    shown: bool = False
    first: bool = False
    last: bool = False


class TableLayout(TableCore, mixin=True):
    """How the list looks.

    Attributes:
        tabs: the saved views; empty where there are none.
        view_id: the view that is open.
        view_own: whether it is the person's own.
        view_changed: whether the address asks for something else than the view keeps.
        savable: whether there is something to keep as a view.
        picks: all columns, those that are shown first, in their order.
    """

    tabs: list[Tab] = []  # noqa: RUF012 (Reflex copies defaults per client)
    view_id: str = ""
    view_name: str = ""
    view_own: bool = False
    view_shared: bool = False
    view_changed: bool = False
    savable: bool = False
    may_share: bool = False
    density: str = _USUAL
    chosen: bool = False
    picks: list[Pick] = []  # noqa: RUF012
    view_error: str = ""
    view_mistakes: int = 0
    _keys: list[str] = []  # noqa: RUF012
    _own_density: str = ""
    _view_title: str = ""

    @classmethod
    def _usual(cls) -> list[str]:
        return [column.key for column in cls._spec().columns if column.shown]

    def _columns(self) -> list[Column]:
        """The columns that are shown, in their order; the first one is always the link."""
        by_key = {column.key: column for column in self._spec().columns}
        return [by_key[key] for key in self._keys or self._usual()]

    async def _arrange(self, address: Address) -> None:
        """Take the layout from the view that the address names, else from the person's own."""
        noun = self._noun()
        plain, found = await views.desk(actor(), noun)
        opened = next((view for view in found if view.id == address.raw.get("view")), None)
        source = opened or plain
        self._lay(source.columns if source else [])
        self._own_density = source.density if source else ""
        self.density = self._own_density or (await preferred_density[-1](actor()) if preferred_density else "") or _USUAL
        self.view_id, self.view_name = (opened.id, opened.name) if opened else ("", "")
        self.view_own = opened is not None and opened.owner_id == actor().id
        self.view_shared = opened is not None and opened.shared
        self.view_changed = opened is not None and opened.query != address.question
        self.savable = bool(address.question) and (opened is None or self.view_changed)
        self.may_share = can(actor(), f"{noun}:update")
        self.tabs = self._tabs(found, opened, address)
        self.view_error = ""

    def _tabs(self, found: list[View], opened: View | None, address: Address) -> list[Tab]:
        if not found:
            return []
        whole = Tab("", f"All {self._noun()}", self.path, chosen=opened is None)
        return [whole, *(Tab(view.id, view.name, address.of(view.id, view.query), view is opened, view.shared) for view in found)]

    def _lay(self, keys: list[str]) -> None:
        known = [column.key for column in self._spec().columns]
        kept = [key for key in dict.fromkeys(keys) if key in known and key != known[0]]
        self._keys = [known[0], *kept] if kept else []
        self.chosen = bool(self._keys)
        self._list_picks()

    def _list_picks(self) -> None:
        shown = self._keys or self._usual()
        labels = {column.key: column.label for column in self._spec().columns}
        order = [*shown[1:], *(key for key in labels if key not in shown)]
        last = len(shown) - 2
        self.picks = [Pick(key, labels[key], key in shown, first=number == 0, last=number >= last) for number, key in enumerate(order)]

    @on(":read")
    async def toggle_column(self, key: str) -> None:
        """Show a column or hide it."""
        shown = self._keys or self._usual()
        await self._relay([one for one in shown if one != key] if key in shown else [*shown, key])

    @on(":read")
    async def move_column(self, key: str, step: int) -> None:
        """Move a column to the left or to the right."""
        shown = list(self._keys or self._usual())
        if key not in shown:
            return
        here = shown.index(key)
        there = min(max(here + (1 if step > 0 else -1), 1), len(shown) - 1)
        shown.insert(there, shown.pop(here))
        await self._relay(shown)

    @on(":read")
    async def usual_columns(self) -> None:
        """Show what is shown before anybody chooses."""
        await self._relay([])

    @on(":read")
    async def set_density(self, density: str) -> None:
        """Choose the height of the rows."""
        if density in ("compact", "regular", "relaxed"):
            self.density = self._own_density = density
            await self._keep()

    @on(":read")
    async def save_view(self, form: dict[str, Any]) -> Any:
        """Keep the present list as a view, and open it."""
        address = self._address()
        data = {"noun": self._noun(), "name": str(form.get("name", ""))[:_MAX_NAME], "shared": form.get("shared") in (True, "on", "true")}
        look = {"query": address.question, "columns": self._keys, "density": self._own_density}
        made = await self._kept(views.create(actor(), {**data, **look}))
        return rx.redirect(address.of(made.id, made.query)) if made else None

    @on(":read")
    async def update_view(self) -> None:
        """Keep the present list as what the open view is from now on."""
        await self._kept(views.change(actor(), self.view_id, {"query": self._address().question}))
        await self._rearrange()

    @on(":read")
    async def change_view(self, form: dict[str, Any]) -> None:
        """Rename the open view, share it or keep it for oneself."""
        shared = {"shared": form.get("shared") in (True, "on", "true")} if self.may_share else {}
        if await self._kept(views.change(actor(), self.view_id, {"name": str(form.get("name", ""))[:_MAX_NAME], **shared})):
            await self._rearrange()

    @on(":read")
    async def delete_view(self) -> Any:
        """Delete the open view, and show the whole list."""
        gone = await self._kept(views.delete(actor(), self.view_id))
        return rx.redirect(self.path) if gone else None

    def _address(self) -> Address:
        return Address(self.path, dict(self.router.url.query_parameters))

    async def _kept(self, work: Awaitable[View]) -> View | None:
        """The view that has been written; a refusal is told beside its name."""
        found = None
        async with guarded(self):
            found = await work
        self.view_error = self.field_errors.get("name") or self.error
        self.error, self.field_errors = "", {}
        self.view_mistakes += self.view_error != ""
        return found

    async def _rearrange(self) -> None:
        error = self.view_error
        await self._arrange(self._address())
        self.view_error = error

    async def _relay(self, keys: list[str]) -> None:
        """Show these columns, and remember them."""
        self._lay(keys)
        await self._reload()
        await self._keep()

    async def _keep(self) -> None:
        """Remember columns and density in the open view, or for the plain list. Somebody else's view stays theirs."""
        look = {"columns": self._keys, "density": self._own_density}
        if self.view_id and self.view_own:
            await self._kept(views.change(actor(), self.view_id, look))
        elif not self.view_id and not actor().viewing:
            async with guarded(self):
                await views.keep_layout(actor(), {"noun": self._noun(), **look})
