"""Kept counts: whatever is written, by whatever statement, the kept number is what COUNT(*) says."""

import asyncio
import itertools
import random
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import counts
from mewayz.backend.access import SYSTEM
from mewayz.backend.database import Database
from mewayz.backend.query import Query
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.products.model import PRODUCTS, Product, products_collection
from mewayz.domains.products.service import products
from mewayz.domains.users.model import USERS, User, users_collection

STATUSES = ("draft", "published", "scheduled", "archived")
CATEGORIES = ("", "a", "b", "c'd", "ü")


def product(rng: random.Random) -> Product:
    return Product(name="P", price=Decimal(1), currency="GBP", status=rng.choice(STATUSES), category=rng.choice(CATEGORIES))


async def run(database: Database, statement: str) -> None:
    async with unit():
        await database.execute(text(statement))


async def assert_kept(database: Database) -> None:
    """Compare every combination of filters with what the table says."""
    rows = await database.fetch(text("SELECT status, category FROM products"))
    for statuses in (None, ("draft",), ("published", "archived"), STATUSES):
        for category in (None, "a", "c'd", "ü", "unknown"):
            filters: dict[str, Any] = {}
            if statuses is not None:
                filters["status"] = statuses
            if category is not None:
                filters["category"] = category
            expected = sum((statuses is None or row[0] in statuses) and (category is None or row[1] == category) for row in rows)
            assert await PRODUCTS.total(database, Query(filters=filters)) == (expected, True), filters


async def step(rng: random.Random, database: Database) -> None:
    status, other = rng.sample(STATUSES, 2)
    category = rng.choice(CATEGORIES).replace("'", "''")
    some = await database.fetch(text("SELECT id FROM products ORDER BY id"))
    one = rng.choice(some)[0] if some else "none"
    match rng.randrange(9):
        case 0:
            await products_collection.add(product(rng))
        case 1:
            await products_collection.add_many([product(rng) for _ in range(rng.choice([1, 3, 60]))])
        case 2 if some:
            await products_collection.patch(one, {"status": status, "name": "Q"})
        case 3 if some:
            await products_collection.patch(one, {"name": rng.choice("ABC")})
        case 4 if some:
            await products_collection.remove(one)
        case 5:
            await run(database, f"UPDATE products SET status = '{status}', category = '{category}' WHERE status = '{other}'")
        case 6:
            await run(
                database, f"UPDATE products SET category = '{category}'" if rng.random() < 0.3 else "UPDATE products SET stock = stock + 1"
            )
        case 7:
            await run(database, f"DELETE FROM products WHERE status = '{status}' AND category = '{category}'")
        case _:
            with pytest.raises(ZeroDivisionError):
                async with unit():
                    await products_collection.add_many([product(rng) for _ in range(5)])
                    await database.execute(text(f"DELETE FROM products WHERE status = '{status}'"))
                    raise ZeroDivisionError


@pytest.mark.parametrize("seed", [1, 2])
async def test_kept_is_counted_after_any_sequence(runtime: Runtime, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_FOLD_ABOVE", 10)
    rng = random.Random(seed)
    for number in range(40):
        await step(rng, runtime.database)
        if number % 5 == 0:
            async with unit():
                await counts.fold(runtime.database, "products")
        await assert_kept(runtime.database)


async def test_three_columns_and_nouns_do_not_mix(runtime: Runtime) -> None:
    many = itertools.product(("user", "admin"), ("Free", "Pro"), ("active", "suspended", "pending"))
    await users_collection.add_many([User(name="x", email=f"{n}@x.example", role=r, plan=p, status=s) for n, (r, p, s) in enumerate(many)])
    await products_collection.add(product(random.Random(1)))
    for filters, expected in (
        ({}, 12),
        ({"role": ("user",)}, 6),
        ({"plan": ("Free", "Pro"), "status": ("active",)}, 4),
        ({"role": ("admin",), "plan": ("Pro",), "status": ("pending", "active")}, 2),
    ):
        assert await USERS.total(runtime.database, Query(filters=filters)) == (expected, True)


async def test_many_writers_at_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_FOLD_ABOVE", 5)

    async def write(seed: int) -> None:
        rng = random.Random(seed)
        made = [await products.create(SYSTEM, {"name": "P", "price": "1", "category": rng.choice("ab")}) for _ in range(4)]
        await products.update(SYSTEM, made[0].id, {"category": "c"})
        await products.delete(SYSTEM, made[1].id)

    await asyncio.gather(*(write(seed) for seed in range(12)))
    await assert_kept(runtime.database)
    assert await PRODUCTS.total(runtime.database, Query()) == (36, True)


async def test_appended_rows_are_folded(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    if runtime.database.sqlite:
        return  # it updates one row per combination
    for _ in range(30):
        await products_collection.add(product(random.Random(7)))
    rows = text("SELECT count(*) FROM kept_counts")
    assert await runtime.database.value(rows) == 30
    async with unit():
        await counts.fold(runtime.database, "products")
    assert await runtime.database.value(rows) == 30  # not worth it yet
    monkeypatch.setattr(counts, "_FOLD_ABOVE", 20)
    await products.create(SYSTEM, {"name": "P", "price": "1"})
    assert await runtime.database.value(rows) <= 2
    await assert_kept(runtime.database)
