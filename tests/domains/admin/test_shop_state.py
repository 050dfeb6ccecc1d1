"""The shop on the page of administration: it can be renamed, and says what it was set up with."""

from typing import Any

import pytest

from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.domains.admin.service import admin
from mewayz.domains.admin.shop_state import SellerSettings, ShopSettings
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.ui.places import ShellState
from tests.domains.auth.flows import whom
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


async def save(page: ShopSettings, name: str) -> None:
    """Send the form."""
    handler: Any = ShopSettings.event_handlers["save"].fn
    async for _ in handler(page, {"name": name}):
        pass


async def test_an_administrator_renames_the_shop(runtime: Runtime) -> None:
    await add_shop()
    page = await opened(ShopSettings, "/admin", await add_person(Role.ADMIN))
    await page.load()
    assert (page.values["name"], page.currency, page.timezone) == ("Test shop", "GBP", "Europe/London")
    await save(page, "  Corner & Sons  ")
    assert (page.error, page.field_errors, page.saving) == ("", {}, False)
    assert (await shop()).name == page.values["name"] == (await page.get_state(ShellState)).shop == "Corner & Sons"
    for bad in ("", " ", "x" * 101):
        await save(page, bad)
        assert set(page.field_errors) == {"name"}
        assert (await shop()).name == "Corner & Sons"


async def test_invoices_name_the_seller_as_it_was_typed(runtime: Runtime) -> None:
    await add_shop()
    who = await add_person(Role.ADMIN)
    page = await opened(SellerSettings, "/admin", who)
    handler: Any = SellerSettings.event_handlers["save"].fn
    typed = {"seller.name": "Corner & Sons Ltd", "seller.address": "1 High Street\nLondon N1", "seller.number": "VAT GB 123"}
    product = await products.create(who, {"name": "Mug", "price": "5", "inventory": {"stock": 9}})
    order = await orders.create(who, {"lines": [{"productId": product.id, "quantity": 1}]})
    assert "<p>Test shop</p></header>" in (await orders.invoice(who, order.id)).page
    async for _ in handler(page, typed):
        pass
    assert (page.error, page.field_errors, page.values) == ("", {}, typed)
    assert "<p>Corner &amp; Sons Ltd\n1 High Street\nLondon N1\nVAT GB 123</p></header>" in (await orders.invoice(who, order.id)).page
    async for _ in handler(page, {**typed, "seller.number": "x" * 101}):
        pass
    assert set(page.field_errors) == {"seller.number"}
    await admin.rename_shop(who, {"name": "Corner"})
    await page.load()
    assert page.values == typed, "another name of the shop leaves the seller as it is"


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR, Role.ENTERPRISE])
async def test_others_cannot(sqlite_runtime: Runtime, role: Role) -> None:
    await add_shop()
    with pytest.raises(Forbidden):
        await admin.rename_shop(await whom((await add_person(role)).email), {"name": "Mine"})
    with pytest.raises(Forbidden):
        await admin.describe_seller(await whom(f"{role}@example.com"), {"name": "Mine"})
