"""What a part of an import comes to beside the orders that are there: new ones, changed ones, and those that must stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mewayz.backend.access import Actor, check
from mewayz.backend.batches import CREATED, UPDATED, Touched
from mewayz.backend.documents import wire_value
from mewayz.backend.loads import Mode
from mewayz.domains.customers.model import Customer
from mewayz.domains.orders.bulk import NewOrder
from mewayz.domains.orders.corrections import difference, former_of, hindrance
from mewayz.domains.orders.drafts import IMPORTED, Draft
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.products.model import Product

_NOT_OURS = "An order with this number was placed here, and an import does not change it."
_TAKEN = "An order with this number is there already."


def is_historical(order: Order) -> bool:
    """Whether an order came in a file, so that nothing but the file speaks for it."""
    return bool(order.timeline) and order.timeline[0]["event"] == IMPORTED


def objection(order: Order, mode: Mode) -> str:
    """Why an import must not touch this order at all; empty when it may."""
    return _TAKEN if mode is Mode.CREATE else "" if is_historical(order) else _NOT_OURS


@dataclass(slots=True)
class Part:
    """Orders of a file on their way in, with the records that they need first."""

    drafts: list[Draft]
    made: list[NewOrder] = field(default_factory=list[NewOrder])
    products: list[Product] = field(default_factory=list[Product])
    customers: list[Customer] = field(default_factory=list[Customer])


@dataclass(slots=True)
class Found:
    """What a part comes to; `told` are the columns that the file speaks about.

    Attributes:
        new: orders to place.
        changed: orders as they are, and what they become.
        unchanged: how many the file says nothing new about.
        refused: drafts that must not be written, each with the reason.
        shown: new and changed ones, for a dry run.
    """

    actor: Actor
    mode: Mode
    told: frozenset[str]
    new: list[NewOrder] = field(default_factory=list[NewOrder])
    changed: list[tuple[Order, NewOrder]] = field(default_factory=list[tuple[Order, NewOrder]])
    unchanged: int = 0
    refused: list[tuple[Draft, str]] = field(default_factory=list[tuple[Draft, str]])
    shown: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def sort(self, part: Part, there: Mapping[str, Order]) -> None:
        """Compare a part with the orders of its numbers.

        Raises:
            Forbidden: an order would change, and the actor may not.
        """
        for draft, order in zip(part.drafts, part.made, strict=True):
            before = there.get(draft.number)
            if before is None:
                self.new.append(order)
                self.shown.append({"line": draft.line, "id": None, "action": CREATED, "fields": {}})
                continue
            different = difference(before, order.row, self.told)
            if reason := objection(before, self.mode) or hindrance(before, different):
                self.refused.append((draft, f"number: {reason}"))
            elif different:
                check(self.actor, "orders:update")
                kept = {name: getattr(before, name) for name in orders_collection.names}
                self.changed.append((before, NewOrder({**kept, **different, "rev": before.rev + 1}, order.lines)))
                fields = {name: [wire_value(getattr(before, name)), wire_value(value)] for name, value in different.items()}
                self.shown.append({"line": draft.line, "id": before.id, "action": UPDATED, "fields": fields})
            else:
                self.unchanged += 1

    @property
    def after(self) -> list[NewOrder]:
        """All that is to be saved."""
        return [*self.new, *(after for _, after in self.changed)]

    @property
    def touched(self) -> list[Touched]:
        """The same for the list of what the import has done."""
        created = [Touched("orders", order.row["id"], CREATED, 1, {}) for order in self.new]
        return created + [Touched("orders", was.id, UPDATED, was.rev + 1, former_of(was)) for was, _ in self.changed]
