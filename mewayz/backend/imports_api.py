"""The imports over REST."""

from typing import Any

from starlette.responses import Response

from mewayz.backend.access import ONESELF, SIGNED_IN
from mewayz.backend.batches import ImportBatch
from mewayz.backend.documents import wire
from mewayz.backend.imports import Imports
from mewayz.backend.rest import Call, Endpoint
from mewayz.backend.schemas import document_schema

_REVERTED = {
    "type": "object",
    "required": ["deleted", "restored", "gone", "left", "kept"],
    "properties": {
        **{name: {"type": "integer"} for name in ("deleted", "restored", "gone", "left")},
        "kept": {"type": "array", "items": {"type": "object"}, "description": "The records that stay as they are, and why."},
    },
}
_ROWS = "problems"
"""The rows that an import left out; they belong to the one import that is asked for."""


def _counts() -> dict[str, Any]:
    """The schema of a listed import."""
    whole = document_schema(ImportBatch)
    properties = {name: schema for name, schema in whole["properties"].items() if name != _ROWS}
    return {**whole, "required": list(properties), "properties": properties}


_LISTED = {"type": "object", "required": ["imports"], "properties": {"imports": {"type": "array", "items": _counts()}}}


def imports_endpoints(imports: Imports) -> list[Endpoint]:
    """List and read imports, take their bad rows along, revert one."""

    async def index(call: Call) -> Any:
        found = [wire(batch) for batch in await imports.latest(call.actor)]
        return {"imports": [{name: value for name, value in batch.items() if name != _ROWS} for batch in found]}

    async def read(call: Call) -> Any:
        return {"import": await imports.get(call.actor, call.path("id"))}

    async def problems(call: Call) -> Any:
        data = await imports.bad_rows(call.actor, call.path("id"))
        headers = {"Content-Disposition": 'attachment; filename="problems.csv"', "Cache-Control": "private, no-store"}
        return Response(data, headers=headers, media_type="text/csv; charset=utf-8")

    async def foresee(call: Call) -> Any:
        return (await imports.foresee(call.actor, call.path("id"))).answer()

    async def revert(call: Call) -> Any:
        return (await imports.revert(call.actor, call.path("id"))).answer()

    tag = imports.noun
    return [
        Endpoint(method="GET", path="/imports", handler=index, summary="List imports", tag=tag, policy=SIGNED_IN, answer=_LISTED),
        Endpoint(
            method="GET", path="/imports/{id}", handler=read, summary="Read an import", tag=tag, policy=SIGNED_IN,
            document=ImportBatch, name="import",
        ),
        Endpoint(
            method="GET", path="/imports/{id}/problems.csv", handler=problems, summary="The rows that an import left out", tag=tag,
            policy=SIGNED_IN, files=("text/csv; charset=utf-8",),
        ),
        Endpoint(
            method="GET", path="/imports/{id}/revert", handler=foresee, summary="Say what taking an import back would do", tag=tag,
            policy=ONESELF, answer=_REVERTED,
        ),
        Endpoint(
            method="POST", path="/imports/{id}/revert", handler=revert, summary="Take an import back", tag=tag, policy=ONESELF,
            answer=_REVERTED,
        ),
    ]  # fmt: skip
