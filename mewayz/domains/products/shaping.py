"""A product gets options and variants, or loses them: what that does to its stock, and how the ledger tells it.

A shop expects that nothing gets lost without a word. A variant that goes takes what lies in stock of it along, with a correction that says
so; one whose pieces are ordered and have not left stays until they have. When a product gets its first variants, its own pieces are
divided among them; when it loses its last, they are its own again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mewayz.backend.access import acting
from mewayz.backend.amounts import counted
from mewayz.backend.errors import Conflict, Invalid
from mewayz.domains.products import ledger
from mewayz.domains.products.ledger import OPENING, Change, Item, MoveReason
from mewayz.domains.products.model import Product
from mewayz.domains.products.variants import OptionGiven, Variant, VariantGiven, codes_of, shaped, title_of, without_image

_DIVIDED = "Divided into variants"
_JOINED = "Variants removed"
_GONE = "Variant removed"
_SUM = "The stock of a product with variants is the sum of theirs, {total}. Change the stock of the variants."


class VariantOrdered(Conflict):
    """Open orders hold pieces of what would go."""

    code = "products.variant_ordered"


def reshaped(
    before: Product | None, options: Sequence[OptionGiven] | None, variants: Sequence[VariantGiven] | None, stock: int | None,
    images: Collection[str],
) -> dict[str, Any]:  # fmt: skip
    """The columns of a product after its options and variants were sent, or not; `stock` is what was sent as its own.

    Raises:
        Invalid: with a message per field. VariantOrdered.
    """
    known = (before.options, without_image(before.variants, images)) if before else ([], [])
    chosen, found = shaped(options, variants, known, images)
    if before is not None:
        _refuse_ordered(before, found)
    changes: dict[str, Any] = {"options": chosen, "variants": found, "variant_codes": codes_of(found)}
    if found:
        total = sum(one["stock"] for one in found)
        if stock is not None and stock != total:
            raise Invalid(fields={"inventory.stock": _SUM.format(total=counted(total))})
        return {**changes, "stock": total}
    return changes if stock is None else {**changes, "stock": stock}


def _refuse_ordered(before: Product, after: Sequence[Variant]) -> None:
    staying = {one["id"] for one in after}
    if held := [title_of(one) for one in before.variants if one["reserved"] and one["id"] not in staying]:
        raise VariantOrdered(f"Open orders hold pieces of {', '.join(held)}. Ship or cancel them first.")
    if after and not before.variants and before.reserved:
        raise VariantOrdered("Open orders hold pieces of this product, and name no variant. Ship or cancel them first.")


class _Entry(NamedTuple):
    note: str
    change: Change


async def enter(before: Product | None, after: Product) -> None:
    """Write into the ledger how the stock has changed by hand, in the caller's unit."""
    for entry in _entries(before, after):
        await ledger.write(acting(), [entry.change], note=entry.note)


def _entries(before: Product | None, after: Product) -> Iterator[_Entry]:
    had, has = _by_id(before), _by_id(after)
    own_before, own_after = _own(before), _own(after)
    first, reason = (OPENING, MoveReason.RECEIPT) if before is None or had else (_DIVIDED, MoveReason.CORRECTION)
    # What is taken away comes first: no line of the ledger counts a piece twice.
    if own_before and has:
        yield _Entry(_DIVIDED, Change(Item(after.id), -own_before, MoveReason.CORRECTION, 0))
    for key, one in had.items():
        if key not in has and one["stock"]:
            yield _Entry(_GONE if has else _JOINED, _of(after, {**one, "stock": 0}, -one["stock"], MoveReason.CORRECTION))
    for key, one in has.items():
        if key not in had and one["stock"]:
            yield _Entry(first, _of(after, one, one["stock"], reason))
        elif key in had and (delta := one["stock"] - had[key]["stock"]):
            yield _Entry("", _of(after, one, delta, MoveReason.CORRECTION))
    if not has and own_after != own_before:
        note, reason = (OPENING, MoveReason.RECEIPT) if before is None else (_JOINED if had else "", MoveReason.CORRECTION)
        yield _Entry(note, Change(Item(after.id), own_after - own_before, reason, own_after))


def _by_id(product: Product | None) -> Mapping[str, Variant]:
    return {one["id"]: one for one in product.variants} if product else {}


def _own(product: Product | None) -> int:
    """Pieces that belong to no variant."""
    return product.stock if product and not product.variants else 0


def _of(product: Product, variant: Variant, delta: int, reason: MoveReason) -> Change:
    return Change(Item(product.id, variant["id"]), delta, reason, variant["stock"], title_of(variant))
