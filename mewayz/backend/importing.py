"""An import: a row file becomes records of one noun."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast, runtime_checkable

from mewayz.backend.access import Actor, check
from mewayz.backend.crud import CrudService
from mewayz.backend.fields import Fields
from mewayz.backend.files import PLAIN, Layout
from mewayz.backend.loads import How, Loaded, Mode, too_many
from mewayz.backend.rows import open_rows
from mewayz.backend.sources import SENT, Source

# `_wants` is a hook of the room, not one of its verbs.
# pyright: reportPrivateUsage=false

Report = Callable[[float], None]


def silent(share: float) -> None:
    """A progress report that nobody reads."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a file are read.

    Attributes:
        given: FIELD → COLUMN, for columns that are called otherwise.
        only_given: leave out every column that is not in `given`.
        layout: of a table.
        date_format: of the times in a table, where they could mean several.
    """

    given: Mapping[str, str] = field(default_factory=dict[str, str])
    only_given: bool = False
    layout: Layout = PLAIN
    date_format: str | None = None


AS_NAMED = Columns()


@runtime_checkable
class LoadsTables(Protocol):
    """A service with tables of which several lines are one record."""

    flat_payload: type[Any]

    def _wants(self, source: Source, kind: str) -> bool:
        """Whether a file is of that kind."""
        ...

    async def load_table(
        self, actor: Actor, source: Source, kind: str, columns: Columns, how: How, most: int | None, report: Report
    ) -> Loaded:
        """Load it."""
        ...


def fields_of(service: CrudService[Any], mode: Mode = Mode.UPSERT, *, table: bool = False) -> Fields:
    """What a row of the noun's files may hold; of a `table`, where the noun has tables of its own."""
    if table and isinstance(service, LoadsTables):
        return Fields(service.flat_payload, service.spec)
    identities = ("id", *service.identified_by) if mode is Mode.UPSERT else ()
    return Fields(service.import_payload or service.create_payload, service.spec, identities)


async def import_file(
    service: CrudService[Any],
    actor: Actor,
    source: Source,
    kind: str,
    how: How,
    columns: Columns = AS_NAMED,
    *,
    most: int | None = None,
    report: Report = silent,
) -> Loaded:
    """Read a file and load its rows.

    Args:
        service: the room.
        actor: who imports.
        source: the file.
        kind: one of `sources.FORMATS`.
        how: what known records and broken rows mean.
        columns: how its columns are read.
        most: rows to take at once, of a file that came over the network.
        report: told now and then which share of the rows is done.

    Raises:
        Unauthenticated, Forbidden. Invalid: `fields` maps `line 7: price` to what is wrong.
    """
    check(actor, f"{service.noun}:import")
    if most is not None:
        source.bounds = SENT
    if isinstance(service, LoadsTables) and await asyncio.to_thread(service._wants, source, kind):
        return await service.load_table(actor, source, kind, columns, how, most, report)
    fields = fields_of(service, how.mode)

    def opened() -> Any:
        return open_rows(source, kind, fields, columns.given, only_given=columns.only_given, layout=columns.layout)

    if most is not None:
        # Counted beforehand: what is too much, or cannot be read at all, is refused before anything is written.
        await asyncio.to_thread(_count, opened, most)
    return await cast("CrudService[Any]", service).load(actor, opened, how, report=report)


def _count(opened: Callable[[], Any], most: int) -> None:
    with opened() as rows:
        for number, _ in enumerate(rows, 1):
            if number > most:
                raise too_many(most)
