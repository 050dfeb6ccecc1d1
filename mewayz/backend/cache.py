"""Cached answers with tags: Redis when it is configured, this process when it is not.

An entry remembers the version of each of its tags from before it was computed; a commit gives the tags it touched a new
random version, and every older entry is a miss from then on. A dead Redis is a miss too, never an error.
"""

import asyncio
import contextlib
import hashlib
import secrets
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

import orjson
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from typing_extensions import override

from mewayz.backend.logs import logger

_PREFIX = "mewayz:"
_TIMEOUT = 0.1  # seconds; a slower Redis is worth less than the query
_BREAK = 2.0  # seconds without asking a Redis that failed
_TAG_SECONDS = 7 * 86_400
_LOCAL_ENTRIES = 2_000
_LOCAL_BYTES = 256 * 1024
_LOCAL_TOTAL = 32 * 1024 * 1024

unit_tags: ContextVar[set[str] | None] = ContextVar("unit_tags", default=None)
"""The tags that the open unit of the running task has touched so far; None outside of a unit."""


class Cache(ABC):
    """What both stores share: keys, tags, and one computation for concurrent misses."""

    def __init__(self) -> None:
        """Start empty."""
        self.hits = 0
        self.misses = 0
        self._flying: dict[str, asyncio.Future[bytes]] = {}

    async def remember(
        self, tag: str, key: Sequence[Any], *, ttl: int, also: Iterable[str] = (), compute: Callable[[], Awaitable[Any]]
    ) -> Any:
        """The JSON value under `key`, computed when no fresh one is there.

        Args:
            tag: noun that the value depends on; it is also the namespace of the key.
            key: everything that the value depends on, scope of the reader included.
            ttl: seconds that the value may live at the most.
            also: further tags that outdate it.
            compute: makes the value; must return what JSON can hold.
        """
        digest = hashlib.blake2b(orjson.dumps(key, default=str), digest_size=16).hexdigest()
        name = f"{_PREFIX}{{{tag}}}:{digest}"
        tags = tuple(dict.fromkeys((tag, *also)))
        touched = unit_tags.get()
        if touched and not touched.isdisjoint(tags):
            return await compute()  # what the unit has changed is neither in the cache nor to be seen by others
        found, versions = await self._read(name, tags)
        if found is not None:
            self.hits += 1
            return orjson.loads(found)
        self.misses += 1
        if touched is not None:
            # Holding a connection, it may wait for nobody who may need one; and what it sees may never be committed.
            return await compute()
        flight = f"{name}:{'|'.join(versions)}"
        while (flying := self._flying.get(flight)) is not None:
            try:
                return orjson.loads(await asyncio.shield(flying))
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if not flying.cancelled() or (task is not None and task.cancelling()):
                    raise
                # Whoever computed it has left; the next one computes.
        value, data = await self._compute(flight, compute)
        await self._write(name, tags, versions, data, ttl)
        return value

    async def _compute(self, flight: str, compute: Callable[[], Awaitable[Any]]) -> tuple[Any, bytes]:
        """Compute a value for everybody who asks meanwhile."""
        landing: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._flying[flight] = landing
        try:
            value = await compute()
            data = orjson.dumps(value)
            landing.set_result(data)
        except asyncio.CancelledError:
            landing.cancel()
            raise
        except BaseException as error:
            landing.set_exception(error)
            landing.exception()  # nobody may wait for it; then the loop would complain
            raise
        finally:
            if self._flying.get(flight) is landing:
                del self._flying[flight]
        return value, data

    async def turn_over(self, tags: Iterable[str]) -> None:
        """Outdate every entry under these tags, and every computation that began before now."""
        self._flying.clear()
        await self._outdate(tags)

    @abstractmethod
    async def _read(self, name: str, tags: Sequence[str]) -> tuple[bytes | None, list[str]]:
        """A fresh entry or None, and the present versions of the tags."""

    @abstractmethod
    async def _write(self, name: str, tags: Sequence[str], versions: list[str], data: bytes, ttl: int) -> None:
        """Keep an entry that was computed under these versions."""

    @abstractmethod
    async def _outdate(self, tags: Iterable[str]) -> None:
        """Give these tags new versions."""

    @abstractmethod
    async def close(self) -> None:
        """Release connections."""


class LocalCache(Cache):
    """Entries of this process, bounded in number and size."""

    def __init__(self, foreign_changes: Callable[[], int] = lambda: 0) -> None:
        """`foreign_changes` moves when another process wrote to the database: then everything is outdated."""
        super().__init__()
        self._entries: OrderedDict[str, tuple[float, list[str], bytes]] = OrderedDict()
        self._versions: dict[str, str] = {}
        self._foreign_changes = foreign_changes
        self._seen = 0
        self._bytes = 0

    @override
    async def _read(self, name: str, tags: Sequence[str]) -> tuple[bytes | None, list[str]]:
        seen = self._foreign_changes()
        if seen != self._seen:
            self._seen = seen
            self._forget()
        versions = [f"{seen}.{self._versions.get(tag, '')}" for tag in tags]
        entry = self._entries.get(name)
        if entry is None:
            return None, versions
        expires, under, data = entry
        if expires < time.monotonic() or under != versions:
            self._drop(name)
            return None, versions
        self._entries.move_to_end(name)
        return data, versions

    @override
    async def _write(self, name: str, tags: Sequence[str], versions: list[str], data: bytes, ttl: int) -> None:
        if len(data) > _LOCAL_BYTES:
            return
        self._drop(name)
        self._entries[name] = (time.monotonic() + ttl, versions, data)
        self._bytes += len(data)
        while len(self._entries) > _LOCAL_ENTRIES or self._bytes > _LOCAL_TOTAL:
            self._drop(next(iter(self._entries)))

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._bytes -= len(entry[2])

    def _forget(self) -> None:
        self._entries.clear()
        self._bytes = 0

    @override
    async def _outdate(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self._versions[tag] = secrets.token_hex(8)

    @override
    async def close(self) -> None:
        self._forget()


class RedisCache(Cache):
    """Entries in Redis, shared by all processes."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url`."""
        super().__init__()
        # No further try: the library's three, with pauses between them, would take longer than the query.
        again = Retry(NoBackoff(), 0)
        self.client: redis.Redis = redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=again)
        self._closed_until = 0.0
        self._owed: set[str] = set()
        self._paying: asyncio.Task[None] | None = None

    async def alive(self) -> bool:
        """Whether Redis answers now."""
        try:
            await self.client.echo("alive")  # pyright: ignore[reportUnknownMemberType]
            return True
        except (RedisError, OSError):
            return False

    def _broken(self) -> bool:
        return time.monotonic() < self._closed_until

    def _trip(self, error: Exception) -> None:
        if not self._broken():
            logger.warning("redis does not answer (%s); answers are computed meanwhile", type(error).__name__)
        self._closed_until = time.monotonic() + _BREAK

    @override
    async def _read(self, name: str, tags: Sequence[str]) -> tuple[bytes | None, list[str]]:
        if self._broken():
            return None, []
        try:
            if self._owed:
                await self._outdate(())
            # A pipeline of single-key reads, not MGET: the keys may live on different nodes of a cluster.
            async with self.client.pipeline(transaction=False) as pipe:
                pipe.get(name)
                for tag in tags:
                    pipe.get(_tag_key(tag))
                entry, *found = await pipe.execute()
        except (RedisError, OSError) as error:
            self._trip(error)
            return None, []
        versions = [version.decode() if version else "" for version in found]
        if entry is None:
            return None, versions
        under, _, data = entry.partition(b"\n")
        return (data if under.decode() == "|".join(versions) else None), versions

    @override
    async def _write(self, name: str, tags: Sequence[str], versions: list[str], data: bytes, ttl: int) -> None:
        if self._broken() or not versions:
            return
        try:
            await self.client.set(name, "|".join(versions).encode() + b"\n" + data, ex=ttl)
        except (RedisError, OSError) as error:
            self._trip(error)

    @override
    async def _outdate(self, tags: Iterable[str]) -> None:
        # What could not be turned over is owed: paid before the next read here, and for other processes as soon as Redis is back.
        self._owed.update(tags)
        if not self._owed or self._broken():
            self._pay_later()
            return
        owed = list(self._owed)
        try:
            async with self.client.pipeline(transaction=False) as pipe:
                for tag in owed:
                    pipe.set(_tag_key(tag), secrets.token_hex(8), ex=_TAG_SECONDS)
                await pipe.execute()
        except (RedisError, OSError) as error:
            self._trip(error)
            self._pay_later()
            return
        self._owed.difference_update(owed)

    def _pay_later(self) -> None:
        if self._owed and (self._paying is None or self._paying.done()):
            self._paying = asyncio.get_running_loop().create_task(self._pay())

    async def _pay(self) -> None:
        while self._owed:
            await asyncio.sleep(max(self._closed_until - time.monotonic(), 0.05))
            await self._outdate(())

    @override
    async def close(self) -> None:
        if self._paying is not None:
            self._paying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._paying
        self._closed_until = 0.0
        if self._owed:
            await self._outdate(())
        if self._paying is not None:
            self._paying.cancel()
        await self.client.aclose()


def _tag_key(tag: str) -> str:
    return f"{_PREFIX}{{{tag}}}:version"
