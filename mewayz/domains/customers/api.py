"""REST of customers beyond their records: notes, segments, duplicates and merging."""

from collections.abc import Mapping
from typing import Any

from mewayz.backend.access import Policy, permission
from mewayz.backend.bodies import read_json
from mewayz.backend.errors import Invalid
from mewayz.backend.money import wire_decimal
from mewayz.backend.resource import rev_of
from mewayz.backend.rest import Call, Endpoint, Handler, query_map
from mewayz.backend.schemas import TIME
from mewayz.domains.customers.duplicates import MAX_GROUPS, REASONS, duplicates
from mewayz.domains.customers.merging import MergePayload, merges
from mewayz.domains.customers.notes import CustomerNote, NoteText, notes
from mewayz.domains.customers.segments import Segment, SegmentCreate, SegmentUpdate, segments
from mewayz.domains.customers.service import customers

_READ, _UPDATE, _DELETE = (permission(f"customers:{verb}") for verb in ("read", "update", "delete"))
_MAX_PAGE = 1_000
Schema = Mapping[str, Any]


def _object(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Schema) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT, _NUMBER, _YES_OR_NO = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_TIME_OR_NULL = {**TIME, "type": ["string", "null"]}
_NAMED = _object(id=_TEXT, name=_TEXT)
_NOTE = _object(id=_TEXT, rev=_NUMBER, createdAt=TIME, updatedAt=TIME, customerId=_TEXT, authorId=_TEXT, authorName=_TEXT, text=_TEXT)
_SEGMENT = _object(id=_TEXT, rev=_NUMBER, name=_TEXT, slug=_TEXT, query=_TEXT, shared=_YES_OR_NO, ownerId=_TEXT, ownerName=_TEXT)
_COUNTED = {
    **_SEGMENT,
    "properties": {
        **_SEGMENT["properties"],
        "count": {**_NUMBER, "description": "At least this many when countIsExact is false."},
        "countIsExact": _YES_OR_NO,
        "words": {**_TEXT, "description": "The filters, as a person reads them."},
        "editable": _YES_OR_NO,
    },
}
_REASONS = _list({"type": "string", "enum": list(REASONS)})
_FIELDS = _list({**_object(field=_TEXT), "description": "What both say (`kept`, `from`), and what it becomes (`result`)."})
_MERGE = _object(
    id={"type": ["string", "null"]},
    dryRun=_YES_OR_NO,
    undoUntil=_TIME_OR_NULL,
    kept=_NAMED,
    fields=_FIELDS,
    orders=_NUMBER,
    notes=_NUMBER,
    remarks=_list(_TEXT),
)
_RECENT = _object(id=_TEXT, undoUntil=TIME, orders=_NUMBER, by=_TEXT, at=TIME)
_UNDONE = _object(kept=_NAMED, restored=_NAMED, orders=_NUMBER, remarks=_list(_TEXT))


def _whole(call: Call, name: str, default: int, most: int) -> int:
    """A whole number of the query string, its only key."""
    raw = query_map(call.request)
    problems = {key: "This parameter is not known here." for key in raw if key != name}
    text = raw.get(name) or str(default)
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or not 1 <= int(text) <= most:
        problems[name] = f"Enter a whole number from 1 to {most}."
    if problems:
        raise Invalid(fields=problems)
    return int(text)


async def _changes(call: Call) -> tuple[dict[str, Any], int | None]:
    return rev_of(call, await _body(call))


async def _body(call: Call) -> Mapping[str, Any]:
    data = await read_json(call.request)
    if not isinstance(data, Mapping):
        raise Invalid("Send a JSON object.", fields={"body": "Send a JSON object."})
    return data  # pyright: ignore[reportUnknownVariableType]


async def _spending(call: Call) -> Any:
    found = await customers.spending(call.actor, call.path("id"))
    return {
        "spending": [
            {"currency": one.currency, "orders": one.orders, "spent": wire_decimal(one.spent), "returned": wire_decimal(one.returned)}
            for one in found
        ]
    }


async def _notes(call: Call) -> Any:
    return await notes.page(call.actor, call.path("id"), _whole(call, "page", 1, _MAX_PAGE))


async def _add_note(call: Call) -> Any:
    return {"note": await notes.add(call.actor, call.path("id"), await _body(call))}


async def _edit_note(call: Call) -> Any:
    return {"note": await notes.edit(call.actor, call.path("id"), *await _changes(call))}


async def _delete_note(call: Call) -> Any:
    return {"note": await notes.delete(call.actor, call.path("id"))}


async def _segments(call: Call) -> Any:
    return {"segments": await segments.counted(call.actor)}


async def _add_segment(call: Call) -> Any:
    return {"segment": await segments.create(call.actor, await _body(call))}


async def _edit_segment(call: Call) -> Any:
    return {"segment": await segments.update(call.actor, call.path("id"), *await _changes(call))}


async def _delete_segment(call: Call) -> Any:
    return {"segment": await segments.delete(call.actor, call.path("id"))}


async def _duplicates(call: Call) -> Any:
    return {"groups": await duplicates.groups(call.actor, _whole(call, "limit", 20, MAX_GROUPS))}


async def _of(call: Call) -> Any:
    return {"duplicates": await duplicates.of(call.actor, call.path("id"))}


async def _merge(call: Call) -> Any:
    return {"merge": await merges.merge(call.actor, call.path("id"), await _body(call))}


async def _merges(call: Call) -> Any:
    return {"merges": await merges.recent(call.actor, call.path("id"))}


async def _undo(call: Call) -> Any:
    return {"undone": await merges.undo(call.actor, call.path("id"))}


def _declare(method: str, path: str, handler: Handler, summary: str, policy: Policy, **more: Any) -> Endpoint:
    return Endpoint(method=method, path=f"/customers{path}", handler=handler, summary=summary, tag="customers", policy=policy, **more)


_NOTE_DOCUMENT = {"document": CustomerNote, "name": "note"}
_SEGMENT_DOCUMENT = {"document": Segment, "name": "segment"}
_PAGES = {"page": {"type": "integer", "minimum": 1, "maximum": _MAX_PAGE, "default": 1}}
_CREATED: dict[str, Any] = {"status": 201, "idempotent": True}
_LIMIT = {"limit": {"type": "integer", "minimum": 1, "maximum": MAX_GROUPS, "default": 20}}

ENDPOINTS = [
    _declare("GET", "/segments", _segments, "List the saved segments", _READ, answer=_object(segments=_list(_COUNTED))),
    _declare("POST", "/segments", _add_segment, "Save a segment", _UPDATE, payload=SegmentCreate, **_CREATED, **_SEGMENT_DOCUMENT),
    _declare(
        "PATCH", "/segments/{id}", _edit_segment, "Change a segment", _UPDATE, payload=SegmentUpdate, names_rev=True, **_SEGMENT_DOCUMENT
    ),
    _declare("DELETE", "/segments/{id}", _delete_segment, "Delete a segment", _UPDATE, **_SEGMENT_DOCUMENT),
    _declare(
        "GET", "/duplicates", _duplicates, "Find customers that may be the same", _READ,
        params=_LIMIT, answer=_object(groups=_list(_object(reasons=_REASONS, customers=_list(_NAMED)))),
    ),
    _declare(
        "GET", "/{id}/duplicates", _of, "Find who may be the same as a customer", _READ,
        answer=_object(duplicates=_list(_object(reasons=_REASONS, customer=_NAMED))),
    ),
    _declare(
        "GET", "/{id}/spending", _spending, "Say what a customer has ordered in each currency", _READ,
        answer=_object(spending=_list(_object(currency=_TEXT, orders=_NUMBER, spent=_TEXT, returned=_TEXT))),
    ),
    _declare(
        "GET", "/{id}/notes", _notes, "List the notes on a customer, newest first", _READ,
        params=_PAGES, answer=_object(notes=_list(_NOTE), hasNextPage=_YES_OR_NO),
    ),
    _declare("POST", "/{id}/notes", _add_note, "Write a note on a customer", _UPDATE, payload=NoteText, **_CREATED, **_NOTE_DOCUMENT),
    _declare("PATCH", "/notes/{id}", _edit_note, "Change a note of one's own", _UPDATE, payload=NoteText, names_rev=True, **_NOTE_DOCUMENT),
    _declare("DELETE", "/notes/{id}", _delete_note, "Delete a note of one's own", _UPDATE, **_NOTE_DOCUMENT),
    _declare(
        "POST", "/{id}/merge", _merge, "Merge another customer into this one", _DELETE, payload=MergePayload, answer=_object(merge=_MERGE)
    ),
    _declare("GET", "/{id}/merges", _merges, "List the merges that can be undone", _READ, answer=_object(merges=_list(_RECENT))),
    _declare("POST", "/merges/{id}/undo", _undo, "Undo a merge", _DELETE, answer=_object(undone=_UNDONE)),
]  # fmt: skip
