"""`mewayz migrate`: bring the database to the schema of this version."""

import asyncio
from pathlib import Path

import click
from alembic import command
from alembic.config import Config

import mewayz
from mewayz.backend.runtime import connect_database
from mewayz.backend.settings import Settings, load_settings

_SCRIPTS = Path(mewayz.__file__).parent / "migrations"


async def _reach(settings: Settings) -> None:
    database = await connect_database(settings)
    await database.close()


def upgrade(settings: Settings) -> None:
    """Apply every migration that is missing.

    Raises:
        ConfigError: the database cannot be opened or reached.
    """
    asyncio.run(_reach(settings))
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["settings"] = settings
    command.upgrade(config, "head")


@click.command()
@click.option("--quiet", is_flag=True, help="Say nothing when all went well.")
def migrate(quiet: bool) -> None:
    """Bring the database to the current schema."""
    upgrade(load_settings())
    if not quiet:
        click.echo("The database has the current schema.")
