"""SQLite: the embedded default, in WAL mode, with one writer.

Cheap reads run on the event loop itself: a thread hop costs more than the query. Each has a step budget, and one that
exceeds it is interrupted and repeated in a thread, so that no read stalls the loop for more than about a millisecond. The same statement
begins in a thread from then on, until it has been cheap there.
"""

import asyncio
import contextlib
import itertools
import re
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.sqlite import pysqlite
from typing_extensions import override

from mewayz.backend.columns import json_text
from mewayz.backend.database import NO_PARAMS, Busy, Database, Duplicate, Params, Prepared
from mewayz.backend.errors import ConfigError
from mewayz.backend.sqlite_file import BUSY_SECONDS, connect, make_private

_STEPS_PER_TICK = 2_000
_TICKS = 10  # about a millisecond of virtual-machine steps
_CHEAP = 0.001  # seconds of work in a thread
_MANY = 50  # rows that are written in a thread
_VARIABLES = 16_000  # of one statement; SQLite takes 32,766 (SQLITE_MAX_VARIABLE_NUMBER)
_INTERRUPT_AGAIN = 0.05  # seconds; an interrupt before a statement has begun is lost
_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")

T = TypeVar("T")


@lru_cache(maxsize=128)
def _insert_of(table: str, columns: tuple[str, ...], count: int) -> str:
    """The statement that inserts so many rows."""
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608 (names come from the model)


def _translate(error: sqlite3.Error) -> Exception:
    match = _UNIQUE.search(str(error))
    if match:
        return Duplicate([part.strip().split(".")[-1] for part in match[1].split(",")])
    if isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error)):
        return Busy()
    return error


class SqliteDatabase(Database):
    """One file, one writer connection, one reader on the loop and a few in threads."""

    def __init__(self, path: str) -> None:
        """Open the file, creating it when it is missing.

        Raises:
            ConfigError: it cannot be opened.
        """
        super().__init__()
        self.dialect = pysqlite.dialect(paramstyle="qmark", json_serializer=json_text, json_deserializer=orjson.loads)
        self.path = path
        try:
            make_private(Path(path))
            self._writer = connect(path, readonly=False)
            self._reader = connect(path, readonly=True)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"The database file {path} cannot be opened ({error}).") from None
        self._ticks = self._seen_version = 0
        self._reader.set_progress_handler(self._over_budget, _STEPS_PER_TICK)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="sqlite")
        self._spare: list[sqlite3.Connection] = []
        self._heavy: set[str] = set()  # statements
        self._lock = asyncio.Lock()
        self._inside: ContextVar[bool] = ContextVar("sqlite_inside", default=False)
        self._moment: ContextVar[sqlite3.Connection | None] = ContextVar("sqlite_moment", default=None)
        self._bulky = self._committing = False

    def _over_budget(self) -> bool:
        self._ticks += 1
        return self._ticks > _TICKS

    @override
    async def run(self, prepared: Prepared, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
        try:
            if self._inside.get():
                return self._writer.execute(prepared.sql, values).fetchall()
            if (moment := self._moment.get()) is not None:
                return await self._threaded(moment, lambda: moment.execute(prepared.sql, values).fetchall())
            if prepared.sql not in self._heavy:
                self._ticks = 0
                try:
                    return self._reader.execute(prepared.sql, values).fetchall()
                except sqlite3.OperationalError as error:
                    if "interrupted" not in str(error):
                        raise
            return await self._in_thread(lambda connection: self._weighed(connection, prepared.sql, values))
        except sqlite3.Error as error:
            raise _translate(error) from error

    def _weighed(self, connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
        began = time.thread_time()
        rows = connection.execute(sql, values).fetchall()
        if time.thread_time() - began > _CHEAP:
            self._heavy.add(sql)
        else:
            self._heavy.discard(sql)
        return rows

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._spare.pop() if self._spare else connect(self.path, readonly=True)
        try:
            return await self._threaded(connection, work, connection)
        finally:
            self._spare.append(connection)

    async def _threaded(self, connection: sqlite3.Connection, work: Callable[..., T], *args: Any) -> T:
        """Run `work` in a thread. Whoever is cancelled interrupts it and waits: nobody else may use the connection before it ends."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            while not running.done():
                connection.interrupt()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([running], timeout=_INTERRUPT_AGAIN)
            if not running.cancelled():
                running.exception()  # seen: the cancellation is what is reported
            raise

    @override
    async def run_write(self, prepared: Prepared, values: tuple[Any, ...], *, heavy: bool) -> int:
        assert self._inside.get(), "a write needs a unit"
        try:
            if heavy:
                self._bulky = True
                return await self._threaded(self._writer, self._run, prepared.sql, values)
            return self._writer.execute(prepared.sql, values).rowcount
        except sqlite3.Error as error:
            raise _translate(error) from error

    # No cursor leaves its thread: one that is dropped elsewhere resets its statement there, which another thread may have begun to use.

    def _run(self, sql: str, values: tuple[Any, ...]) -> int:
        with contextlib.closing(self._writer.execute(sql, values)) as cursor:
            return cursor.rowcount

    def _run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        self._writer.executemany(sql, rows).close()

    def _copy(self, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
        """Many rows a statement: others get to run Python while it works, which they hardly do in the time of one row."""
        start, most = 0, _VARIABLES // len(columns)
        for count in (most, most // 8, most // 64):
            while len(rows) - start >= count:
                part = list(itertools.chain.from_iterable(rows[start : start + count]))
                self._writer.execute(_insert_of(table, columns, count), part).close()
                start += count
        self._run_many(_insert_of(table, columns, 1), rows[start:])

    @override
    async def run_many(self, prepared: Prepared, values: list[tuple[Any, ...]]) -> None:
        await self._bulk(len(values), self._run_many, prepared.sql, values)

    @override
    async def copy(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        await self._bulk(len(rows), self._copy, table, tuple(columns), rows)

    async def _bulk(self, size: int, write: Callable[..., None], *args: Any) -> None:
        assert self._inside.get(), "a write needs a unit"
        try:
            if size < _MANY:
                write(*args)
            else:
                self._bulky = True
                await self._threaded(self._writer, write, *args)
        except sqlite3.Error as error:
            raise _translate(error) from error

    @override
    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        async with self._lock:
            await self._begin()
            self._bulky = False
            token = self._inside.set(True)
            try:
                yield
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            else:
                await self._commit()
            finally:
                self._inside.reset(token)

    @override
    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[None]:
        token = self._moment.set(connection := connect(self.path, readonly=True))
        try:
            connection.execute("BEGIN")  # of a reader, which in WAL mode is in no writer's way
            yield
        finally:
            self._moment.reset(token)
            connection.close()

    async def _commit(self) -> None:
        """COMMIT, which writes every page that has changed: in a thread where these may be many."""
        self._committing = True
        try:
            if self._bulky:
                await self._threaded(self._writer, self._run, "COMMIT", ())
            else:
                self._writer.execute("COMMIT")
        except BaseException as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise _translate(error) from error
            raise
        finally:
            self._committing = False

    @override
    async def hold(self, name: str, *, shared: bool = False) -> None:
        assert self._inside.get(), "to hold needs a unit"  # which is alone anyway

    @override
    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        assert self._inside.get(), "a savepoint needs a unit"
        self._writer.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK TO part")
                self._writer.execute("RELEASE part")
            raise
        self._writer.execute("RELEASE part")

    async def _begin(self) -> None:
        """BEGIN IMMEDIATE, waiting for a writer of another process without blocking the loop."""
        waited, pause = 0.0, 0.002
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or waited >= BUSY_SECONDS:
                    raise _translate(error) from error
            await asyncio.sleep(pause)
            waited += pause
            pause = min(pause * 2, 0.1)

    @override
    async def stream(
        self, clause: ClauseElement, params: Params = NO_PARAMS, *, size: int = 1000, decode: bool = True
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        prepared = self.prepare(clause)
        values = prepared.bind(params)
        moment = self._moment.get()
        connection = moment or connect(self.path, readonly=True)
        try:
            with contextlib.closing(await self._threaded(connection, connection.execute, prepared.sql, values)) as cursor:
                while rows := await self._threaded(connection, cursor.fetchmany, size):
                    yield prepared.decode(rows) if decode else rows
        except sqlite3.Error as error:
            raise _translate(error) from error
        finally:
            if moment is None:
                connection.close()

    @override
    def rows_about(self, table: str) -> int:
        self._ticks = 0
        return self._reader.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0  # noqa: S608 (names come from the model)

    @override
    def foreign_changes(self) -> int:
        # data_version, read on the writer, moves only when another connection commits; all of ours commit on it.
        # Inside our own transaction nobody else can commit; one that is on its way in a thread would be waited for.
        if not self._committing and not self._writer.in_transaction:
            self._seen_version = self._writer.execute("PRAGMA data_version").fetchone()[0]
        return self._seen_version

    @override
    async def close(self) -> None:
        self._threads.shutdown(wait=True)
        for connection in (*self._spare, self._reader, self._writer):
            connection.close()
