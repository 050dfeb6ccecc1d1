"""The error hierarchy: each error carries its code, its HTTP status and a message that is safe to show."""

from collections.abc import Mapping


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


class RateLimited(MewayzError):
    """Too many tries; `retry_after` is in seconds."""

    code = "rate_limited"
    status = 429
    default_message = "Too many attempts. Wait a moment and try again."

    def __init__(self, message: str | None = None, *, retry_after: int, code: str | None = None) -> None:
        """Build the error with the number of seconds to wait."""
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(MewayzError):
    """A part that the answer needs (database, mail, a worker) does not answer."""

    code = "unavailable"
    status = 503
    default_message = "The service is busy. Try again in a moment."


class ConfigError(MewayzError):
    """The installation itself is wrong: one sentence for the person who runs it, exit code 1."""

    code = "config"
    status = 500
