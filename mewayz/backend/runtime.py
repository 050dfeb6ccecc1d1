"""What a running process holds: settings, database, cache, limits and background tasks, opened and closed together."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from mewayz.backend.access import ANONYMOUS, Actor
from mewayz.backend.cache import Cache, LocalCache, RedisCache
from mewayz.backend.database import Database
from mewayz.backend.limits import Limits
from mewayz.backend.logs import logger
from mewayz.backend.regions import USUAL_LANGUAGE
from mewayz.backend.settings import Settings
from mewayz.backend.sqlite import SqliteDatabase

Identify = Callable[[str, str, datetime | None], Awaitable[Actor]]


async def _nobody(cookie_header: str, authorization: str, opened_at: datetime | None) -> Actor:
    return ANONYMOUS


identity: list[Identify] = [_nobody]
"""How Cookie and Authorization headers become an Actor; the room that signs people in puts its own function at index 0."""


@dataclass
class Runtime:
    """The open parts of one process."""

    settings: Settings
    database: Database
    cache: Cache
    limits: Limits = field(init=False)
    language: str = USUAL_LANGUAGE
    """As which locale of the CLDR the shop wrote numbers when it was last read, which every page does."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    at_close: list[Callable[[], Awaitable[None]]] = field(default_factory=list[Callable[[], Awaitable[None]]])

    def __post_init__(self) -> None:
        """Open the limits, which read the settings as they are when something is counted."""
        self.limits = Limits(lambda: self.settings)

    async def identify(self, cookie_header: str, authorization: str = "", opened_at: datetime | None = None) -> Actor:
        """Who sent these headers; with `opened_at`, at the start of a connection that is still open."""
        return await identity[0](cookie_header, authorization, opened_at)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the answer; its failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("background task failed", exc_info=error)

    async def close(self) -> None:
        """Finish background work, then release the parts."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        async with AsyncExitStack() as parts:
            for finish in (self.database.close, self.cache.close, self.limits.close, *reversed(self.at_close)):
                parts.push_async_callback(finish)


_current: list[Runtime] = []


def current() -> Runtime:
    """The open runtime.

    Raises:
        RuntimeError: none is open.
    """
    if not _current:
        raise RuntimeError("no runtime is open; use `async with open_runtime(settings)`")
    return _current[-1]


def is_open() -> bool:
    """Whether a runtime is open in this process."""
    return bool(_current)


def sqlite_path(url: str) -> str:
    """The file behind `sqlite:///PATH`."""
    return unquote(url.removeprefix("sqlite:///"))


async def connect_database(settings: Settings) -> Database:
    """Open the configured database.

    Raises:
        ConfigError: it cannot be opened or reached.
    """
    if settings.database_url.startswith("sqlite"):
        return SqliteDatabase(sqlite_path(settings.database_url))
    from mewayz.backend.postgres import PostgresDatabase  # noqa: PLC0415 (asyncpg costs start-up time on SQLite)

    return await PostgresDatabase.connect(settings.database_url)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncGenerator[Runtime]:
    """Open everything that the services need, for the block.

    Raises:
        ConfigError: the database cannot be opened or reached.
    """
    database = await connect_database(settings)
    cache: Cache = RedisCache(settings.redis_url) if settings.redis_url else LocalCache(database.foreign_changes)
    runtime = Runtime(settings, database, cache)
    _current.append(runtime)
    try:
        yield runtime
    finally:
        try:
            await runtime.close()
        finally:
            _current.remove(runtime)
