"""The shop and its seller over REST."""

import pytest

from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in


async def test_an_administrator_says_what_the_shop_is_called(runtime: Runtime) -> None:
    await add_shop()
    async with signed_in((await add_person(Role.ADMIN)).email) as client:
        assert data_of(await client.get("/shop")) == {
            "shop": {"name": "Test shop", "currency": "GBP", "timezone": "Europe/London", "region": "GB"}
        }
        assert data_of(await client.patch("/shop", json={"name": "Corner"}))["shop"]["name"] == "Corner"
        assert data_of(await client.get("/shop"))["shop"]["name"] == "Corner"
        changed = data_of(await client.patch("/shop", json={"region": "IE"}))["shop"]
        assert (changed["name"], changed["region"]) == ("Corner", "IE"), "what is not sent stays"
        refused(await client.patch("/shop", json={"region": "germany"}), 422, "invalid")
        refused(await client.patch("/shop", json={"currency": "EUR"}), 422, "invalid")


async def test_an_administrator_says_who_sells(runtime: Runtime) -> None:
    await add_shop()
    who = await add_person(Role.ADMIN)
    product = await products.create(who, {"name": "Mug", "price": "5", "inventory": {"stock": 9}})
    order = await orders.create(who, {"lines": [{"productId": product.id, "quantity": 1}]})
    async with signed_in(who.email) as client:
        assert data_of(await client.get("/shop/seller")) == {"seller": {"name": "", "address": "", "number": ""}}
        data_of(await client.patch("/shop/seller", json={"name": "Corner Ltd", "address": "1 High Street\nLondon"}))
        changed = data_of(await client.patch("/shop/seller", json={"number": "VAT GB 123"}))
        assert changed == {"seller": {"name": "Corner Ltd", "address": "1 High Street\nLondon", "number": "VAT GB 123"}}
        assert "<p>Corner Ltd\n1 High Street\nLondon\nVAT GB 123</p></header>" in (await client.get(f"/orders/{order.id}/invoice")).text
        emptied = data_of(await client.patch("/shop/seller", json={"address": ""}))
        assert (
            emptied
            == data_of(await client.get("/shop/seller"))
            == {"seller": {"name": "Corner Ltd", "address": "", "number": "VAT GB 123"}}
        )
        refused(await client.patch("/shop/seller", json={"number": "x" * 101}), 422, "invalid")
        assert data_of(await client.get("/shop"))["shop"]["name"] == "Test shop", "the shop is called as before"


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR, Role.ENTERPRISE])
async def test_others_see_and_change_nothing_of_it(sqlite_runtime: Runtime, role: Role) -> None:
    await add_shop()
    async with signed_in((await add_person(role)).email) as client:
        for path in ("/shop", "/shop/seller"):
            refused(await client.get(path), 403, "forbidden")
            refused(await client.patch(path, json={"name": "Mine"}), 403, "forbidden")
