"""What is kept of figures that leave the application: links to them, and reports with their letters."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import PRIVATE, Document


class Share(Document, table=True):
    """A link. Its secret is known to those who have it; here is only the hash.

    Attributes:
        path: of the page, and `query` of its address.
        pieces: of a dashboard, as it was arranged when the link was made: what is put on it later is not in the link.
    """

    __tablename__ = "shares"
    __table_args__ = (Index("shares_owner", "owner_id"), Index("shares_expires", "expires_at"))

    owner_id: str = Stored(foreign_key="users.id", ondelete="CASCADE")
    token_hash: str = Stored(unique=True, sa_column_kwargs=PRIVATE)
    path: str
    query: str = ""
    pieces: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    expires_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


class Report(Document, table=True):
    """A report that leaves by itself.

    Attributes:
        every: `day`, `week` or `month`, at `hour` of the shop; `weekday` counts from Monday (0).
        recipients: ids of users. Each gets a letter with their own rights.
        next_at: when it is due. Whoever moves it on has to send it.
        last_at: when it last left.
    """

    __tablename__ = "reports"
    __table_args__ = (Index("reports_owner", "owner_id"), Index("reports_next", "next_at"))

    owner_id: str = Stored(foreign_key="users.id", ondelete="CASCADE")
    every: str = Stored(sa_type=String)
    hour: int
    weekday: int = 0
    recipients: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    next_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    last_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]


class ReportLetter(Document, table=True):
    """One letter of a report that is on its way; it is gone once it has been taken, or given up.

    Attributes:
        due_at: what it is about follows from it.
        tries: how often it has been tried. Whoever raises it holds the letter until `try_at`.
    """

    __tablename__ = "report_letters"
    __table_args__ = (Index("report_letters_once", "report_id", "user_id", "due_at", unique=True), Index("report_letters_try", "try_at"))

    report_id: str = Stored(foreign_key="reports.id", ondelete="CASCADE")
    user_id: str = Stored(foreign_key="users.id", ondelete="CASCADE")
    due_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    try_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    tries: int = 0
