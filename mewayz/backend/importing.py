"""An import: a row file becomes records of one noun, all or none."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mewayz.backend.access import Actor, check
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields
from mewayz.backend.files import read_rows


@dataclass(frozen=True, slots=True)
class Imported:
    """How many records were (or, in a dry run, would be) created, and which columns were left out."""

    rows: int
    ignored: tuple[str, ...]


def fields_of(service: CrudService[Any]) -> Fields:
    """What a row of the noun's files may hold."""
    return Fields(service.import_payload or service.create_payload, service.spec)


async def import_file(
    service: CrudService[Any],
    actor: Actor,
    data: bytes,
    kind: str,
    *,
    given: Mapping[str, str] | None = None,
    only_given: bool = False,
    dry_run: bool = False,
    most: int | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Imported:
    """Read a file and create a record per row.

    Args:
        service: the room.
        actor: who imports.
        data: the whole file.
        kind: one of `files.FORMATS`.
        given: FIELD → COLUMN, for columns that are called otherwise.
        only_given: leave out every column that is not in `given`.
        dry_run: check everything, save nothing.
        most: rows to take at once.
        report: told now and then which share of the rows is done.

    Raises:
        Unauthenticated, Forbidden. Invalid: `fields` maps `line 7: price` to what is wrong; nothing was saved.
    """
    check(actor, f"{service.noun}:import")
    found = await asyncio.to_thread(read_rows, data, kind, fields_of(service), given, only_given=only_given)
    if most is not None and len(found.rows) > most:
        raise Invalid(f"Send at most {most:,} rows at once. `mewayz import` takes files of any length.", code="file.too_many_rows")
    return Imported(await service.load(actor, found.rows, dry_run=dry_run, report=report), found.ignored)
