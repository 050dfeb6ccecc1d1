"""Accounts: registering, confirming an address, and what people change of their own account.

An account that is not confirmed does not exist: what was entered waits in the ticket of the link, so that whoever reads
the mail decides which registration of an address counts, and nobody learns which addresses are known.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from mewayz.backend import audit, clock, letters, mail, passwords
from mewayz.backend.access import Actor, act_as, oneself, public, require_proof, whoever
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Role
from mewayz.backend.limits import MAIL, MAIL_ADDRESS, MAIL_FORGOT, SECOND_FACTOR, SIGN_IN, address_subject
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.auth import tickets
from mewayz.domains.auth.attempts import attempt
from mewayz.domains.auth.devices import Visitor, forget_devices
from mewayz.domains.auth.errors import LinkExpired, RegistrationClosed, SeveralRegistrations
from mewayz.domains.auth.model import Ticket
from mewayz.domains.auth.payloads import (
    EmailPayload,
    NewEmailPayload,
    PasswordPayload,
    ProfilePayload,
    RegisterPayload,
    ResetPayload,
    VerifyPayload,
)
from mewayz.domains.auth.sessions import end_sessions, still_in
from mewayz.domains.auth.waiting import NOT_OF_THE_USER, send_again, waiting
from mewayz.domains.users.credentials import Credential, credentials, store_hash
from mewayz.domains.users.model import Plan, User, UserStatus, stored_email, users_collection
from mewayz.domains.users.service import fold_counts, users


def as_user(user: User) -> Any:
    """Act in the name of somebody who has proven who they are without a session."""
    return act_as(Actor(user.id, user.name, user.email, Role(user.role)))


async def _count_letter(kind: str, email: str, asker: str) -> None:
    """Bound what can be sent to a mailbox, and what one address or person can have sent.

    Each kind is counted by itself: who asks for one of them keeps nobody from another, least of all from a way back in.

    Raises:
        RateLimited: it was too much.
    """
    limits, email = current().limits, stored_email(email)
    await limits.hit(MAIL_ADDRESS, asker)
    if kind == "forgot":
        await limits.hit(MAIL, kind, email, asker)
        await limits.hit(MAIL_FORGOT, email)
    else:
        await limits.hit(MAIL, kind, email)


class Accounts:
    """From registration to the closing of an account."""

    noun: ClassVar[str] = "auth"

    @public
    async def registration_open(self) -> bool:
        """Whether people may create an account by themselves."""
        return current().settings.registration == "open"

    @public
    async def register(self, data: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
        """Take what a new account needs and send the link that makes it; a known address answers alike and gets a hint by mail.

        Raises:
            Invalid: with a message per field. RegistrationClosed. RateLimited.
        """
        if not await self.registration_open():
            raise RegistrationClosed
        payload = parse(RegisterPayload, data)
        passwords.refuse_weak(payload.password, payload.name, payload.email)
        await _count_letter("register", payload.email, address_subject(visitor.address))
        hashed = await passwords.hash_password(payload.password)
        account = {
            "name": payload.name,
            "email": payload.email,
            "company": payload.company,
            "wished_plan": payload.plan,
            "marketing_consent": payload.marketing_consent,
            "hash": hashed,
            "browser": tickets.browser_of(visitor.registration),
        }
        async with unit():
            known = await users_collection.find(email=payload.email)
            if known:
                await mail.send(letters.already_registered(), to=payload.email)
            else:
                token = await tickets.issue(tickets.VERIFY, None, tickets.subject_of(payload.email), **account)
                await mail.send(letters.verify_address(token, tickets.LASTS[tickets.VERIFY]), to=payload.email)
        shown = {"name": payload.name, "email": payload.email, "company": payload.company, "role": Role.USER.value}
        return {"verificationRequired": True, "user": {**shown, "plan": Plan.FREE.value, "status": UserStatus.PENDING.value}}

    @public
    async def resend(self, data: Mapping[str, Any], visitor: Visitor) -> None:
        """Send the link of a registration again. It answers alike whether there is one.

        A browser that has not registered the address has a link sent that asks for the password: it may be of somebody else.

        Raises:
            Invalid, RateLimited.
        """
        email = parse(EmailPayload, data).email
        await _count_letter("resend", email, address_subject(visitor.address))
        current().background(send_again(email, tickets.browser_of(visitor.registration)))

    @public
    async def verify(self, data: Mapping[str, Any]) -> str:
        """Confirm an address by the link of its mail: make the account, or give an account its new address.

        Returns:
            The address.

        Raises:
            LinkExpired: unknown, used or too old. Conflict: the address has got an account meanwhile.
            SeveralRegistrations: the password must tell that this one is one's own. RateLimited: it was wrong too often.
        """
        payload = parse(VerifyPayload, data)
        ticket = await tickets.look(tickets.VERIFY, payload.token) or await tickets.look(tickets.EMAIL, payload.token)
        if ticket is None:
            raise LinkExpired
        if ticket.kind == tickets.VERIFY:
            await self._know(ticket, payload.password)
        async with unit() as opened:
            user = await tickets.owner(ticket, UserStatus.ACTIVE, lock=True) if ticket.kind == tickets.EMAIL else None
            if not await tickets.take(ticket) or (user is None and ticket.kind == tickets.EMAIL):
                raise LinkExpired
            if user is not None:
                with as_user(user):
                    await users_collection.patch(user.id, {"email": ticket.data["email"], "email_verified_at": clock.now()})
                    audit.record(opened, "auth.email_changed", user.id, {}, risk="high")
                    await tickets.void(user.id, tickets.RESET)
            else:
                hashed = str(ticket.data["hash"])
                account = {name: value for name, value in ticket.data.items() if name not in NOT_OF_THE_USER}
                now = clock.now()
                user = User(**account, email_verified_at=now, terms_accepted_at=ticket.created_at)
                with as_user(user):
                    await users_collection.add(user)
                    await credentials.add(Credential(id=user.id, password_hash=hashed))
                fold_counts(opened)
        return str(ticket.data["email"])

    async def _know(self, ticket: Ticket, password: str | None) -> None:
        """Where it may be another's registration: a link must not open the account of whom it was not written for."""
        if not ticket.data.get("asks") and len(await waiting(ticket.subject)) < 2:
            return
        if password is None:
            raise SeveralRegistrations
        async with attempt((SECOND_FACTOR, ("verify", ticket.id))) as tried:
            if not await passwords.verify_password(password, str(ticket.data["hash"])):
                said = "This is not the password of this registration. If you had several letters, open the link of another one."
                raise Invalid(fields={"password": said})
            tried.succeeded()

    @public
    async def forgot(self, data: Mapping[str, Any], visitor: Visitor) -> None:
        """Send a link to choose a new password, or to confirm a registration that waits. It answers alike, and as fast, for every address.

        Raises:
            Invalid, RateLimited.
        """
        email = parse(EmailPayload, data).email
        await _count_letter("forgot", email, address_subject(visitor.address))

        async def send() -> None:
            user = await users_collection.find(email=stored_email(email))
            if user is None:
                await send_again(email, tickets.browser_of(visitor.registration))
                return
            if user.status != UserStatus.ACTIVE:
                return
            async with unit() as opened:
                token = await tickets.issue(tickets.RESET, user.id, tickets.subject_of(user.email))
                audit.record(opened, "auth.reset_asked", user.id, {}, risk="medium")
                await mail.send(letters.reset_password(token, tickets.LASTS[tickets.RESET]), to=user.email)

        current().background(send())

    @public
    async def reset(self, data: Mapping[str, Any]) -> None:
        """Choose a new password by the link of a mail; every session ends, the second factor stays.

        Raises:
            Invalid: the password is too weak. LinkExpired: unknown, used or too old.
        """
        payload = parse(ResetPayload, data)
        ticket = await tickets.look(tickets.RESET, payload.token)
        user = await tickets.owner(ticket, UserStatus.ACTIVE)
        if ticket is None or user is None:
            raise LinkExpired
        passwords.refuse_weak(payload.password, user.name, user.email)
        hashed = await passwords.hash_password(payload.password)
        with as_user(user):
            async with unit() as opened:
                if not await tickets.owner(ticket, UserStatus.ACTIVE, lock=True) or not await tickets.take(ticket):
                    raise LinkExpired
                await store_hash(user.id, hashed)
                await end_sessions(opened, user.id)
                await forget_devices(user.id)
                audit.record(opened, "auth.password_reset", user.id, {}, risk="high")
                await mail.send(letters.password_changed(), to=user.email)
        await current().limits.clear(SIGN_IN, "account", user.email)

    @whoever
    async def profile(self, actor: Actor) -> User:
        """Oneself."""
        return await users_collection.get(actor.id)

    @oneself
    async def save_profile(self, actor: Actor, data: Mapping[str, Any]) -> User:
        """Change name, company, preferences or consent of oneself.

        Raises:
            Invalid: with a message per field.
        """
        payload = parse(ProfilePayload, data)
        changes = payload.changes()
        if payload.preferences is not None:
            changes["preferences"] = payload.preferences.model_dump()
        _, after = await users_collection.patch(actor.id, changes)
        return after

    @oneself
    async def change_password(self, actor: Actor, data: Mapping[str, Any]) -> None:
        """Change one's password; all other sessions end.

        Raises:
            Invalid: with a message per field. RateLimited: the present one was wrong too often.
            StepUpRequired: there is a second factor, and the last proof is too old.
        """
        payload = parse(PasswordPayload, data)
        user = await users_collection.get(actor.id)
        if user.two_factor:  # the present password alone is less than a sign-in asks for
            require_proof(actor)
        kept = await credentials.find(id=actor.id)
        async with attempt((SIGN_IN, ("proof", actor.session_id or actor.id))) as tried:
            if not await passwords.verify_password(payload.current_password, kept.password_hash if kept else None):
                raise Invalid(fields={"currentPassword": "This is not your present password."})
            tried.succeeded()
        passwords.refuse_weak(payload.password, user.name, user.email)
        hashed = await passwords.hash_password(payload.password)
        async with unit() as opened:
            await still_in(actor)  # a reset meanwhile is not undone by who knows the old one
            await store_hash(user.id, hashed)
            await end_sessions(opened, user.id, keep=actor.session_id)
            await forget_devices(user.id, actor.session_id)
            await tickets.void(user.id, tickets.RESET)
            audit.record(opened, "auth.password_changed", user.id, {}, risk="high")
            await mail.send(letters.password_changed(), to=user.email)

    @oneself
    async def change_email(self, actor: Actor, data: Mapping[str, Any]) -> None:
        """Ask for another address: its mailbox confirms it, the present one is told.

        Raises:
            Invalid. StepUpRequired: the last proof is too old. RateLimited.
        """
        payload = parse(NewEmailPayload, data)
        require_proof(actor)
        await _count_letter("change", payload.email, actor.id)
        async with unit() as opened:
            user = await still_in(actor)
            if payload.email == user.email:
                raise Invalid(fields={"email": "This is your address already."})
            audit.record(opened, "auth.email_change_asked", user.id, {}, risk="high")
            if await users_collection.find(email=payload.email):
                await mail.send(letters.address_taken(), to=payload.email)
            else:
                token = await tickets.issue(tickets.EMAIL, user.id, tickets.subject_of(user.email), email=payload.email)
                await mail.send(letters.confirm_new_address(token, tickets.LASTS[tickets.EMAIL]), to=payload.email)
            await mail.send(letters.address_change(payload.email), to=user.email)

    @oneself
    async def close(self, actor: Actor) -> None:
        """Close one's account: the user and all that belongs to sign-in is deleted.

        Raises:
            StepUpRequired: the last proof is too old. Conflict: nobody would be left to administrate.
        """
        require_proof(actor)
        async with unit() as opened:
            user = await users.leave(actor)
            audit.record(opened, "auth.account_closed", user.id, {}, risk="high")
            await end_sessions(opened, user.id)
            await mail.send(letters.account_closed(), to=user.email)


accounts = Accounts()
