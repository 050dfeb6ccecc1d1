"""The user document, what may be sent about one, and the list of users."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from sqlalchemy import Index
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import PRIVATE, Document
from mewayz.backend.filters import Choice
from mewayz.backend.grants import Role
from mewayz.backend.imported import Imported
from mewayz.backend.listing import ListSpec
from mewayz.backend.payloads import Patch, Payload, Secret
from mewayz.backend.picked import Picked
from mewayz.backend.table_columns import Column


class Plan(StrEnum):
    """What the user's company has subscribed to."""

    FREE = "Free"
    PRO = "Pro"
    ENTERPRISE = "Enterprise"


class UserStatus(StrEnum):
    """Only an active user may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    PENDING = "pending"
    INACTIVE = "inactive"


def normal_email(value: str) -> str:
    """The form in which an e-mail address is stored and compared: normalised, lower case.

    Raises:
        ValueError: it is not an address.
    """
    try:
        lower = validate_email(value, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise ValueError("enter a valid e-mail address, such as name@example.com") from None
    found = unicodedata.normalize("NFC", lower)  # a small letter may be one where the capital one and its mark are two
    if any(len(scripts_of(part)) > 1 for part in re.split(r"[@.]", found)):
        raise ValueError("write this address in the letters of one alphabet: it mixes several that look alike")
    return found


def stored_email(typed: str) -> str:
    """An address as it is stored, however it was typed; what is none is known to nobody."""
    try:
        return normal_email(typed.strip())
    except ValueError:
        return typed.strip().lower()


def scripts_of(text: str) -> set[str]:
    """The alphabets of the letters in `text`: LATIN, CYRILLIC … (their Unicode names begin with it).

    A name that mixes them is how one address is made to look like another (Unicode Technical Standard 39, 5.1).

    >>> sorted(scripts_of("p\u0430ypal"))
    ['CYRILLIC', 'LATIN']
    """
    found = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
    # Japanese and Korean are written with several at once.
    return {"CJK"} if found and found <= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL"} else found


Email = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(normal_email)]
PersonName = Annotated[str, Field(min_length=2, max_length=100)]


class User(Document, table=True):
    """A person who may sign in. The password is in a document of its own.

    `wished_plan` is what was asked for at registration; the plan itself is given by an administrator. `two_factor` says
    whether a second factor is set up and confirmed. Sessions that began before `sessions_from` are over.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index("users_created", "created_at", "id"),
        Index("users_name", "name", "id"),
        Index("users_role", "role", "created_at", "id"),
        Index("users_status", "status", "created_at", "id"),
    )

    name: str
    email: str = Stored(unique=True)
    role: str = Stored(default=Role.USER.value, sa_type=String)
    plan: str = Stored(default=Plan.FREE.value, sa_type=String)
    status: str = Stored(default=UserStatus.ACTIVE.value, sa_type=String)
    company: str = ""
    last_login_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    demo: bool = False
    email_verified_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    two_factor: bool = False
    two_factor_required: bool = False
    wished_plan: str = ""
    marketing_consent: bool = False
    terms_accepted_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    invited_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    preferences: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    sessions_from: datetime | None = Stored(default=None, sa_type=UtcTime, sa_column_kwargs=PRIVATE)  # pyright: ignore


class UserImport(Payload):
    """A user of a file: without a password, so nobody can sign in before one has been set."""

    aliases: ClassVar[Mapping[str, str]] = {"firstName": "name", "lastName": "name"}
    """What the earlier system called the fields; two names of one text are joined."""

    name: PersonName
    email: Email
    role: Role = Role.USER
    plan: Plan = Plan.FREE
    status: UserStatus = UserStatus.ACTIVE
    company: Annotated[str, Field(max_length=100)] = ""


class UserCreate(UserImport):
    """What an administrator sends to create a user."""

    password: Secret


class UserUpdate(Patch):
    """What an administrator may change."""

    name: PersonName | None = None
    email: Email | None = None
    role: Role | None = None
    plan: Plan | None = None
    status: UserStatus | None = None
    company: Annotated[str, Field(max_length=100)] | None = None


COUNTED = ("role", "plan", "status")

USERS = ListSpec(
    "users",
    User,
    columns=[
        Column("name", "Name", "link"),
        Column("email", "E-mail", "email"),
        Column("role", "Role", "word"),
        Column("plan", "Plan"),
        Column("status", "Status", "status"),
        Column("company", "Company", shown=False),
        Column("last_login_at", "Last sign-in", "when"),
        Column("created_at", "Created", "when"),
    ],
    filters=[
        Choice(name="role", column="role", label="Role", choices=tuple(Role)),
        Choice(name="plan", column="plan", label="Plan", choices=tuple(Plan)),
        Choice(name="status", column="status", label="Status", choices=tuple(UserStatus)),
        Imported(),
        Picked(),
    ],
    search=("name", "email"),
    sorts=("created_at", "name", "email"),
    counted=COUNTED,
)

users_collection = Collection(User, "users")
