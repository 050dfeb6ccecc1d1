"""Alembic's entry: connects as the settings say, on SQLite directly and on PostgreSQL through asyncpg."""

import asyncio
from pathlib import Path
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from mewayz.backend.runtime import sqlite_path
from mewayz.backend.settings import Settings, load_settings
from mewayz.backend.sqlite_file import make_private
from mewayz.migrations import tables as tables


def _declared(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Whether a thing of the database is declared by a model; the DDL of kept counts and of searches makes some of its own."""
    return not (reflected and name is not None and (name == "kept_counts_unique" or "_search" in name))


def _run(connection: Connection) -> None:
    context.configure(
        include_object=_declared,
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _migrate_sqlite(url: str) -> None:
    make_private(Path(sqlite_path(url)))
    engine = create_engine(url, poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def _wait_for_others(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=10000")

    with engine.connect() as connection:
        _run(connection)
        connection.commit()
    engine.dispose()


async def _migrate_postgres(url: str) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


def _main() -> None:
    settings: Settings = context.config.attributes.get("settings") or load_settings()
    url = settings.database_url
    if url.startswith("sqlite"):
        _migrate_sqlite(url)
    else:
        asyncio.run(_migrate_postgres(url))


_main()
