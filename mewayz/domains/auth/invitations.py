"""Invitations: an administrator names an address, its owner chooses the password."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mewayz.backend import audit, clock, letters, mail, passwords
from mewayz.backend.access import Actor, allow, public, require_proof
from mewayz.backend.errors import Conflict
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.auth import tickets
from mewayz.domains.auth.accounts import as_user
from mewayz.domains.auth.errors import LinkExpired
from mewayz.domains.auth.payloads import InvitePayload, ResetPayload
from mewayz.domains.users.credentials import store_hash
from mewayz.domains.users.model import User, UserStatus, users_collection
from mewayz.domains.users.service import fold_counts, follow_removal


class NotPending(Conflict):
    """The invitation has been accepted, or there was none."""

    code = "auth.not_invited"
    default_message = "There is no open invitation for this user. Reload the page."


class Invitations:
    """Who has been asked to join and has not yet."""

    noun: ClassVar[str] = "auth"

    @allow("users:create")
    async def invite(self, actor: Actor, data: Mapping[str, Any]) -> User:
        """Create a pending user and send the link with which they choose a password.

        Raises:
            Invalid: with a message per field. Conflict: the address has a user. StepUpRequired: for a role above user.
        """
        payload = parse(InvitePayload, data)
        if payload.role != Role.USER:
            require_proof(actor)
        user = User(**payload.model_dump(), status=UserStatus.PENDING.value, invited_at=clock.now())
        async with unit() as opened:
            await users_collection.add(user)
            fold_counts(opened)
            await self._send(actor, user)
        return user

    async def _send(self, actor: Actor, user: User) -> None:
        token = await tickets.issue(tickets.INVITE, user.id, tickets.subject_of(user.email))
        lasts = tickets.LASTS[tickets.INVITE]
        await mail.send(letters.invitation(token, lasts, inviter=actor.name, shop=(await shop()).name), to=user.email)

    @allow("users:read", every=True)
    async def pending(self, actor: Actor) -> list[User]:
        """The users who have not accepted yet, the newest invitation first."""
        found = [one for one in await users_collection.find_all(status=UserStatus.PENDING.value) if one.invited_at]
        return sorted(found, key=lambda one: one.invited_at or one.created_at, reverse=True)

    @allow("users:create")
    async def resend(self, actor: Actor, user_id: str) -> User:
        """Send the link again; the one before is void.

        Raises:
            NotFound: no such user. NotPending: the invitation has been accepted.
        """
        async with unit():
            before = await self._open(user_id)
            _, user = await users_collection.patch(user_id, {"invited_at": clock.now()})
            await self._send(actor, before)
        return user

    @allow("users:delete")
    async def cancel(self, actor: Actor, user_id: str) -> User:
        """Take an invitation back: the pending user goes, and the link leads nowhere.

        Raises:
            NotFound: no such user. NotPending: the invitation has been accepted.
        """
        async with unit() as opened:
            user = await self._open(user_id)
            await users_collection.remove(user_id)
            await follow_removal(opened, user)  # there is a password where somebody was made pending again
        return user

    async def _open(self, user_id: str) -> User:
        user = await users_collection.get(user_id, lock=True)
        if user.status != UserStatus.PENDING or user.invited_at is None:
            raise NotPending
        return user

    @public
    async def accept(self, data: Mapping[str, Any]) -> User:
        """Choose a password by the link of an invitation; the user is active from then on.

        Raises:
            Invalid: the password is too weak. LinkExpired: unknown, used, cancelled or too old.
        """
        payload = parse(ResetPayload, data)
        ticket = await tickets.look(tickets.INVITE, payload.token)
        user = await tickets.owner(ticket, UserStatus.PENDING)
        if ticket is None or user is None:
            raise LinkExpired("This invitation has expired or has been used. Ask for a new one.")
        passwords.refuse_weak(payload.password, user.name, user.email)
        hashed = await passwords.hash_password(payload.password)
        with as_user(user):
            async with unit() as opened:
                if not await tickets.owner(ticket, UserStatus.PENDING, lock=True) or not await tickets.take(ticket):
                    raise LinkExpired
                changes = {"status": UserStatus.ACTIVE.value, "email_verified_at": clock.now()}
                _, user = await users_collection.patch(user.id, changes)
                fold_counts(opened)
                await store_hash(user.id, hashed)
                audit.record(opened, "auth.invitation_accepted", user.id, {}, risk="medium")
        return user


invitations = Invitations()
