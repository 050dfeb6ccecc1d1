"""The records that rows of a file are about: what names them, and how they are held before the first of them is changed."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from mewayz.backend.ids import is_id
from mewayz.backend.rows import Row

if TYPE_CHECKING:
    from mewayz.backend.crud import CrudService

# The hooks of a room are called here as in its other verbs.
# pyright: reportPrivateUsage=false

PART = 100
"""Rows that are looked up together."""

Key = tuple[str, str]
"""Column and value by which a record may be known."""
Opened = Callable[[], AbstractContextManager[Iterable[Any]]]
"""The rows from the beginning, each time that it is called."""


@asynccontextmanager
async def flowing(service: "CrudService[Any]", opened: Opened) -> AsyncGenerator[tuple[Iterable[Any], Iterator[Row]]]:
    """Open rows, and those of them that are one record as one."""
    with ExitStack() as stack:
        # In a thread: before its first row, all texts of a spreadsheet are read.
        rows = await asyncio.to_thread(stack.enter_context, opened())
        yield rows, service._folded(Row(*row) for row in rows)


async def taken(rows: Iterator[Row]) -> list[Row]:
    """The next few rows; none at the end."""
    return await asyncio.to_thread(list, islice(rows, PART))


def keys_of(row: Row, identified_by: Mapping[str, Callable[[str], str]]) -> list[Key]:
    """By what the record of a row may be known, the surest first."""
    found: list[Key] = []
    given = row.kept.get("id", row.fields.get("id"))
    if is_id(str(given)):
        found.append(("id", str(given)))
    for name, normal in identified_by.items():
        value = row.fields.get(name)
        if isinstance(value, str | int) and str(value).strip():
            found.append((name, normal(str(value))))
    return found


async def known(service: "CrudService[Any]", rows: Sequence[Row]) -> set[str]:
    """The ids of the records that rows name."""
    keys = {key for row in rows for key in keys_of(row, service.identified_by)}
    found: set[str] = set()
    for name in {name for name, _ in keys}:
        found |= await service.collection.ids_in(name, [value for column, value in keys if column == name])
    return found


async def hold(service: "CrudService[Any]", opened: Opened) -> None:
    """Lock, in the caller's unit, all records that a file is about, before the first of them is changed.

    A file has them in any order. Held in the one order in which every verb holds several, so that nobody waits in a circle.
    """
    ids: set[str] = set()
    async with flowing(service, opened) as (_, rows):
        while some := await taken(rows):
            ids |= await service._about(some)
    await service._hold_all(sorted(ids))
