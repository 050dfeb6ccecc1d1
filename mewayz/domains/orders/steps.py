"""The steps of an order: each follows the table of machine.py, moves stock and money, and is told in the timeline."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from mewayz.backend import clock, letters
from mewayz.backend.access import Actor, allow, check
from mewayz.backend.columns import time_text
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Conflict, Invalid, MewayzError, NotFound
from mewayz.backend.grants import Scope
from mewayz.backend.money import wire_decimal
from mewayz.backend.payloads import parse
from mewayz.backend.sequences import next_number
from mewayz.backend.unit import repeatable, unit
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import machine, standing
from mewayz.domains.orders.confirmations import tell
from mewayz.domains.orders.machine import Step
from mewayz.domains.orders.model import Order, OrderKind, OrderStatus, orders_collection
from mewayz.domains.orders.payloads import NoteAdded, Refund, Shipment
from mewayz.domains.orders.returns import Decision, book, decide, parts_of
from mewayz.domains.products.service import products

MAX_NOTES = 200
Changes = dict[str, Any]


def told(order: Order, actor: Actor, event: str, at: datetime | None = None, **details: Any) -> Changes:
    """The timeline with one more entry, of this moment unless another one is given; what has no value is left out."""
    entry = {"at": time_text(at or clock.now()), "event": event, "by": actor.name}
    return {"timeline": [*order.timeline, {**entry, **{name: value for name, value in details.items() if value not in ("", None)}}]}


def changed(order: Order, changes: Mapping[str, Any]) -> Order:
    """The order as it will be."""
    return Order(**{**order.model_dump(), **changes})


class OrderSteps(CrudService[Order]):
    """The verbs by which an order goes on."""

    @allow("update")
    async def confirm(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """Accept a pending order, and tell the customer.

        Raises:
            IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "confirm", rev)

    @allow("update")
    async def process(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """Begin to prepare a confirmed order.

        Raises:
            IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "process", rev)

    @allow("update")
    async def ship(self, actor: Actor, order_id: str, data: Mapping[str, Any], rev: int | None = None) -> Order:
        """Send a parcel: the pieces that are named, or all that are left.

        Raises:
            Invalid: more pieces than are left. IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "ship", rev, parse(Shipment, data))

    @allow("update")
    async def deliver(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """The parcels have arrived.

        Raises:
            IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "deliver", rev)

    @allow("cancel")
    async def cancel(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """Call an order off, and give its pieces back to the stock. People who buy may do so while their order is pending.

        Raises:
            IllegalTransition, NotFound, Forbidden, Conflict.
        """
        return await self._go(actor, order_id, "cancel", rev)

    @allow("update")
    async def pay(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """The whole amount has been paid.

        Raises:
            IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "pay", rev)

    @allow("update")
    async def fail(self, actor: Actor, order_id: str, rev: int | None = None) -> Order:
        """The payment has failed; it may come later.

        Raises:
            IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "fail", rev)

    @allow("update")
    async def refund(self, actor: Actor, order_id: str, data: Mapping[str, Any], rev: int | None = None) -> Order:
        """Give money back, with or without goods; books a return of its own number and date.

        Raises:
            Invalid: more than there is left. IllegalTransition, NotFound, Conflict.
        """
        return await self._go(actor, order_id, "refund", rev, parse(Refund, data))

    @allow("update")
    async def remark(self, actor: Actor, order_id: str, data: Mapping[str, Any], rev: int | None = None) -> Order:
        """Add a note to the timeline; an internal one is not for those who see only their own orders.

        Raises:
            Invalid, NotFound, Conflict.
        """
        note = parse(NoteAdded, data)

        async def add(before: Order) -> Changes:
            if sum(entry["event"] == "note" for entry in before.timeline) >= MAX_NOTES:
                raise Invalid(fields={"text": f"An order takes {MAX_NOTES} notes."})
            return told(before, actor, "note", text=note.text, internal=note.internal)

        return await self._changing(actor, order_id, "update", rev, add)

    @allow("read")
    async def actions(self, actor: Actor, order: Order) -> list[Step]:
        """The steps that `actor` can take with this order now: its buttons."""
        return [step for step in machine.possible(order) if self._may(actor, step)]

    @allow("read")
    async def returns_of(self, actor: Actor, order_id: str) -> list[Order]:
        """The returns of an order, oldest first.

        Raises:
            NotFound: no such order, or not this actor's.
        """
        order = await self.get(actor, order_id)
        found = await orders_collection.find_ids(entry["id"] for entry in order.refunds)
        return [self._seen(actor, found[entry["id"]]) for entry in order.refunds]

    def _may(self, actor: Actor, step: Step) -> bool:
        with suppress(MewayzError):
            step.policy.verify(actor)
            return True
        return False

    async def _go(self, actor: Actor, order_id: str, verb: str, rev: int | None, payload: Any = None) -> Order:
        async def work(before: Order) -> Changes:
            return await self._take_step(actor, before, verb, payload)

        return self._seen(actor, await self._changing(actor, order_id, "cancel" if verb == "cancel" else "update", rev, work))

    @repeatable
    async def _changing(
        self, actor: Actor, order_id: str, permission: str, rev: int | None, work: Callable[[Order], Awaitable[Changes]]
    ) -> Order:
        restriction = self._restriction(actor, permission)
        async with unit() as opened:
            before = await self.collection.get(order_id, restriction, lock=True)
            if rev is not None and rev != before.rev:
                # What was meant for an earlier state is refused as that, before it is looked at whether it would fit this one.
                raise Conflict(code=f"{self.noun}.outdated")
            before, after = await self.collection.patch(order_id, await work(before), rev, restriction)
            await self._changed(before, after)
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return after

    def _seen(self, actor: Actor, order: Order) -> Order:
        """The order as this actor may see it."""
        if check(actor, f"{self.noun}:read") is Scope.OWN:
            order.timeline = [entry for entry in order.timeline if not entry.get("internal")]
        return order

    async def _take_step(self, actor: Actor, before: Order, verb: str, payload: Any = None) -> Changes:
        """The changes of one step; its stock has moved then.

        Raises:
            IllegalTransition, Forbidden, Invalid.
        """
        step = machine.step_of(verb, before)
        step.policy.verify(actor)
        await self._hold(before)
        changes: Changes = {}
        if step.to:
            changes["status"] = step.to.value
        if step.payment_to:
            changes["payment_status"] = step.payment_to.value
        match verb:
            case "ship":
                return {**changes, **await self._ship(actor, before, payload or Shipment(), step)}
            case "refund":
                return {**changes, **await self._refund(actor, before, payload, step)}
            case "confirm":
                await tell(before, letters.order_confirmed)
            case "cancel" if before.holds_stock:
                await products.release(actor, standing.of_lines(before), order_id=before.id)
            case _:
                pass
        events = {"pay": "paid", "fail": "payment_failed"}
        return {**changes, **told(before, actor, events.get(verb) or changes["status"])}

    async def _hold(self, order: Order) -> None:
        """Lock the customer before any product, as a new order does: nobody waits for each other in a circle."""
        if order.customer_id:
            with suppress(NotFound):
                await customers_collection.get(order.customer_id, lock=True)

    async def _ship(self, actor: Actor, before: Order, shipment: Shipment, step: Step) -> Changes:
        lines = standing.of(before)
        if shipment.lines is None:
            parts = [(line, line.unshipped) for line in lines if line.unshipped]
        else:
            parts = parts_of(lines, shipment.lines, "unshipped")
        if before.holds_stock:
            await products.ship(actor, standing.pieces((line.item, count) for line, count in parts), order_id=before.id)
        tracking = shipment.model_dump(by_alias=True, exclude={"lines"})
        now = clock.now()
        parcel = {
            "at": time_text(now),
            "by": actor.name,
            "lines": [{"line": line.line, "quantity": count} for line, count in parts],
            **tracking,
        }
        complete = sum(count for _, count in parts) == sum(line.unshipped for line in lines)
        assert step.to is not None
        assert step.partly is not None
        return {
            "status": (step.to if complete else step.partly).value,
            "fulfilments": [*before.fulfilments, parcel],
            **told(before, actor, "shipped" if complete else "shipped_in_part", now, pieces=sum(count for _, count in parts), **tracking),
        }

    async def _refund(self, actor: Actor, before: Order, refund: Refund, step: Step) -> Changes:
        decision = decide(before, refund)
        restocked = refund.restock and before.holds_stock
        await self._restock(actor, before, decision, put_back=restocked)
        returned = book(before, decision, refund.reason, actor, f"R-{await next_number(self.noun)}")
        await self.collection.add(returned)
        await self._changed(None, returned)
        entry = {
            "at": time_text(returned.placed_at),
            "by": actor.name,
            "id": returned.id,
            "number": returned.number,
            "amount": wire_decimal(decision.amount),
            "shipping": wire_decimal(decision.shipping),
            "reason": refund.reason,
            "lines": [
                {"line": one.line.line, "quantity": one.quantity, "unshipped": one.unshipped, "restocked": restocked}
                for one in decision.back
            ],
        }
        assert step.payment_to is not None
        assert step.payment_partly is not None
        changes: Changes = {
            "refunds": [*before.refunds, entry],
            "status": self._after_refund(before, entry, complete=decision.complete),
            "payment_status": (step.payment_to if decision.complete else step.payment_partly).value,
        }
        event = "refunded" if decision.complete else "refunded_in_part"
        details = {"amount": entry["amount"], "number": returned.number, "reason": refund.reason}
        if decision.back:
            details |= {"pieces": -returned.units, "unshipped": sum(one.unshipped for one in decision.back)}
        return {**changes, **told(before, actor, event, returned.placed_at, **details)}

    def _after_refund(self, before: Order, entry: dict[str, Any], *, complete: bool) -> str:
        if complete:
            return OrderStatus.REFUNDED.value
        rest = standing.of(changed(before, {"refunds": [*before.refunds, entry]}))
        # What was waiting for the pieces that will not come has been shipped in full.
        done = before.status == OrderStatus.PROCESSING and before.fulfilments and not any(line.unshipped for line in rest)
        return OrderStatus.SHIPPED.value if done else before.status

    async def _restock(self, actor: Actor, order: Order, decision: Decision, *, put_back: bool) -> None:
        if not order.holds_stock:
            return  # what it never took does not come back by it
        staying = [(one.line.item, one.unshipped) for one in decision.back]
        if decision.complete:
            staying = [(line.item, line.unshipped) for line in standing.of(order)]
        await products.release(actor, standing.pieces(staying), order_id=order.id)
        if put_back:
            came_back = standing.pieces((one.line.item, one.shipped) for one in decision.back)
            await products.put_back(actor, came_back, order_id=order.id)


def is_final(order: Order) -> bool:
    """Whether the order is part of a refund, which stays as it was booked."""
    return bool(order.refunds) or (order.kind == OrderKind.RETURN and order.original_id is not None)
