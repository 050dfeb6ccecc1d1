"""How often something may be tried: counted before the work, in Redis when it is configured and in this process in any case."""

import asyncio
import ipaddress
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from redis.asyncio import Redis, from_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from typing_extensions import override

from mewayz.backend.errors import RateLimited, Standing
from mewayz.backend.logs import logger
from mewayz.backend.settings import Settings

_PREFIX = "mewayz:limits"
_TIMEOUT = 0.1  # seconds; a slower Redis would make every sign-in slow
_BREAK = 2.0  # seconds without asking a Redis that failed
_SWEEP = 60.0  # seconds between two looks for counts that are over
_MOST_COUNTS = 100_000  # of this process; who has that many addresses has that many tries anyway
_NETWORK = 64  # bits of an IPv6 address that one customer of a provider has at the least

Amount = int | Callable[[Settings], int]


@dataclass(frozen=True)
class Limit:
    """So many tries in so many seconds, from the first one on.

    Attributes:
        name: of what is counted; part of the key.
        amount: a number, or where it stands in the settings.
        shared: counted for all processes together. Where it is not, counting costs no round trip.
    """

    name: str
    amount: Amount
    seconds: int
    shared: bool = True

    def most(self, settings: Settings) -> int:
        """The number of tries."""
        return self.amount if isinstance(self.amount, int) else self.amount(settings)


_QUARTER = 15 * 60

ANONYMOUS = Limit("anonymous", lambda settings: settings.rate_limit_anonymous, _QUARTER)
"""Requests of an address that nobody is signed in with."""
SHARED = Limit("shared", lambda settings: settings.rate_limit_anonymous, _QUARTER)
"""Links to figures that an address opens, whoever it is."""
ANONYMOUS_SOCKET = Limit("anonymous-socket", lambda settings: settings.rate_limit_anonymous, _QUARTER)
"""Pages that an address opens without a session: each has a state here for an hour."""
SIGNED_IN = Limit("signed-in", lambda settings: settings.rate_limit_signed_in, _QUARTER, shared=False)
"""Requests of a session: against a client that has run wild, so each process may count for itself."""
SIGN_IN = Limit("sign-in", lambda settings: settings.rate_limit_sign_in, _QUARTER)
"""Failed sign-ins of an address, of an account, and of both together."""
SECOND_FACTOR = Limit("second-factor", 5, 5 * 60)
"""Wrong codes for one challenge."""
SECOND_FACTOR_HOUR = Limit("second-factor-hour", 10, 60 * 60)
"""Wrong codes of authenticators for one account, of all strangers together; apart from those, of each device that it knows,
of each session that proves itself, and wrong backup codes of each address, which are too long to be guessed."""
MAIL = Limit("mail", 3, _QUARTER)
"""Letters of one kind to one recipient; of those about a forgotten password, that one address asks for."""
MAIL_FORGOT = Limit("mail-forgot", 10, _QUARTER)
"""Letters about a forgotten password to one recipient, whoever asks for them."""
MAIL_ADDRESS = Limit("mail-address", lambda settings: 2 * settings.rate_limit_sign_in, _QUARTER)
"""Letters that one address asks for. Where many people share an address, both this and their sign-ins need more."""
REPORT = Limit("report", 30, _QUARTER)
"""Rows that a client adds to the audit trail."""
KNOWN_DEVICE = Limit("known-device", 10, _QUARTER)
"""Failed sign-ins of a device that the account knows, which others cannot lock out."""


class Limits:
    """The counts. Over a limit is RateLimited; a Redis that does not answer never opens one."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        """Connect lazily to the Redis of the settings, if there is one."""
        self._settings = settings
        self._here = _Counts()
        url = settings().redis_url
        # No second try: an answer that was lost may have been counted already.
        self._client: Redis | None = from_url(url, retry=Retry(NoBackoff(), 0)) if url else None
        self._there = _storage(self._client) if self._client else None
        self._closed_until = 0.0

    async def hit(self, limit: Limit, *subject: str) -> Standing:
        """Count a try, before the work that it asks for: of many at once, no more than the limit get through.

        Tries that are refused are not counted, so that they do not use up what `refund` gives back.

        Raises:
            RateLimited: there were too many.
        """
        key, most = _key(limit, subject), limit.most(self._settings())
        used, left = await self._count(limit, key, 1)
        standing = Standing(most, max(most - used, 0), left)
        if used > most:
            await self._count(limit, key, -1)
            raise RateLimited(retry_after=left, standing=standing)
        return standing

    async def refund(self, limit: Limit, *subject: str) -> None:
        """Take one try back: it succeeded, and only failures are to count."""
        await self._count(limit, _key(limit, subject), -1)

    async def peek(self, limit: Limit, *subject: str) -> Standing:
        """How far a limit is used, without using it."""
        most = limit.most(self._settings())
        used, left = await self._count(limit, _key(limit, subject), 0)
        return Standing(most, max(most - used, 0), left)

    async def clear(self, limit: Limit, *subject: str) -> None:
        """Forget all tries."""
        key = _key(limit, subject)
        await self._here.clear(key)
        if (there := self._asked(limit)) is not None:
            try:
                async with asyncio.timeout(_TIMEOUT):
                    await there.clear(key)
            except (RedisError, OSError) as error:
                self._trip(error)

    async def close(self) -> None:
        """Release connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _count(self, limit: Limit, key: str, change: int) -> tuple[int, int]:
        """Add `change`; the tries so far, and the seconds until they are forgotten."""
        # This process counts even while Redis answers: when it stops, what was tried already stays counted.
        found = await _add(self._here, limit, key, change)
        if (there := self._asked(limit)) is not None:
            try:
                async with asyncio.timeout(_TIMEOUT):
                    return await _add(there, limit, key, change)
            except (RedisError, OSError) as error:
                self._trip(error)
        return found

    def _asked(self, limit: Limit) -> Storage | None:
        return self._there if limit.shared and time.monotonic() >= self._closed_until else None

    def _trip(self, error: Exception) -> None:
        if time.monotonic() >= self._closed_until:
            logger.warning("redis does not answer (%s); limits are counted in this process meanwhile", type(error).__name__)
        self._closed_until = time.monotonic() + _BREAK


async def _add(storage: Storage, limit: Limit, key: str, change: int) -> tuple[int, int]:
    used = await (storage.incr(key, limit.seconds, change) if change else storage.get(key))
    if used < 0:
        # What is taken back was forgotten meanwhile; it must not become a try more than the limit has.
        used = await storage.incr(key, limit.seconds, 1)
    if used <= 0:
        return 0, 0
    return used, max(math.ceil(await storage.get_expiry(key) - time.time()), 1)


class _Counts(MemoryStorage):
    """Counts of this process, bounded in number. The library's own looks through all of them at each try; this one once a minute."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._swept = time.time()

    @override
    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        await self.get(key)  # forgets one that is over
        # Nothing is awaited from here on, so that tries at once cannot meet.
        if key not in self.storage:
            self._make_room()
        self.storage[key] += amount
        if self.storage[key] == amount:
            self.expirations[key] = time.time() + expiry
        return self.storage[key]

    def _make_room(self) -> None:
        now = time.time()
        gone: list[str] = []
        if now - self._swept >= _SWEEP:
            self._swept = now
            gone = [key for key, over in self.expirations.items() if over <= now]
        elif len(self.expirations) >= _MOST_COUNTS:
            gone = list(islice(self.expirations, _MOST_COUNTS // 10))
        for key in gone:
            del self.storage[key], self.expirations[key]


def _storage(client: Redis) -> RedisStorage:
    options: dict[str, Any] = {"connection_pool": client.connection_pool}
    return RedisStorage("async+redis://", implementation="redispy", key_prefix=_PREFIX, **options)


def _key(limit: Limit, subject: tuple[str, ...]) -> str:
    """What is counted, so that nobody who reads the keys learns an address, an account or a token."""
    from mewayz.backend.keys import digest  # noqa: PLC0415 (keys are those of the runtime, which opens this)

    return f"{limit.name}:{digest('limits', json.dumps(subject))}"


def address_subject(address: str) -> str:
    """What counts as one address: all of IPv4, the first half of IPv6, because a customer has 2^64 of them or more."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((found.packed, _NETWORK), strict=False))
        found = found.ipv4_mapped
    return str(found)
