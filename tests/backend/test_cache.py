"""The cache: fresh or nothing, computed once for all who wait, and never a reason to fail."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mewayz.backend import cache as module
from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.cache import Cache, LocalCache, RedisCache
from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, sqlite_path
from mewayz.backend.unit import unit
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.model import User, users_collection
from tests.conftest import skip_for
from tests.services import MissingService, Redis


class Source:
    """Something to compute, that counts how often it was."""

    def __init__(self, value: Any = "value", seconds: float = 0) -> None:
        self.value = value
        self.seconds = seconds
        self.computed = 0

    async def __call__(self) -> Any:
        self.computed += 1
        value = self.value
        await asyncio.sleep(self.seconds)
        if isinstance(value, Exception):
            raise value
        return value


async def ask(cache: Cache, source: Source, key: str = "key", *, tag: str = "users", ttl: int = 60, also: tuple[str, ...] = ()) -> Any:
    return await cache.remember(tag, [key], ttl=ttl, also=also, compute=source)


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    """An empty cache of either kind."""
    if request.param == "memory":
        yield LocalCache()
        return
    server: Redis = request.getfixturevalue("redis_server")
    server.clear()
    async with opened(server.url) as found:
        yield found


# Both caches ------------------------------------------------------------------------------------------------------------


async def test_a_value_is_computed_once(cache: Cache) -> None:
    source = Source({"rows": [1, "ü", None, 1.5]})
    assert [await ask(cache, source) for _ in range(3)] == [source.value] * 3
    assert source.computed == 1
    assert (cache.hits, cache.misses) == (2, 1)


async def test_each_key_has_its_own_value(cache: Cache) -> None:
    for key in ("a", "b", "A", ""):
        assert await ask(cache, Source(key), key) == key
    assert await cache.remember("users", ["a", {"owner": "1"}], ttl=60, compute=Source("one")) == "one"
    assert await cache.remember("users", ["a", {"owner": "2"}], ttl=60, compute=Source("two")) == "two"
    assert await cache.remember("orders", ["a"], ttl=60, compute=Source("orders")) == "orders"


async def test_a_value_outlives_its_time_to_live_by_nothing(cache: Cache) -> None:
    source = Source()
    await ask(cache, source, ttl=1)
    await asyncio.sleep(1.1)
    await ask(cache, source, ttl=1)
    assert source.computed == 2


async def test_any_of_its_tags_outdates_a_value(cache: Cache) -> None:
    source, other = Source(), Source()
    for computed, turned in ((1, "orders"), (2, "users"), (3, "customers"), (4, None), (4, None)):
        await ask(cache, source, also=("customers", "orders"))
        await ask(cache, other, tag="products")
        assert source.computed == computed
        if turned:
            await cache.turn_over({turned})
    assert other.computed == 1


async def test_who_asks_at_the_same_time_waits_for_one_computation(cache: Cache) -> None:
    source = Source([1, 2], seconds=0.05)
    found = await asyncio.gather(*(ask(cache, source) for _ in range(50)))
    assert found == [[1, 2]] * 50
    assert source.computed == 1
    found[0].append(3)
    assert await ask(cache, source) == [1, 2]


async def test_a_failed_computation_is_told_to_all_and_not_kept(cache: Cache) -> None:
    source = Source(ZeroDivisionError("no"), seconds=0.05)
    found = await asyncio.gather(*(ask(cache, source) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, ZeroDivisionError) for one in found)
    assert source.computed == 1
    source.value = "fine"
    assert await ask(cache, source) == "fine"


async def test_when_the_one_who_computes_leaves_another_one_computes(cache: Cache) -> None:
    source = Source(seconds=0.1)
    first = asyncio.create_task(ask(cache, source))
    await asyncio.sleep(0.03)
    others = [asyncio.create_task(ask(cache, source)) for _ in range(5)]
    await asyncio.sleep(0.03)
    first.cancel()
    assert await asyncio.gather(*others) == ["value"] * 5
    assert source.computed == 2
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_one_who_waits_may_leave(cache: Cache) -> None:
    source = Source(seconds=0.1)
    first = asyncio.create_task(ask(cache, source))
    await asyncio.sleep(0.02)
    second = asyncio.create_task(ask(cache, source))
    await asyncio.sleep(0.02)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await first == "value"


async def test_who_asks_after_a_change_does_not_get_what_was_begun_before_it(cache: Cache) -> None:
    source = Source("old", seconds=0.1)
    before = asyncio.create_task(ask(cache, source))
    await asyncio.sleep(0.03)
    source.value = "new"
    await cache.turn_over({"users"})
    assert await ask(cache, source) == "new"
    assert await before == "old"
    assert await ask(cache, source) == "new"


async def test_a_unit_waits_for_nobody_who_may_need_its_connection(runtime: Runtime) -> None:
    """All connections are held by units that want a value which somebody without a connection is computing."""
    inside = 0
    computing, full = asyncio.Event(), asyncio.Event()
    most = 1 if runtime.database.sqlite else 10

    async def count() -> int:
        return len(await users_collection.find_all(status="active"))

    async def slow_count() -> int:
        computing.set()
        await full.wait()
        await asyncio.sleep(0.05)
        return await count()

    async def in_unit() -> int:
        nonlocal inside
        async with unit():
            inside += 1
            if inside == most:
                full.set()
            await full.wait()
            return await runtime.cache.remember("users", ["count"], ttl=60, compute=count)

    async with asyncio.timeout(5):
        outside = asyncio.create_task(runtime.cache.remember("users", ["count"], ttl=60, compute=slow_count))
        await computing.wait()
        assert await asyncio.gather(*(in_unit() for _ in range(most))) == [0] * most
        assert await outside == 0


async def test_what_a_person_may_see_is_part_of_the_key(runtime: Runtime) -> None:
    product = await products.create(SYSTEM, {"name": "P", "price": "1", "inventory": {"stock": 1}})
    await orders.create(SYSTEM, {"lines": [{"productId": product.id, "quantity": 1}]})
    query = await read_query(orders.spec, {})
    everybody = await orders.page(Actor("a" * 24, role=Role.ADMIN), query)
    own = await orders.page(Actor("b" * 24, role=Role.USER), query)
    assert (everybody.total, own.total) == (1, 0)
    assert (await orders.page(Actor("c" * 24, role=Role.MODERATOR), query)).total == 1


# In this process --------------------------------------------------------------------------------------------------------


async def test_entries_are_bounded_in_number_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOCAL_ENTRIES", 10)
    monkeypatch.setattr(module, "_LOCAL_TOTAL", 1000)
    cache = LocalCache()
    for number in range(30):
        await ask(cache, Source("x" * 10), str(number))
    assert len(cache._entries) == 10
    for number in range(30):
        await ask(cache, Source("x" * 300), f"large {number}")
    assert len(cache._entries) == 3
    assert cache._bytes == sum(len(entry[2]) for entry in cache._entries.values()) <= 1000
    monkeypatch.setattr(module, "_LOCAL_BYTES", 100)
    await ask(cache, Source("x" * 200), "too large")
    assert len(cache._entries) == 3


async def test_what_is_used_stays_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOCAL_ENTRIES", 3)
    cache, used = LocalCache(), Source()
    await ask(cache, used, "used")
    for number in range(10):
        await ask(cache, Source(), str(number))
        await ask(cache, used, "used")
    assert used.computed == 1


async def test_another_process_writes_to_the_file(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    await users_collection.add(User(name="Anna", email="anna@example.com"))
    source = Source()
    await ask(runtime.cache, source)
    await users_collection.add(User(name="Ben", email="ben@example.com"))
    other = Source()
    await ask(runtime.cache, other, tag="products")
    await ask(runtime.cache, other, tag="products")
    assert other.computed == 1  # our own writes outdate only what they touch
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE users SET name = 'X'\"); c.commit()"
    subprocess.run([sys.executable, "-c", script, sqlite_path(runtime.settings.database_url)], check=True)
    await ask(runtime.cache, other, tag="products")
    assert other.computed == 2
    assert (await users_collection.find(email="anna@example.com")).name == "X"  # pyright: ignore[reportOptionalMemberAccess]


# Redis and its failures -------------------------------------------------------------------------------------------------


@pytest.fixture
def own_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """A Redis that the test may kill, and the patience of production."""
    monkeypatch.setattr(module, "_TIMEOUT", 0.1)
    try:
        server = Redis()
        with server:
            yield server
    except MissingService as missing:
        skip_for(missing)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisCache]:
    cache = RedisCache(url)
    try:
        yield cache
    finally:
        await cache.close()


@pytest.fixture
def brief_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BREAK", 0.2)


def pause(server: Redis) -> None:
    assert server.process
    server.process.send_signal(signal.SIGSTOP)


def resume(server: Redis) -> None:
    assert server.process
    server.process.send_signal(signal.SIGCONT)


async def test_without_redis_everything_is_computed_quickly() -> None:
    async with opened("redis://127.0.0.1:1/0") as cache:
        source = Source()
        begin = time.monotonic()
        for _ in range(20):
            assert await ask(cache, source) == "value"
            await cache.turn_over({"users"})
        assert source.computed == 20
        assert time.monotonic() - begin < 1  # one refused connection, then the breaker
        assert not await cache.alive()


async def test_a_redis_that_hangs_costs_a_tenth_of_a_second_once(own_redis: Redis) -> None:
    async with opened(own_redis.url) as cache:
        source = Source()
        assert await ask(cache, source) == "value"
        assert await cache.alive()
        pause(own_redis)
        begin = time.monotonic()
        for _ in range(10):
            assert await ask(cache, source) == "value"
        assert time.monotonic() - begin < 1
        resume(own_redis)


@pytest.mark.usefixtures("brief_break")
async def test_redis_dies_while_a_value_is_computed_and_comes_back(own_redis: Redis) -> None:
    async with opened(own_redis.url) as cache:

        async def dying() -> str:
            own_redis.stop(kill=True)
            return "value"

        assert await cache.remember("users", ["key"], ttl=60, compute=dying) == "value"
        source = Source()
        assert await ask(cache, source) == "value"
        own_redis.start()
        await asyncio.sleep(0.3)
        for _ in range(3):
            assert await ask(cache, source) == "value"
        assert source.computed == 2


@pytest.mark.usefixtures("brief_break")
async def test_nothing_outdated_returns_after_an_outage(own_redis: Redis) -> None:
    """Redis keeps its entries, but cannot be reached while something changes."""
    async with opened(own_redis.url) as cache, opened(own_redis.url) as elsewhere:
        source = Source("old")
        assert [await ask(cache, source), await ask(elsewhere, source)] == ["old", "old"]
        assert source.computed == 1
        pause(own_redis)
        source.value = "new"
        await cache.turn_over({"users"})
        assert await ask(cache, source) == "new"
        resume(own_redis)
        await asyncio.sleep(0.25)
        assert await ask(cache, source) == "new"
        assert await ask(elsewhere, source) == "new"


@pytest.mark.usefixtures("brief_break")
async def test_other_processes_are_told_of_a_change_without_being_asked(own_redis: Redis) -> None:
    async with opened(own_redis.url) as cache, opened(own_redis.url) as elsewhere:
        source = Source("old")
        await ask(elsewhere, source)
        pause(own_redis)
        source.value = "new"
        await cache.turn_over({"users"})
        resume(own_redis)
        await asyncio.sleep(0.8)
        assert await ask(elsewhere, source) == "new"
        assert not cache._owed


async def test_what_is_owed_is_paid_at_the_end(own_redis: Redis) -> None:
    async with opened(own_redis.url) as elsewhere:
        source = Source("old")
        async with opened(own_redis.url) as cache:
            await ask(elsewhere, source)
            pause(own_redis)
            source.value = "new"
            await cache.turn_over({"users"})
            resume(own_redis)
        assert await ask(elsewhere, source) == "new"


async def test_processes_share_entries_and_changes(own_redis: Redis) -> None:
    async with opened(own_redis.url) as one, opened(own_redis.url) as two:
        source = Source()
        await ask(one, source)
        await ask(two, source)
        assert source.computed == 1
        await two.turn_over({"users"})
        await ask(one, source)
        assert source.computed == 2


async def test_a_slow_computation_does_not_bring_back_what_another_process_changed(own_redis: Redis) -> None:
    async with opened(own_redis.url) as one, opened(own_redis.url) as two:
        source = Source("old", seconds=0.1)
        slow = asyncio.create_task(ask(one, source))
        await asyncio.sleep(0.03)
        source.value = "new"
        await two.turn_over({"users"})
        assert await slow == "old"
        assert [await ask(one, source), await ask(two, source)] == ["new", "new"]
