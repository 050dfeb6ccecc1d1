"""Variants: the combinations of a product's options, each with its own SKU, price and stock."""

import asyncio
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.errors import Conflict, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products import skus
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.model import PRODUCTS
from mewayz.domains.products.pieces import NotForSale, OutOfStock, UnknownVariant
from mewayz.domains.products.service import products
from mewayz.domains.products.shaping import VariantOrdered
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in
from tests.domains.products.goods import COLOURS, SELLER, SIZES, entries, item, numbers, tee, titles

ORDER = "0" * 24


async def test_options_make_all_combinations_unless_these_are_named(runtime: Runtime) -> None:
    made = await products.create(SELLER, {"name": "Tee", "price": "20", "options": [SIZES, COLOURS]})
    assert titles(made) == {"S/Red": 0, "S/Blue": 0, "L/Red": 0, "L/Blue": 0}
    some = await tee(1, 2, 3)
    assert titles(some) == {"S/Red": 1, "S/Blue": 2, "L/Red": 3}
    assert (some.stock, some.reserved) == (6, 0)
    again = await products.get(SELLER, some.id)
    assert (again.options, again.variants) == (some.options, some.variants)
    plain = await products.create(SELLER, {"name": "Mug", "price": "5"})
    assert (plain.options, plain.variants, plain.variant_codes) == ([], [], "")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"variants": [{"values": ["S"]}]}, {"options"}),
        ({"options": [SIZES], "variants": []}, {"variants"}),
        ({"options": [SIZES, {"name": "size", "values": ["1"]}]}, {"options"}),
        ({"options": [{"name": "Size", "values": ["S", "s"]}]}, {"options.0.values"}),
        ({"options": [{"name": "Size", "values": []}]}, {"options.0.values"}),
        ({"options": [{"name": name, "values": ["1"]} for name in "abcd"]}, {"options"}),
        ({"options": [{"name": name, "values": list("12345")} for name in "abc"]}, {"options"}),
        ({"options": [SIZES], "variants": [{"values": ["XL"]}, {"values": []}]}, {"variants.0.values", "variants.1.values"}),
        ({"options": [SIZES], "variants": [{"values": ["S"]}, {"values": ["S"]}]}, {"variants.1.values"}),
        ({"options": [SIZES], "variants": [{"values": ["S"], "sku": "A"}, {"values": ["L"], "sku": "A"}]}, {"variants.1.sku"}),
        ({"options": [SIZES], "variants": [{"values": ["S"], "stock": -1}]}, {"variants.0.stock"}),
        ({"options": [SIZES], "variants": [{"values": ["S"], "price": "-1"}]}, {"variants.0.price"}),
        ({"options": [SIZES], "variants": [{"values": ["S"], "imageId": "x"}]}, {"variants.0.imageId"}),
        ({"options": [SIZES], "variants": [{"values": ["S"], "weight": 1}]}, {"variants.0.weight"}),
        ({"options": [SIZES], "inventory": {"stock": 3}}, {"inventory.stock"}),
        ({"options": [SIZES], "variants": [{"values": [one], "stock": 10**9} for one in "SL"]}, {"variants"}),
    ],
)
async def test_what_is_wrong_is_told_at_its_place(sqlite_runtime: Runtime, fields: dict[str, Any], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as raised:
        await products.create(SELLER, {"name": "Tee", "price": "20", **fields})
    assert set(raised.value.fields) == wrong


async def test_each_variant_has_its_own_ledger(runtime: Runtime) -> None:
    made = await tee(5, 0, 3)
    red, large = item(made), item(made, "L/Red")
    await products.take(SELLER, {red: 2, large: 3}, order_id=ORDER)
    await products.ship(SELLER, {red: 1}, order_id=ORDER)
    await products.release(SELLER, {red: 1, large: 1}, order_id=ORDER)
    await products.put_back(SELLER, {red: 1}, order_id=ORDER)
    await products.adjust(SELLER, made.id, {"variantId": large.variant_id, "delta": 4, "reason": "receipt"})
    assert await entries(made, variantId=str(red.variant_id)) == [
        ("S / Red", "receipt", 5, 5, "Opening stock"),
        ("S / Red", "reservation", -2, 3, ""),
        ("S / Red", "reservation", 1, 4, ""),
        ("S / Red", "sale", -1, 3, ""),
        ("S / Red", "reservation", 1, 4, ""),
        ("S / Red", "return", 1, 5, ""),
    ]
    assert await numbers(made, variantId=str(red.variant_id)) == (5, 0, 5)
    assert await numbers(made, variantId=str(large.variant_id)) == (5, 2, 7)
    after = await products.get(SELLER, made.id)
    assert (titles(after), after.stock, after.reserved) == ({"S/Red": 5, "S/Blue": 0, "L/Red": 5}, 10, 2)
    assert await numbers(made) == (10, 2, 12)


async def test_the_stock_of_a_variant_at_a_moment(runtime: Runtime) -> None:
    with clock.frozen(clock.now().replace(year=2020)):
        made = await tee(5, 2)
    await products.take(SELLER, {item(made): 1}, order_id=ORDER)
    red = str(item(made).variant_id)
    assert await numbers(made, variantId=red, at="2022-01-01") == (5, 0, 5)
    assert await numbers(made, at="2022-01-01") == (7, 0, 7)
    assert await numbers(made, variantId=red) == (4, 1, 5)


async def test_what_cannot_be_taken(runtime: Runtime) -> None:
    made = await tee(2, 9)
    plain = await products.create(SELLER, {"name": "Mug", "price": "5", "inventory": {"stock": 9}})
    for pieces, kind, words in (
        ({item(made): 3}, OutOfStock, "Only 2 of “Tee — S / Red” are left"),
        ({made.id: 1}, UnknownVariant, "“Tee”: Choose a variant: S / Red; S / Blue"),
        ({item(made)._replace(variant_id="f" * 24): 1}, UnknownVariant, "does not exist any more"),
        ({item(made)._replace(product_id=plain.id): 1}, UnknownVariant, "has no variants"),
        ({item(made)._replace(product_id="f" * 24): 1}, NotForSale, "does not exist any more"),
    ):
        with pytest.raises(kind, match=words):
            await products.take(SELLER, pieces, order_id=ORDER)
    for wrong, field in (
        ({"delta": 1}, "variantId"),
        ({"delta": 1, "variantId": "f" * 24}, "variantId"),
        ({"delta": -3, "variantId": item(made).variant_id}, "delta"),
    ):
        with pytest.raises(Invalid) as raised:
            await products.adjust(SELLER, made.id, {"reason": "correction", **wrong})
        assert set(raised.value.fields) == {field}
    await products.update(SELLER, made.id, {"status": "draft"})
    with pytest.raises(NotForSale):
        await products.take(SELLER, {item(made): 1}, order_id=ORDER)
    # What is gone, or names no variant where there are some, is nobody's stock.
    await products.put_back(SELLER, {Item(made.id): 1, item(made)._replace(variant_id="f" * 24): 1}, order_id=ORDER)
    assert await numbers(made) == (11, 0, 11)
    await products.update(SELLER, made.id, {"status": "published", "inventory": {"allowBackorders": True}})
    await products.take(SELLER, {item(made): 3}, order_id=ORDER)
    assert await numbers(made) == (8, 3, 11)


async def test_a_change_names_variants_by_id_or_by_their_values(runtime: Runtime) -> None:
    made = await tee(5, 0, 3)
    red = made.variants[0]["id"]
    wanted = [
        {"values": ["L", "Red"], "price": "25", "stock": 4},
        {"id": red, "sku": None, "barcode": "123"},
        {"values": ["L", "Blue"], "stock": 1},
    ]
    after = await products.update(SELLER, made.id, {"variants": wanted}, made.rev)
    assert titles(after) == {"L/Red": 4, "S/Red": 5, "L/Blue": 1}
    assert [one["id"] for one in after.variants[:2]] == [made.variants[2]["id"], red]
    assert [(one["sku"], one["price"], one["barcode"]) for one in after.variants] == [
        ("TEE-L-RED", "25.00", ""),
        (None, None, "123"),
        (None, None, ""),
    ]
    assert (after.stock, after.variant_codes) == (10, "TEE-L-RED 123")
    assert (await entries(made))[-2:] == [("L / Red", "correction", 1, 4, ""), ("L / Blue", "receipt", 1, 1, "Opening stock")]
    renamed = await products.update(
        SELLER, made.id, {"options": [{"name": "Size", "values": ["Large", "S"]}, COLOURS], "variants": [
            {"id": one["id"], "values": [one["values"][0].replace("L", "Large"), one["values"][1]]} for one in after.variants
        ]},
    )  # fmt: skip
    assert titles(renamed) == {"Large/Red": 4, "S/Red": 5, "Large/Blue": 1}
    with pytest.raises(Invalid) as raised:
        await products.update(SELLER, made.id, {"options": [SIZES, COLOURS]})
    assert "variants.0.values" in raised.value.fields
    with pytest.raises(Invalid) as raised:
        await products.update(SELLER, made.id, {"inventory": {"stock": 11}})
    assert raised.value.fields == {
        "inventory.stock": "The stock of a product with variants is the sum of theirs, 10. Change the stock of the variants."
    }
    same = await products.update(SELLER, made.id, {"inventory": {"stock": 10}, "variants": renamed.variants}, renamed.rev)
    assert same.rev == renamed.rev


async def test_a_variant_that_goes_takes_its_stock_along(runtime: Runtime) -> None:
    made = await tee(5, 2, 3)
    await products.take(SELLER, {item(made, "L/Red"): 1}, order_id=ORDER)
    kept = [{"id": one["id"]} for one in made.variants]
    with pytest.raises(VariantOrdered, match="Open orders hold pieces of L / Red"):
        await products.update(SELLER, made.id, {"variants": kept[:2]})
    after = await products.update(SELLER, made.id, {"variants": kept[1:]})
    assert (titles(after), after.stock) == ({"S/Blue": 2, "L/Red": 2}, 4)
    assert (await entries(made))[-1] == ("S / Red", "correction", -5, 0, "Variant removed")
    assert await numbers(made, variantId=made.variants[0]["id"]) == (0, 0, 0)
    await products.put_back(SELLER, {item(made): 1}, order_id=ORDER)
    assert await numbers(made) == (4, 1, 5)


async def test_a_product_gets_variants_and_loses_them(runtime: Runtime) -> None:
    made = await products.create(SELLER, {"name": "Tee", "price": "20", "inventory": {"stock": 10}})
    await products.take(SELLER, {made.id: 1}, order_id=ORDER)
    with pytest.raises(VariantOrdered, match="name no variant"):
        await products.update(SELLER, made.id, {"options": [SIZES]})
    await products.ship(SELLER, {made.id: 1}, order_id=ORDER)
    with_sizes = await products.update(
        SELLER, made.id, {"options": [SIZES], "variants": [{"values": ["S"], "stock": 6}, {"values": ["L"], "stock": 3}]}
    )
    assert (with_sizes.stock, titles(with_sizes)) == (9, {"S": 6, "L": 3})
    assert (await entries(made))[-3:] == [
        ("", "correction", -9, 0, "Divided into variants"),
        ("S", "correction", 6, 6, "Divided into variants"),
        ("L", "correction", 3, 3, "Divided into variants"),
    ]
    plain = await products.update(SELLER, made.id, {"options": []})
    assert (plain.stock, plain.options, plain.variants, plain.variant_codes) == (9, [], [], "")
    assert (await entries(made))[-3:] == [
        ("S", "correction", -6, 0, "Variants removed"),
        ("L", "correction", -3, 0, "Variants removed"),
        ("", "correction", 9, 9, "Variants removed"),
    ]
    await products.take(SELLER, {made.id: 9}, order_id=ORDER)
    assert await numbers(made) == (0, 9, 9)


async def test_fifty_buyers_of_the_last_ten_of_a_variant(runtime: Runtime) -> None:
    made = await tee(10, 100)
    tries = [products.take(SELLER, {item(made): 1}, order_id=ORDER) for _ in range(50)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(one) for one in found if one is not None] == [OutOfStock] * 40
    assert await numbers(made, variantId=str(item(made).variant_id)) == (0, 10, 10)
    after = await products.get(SELLER, made.id)
    assert (titles(after), after.stock, after.reserved) == ({"S/Red": 0, "S/Blue": 100}, 100, 10)


async def test_what_is_sold_while_a_form_is_open_is_not_lost(runtime: Runtime) -> None:
    made = await tee(10, 10)
    await products.take(SELLER, {item(made): 1}, order_id=ORDER)
    with pytest.raises(Conflict, match="Somebody changed this record meanwhile"):
        await products.update(SELLER, made.id, {"variants": made.variants}, made.rev)
    changes = [
        products.update(SELLER, made.id, {"variants": [{"id": one["id"], "price": str(price)} for one in made.variants]})
        for price in range(5)
    ]
    sales = [products.take(SELLER, {item(made): 1}, order_id=ORDER) for _ in range(5)]
    await asyncio.gather(*(task for pair in zip(changes, sales, strict=True) for task in pair))
    after = await products.get(SELLER, made.id)
    assert (titles(after), after.stock, after.reserved) == ({"S/Red": 4, "S/Blue": 10}, 14, 6)


async def test_a_sku_names_one_thing(runtime: Runtime) -> None:
    made = await tee(1, 1)
    mug = await products.create(SELLER, {"name": "Mug", "price": "5", "sku": "MUG"})
    with pytest.raises(Conflict) as raised:
        await products.create(SELLER, {"name": "Cup", "price": "5", "sku": "TEE-S-RED"})
    assert (raised.value.code, set(raised.value.fields)) == ("products.duplicate", {"sku"})
    with pytest.raises(Conflict):
        await products.update(SELLER, mug.id, {"sku": "TEE-S-RED"})
    with pytest.raises(Conflict) as raised:
        await products.update(SELLER, made.id, {"variants": [{"id": made.variants[0]["id"]}, {"id": made.variants[1]["id"], "sku": "MUG"}]})
    assert (raised.value.code, set(raised.value.fields)) == ("products.duplicate", {"variants.1.sku"})
    with pytest.raises(Conflict):
        await products.create(SELLER, {"name": "T", "price": "1", "options": [SIZES], "variants": [{"values": ["S"], "sku": "TEE-S-BLUE"}]})
    one, other = made.variants
    swapped = [{"id": one["id"], "sku": other["sku"]}, {"id": other["id"], "sku": one["sku"]}]
    await products.update(SELLER, made.id, {"variants": swapped})
    assert await skus.find(["TEE-S-RED", "MUG", "NONE"]) == {"TEE-S-RED": (made.id, other["id"]), "MUG": (mug.id, None)}
    await products.update(SELLER, made.id, {"sku": "TEE"})
    await products.update(SELLER, mug.id, {"sku": None})
    await products.update(SELLER, made.id, {"variants": [{"id": one["id"], "sku": "MUG"}]})
    assert await skus.find(["TEE-S-RED", "TEE-S-BLUE", "MUG", "TEE"]) == {"MUG": (made.id, one["id"]), "TEE": (made.id, None)}
    await products.delete(SELLER, made.id)
    assert await skus.find(["MUG", "TEE"]) == {}
    with pytest.raises(NotFound):
        await products.get(SELLER, made.id)


async def test_two_people_want_one_sku_at_once(runtime: Runtime) -> None:
    plain = [products.create(SELLER, {"name": "Mug", "price": "5", "sku": "SAME"}) for _ in range(4)]
    varied = [
        products.create(SELLER, {"name": "Tee", "price": "5", "options": [SIZES], "variants": [{"values": ["S"], "sku": "SAME"}]})
        for _ in range(4)
    ]
    found = await asyncio.gather(*(task for pair in zip(plain, varied, strict=True) for task in pair), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in found) == 7
    assert sum(not isinstance(one, BaseException) for one in found) == 1


async def test_the_sku_of_a_variant_finds_the_product(runtime: Runtime) -> None:
    made = await tee(1, 1)
    await products.create(SELLER, {"name": "Mug", "price": "5", "sku": "MUG"})

    async def found(text: str) -> list[str]:
        return [row["id"] for row in (await products.page(SELLER, await read_query(PRODUCTS, {"search": text}))).rows]

    assert await found("tee-s-blue") == [made.id]
    assert await found("tee s-red") == [made.id]
    await products.update(SELLER, made.id, {"variants": [{"id": made.variants[0]["id"], "sku": "OTHER"}]})
    assert (await found("tee-s-blue"), await found("OTHER")) == ([], [made.id])
    row = (await products.page(SELLER, await read_query(PRODUCTS, {"search": "other"}))).rows[0]
    assert "variantCodes" not in row


async def test_variants_over_rest(runtime: Runtime) -> None:
    await add_shop()
    admin, user = await add_person(Role.ADMIN), await add_person(Role.USER)
    sent = {"name": "Tee", "price": "20", "options": [SIZES], "variants": [
        {"values": ["S"], "sku": "T-S", "barcode": "1", "stock": 3, "cost": 4.5}, {"values": ["L"], "price": 25}]}  # fmt: skip
    async with signed_in(admin.email) as client:
        made = data_of(await client.post("/products", json=sent), 201)["product"]
        small, large = made["variants"]
        assert small == {
            "id": small["id"], "values": ["S"], "sku": "T-S", "barcode": "1", "price": None, "compareAtPrice": None, "cost": "4.50",
            "stock": 3, "reserved": 0, "imageId": None,
        }  # fmt: skip
        assert (large["price"], made["inventory"]["stock"], made["options"]) == ("25.00", 3, [SIZES])
        path = f"/products/{made['id']}"
        move = data_of(await client.post(f"{path}/stock", json={"delta": 2, "reason": "receipt", "variantId": large["id"]}), 201)["move"]
        assert (move["variantId"], move["variant"], move["balance"]) == (large["id"], "L", 2)
        found = data_of(await client.get(f"{path}/stock", params={"variantId": large["id"]}))
        assert ([row["delta"] for row in found["moves"]], found["stock"]) == ([2], 2)
        assert data_of(await client.get(f"{path}/stock"))["stock"] == 5
        refused(await client.post(f"{path}/stock", json={"delta": 2, "reason": "receipt"}), 422, "invalid")
        after = data_of(await client.patch(path, json={"rev": made["rev"] + 1, "variants": [{"id": large["id"]}]}))["product"]
        assert ([one["id"] for one in after["variants"]], after["inventory"]["stock"]) == ([large["id"]], 2)
        listed = data_of(await client.get("/products", params={"fields": "id,variants"}))["products"]
        assert listed == [{"id": made["id"], "variants": after["variants"]}]
        data_of(await client.patch(path, json={"rev": after["rev"], "variants": [{"id": large["id"], "cost": "9"}]}))
    async with signed_in(user.email) as client:
        assert data_of(await client.get(path))["product"]["variants"][0]["cost"] is None
        assert data_of(await client.get("/products"))["products"][0]["variants"][0]["cost"] is None


async def test_a_variant_loses_the_image_that_goes(runtime: Runtime) -> None:
    made = await tee(1)
    image = {"id": "img", "alt": "", "width": 1, "height": 1}
    await products.collection.patch(made.id, {"images": [image]})
    shown = await products.update(SELLER, made.id, {"variants": [{"id": made.variants[0]["id"], "imageId": "img"}]})
    assert shown.variants[0]["imageId"] == "img"
    assert (await products.remove_image(SELLER, made.id, "img")).variants[0]["imageId"] is None
    await products.collection.patch(made.id, {"images": [image], "variants": shown.variants})
    assert (await products.update(SELLER, made.id, {"images": []})).variants[0]["imageId"] is None


async def test_a_product_without_variants_moves_as_before(runtime: Runtime) -> None:
    who = Actor("b" * 24, "Mo", role=Role.MODERATOR)
    plain = await products.create(SELLER, {"name": "Mug", "price": "5", "inventory": {"stock": 3}})
    await products.adjust(who, plain.id, {"delta": -1, "reason": "correction", "variantId": ""})
    await products.take(SELLER, {plain.id: 2}, order_id=ORDER)
    assert await entries(plain) == [
        ("", "receipt", 3, 3, "Opening stock"),
        ("", "correction", -1, 2, ""),
        ("", "reservation", -2, 0, ""),
    ]
