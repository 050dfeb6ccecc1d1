"""The error hierarchy: each error carries its code, its HTTP status and a message that is safe to show."""

from collections.abc import Mapping
from dataclasses import dataclass


class MewayzError(Exception):
    """A refusal that a person or a client can act on.

    Attributes:
        code: stable identifier, `noun.reason` in a room (`orders.out_of_stock`).
        status: HTTP status of the REST answer.
        message: what happened and what to do, safe to show to anybody.
        fields: message per field, by its camelCase name.
    """

    code = "error"
    status = 500
    default_message = "Something went wrong. Try again."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """Build the error; what is not given comes from the class."""
        self.message = message or self.default_message
        self.code = code or type(self).code
        self.fields = dict(fields or {})
        super().__init__(self.message)


class Unauthenticated(MewayzError):
    """Nobody is signed in, or the proof has expired."""

    code = "unauthenticated"
    status = 401
    default_message = "Sign in to continue."


class Forbidden(MewayzError):
    """Signed in, but the role does not grant this."""

    code = "forbidden"
    status = 403
    default_message = "Your role does not allow this. Ask an administrator for access."


class NotFound(MewayzError):
    """No such record, or none that this person may know of."""

    code = "not_found"
    status = 404
    default_message = "This record does not exist, or you may not see it."


class Conflict(MewayzError):
    """The record changed meanwhile, or the change contradicts another record."""

    code = "conflict"
    status = 409
    default_message = "Somebody changed this record meanwhile. Reload it and try again."


class Invalid(MewayzError):
    """Input that breaks a rule; `fields` says which and how to mend it."""

    code = "invalid"
    status = 422
    default_message = "Some fields need your attention."


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a limit is used: what it allows, what is left of it, and the seconds until all of it is there again."""

    limit: int
    remaining: int
    reset_after: int


class RateLimited(MewayzError):
    """Too many tries; `retry_after` is in seconds, `standing` says of which limit."""

    code = "rate_limited"
    status = 429
    default_message = "Too many attempts. Wait a moment and try again."

    def __init__(self, message: str | None = None, *, retry_after: int, standing: Standing | None = None, code: str | None = None) -> None:
        """Build the error; without a message, it says how long to wait."""
        super().__init__(message or f"Too many attempts. Wait {_in_words(retry_after)} and try again.", code=code)
        self.retry_after = retry_after
        self.standing = standing


def _in_words(seconds: int) -> str:
    """A time to wait, rounded up: 17 seconds, 15 minutes, 1 hour."""
    size, unit = next((size, unit) for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")) if seconds >= size or size == 1)
    number = -(-max(seconds, 1) // size)
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


class Unavailable(MewayzError):
    """A part that the answer needs (database, mail, a worker) does not answer."""

    code = "unavailable"
    status = 503
    default_message = "The service is busy. Try again in a moment."


class ConfigError(MewayzError):
    """The installation itself is wrong: one sentence for the person who runs it, exit code 1."""

    code = "config"
    status = 500
