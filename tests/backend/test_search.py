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
from mewayz.backend import listing
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.search import phrases
from mewayz.backend.settings import Settings
from mewayz.domains.customers.service import customers
from mewayz.domains.products.model import PRODUCTS
from mewayz.domains.products.service import products

UTC_ZONE = ZoneInfo("UTC")


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
    page = await PRODUCTS.page(runtime.database, PRODUCTS.parse({"search": "copper", "sort": "-price", "limit": "3"}, UTC_ZONE))
    assert [row["name"] for row in page.rows] == ["Copper mug 11", "Copper mug 10", "Copper mug 9"]
    assert (page.total, page.total_is_exact) == (5, False)
    await products.create(SYSTEM, {"name": "Copper jug", "price": 5})
    assert await found(runtime, "copper jug") == ["Copper jug"]  # a common word beside a rare one
    assert await found(runtime, "copper 11") == ["Copper mug 11"]  # and beside one too short for the index


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=30))
async def test_no_text_breaks_the_question(runtime: Runtime, words: str) -> None:
    if phrases(words):
        await found(runtime, words)


async def test_a_rare_word_is_looked_up_in_the_index(runtime: Runtime) -> None:
    if not runtime.database.sqlite:
        rows = await runtime.database.fetch(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'products_search'"), {})
        assert [row[0].count("gin_trgm_ops") for row in rows] == [4]
        return
    shape = PRODUCTS._shape(PRODUCTS.parse({"search": "copper"}, UTC_ZONE), {}, deep=False, descending=True, match='"copper"')
    prepared = runtime.database.prepare(PRODUCTS._statements.page(shape, True))
    explained = type("Explained", (), {"sql": f"EXPLAIN QUERY PLAN {prepared.sql}"})()
    params = {"match": '"copper"', "word_0": "%copper%", "limit": 10, "offset": 0}
    plan = [row[-1] for row in await runtime.database.run(explained, prepared.bind(params))]
    assert any("VIRTUAL TABLE INDEX" in line for line in plan), plan
    assert not any("SCAN products" in line.replace("products_search", "") for line in plan), plan


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
