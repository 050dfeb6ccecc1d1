"""What an order adds to the figures, and each of its lines: the same wherever it is counted. Definitions: docs/metrics.md."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from mewayz.backend import money
from mewayz.domains.orders.model import OrderKind


class Measures(NamedTuple):
    """What one order or line adds; money in stored units."""

    gross: int = 0
    returns: int = 0
    orders: int = 0
    units: int = 0
    discounts: int = 0

    def plus(self, other: "Measures", sign: int = 1) -> "Measures":
        """The sum, or the difference with sign −1."""
        return Measures(*(mine + sign * theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Measures()
ParsedLine = tuple[str | None, int, int]
"""Product id (None for postage and the like), quantity, unit price in stored units."""


class Head(NamedTuple):
    """What of an order decides where its lines are counted."""

    kind: str
    currency: str
    country: str
    customer_id: str | None


def parse_lines(lines: Iterable[Mapping[str, Any]]) -> list[ParsedLine]:
    """The lines of an order, as it keeps them, for what is counted of them."""
    return [(line["productId"], int(line["quantity"]), money.to_units(Decimal(line["unitPrice"]))) for line in lines]


def amounts_of(kind: str, lines: Sequence[ParsedLine]) -> list[int]:
    """What each line adds to gross sales, or that of a return to returns.

    A sale line has quantity > 0 and price > 0, a return line quantity < 0 and price > 0; nothing else counts.
    """
    if kind == OrderKind.SALE:
        return [count * price if count > 0 and price > 0 else 0 for _, count, price in lines]
    return [-count * price if count < 0 and price > 0 and kind == OrderKind.RETURN else 0 for _, count, price in lines]


def goods_of(kind: str, lines: Sequence[ParsedLine]) -> int:
    """What parsed lines add to gross sales, or those of a return to returns; in units."""
    return sum(amounts_of(kind, lines))


def shares_of(kind: str, amounts: Sequence[int], discount: int) -> list[int]:
    """The discount of an order shared among its lines: in proportion to their amounts, to the last unit.

    A discount of an order without such lines, an allowance that was given later, belongs to none. A return takes at most as much discount
    back from a line as it gives back for it, so that no line adds more to net sales than to gross.
    """
    total = sum(amounts)
    if not discount or not total:
        return [0] * len(amounts)
    placed = max(discount, -total) if kind == OrderKind.RETURN else discount
    shares, before, reached = list[int](), 0, 0
    for amount in amounts:
        reached += amount
        upto = placed * reached // total
        shares.append(upto - before)
        before = upto
    return shares


def measures_of(kind: str, amount: int, units: int, discount: int) -> Measures:
    """What an amount of sold or returned goods adds, in one order."""
    if kind == OrderKind.SALE:
        return Measures(amount, 0, 1 if amount else 0, units, discount)
    return Measures(0, amount, 0, 0, discount)


def lines_measures(kind: str, lines: Sequence[ParsedLine], discount: int) -> list[Measures]:
    """What each line adds, with its share of the discount of the order. Orders are not counted by line."""
    amounts = amounts_of(kind, lines)
    return [
        measures_of(kind, amount, count if amount else 0, share)._replace(orders=0)
        for (_, count, _), amount, share in zip(lines, amounts, shares_of(kind, amounts, discount), strict=True)
    ]
