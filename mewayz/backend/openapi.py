"""The OpenAPI 3.1 description of the API: everything in it follows from the declared endpoints, lists and documents."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mewayz.backend import idempotency
from mewayz.backend.access import Policy
from mewayz.backend.bodies import TooLarge, UnsupportedMedia
from mewayz.backend.errors import Conflict, Forbidden, Invalid, MewayzError, NotFound, RateLimited, Unauthenticated, Unavailable
from mewayz.backend.filters import Choice, Filter
from mewayz.backend.grants import GRANTS, Scope
from mewayz.backend.listing import ListSpec
from mewayz.backend.query import DEFAULT_LIMIT, MAX_LIMIT, MAX_PAGE
from mewayz.backend.ranges import Bound, Moment
from mewayz.backend.reference import render
from mewayz.backend.rest import BASE, ROW_FILES, Endpoint
from mewayz.backend.schemas import (
    FAILURE,
    PAGINATION,
    REV,
    document_schema,
    import_row,
    payload_schemas,
    reference,
    row_name,
    row_schema,
)

_ABOUT = """Every answer is an envelope: `{"success": true, "data": …}` or `{"success": false, "error": {…}}`.
Names are camelCase, money is a decimal string beside its `currency`, times are ISO 8601 in UTC.
Unknown parameters and fields are refused with 422."""
_FAILURES: tuple[type[MewayzError], ...] = (
    Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMedia, Invalid, RateLimited, Unavailable,
)  # fmt: skip
_NOTHING_ELSE = "default-src 'none'; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PATH_VALUE = re.compile(r"\{(\w+)\}")


def describe(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI document of these endpoints."""
    pointers, schemas = payload_schemas(p for e in endpoints for p in (e.body, e.payload, e.rows) if p is not None)
    specs = {endpoint.query.model: endpoint.query for endpoint in endpoints if endpoint.query}
    for endpoint in endpoints:
        if endpoint.document and (spec := specs.get(endpoint.document)) and endpoint.query:
            schemas[row_name(endpoint.document)] = row_schema(endpoint.document, spec)
        elif endpoint.document:
            schemas[endpoint.document.__name__] = document_schema(endpoint.document, specs.get(endpoint.document))
        if endpoint.names_rev and endpoint.payload:
            schemas[endpoint.payload.__name__]["properties"]["rev"] = REV
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, pointers, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mewayz", "version": version("mewayz"), "description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": BASE}],
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": {**dict(sorted(schemas.items())), "Pagination": PAGINATION, "Failure": FAILURE},
            "responses": {error.__name__: _failure(error) for error in _FAILURES},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The `token` of POST /auth/login."},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "mewayz_session",
                    "description": "What signing in sets (`__Host-mewayz_session` in production); writes need an Origin header too.",
                },
            },
        },
    }


def _failure(error: type[MewayzError]) -> dict[str, Any]:
    example = {"success": False, "error": {"code": error.code, "message": error.default_message, "requestId": "9f86d081884c7d65"}}
    found: dict[str, Any] = {
        "description": (error.__doc__ or "").partition("\n")[0],
        "content": {"application/json": {"schema": reference("Failure"), "example": example}},
    }
    if error in (RateLimited, Unavailable):
        words = (
            "Seconds to wait." if error is RateLimited else "Seconds to wait, where other writers were in the way and nothing was saved."
        )
        found["headers"] = {"Retry-After": {"description": words, "schema": {"type": "integer"}}}
    return found


def _operation(endpoint: Endpoint, pointers: Mapping[Any, Mapping[str, Any]], schemas: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": "_".join((endpoint.method.lower(), *re.findall(r"\w+", endpoint.path))),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "security": [] if endpoint.policy.public else [{"bearer": []}, {"cookie": []}],
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
    }
    if words := _needs(endpoint.policy):
        found["description"] = words
        found["x-permission"] = endpoint.policy.permission
    if content := _body(endpoint, pointers, schemas):
        found["requestBody"] = {"required": True, "content": content}
    return found


def _needs(policy: Policy) -> str:
    """Who may call: read from the table that decides it."""
    if policy.permission is None:
        return ""
    scopes = {role: grants[policy.permission] for role, grants in GRANTS.items() if policy.permission in grants}
    roles = [f"{role} ({'own records' if scope is Scope.OWN else 'all records'})" for role, scope in scopes.items()]
    return f"Needs `{policy.permission}`: {', '.join(roles)}."


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _PATH_VALUE.findall(endpoint.path)
    ]
    if endpoint.names_rev:
        about = "The revision that you have read, as the ETag said." + (" Or send `rev` in the body." if endpoint.payload else "")
        found.append({"name": "If-Match", "in": "header", "description": about, "schema": {"type": "string", "examples": ['"3"']}})
    if endpoint.idempotent:
        about = "Chosen by you, new for each request: a repeated one with the same key and body gets the first answer again, for 24 hours."
        key = {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY, "pattern": "^[!-~]+$"}
        found.append({"name": idempotency.HEADER, "in": "header", "description": about, "schema": key})
    if endpoint.query:
        found += _list_parameters(endpoint.query, paged=endpoint.paged)
    found += [{"name": name, "in": "query", "schema": schema} for name, schema in endpoint.params.items()]
    return found


def _list_parameters(spec: ListSpec, *, paged: bool) -> list[dict[str, Any]]:
    def parameter(name: str, about: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": "query", "description": about, "schema": schema}

    found: list[dict[str, Any]] = []
    if paged:
        found += [
            parameter("page", "Number of the page.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1}),
            parameter("limit", "Rows per page.", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
            parameter("cursor", "The rows after this `nextCursor`, in the same order.", {"type": "string"}),
        ]
    if spec.search:
        found.append(parameter("search", "Words that must all occur.", {"type": "string"}))
    sorts = [f"{sign}{name}" for name in spec.sorts for sign in ("", "-")]
    default = f"{'-' if spec.default_descending else ''}{spec.default_sort}"
    found += [
        parameter("sort", "The order, with - in front for descending.", {"type": "string", "enum": sorts, "default": default}),
        parameter("order", "The direction, where `sort` has no sign.", {"type": "string", "enum": ["asc", "desc", ""]}),
        parameter("fields", f"Only these, comma-separated: {', '.join(spec.keys)}.", {"type": "string"}),
    ]
    return found + [parameter(item.name, _about(item), item.schema()) for item in spec.filters]


def _about(item: Filter) -> str:
    match item:
        case Choice():
            return f"{item.label}: one or several, comma-separated, of {', '.join(item.choices)}."
        case Bound():
            return f"{item.label}: at {'least' if item.low else 'most'}."
        case Moment():
            when = "from this day or moment on" if item.low else f"{'up to' if item.includes else 'before'} this day or moment"
            return f"{item.label}: {when}, in the shop's time zone."
        case _:
            return f"{item.label}."


def _body(endpoint: Endpoint, pointers: Mapping[Any, Mapping[str, Any]], schemas: Mapping[str, Any]) -> dict[str, Any]:
    if endpoint.rows:
        array = {"type": "array", "items": import_row(schemas[endpoint.rows.__name__], endpoint.known_by)}
        lines = {"type": "string", "description": "A line per row."}
        forms = {"json": array, "xlsx": {"type": "string", "format": "binary"}}
        return {media: {"schema": forms.get(kind, lines)} for media, kind in ROW_FILES.items()}
    if endpoint.takes:
        return {media: {"schema": {"type": "string", "format": "binary"}} for media in endpoint.takes}
    payload = endpoint.body or endpoint.payload
    return {"application/json": {"schema": pointers[payload]}} if payload else {}


def _answer(endpoint: Endpoint) -> Mapping[str, Any]:
    """The schema of `data`."""
    if endpoint.document is None:
        return endpoint.answer
    held: dict[str, Any] = {endpoint.name: reference(endpoint.document.__name__)}
    if endpoint.query:
        held = {endpoint.name: {"type": "array", "items": reference(row_name(endpoint.document))}, "pagination": reference("Pagination")}
    held |= endpoint.answer.get("properties", {})
    return {"type": "object", "required": list(held), "properties": held}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["success", "data"],
        "properties": {"success": {"const": True}, "data": _answer(endpoint)},
    }
    envelope: dict[str, Any] = {} if endpoint.files else {"application/json": {"schema": schema}}
    content = envelope | {media.partition(";")[0]: {"schema": {"type": "string"}} for media in (*endpoint.files, *endpoint.tables)}
    writes, takes = endpoint.method != "GET", endpoint.body or endpoint.payload or endpoint.rows or endpoint.takes
    errors: list[type[MewayzError]] = [] if endpoint.policy.public and not writes else [Unauthenticated, Forbidden]
    if "{" in endpoint.path:
        errors.append(NotFound)
    if writes:
        errors.append(Conflict)
    if takes:
        errors += [TooLarge, UnsupportedMedia]
    if takes or endpoint.query or endpoint.params or endpoint.names_rev:
        errors.append(Invalid)
    errors += [RateLimited, Unavailable]
    found = {str(error.status): {"$ref": f"#/components/responses/{error.__name__}"} for error in errors}
    failure = {"description": "Something went wrong on our side.", "content": {"application/json": {"schema": reference("Failure")}}}
    done: dict[str, Any] = {"description": "Done.", "content": content}
    if endpoint.status in range(300, 400):
        done = {"description": "Go on to another address.", "headers": {"Location": {"schema": {"type": "string"}}}}
    return {str(endpoint.status): done, **found, "default": failure}


def description_routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """/api/openapi.json, and /api/docs: the same for people, as plain HTML that needs no script and nothing from elsewhere."""

    @cache
    def content(kind: str) -> tuple[bytes, str]:
        match kind:
            case "json":
                body = orjson.dumps(describe(endpoints))
            case "html":
                body = render(describe(endpoints)).encode()
            case _:
                body = resources.files("mewayz.backend").joinpath("reference.css").read_bytes()
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'

    def route(path: str, kind: str, media_type: str) -> Route:
        async def serve(request: Request) -> Response:
            body, tag = content(kind)
            headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            if kind == "html":
                headers["Content-Security-Policy"] = _NOTHING_ELSE
            if request.headers.get("if-none-match") == tag:
                return Response(None, 304, headers)
            return Response(body, headers=headers, media_type=media_type)

        return Route(path, serve)

    return [
        route("/api/openapi.json", "json", "application/json"),
        route("/api/docs", "html", "text/html"),
        route("/api/docs.css", "css", "text/css"),
    ]
