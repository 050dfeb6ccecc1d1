"""A shop that existed before its stock had a ledger: what was there becomes an opening entry, what is ordered a reservation."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

import mewayz
from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import read_query
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.orders.service import orders
from mewayz.domains.products.ledger import MOVES
from mewayz.domains.products.service import products

NAMES = ("Café  Crème!", "Café crème", "日本", "x" * 150, "x" * 150)


async def _fill(settings: Settings) -> list[str]:
    async with open_runtime(settings):
        ids = [(await products.create(SYSTEM, {"name": name, "price": "1", "inventory": {"stock": 10}})).id for name in NAMES]
        for status in ("pending", "processing", "shipped", "cancelled"):
            lines = [{"productId": ids[0], "quantity": 1}, {"productId": ids[0], "quantity": 1}]
            made = await orders.create(SYSTEM, {"lines": lines})
            await orders.collection.patch(made.id, {"status": status})
        await products.create(SYSTEM, {"name": "None", "price": "1"})
        return ids


async def _read(settings: Settings, ids: list[str]) -> tuple[list[Any], list[str | None]]:
    async with open_runtime(settings):
        found = []
        for key in ids[:2]:
            page, standing = await products.moves(SYSTEM, key, await read_query(MOVES, {"sort": "at"}))
            found.append((standing.stock, standing.reserved, [(row["reason"], row["delta"], row["balance"]) for row in page.rows]))
        kept = await products.collection.find_ids(ids)
        return found, [kept[key].slug for key in ids]


def test_an_older_shop_gets_its_ledger(migrated: Settings) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(mewayz.__file__).parent / "migrations"))
    config.attributes["settings"] = migrated
    ids = asyncio.run(_fill(migrated))
    command.downgrade(config, "0002")
    command.upgrade(config, "head")
    found, slugs = asyncio.run(_read(migrated, ids))
    # Eight were taken, of which four belong to orders that have not left.
    assert found == [(2, 4, [("receipt", 6, 6), ("reservation", -4, 2)]), (10, 0, [("receipt", 10, 10)])]
    assert slugs[:3] == ["cafe-creme", f"cafe-creme-{ids[1]}", None]
    assert (slugs[3], slugs[4]) == ("x" * 100, f"{'x' * 75}-{ids[4]}")
