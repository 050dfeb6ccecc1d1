"""Live: what one process tells, the listeners of all processes hear; after the commit, and not without it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from mewayz.backend import cache, live
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.unit import unit
from tests.conftest import make_settings, skip_for
from tests.services import ROOT, MissingService, Redis, child_environment

_OTHER = """
import asyncio, sys
from mewayz.backend import cache, live
from mewayz.backend.runtime import open_runtime
from mewayz.backend.settings import load_settings

cache._TIMEOUT = 5.0  # a Redis that is slow because the machine is busy counts as alive

async def main():
    async with open_runtime(load_settings()):
        if sys.argv[1] == "tell":
            await live.tell("topic", "from the other process")
            return
        heard = asyncio.Event()
        async def listener(subject):
            print(subject, flush=True)
            heard.set()
        live.subscribe("topic", listener)
        listening = asyncio.create_task(live.listen())
        await asyncio.wait_for(heard.wait(), 30)
        listening.cancel()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the other process."""
    monkeypatch.setattr(cache, "_TIMEOUT", 5.0)


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that the test may end."""
    try:
        with Redis() as server:
            yield server
    except MissingService as missing:
        skip_for(missing)


@pytest.fixture
def heard() -> Iterator["asyncio.Queue[str]"]:
    """What a listener of this process has been told about `topic`."""
    found: asyncio.Queue[str] = asyncio.Queue()
    end = live.subscribe("topic", found.put)
    yield found
    end()


@asynccontextmanager
async def connected(server: Redis, folder: Path) -> AsyncIterator[None]:
    """This process, listening."""
    async with open_runtime(make_settings(folder, database_url=f"sqlite:///{folder / 'empty.db'}", redis_url=server.url)):
        listening = asyncio.create_task(live.listen())
        await subscribed(server)
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


async def subscribed(server: Redis, number: int = 1) -> None:
    """Wait until so many processes listen."""
    async with asyncio.timeout(30):
        while f":{number}\r\n".encode() not in await asyncio.to_thread(server.say, "PUBSUB", "NUMSUB", "mewayz:live"):
            await asyncio.sleep(0.02)


async def another(server: Redis, folder: Path, does: str) -> asyncio.subprocess.Process:
    """Another process of the same installation."""
    environment = child_environment(DATA_DIR=folder / "other", REDIS_URL=server.url)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OTHER, does, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )


async def told_by_another(server: Redis, folder: Path) -> None:
    """Another process tells something, and ends."""
    teller = await another(server, folder, "tell")
    await teller.communicate()
    assert teller.returncode == 0


async def test_processes_hear_each_other(own_redis: Redis, tmp_path: Path, heard: "asyncio.Queue[str]") -> None:
    async with connected(own_redis, tmp_path):
        await told_by_another(own_redis, tmp_path)
        async with asyncio.timeout(30):
            assert await heard.get() == "from the other process"
        listener = await another(own_redis, tmp_path, "listen")
        await subscribed(own_redis, 2)
        await live.tell("topic", "from this process")
        output, _ = await listener.communicate()
        assert (listener.returncode, output.decode().split("\n")[0]) == (0, "from this process")
        assert heard.get_nowait() == "from this process"  # once, not also by Redis
    assert heard.empty()


async def test_who_tells_hears_it_once(own_redis: Redis, tmp_path: Path, heard: "asyncio.Queue[str]") -> None:
    async with connected(own_redis, tmp_path):
        await live.tell("topic", "a")
        await live.tell("other topic", "b")
        await told_by_another(own_redis, tmp_path)
        async with asyncio.timeout(30):
            assert [await heard.get(), await heard.get()] == ["a", "from the other process"]
    assert heard.empty()


async def test_it_is_told_after_the_commit_and_not_without_one(runtime: Runtime, heard: "asyncio.Queue[str]") -> None:
    async with unit() as opened:
        live.announce(opened, "topic", "kept")
        assert heard.empty()
    assert heard.get_nowait() == "kept"
    with pytest.raises(ZeroDivisionError):
        async with unit() as opened:
            live.announce(opened, "topic", "undone")
            raise ZeroDivisionError
    assert heard.empty()


async def test_a_listener_that_fails_keeps_nothing_from_the_others(sqlite_runtime: Runtime, heard: "asyncio.Queue[str]") -> None:
    async def broken(subject: str) -> None:
        raise RuntimeError(subject)

    end = live.subscribe("topic", broken)
    live._listeners["topic"].reverse()
    await live.tell("topic", "a")
    end()
    assert heard.get_nowait() == "a"


async def test_a_redis_that_is_gone_costs_the_others_the_news_and_nobody_the_answer(
    own_redis: Redis, tmp_path: Path, heard: "asyncio.Queue[str]"
) -> None:
    async with connected(own_redis, tmp_path):
        own_redis.stop(kill=True)
        await live.tell("topic", "still heard here")
        assert heard.get_nowait() == "still heard here"
        own_redis.start()
        await subscribed(own_redis)  # and the connection is made again
        await told_by_another(own_redis, tmp_path)
        async with asyncio.timeout(30):
            assert await heard.get() == "from the other process"


async def test_without_redis_there_is_nobody_to_listen_to(sqlite_runtime: Runtime) -> None:
    async with asyncio.timeout(5):
        await live.listen()


async def test_changed_records_are_told_by_their_noun_after_the_commit(runtime: Runtime) -> None:
    told: list[str] = []

    async def listener(noun: str) -> None:
        told.append(noun)

    stop = live.subscribe(live.RECORDS, listener)
    try:
        with suppress(ZeroDivisionError):
            async with unit() as opened:
                opened.touch("products")
                raise ZeroDivisionError
        async with unit() as opened:
            opened.touch("orders", "customers")
            assert told == []
        while runtime._tasks:  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0.01)
        assert sorted(told) == ["customers", "orders"]
    finally:
        stop()
