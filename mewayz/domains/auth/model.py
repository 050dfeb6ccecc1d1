"""What sign-in keeps: sessions, one-time tickets, second factors, passkeys and known devices.

All of it belongs to one user and goes with them (ON DELETE CASCADE). Of every secret only a hash is kept, except for the
TOTP secret, which is needed again and is encrypted.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import BigInteger, LargeBinary
from sqlmodel import Field as Stored

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import PRIVATE, Document


def _owner(**more: Any) -> Any:
    return Stored(foreign_key="users.id", ondelete="CASCADE", **more)


class Session(Document, table=True):
    """One sign-in of one browser or client, with the refresh token that it may use next.

    Attributes:
        refresh_hash: of the refresh token that is valid now.
        previous_hash: of those before, with spaces between; for a short time they are late tabs, after that a theft.
        expires_at: when the refresh token runs out; each rotation moves it.
        ends_at: when the session is over, however often it was renewed.
        method: how the person signed in: `password`, `password+totp`, `passkey` …
        proven_at: when they last proved who they are.
        viewing_as: the role that an administrator looks through.
        device_id: which of the known devices it was opened from.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_user", "user_id"), Index("sessions_expires", "expires_at"))

    user_id: str = _owner()
    refresh_hash: str = Stored(sa_column_kwargs=PRIVATE)
    previous_hash: str = Stored(default="", sa_column_kwargs=PRIVATE)
    rotated_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    expires_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    ends_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    last_used_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    proven_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    remembered: bool = False
    method: str = "password"
    viewing_as: str = ""
    device_id: str = ""
    address: str = ""
    agent: str = ""


class Ticket(Document, table=True):
    """Something that can be used once and not for long: a started sign-in, a link in a mail, a challenge for a passkey.

    `subject` is the keyed hash of an e-mail address that has no user yet.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("tickets_user", "user_id", "kind"),
        Index("tickets_subject", "subject", "kind"),
        Index("tickets_expires", "expires_at"),
    )

    kind: str
    subject: str = Stored(default="", sa_column_kwargs=PRIVATE)
    user_id: str | None = _owner(default=None, nullable=True)
    token_hash: str = Stored(unique=True, sa_column_kwargs=PRIVATE)
    expires_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    data: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT, sa_column_kwargs=PRIVATE)  # pyright: ignore[reportArgumentType]


class Totp(Document, table=True):
    """The authenticator of the user with the same id. It counts once `confirmed_at` is set.

    `last_step` is the newest time step that was used: none is accepted twice (RFC 6238, 5.2).
    """

    __tablename__ = "totp"

    id: str = _owner(primary_key=True, max_length=24)
    secret: str = Stored(sa_column_kwargs=PRIVATE)
    confirmed_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    last_step: int = Stored(default=0, sa_type=BigInteger)


class BackupCode(Document, table=True):
    """A code that stands in for the authenticator, once. A used one is deleted."""

    __tablename__ = "backup_codes"
    __table_args__ = (Index("backup_codes_user", "user_id"),)

    user_id: str = _owner()
    code_hash: str = Stored(sa_column_kwargs=PRIVATE)


class Passkey(Document, table=True):
    """A WebAuthn credential: second factor, and sign-in without a password."""

    __tablename__ = "passkeys"
    __table_args__ = (Index("passkeys_user", "user_id"),)

    user_id: str = _owner()
    name: str
    credential_id: str = Stored(unique=True, sa_column_kwargs=PRIVATE)
    public_key: bytes = Stored(sa_type=LargeBinary, sa_column_kwargs=PRIVATE)
    sign_count: int = Stored(default=0, sa_type=BigInteger)
    transports: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    last_used_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


class Device(Document, table=True):
    """A browser from which a user has signed in before, by the hash of the cookie that it keeps."""

    __tablename__ = "devices"
    __table_args__ = (Index("devices_user", "user_id", "token_hash", unique=True),)

    user_id: str = _owner()
    token_hash: str = Stored(sa_column_kwargs=PRIVATE)
    last_seen_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    agent: str = ""


sessions = Collection(Session, "sessions", audited=False)
tickets = Collection(Ticket, "tickets", audited=False)
totp_secrets = Collection(Totp, "totp", audited=False)
backup_codes = Collection(BackupCode, "backup_codes", audited=False)
passkeys_collection = Collection(Passkey, "passkeys", audited=False)
devices = Collection(Device, "devices", audited=False)
