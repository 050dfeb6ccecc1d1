"""The lines of an order that is being entered: what is found while searching, and what the server says it all comes to."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import reflex as rx

from mewayz.backend.amounts import read_number
from mewayz.backend.errors import Invalid
from mewayz.domains.orders.order_form_fields import (
    EXTRAS,
    LOOKING,
    PRODUCT_SEARCH,
    Choice,
    Found,
    Wanted,
    choices_of,
    found_goods,
    in_stock,
    split_errors,
)
from mewayz.domains.orders.quotes import Quote
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, beside, clear, guarded
from mewayz.ui.words import Locale, locale

NOTHING = "Put at least one product into the order."


class FormLines(Guarded, mixin=True):
    """What is ordered, with the server's prices."""

    record_id: str = ""
    lines: list[Wanted] = []  # noqa: RUF012 (Reflex copies defaults per client)
    goods: list[Found] = []  # noqa: RUF012
    goods_told: str = ""
    subtotal: str = ""
    total: str = ""
    _entered: dict[str, str] = {}  # noqa: RUF012
    _choices: dict[str, list[Choice]] = {}  # noqa: RUF012
    _number: int = 0

    @on("orders:create", supersedes=True)
    async def find_goods(self, text: str) -> AsyncIterator[None]:
        """Search products while typing."""
        self.goods_told = LOOKING if text.strip() and not self.goods else ""
        yield
        words = await locale()
        async with beside(self):
            found = await orders.goods(actor(), text) if text.strip() else []
            self.goods = [found_goods(one, text, words) for one in found]
            self._choices = {one.id: choices_of(one, words) for one in found}
        self.goods_told = "" if self.goods or not text.strip() else "No product for sale matches."

    @on("orders:create")
    async def add(self, product_id: str) -> Any:
        """Put a product into the order, or one more piece of it."""
        found = next((one for one in self.goods if one.id == product_id), None)
        variant = found.variant_id if found else ""
        there = next((line for line in self.lines if line.product_id == product_id and line.variant_id == variant), None)
        self.goods, self.goods_told = [], ""
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
            self._entered = {**self._entered, name: read_number(text.strip())[:40]}
            await self._price()

    # Pricing ------------------------------------------------------------------------------------------------------------

    async def _price(self) -> None:
        """Ask the server what all this comes to; what it refuses stands at its line or field."""
        words = await locale()
        clear(self)
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
        if not sent and "lines" in kept:
            kept["lines"] = NOTHING
        # What has no control of its own stands above all of them.
        whole = [kept[name] for name in ("lines", "customerId") if name in kept]
        self.error = " ".join(whole) or ("" if self.error == Invalid.default_message else self.error)
