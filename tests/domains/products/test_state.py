"""What the pages of products hold."""

import pytest

from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.model import ProductCreate
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductForm, ProductRecord, _level
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


@pytest.mark.parametrize(
    ("stock", "threshold", "tracked", "expected"),
    [(0, 5, True, "Out of stock"), (5, 5, True, "Low"), (6, 5, True, ""), (1, 0, True, ""), (0, 5, False, "")],
)
def test_the_level_of_the_stock(stock: int, threshold: int, tracked: bool, expected: str) -> None:
    assert _level({"stock": stock, "lowStockThreshold": threshold, "trackInventory": tracked}) == expected


async def test_a_product(sqlite_runtime: Runtime) -> None:
    await add_shop()
    who = await add_person(Role.ADMIN)
    made = await products.create(
        who,
        {
            "name": "Lamp",
            "price": "10",
            "compareAtPrice": "12.5",
            "tags": ["a", "b"],
            "status": "draft",
            "inventory": {"stock": 2, "lowStockThreshold": 3, "allowBackorders": True},
        },
    )
    page = await opened(ProductRecord, f"/products/{made.id}", who)
    await page.open()
    assert (page.title, page.status, page.tone, page.tags) == ("Lamp", "Draft", "warning", ["a", "b"])
    values = page.values
    assert (values["price"], values["compare"], values["cost"]) == ("£10.00", "£12.50", "–")
    assert (values["stock"], values["level"], values["backorders"], values["sku"]) == ("2", "Low", "Allowed", "–")
    await products.update(who, made.id, {"inventory": {"trackInventory": False}}, made.rev)
    await page.open()
    assert (page.values["stock"], page.values["level"]) == ("Not tracked", "")


def test_the_form_has_a_control_for_every_field_of_the_payload() -> None:
    names = {item.name.split(".")[0] for item in ProductForm.fields}
    payload = {field.alias or name for name, field in ProductCreate.model_fields.items()}
    assert payload - names == {"currency", "options", "variants"}, "which is the shop's; the others have a part of their own"
