"""The database seam: prebuilt statements, tuple rows, one transaction per unit, on SQLite and on PostgreSQL.

Statements are written in SQLAlchemy Core, compiled once, and executed by the driver itself: per call that costs a
fifth of SQLAlchemy's own execution, which decides how many list queries a process answers (docs/decisions/0002).
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from mewayz.backend.errors import MewayzError, Unavailable

Row = tuple[Any, ...]
Params = Mapping[str, Any]
NO_PARAMS: Params = {}


class DatabaseDown(Unavailable):
    """The database does not answer."""

    code = "database.unavailable"
    default_message = "The database does not answer. Try again in a moment."


class Busy(DatabaseDown):
    """Other writers were in the way; nothing was saved. `retry_after` is in seconds."""

    default_message = "The database is busy with another writer. Try again in a moment."
    retry_after = 1


class BrokenOff(Busy):
    """The database has ended one transaction so that another one goes on: done again, it can succeed at once."""


class Duplicate(MewayzError):
    """A unique rule refused a row; `columns` names what must be unique."""

    code = "duplicate"
    status = 409

    def __init__(self, columns: Sequence[str]) -> None:
        """Remember the columns of the unique rule."""
        super().__init__("This value is already in use.")
        self.columns = tuple(columns)


_BY_VALUES = "by_values"


def planned_by_values(statement: Any) -> Any:
    """A statement whose plan depends on what is asked so much that PostgreSQL makes one each time."""
    return statement.execution_options(**{_BY_VALUES: True})


class Prepared:
    """One statement compiled for one dialect."""

    __slots__ = ("_binders", "_decoders", "_literals", "by_values", "returns_rows", "sql")

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        """Compile `clause`; literals in it become bound values."""
        compiled = clause.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.by_values: bool = compiled.execution_options.get(_BY_VALUES, False)
        processors = compiled._bind_processors  # pyright: ignore[reportPrivateUsage]
        self._binders = tuple((name, cast("Callable[[Any], Any] | None", processors.get(name))) for name in compiled.positiontup or ())
        self._literals = {name: bound.effective_value for name, bound in compiled.binds.items() if not bound.required}
        decoders: list[tuple[int, Callable[[Any], Any]]] = []
        for index, column in enumerate(compiled._result_columns):  # pyright: ignore[reportPrivateUsage]
            decode = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if decode is not None:
                decoders.append((index, decode))
        self._decoders = tuple(decoders)
        self.returns_rows = bool(compiled._result_columns)  # pyright: ignore[reportPrivateUsage]

    def bind(self, params: Params) -> tuple[Any, ...]:
        """Values in the driver's order, converted to what the driver takes."""
        values = {**self._literals, **params} if self._literals else params
        return tuple([bind(values[name]) if bind is not None else values[name] for name, bind in self._binders])

    def decode(self, rows: Iterable[Sequence[Any]]) -> list[Row]:
        """Driver rows as Python values."""
        decoders = self._decoders
        if not decoders:
            return [tuple(row) for row in rows]
        out: list[Row] = []
        for row in rows:
            cells = list(row)
            for index, decode in decoders:
                cells[index] = decode(cells[index])
            out.append(tuple(cells))
        return out


class Database(ABC):
    """A store of rows. Inside `transaction()` every call of the same task goes through it."""

    dialect: Dialect

    def __init__(self) -> None:
        """Set up the cache of compiled statements."""
        self.prepare = lru_cache(maxsize=4096)(self._prepare)

    def _prepare(self, clause: ClauseElement) -> Prepared:
        return Prepared(clause, self.dialect)

    async def fetch(self, clause: ClauseElement, params: Params = NO_PARAMS) -> list[Row]:
        """All rows, as Python values."""
        prepared = self.prepare(clause)
        return prepared.decode(await self.run(prepared, prepared.bind(params)))

    async def fetch_raw(self, clause: ClauseElement, params: Params = NO_PARAMS) -> Sequence[Sequence[Any]]:
        """All rows as the driver gave them, for readers that decode by themselves."""
        prepared = self.prepare(clause)
        return await self.run(prepared, prepared.bind(params))

    async def first(self, clause: ClauseElement, params: Params = NO_PARAMS) -> Row | None:
        """The first row, or None."""
        rows = await self.fetch(clause, params)
        return rows[0] if rows else None

    async def value(self, clause: ClauseElement, params: Params = NO_PARAMS) -> Any:
        """The first cell of the first row, or None."""
        row = await self.first(clause, params)
        return row[0] if row else None

    async def execute(self, clause: ClauseElement, params: Params = NO_PARAMS, *, heavy: bool = False) -> int:
        """Run a write; the number of rows that it touched. A `heavy` one runs off the event loop where it would block it."""
        prepared = self.prepare(clause)
        return await self.run_write(prepared, prepared.bind(params), heavy=heavy)

    async def execute_many(self, clause: ClauseElement, rows: Sequence[Params]) -> None:
        """Run one write for many parameter sets, off the event loop where the driver would block it."""
        prepared = self.prepare(clause)
        await self.run_many(prepared, [prepared.bind(row) for row in rows])

    @property
    def sqlite(self) -> bool:
        """Whether this is the embedded engine."""
        return self.dialect.name == "sqlite"

    @abstractmethod
    async def run(self, prepared: Prepared, values: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
        """Driver rows of a read."""

    @abstractmethod
    async def run_write(self, prepared: Prepared, values: tuple[Any, ...], *, heavy: bool) -> int:
        """Touched rows of a write; must be inside a transaction."""

    @abstractmethod
    async def run_many(self, prepared: Prepared, values: list[tuple[Any, ...]]) -> None:
        """A write for many value tuples; must be inside a transaction."""

    @abstractmethod
    async def copy(self, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        """Append driver-ready rows by the fastest way of the engine; must be inside a transaction."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[None]:
        """A write transaction for the running task; not nested."""

    @abstractmethod
    def snapshot(self) -> AbstractAsyncContextManager[None]:
        """All that the running task reads in the block is of one moment, and nobody waits for it.

        An answer of the cache is of another moment, and one that is computed here must not be kept there: ask for it before.
        """

    @abstractmethod
    async def hold(self, name: str, *, shared: bool = False) -> None:
        """Until the running transaction ends, nobody else gets past a `hold` of this name; two that are `shared` do."""

    @abstractmethod
    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """A part of the running transaction that is undone alone when the block raises."""

    @abstractmethod
    def stream(
        self, clause: ClauseElement, params: Params = NO_PARAMS, *, size: int = 1000, decode: bool = True
    ) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Rows in batches, in constant memory, on one consistent view."""

    @abstractmethod
    def rows_about(self, table: str) -> int | None:
        """About how many rows a table has, where the engine's planner does not know it by itself; else None."""

    @abstractmethod
    def foreign_changes(self) -> int:
        """A number that changes when another process wrote, where the engine can tell; else constant."""

    @abstractmethod
    async def close(self) -> None:
        """Release every connection."""
