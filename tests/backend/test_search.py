"""The index of searches: it follows every change of the rows, and it never decides what is found."""

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

import mewayz
from mewayz.backend import listing, narrowing
from mewayz.backend.access import SYSTEM
from mewayz.backend.listing import ListSpec
from mewayz.backend.narrowing import Narrowed
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.search import phrases
from mewayz.backend.settings import Settings
from mewayz.domains.customers.model import CUSTOMERS
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import ORDERS
from mewayz.domains.products.model import PRODUCTS
from mewayz.domains.products.service import products
from mewayz.domains.users.model import USERS

UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(autouse=True, params=["few are named", "the index is asked"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """These shops are small: without the second, no search would lead through the index."""
    if request.param != "few are named":
        monkeypatch.setattr(narrowing, "_FEW", 0)


async def found(runtime: Runtime, words: str) -> list[str]:
    query = PRODUCTS.parse({"search": words, "sort": "name", "limit": "100"}, UTC_ZONE)
    page = await PRODUCTS.page(runtime.database, query)
    assert page.total == len(page.rows)
    return [row["name"] for row in page.rows]


async def test_a_changed_name_is_found_by_the_new_one_only(runtime: Runtime) -> None:
    lamp = await products.create(SYSTEM, {"name": "Copper lamp", "price": 5, "sku": "LAMP-1"})
    await products.create(SYSTEM, {"name": "Copper kettle", "price": 5})
    assert await found(runtime, "copper") == ["Copper kettle", "Copper lamp"]
    await products.update(SYSTEM, lamp.id, {"name": "Brass lamp"}, lamp.rev)
    assert await found(runtime, "copper") == ["Copper kettle"]
    assert await found(runtime, "RASS lam") == ["Brass lamp"]
    assert await found(runtime, "lamp-1") == ["Brass lamp"]


async def test_what_is_deleted_is_found_no_more_and_may_come_again(runtime: Runtime) -> None:
    for _ in range(3):
        lamp = await products.create(SYSTEM, {"name": "Copper lamp", "price": 5})
        assert await found(runtime, "copper") == ["Copper lamp"]
        await products.delete(SYSTEM, lamp.id)
        assert await found(runtime, "copper") == []


async def test_an_emptied_field_is_found_no_more(runtime: Runtime) -> None:
    someone = await customers.create(SYSTEM, {"name": "Ada", "email": "ada@lovelace.example"})
    query = customers.spec.parse({"search": "lovelace"}, UTC_ZONE)
    assert (await customers.spec.page(runtime.database, query)).total == 1
    await customers.update(SYSTEM, someone.id, {"email": None}, someone.rev)
    assert (await customers.spec.page(runtime.database, query)).total == 0


async def test_a_word_that_most_rows_have_is_found_like_any_other(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await products.load(SYSTEM, [(line, {"name": f"Copper mug {line}", "price": line}) for line in range(1, 12)])
    monkeypatch.setattr(listing, "COUNT_BOUND", 5)
    monkeypatch.setattr(narrowing, "_RARE", 5)
    monkeypatch.setattr(narrowing, "_FEW", min(narrowing._FEW, 3))
    page = await PRODUCTS.page(runtime.database, PRODUCTS.parse({"search": "copper", "sort": "-price", "limit": "3"}, UTC_ZONE))
    assert [row["name"] for row in page.rows] == ["Copper mug 11", "Copper mug 10", "Copper mug 9"]
    assert (page.total, page.total_is_exact) == (5, False)
    await products.create(SYSTEM, {"name": "Copper jug", "price": 5})
    assert await found(runtime, "copper jug") == ["Copper jug"]  # a common word beside a rare one
    assert await found(runtime, "copper 11") == ["Copper mug 11"]  # and beside one too short for the index


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30))
async def test_no_text_breaks_the_question(runtime: Runtime, words: str) -> None:
    if phrases(words):
        await found(runtime, words)


@pytest.mark.parametrize("spec", [USERS, PRODUCTS, CUSTOMERS, ORDERS], ids=lambda spec: spec.noun)
async def test_a_rare_word_is_looked_up_in_the_index(runtime: Runtime, spec: ListSpec) -> None:
    database = runtime.database
    narrowed = Narrowed('"copper"' if database.sqlite else "")
    shape = spec._shape(spec.parse({"search": "copper"}, UTC_ZONE), {}, deep=False, descending=True, narrowed=narrowed)
    prepared = database.prepare(spec._statements.page(shape, database.sqlite))
    explain = "EXPLAIN QUERY PLAN" if database.sqlite else "EXPLAIN"
    explained = type("Explained", (), {"sql": f"{explain} {prepared.sql}", "by_values": prepared.by_values})()
    params = {"match": '"copper"', "word_0": "%copper%", "limit": 10, "offset": 0}
    async with database.transaction():
        if not database.sqlite:
            for way in ("seqscan", "indexscan"):  # a small table would be read as it lies, or in its order
                await database.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(row[-1] for row in await database.run(explained, prepared.bind(params)))
    assert ("VIRTUAL TABLE INDEX" if database.sqlite else f"Bitmap Index Scan on {spec.table.name}_search") in plan, plan
    assert not any(line.endswith(f"SCAN {spec.table.name}") for line in plan.splitlines()), plan


async def test_postgresql_plans_each_search_by_its_words(runtime: Runtime) -> None:
    if runtime.database.sqlite:
        return  # it plans without looking at values, and `narrow` looks for it
    async with runtime.database.transaction():
        for _ in range(8):  # from the sixth time on, it would take one plan for all
            await found(runtime, "copper")
        kept = text("SELECT statement FROM pg_prepared_statements WHERE generic_plans > 0 AND statement LIKE :part")
        assert await runtime.database.fetch(kept, {"part": "%ILIKE%"}) == []


async def test_rows_from_before_the_index_are_found(migrated: Settings) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(mewayz.__file__).parent / "migrations"))
    config.attributes["settings"] = migrated
    async with open_runtime(migrated):
        await products.create(SYSTEM, {"name": "Copper lamp", "price": 5})
    await asyncio.to_thread(command.downgrade, config, "0002")
    await asyncio.to_thread(command.upgrade, config, "head")
    async with open_runtime(migrated) as runtime:
        assert await found(runtime, "copper") == ["Copper lamp"]


async def test_a_scanned_barcode_finds_the_product_or_the_one_with_the_variant(runtime: Runtime) -> None:
    mug = await products.create(SYSTEM, {"name": "Mug", "price": 5, "barcode": "4006381333931"})
    sizes = [{"values": [size], "sku": f"TEE-{size}", "barcode": code} for size, code in (("S", "96385074"), ("M", "96385081"))]
    tee = await products.create(SYSTEM, {"name": "Tee", "price": 9, "options": [{"name": "Size", "values": ["S", "M"]}], "variants": sizes})
    assert await found(runtime, "4006381333931") == ["Mug"]
    assert await found(runtime, "96385081") == await found(runtime, "tee-m") == ["Tee"]
    await products.update(SYSTEM, mug.id, {"barcode": "96385098"}, mug.rev)
    await products.update(SYSTEM, tee.id, {"variants": sizes[:1]}, tee.rev)
    assert await found(runtime, "96385098") == ["Mug"]
    assert await found(runtime, "96385081") == await found(runtime, "4006381333931") == []


async def test_variants_from_before_are_found_by_their_barcodes(migrated: Settings) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(mewayz.__file__).parent / "migrations"))
    config.attributes["settings"] = migrated
    sizes = [{"values": ["S"], "barcode": "96385074"}, {"values": ["M"], "sku": "TEE-M"}]
    async with open_runtime(migrated):
        options = [{"name": "Size", "values": ["S", "M"]}]
        tee = await products.create(SYSTEM, {"name": "Tee", "price": 9, "options": options, "variants": sizes})
    await asyncio.to_thread(command.downgrade, config, "0014")
    await asyncio.to_thread(command.upgrade, config, "head")
    async with open_runtime(migrated) as runtime:
        assert await found(runtime, "96385074") == await found(runtime, "tee-m") == ["Tee"]
        assert (await products.get(SYSTEM, tee.id)).variant_codes == "96385074 TEE-M"
