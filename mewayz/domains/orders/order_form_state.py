"""What the form of an order holds: its lines with the server's prices, who buys, and what is found while searching."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import reflex as rx

from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Invalid
from mewayz.domains.orders import order_words
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.order_form_fields import (
    BILLING_TO,
    BUYER_SEARCH,
    EXTRAS,
    PRODUCT_SEARCH,
    SHIPPING_TO,
    Choice,
    Found,
    Wanted,
    address_fields,
    choices_of,
    fits,
    flat,
    found_goods,
    in_stock,
    nested,
    split_errors,
    typed_of,
    wanted,
)
from mewayz.domains.orders.quotes import Quote
from mewayz.domains.orders.service import NotEditable, orders
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.record_state import address_text
from mewayz.ui.words import Locale, locale

_MAX_TYPED = 1000  # of one control; the longest that is taken is shorter


class OrderForm(Guarded, rx.State):
    """An order to place, or a pending one to change."""

    loaded: bool = False
    saving: bool = False
    visit: int = 0
    mistakes: int = 0
    address_visit: int = 0
    record_id: str = ""
    title: str = ""
    symbol: str = ""
    lines: list[Wanted] = []  # noqa: RUF012 (Reflex copies defaults per client)
    goods: list[Found] = []  # noqa: RUF012
    buyers: list[Found] = []  # noqa: RUF012
    buyer: Found = Found("", "", "", "")
    offered: str = ""
    values: dict[str, str] = {}  # noqa: RUF012
    own_billing: bool = False
    subtotal: str = ""
    total: str = ""
    _entered: dict[str, str] = {}  # noqa: RUF012
    _filled: dict[str, str] = {}  # noqa: RUF012
    _offer: dict[str, str] = {}  # noqa: RUF012
    _choices: dict[str, list[Choice]] = {}  # noqa: RUF012
    _number: int = 0
    _rev: int = 0
    _told: int = 0
    _placed: str = ""

    @on("orders:create")
    async def start(self) -> None:
        """Show an empty form."""
        self._clear()
        words = await locale()
        self.symbol = words.symbol
        self._sum(None, words)
        self.values = {}
        self.visit, self.loaded = self.visit + 1, True

    @on("orders:update")
    async def open_record(self) -> Any:
        """Fill the form with the order that the address names; one that is settled is only shown."""
        self._clear()
        self.loaded = False
        event = None
        async with guarded(self):
            order = await orders.get(actor(), [part for part in self.router.url.path.split("/") if part][1])
            if not order.is_open:
                await say(self, NotEditable.default_message, tone="warning")
                event = rx.redirect(f"/orders/{order.id}", replace=True)
            else:
                await self._fill(order)
        return event

    @on("orders:create", supersedes=True)
    async def find_goods(self, text: str) -> None:
        """Search products while typing."""
        words = await locale()
        async with guarded(self):
            found = await orders.goods(actor(), text) if text.strip() else []
            self.goods = [found_goods(one, text, words) for one in found]
            self._choices = {one.id: choices_of(one, words) for one in found}

    @on("orders:create")
    async def add(self, product_id: str) -> Any:
        """Put a product into the order, or one more piece of it."""
        found = next((one for one in self.goods if one.id == product_id), None)
        variant = found.variant_id if found else ""
        there = next((line for line in self.lines if line.product_id == product_id and line.variant_id == variant), None)
        self.goods = []
        if there is not None:
            count = int(there.quantity) + 1 if there.quantity.isdigit() else 1
            self._number += 1
            again = replace(there, key=f"line_{self._number}", quantity=str(count))
            self.lines = [again if line.key == there.key else line for line in self.lines]
        elif found is not None:
            self._number += 1
            choices = self._choices.get(found.id, [])
            line = Wanted(f"line_{self._number}", found.id, found.name, found.detail, "1", variant_id=variant, choices=choices)
            self.lines = [*self.lines, line]
        await self._price()
        return rx.set_focus(PRODUCT_SEARCH)

    @on("orders:create")
    async def choose(self, key: str, variant_id: str) -> None:
        """A variant of a line's product."""
        known = (line for line in self.lines if line.key == key and variant_id in {choice.id for choice in line.choices})
        if chosen := next(known, None):
            self.lines = [replace(line, variant_id=variant_id, problem="") if line.key == chosen.key else line for line in self.lines]
            await self._price()

    @on("orders:create")
    async def count(self, key: str, text: str) -> None:
        """Another number of pieces."""
        self.lines = [replace(line, quantity=text.strip()[:10]) if line.key == key else line for line in self.lines]
        await self._price()

    @on("orders:create")
    async def drop(self, key: str) -> Any:
        """Take a line out."""
        self.lines = [line for line in self.lines if line.key != key]
        await self._price()
        return rx.set_focus(PRODUCT_SEARCH)

    @on("orders:create")
    async def enter(self, name: str, text: str) -> None:
        """Another discount, postage or tax."""
        if name in (item.name for item in EXTRAS):
            self._entered = {**self._entered, name: text.strip()[:40]}
            await self._price()

    @on("orders:create", supersedes=True)
    async def find_buyers(self, text: str) -> None:
        """Search customers while typing."""
        async with guarded(self):
            found = await orders.buyers(actor(), text) if text.strip() else []
            self.buyers = [Found(row["id"], row["name"], row["email"] or "", row["country"]) for row in found]

    @on("orders:create")
    async def sell_to(self, customer_id: str, form: dict[str, Any]) -> Any:
        """Choose who buys; nobody is a guest. `form` is what the controls hold.

        Their address goes where nothing was typed, and fits what was; else it is offered.
        """
        self.buyers = []
        async with guarded(self):
            self.buyer, self.offered, self._offer = Found("", "", "", ""), "", {}
            address: dict[str, str] = {}
            if customer_id:
                one = await orders.buyer(actor(), customer_id)
                self.buyer = Found(one.id, one.name, one.email or "", address_text(one.address))
                address = flat(SHIPPING_TO, one.address)
            self._keep(form)
            typed = typed_of(self.values, self._filled)
            if fits(typed, address):
                self._fill_in({**address, **typed})
            else:
                self._fill_in(typed)
                self._offer, self.offered = address, self.buyer.extra
        return None if customer_id else rx.set_focus(BUYER_SEARCH)

    @on("orders:create")
    async def take_address(self, form: dict[str, Any]) -> None:
        """Ship to the address that is offered, in place of what was typed."""
        self._keep(form)
        if self._offer:
            self._fill_in(self._offer)
        self.offered, self._offer = "", {}

    @on("orders:create")
    async def bill_elsewhere(self, checked: bool) -> None:
        """The billing address is another one, or the same."""
        self.own_billing = bool(checked)

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
        self.error, self.error_id, self.field_errors = "", "", {}
        self.saving, self.own_billing, self._placed, self.record_id = False, False, "", ""
        self.lines, self.goods, self.buyers, self._entered = [], [], [], {}
        self.offered, self._offer, self._filled = "", {}, {}
        self.buyer = Found("", "", "", "")

    async def _fill(self, order: Order) -> None:
        record = wire(order)
        self.record_id, self._rev, self._told = order.id, order.rev, len(order.timeline)
        self.title = order_words.heading(order)
        self.buyer = Found(order.customer_id or "", order.customer_name, "", "")
        words = await locale()
        known = await orders.named(actor(), [line["productId"] for line in order.lines if line["productId"]])
        for line in order.lines:
            self._number += 1
            self.lines.append(wanted(f"line_{self._number}", line, known.get(line["productId"]), words))
        self._entered = {item.name: order_words.entered(getattr(order, item.name)) for item in EXTRAS}
        addresses = flat(SHIPPING_TO, order.shipping_address) | flat(BILLING_TO, order.billing_address)
        self.values = {**self._entered, **addresses, "note": record["note"]}
        self.own_billing = order.billing_address != order.shipping_address
        self.symbol = words.symbol
        await self._price()
        self.visit, self.loaded = self.visit + 1, True

    def _keep(self, form: Mapping[str, Any]) -> None:
        """Take over what the controls of both addresses hold: they are drawn anew."""
        names = [item.name for kind in (SHIPPING_TO, BILLING_TO) for item in address_fields(kind)]
        self.values = {**self.values, **{name: str(form[name])[:_MAX_TYPED] for name in names if name in form}}
        self.address_visit += 1

    def _fill_in(self, address: Mapping[str, str]) -> None:
        """Put an address into the controls, and remember what of it the customer's own is."""
        before = {name: self.values.get(name, "") for name in flat(SHIPPING_TO, {})}
        typed = typed_of(before, self._filled)
        now = {**flat(SHIPPING_TO, {}), **address}
        self._filled = {name: value for name, value in now.items() if value and typed.get(name) != value}
        self.values = {**self.values, **now}

    # Pricing ------------------------------------------------------------------------------------------------------------

    async def _price(self) -> None:
        """Ask the server what all this comes to; what it refuses stands at its line or field."""
        words = await locale()
        self.error, self.field_errors = "", {}
        ready = [line for line in self.lines if line.complete]
        if not ready:
            self._sum(None, words)
            return
        async with guarded(self):
            self._sum(await orders.quote(actor(), self._goods(ready), self.record_id), words)
        if self.error or self.field_errors:
            self.total = "–"  # of amounts that cannot be read there is none
        if self.field_errors:
            self._place_errors(ready)

    def _goods(self, sent: Sequence[Wanted]) -> dict[str, Any]:
        lines = [{"productId": line.product_id, "variantId": line.variant_id, "quantity": line.quantity} for line in sent]
        return {"lines": lines, **{item.name: self._entered.get(item.name) or "0" for item in EXTRAS}}

    def _sum(self, quote: Quote | None, words: Locale) -> None:
        words = replace(words, currency=quote.currency) if quote else words
        self.subtotal, self.total = (words.money(amount) for amount in ((quote.subtotal, quote.total) if quote else (Decimal(0),) * 2))
        if quote is None:
            return
        complete = (place for place, line in enumerate(self.lines) if line.complete)
        for index, (place, line) in enumerate(zip(complete, quote.lines, strict=True)):
            self.lines[place] = replace(
                self.lines[place],
                name=line["name"],
                sku=line["sku"],
                price=words.money(line["unitPrice"]),
                total=words.money(line["total"]),
                stock=in_stock(quote.stock[index]),
                problem=quote.shortages.get(index, ""),
            )

    def _place_errors(self, sent: Sequence[Wanted]) -> None:
        """Move what is said of a line to that line; what is said of none stays a message of the form."""
        told, kept = split_errors(self.field_errors, sent)
        self.lines = [replace(line, problem=told.get(line.key, "")) for line in self.lines]
        self.field_errors = kept
        self.error = kept.get("lines") or kept.get("customerId") or ("" if self.error == Invalid.default_message else self.error)

    # The way of a submit --------------------------------------------------------------------------------------------------

    def _read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        self._entered = {item.name: str(form.get(item.name) or "").strip() for item in EXTRAS}
        self.lines = [replace(line, quantity=str(form.get(line.key, line.quantity)).strip()) for line in self.lines]
        if not self.lines:
            raise Invalid("Put at least one product into the order.")
        found = {**self._goods(self.lines), "note": str(form.get("note") or "")}
        shipping = nested(SHIPPING_TO, form)
        found["shippingAddress"] = shipping
        found["billingAddress"] = nested(BILLING_TO, form) if self.own_billing else shipping
        return found

    async def _run(self, form: Mapping[str, Any]) -> AsyncIterator[Any]:
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
            self._rev, self._told = now.rev, len(now.timeline)
            if not changed:
                raise
            raise Conflict(order_words.meanwhile(told, now), code=refused.code) from None
        await say(self, "Changes saved.")
        return order
