"""PostgreSQL: the production store, through asyncpg."""

import contextlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextvars import ContextVar
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import orjson
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from typing_extensions import override

from mewayz.backend.columns import json_text
from mewayz.backend.database import NO_PARAMS, BrokenOff, Busy, Database, DatabaseDown, Duplicate, Params, Prepared
from mewayz.backend.errors import ConfigError

_FAILED = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_BROKEN_OFF = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_PATIENCE = 10  # seconds to wait for a free connection


async def _keep_session(connection: Any) -> None:
    """No reset between uses: nothing here changes the session outside a transaction, and a reset is a round trip."""


async def _prepare_session(connection: Any) -> None:
    # Binary, because COPY takes nothing else; version byte 1 is jsonb's wire format (PostgreSQL, jsonb_recv).
    await connection.set_type_codec(
        "jsonb",
        encoder=_jsonb_bytes,
        decoder=_jsonb_value,
        schema="pg_catalog",
        format="binary",
    )


def _jsonb_bytes(text: str) -> bytes:
    return b"\x01" + text.encode()


def _jsonb_value(data: bytes) -> Any:
    return orjson.loads(data[1:])


def _translate(error: Exception) -> Exception:
    if isinstance(error, asyncpg.UniqueViolationError):
        detail = str(getattr(error, "detail", None) or "")
        columns = detail[detail.find("(") + 1 : detail.find(")")]
        return Duplicate([part.strip() for part in columns.split(",")])
    if isinstance(error, _BROKEN_OFF):
        return BrokenOff()
    if isinstance(error, asyncpg.LockNotAvailableError):
        return Busy()
    if isinstance(error, _LOST):
        return DatabaseDown()
    return error


class PostgresDatabase(Database):
    """A pool of connections to one database."""

    def __init__(self, pool: Any) -> None:
        """Wrap an open pool (asyncpg has no types); see `connect`."""
        super().__init__()
        self.dialect = asyncpg_dialect.dialect(json_serializer=json_text)
        self._pool: Any = pool
        self._connection: ContextVar[Any] = ContextVar("postgres_connection", default=None)
        self._moment: ContextVar[Any] = ContextVar("postgres_moment", default=None)

    @classmethod
    async def connect(cls, url: str, *, size: int = 10) -> "PostgresDatabase":
        """Open the pool.

        Raises:
            ConfigError: the server cannot be reached, or refuses the user.
        """
        try:
            pool = await asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType]
                url, min_size=1, max_size=size, init=_prepare_session, reset=_keep_session, timeout=5, command_timeout=60
            )
        except (*_FAILED, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise ConfigError(f"The database cannot be reached ({reason}). Check MEWAYZ_DATABASE_URL and that it is running.") from None
        return cls(pool)

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncGenerator[Any]:
        """A connection in a transaction of reads."""
        if (moment := self._moment.get()) is not None:
            yield moment
            return
        async with self._pool.acquire(timeout=_PATIENCE) as connection, connection.transaction(readonly=True):
            yield connection

    @contextlib.asynccontextmanager
    async def _any_connection(self) -> AsyncGenerator[Any]:
        held = self._connection.get() or self._moment.get()
        if held is not None:
            yield held
            return
        async with self._pool.acquire(timeout=_PATIENCE) as connection:
            yield connection

    @override
    async def run(self, prepared: Prepared, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
        try:
            async with self._any_connection() as connection:
                if not prepared.by_values:
                    return await connection.fetch(prepared.sql, *values)
                # Of a statement that it keeps, PostgreSQL soon takes one plan for all values; of one without a name it never does.
                return await (await connection.prepare(prepared.sql, name="")).fetch(*values)
        except _FAILED as error:
            raise _translate(error) from error

    @override
    async def run_write(self, prepared: Prepared, values: tuple[Any, ...], *, heavy: bool) -> int:
        connection = self._connection.get()
        assert connection is not None, "a write needs a unit"
        try:
            tag = await connection.execute(prepared.sql, *values)
        except _FAILED as error:
            raise _translate(error) from error
        last = tag.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    @override
    async def run_many(self, prepared: Prepared, values: list[tuple[Any, ...]]) -> None:
        connection = self._connection.get()
        assert connection is not None, "a write needs a unit"
        try:
            await connection.executemany(prepared.sql, values)
        except _FAILED as error:
            raise _translate(error) from error

    @override
    async def copy(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        connection = self._connection.get()
        assert connection is not None, "a write needs a unit"
        try:
            await connection.copy_records_to_table(table, records=rows, columns=list(columns))
        except _FAILED as error:
            raise _translate(error) from error

    @override
    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncGenerator[None]:
        try:
            connection: Any = await self._pool.acquire(timeout=_PATIENCE)
        except _FAILED as error:
            raise DatabaseDown from error
        try:
            async with connection.transaction():
                token = self._connection.set(connection)
                try:
                    yield
                finally:
                    self._connection.reset(token)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _translate(error) from error
        finally:
            await self._pool.release(connection)

    @override
    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[None]:
        try:
            async with (
                self._pool.acquire(timeout=_PATIENCE) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                token = self._moment.set(connection)
                try:
                    yield
                finally:
                    self._moment.reset(token)
        except _FAILED as error:
            raise _translate(error) from error

    @override
    async def hold(self, name: str, *, shared: bool = False) -> None:
        connection = self._connection.get()
        assert connection is not None, "to hold needs a unit"
        try:
            lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
            await connection.execute(f"SELECT {lock}($1)", zlib.crc32(name.encode()))
        except _FAILED as error:
            raise _translate(error) from error

    @override
    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        connection = self._connection.get()
        assert connection is not None, "a savepoint needs a unit"
        async with connection.transaction():
            yield

    @override
    async def stream(
        self, clause: ClauseElement, params: Params = NO_PARAMS, *, size: int = 1000, decode: bool = True
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        prepared = self.prepare(clause)
        values = prepared.bind(params)
        try:
            async with self._reading() as connection:
                cursor: Any = await connection.cursor(prepared.sql, *values)
                while rows := await cursor.fetch(size):
                    yield prepared.decode(rows) if decode else rows
        except _FAILED as error:
            raise _translate(error) from error

    @override
    def rows_about(self, table: str) -> int | None:
        return None

    @override
    def foreign_changes(self) -> int:
        return 0

    @override
    async def close(self) -> None:
        await self._pool.close()
