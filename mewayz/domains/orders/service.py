"""The verbs of orders."""

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from mewayz.backend import clock, letters
from mewayz.backend.access import SYSTEM, Actor, allow
from mewayz.backend.columns import time_text
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.sequences import next_number
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.customers.entered import country_problems
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import machine, standing
from mewayz.domains.orders.confirmations import tell
from mewayz.domains.orders.edits import order_changes
from mewayz.domains.orders.flat import FlatOrder
from mewayz.domains.orders.imported import OrderImports
from mewayz.domains.orders.invoice import Printed, printed
from mewayz.domains.orders.links import relink
from mewayz.domains.orders.model import ORDERS, Order, OrderStatus, orders_collection
from mewayz.domains.orders.payloads import OrderCreate, OrderUpdate
from mewayz.domains.orders.pricing import AMOUNTS, UNKNOWN, Extras, price, refuse_variants, reprice
from mewayz.domains.orders.quotes import OrderQuotes
from mewayz.domains.orders.rollups import Deltas
from mewayz.domains.orders.standing import of_lines
from mewayz.domains.orders.steps import changed, is_final, told
from mewayz.domains.orders.totals import recount
from mewayz.domains.orders.undo import OrderUndo
from mewayz.domains.orders.worth import OrderWorth
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.pieces import misnamed
from mewayz.domains.products.service import NotForSale, UnknownVariant, products

_SETTLED = frozenset({"lines", *AMOUNTS})
_MOST_TOLD = 1000


class NotEditable(Conflict):
    """What an order comes to is settled once it was confirmed or paid."""

    code = "orders.not_editable"
    default_message = "What this order comes to cannot change any more: it is no longer pending and unpaid."


class NotDeletable(Conflict):
    """An order that went on stays in the books."""

    code = "orders.not_deletable"
    default_message = "Only an order that is pending or cancelled, and never was refunded, can be deleted. Cancel or refund it instead."


class Orders(OrderImports, OrderQuotes, OrderUndo, OrderWorth):
    """Sales and returns."""

    noun: ClassVar[str] = "orders"
    singular: ClassVar[str] = "order"
    personal: ClassVar[bool] = True
    owner: ClassVar[str | None] = "owner_id"
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"number": str.strip}
    amounts: ClassVar[tuple[str, ...]] = AMOUNTS
    # What was taken out of an order comes back at today's price, steps lead one way, but for
    # those that only begin something (undo.py), and the country follows a new address.
    irreversible: ClassVar[frozenset[str]] = frozenset({"lines", "status", "payment_status", "shipping_address"})
    collection = orders_collection
    spec = ORDERS
    create_payload = OrderCreate
    update_payload = OrderUpdate
    flat_payload = FlatOrder

    @allow("read")
    async def words_for(self, actor: Actor, name: str, value: str) -> str | None:
        """What a reference in a filter is called, for those who may see what it refers to."""
        try:
            match name:
                case "customer":
                    return f"Customer is {(await customers.get(actor, value)).name}"
                case "product":
                    return f"Contains {(await products.get(actor, value)).name}"
                case "sold":
                    return f"Product sold is {(await products.get(actor, value)).name}"
                case _:
                    return None
        except (NotFound, Forbidden):
            return None

    @allow("read")
    @override
    async def get(self, actor: Actor, document_id: str) -> Order:
        """One order; internal notes are not for those who see only their own."""
        return self._seen(actor, await super().get(actor, document_id))

    @allow("create")
    @override
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> Order:
        """Place an order, and tell the customer.

        Raises:
            Invalid: with a message per field. OutOfStock.
        """
        order = await super().create(actor, data)
        await tell(order, letters.order_placed)
        return order

    @allow("read")
    async def invoice(self, actor: Actor, order_id: str) -> Printed:
        """The invoice of an order, or the credit note of a return, as a page to print.

        Raises:
            NotFound: no such order, or not this actor's.
        """
        return printed(await self.get(actor, order_id), await shop())

    @override
    async def _build(self, actor: Actor, payload: OrderCreate) -> Order:
        currency = (await shop()).currency
        found = await products.find_many(actor, [line.product_id for line in payload.lines])
        customer = None
        problems: dict[str, str] = {}
        if payload.customer_id:
            try:
                customer = await customers.get(SYSTEM, payload.customer_id)
            except NotFound:
                problems["customerId"] = "This customer does not exist."
            if payload.guest_email:
                problems["guestEmail"] = "Leave this out: the letters go to the customer."
        try:
            priced = price(payload.lines, found, Extras(payload.discount, payload.tax, payload.shipping), currency)
        except Invalid as error:
            error.fields |= problems
            raise
        if problems:
            raise Invalid(fields=problems)
        shipping_address = (
            payload.shipping_address.model_dump(by_alias=True) if payload.shipping_address else (customer.address if customer else {})
        )
        billing_address = payload.billing_address.model_dump(by_alias=True) if payload.billing_address else shipping_address
        now = clock.now()
        return Order(
            **priced,
            number="",
            customer_id=customer.id if customer else None,
            customer_name=customer.name if customer else "Guest",
            guest_email=payload.guest_email or "",
            owner_id=actor.id if actor.role is Role.USER else None,
            currency=currency,
            country=str(shipping_address.get("country", "")) or (customer.country if customer else ""),
            shipping_address=shipping_address,
            billing_address=billing_address,
            timeline=[{"at": time_text(now), "event": "placed", "by": actor.name}],
            note=payload.note,
            holds_stock=True,
            placed_at=now,
        )

    @override
    async def _entered(self, before: Order | None, payload: OrderCreate | OrderUpdate) -> None:
        sent = {"shippingAddress.country": payload.shipping_address, "billingAddress.country": payload.billing_address}
        kept = [one.get("country", "") for one in (before.shipping_address, before.billing_address)] if before else []
        named = {path: address.country for path, address in sent.items() if address}
        if problems := await country_problems(named, kept, [customers_collection.table, orders_collection.table]):
            raise Invalid(fields=problems)

    @override
    async def _refusals(self, actor: Actor, before: Order | None, payload: OrderCreate | OrderUpdate) -> None:
        if not payload.lines or (before is not None and not before.is_open):
            return
        found = await products.find_many(actor, [line.product_id for line in payload.lines])
        extras = (getattr(payload, name) if getattr(payload, name) is not None else getattr(before, name, Decimal(0)) for name in AMOUNTS)
        price(payload.lines, found, Extras(*extras), before.currency if before else (await shop()).currency, before)

    @override
    async def _adding(self, actor: Actor, document: Order) -> None:
        if document.customer_id:
            try:
                await customers_collection.get(document.customer_id, lock=True)
            except NotFound:
                raise Invalid(fields={"customerId": "This customer does not exist."}) from None
        await self._take(actor, document, of_lines(document))
        document.number = f"M-{await next_number('orders')}"

    async def _take(self, actor: Actor, order: Order, pieces: Mapping[Item, int]) -> None:
        """Take pieces from stock.

        Raises:
            OutOfStock, NotForSale. Invalid: a product or variant was deleted since the order was read.
        """
        try:
            await products.take(actor, pieces, order_id=order.id)
        except (NotForSale, UnknownVariant):
            wanted = [(index, item) for index, line in enumerate(order.lines) if (item := standing.item_of(line)) in pieces and item]
            there = await products.find_many(actor, [item.product_id for _, item in wanted])
            if missing := {f"lines.{index}.productId": UNKNOWN for index, item in wanted if item.product_id not in there}:
                raise Invalid(fields=missing) from None
            refuse_variants({index: misnamed(there[item.product_id], item.variant_id) for index, item in wanted})
            raise

    @override
    async def _changes(self, actor: Actor, before: Order, payload: OrderUpdate) -> dict[str, Any]:
        wanted = {name: value for name, value in payload.changes().items() if name == "lines" or getattr(before, name) != value}
        steps = [(name, wanted.pop(name)) for name in ("payment_status", "status") if name in wanted]
        changes = await self._edit(actor, before, payload, wanted)
        if wanted.get("shipping_address", {}).get("country"):
            changes["country"] = wanted["shipping_address"]["country"]
        for name, value in steps:
            now = changed(before, changes)
            changes |= await self._take_step(actor, now, machine.verb_to(now, name, value))
        return changes

    async def _edit(self, actor: Actor, before: Order, payload: OrderUpdate, wanted: dict[str, Any]) -> dict[str, Any]:
        """What changes without a step; the stock follows the lines.

        Raises:
            NotEditable: what the order comes to is settled. Invalid, OutOfStock.
        """
        if not wanted.keys() & _SETTLED:
            return {**wanted, **_edited(actor, before, what)} if (what := order_changes(before, wanted)) else wanted
        if not before.is_open:
            raise NotEditable
        extras = Extras(*(wanted.get(name, getattr(before, name)) for name in AMOUNTS))
        if payload.lines is None:
            priced = reprice(before, extras)
        else:
            found = await products.find_many(actor, [line.product_id for line in payload.lines])
            priced = price(payload.lines, found, extras, before.currency, before)
            await self._move(actor, before, changed(before, priced))
        if all(getattr(before, name) == value for name, value in priced.items()):
            priced = {}
        found = {**{name: value for name, value in wanted.items() if name not in _SETTLED}, **priced}
        return {**found, **_edited(actor, before, what)} if (what := order_changes(before, found)) else found

    async def _move(self, actor: Actor, before: Order, after: Order) -> None:
        """Take and release what the lines differ by."""
        if not before.holds_stock:
            return
        await self._hold(before)
        had, has = Counter(of_lines(before)), Counter(of_lines(after))
        if fewer := had - has:
            await products.release(actor, fewer, order_id=before.id)
        if more := has - had:
            await self._take(actor, after, more)

    @override
    async def _changed(self, before: Order | None, after: Order | None) -> None:
        """Keep links, rollups and the customer's totals right: the old state counts out, the new one in."""
        zone, deltas = (await shop()).zone, Deltas()
        if before is not None:
            deltas.add(before, zone, -1)
        if after is not None:
            deltas.add(after, zone)
        async with unit() as opened:
            await relink(before, after)
            await deltas.write(opened)
            await recount(opened, (order.customer_id for order in (before, after) if order is not None))

    @override
    async def _removable(self, actor: Actor, document: Order) -> None:
        open_or_off = document.status in (OrderStatus.PENDING, OrderStatus.CANCELLED)
        if is_final(document) or (document.holds_stock and not open_or_off):
            raise NotDeletable
        if document.holds_stock and document.status == OrderStatus.PENDING:
            await self._hold(document)
            await products.release(actor, of_lines(document), order_id=document.id)


def _edited(actor: Actor, before: Order, what: str) -> dict[str, Any]:
    """The timeline with what somebody has changed; what they change in a row is one entry."""
    last = before.timeline[-1] if before.timeline else {}
    if last.get("event") != "edited" or last.get("by") != actor.name:
        return dict(told(before, actor, "edited", text=what))
    said = "; ".join(filter(None, (last.get("text", ""), what)))[:_MOST_TOLD]
    return dict(told(changed(before, {"timeline": before.timeline[:-1]}), actor, "edited", text=said))


orders = Orders()
