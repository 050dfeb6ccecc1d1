"""What an order comes to: the server's prices, the sums, and how large it may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from mewayz.backend.errors import Invalid
from mewayz.backend.money import wire_decimal
from mewayz.domains.orders.model import MAX_TOTAL, Order
from mewayz.domains.orders.payloads import OrderLine
from mewayz.domains.orders.standing import item_of
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.model import Product
from mewayz.domains.products.pieces import misnamed
from mewayz.domains.products.variants import find, title_of

_SAID = ("productId", "variantId", "sku", "name", "quantity", "unitPrice")
TOO_LARGE = "This order comes to a billion or more. Split it."
UNKNOWN = "This product does not exist."
AMOUNTS = ("discount", "tax", "shipping")
"""What is added to and taken from the price of the goods."""


class NoSuchVariant(Invalid):
    """A line names no variant of a product that has some, or one that it has not."""

    code = "orders.no_such_variant"


@dataclass(frozen=True, slots=True)
class Extras:
    """What is added to and taken from the price of the goods."""

    discount: Decimal
    tax: Decimal
    shipping: Decimal


def price(
    wanted: Sequence[OrderLine], found: Mapping[str, Product], extras: Extras, currency: str, before: Order | None = None
) -> dict[str, Any]:
    """The columns that follow from lines and extras; what is in `before` keeps the price that it has there.

    Raises:
        Invalid: a product does not exist or is sold in another currency, the discount or the whole is too large.
        NoSuchVariant: a line names no variant of a product that has some, or one that it has not.
    """
    kept: dict[Item | None, list[dict[str, Any]]] = {}
    for line in before.lines if before else ():
        kept.setdefault(item_of(line), []).append(line)
    problems: dict[str, str] = {}
    misnamings: dict[int, str] = {}
    lines: list[dict[str, Any]] = []
    subtotal = Decimal(0)
    for index, line in enumerate(wanted):
        item = Item(line.product_id, line.variant_id)
        if item not in kept and line.product_id in found and (wrong := misnamed(found[line.product_id], line.variant_id)):
            misnamings[index] = wrong
            continue
        head = _head(kept, found, item)
        if head is None:
            problems[f"lines.{index}.productId"] = UNKNOWN
            continue
        if (product := found.get(line.product_id)) is not None and product.currency != currency:
            problems[f"lines.{index}.productId"] = f"This product is sold in {product.currency}, the order in {currency}."
        total = Decimal(head["unitPrice"]) * line.quantity
        subtotal += total
        lines.append({**head, "quantity": line.quantity, "total": wire_decimal(min(total, MAX_TOTAL))})
    if not misnamings:  # without these lines nobody knows what it comes to
        problems |= _excess(subtotal, extras)
    refuse_variants(misnamings, problems)
    if problems:
        raise Invalid(fields=problems)
    return {"lines": lines, "units": sum(line.quantity for line in wanted), **sums(subtotal, extras)}


def _head(kept: Mapping[Item | None, list[dict[str, Any]]], found: Mapping[str, Product], item: Item) -> dict[str, Any] | None:
    """What a line says of its product, once and for all."""
    if earlier := kept.get(item):
        line = earlier.pop(0) if len(earlier) > 1 else earlier[0]
        return {name: line[name] for name in _SAID if name in line}
    if (product := found.get(item.product_id)) is None:
        return None
    if (variant := find(product.variants, item.variant_id)) is None:
        return {
            "productId": product.id,
            "sku": product.sku or "",
            "name": product.name,
            "quantity": 0,
            "unitPrice": wire_decimal(product.price),
        }
    return {
        "productId": product.id,
        "variantId": variant["id"],
        "sku": variant["sku"] or "",
        "name": f"{product.name} — {title_of(variant)}",
        "quantity": 0,
        "unitPrice": variant["price"] or wire_decimal(product.price),
    }


def refuse_variants(misnamings: Mapping[int, str], others: Mapping[str, str] = MappingProxyType({})) -> None:
    """Refuse lines by what is wrong with the variant that they name, if anything is.

    Raises:
        NoSuchVariant.
    """
    if wrong := {f"lines.{index}.variantId": text for index, text in misnamings.items() if text}:
        raise NoSuchVariant(fields={**wrong, **others})


def _excess(subtotal: Decimal, extras: Extras) -> dict[str, str]:
    found: dict[str, str] = {}
    if extras.discount > subtotal:
        found["discount"] = "The discount is more than the goods cost."
    if subtotal + extras.tax + extras.shipping >= MAX_TOTAL:
        found["lines"] = TOO_LARGE
    return found


def reprice(order: Order, extras: Extras) -> dict[str, Any]:
    """The columns that follow from other extras.

    Raises:
        Invalid: the discount or the whole is too large.
    """
    if problems := _excess(order.subtotal, extras):
        raise Invalid(fields=problems)
    return sums(order.subtotal, extras)


def sums(subtotal: Decimal, extras: Extras) -> dict[str, Any]:
    """The amounts of an order."""
    return {
        "subtotal": subtotal,
        "goods": subtotal,
        "discount": extras.discount,
        "tax": extras.tax,
        "shipping": extras.shipping,
        "total": subtotal - extras.discount + extras.tax + extras.shipping,
    }
