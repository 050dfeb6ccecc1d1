"""Live: what happened is told to the open pages of every process, after the commit.

A message is a topic and the id of what it is about, never data: whoever listens asks the services again, in the name of
each person. Processes hear each other through Redis; without one there is one process.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from mewayz.backend.cache import RedisCache
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current

if TYPE_CHECKING:
    from mewayz.backend.unit import Unit

Listener = Callable[[str], Awaitable[None]]
RECORDS = "records"
"""The topic of changed records; the subject is their noun."""
_CHANNEL = "mewayz:live"
_PAUSE = 1.0  # seconds before a lost connection is made again
_me = secrets.token_hex(8)
_listeners: dict[str, list[Listener]] = {}


def subscribe(topic: str, listener: Listener) -> Callable[[], None]:
    """Call `listener` with the subject of each message of a topic; returns how to stop that."""
    found = _listeners.setdefault(topic, [])
    found.append(listener)
    return partial(found.remove, listener)


def announce(opened: "Unit", topic: str, subject: str) -> None:
    """Tell `topic` about `subject` once the unit has committed."""
    opened.after_commit(partial(tell, topic, subject))


def changed(nouns: Iterable[str]) -> None:
    """Tell, beside the answer, that records of these nouns have changed."""
    if _listeners.get(RECORDS) or isinstance(current().cache, RedisCache):
        for noun in nouns:
            current().background(tell(RECORDS, noun))


async def tell(topic: str, subject: str) -> None:
    """Tell the listeners of this process, and those of the others. A Redis that is gone costs them the news, nobody the answer."""
    await _deliver(topic, subject)
    cache = current().cache
    if isinstance(cache, RedisCache):
        try:
            await cache.client.publish(_CHANNEL, orjson.dumps([_me, topic, subject]))  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError) as error:
            logger.warning("other processes were not told of a change: %s", type(error).__name__)


async def _deliver(topic: str, subject: str) -> None:
    for listener in list(_listeners.get(topic, ())):
        try:
            await listener(subject)
        except Exception:
            logger.exception("a listener of %s failed", topic)


async def listen() -> None:
    """Hear what other processes tell, until cancelled."""
    url = current().settings.redis_url
    if not url:
        return
    while True:
        with contextlib.suppress(RedisError, OSError):
            # A connection of its own: waiting for news must not run into the short timeout of the cache.
            client: Any = redis.from_url(url, socket_connect_timeout=_PAUSE)
            async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(_CHANNEL)
                async for message in channel.listen():
                    sender, topic, subject = orjson.loads(message["data"])
                    if sender != _me:
                        await _deliver(topic, subject)
        await asyncio.sleep(_PAUSE)
