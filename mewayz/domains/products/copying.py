"""A product like another one: a draft with its texts, prices and variants, without stock and pictures, under codes of its own."""

from collections.abc import Sequence
from typing import Any

from mewayz.backend.access import Actor, allow
from mewayz.backend.crud import CrudService
from mewayz.domains.products import skus
from mewayz.domains.products.model import Product, ProductStatus
from mewayz.domains.products.variants import Variant

_MOST_NAME, _MOST_SKU = 200, 64
_TRIES = 100
_TAKEN_OVER = ("description", "short_description", "price", "compare_at_price", "cost", "currency", "category", "tags", "visibility")
_RULES = ("low_stock_threshold", "track_inventory", "allow_backorders")


class Copies(CrudService[Product]):
    """The verb that makes a product like another one."""

    @allow("create")
    async def duplicate(self, actor: Actor, product_id: str) -> Product:
        """Make a draft like this product. Barcodes name one thing only, so the copy has none; its SKUs are new.

        Raises:
            NotFound. Invalid: a price of the past is finer than one that can be entered.
        """
        found = await self.get(actor, product_id)
        sold_as = [one["sku"] for one in found.variants if one["sku"]]
        codes = await _codes([*([found.sku] if found.sku else []), *sold_as])
        data: dict[str, Any] = {name: getattr(found, name) for name in _TAKEN_OVER}
        data |= {
            "name": f"{found.name[: _MOST_NAME - len(' (copy)')]} (copy)",
            "sku": codes.get(found.sku or ""),
            "status": ProductStatus.DRAFT.value,
            "inventory": {name: getattr(found, name) for name in _RULES},
        }
        if found.variants:
            data |= {"options": found.options, "variants": [_variant(one, codes) for one in found.variants]}
        return await self.create(actor, data)


def _variant(one: Variant, codes: dict[str, str]) -> dict[str, Any]:
    prices = {name: one[name] for name in ("price", "compareAtPrice", "cost")}
    return {"values": one["values"], "sku": codes.get(one["sku"] or ""), **prices, "stock": 0}


async def _codes(known: Sequence[str]) -> dict[str, str]:
    """A SKU that nothing has, for each of these: `MUG` → MUG-copy, or MUG-copy-2."""
    tries = {one: [_marked(one, number) for number in range(1, _TRIES)] for one in known}
    taken = set(await skus.find(code for codes in tries.values() for code in codes))
    found: dict[str, str] = {}
    for one, codes in tries.items():
        found[one] = next(code for code in codes if code not in taken)
        taken.add(found[one])
    return found


def _marked(sku: str, number: int) -> str:
    mark = "-copy" if number == 1 else f"-copy-{number}"
    return f"{sku[: _MOST_SKU - len(mark)]}{mark}"
