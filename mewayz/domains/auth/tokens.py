"""Tokens: the short-lived JWT that says who asks, and the opaque ones of cookies and links."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from mewayz.backend import clock, keys
from mewayz.backend.runtime import current

SESSION, REFRESH, DEVICE, REGISTRATION = "mewayz_session", "mewayz_refresh", "mewayz_device", "mewayz_registration"
ACCESS_LASTS = timedelta(hours=1)
REMEMBERED = timedelta(days=7)
UNREMEMBERED = timedelta(hours=12)
"""Without "remember me" the browser forgets the refresh token at its end, and the server after so long without a renewal."""
LONGEST = timedelta(days=30)
"""After which a session is over even when it has been renewed all the time (OWASP ASVS 5.0, 7.3.2)."""
_ALGORITHM = "HS256"
_ISSUER = "mewayz"
_PURPOSE = "access"
_MARK, _MARK_LENGTH = "refresh", 32
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "typ", "jti"]


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """The form in which a token is stored; it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def cookie_name(cookie: str = SESSION) -> str:
    """The name in this installation: over https a prefix pins a cookie to this host (RFC 6265bis, 4.1.3).

    `__Host-` demands the path /, which only the session cookie has.
    """
    if not current().settings.production:
        return cookie
    return f"__Host-{cookie}" if cookie == SESSION else f"__Secure-{cookie}"


def token_of(cookie_header: str, cookie: str = SESSION) -> str | None:
    """A token in a Cookie header. Read by hand: SimpleCookie gives up at the first cookie that others wrote badly."""
    wanted = cookie_name(cookie)
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value.strip('"') or None
    return None


def access_token(user_id: str, session_id: str) -> str:
    """A JWT that is valid for an hour, and no longer than its session."""
    now = int(clock.now().timestamp())
    kid, key = keys.newest(_PURPOSE)
    claims = {
        "iss": _ISSUER,
        "aud": _ISSUER,
        "sub": user_id,
        "sid": session_id,
        "typ": "access",
        "iat": now,
        "exp": now + int(ACCESS_LASTS.total_seconds()),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})


@dataclass(frozen=True, slots=True)
class Access:
    """What a genuine access token says; it may have expired."""

    user_id: str
    session_id: str
    expires_at: datetime

    def valid_at(self, moment: datetime) -> bool:
        """Whether it had not expired then."""
        return moment < self.expires_at


def read_access(token: str) -> Access | None:
    """The content of an access token that this installation has signed, else None. The caller looks at its time."""
    try:
        key = keys.named(_PURPOSE, str(jwt.get_unverified_header(token).get("kid", "")))
        if key is None:
            return None
        # The product has one clock, which tests can set; so the times are compared by the caller.
        options = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
        claims = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=_ISSUER, issuer=_ISSUER, options=options)  # pyright: ignore
        if claims["typ"] != "access":
            return None
        return Access(str(claims["sub"]), str(claims["sid"]), datetime.fromtimestamp(int(claims["exp"]), UTC))
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError):
        return None


def refresh_token(session_id: str, secret: str) -> str:
    """The session and its secret in one, so that a stolen old token still tells whose it was."""
    return f"{session_id}.{secret}"


def new_refresh_secret(session_id: str) -> str:
    """256 random bits and a mark, by which a token of ours is still recognised when its hash is no longer kept."""
    bits = new_token()
    return bits + keys.digest(_MARK, f"{session_id}.{bits}")[:_MARK_LENGTH]


def was_ours(token: str) -> bool:
    """Whether this once was the refresh token of its session, and not a guess: ids of sessions are no secrets."""
    session_id, _, secret = token.partition(".")
    bits, mark = secret[:-_MARK_LENGTH], secret[-_MARK_LENGTH:]
    made = [one[:_MARK_LENGTH] for one in keys.digests(_MARK, f"{session_id}.{bits}")]
    return any(secrets.compare_digest(mark.encode(), one.encode()) for one in made)


def read_refresh(token: str) -> tuple[str, str]:
    """Session id and hash of the secret."""
    session_id, _, secret = token.partition(".")
    return session_id, hash_token(secret)


def can_renew(cookie_header: str) -> bool:
    """Whether a browser has an access token of ours that has expired: then it may have a refresh token too."""
    access = read_access(token_of(cookie_header) or "")
    return access is not None and not access.valid_at(clock.now())
