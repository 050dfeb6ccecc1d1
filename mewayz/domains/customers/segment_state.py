"""The page of saved segments."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.domains.customers.model import CUSTOMERS
from mewayz.domains.customers.segments import segments
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import locale


@dataclass
class SegmentEntry:
    """A segment, as texts."""

    id: str
    name: str
    href: str
    narrows: str
    count: str
    owner: str
    shared: bool
    editable: bool


class SegmentList(Guarded, rx.State):
    """The segments that the person may use."""

    loaded: bool = False
    entries: list[SegmentEntry] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("customers:read")
    async def load(self) -> None:
        """Show them with their counts."""
        async with guarded(self):
            words = await locale()
            self.entries = [
                SegmentEntry(
                    one["id"],
                    one["name"],
                    f"/{CUSTOMERS.noun}?segment={one['slug']}",
                    one["words"],
                    f"{words.number(one['count'])}{'' if one['countIsExact'] else '+'} {'customer' if one['count'] == 1 else 'customers'}",
                    one["ownerName"],
                    one["shared"],
                    one["editable"],
                )
                for one in await segments.counted(actor())
            ]
        self.loaded = True

    @on("customers:update")
    async def share(self, key: str, shared: bool) -> Any:
        """Share a segment with everybody who sees customers, or keep it to oneself."""
        async with guarded(self):
            await segments.update(actor(), key, {"shared": shared})
            await say(self, "Everybody sees this segment now." if shared else "Only you see this segment now.")
        return SegmentList.load

    @on("customers:update")
    async def remove(self, key: str) -> Any:
        """Forget a segment."""
        async with guarded(self):
            found = await segments.delete(actor(), key)
            await say(self, f"Segment “{found.name}” deleted. Its customers are still there.")
        return SegmentList.load
