"""An export: all rows of a list's question as CSV, spreadsheet or JSON Lines, in the list's order, without ever holding them all."""

import asyncio
import codecs
import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import orjson
from pydantic.alias_generators import to_camel
from sqlalchemy import JSON

from mewayz.backend import clock, sheets
from mewayz.backend.access import Actor
from mewayz.backend.cells import join_list, neutral
from mewayz.backend.columns import UtcTime, parse_time
from mewayz.backend.crud import CrudService, read_query
from mewayz.backend.documents import public_columns
from mewayz.backend.errors import Invalid
from mewayz.backend.fields import Fields
from mewayz.backend.listing import ListSpec
from mewayz.backend.money import MoneyType

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": sheets.MEDIA_TYPE, "jsonl": "application/x-ndjson"}
ALL = "all"
_INTERNAL = frozenset({"rev", "demo"})
_PAGED = ("page", "limit", "cursor")
_BLOCK = 1 << 16


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
    """Begin the export that a query string asks for: the list's parameters without pages, `format`, `columns`, `rows` and `bom`.

    `rows` names one of the service's sheets; `columns` may be `all`.

    Raises:
        Invalid: with a message per key. Unauthenticated, Forbidden. TooManyRows: for a spreadsheet.
    """
    asked = dict(raw)
    kind = asked.pop("format", "") or "csv"
    problems = {key: "An export has no pages." for key in _PAGED if asked.pop(key, None) is not None}
    if kind not in MEDIA_TYPES:
        problems["format"] = f"Choose one of: {', '.join(MEDIA_TYPES)}."
    table = asked.pop("rows", "")
    if table and table not in service.sheets:
        problems["rows"] = f"Choose one of: {', '.join(service.sheets)}." if service.sheets else "There is one row for each record here."
    elif table and (kind == "jsonl" or asked.get("columns") or asked.get("fields")):
        problems["rows"] = "These rows have columns of their own, in CSV or XLSX."
    bom = asked.pop("bom", "")
    if bom not in ("", "true", "false"):
        problems["bom"] = "Choose true or false."
    known = every_column(service)
    columns = [part.strip() for part in asked.pop("columns", "").split(",") if part.strip()]
    if columns == [ALL]:
        columns = known if kind != "jsonl" else []  # its objects are whole
    if unknown := [column for column in columns if column not in known]:
        problems["columns"] = f"Not known here: {', '.join(unknown)}. Choose from: {', '.join(known)}."
    if columns and asked.get("fields"):
        problems["columns"] = "Give columns or fields."
    if problems:
        raise Invalid("The export cannot be made as asked.", fields=problems)
    if columns and kind == "jsonl":  # its objects are whole
        asked["fields"] = ",".join(dict.fromkeys(column.partition(".")[0] for column in columns))
    query = await read_query(service.spec, asked)
    batches = await service.export(actor, query)
    total, exact = await service.total(actor, query)
    name = f"{service.noun}-{clock.now():%Y-%m-%d}.{kind}"
    own = service.sheets.get(table)
    columns = list(own.columns) if own else columns or csv_columns(service.spec, query.fields)

    def lines_of(batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [line for row in batch for line in own.lines(row)] if own else batch

    if kind == "xlsx" and total >= sheets.MOST_ROWS:
        raise sheets.TooManyRows

    async def sheet() -> AsyncIterator[bytes]:
        writer = sheets.SheetWriter(service.noun, columns)
        types, lines = _types(service.spec), 0
        if own:  # times stay texts with their zone, so that the file comes back as it was
            types = {heading: Decimal for heading, name in own.columns.items() if types.get(name) is Decimal}
        try:
            async with aclosing(cast("AsyncGenerator[list[dict[str, Any]]]", batches)) as flowing:
                async for batch in flowing:
                    export.rows += len(batch)
                    batch = lines_of(batch)
                    lines += len(batch)
                    if lines >= sheets.MOST_ROWS:
                        raise sheets.TooManyRows
                    await asyncio.to_thread(writer.append, [[_typed(row, column, types) for column in columns] for row in batch])
            file = await asyncio.to_thread(writer.finished)
        finally:
            writer.discard()
        with file:
            while block := await asyncio.to_thread(file.read, _BLOCK):
                yield block

    async def flow() -> AsyncIterator[bytes]:
        writer = _Csv(columns) if kind == "csv" else _JsonLines()
        yield (codecs.BOM_UTF8 if kind == "csv" and bom == "true" else b"") + writer.start
        async with aclosing(cast("AsyncGenerator[list[dict[str, Any]]]", batches)) as flowing:
            async for batch in flowing:
                yield writer.lines(lines_of(batch))
                export.rows += len(batch)

    export = Export(name, MEDIA_TYPES[kind], total, exact, sheet() if kind == "xlsx" else flow())
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


def every_column(service: CrudService[Any]) -> list[str]:
    """All that a record has and a cell can hold, by dotted path: first the columns of the list."""
    spec, fields = service.spec, Fields(service.import_payload or service.create_payload, service.spec)
    kinds = {to_camel(column.key): column.type for column in public_columns(spec.model)}
    found = csv_columns(spec)
    for name in (name for name in spec.keys if name not in _INTERNAL):
        if name in spec.model.nested:
            found += csv_columns(spec, [name])
        elif name not in fields.lists and isinstance(kinds[name], JSON):
            found += [path for path in fields.paths if path.startswith(f"{name}.")]
        else:
            found.append(name)
    return list(dict.fromkeys(found))


def _value(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = cast("Mapping[str, Any]", value).get(part)
    return value


def _types(spec: ListSpec) -> dict[str, Callable[[str], Any]]:
    """How the texts of amounts and times become typed cells, by the last part of their path."""
    kinds: dict[type[Any], Callable[[str], Any]] = {MoneyType: Decimal, UtcTime: parse_time}
    return {to_camel(column.key): kinds[type(column.type)] for column in public_columns(spec.model) if type(column.type) in kinds}


def _typed(row: Mapping[str, Any], path: str, types: Mapping[str, Callable[[str], Any]]) -> Any:
    """A cell of a spreadsheet, whose times are in UTC."""
    value: Any = _value(row, path)
    match value:
        case str():
            kind = types.get(path.rpartition(".")[2])
            return kind(value) if kind else value
        case list() if all(isinstance(item, str) for item in cast("list[Any]", value)):
            return join_list(cast("list[str]", value))
        case list() | dict():
            return orjson.dumps(value).decode()
        case _:
            return value


def _cell(row: Mapping[str, Any], path: str) -> str:
    match value := _value(row, path):
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
