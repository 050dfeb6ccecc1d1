"""What every noun has over REST: list, create, read, change, delete, bulk, counts, export and import, from one declaration."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mewayz.backend.access import Policy
from mewayz.backend.bodies import UnsupportedMedia, body_file, read_json
from mewayz.backend.bulk import Bulk, UndoBulk
from mewayz.backend.crud import CrudService, read_query
from mewayz.backend.documents import Document
from mewayz.backend.errors import Invalid
from mewayz.backend.export import MEDIA_TYPES, Export, open_export
from mewayz.backend.importing import Columns, import_file
from mewayz.backend.loads import How, Mode, OnError
from mewayz.backend.rest import BASE, ROW_FILES, Call, Endpoint, Handler, Json, query_map
from mewayz.backend.runtime import current
from mewayz.backend.sources import Source

_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,10})"?')
MAX_ROWS = 5_000  # a few seconds of the writer
_MOST_NAME = 200

_STATS: Mapping[str, Any] = {
    "type": "object",
    "required": ["stats"],
    "properties": {
        "stats": {
            "type": "object",
            "description": "The total, and a number per value of each counted field.",
            "required": ["total"],
            "properties": {"total": {"type": "integer"}},
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
        }
    },
}
_IMPORT: Mapping[str, Mapping[str, Any]] = {
    "dryRun": {"type": "string", "enum": ["false", "true"], "default": "false"},
    "mode": {"type": "string", "enum": [mode.value for mode in Mode], "default": Mode.UPSERT.value},
    "onError": {"type": "string", "enum": [choice.value for choice in OnError], "default": OnError.STOP.value},
    "fileName": {"type": "string", "description": "What the file is called, for the list of imports."},
    "encoding": {"type": "string", "description": "Of text that is not UTF-8, such as cp1252."},
    "dateFormat": {"type": "string", "description": "Of the times in a table of orders, such as d/m/Y."},
}
_NUMBERS = ("imported", "created", "updated", "unchanged", "failed")
_IMPORTED: Mapping[str, Any] = {
    "type": "object",
    "required": [*_NUMBERS, "ignored", "dryRun", "batch", "problems", "notes"],
    "properties": {
        **{name: {"type": "integer"} for name in _NUMBERS},
        "ignored": {"type": "array", "items": {"type": "string"}},
        "dryRun": {"type": "boolean"},
        "batch": {"type": ["string", "null"], "description": "Names the import in /imports."},
        "problems": {"type": "array", "items": {"type": "object"}, "description": "The rows that were left out, and why."},
        "notes": {"type": "array", "items": {"type": "string"}},
        "changes": {"type": "array", "items": {"type": "object"}, "description": "Of a dry run: what would change."},
    },
}
_BULK: Mapping[str, Any] = {
    "type": "object",
    "required": ["bulk"],
    "properties": {
        "bulk": {
            "type": "object",
            "required": ["action", "dryRun", "total", "succeeded", "failed", "undo", "rows"],
            "properties": {
                "action": {"type": "string", "enum": ["update", "delete"]},
                "dryRun": {"type": "boolean"},
                "total": {"type": "integer"},
                "succeeded": {"type": "integer"},
                "failed": {"type": "integer"},
                "undo": {"type": ["string", "null"], "description": "The token that takes the change back, for a day."},
                "rows": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["id", "ok"],
                        "properties": {
                            "id": {"type": "string"},
                            "ok": {"type": "boolean"},
                            "error": {
                                "type": "object",
                                "required": ["code", "message"],
                                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                            },
                        },
                    },
                },
            },
        }
    },
}


def _flowing(export: Export, request: Request) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{export.file_name}"',
        "Cache-Control": "private, no-store",
        "X-Total-Count": str(export.total),
        "X-Total-Is-Exact": "true" if export.total_is_exact else "false",
    }
    if request.method == "HEAD":
        return Response(None, headers=headers, media_type=export.media_type)
    return StreamingResponse(export.chunks, headers=headers, media_type=export.media_type)


@asynccontextmanager
async def _row_file(request: Request, asked: Mapping[str, str]) -> AsyncGenerator[tuple[Source, str]]:
    """The body on the disk, and its format.

    Raises:
        UnsupportedMedia, TooLarge.
    """
    kind = ROW_FILES.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if kind is None:
        raise UnsupportedMedia(
            "Send a file of rows as text/csv, application/x-ndjson (JSON Lines), application/json (an array) "
            "or application/vnd.openxmlformats-officedocument.spreadsheetml.sheet (XLSX)."
        )
    async with body_file(request, current().settings.max_file_size) as path:
        yield Source(path, asked.get("fileName", "")[:_MOST_NAME], encoding=asked.get("encoding") or None), kind


def flag(raw: Mapping[str, str], name: str) -> bool:
    """The only query parameter, true or false."""
    problems = {key: "This parameter is not known here." for key in raw if key != name}
    if raw.get(name, "") not in {"", "true", "false"}:
        problems[name] = "Choose one of: true, false."
    if problems:
        raise Invalid(fields=problems)
    return raw.get(name) == "true"


def _asked(raw: Mapping[str, str]) -> dict[str, str]:
    """The parameters of an import."""
    problems = {key: "This parameter is not known here." for key in raw if key not in _IMPORT}
    for key, schema in _IMPORT.items():
        if (choices := schema.get("enum")) and raw.get(key, choices[0]) not in choices:
            problems[key] = f"Choose one of: {', '.join(choices)}."
    if problems:
        raise Invalid(fields=problems)
    return dict(raw)


def resource(service: CrudService[Any], tag: str | None = None) -> list[Endpoint]:
    """List, create, read, update, delete, the last two in bulk too, counts, export and import of one noun, in the contract's form."""
    noun, one = service.noun, service.singular
    tag = tag or noun

    async def index(call: Call) -> Any:
        page = await service.page(call.actor, await read_query(service.spec, query_map(call.request)))
        return {noun: page.rows, "pagination": page.pagination()}

    async def create(call: Call) -> Any:
        document = await service.create(call.actor, await read_object(call.request))
        return Json({"success": True, "data": {one: document}}, status_code=201, headers={"Location": f"{BASE}/{noun}/{document.id}"})

    async def read(call: Call) -> Any:
        return tagged(one, await service.get(call.actor, call.path("id")))

    async def update(call: Call) -> Any:
        data, rev = rev_of(call, await read_object(call.request))
        if rev is None:
            raise Invalid(fields={"rev": "Send the rev of the record as you read it, in the body or as If-Match."})
        return tagged(one, await service.update(call.actor, call.path("id"), data, rev))

    async def delete(call: Call) -> Any:
        _, rev = rev_of(call, {})
        return {one: await service.delete(call.actor, call.path("id"), rev)}

    async def count(call: Call) -> Any:
        return {"stats": await service.stats(call.actor)}

    async def export(call: Call) -> Any:
        return _flowing(await open_export(service, call.actor, query_map(call.request)), call.request)

    async def load(call: Call) -> Any:
        asked = _asked(query_map(call.request))
        dry_run = asked.get("dryRun") == "true"
        mode, on_error = Mode(asked.get("mode", Mode.UPSERT)), OnError(asked.get("onError", OnError.STOP))
        columns = Columns(date_format=asked.get("dateFormat") or None)
        async with _row_file(call.request, asked) as (source, kind):
            how = How(mode, on_error, dry_run, source.name if asked.get("fileName") else "")
            found = await import_file(service, call.actor, source, kind, how, columns, most=MAX_ROWS)
        return found.answer(dry_run=dry_run)

    async def bulk(call: Call) -> Any:
        return {"bulk": (await service.bulk(call.actor, await read_object(call.request))).wire()}

    async def undo_bulk(call: Call) -> Any:
        return {"bulk": (await service.undo_bulk(call.actor, await read_object(call.request))).wire()}

    def declare(method: str, path: str, handler: Handler, summary: str, verb: str, **more: Any) -> Endpoint:
        return Endpoint(
            method=method, path=path, handler=handler, summary=summary, tag=tag, policy=Policy(permission=f"{noun}:{verb}"), **more
        )

    record = {"document": service.collection.model, "name": one}
    formats = {
        "format": {"type": "string", "enum": [*MEDIA_TYPES], "default": "csv"},
        "columns": {"type": "string", "description": "Only these, comma-separated, in this order; or all.", "examples": ["id"]},
        "bom": {"type": "string", "enum": ["true", "false"], "description": "Begin a CSV with a byte order mark, which Excel needs."},
    }
    if service.sheets:
        formats["rows"] = {"type": "string", "enum": [*service.sheets], "description": "Rows of their own instead of one for each record."}
    row = service.import_payload or service.create_payload
    return [
        declare("GET", f"/{noun}", index, f"List {noun}", "read", query=service.spec, document=service.collection.model, name=noun),
        declare(
            "POST", f"/{noun}", create, f"Create a {one}", "create",
            payload=service.create_payload, status=201, idempotent=True, **record,
        ),
        # Before the paths with an id, which would match these too.
        declare("GET", f"/{noun}/stats", count, f"Count {noun}", "read", answer=_STATS),
        declare(
            "GET", f"/{noun}/export", export, f"Export {noun}", "export",
            query=service.spec, paged=False, params=formats, files=tuple(MEDIA_TYPES.values()),
        ),
        declare(
            "POST", f"/{noun}/import", load, f"Import {noun}", "import",
            rows=row, known_by=("id", *service.identified_by), params=_IMPORT, answer=_IMPORTED,
        ),
        declare("POST", f"/{noun}/bulk", bulk, f"Change or delete many {noun}", "update", payload=Bulk, answer=_BULK),
        declare("POST", f"/{noun}/bulk/undo", undo_bulk, f"Take a change of many {noun} back", "update", payload=UndoBulk, answer=_BULK),
        declare("GET", f"/{noun}/{{id}}", read, f"Read a {one}", "read", **record),
        declare("PATCH", f"/{noun}/{{id}}", update, f"Change a {one}", "update", payload=service.update_payload, names_rev=True, **record),
        declare("DELETE", f"/{noun}/{{id}}", delete, f"Delete a {one}", "delete", names_rev=True, **record),
    ]  # fmt: skip


async def read_object(request: Request) -> Mapping[str, Any]:
    """The JSON object of the body.

    Raises:
        TooLarge, UnsupportedMedia, Invalid.
    """
    data = await read_json(request)
    if not isinstance(data, Mapping):
        raise Invalid("Send a JSON object.", fields={"body": "Send a JSON object."})
    return data  # pyright: ignore[reportUnknownVariableType]


def tagged(name: str, document: Document) -> Response:
    """One document, with its revision as ETag."""
    return Json({"success": True, "data": {name: document}}, headers={"ETag": f'"{document.rev}"', "Cache-Control": "private, no-cache"})


def rev_of(call: Call, data: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """The body without `rev`, and the revision from it or from If-Match.

    Raises:
        Invalid: it is not a number.
    """
    rest = dict(data)
    rev = rest.pop("rev", None)
    if rev is None and (tag := call.request.headers.get("if-match")):
        found = _ETAG.fullmatch(tag.strip())
        rev = int(found[1]) if found else tag
    if rev is not None and (not isinstance(rev, int) or isinstance(rev, bool) or not 0 < rev < 2**31):
        raise Invalid(fields={"rev": "Send the rev of the record as you read it."})
    return rest, rev
