"""REST of sign-in, sign-out, the signed-in user and set-up."""

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from mewayz.backend.access import PUBLIC, SIGNED_IN
from mewayz.backend.documents import wire
from mewayz.backend.errors import Forbidden
from mewayz.backend.rest import Call, Endpoint, Json, client_address, same_origin
from mewayz.backend.runtime import current
from mewayz.domains.auth.model import LoginPayload, SetupPayload
from mewayz.domains.auth.service import SignedIn, auth
from mewayz.domains.auth.tokens import REMEMBERED, cookie_name


def _set_cookie(response: Response, value: str, age: timedelta | None) -> None:
    response.set_cookie(
        cookie_name(),
        value,
        max_age=int(age.total_seconds()) if age is not None else None,
        path="/",
        secure=current().settings.production,
        httponly=True,
        samesite="lax",
    )


def _answer(signed_in: SignedIn, status: int = 200) -> Response:
    data = {"token": signed_in.token, "user": wire(signed_in.user)}
    response = Json({"success": True, "data": data}, status_code=status, headers={"Cache-Control": "no-store"})
    _set_cookie(response, signed_in.cookie, REMEMBERED if signed_in.session.remembered else None)
    return response


def _place(call: Call) -> dict[str, str]:
    return {"address": client_address(call.request), "agent": call.request.headers.get("user-agent", "")}


def _same_site(call: Call) -> None:
    """A browser names where a request comes from; another site must not sign anybody in here (login CSRF)."""
    if "origin" in call.request.headers and not same_origin(call.request.headers):
        raise Forbidden("This request does not come from this site.", code="csrf")


async def _login(call: Call) -> Any:
    _same_site(call)
    return _answer(await auth.sign_in(call.body, **_place(call)))


async def _setup(call: Call) -> Any:
    _same_site(call)
    return _answer(await auth.set_up(call.body, **_place(call)), 201)


async def _logout(call: Call) -> Any:
    _same_site(call)
    await auth.sign_out(call.actor)
    response = Json({"success": True, "data": {}})
    _set_cookie(response, "", timedelta(0))
    return response


async def _me(call: Call) -> Any:
    return {"user": await auth.me(call.actor)}


ENDPOINTS = [
    Endpoint(method="POST", path="/auth/login", handler=_login, summary="Sign in", tag="auth", policy=PUBLIC, body=LoginPayload),
    Endpoint(method="POST", path="/auth/logout", handler=_logout, summary="Sign out", tag="auth", policy=PUBLIC),
    Endpoint(method="GET", path="/auth/me", handler=_me, summary="The signed-in user", tag="auth", policy=SIGNED_IN),
    Endpoint(
        method="POST",
        path="/setup",
        handler=_setup,
        summary="Create the owner and the shop of an empty installation",
        tag="auth",
        policy=PUBLIC,
        body=SetupPayload,
        status=201,
    ),
]
