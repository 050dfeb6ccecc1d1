"""Tokens: the opaque one of a browser's cookie, and the short-lived JWT of an API client."""

import hashlib
import secrets
from datetime import timedelta

import jwt

from mewayz.backend import clock
from mewayz.backend.runtime import current

COOKIE = "mewayz_session"
ACCESS_SECONDS = 3600
REMEMBERED = timedelta(days=7)
UNREMEMBERED = timedelta(hours=12)
_ALGORITHM = "HS256"
_ISSUER = "mewayz"


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """The form in which a token is stored; it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name() -> str:
    """The `__Host-` prefix pins the cookie to this host over https (RFC 6265bis, 4.1.3)."""
    return f"__Host-{COOKIE}" if current().settings.production else COOKIE


def token_of(cookie_header: str) -> str | None:
    """The session token in a Cookie header. Read by hand: SimpleCookie gives up at the first cookie that others wrote badly."""
    wanted = cookie_name()
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value.strip('"') or None
    return None


def _key() -> bytes:
    return hashlib.sha256(b"access:" + current().settings.secret_key.get_secret_value().encode()).digest()


def access_token(user_id: str, session_id: str) -> str:
    """A JWT for `Authorization: Bearer`, valid for an hour and as long as its session."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": _ISSUER,
        "aud": _ISSUER,
        "sub": user_id,
        "sid": session_id,
        "typ": "access",
        "iat": now,
        "exp": now + ACCESS_SECONDS,
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, _key(), algorithm=_ALGORITHM)


def session_of(token: str) -> str | None:
    """The session id of a valid access token, else None."""
    try:
        claims = jwt.decode(
            token,
            _key(),
            algorithms=[_ALGORITHM],
            audience=_ISSUER,
            issuer=_ISSUER,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "sid", "typ", "jti"]},
        )
    except jwt.InvalidTokenError:
        return None
    return claims["sid"] if claims["typ"] == "access" and isinstance(claims["sid"], str) else None
