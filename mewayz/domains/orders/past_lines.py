"""The lines of orders of the past, as an order keeps them, and what they come to."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from mewayz.backend.money import wire
from mewayz.domains.orders.measures import ParsedLine

PastLine = tuple[str | None, str | None, str, str, int, int]
"""Product and variant id, SKU, name, quantity, unit price in stored units; a bare tuple, since files have a million of them."""


class PastLines(NamedTuple):
    """All lines of an order: as it keeps them, parsed for the figures, the pieces, and the sum in stored units."""

    kept: list[dict[str, Any]]
    parsed: list[ParsedLine]
    units: int
    subtotal: int


def written_down(lines: Iterable[PastLine]) -> PastLines:
    """Write lines down."""
    kept: list[dict[str, Any]] = []
    parsed: list[ParsedLine] = []
    units = subtotal = 0
    for product_id, variant_id, sku, name, quantity, price in lines:
        amount = quantity * price
        subtotal += amount
        units += quantity
        parsed.append((product_id, quantity, price))
        line = {"productId": product_id, "sku": sku, "name": name, "quantity": quantity, "unitPrice": wire(price), "total": wire(amount)}
        if variant_id:
            line["variantId"] = variant_id
        kept.append(line)
    return PastLines(kept, parsed, units, subtotal)
