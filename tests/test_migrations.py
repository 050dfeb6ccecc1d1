"""The migrations make exactly the tables that the models declare, on both engines, and can be undone."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

import mewayz
from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import current, open_runtime
from mewayz.backend.settings import Settings
from mewayz.domains.analytics.service import analytics
from tests.domains.analytics.shops import HistoricShop
from tests.domains.orders.figures import assert_links


def _alembic(settings: Settings) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(mewayz.__file__).parent / "migrations"))
    config.attributes["settings"] = settings
    return config


def test_the_migrated_schema_is_the_declared_one(migrated: Settings) -> None:
    command.check(_alembic(migrated))


def test_they_can_be_undone_and_applied_again(migrated: Settings) -> None:
    config = _alembic(migrated)
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.check(config)


async def _sold() -> None:
    shop = await HistoricShop("America/New_York").open()
    await shop.sell("2026-01-31T23:30", "Anna", ("Lamp", 1, "0"))
    await shop.sell("2026-01-31T23:45", "Anna", ("Lamp", 2, "9.9999"), ("Mug", 1, "2.5"), discount="1.2345")
    await shop.sell("2026-02-01T00:15", "Anna", ("Lamp", 1, "10"), ("Mug", 1, "-2.5"), country="Spain")
    await shop.sell("2026-02-02T10:00", "Anna", ("Lamp", -1, "10"), discount="-0.5")
    await shop.sell("2026-02-03T10:00", "", ("Mug", 3, "2.5"), country="", discount="0.0007")
    await shop.sell("2026-02-04T10:00", "Ben", ("Mug", 3, "2.5"), status="cancelled")


async def _free() -> None:
    shop = await HistoricShop().open()
    await shop.sell("2026-01-31T10:00", "Anna", ("Lamp", 1, "0"), ("Mug", 2, "2.5"), ("Postage", 1, "0"))
    await shop.sell("2026-02-01T10:00", "Anna", ("Lamp", 1, "0"), ("Lamp", 1, "0.0001"), ("Bag", 1, "0"), ("Bag", 2, "0"))
    await shop.sell("2026-02-02T10:00", "", ("Lamp", -1, "0"), ("Mug", -1, "10"))


async def _differences() -> dict[str, int]:
    async def silent(share: float, words: str) -> None:
        pass

    return (await analytics.rebuild(SYSTEM, silent, change=False)).wrong


def _within(settings: Settings, work: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_runtime(settings):
            return await work()

    return asyncio.run(run())


def test_a_shop_of_before_has_its_sums_by_country_afterwards(migrated: Settings) -> None:
    _within(migrated, _sold)
    config = _alembic(migrated)
    command.downgrade(config, "0009")
    command.upgrade(config, "head")
    assert _within(migrated, _differences) == {}


def test_what_was_free_in_an_order_of_before_is_known_afterwards(migrated: Settings) -> None:
    _within(migrated, _free)
    config = _alembic(migrated)
    command.downgrade(config, "0018")
    command.upgrade(config, "head")
    _within(migrated, lambda: assert_links(current().database))
