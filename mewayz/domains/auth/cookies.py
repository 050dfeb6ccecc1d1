"""The cookies of a session: set together, cleared together."""

from datetime import timedelta
from typing import Literal

from starlette.responses import Response

from mewayz.backend.runtime import current
from mewayz.domains.auth.sessions import SignedIn
from mewayz.domains.auth.tickets import LASTS, VERIFY
from mewayz.domains.auth.tokens import DEVICE, REFRESH, REGISTRATION, REMEMBERED, SESSION, cookie_name

PATH = "/api/v1/auth"
"""The refresh token travels to nothing but the endpoints that take it."""
_DEVICE_LASTS = timedelta(days=400)  # what browsers allow at the most (RFC 6265bis, 5.5)


def _set(response: Response, cookie: str, value: str, age: timedelta | None, path: str, samesite: Literal["lax", "strict"] = "lax") -> None:
    response.set_cookie(
        cookie_name(cookie),
        value,
        max_age=int(age.total_seconds()) if age is not None else None,
        path=path,
        secure=current().settings.production,
        httponly=True,
        samesite=samesite,
    )


def set_cookies(response: Response, signed_in: SignedIn) -> None:
    """Give the browser its session.

    The access token's cookie outlives the token, so that a page that is opened later knows that there is something to renew.
    """
    age = REMEMBERED if signed_in.session.remembered else None
    _set(response, SESSION, signed_in.token, age, "/")
    _set(response, REFRESH, signed_in.refresh, age, PATH)
    if signed_in.device:
        _set(response, DEVICE, signed_in.device, _DEVICE_LASTS, PATH)


def set_registration(response: Response, secret: str) -> None:
    """Let this browser, and no other, have the letter of its registration sent again, for as long as the link works."""
    _set(response, REGISTRATION, secret, LASTS[VERIFY], PATH)


def clear_cookies(response: Response) -> None:
    """Take the session from the browser; the device stays known."""
    _set(response, SESSION, "", timedelta(0), "/")
    _set(response, REFRESH, "", timedelta(0), PATH)
