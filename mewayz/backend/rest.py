"""REST: endpoints are declared, and routes, error answers and the API description follow from the declarations."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from mewayz.backend import audit, idempotency, sheets
from mewayz.backend.access import Actor, Policy
from mewayz.backend.bodies import read_json
from mewayz.backend.columns import NO_TEXT, unstorable
from mewayz.backend.database import Busy
from mewayz.backend.documents import Entry, wire
from mewayz.backend.errors import Invalid, MewayzError, NotFound, RateLimited, Standing, Unauthenticated
from mewayz.backend.limits import ANONYMOUS, SIGNED_IN, address_subject
from mewayz.backend.listing import ListSpec
from mewayz.backend.logs import logger
from mewayz.backend.origins import OtherSite, client_address, same_origin
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.runtime import current

BASE = "/api/v1"
ROW_FILES = {
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "text/csv": "csv",
    sheets.MEDIA_TYPE: "xlsx",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class MethodNotAllowed(MewayzError):
    """The path exists, not with this method."""

    code = "method_not_allowed"
    status = 405
    default_message = "This path does not take this method."


@dataclass(slots=True)
class Call:
    """One request as a handler sees it: who asks, the path's values, the validated body."""

    actor: Actor
    request: Request
    body: Any = None

    def path(self, name: str) -> str:
        """A value of the path."""
        return self.request.path_params[name]


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One operation of the API.

    Attributes:
        method, path: `path` is relative to /api/v1.
        handler: returns the `data` of the envelope, or a whole Response.
        summary: one line for the description.
        tag: the noun that it belongs to.
        policy: what it demands. Checked before anything is read; the guard that counts stands on the service.
        body: payload that is validated before the handler runs.
        payload: payload that the service validates by itself; for the description only.
        rows: payload of a row, where the body is a file of them.
        known_by: fields by which a row may name a record that is there already.
        takes: media types of a body that is a file.
        document: what it answers with, under `name` in `data`: one, or with `query` a page of them.
        query: the list whose parameters it takes.
        paged: whether that includes pages.
        params: further query parameters, name → JSON schema.
        idempotent: with an `Idempotency-Key`, a repeated request gets the first answer again.
        names_rev: the caller names the revision that it has read, as If-Match or, in a body, as `rev`.
        files: media types of an answer that is a file instead of an envelope.
        tables: media types of a file that it answers with where the query asks for one.
        answer: JSON schema of `data`, where it is no document; its properties beside one.
        status: of success.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    policy: Policy
    body: type[Payload] | None = None
    payload: type[Payload] | None = None
    rows: type[Payload] | None = None
    known_by: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    document: type[Entry] | None = None
    name: str = ""
    query: ListSpec | None = None
    paged: bool = True
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    idempotent: bool = False
    names_rev: bool = False
    files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    answer: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    status: int = 200


class Json(Response):
    """A JSON answer by orjson."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Bytes of `content`."""
        return orjson.dumps(content, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Entry):
        return wire(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def error_answer(error: MewayzError, request_id: str) -> Response:
    """The envelope of a failure."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "requestId": request_id}
    if error.fields:
        body["fields"] = error.fields
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, RateLimited | Busy):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RateLimited) and error.standing is not None:
        headers |= _told(error.standing)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="mewayz"'
    return Json({"success": False, "error": body}, status_code=error.status, headers=headers)


def _told(standing: Standing) -> dict[str, str]:
    """The three headers of draft-ietf-httpapi-ratelimit-headers-05, as most clients know them."""
    return {
        "RateLimit-Limit": str(standing.limit),
        "RateLimit-Remaining": str(standing.remaining),
        "RateLimit-Reset": str(standing.reset_after),
    }


async def _actor(request: Request) -> Actor:
    """Who asks: a bearer token, or the session cookie, which for writes must come from our own pages."""
    authorization = request.headers.get("authorization", "")
    if authorization:
        return await current().identify("", authorization)
    cookie = request.headers.get("cookie", "")
    actor = await current().identify(cookie, "")
    if actor.signed_in and request.method not in _SAFE and not same_origin(request.headers):
        raise OtherSite
    return actor


async def _count(actor: Actor, address: str) -> dict[str, str]:
    """Count a request, and say to who has not signed in how many more they have.

    Raises:
        RateLimited: there were too many.
    """
    if actor.signed_in:
        await current().limits.hit(SIGNED_IN, actor.session_id or actor.id)
        return {}
    return _told(await current().limits.hit(ANONYMOUS, address_subject(address)))


def query_map(request: Request) -> dict[str, str]:
    """The query string; a key that is given twice is refused rather than half ignored, as is what no store can keep."""
    found: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if unstorable(key + value):
            raise Invalid(fields={"query" if unstorable(key) else key: NO_TEXT})
        if key in found:
            raise Invalid("The list cannot be shown as asked.", fields={key: "Give this parameter once."})
        found[key] = value
    return found


def _refuse_query(request: Request) -> None:
    if unknown := query_map(request):
        raise Invalid(fields=dict.fromkeys(unknown, "This parameter is not known here."))


async def _answer(endpoint: Endpoint, call: Call) -> Response:
    if endpoint.body is not None:
        call.body = parse(endpoint.body, await read_json(call.request))
    answer = await endpoint.handler(call)
    if not isinstance(answer, Response):
        answer = Json({"success": True, "data": answer}, status_code=endpoint.status)
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer


async def _settled(endpoint: Endpoint, call: Call, request_id: str) -> Response:
    """The answer, where a refusal is one as well."""
    try:
        return await _answer(endpoint, call)
    except MewayzError as error:
        if error.status >= 500:
            raise
        return error_answer(error, request_id)


def _route(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        request_id = request.headers.get("x-request-id", "")[:64] or secrets.token_hex(8)
        if not request_id.replace("-", "").isalnum():
            request_id = secrets.token_hex(8)
        address = client_address(request)
        token = audit.origin.set(audit.Origin(address, request_id))
        told: dict[str, str] = {}
        try:
            actor = await _actor(request)
            told = await _count(actor, address)
            endpoint.policy.verify(actor)
            if any(unstorable(str(value)) for value in request.path_params.values()):
                raise NotFound
            if endpoint.query is None and not endpoint.params:
                _refuse_query(request)
            if endpoint.idempotent and idempotency.HEADER in request.headers:
                answer = await idempotency.once(actor, request, lambda asked: _settled(endpoint, Call(actor, asked), request_id))
            else:
                answer = await _answer(endpoint, Call(actor, request))
        except MewayzError as error:
            answer = error_answer(error, request_id)
        except Exception:
            logger.exception("request %s failed: %s %s", request_id, request.method, request.url.path)
            answer = error_answer(MewayzError(f"Something went wrong on our side. Quote {request_id} if you ask for help."), request_id)
        finally:
            audit.origin.reset(token)
        answer.headers["X-Request-Id"] = request_id
        if "RateLimit-Limit" not in answer.headers:  # else it has run into a stricter one
            answer.headers.update(told)
        return answer

    return serve


async def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    found = MethodNotAllowed() if status == 405 else NotFound("There is nothing at this address. See /api/docs for what there is.")
    request_id = secrets.token_hex(8)
    answer = error_answer(found, request_id)
    answer.headers["X-Request-Id"] = request_id
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def api(endpoints: Sequence[Endpoint]) -> Mount:
    """All of /api/v1."""
    by_path: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, []).append(endpoint)
    below = Starlette(
        # A path that is spelt out stands before one with a name in its place, so that OPTIONS tells of its own methods.
        routes=[_joined(path, by_path[path]) for path in sorted(by_path, key=lambda path: "{" in path)],
        exception_handlers={404: _missing, 405: _missing},
    )
    mount = Mount(BASE, below)
    # Whatever is asked for below it, an address with a line break too, is answered as the rest is.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _joined(path: str, endpoints: Sequence[Endpoint]) -> Route:
    """One route per path, so that a wrong method is 405 with Allow and not 404."""
    serving = {endpoint.method: _route(endpoint) for endpoint in endpoints}

    async def dispatch(request: Request) -> Response:
        return await serving["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(serving))
