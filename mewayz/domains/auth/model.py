"""The session document and what sign-in and set-up take."""

from datetime import datetime
from functools import cache
from typing import Annotated

from babel.core import get_global
from pydantic import AfterValidator, Field
from sqlalchemy import Index
from sqlmodel import Field as Stored

from mewayz.backend.columns import UtcTime
from mewayz.backend.documents import PRIVATE, Collection, Document
from mewayz.backend.payloads import Payload, Secret
from mewayz.backend.shop import known_timezone
from mewayz.domains.users.model import Email, PersonName


class Session(Document, table=True):
    """One sign-in of one browser. Only the hash of its token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_user", "user_id"), Index("sessions_expires", "expires_at"))

    user_id: str
    token_hash: str = Stored(unique=True, sa_column_kwargs=PRIVATE)
    expires_at: datetime = Stored(sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    remembered: bool = False
    address: str = ""
    agent: str = ""


class LoginPayload(Payload):
    """What sign-in takes. The address is not checked for its form: a wrong one answers like a wrong password."""

    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: Secret
    remember_me: bool = False


@cache
def currencies() -> frozenset[str]:
    """The ISO 4217 codes that are tender somewhere today (CLDR)."""
    territories = get_global("territory_currencies").values()
    return frozenset(code for found in territories for code, _, end, tender in found if end is None and tender)


def _known_currency(code: str) -> str:
    if code not in currencies():
        raise ValueError("enter an ISO 4217 code, such as EUR")
    return code


def _known_zone(name: str) -> str:
    if not known_timezone(name):
        raise ValueError("enter a time zone of the IANA list, such as Europe/Berlin")
    return name


class SetupPayload(Payload):
    """What the first run asks for: the owner and the shop."""

    name: PersonName
    email: Email
    password: Secret
    shop_name: Annotated[str, Field(min_length=1, max_length=100)]
    currency: Annotated[str, AfterValidator(_known_currency)]
    timezone: Annotated[str, AfterValidator(_known_zone)]


sessions = Collection(Session, "sessions", audited=False)
