"""A product like another one."""

from decimal import Decimal

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductRecord
from tests.domains.people import add_person, add_shop, data_of, signed_in
from tests.domains.products.goods import SELLER, tee, titles
from tests.tabs import opened


async def test_a_copy_is_a_draft_without_stock_under_codes_of_its_own(runtime: Runtime) -> None:
    await add_shop()
    first = await tee(1, 2, 3, cost="8", category="Clothes", tags=["a"], sku="TEE", barcode="4006381333931", description="Soft")
    copies = [await products.duplicate(SELLER, first.id) for _ in range(2)]
    for number, one in enumerate(copies):
        end = "-copy" if not number else "-copy-2"
        assert (one.name, one.status, one.stock, one.barcode) == ("Tee (copy)", "draft", 0, "")
        assert (one.price, one.cost, one.category, one.tags, one.description) == (Decimal(20), Decimal(8), "Clothes", ["a"], "Soft")
        assert titles(one) == {"S/Red": 0, "S/Blue": 0, "L/Red": 0}
        assert [one.sku, *(each["sku"] for each in one.variants)] == [
            f"{sku}{end}" for sku in ("TEE", "TEE-S-RED", "TEE-S-BLUE", "TEE-L-RED")
        ]
    assert len({one.slug for one in (first, *copies)}) == 3
    assert (await products.get(SELLER, first.id)).stock == 6
    with pytest.raises(Forbidden):
        await products.duplicate(Actor("b" * 24, role=Role.MODERATOR), first.id)


async def test_a_product_without_variants_and_sku(runtime: Runtime) -> None:
    await add_shop()
    who = await add_person(Role.ADMIN)
    mug = await products.create(who, {"name": "M" * 200, "price": "5", "inventory": {"stock": 9, "allowBackorders": True}})
    async with signed_in(who.email) as client:
        made = data_of(await client.post(f"/products/{mug.id}/duplicate"), 201)["product"]
    assert (len(made["name"]), made["sku"], made["inventory"]["stock"], made["inventory"]["allowBackorders"]) == (200, None, 0, True)
    page = await opened(ProductRecord, f"/products/{mug.id}", who)
    await page.open()
    event = await page.duplicate()
    assert "/edit" in str(event)
    assert (page.error, len(await products.collection.find_all())) == ("", 3)
