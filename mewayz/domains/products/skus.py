"""Which product or variant a SKU names. The database keeps the part of the products by itself, so that no two things share one."""

from collections.abc import Iterable
from functools import cache

from sqlalchemy import Column, Index, String, Table, bindparam, delete, insert, select
from sqlmodel import SQLModel

from mewayz.backend.columns import unstorable
from mewayz.backend.database import Duplicate
from mewayz.backend.errors import Conflict
from mewayz.backend.runtime import current
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.variants import Variant, skus_of

SKUS = Table(
    "skus",
    SQLModel.metadata,
    Column("sku", String, primary_key=True),
    Column("product_id", String, nullable=False),
    Column("variant_id", String, nullable=True),
    Index("skus_product", "product_id"),
)
_t = SKUS.c
_CLAIM = insert(SKUS).values({name: bindparam(name) for name in ("sku", "product_id", "variant_id")})
_FREE = delete(SKUS).where(_t.product_id == bindparam("product"), _t.variant_id.is_not(None))
_PART = 128
_FIND = cache(
    lambda size: select(_t.sku, _t.product_id, _t.variant_id).where(_t.sku.in_([bindparam(f"sku_{index}") for index in range(size)]))
)
_TAKEN = "This SKU is already in use. Choose another."


async def find(skus: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """(product, variant) by SKU; unknown ones are left out."""
    wanted = [one for one in dict.fromkeys(skus) if not unstorable(one)]
    found: dict[str, tuple[str, str | None]] = {}
    for start in range(0, len(wanted), _PART):
        part = wanted[start : start + _PART]
        # Filled up to a power of two, so that there are few statements to prepare.
        size = 1 << (len(part) - 1).bit_length()
        params = {f"sku_{index}": part[min(index, len(part) - 1)] for index in range(size)}
        found |= {sku: (product_id, variant_id) for sku, product_id, variant_id in await current().database.fetch(_FIND(size), params)}
    return found


async def free(product_id: str) -> None:
    """Give back the SKUs of a product's variants, in the unit that changes them."""
    await current().database.execute(_FREE, {"product": product_id})


async def claim(product_id: str, variants: Iterable[Variant]) -> None:
    """Take the SKUs of a product's variants, in the unit that changes them.

    Raises:
        Conflict: another product or variant has one of them.
    """
    known = list(variants)
    wanted = skus_of(known)
    if not wanted:
        return
    taken = await find(wanted)
    if fields := {f"variants.{index}.sku": _TAKEN for index, one in enumerate(known) if one["sku"] in taken}:
        raise _taken(fields)
    rows = [{"sku": sku, "product_id": product_id, "variant_id": variant_id} for sku, variant_id in wanted.items()]
    try:
        await current().database.execute_many(_CLAIM, rows)
    except Duplicate:  # somebody took it at this very moment
        raise _taken({"variants": _TAKEN}) from None


def _taken(fields: dict[str, str]) -> Conflict:
    return Conflict("A product or variant with this SKU already exists.", code=f"{products_collection.noun}.duplicate", fields=fields)
