"""Signing in and out, who a request comes from, and setting up a new installation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import bindparam, delete, select, update

from mewayz.backend import audit, clock, passwords
from mewayz.backend.access import ANONYMOUS, Actor, Role, act_as, allow, public, signed_in
from mewayz.backend.errors import Conflict, Invalid, Unauthenticated
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.shop import SHOP_ID, Shop, is_set_up, shops
from mewayz.backend.unit import unit
from mewayz.domains.auth.model import LoginPayload, Session, SetupPayload, sessions
from mewayz.domains.auth.tokens import REMEMBERED, UNREMEMBERED, access_token, hash_token, new_token, session_of, token_of
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import Plan, User, UserStatus, users_collection

_users, _sessions = users_collection.table, sessions.table
_WHO = (
    select(_users.c.id, _users.c.name, _users.c.email, _users.c.role, _sessions.c.id, _sessions.c.expires_at)
    .select_from(_sessions.join(_users, _users.c.id == _sessions.c.user_id))
    .where(_users.c.status == UserStatus.ACTIVE.value)
)
_BY_TOKEN = _WHO.where(_sessions.c.token_hash == bindparam("token"))
_BY_SESSION = _WHO.where(_sessions.c.id == bindparam("session"))
_LAST_LOGIN = update(_users).where(_users.c.id == bindparam("id_")).values(last_login_at=bindparam("at"))
_END = delete(_sessions).where(_sessions.c.id == bindparam("session"))
_EXPIRED = delete(_sessions).where(_sessions.c.expires_at < bindparam("now", type_=_sessions.c.expires_at.type))


SHOP_DEFAULTS = {"shopName": "My shop", "currency": "GBP", "timezone": "Europe/London"}
"""The shop of an installation whose owner was created on the command line without naming one."""


class WrongCredentials(Unauthenticated):
    """Unknown, wrong and suspended all answer alike."""

    code = "auth.wrong_credentials"
    default_message = "E-mail address or password is not right. Check both and try again."


class AlreadySetUp(Conflict):
    """There is an owner already."""

    code = "auth.already_set_up"
    default_message = "Mewayz has been set up already. Sign in instead."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: its secret cookie value, an access token, and who it is."""

    user: User
    session: Session
    cookie: str

    @property
    def token(self) -> str:
        """A JWT for API clients."""
        return access_token(self.user.id, self.session.id)


class Auth:
    """Sign-in and sessions."""

    noun: ClassVar[str] = "auth"

    @public
    async def identify(self, cookie_header: str, authorization: str) -> Actor:
        """Who sent these headers; an invalid, expired or ended session is nobody. Asked anew for every request and event."""
        if authorization:
            kind, _, bearer = authorization.partition(" ")
            session_id = session_of(bearer.strip()) if kind.lower() == "bearer" else None
            row = await current().database.first(_BY_SESSION, {"session": session_id}) if session_id else None
        else:
            token = token_of(cookie_header)
            row = await current().database.first(_BY_TOKEN, {"token": hash_token(token)}) if token else None
        if row is None:
            return ANONYMOUS
        user_id, name, email, role, session_id, expires_at = row
        if expires_at <= clock.now():
            return ANONYMOUS
        return Actor(user_id, name, email, Role(role), session_id)

    @public
    async def sign_in(self, payload: LoginPayload, *, address: str = "", agent: str = "") -> SignedIn:
        """Check a password and open a session.

        Raises:
            WrongCredentials: for whatever reason. Unavailable: too many sign-ins at once.
        """
        user = await users_collection.find(email=payload.email.strip().lower())
        credential = await credentials.find(id=user.id) if user else None
        right = await passwords.verify_password(payload.password, credential.password_hash if credential else None)
        if not right or user is None or user.status != UserStatus.ACTIVE:
            async with unit() as opened:
                audit.record(opened, "auth.sign_in_failed", user.id if user else "", {}, risk="medium")
            raise WrongCredentials
        with act_as(Actor(user.id, user.name, user.email, Role(user.role))):
            return await self._open(user, payload.remember_me, address, agent)

    async def _open(self, user: User, remember: bool, address: str, agent: str) -> SignedIn:
        token, now = new_token(), clock.now()
        session = Session(
            user_id=user.id,
            token_hash=hash_token(token),
            expires_at=now + (REMEMBERED if remember else UNREMEMBERED),
            remembered=remember,
            address=address,
            agent=agent[:300],
        )
        async with unit() as opened:
            await current().database.execute(_EXPIRED, {"now": now})
            await sessions.add(session)
            # The revision stays: nobody edited the user, and an edit that is under way must not be refused for it.
            await current().database.execute(_LAST_LOGIN, {"id_": user.id, "at": now})
            opened.touch("users")
            audit.record(opened, "auth.signed_in", user.id, {"session": session.id})
        user.last_login_at = now
        return SignedIn(user, session, token)

    @public
    async def is_set_up(self) -> bool:
        """Whether there is an owner and a shop."""
        return await is_set_up()

    @signed_in
    async def me(self, actor: Actor) -> User:
        """The user behind the session."""
        return await users_collection.get(actor.id)

    @public
    async def sign_out(self, actor: Actor) -> None:
        """End the session that the request came with; without one there is nothing to do."""
        if not actor.session_id:
            return
        with act_as(actor):
            async with unit() as opened:
                if await current().database.execute(_END, {"session": actor.session_id}):
                    audit.record(opened, "auth.signed_out", actor.id, {"session": actor.session_id})

    @public
    async def set_up(self, payload: SetupPayload, *, address: str = "", agent: str = "") -> SignedIn:
        """Create the owner and the shop of an empty installation, and sign the owner in.

        Raises:
            AlreadySetUp: there is a shop or a user. Invalid: the password is too weak.
        """
        if await is_set_up():
            raise AlreadySetUp
        owner, credential = await self._owner(payload)
        with act_as(Actor(owner.id, owner.name, owner.email, Role.ADMIN)):
            try:
                async with unit():
                    # The shop has one fixed id, so of two simultaneous set-ups exactly one wins.
                    await shops.add(_shop_of(payload))
                    await users_collection.add(owner)
                    await credentials.add(credential)
            except Conflict:
                raise AlreadySetUp from None
            return await self._open(owner, remember=True, address=address, agent=agent)

    @allow("admin:update")
    async def create_admin(self, actor: Actor, data: Mapping[str, Any]) -> User:
        """Create an administrator without a browser; where there is no shop yet, create it too.

        Args:
            actor: the system itself, or an administrator.
            data: name, email, password, and shopName, currency, timezone for a shop that is not there yet.

        Raises:
            Invalid: with a message per field. Conflict: the e-mail address is taken.
        """
        payload = parse(SetupPayload, {**SHOP_DEFAULTS, **data})
        owner, credential = await self._owner(payload)
        async with unit():
            if not await is_set_up():
                await shops.add(_shop_of(payload))
            await users_collection.add(owner)
            await credentials.add(credential)
        return owner

    async def _owner(self, payload: SetupPayload) -> tuple[User, Credential]:
        """The documents of an administrator.

        Raises:
            Invalid: the password is too weak.
        """
        if problem := passwords.problem_of(payload.password, payload.name, payload.email):
            raise Invalid(fields={"password": problem})
        owner = User(name=payload.name, email=payload.email, role=Role.ADMIN.value, plan=Plan.ENTERPRISE.value)
        return owner, Credential(id=owner.id, password_hash=await passwords.hash_password(payload.password))


def _shop_of(payload: SetupPayload) -> Shop:
    return Shop(id=SHOP_ID, name=payload.shop_name, currency=payload.currency, timezone=payload.timezone)


auth = Auth()
