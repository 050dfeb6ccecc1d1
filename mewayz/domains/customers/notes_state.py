"""The timeline of notes on the customer's page."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.domains.customers.notes import notes
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import locale


@dataclass
class NoteEntry:
    """A note, as texts."""

    id: str
    text: str
    who: str
    when: str
    exact: str
    own: bool
    edited: bool


class CustomerNotes(Guarded, rx.State):
    """What is written down about the customer that the address names."""

    entries: list[NoteEntry] = []  # noqa: RUF012 (Reflex copies defaults per client)
    more: bool = False
    editing: str = ""
    visit: int = 0
    _customer: str = ""
    _pages: int = 1

    @on("customers:read")
    async def load(self) -> None:
        """Show the newest notes."""
        self._customer = self.router.url.path.rstrip("/").rpartition("/")[2]
        self._pages, self.editing = 1, ""
        await self._fill()

    @on("customers:read")
    async def older(self) -> None:
        """Show one page more."""
        self._pages += 1
        await self._fill()

    @on("customers:update")
    async def add(self, form: dict[str, Any]) -> None:
        """Write a note."""
        async with guarded(self):
            await notes.add(actor(), self._customer, {"text": str(form.get("text") or "")[:20_000]})
            self.visit += 1
            await self._fill()

    @on("customers:update")
    async def edit(self, key: str) -> None:
        """Open a note of one's own, or close it again."""
        self.editing = key[:24]

    @on("customers:update")
    async def save(self, form: dict[str, Any]) -> None:
        """Keep what the open note says now."""
        async with guarded(self):
            await notes.edit(actor(), self.editing, {"text": str(form.get("text") or "")[:20_000]})
            self.editing = ""
            await self._fill()

    @on("customers:update")
    async def remove(self, key: str) -> None:
        """Delete a note of one's own."""
        async with guarded(self):
            await notes.delete(actor(), key)
            await say(self, "Note deleted.")
            await self._fill()

    async def _fill(self) -> None:
        async with guarded(self):
            words, found = await locale(), list[NoteEntry]()
            for number in range(1, self._pages + 1):
                page = await notes.page(actor(), self._customer, number)
                self.more = page["hasNextPage"]
                found += [
                    NoteEntry(
                        one["id"],
                        one["text"],
                        one["authorName"] or "Somebody",
                        words.ago(one["createdAt"]),
                        words.exact(one["createdAt"]),
                        own=one["authorId"] == actor().id,
                        edited=one["rev"] > 1,
                    )
                    for one in page["notes"]
                ]
            self.entries = found
