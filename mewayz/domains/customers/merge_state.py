"""The dialog in which two customers are made one, undoing that, and the page of possible duplicates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.crud import read_query
from mewayz.domains.customers.duplicates import duplicates
from mewayz.domains.customers.merging import merges
from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import REASONS, CustomerRecord
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.record_state import address_text, text
from mewayz.ui.words import Locale, locale, plural, sentence

_LABELS = {"email": "E-mail", "notes": "About", "marketingConsent": "Marketing consent"}


@dataclass
class Candidate:
    """Somebody to merge with."""

    id: str
    name: str
    more: str


@dataclass
class FieldLine:
    """One field of the preview, as texts; `changed` where the kept customer becomes something else."""

    label: str
    kept: str
    other: str
    result: str
    changed: bool


@dataclass
class Group:
    """Customers who may be the same."""

    why: str
    members: list[Candidate]


class CustomerMerging(Guarded, rx.State):
    """Choose another customer, see what becomes of both, merge."""

    shown: bool = False
    busy: bool = False
    candidates: list[Candidate] = []  # noqa: RUF012 (Reflex copies defaults per client)
    chosen: str = ""
    chosen_name: str = ""
    lines: list[FieldLine] = []  # noqa: RUF012
    remarks: list[str] = []  # noqa: RUF012
    moving: str = ""

    @on("customers:read")
    async def close(self) -> None:
        """At each visit: a dialog that was left open does not come back."""
        self.shown, self.error = False, ""

    @on("customers:delete")
    async def show(self, shown: bool) -> None:
        """Open the dialog with who may be the same, or close it."""
        self.shown, self.chosen, self.lines = shown, "", []
        if shown:
            async with guarded(self):
                words = await locale()
                found = await duplicates.of(actor(), await self._kept())
                self.candidates = [
                    _candidate(one["customer"], words, " and ".join(REASONS[reason] for reason in one["reasons"])) for one in found
                ]

    @on("customers:delete", supersedes=True, debounce=250)
    async def find(self, words: str) -> None:
        """Search among all customers."""
        async with guarded(self):
            kept = await self._kept()
            page = await customers.page(actor(), await read_query(customers.spec, {"search": words.strip()[:100], "limit": "8"}))
            here = await locale()
            self.candidates = [_candidate(one, here) for one in page.rows if one["id"] != kept]

    @on("customers:delete")
    async def choose(self, key: str) -> None:
        """Show what merging with this one would do; an empty key goes back to the search."""
        self.chosen = ""
        if key:
            async with guarded(self):
                found = await merges.preview(actor(), await self._kept(), key)
                self.chosen, self.chosen_name = key, found["from"]["name"]
                self.lines = [_line(one) for one in found["fields"] if one["kept"] != one["from"]]
                self.remarks = found["remarks"]
                self.moving = f"{plural(found['orders'], 'order', 'orders')} and {plural(found['notes'], 'note', 'notes')} move along."

    @on("customers:delete")
    async def merge(self) -> AsyncIterator[Any]:
        """Merge, and show the customer anew."""
        clear(self)
        self.busy = True
        yield
        event = None
        async with guarded(self):
            kept = await self._kept()
            done = await merges.merge(actor(), kept, {"from": self.chosen})
            self.shown = False
            await say(self, f"{done['from']['name']} is now a part of {done['kept']['name']}.")
            event = rx.redirect(f"/customers/{kept}?merged={done['id']}", replace=True)
        self.busy = False
        yield event

    @on("customers:delete")
    async def undo(self, merge_id: str) -> AsyncIterator[Any]:
        """Take a merge apart again."""
        async with guarded(self):
            done = await merges.undo(actor(), merge_id)
            await say(self, " ".join([f"{done['restored']['name']} is a customer of their own again.", *done["remarks"]]))
            yield rx.redirect(f"/customers/{done['kept']['id']}?undone={merge_id}", replace=True)
        if self.error:
            await say(self, self.error, "danger")

    async def _kept(self) -> str:
        return (await self.get_state(CustomerRecord)).record_id


class DuplicateGroups(Guarded, rx.State):
    """The groups of customers who may be the same."""

    loaded: bool = False
    groups: list[Group] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("customers:read")
    async def load(self) -> None:
        """Look for them."""
        async with guarded(self):
            words = await locale()
            self.groups = [
                Group(
                    sentence(" and ".join(REASONS[reason] for reason in group["reasons"])),
                    [_candidate(one, words) for one in group["customers"]],
                )
                for group in await duplicates.groups(actor())
            ]
        self.loaded = True


def _candidate(one: dict[str, Any], words: Locale, why: str = "") -> Candidate:
    spent = f"{plural(one['ordersCount'], 'order', 'orders')}, {words.money(one['totalSpent'])}"
    parts = (sentence(why), one["email"], one["phone"], one["company"], one["country"], spent)
    return Candidate(one["id"], one["name"], " · ".join(part for part in parts if part))


def _line(one: dict[str, Any]) -> FieldLine:
    kept, other, result = (_text(one["field"], one[side]) for side in ("kept", "from", "result"))
    return FieldLine(_LABELS.get(one["field"], sentence(one["field"])), kept, other, result, one["kept"] != one["result"])


def _text(name: str, value: Any) -> str:
    match name:
        case "addresses":
            return text("; ".join(address_text(one) for one in value))
        case "tags":
            return text(", ".join(value))
        case "status":
            return sentence(value)
        case "marketingConsent":
            return "Yes" if value else "No"
        case _:
            return text(value)
