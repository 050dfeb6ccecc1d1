"""JSON schemas of what REST sends and takes: documents in their wire form, payloads, lists and failures."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema
from sqlalchemy import JSON, Boolean, Column, Integer
from typing_extensions import override

from mewayz.backend.columns import UtcTime
from mewayz.backend.documents import Entry, public_columns
from mewayz.backend.filters import Choice
from mewayz.backend.listing import ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Payload

PLACE = "#/components/schemas/"
MONEY = {"type": "string", "pattern": r"^-?\d{1,11}\.\d{2,4}$", "examples": ["12.50"]}
TIME = {"type": "string", "format": "date-time", "examples": ["2010-12-01T08:26:00.000Z"]}
GIVEN_MONEY = {"type": ["string", "number"], "examples": ["12.50"], "description": "An amount with at most four decimals."}
REV = {"type": "integer", "minimum": 1, "description": "The revision that you have read."}

PAGINATION: Mapping[str, Any] = {
    "type": "object",
    "required": ["currentPage", "totalPages", "totalItems", "itemsPerPage", "hasNextPage", "hasPrevPage", "totalIsExact", "nextCursor"],
    "properties": {
        "currentPage": {"type": "integer"},
        "totalPages": {"type": "integer"},
        "totalItems": {"type": "integer", "description": "At least this many when totalIsExact is false."},
        "itemsPerPage": {"type": "integer"},
        "hasNextPage": {"type": "boolean"},
        "hasPrevPage": {"type": "boolean"},
        "totalIsExact": {"type": "boolean"},
        "nextCursor": {"type": ["string", "null"], "description": "Send it as `cursor` for the rows after this page."},
    },
}
FAILURE: Mapping[str, Any] = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "requestId"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string", "description": "What happened and what to do, safe to show."},
                "fields": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Message per field."},
                "requestId": {"type": "string"},
            },
        },
    },
}


def reference(name: str) -> dict[str, Any]:
    """A pointer to a named schema."""
    return {"$ref": f"{PLACE}{name}"}


def row_name(model: type[Entry]) -> str:
    """The schema of a listed document: some large parts are left out, and with `fields` any other."""
    return f"{model.__name__}Row"


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to in its place, and without titles, which only repeat the name."""
    named = cast("dict[str, Any]", schema.pop("$defs", {}))

    def filled(part: Any) -> Any:
        if isinstance(part, list):
            return [filled(item) for item in cast("list[Any]", part)]
        if not isinstance(part, dict):
            return part
        found = cast("dict[str, Any]", part)
        if "$ref" in found:
            return filled(named[found["$ref"].rpartition("/")[2]])
        return {name: filled(value) for name, value in found.items() if name != "title" or not isinstance(value, str)}

    return filled(schema)


def _choices(spec: ListSpec | None) -> dict[str, list[str]]:
    found = (item for item in spec.filters if isinstance(item, Choice)) if spec else ()
    return {item.column: [str(choice) for choice in item.choices] for item in found}


def _column(column: Column[Any], annotation: Any, choices: Mapping[str, list[str]]) -> dict[str, Any]:
    kind = column.type
    if isinstance(kind, MoneyType):
        schema: dict[str, Any] = dict(MONEY)
    elif isinstance(kind, UtcTime):
        schema = dict(TIME)
    elif isinstance(kind, JSON):
        schema = _whole(TypeAdapter(annotation).json_schema())
    elif isinstance(kind, Boolean):
        schema = {"type": "boolean"}
    elif isinstance(kind, Integer):
        schema = {"type": "integer"}
    elif column.key in choices:
        schema = {"type": "string", "enum": choices[column.key]}
    else:
        schema = {"type": "string"}
    if column.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def document_schema(model: type[Entry], spec: ListSpec | None = None) -> dict[str, Any]:
    """The wire form of a document; `spec` knows the fixed values of its columns."""
    choices = _choices(spec)
    columns = {column.key: column for column in public_columns(model)}
    properties = {to_camel(name): _column(column, model.model_fields[name].annotation, choices) for name, column in columns.items()}
    for group, names in model.nested.items():
        parts = {to_camel(name): properties.pop(to_camel(name)) for name in names}
        properties[group] = {"type": "object", "required": list(parts), "properties": parts}
    return {"type": "object", "description": inspect.getdoc(model), "required": list(properties), "properties": properties}


def row_schema(model: type[Entry], spec: ListSpec) -> dict[str, Any]:
    """The wire form of a listed document."""
    properties = {name: schema for name, schema in document_schema(model, spec)["properties"].items() if name in spec.keys}
    return {"type": "object", "description": "With `fields`, only those.", "properties": properties}


def import_row(payload: Mapping[str, Any], known_by: Sequence[str]) -> dict[str, Any]:
    """A row of an import: all that a record needs, or what names one that is there already and the fields that change."""
    names = {name: {"type": "string", "description": "Names the record that the row changes."} for name in known_by}
    required = [{"required": list(payload.get("required", ()))}, *({"required": [name]} for name in known_by)]
    row = {"type": "object", "properties": {**names, **payload["properties"]}, "anyOf": required}
    other = "Anything else is an error of its line; with `onError=skip` it is left out and told in `problems`."
    return {"anyOf": [row, {"description": other}]}


class _Given(GenerateJsonSchema):
    """Schemas of what clients send: amounts as text or number; no titles, which only repeat the name."""

    @override
    def decimal_schema(self, schema: core_schema.DecimalSchema) -> dict[str, Any]:
        return dict(GIVEN_MONEY)

    @override
    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        # In a change, what is not sent stays: null as a default would say otherwise.
        return self.generate_inner(schema["schema"]) if schema.get("default", ...) is None else super().default_schema(schema)

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _tidy(schema: Any) -> Any:
    """Without titles, and with the bound that a validated amount keeps under its Python name."""
    if isinstance(schema, list):
        return [_tidy(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    found = {name: _tidy(value) for name, value in cast("dict[str, Any]", schema).items() if name != "title" or not isinstance(value, str)}
    return {("minimum" if name == "ge" else name): value for name, value in found.items()}


def payload_schemas(payloads: Iterable[type[Payload]]) -> tuple[dict[type[Payload], dict[str, Any]], dict[str, Any]]:
    """A pointer per payload, and every named schema that these need."""
    wanted: list[Any] = [(payload, "validation") for payload in dict.fromkeys(payloads)]
    pointers, found = models_json_schema(wanted, by_alias=True, ref_template=f"{PLACE}{{model}}", schema_generator=_Given)
    return {cast("type[Payload]", key[0]): pointer for key, pointer in pointers.items()}, _tidy(found.get("$defs", {}))
