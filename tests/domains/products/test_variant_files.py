"""Variants in files: what was exported as JSON Lines changes nothing when it comes back, and makes the same product where there is none."""

from typing import Any

import httpx
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.backend.loads import How, Mode
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.model import PRODUCTS
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in
from tests.domains.products.goods import SELLER, VARIANT, entries, item, tee, titles

JSONL = {"Content-Type": "application/x-ndjson"}
UPSERT = How(mode=Mode.UPSERT)
SIZES = st.dictionaries(st.sampled_from(["S", "M", "L", "“XL”, wide", "é"]), VARIANT, min_size=1)


async def exported(client: httpx.AsyncClient) -> bytes:
    return (await client.get("/products/export", params={"format": "jsonl"})).content


async def test_an_export_comes_back_and_changes_nothing(runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person(Role.ADMIN)
    made = await tee(5, 0, 3)
    await products.create(SELLER, {"name": "Mug", "price": "5", "sku": "MUG", "inventory": {"stock": 2}})
    await products.take(SELLER, {item(made): 2}, order_id="0" * 24)
    async with signed_in(admin.email) as client:
        file = await exported(client)
        before = [await products.get(SELLER, row["id"]) for row in map(orjson.loads, file.splitlines())]
        told = data_of(await client.post("/products/import", content=file, headers=JSONL))
        assert (told["imported"], told["unchanged"]) == (0, 2)
        assert [await products.get(SELLER, one.id) for one in before] == before

        rows = [orjson.loads(line) for line in file.splitlines()]
        row = next(row for row in rows if row["id"] == made.id)
        row["variants"][0]["stock"] = 9
        row["variants"][2]["price"] = "30"
        told = data_of(await client.post("/products/import", content=orjson.dumps(row), headers=JSONL))
        after = await products.get(SELLER, made.id)
        assert (told["updated"], titles(after), after.variants[2]["price"]) == (1, {"S/Red": 9, "S/Blue": 0, "L/Red": 3}, "30.00")
        assert (await entries(made))[-1] == ("S / Red", "correction", 6, 9, "")
        undone = await client.post(f"/imports/{told['batch']}/revert")
        assert undone.status_code == 200, undone.text
        back = await products.get(SELLER, made.id)
        assert (back.variants, back.stock) == (next(one for one in before if one.id == made.id).variants, 6)

        table = "name,price,variants\nCup,1,[]\n"
        error = refused(await client.post("/products/import", content=table, headers={"Content-Type": "text/csv"}), 422, "file.broken")
        assert "variants" in str(error["fields"])
        sheet = (await client.get("/products/export", params={"fields": "name,variants"})).text
        assert '""values"":[""S"",""Red""]' in sheet


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(sizes=SIZES)
async def test_any_product_comes_back_as_it_was(sqlite_runtime: Runtime, sizes: dict[str, dict[str, Any]]) -> None:
    variants = [{"values": [size], **more} for size, more in sizes.items()]
    option = {"name": "Size", "values": list(sizes)}
    made = await products.create(SELLER, {"name": "Tee", "price": "20", "options": [option], "variants": variants})
    rows = [row async for batch in await products.export(SELLER, await read_query(PRODUCTS, {})) for row in batch]
    row = next(row for row in rows if row["id"] == made.id)
    sent = {name: row[name] for name in ("id", "name", "price", "options", "variants", "inventory", "cost", "sku")}
    assert (await products.load(SELLER, [(1, sent)], UPSERT)).unchanged == 1
    assert await products.get(SELLER, made.id) == made
    await products.delete(SELLER, made.id)
    assert (await products.load(SELLER, [(1, sent)], UPSERT)).created == 1
    again = await products.get(SELLER, made.id)
    assert (again.options, again.variants, again.stock) == (made.options, made.variants, made.stock)
    await products.delete(SELLER, made.id)
