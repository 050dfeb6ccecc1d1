"""The form of an order: an empty one, or a pending order to change, and the way of what was entered to the server."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import reflex as rx

from mewayz.backend.amounts import read_number
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict
from mewayz.domains.orders import order_words
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.order_form_buyer import FormBuyer
from mewayz.domains.orders.order_form_fields import BILLING_TO, EXTRAS, GUEST_EMAIL, SHIPPING_TO, Found, flat, nested, wanted
from mewayz.domains.orders.order_form_lines import FormLines
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.guard import clear, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale


class OrderForm(FormLines, FormBuyer, rx.State):
    """An order to place, or one to change; of one that is `settled` only the addresses and the note."""

    loaded: bool = False
    settled: bool = False
    saving: bool = False
    visit: int = 0
    mistakes: int = 0
    title: str = ""
    signs: tuple[str, str] = ("", "")
    nothing: str = ""
    _rev: int = 0
    _told: int = 0
    _placed: str = ""

    @on("orders:create")
    async def start(self) -> None:
        """Show an empty form."""
        self._clear()
        words = await locale()
        self._write_as(words)
        self._sum(None, words)
        self.values = {}
        self.countries = await orders.countries(actor())
        self.visit, self.loaded = self.visit + 1, True

    @on("orders:update")
    async def open_record(self) -> None:
        """Fill the form with the order that the address names."""
        self._clear()
        self.loaded, self.title = False, ""
        async with guarded(self):
            await self._fill(await orders.get(actor(), [part for part in self.router.url.path.split("/") if part][1]))

    @on("orders:create")
    async def place(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Place the order and show it; asked twice, it is placed once."""
        if self._placed:
            yield rx.redirect(f"/orders/{self._placed}")
            return
        async for event in self._run(form):
            yield event

    @on("orders:update")
    async def save(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Save the changes and show the order."""
        async for event in self._run(form):
            yield event

    # Filling ------------------------------------------------------------------------------------------------------------

    def _clear(self) -> None:
        clear(self)
        self.settled = False
        self.saving, self.own_billing, self._placed, self.record_id = False, False, "", ""
        self.lines, self.goods, self.buyers, self._entered = [], [], [], {}
        self.goods_told, self.buyers_told = "", ""
        self.offered, self._offer, self._filled = "", {}, {}
        self.buyer = Found("", "", "", "")

    async def _fill(self, order: Order) -> None:
        record = wire(order)
        self.record_id, self._rev, self._told = order.id, order.rev, len(order.timeline)
        self.title, self.settled = order_words.heading(order), not order.is_open
        self.buyer = Found(order.customer_id or "", order.customer_name, "", "")
        words = (await locale()).of(order.currency)
        known = await orders.named(actor(), [line["productId"] for line in order.lines if line["productId"]])
        for line in order.lines:
            self._number += 1
            self.lines.append(wanted(f"line_{self._number}", line, known.get(line["productId"]), words))
        extras = {item.name: order_words.entered(getattr(order, item.name), words) for item in EXTRAS}
        self._entered = {name: read_number(text) for name, text in extras.items()}
        addresses = flat(SHIPPING_TO, order.shipping_address) | flat(BILLING_TO, order.billing_address)
        self.values = {**extras, **addresses, "note": record["note"]}
        self.own_billing = order.billing_address != order.shipping_address
        self._write_as(words)
        self.countries = await orders.countries(actor())
        if not self.settled:
            await self._price()
        self.visit, self.loaded = self.visit + 1, True

    def _write_as(self, words: Locale) -> None:
        self.signs, self.nothing = words.signs, words.typed("0")

    # The way of a submit --------------------------------------------------------------------------------------------------

    def _read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        self._entered = {item.name: read_number(str(form.get(item.name) or "").strip()) for item in EXTRAS}
        self.lines = [replace(line, quantity=str(form.get(line.key, line.quantity)).strip()) for line in self.lines]
        found = {**({} if self.settled else self._goods(self.lines)), "note": str(form.get("note") or "")}
        if not (self.record_id or self.buyer.id):
            found[GUEST_EMAIL.name] = str(form.get(GUEST_EMAIL.name) or "").strip() or None
        shipping = nested(SHIPPING_TO, form)
        found["shippingAddress"] = shipping
        found["billingAddress"] = nested(BILLING_TO, form) if self.own_billing else shipping
        return found

    async def _run(self, form: Mapping[str, Any]) -> AsyncIterator[Any]:
        clear(self)
        self.saving = True
        yield
        event = None
        async with guarded(self):
            data = self._read(form)
            order = await (self._save(data) if self.record_id else self._place(data))
            event = rx.redirect(f"/orders/{order.id}")
        self.saving = False
        if self.error or self.field_errors:
            self.mistakes += 1
        if not self.own_billing:  # it is the other one, whose controls say the same
            self.field_errors = {name: text for name, text in self.field_errors.items() if not name.startswith(BILLING_TO)}
        if self.field_errors:
            self._place_errors(self.lines)
        yield event

    async def _place(self, data: dict[str, Any]) -> Order:
        if not any(data["shippingAddress"].values()):
            del data["shippingAddress"]
            if not self.own_billing:
                del data["billingAddress"]
        order = await orders.create(actor(), {**data, "customerId": self.buyer.id or None})
        self._placed = order.id
        await say(self, f"{order_words.heading(order)} placed.")
        return order

    async def _save(self, data: dict[str, Any]) -> Order:
        try:
            order = await orders.update(actor(), self.record_id, data, self._rev)
        except Conflict as refused:
            now = await orders.get(actor(), self.record_id)
            told, changed = self._told, now.rev != self._rev
            self._rev, self._told, self.settled = now.rev, len(now.timeline), not now.is_open
            if not changed:
                raise
            raise Conflict(order_words.meanwhile(told, now), code=refused.code) from None
        await say(self, "Changes saved.")
        return order
