"""Signing in: an ordered list of stages, and who a request comes from.

A sign-in is password → second factor → enrolment if required → session. Each stage either is satisfied or says what it
asks for; page and REST are thin skins over that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import bindparam, select, update

from mewayz.backend import audit, clock, passwords
from mewayz.backend.access import ANONYMOUS, Actor, public
from mewayz.backend.errors import Conflict
from mewayz.backend.grants import Role
from mewayz.backend.limits import KNOWN_DEVICE, SECOND_FACTOR, SECOND_FACTOR_HOUR, SIGN_IN, address_subject
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.shop import SHOP_ID, shops
from mewayz.backend.unit import unit
from mewayz.domains.auth import devices, passkeys, second_factor, tickets
from mewayz.domains.auth.attempts import Counted, attempt
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import ChallengeExpired, WrongCode, WrongCredentials, WrongPasskey
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.model import sessions
from mewayz.domains.auth.passkeys import Site
from mewayz.domains.auth.payloads import ChallengePayload, LoginPayload
from mewayz.domains.auth.requirements import covers, is_required
from mewayz.domains.auth.sessions import SignedIn, open_session
from mewayz.domains.auth.tokens import read_access, token_of
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import User, UserStatus, stored_email, users_collection

_users, _sessions, _shop = users_collection.table, sessions.table, shops.table
_WHO = (
    select(
        _users.c.id,
        _users.c.name,
        _users.c.email,
        _users.c.role,
        _users.c.two_factor,
        _users.c.two_factor_required,
        _users.c.sessions_from,
        _sessions.c.created_at,
        _sessions.c.expires_at,
        _sessions.c.ends_at,
        _sessions.c.last_used_at,
        _sessions.c.proven_at,
        _sessions.c.viewing_as,
        _shop.c.two_factor_for,
    )
    .select_from(_sessions.join(_users, _users.c.id == _sessions.c.user_id).outerjoin(_shop, _shop.c.id == SHOP_ID))
    .where(_users.c.status == UserStatus.ACTIVE.value, _sessions.c.id == bindparam("session"))
)
_TOUCH = (
    update(_sessions).where(_sessions.c.id == bindparam("id_")).values(last_used_at=bindparam("now", type_=_sessions.c.last_used_at.type))
)
_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """The password was right; `challenge` continues this sign-in with one of `methods`."""

    challenge: str
    methods: list[str]


Outcome = SignedIn | SecondFactorNeeded


@dataclass(slots=True)
class Login:
    """A sign-in on its way: who it is, and what has been proven so far."""

    user: User
    remember: bool
    visitor: Visitor
    passed: list[str] = field(default_factory=list[str])
    restricted: bool = False
    password_hash: str | None = None


async def _second_factor(login: Login) -> SecondFactorNeeded | None:
    """Asked of whoever has one. A passkey that replaced the password has checked possession and person."""
    if login.passed == ["passkey"] or len(login.passed) > 1:
        return None
    methods = await second_factor.methods(login.user.id)
    if not methods:
        return None
    token = await tickets.issue(tickets.LOGIN, login.user.id, remember=login.remember, passed=login.passed, hash=login.password_hash)
    return SecondFactorNeeded(token, methods)


async def _enrolment(login: Login) -> None:
    """Who must have a second factor and has none gets a session that can only set one up."""
    login.restricted = not login.user.two_factor and await is_required(login.user)


STAGES = (_second_factor, _enrolment)
"""After the first proof. The first stage that asks for something ends the request; the next request resumes."""


async def _advance(login: Login) -> Outcome:
    for stage in STAGES:
        if (asked := await stage(login)) is not None:
            return asked
    method = "+".join(login.passed)
    return await open_session(
        login.user,
        remember=login.remember,
        method=method,
        visitor=login.visitor,
        restricted=login.restricted,
        password_hash=login.password_hash,
    )


async def _failed(user: User | None, reason: str) -> None:
    async with unit() as opened:
        audit.record(opened, "auth.sign_in_failed", user.id if user else "", {"reason": reason}, risk="medium")


class Auth:
    """Sign-in, and who somebody is."""

    noun: ClassVar[str] = "auth"

    @public
    async def identify(self, cookie_header: str, authorization: str, opened_at: datetime | None = None) -> Actor:
        """Who sent these headers; an invalid, expired or ended session is nobody. Asked anew for every request and event.

        Args:
            cookie_header: as it came.
            authorization: as it came; a bearer token goes before the cookie.
            opened_at: when the connection was opened that sent them; the access token must have been valid then.
        """
        if authorization:
            kind, _, token = authorization.partition(" ")
            token = token.strip() if kind.lower() == "bearer" else ""
        else:
            token = token_of(cookie_header) or ""
        access = read_access(token) if token else None
        now = clock.now()
        if access is None or not access.valid_at(opened_at or now):
            return ANONYMOUS
        row = await current().database.first(_WHO, {"session": access.session_id})
        if row is None:
            return ANONYMOUS
        user_id, name, email, role, two_factor, required, since, created, expires, ends, used, proven, viewing, rule = row
        if user_id != access.user_id or expires <= now or ends <= now or (since and created < since):
            return ANONYMOUS
        if used < now - _NOTED_EVERY:
            current().background(self._note_use(access.session_id, now))
        views = viewing if role == Role.ADMIN else ""
        return Actor(
            user_id,
            name,
            email,
            Role(views or role),
            access.session_id,
            restricted=not two_factor and (required or covers(rule or "", role)),
            viewing=bool(views),
            proven_at=proven,
        )

    async def _note_use(self, session_id: str, now: datetime) -> None:
        async with unit():
            await current().database.execute(_TOUCH, {"id_": session_id, "now": now})

    @public
    async def sign_in(self, payload: LoginPayload, visitor: Visitor = Visitor()) -> Outcome:  # noqa: B008 (frozen)
        """Check a password and go on to what is asked for next.

        Raises:
            WrongCredentials: for whatever reason. RateLimited: too many were wrong. Unavailable: too many sign-ins at once.
        """
        email = stored_email(payload.email)
        user = await users_collection.find(email=email)
        async with attempt(*await _counted(email, user, visitor)) as tried:
            credential = await credentials.find(id=user.id) if user else None
            right = await passwords.verify_password(payload.password, credential.password_hash if credential else None)
            if not right or user is None or credential is None or user.status != UserStatus.ACTIVE:
                await _failed(user, "password")
                raise WrongCredentials
            tried.succeeded()
        checked = credential.password_hash
        if passwords.needs_rehash(checked):
            anew = await passwords.hash_password(payload.password)
            try:
                await credentials.patch(user.id, {"password_hash": anew}, credential.rev)
                checked = anew
            except Conflict:  # changed, or stored anew by another sign-in
                kept = await credentials.get(user.id)
                if not await passwords.verify_password(payload.password, kept.password_hash):
                    raise WrongCredentials from None
                checked = kept.password_hash
        return await _advance(Login(user, payload.remember_me, visitor, ["password"], password_hash=checked))

    @public
    async def second_step(self, data: Mapping[str, Any], visitor: Visitor, site: Site) -> Outcome:
        """Continue a sign-in with its second factor.

        Raises:
            ChallengeExpired: start again. WrongCode, WrongPasskey. RateLimited: 5 per challenge, 10 in an hour by all strangers.
        """
        payload = parse(ChallengePayload, data)
        ticket = await tickets.look(tickets.LOGIN, payload.challenge)
        user = await users_collection.find(id=ticket.user_id) if ticket else None
        if ticket is None or user is None or user.status != UserStatus.ACTIVE:
            raise ChallengeExpired
        # Codes can be guessed, signatures cannot: wrong codes do not shut out a passkey.
        hourly = [] if payload.credential else [await _counted_code(user, payload.code, visitor)]
        async with attempt((SECOND_FACTOR, (ticket.id,)), *hourly) as tried:
            if payload.credential:
                await passkeys.check(site, "second", payload.state or "", payload.credential, user.id)
                factor = "passkey"
            else:
                factor = await second_factor.check(user, payload.code)
            if factor is None:
                await _failed(user, "second factor")
                raise WrongCode.of(payload.code)
            tried.succeeded()
        if not await tickets.take(ticket):
            raise ChallengeExpired
        passed = [*ticket.data["passed"], factor]
        return await _advance(Login(user, ticket.data["remember"], visitor, passed, password_hash=ticket.data.get("hash")))

    @public
    async def ask_passkey(self, challenge: str | None, site: Site) -> dict[str, Any]:
        """A challenge for a passkey: of a started sign-in, or instead of a password.

        Raises:
            ChallengeExpired: the sign-in is not known any more.
        """
        if challenge is None:
            return await passkeys.ask(site, "sign-in", None)
        ticket = await tickets.look(tickets.LOGIN, challenge)
        if ticket is None:
            raise ChallengeExpired
        return await passkeys.ask(site, "second", ticket.user_id)

    @public
    async def passkey_sign_in(self, state: str, credential: Mapping[str, Any], remember: bool, visitor: Visitor, site: Site) -> Outcome:
        """Sign in with a passkey alone.

        Raises:
            ChallengeExpired, WrongPasskey, RateLimited.
        """
        async with attempt((SIGN_IN, ("address", address_subject(visitor.address)))) as tried:
            used = await passkeys.check(site, "sign-in", state, credential, alone=True)
            user = await users_collection.find(id=used.user_id)
            if user is None or user.status != UserStatus.ACTIVE:
                await _failed(user, "passkey")
                raise WrongPasskey
            tried.succeeded()
        return await _advance(Login(user, remember, visitor, ["passkey"]))

    @public
    async def accept_invitation(self, data: Mapping[str, Any], visitor: Visitor) -> Outcome:
        """Choose a password by the link of an invitation, and go on as after a password.

        Raises:
            Invalid: the password is too weak. LinkExpired: unknown, used, cancelled or too old.
        """
        return await _advance(Login(await invitations.accept(data), False, visitor, ["invitation"]))


async def _counted(email: str, user: User | None, visitor: Visitor) -> list[Counted]:
    """What a sign-in counts on. A device that the account knows has a count of its own, which nobody else can use up."""
    if user is not None and await devices.known(user.id, visitor.device):
        return [(KNOWN_DEVICE, (user.id, visitor.device))]
    address = address_subject(visitor.address)
    return [(SIGN_IN, ("pair", address, email)), (SIGN_IN, ("account", email)), (SIGN_IN, ("address", address))]


async def _counted_code(user: User, code: str, visitor: Visitor) -> Counted:
    """What a code counts on in the hour: who knows the password alone must not use up what the owner of the account needs.

    A known device has passed the second factor before. Backup codes have 49 bits: no number of addresses guesses one.
    """
    if await devices.known(user.id, visitor.device):
        return SECOND_FACTOR_HOUR, ("device", user.id, visitor.device)
    if second_factor.kind_of(code) == "backup":
        return SECOND_FACTOR_HOUR, ("backup", user.id, address_subject(visitor.address))
    return SECOND_FACTOR_HOUR, ("account", user.id)


auth = Auth()
