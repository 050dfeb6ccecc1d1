"""The dialogs of an order's page: what a step asks for, what it will do, and why it was refused."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import reflex as rx

from mewayz.backend.amounts import counted, read_number
from mewayz.backend.errors import Conflict, Invalid, MewayzError
from mewayz.domains.orders import machine, order_words, standing
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.order_page_state import OrderRecord
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import locale, sentence

CARRIER = Field("carrier", "Carrier", half=True)
TRACKING = Field("trackingNumber", "Tracking number", half=True)
TRACKING_URL = Field("trackingUrl", "Tracking link", "url", help="Where the customer can follow the parcel.")
POSTAGE = Field("shipping", "Postage to give back", "money", half=True)
AMOUNT = Field("amount", "Other amount", "money", help="Instead of what the pieces and the postage cost.", half=True)
REASON = Field("reason", "Reason", help="Stands in the timeline and on the credit note.")
PARCEL = (CARRIER, TRACKING, TRACKING_URL)
_AT_ONCE = ("confirm", "process", "deliver", "fail")
_DONE = {"pay": "Marked as paid.", "cancel": "Order cancelled.", "ship": "Parcel sent.", "refund": "Refund booked."}


@dataclass
class Part:
    """A line to choose pieces of: how many at most, and how many to begin with. `kind` is of which pieces, in a refund."""

    key: str
    name: str
    sku: str
    most: str
    value: str
    kind: str = ""


class OrderSteps(Guarded, rx.State):
    """The dialog that is open, by its verb; none is empty."""

    shown: str = ""
    busy: bool = False
    visit: int = 0
    mistakes: int = 0
    amount: str = ""
    signs: tuple[str, str] = ("", "")
    parts: list[Part] = []  # noqa: RUF012 (Reflex copies defaults per client)
    goes_back: str = ""
    back_again: bool = False
    gives: str = ""
    becomes: str = ""
    left: str = ""
    shared: str = ""
    postage: str = ""
    _entered: dict[str, str] = {}  # noqa: RUF012
    _order_id: str = ""
    _rev: int = 0
    _told: int = 0

    @on("orders:cancel")
    async def ask(self, verb: str) -> AsyncIterator[Any]:
        """Take a step, or open its dialog where it needs to be told more."""
        self.error, self.error_id, self.field_errors = "", "", {}
        page = await self.get_state(OrderRecord)
        self._order_id, self._rev, self._told = page.record_id, page._rev, page._told
        if verb in _AT_ONCE:
            async with guarded(self):
                await self._go(verb)
            if self.error:
                await say(self, self.error, tone="danger")
                self.error = ""
        elif verb in machine.VERBS:
            async with guarded(self):
                await self._prepare(verb, await orders.get(actor(), self._order_id))
                self.visit += 1
                self.shown = verb
        yield

    @on("orders:cancel")
    async def close(self, shown: bool) -> None:
        """The dialog is dismissed."""
        if not shown:
            self.shown = ""

    @on("orders:cancel")
    async def cancel(self) -> AsyncIterator[Any]:
        """Call the order off."""
        async for event in self._run("cancel"):
            yield event

    @on("orders:update")
    async def pay(self) -> AsyncIterator[Any]:
        """The money is there."""
        async for event in self._run("pay"):
            yield event

    @on("orders:update")
    async def ship(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Send a parcel as the form says."""
        async for event in self._run("ship", lambda: {"lines": _chosen(form, self.parts), **_texts(form, PARCEL)}):
            yield event

    @on("orders:update")
    async def refund(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Give money back as the form says."""
        async for event in self._run("refund", lambda: self._refund(form)):
            yield event

    @on("orders:update")
    async def enter(self, name: str, text: str) -> None:
        """Say what the refund would give, while it is being typed."""
        self._entered = {**self._entered, name[:40]: text[:40]}
        self.field_errors, self.error = {}, ""
        try:
            await self._weigh(self._refund(self._entered))
        except MewayzError as refused:
            self.gives, self.becomes = "", ""
            self.field_errors = _at_parts(refused.fields, _parts(self._entered, self.parts))

    # The way of a dialog ------------------------------------------------------------------------------------------------

    async def _prepare(self, verb: str, order: Order) -> None:
        words = (await locale()).of(order.currency)
        lines = standing.of(order)
        self.signs, self.amount = words.signs, words.money(order.total)
        self.parts = [
            Part(_key(index, kind), line["name"] or line["sku"], line["sku"], str(most), value or str(most), kind)
            for index, (line, where) in enumerate(zip(order.lines, lines, strict=True))
            for kind, most, value in _choices(verb, where)
            if most
        ]
        held = sum(line.unshipped for line in lines if line.product_id) if order.holds_stock else 0
        self.goes_back = f"{counted(held)} {'piece goes' if held == 1 else 'pieces go'} back into stock." if held else ""
        self.back_again = order.holds_stock and any(line.shipped for line in lines)
        self.left = words.money(order.total - standing.refunded(order))
        shares = [("less its share of the discount of", order.discount), ("with its share of the tax of", order.tax)]
        told = " and ".join(f"{what} {words.money(amount)}" for what, amount in shares if amount)
        self.shared = f"A piece gives back its price {told}." if told else ""
        postage = order.shipping - sum((Decimal(entry["shipping"]) for entry in order.refunds), Decimal(0))
        self.postage = words.money(postage) if postage else ""
        self.gives, self.becomes, self._entered = "", "", {}

    def _refund(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked for.

        Raises:
            Invalid: nothing.
        """
        found: dict[str, Any] = {name: read_number(text) for name in ("shipping", "amount") if (text := str(form.get(name) or "").strip())}
        if lines := _parts(form, self.parts):
            found["lines"] = lines
        if not found:
            raise Invalid("Choose pieces, postage or an amount to give back.")
        return {**found, "reason": str(form.get("reason") or ""), "restock": not self.back_again or bool(form.get("restock"))}

    async def _weigh(self, data: Mapping[str, Any]) -> None:
        page = await self.get_state(OrderRecord)
        words = (await locale()).of(page.currency)
        quote = await orders.quote_refund(actor(), self._order_id, data)
        self.gives, self.becomes = words.money(quote.amount), sentence(quote.payment).lower()

    async def _run(self, verb: str, read: Callable[[], dict[str, Any]] | None = None) -> AsyncIterator[Any]:
        self.busy = True
        yield
        data: dict[str, Any] = {}
        async with guarded(self):
            data = read() if read else {}
            await self._go(verb, *([data] if read else []))
            self.shown = ""
            await say(self, _DONE[verb])
        self.busy = False
        if self.error or self.field_errors:
            self.field_errors = _at_parts(self.field_errors, data.get("lines") or ())
            self.mistakes += 1

    async def _go(self, verb: str, *data: Mapping[str, Any]) -> None:
        """Take the step from the revision that the person has seen; what others did meanwhile is said."""
        page = await self.get_state(OrderRecord)
        work: Callable[..., Awaitable[Order]] = getattr(orders, verb)
        try:
            await page._show(await work(actor(), self._order_id, *data, self._rev))
        except Conflict as refused:
            now = await orders.get(actor(), self._order_id)
            told = self._told
            await page._show(now)
            self._rev, self._told = page._rev, page._told
            if refused.code != "orders.outdated":
                raise
            raise Conflict(order_words.meanwhile(told, now), code=refused.code) from None


def _texts(form: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, str]:
    return {item.name: str(form.get(item.name) or "") for item in fields}


def _choices(verb: str, line: standing.LineStanding) -> list[tuple[str, int, str]]:
    """What may be chosen of a line: which pieces, how many at most, and how many to begin with (empty is all of them)."""
    match verb:
        case "ship":
            return [("", line.unshipped, "")]
        case "refund":
            return [("shipped", line.outside, "0"), ("unshipped", line.unshipped, "0")]
        case _:
            return []


def _key(line: int, kind: str) -> str:
    return f"line_{line}_{kind}" if kind else f"line_{line}"


def _parts(form: Mapping[str, Any], parts: list[Part]) -> list[dict[str, Any]]:
    """The pieces that are chosen."""
    return [
        {"line": int(part.key.split("_")[1]), "quantity": count, **({"from": part.kind} if part.kind else {})}
        for part in parts
        if (count := str(form.get(part.key) or "0").strip()) not in ("", "0")
    ]


def _chosen(form: Mapping[str, Any], parts: list[Part]) -> list[dict[str, Any]]:
    """The pieces that are to go.

    Raises:
        Invalid: none.
    """
    found = _parts(form, parts)
    if not found:
        raise Invalid("Say how many pieces: all of them are at 0.")
    return found


def _at_parts(fields: Mapping[str, str], lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The messages by the names of the controls: `lines.0.quantity` is that of the first line that was chosen."""
    keys = [_key(one["line"], one.get("from", "")) for one in lines]
    found: dict[str, str] = {}
    for name, text in fields.items():
        head, _, rest = name.partition(".")
        index = rest.partition(".")[0]
        found[keys[int(index)] if head == "lines" and index.isdigit() and int(index) < len(keys) else name] = text
    return found
