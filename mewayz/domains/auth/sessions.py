"""Sessions: opened at sign-in, renewed by a refresh token that changes at each use, listed and ended by their owner."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import bindparam, delete, select, update

from mewayz.backend import audit, clock, letters, live, mail
from mewayz.backend.access import PROOF_LASTS, Actor, act_as, oneself, public, require_proof, signed_in, whoever
from mewayz.backend.columns import time_text
from mewayz.backend.errors import NotFound, Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.ids import is_id, new_id
from mewayz.backend.runtime import current
from mewayz.backend.unit import Unit, unit
from mewayz.domains.auth import tickets
from mewayz.domains.auth.devices import Visitor, device_name, recognise
from mewayz.domains.auth.errors import RefreshedMeanwhile, SessionEnded, WrongCredentials
from mewayz.domains.auth.model import Session, sessions
from mewayz.domains.auth.tokens import (
    LONGEST,
    REMEMBERED,
    UNREMEMBERED,
    access_token,
    hash_token,
    new_refresh_secret,
    read_refresh,
    refresh_token,
    was_ours,
)
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import User, UserStatus, users_collection

GRACE = timedelta(seconds=20)
"""For so long a refresh token that has been changed is a tab that comes late, not a thief."""
TOPIC = "sessions"
"""Told the id of a user whose sessions may have ended."""
_MOST = 100  # of one person; the oldest go first
_MOST_PREVIOUS = 20  # changed tokens of one session whose tabs may still come
_table, _users = sessions.table, users_collection.table


def _when(name: str) -> Any:
    return bindparam(name, type_=_table.c.expires_at.type)


_ROTATE = (
    update(_table)
    .where(_table.c.id == bindparam("id_"), _table.c.refresh_hash == bindparam("old"))
    .values(
        refresh_hash=bindparam("new"),
        previous_hash=bindparam("previous"),
        rotated_at=_when("now"),
        last_used_at=_when("now"),
        expires_at=_when("until"),
    )
)
_END = delete(_table).where(_table.c.id == bindparam("id_"), _table.c.user_id == bindparam("user"))
_END_OTHERS = delete(_table).where(_table.c.user_id == bindparam("user"), _table.c.id != bindparam("keep"))
_EXPIRED = delete(_table).where(_table.c.expires_at < _when("now"))
_OLD = select(_table.c.id).where(_table.c.user_id == bindparam("user")).order_by(_table.c.last_used_at.desc(), _table.c.id.desc())
_OVER_MOST = delete(_table).where(_table.c.id.in_(_OLD.offset(_MOST)))
_LAST_LOGIN = update(_users).where(_users.c.id == bindparam("id_")).values(last_login_at=_when("at"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An open session.

    Attributes:
        token: the JWT for the session cookie and for API clients.
        refresh: the refresh token.
        device: what the browser is recognised by next time.
        restricted: it is only good for setting up two-factor sign-in.
    """

    user: User
    session: Session
    token: str
    refresh: str
    device: str = ""
    restricted: bool = False


async def open_session(
    user: User, *, remember: bool, method: str, visitor: Visitor, restricted: bool = False, password_hash: str | None = None
) -> SignedIn:
    """Begin a session for somebody whose proofs have been checked.

    Raises:
        WrongCredentials: meanwhile the password that `password_hash` is of was changed, a first second factor was set up,
            or the person may not sign in any more.
    """
    session_id, now = new_id(), clock.now()
    secret = new_refresh_secret(session_id)
    session = Session(
        id=session_id,
        user_id=user.id,
        refresh_hash=hash_token(secret),
        rotated_at=now,
        expires_at=now + (REMEMBERED if remember else UNREMEMBERED),
        ends_at=now + LONGEST,
        last_used_at=now,
        proven_at=now,
        remembered=remember,
        method=method,
        address=visitor.address,
        agent=visitor.agent[:300],
    )
    with act_as(Actor(user.id, user.name, user.email, Role(user.role))):
        async with unit() as opened:
            await _refuse_outdated(user, password_hash)
            await current().database.execute(_EXPIRED, {"now": now})
            device = await recognise(opened, user, visitor)
            session.device_id = device.id
            await sessions.add(session)
            # The revision stays: nobody edited the user, and an edit that is under way must not be refused for it.
            await current().database.execute(_LAST_LOGIN, {"id_": user.id, "at": now})
            opened.touch("users")
            details = {"session": session.id, "method": method, "newDevice": device.new}
            audit.record(opened, "auth.signed_in", user.id, details, risk="medium" if device.new else "low")
            await current().database.execute(_OVER_MOST, {"user": user.id})
    user.last_login_at = now
    return SignedIn(user, session, access_token(user.id, session.id), refresh_token(session.id, secret), device.token, restricted)


async def _refuse_outdated(user: User, password_hash: str | None) -> None:
    """Hold the person as they are now, and compare with what the stages of the sign-in have looked at."""
    try:
        now = await users_collection.get(user.id, lock=True)
        kept = await credentials.get(user.id, lock=True) if password_hash is not None else None
    except NotFound:
        raise WrongCredentials from None
    if now.status != UserStatus.ACTIVE or now.two_factor > user.two_factor or (kept and kept.password_hash != password_hash):
        raise WrongCredentials


async def still_in(actor: Actor) -> User:
    """The person behind a session, held for the unit: who changes a way in must not do so after the session has been ended.

    Raises:
        Unauthenticated: it was, since the request came.
    """
    user = await users_collection.get(actor.id, lock=True)
    if actor.session_id and await sessions.find(id=actor.session_id) is None:
        raise Unauthenticated
    return user


async def end_sessions(opened: Unit, user_id: str, *, keep: str = "") -> int:
    """End a person's sessions, but not `keep`, with all that has been begun: sign-ins, and links that lead into the account.

    Open pages are told after the commit.
    """
    for begun in tickets.ENTRIES:
        await tickets.void(user_id, begun)
    ended = await current().database.execute(_END_OTHERS, {"user": user_id, "keep": keep})
    live.announce(opened, TOPIC, user_id)
    return ended


async def _owner(session: Session) -> User | None:
    user = await users_collection.find(id=session.user_id)
    if user is None or user.status != UserStatus.ACTIVE:
        return None
    return user if user.sessions_from is None or session.created_at >= user.sessions_from else None


class OwnSessions:
    """The sessions of one person, as they see and end them."""

    noun: ClassVar[str] = "auth"

    @public
    async def refresh(self, token: str) -> SignedIn:
        """Change a refresh token for the next one, and make a new access token.

        Of many with the same token exactly one gets the next one. A token that was changed before is, after a short
        grace, a copy in wrong hands: then the whole session ends (RFC 9700, 4.14.2).

        Raises:
            SessionEnded: unknown, expired, reused, or no longer allowed. RefreshedMeanwhile: another request was first.
        """
        session_id, presented = read_refresh(token)
        session = await sessions.find(id=session_id) if is_id(session_id) else None
        now = clock.now()
        if session is None or session.expires_at <= now or session.ends_at <= now:
            raise SessionEnded
        user = await _owner(session)
        if user is None:
            raise SessionEnded
        recent = session.previous_hash.split() if session.rotated_at > now - GRACE else []
        if presented != session.refresh_hash:
            if presented in recent:
                raise RefreshedMeanwhile
            if was_ours(token):
                await self._stolen(user, session)
            raise SessionEnded
        secret = new_refresh_secret(session.id)
        until = min(now + (REMEMBERED if session.remembered else UNREMEMBERED), session.ends_at)
        # Tabs that wake up together may change it several times while the first token is still on its way.
        previous = " ".join((presented, *recent)[:_MOST_PREVIOUS])
        changes = {"id_": session.id, "old": presented, "previous": previous, "new": hash_token(secret), "now": now, "until": until}
        async with unit():
            if not await current().database.execute(_ROTATE, changes):
                raise RefreshedMeanwhile
        return SignedIn(user, session, access_token(user.id, session.id), refresh_token(session.id, secret))

    async def _stolen(self, user: User, session: Session) -> None:
        with act_as(Actor(user.id, user.name, user.email, Role(user.role))):
            async with unit() as opened:
                if not await current().database.execute(_END, {"id_": session.id, "user": user.id}):
                    return
                await tickets.void(user.id, tickets.EMAIL)
                audit.record(opened, "auth.refresh_reused", user.id, {"session": session.id}, risk="critical")
                live.announce(opened, TOPIC, user.id)
                await mail.send(letters.session_reuse(), to=user.email)

    @whoever
    async def present(self, actor: Actor) -> dict[str, Any]:
        """The session in use: how it began, until when its last proof counts, and what it is good for."""
        found = await sessions.find(id=actor.session_id)
        return {
            "id": actor.session_id,
            "method": found.method if found else "",
            "provenUntil": time_text(actor.proven_at + PROOF_LASTS) if actor.proven_at else None,
            "restricted": actor.restricted,
            "viewingAs": actor.role.value if actor.viewing and actor.role else None,
        }

    @signed_in
    async def list(self, actor: Actor) -> list[dict[str, Any]]:
        """The open sessions of this person, the one in use first, then by last use."""
        now = clock.now()
        found = [one for one in await sessions.find_all(user_id=actor.id) if one.expires_at > now]
        found.sort(key=lambda one: (one.id == actor.session_id, one.last_used_at), reverse=True)
        return [
            {
                "id": one.id,
                "device": device_name(one.agent),
                "address": one.address,
                "method": one.method,
                "createdAt": time_text(one.created_at),
                "lastUsedAt": time_text(one.last_used_at),
                "current": one.id == actor.session_id,
            }
            for one in found
        ]

    @oneself
    async def end(self, actor: Actor, session_id: str) -> None:
        """End one session of one's own.

        Raises:
            NotFound: there is no such session, or it is somebody else's. StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        async with unit() as opened:
            if not is_id(session_id) or not await current().database.execute(_END, {"id_": session_id, "user": actor.id}):
                raise NotFound
            await tickets.void(actor.id, tickets.EMAIL)  # whoever was in there may have asked for an address of theirs
            audit.record(opened, "auth.session_ended", actor.id, {"session": session_id})
            live.announce(opened, TOPIC, actor.id)

    @oneself
    async def end_others(self, actor: Actor) -> int:
        """End all sessions of one's own but the one in use; returns how many those were.

        Raises:
            StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        async with unit() as opened:
            ended = await end_sessions(opened, actor.id, keep=actor.session_id)
            audit.record(opened, "auth.other_sessions_ended", actor.id, {"ended": ended})
        return ended

    @public
    async def sign_out(self, actor: Actor, refresh: str = "") -> None:
        """End the session that the request came with, by its refresh token when the access token has expired."""
        if not actor.session_id and refresh:
            session_id, presented = read_refresh(refresh)
            session = await sessions.find(id=session_id) if is_id(session_id) else None
            if session is not None and session.refresh_hash == presented:
                actor = Actor(session.user_id, session_id=session.id)
        if not actor.session_id:
            return
        with act_as(actor):
            async with unit() as opened:
                if await current().database.execute(_END, {"id_": actor.session_id, "user": actor.id}):
                    audit.record(opened, "auth.signed_out", actor.id, {"session": actor.session_id})
                    live.announce(opened, TOPIC, actor.id)


own_sessions = OwnSessions()
