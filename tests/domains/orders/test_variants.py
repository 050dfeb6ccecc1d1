"""Orders of variants: the line says which one, with its SKU, name and price; its stock goes and comes back."""

import asyncio

import pytest

from mewayz.backend.errors import Invalid
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.pricing import NoSuchVariant
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import OutOfStock, products
from tests.domains.orders.sales import SELLER, mug, paid
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in
from tests.domains.products.goods import entries, item, numbers, tee, titles


def line(product: object, title: str = "S/Red", count: int = 1) -> dict[str, object]:
    which = item(product, title)  # type: ignore[arg-type]
    return {"productId": which.product_id, "variantId": which.variant_id, "quantity": count}


async def test_a_line_has_sku_name_and_price_of_the_variant(runtime: Runtime) -> None:
    await add_shop()
    made, plain = await tee(5, 5, 5), await mug()
    dearer = [{"id": one["id"], **({"price": "25"} if one["values"][0] == "L" else {})} for one in made.variants]
    await products.update(SELLER, made.id, {"variants": dearer})
    order = await orders.create(SELLER, {"lines": [line(made, count=2), line(made, "L/Red"), {"productId": plain.id, "quantity": 1}]})
    small, large, other = order.lines
    assert small == {
        "productId": made.id, "variantId": item(made).variant_id, "sku": "TEE-S-RED", "name": "Tee — S / Red", "quantity": 2,
        "unitPrice": "20.00", "total": "40.00",
    }  # fmt: skip
    assert (large["name"], large["unitPrice"], order.total) == (
        "Tee — L / Red",
        "25.00",
        40 + 25 + plain.price,
    )
    assert "variantId" not in other
    assert titles(await products.get(SELLER, made.id)) == {"S/Red": 3, "S/Blue": 5, "L/Red": 4}
    quote = await orders.quote(SELLER, {"lines": [line(made, count=4), line(made, "S/Blue")]})
    assert (quote.stock, quote.shortages) == ([3, 5], {0: "Only 3 of it are left."})
    twice = await orders.quote(SELLER, {"lines": [line(made, count=2), line(made, count=2)]})
    assert twice.shortages == {1: "Only 1 of it is left."}


async def test_a_line_that_names_no_variant_or_none_that_there_is(runtime: Runtime) -> None:
    await add_shop()
    made, plain = await tee(5), await mug()
    wrong = [
        {"productId": made.id, "quantity": 1},
        {"productId": made.id, "variantId": "f" * 24, "quantity": 1},
        {"productId": plain.id, "variantId": item(made).variant_id, "quantity": 1},
        {"productId": "f" * 24, "quantity": 1},
    ]
    with pytest.raises(NoSuchVariant) as raised:
        await orders.create(SELLER, {"lines": wrong, "customerId": "f" * 24})
    assert raised.value.fields == {
        "lines.0.variantId": "Choose a variant: S / Red.",
        "lines.1.variantId": "This variant does not exist any more. Choose one of: S / Red.",
        "lines.2.variantId": "This product has no variants. Leave the variant out.",
        "lines.3.productId": "This product does not exist.",
        "customerId": "This customer does not exist.",
    }
    admin = await add_person()
    async with signed_in(admin.email) as client:
        refused(await client.post("/orders", json={"lines": wrong[:1]}), 422, "orders.no_such_variant")
        refused(await client.post("/orders", json={"lines": [line(made, count=6)]}), 409, "products.out_of_stock")
        order = data_of(await client.post("/orders", json={"lines": [line(made)]}), 201)["order"]
        assert order["lines"][0]["variantId"] == item(made).variant_id


async def test_a_variant_that_is_removed_between_reading_and_taking(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    made = await tee(5, 5)
    take = products.take

    async def late(*args: object, **more: object) -> None:
        monkeypatch.undo()
        await products.update(SELLER, made.id, {"variants": [{"id": made.variants[1]["id"]}]})
        await take(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(products, "take", late)
    with pytest.raises(NoSuchVariant) as raised:
        await orders.create(SELLER, {"lines": [line(made, "S/Blue"), line(made)]})
    assert set(raised.value.fields) == {"lines.1.variantId"}


async def test_the_way_of_an_order_of_variants(runtime: Runtime) -> None:
    await add_shop()
    made = await tee(10, 10)
    order = await paid(await orders.create(SELLER, {"lines": [line(made, count=4), line(made, "S/Blue", 2)]}))
    await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 3}]})
    await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 2}]})
    await orders.ship(SELLER, order.id, {})
    await orders.refund(SELLER, order.id, {"lines": [{"line": 1, "quantity": 1}], "restock": False})
    await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 2}]})
    red, blue = str(item(made).variant_id), str(item(made, "S/Blue").variant_id)
    # Of the four, one was dropped before it left, and three came back.
    assert await numbers(made, variantId=red) == (10, 0, 10)
    assert await numbers(made, variantId=blue) == (8, 0, 8)
    assert [(reason, delta) for _, reason, delta, _, _ in await entries(made, variantId=red)] == [
        ("receipt", 10), ("reservation", -4), ("reservation", 3), ("sale", -3), ("reservation", 1), ("return", 1), ("return", 2),
    ]  # fmt: skip
    back = [one for one in await orders_collection.find_all(kind="return") if one.lines]
    assert {one.lines[0]["variantId"] for one in back} == {red, blue}
    other = await orders.create(SELLER, {"lines": [line(made, count=5)]})
    await orders.cancel(SELLER, other.id)
    assert await numbers(made, variantId=red) == (10, 0, 10)


async def test_an_order_is_changed_from_one_variant_to_another(runtime: Runtime) -> None:
    await add_shop()
    made = await tee(5, 5)
    order = await orders.create(SELLER, {"lines": [line(made, count=3)]})
    await products.update(SELLER, made.id, {"price": "99"})
    order = await orders.update(SELLER, order.id, {"lines": [line(made, count=1), line(made, "S/Blue", 2)]}, order.rev)
    assert [(one["name"], one["unitPrice"]) for one in order.lines] == [("Tee — S / Red", "20.00"), ("Tee — S / Blue", "99.00")]
    assert titles(await products.get(SELLER, made.id)) == {"S/Red": 4, "S/Blue": 3}
    with pytest.raises(OutOfStock):
        await orders.update(SELLER, order.id, {"lines": [line(made, "S/Blue", 6)]}, order.rev)
    await orders.delete(SELLER, order.id)
    assert await numbers(made) == (10, 0, 10)


async def test_fifty_orders_of_the_last_ten_of_a_variant(runtime: Runtime) -> None:
    await add_shop()
    made = await tee(10, 100)
    found = await asyncio.gather(*(orders.create(SELLER, {"lines": [line(made)]}) for _ in range(50)), return_exceptions=True)
    assert sum(isinstance(one, OutOfStock) for one in found) == 40
    assert sum(not isinstance(one, BaseException) for one in found) == 10
    assert await numbers(made, variantId=str(item(made).variant_id)) == (0, 10, 10)
    assert await numbers(made) == (100, 10, 110)


async def test_goods_of_a_removed_variant_come_back_to_nobody(runtime: Runtime) -> None:
    await add_shop()
    made = await tee(5, 5)
    order = await paid(await orders.create(SELLER, {"lines": [line(made, count=2)]}))
    await orders.ship(SELLER, order.id, {})
    await products.update(SELLER, made.id, {"variants": [{"id": made.variants[1]["id"]}]})
    await orders.refund(SELLER, order.id, {})
    assert await numbers(made) == (5, 0, 5)
    kept = await orders.get(SELLER, order.id)
    assert (kept.status, kept.lines[0]["name"]) == ("refunded", "Tee — S / Red")
    with pytest.raises(Invalid):
        await orders.create(SELLER, {"lines": [line(made)]})


async def test_orders_of_the_past_know_the_sku_of_a_variant(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    made = await tee(5, 5)
    table = "number,placedAt,lines.sku,lines.quantity,lines.unitPrice\nA1,2020-01-01,TEE-S-BLUE,2,18.50\nA1,2020-01-01,NEW,1,1\n"
    async with signed_in(admin.email) as client:
        done = await client.post("/orders/import", content=table, headers={"Content-Type": "text/csv"})
        assert done.status_code == 200, done.text
        assert "1 product" in " ".join(done.json()["data"]["notes"])
        assert data_of(await client.get("/orders", params={"product": made.id}))["pagination"]["totalItems"] == 1
        found = data_of(await client.get("/orders"))["orders"][0]
        order = data_of(await client.get(f"/orders/{found['id']}"))["order"]
    assert [(one["productId"] == made.id, one.get("variantId"), one["sku"]) for one in order["lines"]] == [
        (True, made.variants[1]["id"], "TEE-S-BLUE"),
        (False, None, "NEW"),
    ]
    assert await numbers(made) == (10, 0, 10)
