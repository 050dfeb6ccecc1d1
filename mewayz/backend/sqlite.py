"""SQLite: the embedded default, in WAL mode, with one writer.

Cheap reads run on the event loop itself: a thread hop costs more than the query. Each has a step budget, and one that
exceeds it is interrupted and repeated in a thread, so that no read stalls the loop for more than about a millisecond. The same statement
begins in a thread from then on, until it has been cheap there.
"""

import asyncio
import contextlib
import re
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.sqlite import pysqlite
from typing_extensions import override

from mewayz.backend.columns import json_text
from mewayz.backend.database import NO_PARAMS, Busy, Database, Duplicate, Params, Prepared
from mewayz.backend.errors import ConfigError

_STEPS_PER_TICK = 2_000
_TICKS = 10  # about a millisecond of virtual-machine steps
_CHEAP = 0.001  # seconds of work in a thread
_BUSY_SECONDS = 10.0
_INTERRUPT_AGAIN = 0.05  # seconds; an interrupt before a statement has begun is lost
_UNIQUE = re.compile(r"UNIQUE constraint failed: (.+)")

T = TypeVar("T")


def make_private(file: Path) -> None:
    """Make the file of a database where there is none, for its owner alone: password hashes are in it.

    The log beside it gets the same mode from SQLite.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        file.touch(mode=0o600)


def _connect(path: str, *, readonly: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=_BUSY_SECONDS)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    # The writer waits in `_begin`, without blocking the loop.
    connection.execute("PRAGMA query_only=ON" if readonly else "PRAGMA busy_timeout=0")
    connection.create_function("unicode_lower", 1, _lower, deterministic=True)
    return connection


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


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
            self._writer = _connect(path, readonly=False)
            self._reader = _connect(path, readonly=True)
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"The database file {path} cannot be opened ({error}).") from None
        self._ticks = 0
        self._reader.set_progress_handler(self._over_budget, _STEPS_PER_TICK)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="sqlite")
        self._spare: list[sqlite3.Connection] = []
        self._heavy: set[str] = set()  # statements
        self._lock = asyncio.Lock()
        self._inside: ContextVar[bool] = ContextVar("sqlite_inside", default=False)
        self._seen_version = 0
        self._bulky = self._committing = False

    def _over_budget(self) -> bool:
        self._ticks += 1
        return self._ticks > _TICKS

    @override
    async def run(self, prepared: Prepared, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
        try:
            if self._inside.get():
                return self._writer.execute(prepared.sql, values).fetchall()
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
        connection = self._spare.pop() if self._spare else _connect(self.path, readonly=True)
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

    @override
    async def run_many(self, prepared: Prepared, values: list[tuple[Any, ...]]) -> None:
        await self._many(prepared.sql, values)

    @override
    async def copy(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        await self._many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 (names come from the model)

    async def _many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        assert self._inside.get(), "a write needs a unit"
        try:
            if len(rows) < 50:
                self._writer.executemany(sql, rows)
            else:
                self._bulky = True
                await self._threaded(self._writer, self._run_many, sql, rows)
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
    async def hold(self, name: str) -> None:
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
                if "locked" not in str(error) or waited >= _BUSY_SECONDS:
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
        connection = _connect(self.path, readonly=True)
        try:
            cursor = await self._threaded(connection, connection.execute, prepared.sql, values)
            while rows := await self._threaded(connection, cursor.fetchmany, size):
                yield prepared.decode(rows) if decode else rows
        except sqlite3.Error as error:
            raise _translate(error) from error
        finally:
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
