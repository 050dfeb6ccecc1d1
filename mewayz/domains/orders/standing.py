"""Where the pieces and the money of an order are, counted from its lines, parcels and refunds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mewayz.domains.orders.model import Order, OrderStatus
from mewayz.domains.products.ledger import Item

_GONE = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)


@dataclass(frozen=True, slots=True)
class LineStanding:
    """The pieces of one line.

    Attributes:
        line: its place in the order, from 0.
        item: what is taken from stock; None for postage and the like, which has none.
        unit_price: of a piece.
        ordered, shipped, returned: pieces.
        dropped: of the returned ones, those that were never shipped.
    """

    line: int
    item: Item | None
    unit_price: Decimal
    ordered: int
    shipped: int
    returned: int
    dropped: int

    @property
    def product_id(self) -> str | None:
        """Its product, if it is one."""
        return self.item.product_id if self.item else None

    @property
    def unshipped(self) -> int:
        """Pieces that are still to be shipped."""
        return self.ordered - self.shipped - self.dropped

    @property
    def returnable(self) -> int:
        """Pieces whose price has not been given back."""
        return self.ordered - self.returned

    @property
    def outside(self) -> int:
        """Of these, the ones that have left."""
        return self.returnable - self.unshipped


def _sums(entries: Iterable[Mapping[str, Any]], name: str) -> Counter[int]:
    found: Counter[int] = Counter()
    for entry in entries:
        for part in entry["lines"]:
            found[part["line"]] += part[name]
    return found


def of(order: Order) -> list[LineStanding]:
    """Where the pieces of each line are. What an earlier system had shipped has no parcels here."""
    shipped, returned, dropped = _sums(order.fulfilments, "quantity"), _sums(order.refunds, "quantity"), _sums(order.refunds, "unshipped")
    all_gone = order.status in _GONE and not order.fulfilments
    found: list[LineStanding] = []
    for index, line in enumerate(order.lines):
        ordered = max(int(line["quantity"]), 0)
        sent = ordered if all_gone else shipped[index]
        found.append(LineStanding(index, item_of(line), Decimal(line["unitPrice"]), ordered, sent, returned[index], dropped[index]))
    return found


def item_of(line: Mapping[str, Any]) -> Item | None:
    """What a line takes from stock."""
    return Item(line["productId"], line.get("variantId")) if line["productId"] else None


def refunded(order: Order) -> Decimal:
    """The money that has been given back."""
    return sum((Decimal(entry["amount"]) for entry in order.refunds), Decimal(0))


def pieces(lines: Iterable[tuple[Item | None, int]]) -> dict[Item, int]:
    """Pieces per item; what is none has no stock."""
    found: Counter[Item] = Counter()
    for item, count in lines:
        if item and count:
            found[item] += count
    return dict(found)


def of_lines(order: Order) -> dict[Item, int]:
    """The pieces that an order takes from stock."""
    return pieces((item_of(line), int(line["quantity"])) for line in order.lines)
