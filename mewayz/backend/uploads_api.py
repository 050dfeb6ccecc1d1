"""The file of an import on its way in: from a page of ours, for the steps that follow there."""

from typing import Any

from mewayz.backend.access import permission
from mewayz.backend.bodies import UnsupportedMedia, body_file
from mewayz.backend.desk import ImportDesk
from mewayz.backend.errors import Invalid
from mewayz.backend.rest import Call, Endpoint, query_map
from mewayz.backend.runtime import current
from mewayz.backend.uploads import MAX_NAME

BINARY = "application/octet-stream"
_PARAMS = {
    "noun": {"type": "string", "description": "Whose records it holds."},
    "fileName": {"type": "string", "maxLength": MAX_NAME, "description": "What the file is called; its ending says its format."},
}
_KEPT = {
    "type": "object",
    "required": ["upload"],
    "properties": {
        "upload": {
            "type": "object",
            "required": ["id", "noun", "name"],
            "properties": {name: {"type": "string"} for name in ("id", "noun", "name")},
        }
    },
}


def uploads_endpoints(desk: ImportDesk) -> list[Endpoint]:
    """Take a file that waits until it is imported."""

    async def take(call: Call) -> Any:
        asked = query_map(call.request)
        if unknown := {key: "This parameter is not known here." for key in asked if key not in _PARAMS}:
            raise Invalid(fields=unknown)
        noun = asked.get("noun", "")
        await desk.demand(call.actor, noun)  # before anything is read
        if call.request.headers.get("content-type", "").partition(";")[0].strip().lower() != BINARY:
            raise UnsupportedMedia(f"Send the file itself as the body, as {BINARY}.")
        async with body_file(call.request, current().settings.max_file_size) as path:
            upload = await desk.keep(call.actor, noun, asked.get("fileName", ""), path)
        return {"upload": {"id": upload.id, "noun": upload.noun, "name": upload.name}}

    return [
        Endpoint(
            method="POST", path="/imports/files", handler=take, summary="Bring a file for an import in steps", tag=desk.noun,
            policy=permission("imports:create"), takes=(BINARY,), params=_PARAMS, answer=_KEPT, status=201,
        )
    ]  # fmt: skip
