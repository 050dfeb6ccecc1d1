"""The migrations make exactly the tables that the models declare, on both engines, and can be undone."""

from pathlib import Path

from alembic import command
from alembic.config import Config

import mewayz
from mewayz.backend.settings import Settings


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
