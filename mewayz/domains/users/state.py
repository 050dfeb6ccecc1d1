"""What the pages of users hold."""

from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.backend.grants import Role
from mewayz.backend.passwords import RULE
from mewayz.domains.users.model import Plan, UserStatus
from mewayz.domains.users.service import users
from mewayz.ui.form_field import Field
from mewayz.ui.form_state import FormState
from mewayz.ui.places import ROLE_WORDS
from mewayz.ui.record_state import RecordState, text
from mewayz.ui.table_state import TableState
from mewayz.ui.words import Locale, sentence, tone

PROFILE = (
    Field("name", "Name", required=True, autocomplete="off"),
    Field("email", "E-mail", "email", required=True, help="They sign in with it."),
    Field("company", "Company"),
)
ACCESS = (
    Field("role", "Role", "select", options=tuple((role.value, ROLE_WORDS[role]) for role in Role), required=True, half=True),
    Field("plan", "Plan", "select", options=tuple((plan.value, plan.value) for plan in Plan), required=True, half=True),
    Field(
        "status",
        "Status",
        "select",
        options=tuple((status.value, sentence(status.value)) for status in UserStatus),
        required=True,
        help="Only an active user can sign in.",
    ),
)
PASSWORD = Field(
    "password",
    "Password",
    "password",
    required=True,
    help=RULE,
    autocomplete="new-password",
)


class UserTable(TableState, rx.State):
    """The list of users."""

    service: ClassVar[Any] = users
    path: ClassVar[str] = "/users"


class NewUserForm(FormState, rx.State):
    """A user to create."""

    service: ClassVar[Any] = users
    path: ClassVar[str] = "/users"
    fields: ClassVar[Sequence[Field]] = (*PROFILE, *ACCESS, PASSWORD)

    @override
    def _blank(self) -> dict[str, Any]:
        return {"role": Role.USER.value, "plan": Plan.FREE.value, "status": UserStatus.ACTIVE.value}


class UserForm(FormState, rx.State):
    """A user to change."""

    service: ClassVar[Any] = users
    path: ClassVar[str] = "/users"
    fields: ClassVar[Sequence[Field]] = (*PROFILE, *ACCESS)


class UserRecord(RecordState, rx.State):
    """A user to look at."""

    service: ClassVar[Any] = users
    status: str = ""
    tone: str = ""

    @override
    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        self.title = record["name"]
        self.status, self.tone = sentence(record["status"]), tone(record["status"])
        seen = record["lastLoginAt"]
        self.values = {
            "email": record["email"],
            "company": text(record["company"]),
            "role": ROLE_WORDS[Role(record["role"])],
            "plan": record["plan"],
            "seen": words.exact(seen) if seen else "Never",
            "created": words.exact(record["createdAt"]),
            "factor": "On" if record["twoFactor"] else "Off",
            "confirmed": words.exact(record["emailVerifiedAt"]) if record["emailVerifiedAt"] else "Not yet",
            "wish": record["wishedPlan"] if record["wishedPlan"] not in ("", record["plan"]) else "",
        }
