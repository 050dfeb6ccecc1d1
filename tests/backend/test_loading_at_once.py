"""Imports of the same records at once, and what others do with these meanwhile: they wait for each other, and each succeeds."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from mewayz.backend import unit as units
from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import NotFound
from mewayz.backend.importing import import_file
from mewayz.backend.loads import How, Loaded, Mode
from mewayz.backend.runtime import Runtime
from mewayz.backend.sources import kept
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products
from tests.domains.people import add_shop

UPSERT = How(Mode.UPSERT)
MANY = 110  # more than an import looks up at once
ROUNDS = 2
Work = tuple[CrudService[Any], Sequence[str]]


def lines(noun: str, note: str) -> Sequence[str]:
    """A row for each record, all of which say something new."""
    if noun == "customers":
        return [f"Anna {number},{number}@example.com,{note}" for number in range(MANY)]
    if noun == "variants":
        return [f"Mug {number},M-{number},{note},,Size,L,V-{number}" for number in range(MANY)]
    return [f"Mug {number},M-{number},{note},100,,," for number in range(MANY)]


HEADERS = {"customers": "name,email,notes", "products": "name,sku,price,inventory.stock,option1Name,option1Value,variantSku"}


async def bring(service: CrudService[Any], rows: Sequence[str], *, most: int | None = None) -> Loaded:
    with kept("\n".join([HEADERS[service.noun], *rows]).encode(), "rows.csv") as source:
        return await import_file(service, SYSTEM, source, "csv", UPSERT, most=most)


@pytest.fixture
async def unbroken(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A shop in which nothing that the database breaks off is done again."""
    await add_shop()
    monkeypatch.setattr(units, "PAUSES", ())
    return runtime


@pytest.mark.parametrize("noun", ["products", "variants", "customers"])
async def test_two_imports_of_the_same_records(unbroken: Runtime, noun: str) -> None:
    service: CrudService[Any] = customers if noun == "customers" else products
    await bring(service, lines(noun, "1"))
    for number in range(ROUNDS):
        one, other = lines(noun, f"{number + 2}"), lines(noun, f"{number + 12}")
        found = await asyncio.gather(bring(service, one), bring(service, other[::-1], most=1_000))
        assert [(loaded.created, loaded.updated) for loaded in found] == [(0, MANY)] * 2
    values = {str(getattr(one, "notes", "") or getattr(one, "price", "")) for one in await service.collection.find_all()}
    assert len(values) == 1, "the later one has written over all of the earlier one"


async def test_two_imports_of_rows_that_were_typed_here(unbroken: Runtime) -> None:
    def rows(price: int) -> list[tuple[int, dict[str, Any]]]:
        return [(number, {"name": "Mug", "sku": f"M-{number}", "price": price}) for number in range(MANY)]

    await products.load(SYSTEM, rows(1), UPSERT)
    found = await asyncio.gather(products.load(SYSTEM, rows(2), UPSERT), products.load(SYSTEM, rows(3)[::-1], UPSERT))
    assert [loaded.updated for loaded in found] == [MANY] * 2


async def test_two_imports_of_the_same_new_records(runtime: Runtime) -> None:
    """Nobody can hold what is not there yet: one of them is begun again when the other is done, and finds what that has made."""
    await add_shop()
    for service in (products, customers):
        one, other = lines(service.noun, "2"), lines(service.noun, "3")
        found = await asyncio.gather(bring(service, one), bring(service, other[::-1]))
        assert sorted((loaded.created, loaded.updated) for loaded in found) == [(0, MANY), (MANY, 0)]


async def test_an_import_beside_orders(unbroken: Runtime) -> None:
    await bring(products, lines("products", "1"))
    await bring(customers, lines("customers", "1"))
    goods = sorted(one.id for one in await products_collection.find_all())
    sku_of = {one.id: one.sku for one in await products_collection.find_all()}
    buyers = sorted(one.id for one in await customers_collection.find_all())
    for number in range(ROUNDS):
        rows = {row.split(",")[1]: row for row in lines("products", f"{number + 2}")}
        downwards = [rows[str(sku_of[one])] for one in reversed(goods)]
        selling = [
            orders.create(
                SYSTEM,
                {"customerId": buyers[place], "lines": [{"productId": one, "quantity": 1} for one in (goods[place], goods[-1 - place])]},
            )
            for place in range(4)
        ]
        found, *made = await asyncio.gather(
            bring(products, downwards), *selling, bring(customers, lines("customers", f"{number + 2}")[::-1])
        )
        assert found.updated == MANY
        assert len({one.id for one in made[:-1]}) == len(selling)


async def test_what_is_deleted_meanwhile_is_made_anew(unbroken: Runtime) -> None:
    await bring(products, lines("products", "1"))
    ids = [one.id for one in await products_collection.find_all()]

    async def delete() -> None:
        for one in ids[:5]:
            with suppress(NotFound):
                await products.delete(SYSTEM, one)

    found, _ = await asyncio.gather(bring(products, lines("products", "2")), delete())
    assert found.created + found.updated == MANY
