"""The database seam: what both engines promise, and what only one of them has to be careful about."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextvars import copy_context
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import sqlite as sqlite_module
from mewayz.backend.database import Database, DatabaseDown, Duplicate
from mewayz.backend.errors import ConfigError, Unavailable
from mewayz.backend.runtime import Runtime, connect_database, open_runtime, sqlite_path
from mewayz.backend.settings import Settings
from mewayz.backend.sqlite import SqliteDatabase
from mewayz.backend.unit import unit
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.users.model import User, users_collection
from tests.conftest import make_settings
from tests.postgres import Postgres
from tests.services import free_port

_COUNT = text("SELECT count(*) FROM users")
_HEAVY = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most) SELECT count(*) FROM n",
)


async def add(database: Database, number: int) -> None:
    async with unit():
        await users_collection.add(User(name="Somebody", email=f"{number}@example.com"))


# Both engines -----------------------------------------------------------------------------------------------------------


async def test_a_savepoint_is_undone_alone(runtime: Runtime) -> None:
    async with unit():
        await add(runtime.database, 1)
        with pytest.raises(Duplicate):
            async with runtime.database.savepoint():
                await add(runtime.database, 2)
                await runtime.database.execute(text("UPDATE users SET email = '1@example.com'"))
        assert await runtime.database.value(_COUNT) == 1
        async with runtime.database.savepoint():
            await add(runtime.database, 3)
    assert await runtime.database.value(_COUNT) == 2


async def test_only_one_at_a_time_passes_a_hold(runtime: Runtime) -> None:
    inside = 0
    most = 0

    async def work(name: str) -> None:
        nonlocal inside, most
        async with unit():
            await runtime.database.hold(name)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    await asyncio.gather(*(work("same") for _ in range(5)))
    assert most == 1


async def test_a_write_outside_a_unit_is_a_mistake(runtime: Runtime) -> None:
    with pytest.raises(AssertionError, match="needs a unit"):
        await runtime.database.execute(text("DELETE FROM users"))
    with pytest.raises(AssertionError, match="needs a unit"):
        await runtime.database.copy("sequences", ("name", "value"), [("a", 1)])
    with pytest.raises(AssertionError, match="needs a unit"):
        await runtime.database.hold("x")


@pytest.mark.parametrize("count", [1, 49, 50, 124, 125, 126, 1_000, 8_000, 9_127])
async def test_a_copy_takes_every_row_once_and_in_order(runtime: Runtime, count: int) -> None:
    async with unit():
        await runtime.database.copy("sequences", ("name", "value"), [(f"{number:06}", number) for number in range(count)])
    found = await runtime.database.fetch(text("SELECT name, value FROM sequences ORDER BY name"))
    assert [tuple(row) for row in found] == [(f"{number:06}", number) for number in range(count)]


@pytest.mark.parametrize("count", [40, 200, 10_000])
async def test_a_copy_that_meets_what_is_there_leaves_nothing_behind(runtime: Runtime, count: int) -> None:
    rows = [(f"{number:06}", number) for number in range(count)]
    async with unit():
        await runtime.database.copy("sequences", ("name", "value"), rows[-1:])
    with pytest.raises(Duplicate):
        async with unit():
            await runtime.database.copy("sequences", ("name", "value"), rows)
    assert await runtime.database.value(text("SELECT count(*) FROM sequences")) == 1


async def test_a_stream_is_one_view_in_batches(runtime: Runtime) -> None:
    await products_collection.add_many([Product(name=str(n), price=Decimal(1), currency="GBP") for n in range(250)])
    sizes = []
    async for rows in runtime.database.stream(text("SELECT name FROM products"), size=100):
        if not sizes:
            await products_collection.add_many([Product(name="late", price=Decimal(1), currency="GBP") for _ in range(60)])
        sizes.append(len(rows))
    assert sizes == [100, 100, 50]


async def test_a_snapshot_is_one_moment_for_whatever_is_read_in_it(runtime: Runtime) -> None:
    def some() -> list[Product]:
        return [Product(name=str(n), price=Decimal(1), currency="GBP") for n in range(250)]

    outside, database, seen = copy_context(), runtime.database, list[int]()
    every = text("SELECT count(*) FROM products")
    await products_collection.add_many(some())
    async with database.snapshot():
        async for rows in database.stream(text("SELECT name FROM products"), size=100):
            seen += [len(rows), await database.value(every)]
            await asyncio.create_task(products_collection.add_many(some()), context=outside.copy())
        assert await database.value(every) == 250
    assert seen == [100, 250, 100, 250, 50, 250]
    assert await database.value(every) == 1000


async def test_a_snapshot_is_over_when_it_fails(runtime: Runtime) -> None:
    for _ in range(15):  # more often than there are connections
        with pytest.raises(Exception, match="nonsense"):
            async with runtime.database.snapshot():
                await runtime.database.fetch(text("SELECT nonsense"))
    await products_collection.add_many([Product(name="Mug", price=Decimal(1), currency="GBP")])
    assert await runtime.database.value(text("SELECT count(*) FROM products")) == 1


async def test_a_stream_may_be_left_early(runtime: Runtime) -> None:
    await products_collection.add_many([Product(name=str(n), price=Decimal(1), currency="GBP") for n in range(250)])
    for _ in range(25):  # more often than there are connections
        stream = runtime.database.stream(text("SELECT name FROM products"), size=10)
        async for _rows in stream:
            break
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
    assert await runtime.database.value(_COUNT) == 0


async def test_a_broken_statement_leaves_the_database_usable(runtime: Runtime) -> None:
    for _ in range(15):
        with pytest.raises(Exception, match="nonsense"):
            await runtime.database.fetch(text("SELECT nonsense"))
        with pytest.raises(Exception, match="nonsense"):
            async with unit():
                await runtime.database.execute(text("UPDATE nonsense SET a = 1"))
    await add(runtime.database, 1)
    assert await runtime.database.value(_COUNT) == 1


async def test_more_work_at_once_than_connections(runtime: Runtime) -> None:
    await asyncio.gather(*(add(runtime.database, number) for number in range(60)), *(runtime.database.value(_COUNT) for _ in range(60)))
    assert await runtime.database.value(_COUNT) == 60


# SQLite -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def embedded(sqlite_template: Path, tmp_path: Path) -> Settings:
    path = tmp_path / "mewayz.db"
    path.write_bytes(sqlite_template.read_bytes())
    return make_settings(tmp_path, database_url=f"sqlite:///{path}")


async def stall(runtime: Runtime) -> float:
    """The longest time in which the loop did nothing else during a heavy read, as a share of the whole."""
    begin = time.perf_counter()
    task = asyncio.create_task(runtime.database.value(_HEAVY, {"most": 1_000_000}))
    longest = 0.0
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before)
    assert task.result() == 1_000_000
    return longest / (time.perf_counter() - begin)


async def test_a_heavy_read_does_not_stop_the_loop(embedded: Settings) -> None:
    async with open_runtime(embedded) as runtime:
        # The best of some: a busy machine stops everything now and then.
        assert min([await stall(runtime) for _ in range(4)]) < 0.5


async def test_a_heavy_read_is_interrupted_and_repeated_in_a_thread(embedded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_runtime(embedded) as runtime:
        threads: list[Any] = []
        genuine = SqliteDatabase._threaded

        async def counting(self: SqliteDatabase, *args: Any) -> Any:
            threads.append(args)
            return await genuine(self, *args)

        monkeypatch.setattr(SqliteDatabase, "_threaded", counting)
        assert await runtime.database.value(_HEAVY, {"most": 100}) == 100
        assert threads == []
        assert await runtime.database.value(_HEAVY, {"most": 100_000}) == 100_000
        assert len(threads) == 1
        assert await runtime.database.value(_COUNT) == 0
        assert len(threads) == 1


async def test_a_heavy_read_begins_in_a_thread_until_it_is_cheap(embedded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_runtime(embedded) as runtime:
        database = runtime.database
        assert isinstance(database, SqliteDatabase)
        assert await database.value(_HEAVY, {"most": 300_000}) == 300_000
        database._ticks = 0
        assert await database.value(_HEAVY, {"most": 300_000}) == 300_000
        assert database._ticks == 0  # the loop has not begun it
        assert await database.value(_HEAVY, {"most": 10}) == 10
        monkeypatch.setattr(SqliteDatabase, "_threaded", None)
        assert await database.value(_HEAVY, {"most": 10}) == 10


async def test_cheap_reads_are_answered_while_heavy_ones_run(embedded: Settings) -> None:
    async with open_runtime(embedded) as runtime:
        heavy = [asyncio.create_task(runtime.database.value(_HEAVY, {"most": 600_000 + n})) for n in range(4)]
        await asyncio.sleep(0.01)
        for _ in range(20):
            assert await runtime.database.value(_COUNT) == 0
        assert not all(task.done() for task in heavy)
        assert await asyncio.gather(*heavy) == [600_000 + n for n in range(4)]


async def test_a_cancelled_heavy_read_ends_at_once(embedded: Settings) -> None:
    async with open_runtime(embedded) as runtime:
        task = asyncio.create_task(runtime.database.value(_HEAVY, {"most": 10**12}))
        await asyncio.sleep(0.05)
        task.cancel()
        begin = time.perf_counter()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.perf_counter() - begin < 5
        assert await runtime.database.value(_HEAVY, {"most": 100_000}) == 100_000


_OTHER_PROCESS = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
for number in range(int(sys.argv[2])):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO sequences (name, value) VALUES (?, ?)", (f"other {number}", number))
    time.sleep(0.002)
    connection.execute("COMMIT")
"""


async def test_two_processes_write(embedded: Settings) -> None:
    path = sqlite_path(embedded.database_url)
    async with open_runtime(embedded) as runtime:
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", _OTHER_PROCESS, path, "60")
        for number in range(60):
            await add(runtime.database, number)
        assert await other.wait() == 0
        assert await runtime.database.value(_COUNT) == 60
        assert await runtime.database.value(text("SELECT count(*) FROM sequences WHERE name LIKE 'other %'")) == 60


async def test_a_writer_that_never_ends_is_unavailable_and_does_not_stop_the_loop(
    embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY_SECONDS", 0.3)
    async with open_runtime(embedded) as runtime:
        other = sqlite3.connect(sqlite_path(embedded.database_url), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing, ticks = asyncio.create_task(add(runtime.database, 1)), 0
        while not writing.done():
            await asyncio.sleep(0.002)
            ticks += 1
        with pytest.raises(Unavailable, match="busy"):
            await writing
        assert ticks > 10
        assert await runtime.database.value(_COUNT) == 0  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        await add(runtime.database, 2)
        assert await runtime.database.value(_COUNT) == 1


async def test_what_a_killed_process_had_not_committed_is_gone(embedded: Settings) -> None:
    path = sqlite_path(embedded.database_url)
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); "
        "c.execute(\"INSERT INTO sequences VALUES ('x', 1)\"); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, path])
    async with open_runtime(embedded) as runtime:
        assert await runtime.database.value(text("SELECT count(*) FROM sequences")) == 0
        await add(runtime.database, 1)


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file" / "mewayz.db", tmp_path):
        with pytest.raises(ConfigError, match="cannot be opened"):
            SqliteDatabase(str(path))
    (tmp_path / "text.db").write_text("this is no database, but long enough to be taken for one" * 50)
    with pytest.raises(ConfigError, match="not a database"):
        SqliteDatabase(str(tmp_path / "text.db"))


# PostgreSQL -------------------------------------------------------------------------------------------------------------


async def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="MEWAYZ_DATABASE_URL") as raised:
        await connect_database(make_settings(tmp_path, database_url=f"postgresql://mewayz@127.0.0.1:{free_port()}/x"))
    assert "\n" not in raised.value.message


async def test_a_database_that_is_not_there_is_one_sentence(postgres_server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        await connect_database(make_settings(tmp_path, database_url=postgres_server.url("missing")))


async def test_a_lost_connection_is_unavailable_and_then_forgotten(runtime: Runtime, postgres_server: Postgres) -> None:
    if runtime.database.sqlite:
        return
    await add(runtime.database, 1)
    name = runtime.settings.database_url.rpartition("/")[2]
    with pytest.raises(DatabaseDown):
        async with unit():
            await add(runtime.database, 2)
            postgres_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            await add(runtime.database, 3)
    for _ in range(12):
        try:
            await runtime.database.value(_COUNT)
        except DatabaseDown:
            continue
    assert await runtime.database.value(_COUNT) == 1
    await add(runtime.database, 3)


async def test_a_value_that_does_not_fit_is_no_outage(runtime: Runtime) -> None:
    if runtime.database.sqlite:
        return  # its integers have no width
    with pytest.raises(Exception, match="int32") as raised:
        await runtime.database.fetch(text("SELECT id FROM products WHERE stock = CAST(:stock AS INTEGER)"), {"stock": 2**40})
    assert not isinstance(raised.value, Unavailable)
