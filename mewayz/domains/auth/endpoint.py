"""What the endpoints of identity have in common: who a request comes from, and answers that nobody keeps."""

from typing import Any

from starlette.responses import Response

from mewayz.backend.access import Policy
from mewayz.backend.origins import OtherSite, client_address, same_origin
from mewayz.backend.payloads import Payload
from mewayz.backend.rest import Call, Endpoint, Json
from mewayz.backend.runtime import current
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.passkeys import Site
from mewayz.domains.auth.tokens import DEVICE, REGISTRATION, token_of

NO_STORE = {"Cache-Control": "no-store"}


def visitor_of(call: Call) -> Visitor:
    """Where a request comes from: address, browser, and what it keeps: the device that the account may know, and its registration."""
    headers = call.request.headers
    cookies = headers.get("cookie", "")
    device, registration = token_of(cookies, DEVICE) or "", token_of(cookies, REGISTRATION) or ""
    return Visitor(client_address(call.request), headers.get("user-agent", ""), device, registration)


def site_of(call: Call) -> Site:
    """Where the browser is: the public address in production, in development the host that was asked."""
    settings = current().settings
    origin = call.request.headers.get("origin", "")
    if settings.production or not origin:
        return Site(settings.public_url or f"http://localhost:{settings.port}")
    return Site(origin.rstrip("/"))


def refuse_other_sites(call: Call) -> None:
    """A browser names where a request comes from; another site must not sign anybody in here (login CSRF)."""
    if "origin" in call.request.headers and not same_origin(call.request.headers):
        raise OtherSite


def plain(data: Any, status: int = 200) -> Response:
    """An answer that no cache may keep."""
    return Json({"success": True, "data": data}, status_code=status, headers=NO_STORE)


def endpoint(method: str, path: str, handler: Any, summary: str, policy: Policy, **more: Any) -> Endpoint:
    """An endpoint of identity; `more` are the other fields of Endpoint."""
    return Endpoint(method=method, path=path, handler=handler, summary=summary, tag=more.pop("tag", "auth"), policy=policy, **more)


def post(path: str, handler: Any, summary: str, policy: Policy, payload: type[Payload] | None = None, **more: Any) -> Endpoint:
    """One that takes a POST, with what is described of its body."""
    return endpoint("POST", path, handler, summary, policy, payload=payload, **more)
