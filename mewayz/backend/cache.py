"""Cached answers with tags: Redis when it is configured, this process when it is not.

An entry remembers the version of each of its tags from before it was computed; a commit gives the tags it touched a new
random version, and every older entry is a miss from then on. A dead Redis is a miss too, never an error.
"""

import asyncio
import hashlib
import secrets
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError
from typing_extensions import override

from mewayz.backend.logs import logger

_PREFIX = "mewayz:"
_TIMEOUT = 0.1  # seconds; a slower Redis is worth less than the query
_BREAK = 2.0  # seconds without asking a Redis that failed
_TAG_SECONDS = 7 * 86_400
_LOCAL_ENTRIES = 2_000
_LOCAL_BYTES = 256 * 1024


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
        found, versions = await self._read(name, tags)
        if found is not None:
            self.hits += 1
            return orjson.loads(found)
        self.misses += 1
        flying = self._flying.get(name)
        if flying is not None:
            return orjson.loads(await asyncio.shield(flying))
        landing: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._flying[name] = landing
        try:
            value = await compute()
            data = orjson.dumps(value)
            landing.set_result(data)
        except BaseException as error:
            landing.set_exception(error if isinstance(error, Exception) else RuntimeError("the computation was cancelled"))
            landing.exception()  # nobody may wait for it; then the loop would complain
            raise
        finally:
            del self._flying[name]
        await self._write(name, tags, versions, data, ttl)
        return value

    @abstractmethod
    async def _read(self, name: str, tags: Sequence[str]) -> tuple[bytes | None, list[str]]:
        """A fresh entry or None, and the present versions of the tags."""

    @abstractmethod
    async def _write(self, name: str, tags: Sequence[str], versions: list[str], data: bytes, ttl: int) -> None:
        """Keep an entry that was computed under these versions."""

    @abstractmethod
    async def turn_over(self, tags: Iterable[str]) -> None:
        """Outdate every entry under these tags."""

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

    @override
    async def _read(self, name: str, tags: Sequence[str]) -> tuple[bytes | None, list[str]]:
        seen = self._foreign_changes()
        if seen != self._seen:
            self._seen = seen
            self._entries.clear()
        versions = [f"{seen}.{self._versions.get(tag, '')}" for tag in tags]
        entry = self._entries.get(name)
        if entry is None:
            return None, versions
        expires, under, data = entry
        if expires < time.monotonic() or under != versions:
            del self._entries[name]
            return None, versions
        self._entries.move_to_end(name)
        return data, versions

    @override
    async def _write(self, name: str, tags: Sequence[str], versions: list[str], data: bytes, ttl: int) -> None:
        if len(data) > _LOCAL_BYTES:
            return
        self._entries[name] = (time.monotonic() + ttl, versions, data)
        while len(self._entries) > _LOCAL_ENTRIES:
            self._entries.popitem(last=False)

    @override
    async def turn_over(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self._versions[tag] = secrets.token_hex(8)

    @override
    async def close(self) -> None:
        self._entries.clear()


class RedisCache(Cache):
    """Entries in Redis, shared by all processes."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url`."""
        super().__init__()
        self.client: redis.Redis = redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        self._closed_until = 0.0
        self._owed: set[str] = set()

    async def alive(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(await self.client.ping())  # pyright: ignore[reportGeneralTypeIssues, reportUnknownMemberType]
        except (RedisError, OSError, asyncio.TimeoutError):
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
                await self.turn_over(())
            # A pipeline of single-key reads, not MGET: the keys may live on different nodes of a cluster.
            async with self.client.pipeline(transaction=False) as pipe:
                pipe.get(name)
                for tag in tags:
                    pipe.get(_tag_key(tag))
                entry, *found = await pipe.execute()
        except (RedisError, OSError, asyncio.TimeoutError) as error:
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
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._trip(error)

    @override
    async def turn_over(self, tags: Iterable[str]) -> None:
        # What could not be turned over is owed, and paid before the next read: nobody reads an outdated entry after an outage.
        self._owed.update(tags)
        if self._broken():
            return
        owed = list(self._owed)
        try:
            async with self.client.pipeline(transaction=False) as pipe:
                for tag in owed:
                    pipe.set(_tag_key(tag), secrets.token_hex(8), ex=_TAG_SECONDS)
                await pipe.execute()
        except (RedisError, OSError, asyncio.TimeoutError) as error:
            self._trip(error)
            return
        self._owed.difference_update(owed)

    @override
    async def close(self) -> None:
        await self.client.aclose()


def _tag_key(tag: str) -> str:
    return f"{_PREFIX}{{{tag}}}:version"
