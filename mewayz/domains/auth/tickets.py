"""One-time tickets: made with a secret that only their holder knows, and taken by exactly one."""

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete

from mewayz.backend import clock, keys
from mewayz.backend.errors import NotFound
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.auth.model import Ticket, tickets
from mewayz.domains.auth.tokens import hash_token, new_token
from mewayz.domains.users.model import User, UserStatus, users_collection

LOGIN, PASSKEY, VERIFY, RESET, EMAIL, INVITE = "login", "passkey", "verify", "reset", "email", "invite"
ENTRIES = (LOGIN, EMAIL, RESET)
"""What leads into an account that is there."""
LASTS = {
    LOGIN: timedelta(minutes=5),
    PASSKEY: timedelta(minutes=5),
    VERIFY: timedelta(days=1),
    RESET: timedelta(hours=1),
    EMAIL: timedelta(hours=1),
    INVITE: timedelta(days=7),
}
_table = tickets.table
_TAKE = delete(_table).where(_table.c.id == bindparam("id_"))
_SWEEP = delete(_table).where(_table.c.expires_at < bindparam("now", type_=_table.c.expires_at.type))
_VOID = delete(_table).where(_table.c.user_id == bindparam("user"), _table.c.kind == bindparam("kind"))


async def issue(kind: str, user_id: str | None, subject: str = "", **data: Any) -> str:
    """Make a ticket and return its secret. An earlier link of the same kind for the same person is void."""
    token, now = new_token(), clock.now()
    async with unit():
        await current().database.execute(_SWEEP, {"now": now})
        if user_id and kind not in (LOGIN, PASSKEY):
            await void(user_id, kind)
        await tickets.add(
            Ticket(kind=kind, user_id=user_id, subject=subject, token_hash=hash_token(token), expires_at=now + LASTS[kind], data=data)
        )
    return token


async def look(kind: str, token: str) -> Ticket | None:
    """The valid ticket behind a secret, without taking it."""
    found = await tickets.find(token_hash=hash_token(token))
    if found is None or found.kind != kind or found.expires_at <= clock.now():
        return None
    if kind in ENTRIES and found.user_id:
        # As with sessions: what was begun before a suspension stays closed when its person is let in again.
        user = await users_collection.find(id=found.user_id)
        if user and user.sessions_from and found.created_at < user.sessions_from:
            return None
    return found


async def owner(ticket: Ticket | None, status: UserStatus, *, lock: bool = False) -> User | None:
    """Whose link this is, if they have this status now and the address that it was sent to; with `lock`, in a unit, they keep both.

    It comes before `take`, as whatever else voids a ticket holds its person first. Hashing a new password takes long enough for an
    administrator to suspend somebody, or to replace a mailbox that was taken over.
    """
    try:
        found = await users_collection.get(ticket.user_id or "", lock=lock) if ticket else None
    except NotFound:
        return None
    return found if found and ticket and found.status == status and ticket.subject == subject_of(found.email) else None


async def take(ticket: Ticket) -> bool:
    """Use a ticket up; of many at the same moment exactly one is told True."""
    async with unit():
        return await current().database.execute(_TAKE, {"id_": ticket.id}) == 1


def subject_of(email: str) -> str:
    """The mailbox that a link was sent to, in the form that is kept."""
    return keys.digest("tickets", email.strip().lower())


def browser_of(registration: str) -> str:
    """The browser that registers, by the secret of its cookie, in the form that is kept; nothing for none."""
    return hash_token(registration) if registration else ""


async def void(user_id: str, kind: str) -> None:
    """Take away a person's tickets of one kind."""
    async with unit():
        await current().database.execute(_VOID, {"user": user_id, "kind": kind})
