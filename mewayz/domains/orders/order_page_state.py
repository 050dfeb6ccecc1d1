"""What the page of an order holds: the order in words, the steps that can be taken now, and the box for a note."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend.access import can
from mewayz.backend.errors import NotFound
from mewayz.domains.orders import order_words
from mewayz.domains.orders.model import Order, OrderKind
from mewayz.domains.orders.order_words import Line, Moment, Parcel, Returned, Sum
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.record_state import address_text
from mewayz.ui.words import locale, sentence, tone

TEXT = Field("text", "Note", "textarea")
_ONWARD = ("confirm", "process", "ship", "deliver", "pay")
"""The steps that may be the next one; the others are exceptions."""


@dataclass
class Action:
    """A step as a button."""

    verb: str
    label: str


class OrderRecord(Guarded, rx.State):
    """The order that the address names. It follows what others do to it."""

    loaded: bool = False
    record_id: str = ""
    title: str = ""
    placed: str = ""
    status: str = ""
    tone: str = ""
    payment_word: str = ""
    payment_tone: str = ""
    currency: str = ""
    units: str = ""
    note: str = ""
    customer: str = ""
    customer_href: str = ""
    guest_email: str = ""
    shipping_address: str = ""
    billing_address: str = ""
    original: str = ""
    original_href: str = ""
    is_return: bool = False
    editing: str = ""
    next_step: Action = Action("", "")
    others: list[Action] = []  # noqa: RUF012 (Reflex copies defaults per client)
    lines: list[Line] = []  # noqa: RUF012
    sums: list[Sum] = []  # noqa: RUF012
    parcels: list[Parcel] = []  # noqa: RUF012
    returns: list[Returned] = []  # noqa: RUF012
    timeline: list[Moment] = []  # noqa: RUF012
    note_error: str = ""
    noting: bool = False
    note_visit: int = 0
    _rev: int = 0
    _told: int = 0

    @on("orders:read")
    async def open(self) -> None:
        """Show it."""
        asked = self._asked()
        if asked != self.record_id:
            self.loaded, self.title, self.note_error = False, "", ""
            self.note_visit += 1
        async with guarded(self):
            await self._show(await orders.get(actor(), asked))
            follow(self, type(self).look, "orders")
        self.loaded = not self.error

    @on("orders:read", supersedes=True)
    async def look(self) -> None:
        """Others have changed orders: show what has become of this one."""
        if self._asked() != self.record_id or not self.loaded:
            unfollow(self)
            return
        async with guarded(self):
            order = await orders.get(actor(), self.record_id)
            if order.rev != self._rev:
                await self._show(order)
        self.loaded = not self.error

    @on("orders:update")
    async def remark(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Add a note to the timeline."""
        self.noting, self.note_error = True, ""
        yield
        async with guarded(self):
            data = {"text": str(form.get("text") or ""), "internal": not form.get("shared")}
            await self._show(await orders.remark(actor(), self.record_id, data))
            self.note_visit += 1
        self.note_error = self.field_errors.get("text", "") or self.error
        self.error, self.field_errors, self.noting = "", {}, False
        yield rx.set_focus(TEXT.id) if self.note_error else None

    def _asked(self) -> str:
        parts = [part for part in self.router.url.path.split("/") if part]
        return parts[1] if len(parts) == 2 and parts[0] == "orders" else ""

    async def _show(self, order: Order) -> None:
        words = (await locale()).of(order.currency)
        self.record_id, self._rev, self._told = order.id, order.rev, len(order.timeline)
        self.title = order_words.heading(order)
        by = next((entry["by"] for entry in order.timeline[:1] if entry["event"] in ("placed", "returned")), "")
        self.placed = words.exact(order.placed_at) + (f", by {by}" if by else "")
        self.status, self.tone = sentence(order.status), tone(order.status)
        self.payment_word = f"Payment {sentence(order.payment_status).lower()}"
        self.payment_tone = tone(order.payment_status)
        self.currency, self.units, self.note = order.currency, words.number(order.units), order.note
        self.customer = order.customer_name or "Guest"
        self.guest_email = order.guest_email
        self.customer_href = f"/customers/{order.customer_id}" if order.customer_id and can(actor(), "customers:read") else ""
        self.shipping_address, self.billing_address = address_text(order.shipping_address), address_text(order.billing_address)
        self.original, self.original_href = await self._original(order)
        self.is_return = order.kind == OrderKind.RETURN
        self.editing = "Edit" if order.is_open else "Edit address and note"
        await self._offer(order)
        self.lines, self.sums = order_words.lines_of(order, words), order_words.sums_of(order, words)
        self.parcels, self.returns = order_words.parcels_of(order, words), order_words.returns_of(order, words)
        self.timeline = order_words.timeline_of(order, words)

    async def _offer(self, order: Order) -> None:
        """The next step as the one button, the others for the menu."""
        found = [Action(step.verb, step.label) for step in await orders.actions(actor(), order)]
        first = next((one for one in found if one.verb in _ONWARD), Action("", ""))
        self.next_step, self.others = first, [one for one in found if one is not first]

    async def _original(self, order: Order) -> tuple[str, str]:
        """What a return takes back, and where that is."""
        if not order.original_id:
            return "", ""
        try:
            return order_words.heading(await orders.get(actor(), order.original_id)), f"/orders/{order.original_id}"
        except NotFound:
            return "", ""
