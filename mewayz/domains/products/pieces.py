"""How pieces of a product or a variant move, in the caller's unit: the rules hold at the moment of the change.

Of a product without variants they stand in the UPDATE itself. A variant is a part of its product's row, so the row is locked, looked at
and written. Whoever moves several things moves them in the order of their ids, so that nobody waits for each other in a circle.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, update

from mewayz.backend import clock
from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.errors import Conflict, NotFound
from mewayz.backend.runtime import current
from mewayz.domains.products import variants
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.model import MAX_STOCK, Product, ProductStatus, for_sale, products_collection
from mewayz.domains.products.variants import Variant, title_of

Pieces = Mapping[str, int] | Mapping[Item, int]
"""How many of what; the id of a product alone names one that has no variants."""

_TOLD = 12
_table = products_collection.table
_delta = bindparam("delta", type_=Integer())
_after = _table.c.stock + _delta
_enough = (_delta >= 0) | (_after >= 0) | ~_table.c.track_inventory | _table.c.allow_backorders
_plain = _table.c.variants == bindparam("none", [], type_=JSON_DOCUMENT)
_moved = {"stock": _after, "reserved": _table.c.reserved + bindparam("held"), "rev": _table.c.rev + 1, "updated_at": bindparam("at")}


class Rule(Enum):
    """What a change has to heed."""

    TAKE = "take"
    """It is for sale, and there are enough."""
    ADJUST = "adjust"
    """There are enough, and not more than can be counted."""
    MOVE = "move"
    """Nothing: it has happened."""


_CONDITIONS: Mapping[Rule, tuple[Any, ...]] = {
    Rule.TAKE: (_enough, for_sale("now")),
    Rule.ADJUST: (_enough, _after <= MAX_STOCK),
    Rule.MOVE: (),
}
_STATEMENTS = {
    rule: update(_table).where(_table.c.id == bindparam("id_"), _plain, *found).values(**_moved).returning(_table.c.stock)
    for rule, found in _CONDITIONS.items()
}
_WRITE_VARIANTS = (
    update(_table).where(_table.c.id == bindparam("id_")).values(**_moved, variants=bindparam("variants_", type_=JSON_DOCUMENT))
)


class OutOfStock(Conflict):
    """There are not enough pieces, and backorders are not allowed."""

    code = "products.out_of_stock"


class NotForSale(Conflict):
    """The product is a draft, archived, on sale only later, or deleted."""

    code = "products.not_for_sale"
    default_message = "A product of this order does not exist any more. Remove it from the order."


class UnknownVariant(Conflict):
    """The product has variants and none is named, or it has not the one that is."""

    code = "products.unknown_variant"


class Moved(NamedTuple):
    """The stock after a change, and what the variant is called."""

    balance: int
    variant: str = ""


def in_order(pieces: Pieces) -> list[tuple[Item, int]]:
    """What is moved, in the order in which everybody moves it."""
    found = [(Item(key) if isinstance(key, str) else key, count) for key, count in pieces.items()]
    return sorted(found, key=lambda one: (one[0].product_id, one[0].variant_id or ""))


async def move(rule: Rule, item: Item, delta: int, *, held: int = 0) -> Moved | None:
    """Change the stock by `delta` and what is reserved by `held`; None when the rule does not allow it, or it is not there."""
    if item.variant_id is not None:
        return await _move_variant(rule, item, delta, held)
    now = clock.now()
    values = {"id_": item.product_id, "delta": delta, "held": held, "at": now, "now": now}
    balance = await current().database.value(_STATEMENTS[rule], values)
    return None if balance is None else Moved(balance)


async def _move_variant(rule: Rule, item: Item, delta: int, held: int) -> Moved | None:
    try:
        product = await products_collection.get(item.product_id, lock=True)
    except NotFound:
        return None
    variant = variants.find(product.variants, item.variant_id)
    if variant is None or not _allowed(rule, product, variant, delta):
        return None
    after: Variant = {**variant, "stock": variant["stock"] + delta, "reserved": variant["reserved"] + held}
    values = {
        "id_": product.id,
        "delta": delta,
        "held": held,
        "at": clock.now(),
        "variants_": [after if one is variant else one for one in product.variants],
    }
    await current().database.execute(_WRITE_VARIANTS, values)
    return Moved(after["stock"], title_of(after))


def _allowed(rule: Rule, product: Product, variant: Variant, delta: int) -> bool:
    if rule is Rule.MOVE:
        return True
    if rule is Rule.TAKE and not product.for_sale_at(clock.now()):
        return False
    if rule is Rule.ADJUST and product.stock + delta > MAX_STOCK:
        return False
    return delta >= 0 or variant["stock"] + delta >= 0 or not product.track_inventory or product.allow_backorders


async def refusal(item: Item, count: int) -> Conflict:
    """Why pieces could not be taken."""
    try:
        product = await products_collection.get(item.product_id)
    except NotFound:
        return NotForSale()
    if not product.for_sale_at(clock.now()):
        later = product.status == ProductStatus.SCHEDULED
        return NotForSale(f"“{product.name}” is not for sale{' yet' if later else ''}. Remove it from the order.")
    if wrong := misnamed(product, item.variant_id):
        return UnknownVariant(f"“{product.name}”: {wrong}")
    variant = variants.find(product.variants, item.variant_id)
    name = f"{product.name} — {title_of(variant)}" if variant else product.name
    return OutOfStock(f"Only {max(variant['stock'] if variant else product.stock, 0)} of “{name}” are left. Order fewer.")


def misnamed(product: Product, variant_id: str | None) -> str:
    """What is wrong with naming this variant of a product, or none; empty when nothing is."""
    if not product.variants:
        return "This product has no variants. Leave the variant out." if variant_id else ""
    there = "; ".join(title_of(one) for one in product.variants[:_TOLD]) + ("; …" if len(product.variants) > _TOLD else "")
    if not variant_id:
        return f"Choose a variant: {there}."
    return "" if variants.find(product.variants, variant_id) else f"This variant does not exist any more. Choose one of: {there}."
