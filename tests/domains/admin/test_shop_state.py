"""The shop on the page of administration: it can be renamed, and says what it was set up with."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.domains.admin.service import admin
from mewayz.domains.admin.shop_state import SellerSettings, ShopSettings
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductTable
from mewayz.ui.places import ShellState
from mewayz.ui.words import locale
from tests.domains.auth.flows import whom
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


async def save(page: ShopSettings, name: str, region: str = "GB") -> None:
    """Send the form."""
    handler: Any = ShopSettings.event_handlers["save"].fn
    async for _ in handler(page, {"name": name, "region": region}):
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


async def test_the_shop_writes_as_its_country_does(runtime: Runtime) -> None:
    await add_shop(currency="EUR")
    who = await add_person(Role.ADMIN)
    page = await opened(ShopSettings, "/admin", who)
    product = await products.create(who, {"name": "Mug", "price": "1204.5", "inventory": {"stock": 9}})
    order = await orders.create(who, {"lines": [{"productId": product.id, "quantity": 1}]})
    with clock.frozen(datetime(2026, 11, 27, 12, tzinfo=UTC)):
        await page.load()
        assert (page.values["region"], page.sample) == ("GB", "€1,204.50 on 27 Nov 2026")
        await save(page, "Test shop", "DE")
        assert (page.error, page.field_errors, page.sample.replace("\xa0", " ")) == ("", {}, "1.204,50 € on 27 Nov 2026")
    assert "1.204,50\xa0€" in (await orders.invoice(who, order.id)).page
    assert (await locale()).money("1204.5") == "1.204,50\xa0€"
    table = await opened(ProductTable, "/products", who)
    await table.load()
    table.editing = f"{product.id} price"
    edit: Any = ProductTable.event_handlers["commit"].fn
    async for _ in edit(table, {"cell": "12,5"}):
        pass
    assert (await products.get(who, product.id)).price == Decimal("12.5"), "in the cell of a list, too"
    await save(page, "Test shop", "Atlantis")
    assert page.field_errors == {"region": "Choose a country from the list; its code has two letters, such as GB."}
    assert (await shop()).region == "DE"
    await admin.describe_shop(who, {"region": ""})
    assert (await shop()).language == "en_GB", "as at the beginning"


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
    await admin.describe_shop(who, {"name": "Corner"})
    await page.load()
    assert page.values == typed, "another name of the shop leaves the seller as it is"


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR, Role.ENTERPRISE])
async def test_others_cannot(sqlite_runtime: Runtime, role: Role) -> None:
    await add_shop()
    with pytest.raises(Forbidden):
        await admin.describe_shop(await whom((await add_person(role)).email), {"name": "Mine"})
    with pytest.raises(Forbidden):
        await admin.describe_seller(await whom(f"{role}@example.com"), {"name": "Mine"})
