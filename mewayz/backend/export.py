"""An export: all rows of a list's question as CSV or JSON Lines, in the list's order, without ever holding them all."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast

import orjson
from pydantic.alias_generators import to_camel

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.cells import join_list, neutral
from mewayz.backend.crud import CrudService, read_query
from mewayz.backend.errors import Invalid
from mewayz.backend.listing import ListSpec

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
_PAGED = ("page", "limit", "cursor")


@dataclass(slots=True)
class Export:
    """An export that is ready to flow. `total` is a lower bound when it is not exact; `rows` have flowed so far."""

    file_name: str
    media_type: str
    total: int
    total_is_exact: bool
    chunks: AsyncIterator[bytes]
    rows: int = 0


async def open_export(service: CrudService[Any], actor: Actor, raw: Mapping[str, str]) -> Export:
    """Begin the export that a query string asks for: the list's parameters without pages, and `format` (csv, jsonl).

    Raises:
        Invalid: with a message per key. Unauthenticated, Forbidden.
    """
    asked = dict(raw)
    kind = asked.pop("format", "") or "csv"
    problems = {key: "An export has no pages." for key in _PAGED if asked.pop(key, None) is not None}
    if kind not in MEDIA_TYPES:
        problems["format"] = f"Choose one of: {', '.join(MEDIA_TYPES)}."
    if problems:
        raise Invalid("The export cannot be made as asked.", fields=problems)
    query = await read_query(service.spec, asked)
    batches = await service.export(actor, query)
    total, exact = await service.total(actor, query)
    name = f"{service.noun}-{clock.now():%Y-%m-%d}.{kind}"

    async def flow() -> AsyncIterator[bytes]:
        writer = _Csv(csv_columns(service.spec, query.fields)) if kind == "csv" else _JsonLines()
        yield writer.start
        async with aclosing(cast("AsyncGenerator[list[dict[str, Any]]]", batches)) as flowing:
            async for batch in flowing:
                yield writer.lines(batch)
                export.rows += len(batch)

    export = Export(name, MEDIA_TYPES[kind], total, exact, flow())
    return export


def csv_columns(spec: ListSpec, fields: Sequence[str] = ()) -> list[str]:
    """The columns of a CSV by dotted path: the id and the list's own columns, or exactly `fields`; groups one by one."""
    if not fields:
        money = ["currency"] if "currency" in spec.keys else []  # an amount without it says nothing
        return list(dict.fromkeys(["id", *(column.key for column in spec.columns), *money]))
    found: list[str] = []
    for name in fields:
        parts = spec.model.nested.get(name)
        found += [f"{name}.{to_camel(part)}" for part in parts] if parts else [name]
    return found


def _cell(row: Mapping[str, Any], path: str) -> str:
    value: Any = row
    for part in path.split("."):
        value = cast("Mapping[str, Any]", value).get(part)
    match value:
        case None:
            return ""
        case str():
            return neutral(value)
        case bool():
            return "true" if value else "false"
        case list() if all(isinstance(item, str) for item in cast("list[Any]", value)):
            return neutral(join_list(cast("list[str]", value)))
        case list() | dict():
            return orjson.dumps(value).decode()
        case _:
            return str(value)


class _Csv:
    """CSV as RFC 4180 has it."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._text = io.StringIO()
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(columns)
        self.start = self._taken()

    def lines(self, batch: Sequence[Mapping[str, Any]]) -> bytes:
        """The lines of some rows."""
        self._writer.writerows([_cell(row, column) for column in self._columns] for row in batch)
        return self._taken()

    def _taken(self) -> bytes:
        data = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return data


class _JsonLines:
    """One object per line."""

    start = b""

    def lines(self, batch: Sequence[Mapping[str, Any]]) -> bytes:
        """The lines of some rows."""
        return b"".join(orjson.dumps(row) + b"\n" for row in batch)
