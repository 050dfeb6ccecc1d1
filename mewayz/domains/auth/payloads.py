"""What the verbs of auth take, from a form or from REST."""

from functools import cache
from typing import Annotated, Any, Literal

from babel.core import get_global
from pydantic import AfterValidator, Field, StrictBool, model_validator

from mewayz.backend.grants import Role
from mewayz.backend.payloads import Patch, Payload, Secret
from mewayz.backend.shop import ShopName, known_timezone
from mewayz.domains.users.model import Email, PersonName, Plan

Address = Annotated[str, Field(min_length=1, max_length=254)]
"""An e-mail address that is not checked for its form: a wrong one answers like an unknown one."""
LinkToken = Annotated[str, Field(min_length=1, max_length=200)]
Company = Annotated[str, Field(max_length=100)]
Credential = dict[str, Any]
"""What the browser's WebAuthn functions return, in their JSON form."""


class LoginPayload(Payload):
    """What sign-in takes."""

    email: Address
    password: Secret
    remember_me: StrictBool = False


class ChallengePayload(Payload):
    """The second factor of a started sign-in: a code of the authenticator or a backup code, or a passkey."""

    challenge: LinkToken
    code: Annotated[str, Field(max_length=40)] = ""
    state: LinkToken | None = None
    credential: Credential | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ChallengePayload":
        if bool(self.code) == bool(self.state and self.credential):
            raise ValueError("send either a code, or a credential with its state")
        return self


class PasskeyOptionsPayload(Payload):
    """The sign-in that a passkey is to complete; none when it is to replace the password."""

    challenge: LinkToken | None = None


class PasskeySignInPayload(Payload):
    """A passkey instead of a password."""

    state: LinkToken
    credential: Credential
    remember_me: StrictBool = False


class PasskeyPayload(Payload):
    """A passkey to keep."""

    state: LinkToken
    credential: Credential
    name: Annotated[str, Field(max_length=60)] = ""


class PasskeyName(Payload):
    """What its owner calls a passkey."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


class _NewPassword(Payload):
    """A password, typed twice."""

    password: Secret
    confirm_password: Secret

    @model_validator(mode="after")
    def _alike(self) -> "_NewPassword":
        if self.password != self.confirm_password:
            raise ValueError("the two passwords differ; type the same one twice")
        return self


class RegisterPayload(_NewPassword):
    """What registration takes. Role, plan and status are never the client's: the plan is recorded as a wish."""

    name: PersonName
    email: Email
    company: Company = ""
    plan: Plan = Plan.FREE
    accept_terms: StrictBool
    marketing_consent: StrictBool = False

    @model_validator(mode="after")
    def _terms(self) -> "RegisterPayload":
        if not self.accept_terms:
            raise ValueError("accept the terms to create an account")
        return self


class EmailPayload(Payload):
    """An address to send something to."""

    email: Email


class NewEmailPayload(Payload):
    """The address that is to replace the present one."""

    email: Email


class VerifyPayload(Payload):
    """The token of a link in a mail; and the password of the registration, where several wait for the same address."""

    token: LinkToken
    password: Secret | None = None


class ResetPayload(_NewPassword):
    """A new password by the link of a mail."""

    token: LinkToken


class PasswordPayload(_NewPassword):
    """A new password by the old one."""

    current_password: Secret


class ProfilePayload(Patch):
    """What people change of themselves."""

    name: PersonName | None = None
    company: Company | None = None
    marketing_consent: StrictBool | None = None
    preferences: "Preferences | None" = None


class Preferences(Payload):
    """How the pages look for one person."""

    theme: Literal["light", "dark", "system"] = "system"
    density: Literal["compact", "regular", "relaxed"] = "regular"


class CodePayload(Payload):
    """A code of an authenticator."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class ProofPayload(Payload):
    """A proof of who this is: the password, beside it a code or a passkey where there is a second factor, or a passkey alone."""

    password: Secret | None = None
    code: Annotated[str, Field(max_length=40)] | None = None
    state: LinkToken | None = None
    credential: Credential | None = None

    @model_validator(mode="after")
    def _one_factor(self) -> "ProofPayload":
        if bool(self.state) != bool(self.credential) or (self.credential and self.code):
            raise ValueError("send a passkey with its state, and no code beside it")
        return self


class InvitePayload(Payload):
    """Whom to invite, as what."""

    name: PersonName
    email: Email
    role: Role = Role.USER
    plan: Plan = Plan.FREE


class ViewPayload(Payload):
    """The role to look through; null ends it."""

    role: Role | None


class RequirePayload(Payload):
    """Whether one user must use two-factor sign-in."""

    required: StrictBool


class RulePayload(Payload):
    """Who must use two-factor sign-in: everyone, or people with these roles."""

    everyone: StrictBool = False
    roles: list[Role] = Field(default_factory=list[Role], max_length=4)


class ReportPayload(Payload):
    """Something that a client wants to have noted; what it weighs is decided here."""

    event: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,59}$")]
    details: dict[str, Any] = Field(default_factory=dict[str, Any])


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
    shop_name: ShopName
    currency: Annotated[str, AfterValidator(_known_currency)]
    timezone: Annotated[str, AfterValidator(_known_zone)]
