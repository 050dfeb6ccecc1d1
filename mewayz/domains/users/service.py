"""The verbs of users."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from typing_extensions import override

from mewayz.backend import audit, clock, letters, live, mail, passwords
from mewayz.backend.access import Actor, allow, oneself, require_proof
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Conflict, Invalid
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.unit import Unit, open_unit, unit
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import USERS, User, UserCreate, UserImport, UserStatus, UserUpdate, stored_email, users_collection


class LastAdmin(Conflict):
    """The change would leave nobody who can administrate."""

    code = "users.last_admin"
    default_message = "This is the last active administrator. Give another user the role admin first."


class OwnAccount(Conflict):
    """Administrators do not lock themselves out."""

    code = "users.own_account"
    default_message = "You cannot delete your own account, suspend it or change its role. Ask another administrator."


class Users(CrudService[User]):
    """People, their roles, plans and status."""

    noun: ClassVar[str] = "users"
    singular: ClassVar[str] = "user"
    personal: ClassVar[bool] = True
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"email": stored_email}
    owner: ClassVar[str | None] = "id"
    irreversible: ClassVar[frozenset[str]] = frozenset({"email"})  # a new address has to be confirmed, and a letter has left
    collection = users_collection
    spec = USERS
    create_payload = UserCreate
    import_payload = UserImport
    update_payload = UserUpdate

    @allow("create")
    @override
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> User:
        """Create a user with a first password.

        Raises:
            Invalid: with a message per field. Conflict: the e-mail address is taken.
            StepUpRequired: for a role above user, when the last proof is too old.
        """
        payload = parse(UserCreate, data)
        passwords.refuse_weak(payload.password, payload.name, payload.email)
        hashed = await passwords.hash_password(payload.password)
        async with unit() as opened:
            user = await self.collection.add(await self._build(actor, payload))
            await credentials.add(Credential(id=user.id, password_hash=hashed))
            opened.before_commit(f"fold:{self.noun}", self._fold)
        return user

    @override
    async def _build(self, actor: Actor, payload: UserImport) -> User:
        if payload.role != Role.USER:
            require_proof(actor)
        return User(**payload.model_dump(exclude={"password"}))

    @override
    async def _changes(self, actor: Actor, before: User, payload: UserUpdate) -> dict[str, Any]:
        changes = payload.changes()
        if any(changes.get(name, getattr(before, name)) != getattr(before, name) for name in ("role", "email")):
            require_proof(actor)
        if changes.get("status", UserStatus.ACTIVE) != UserStatus.ACTIVE:
            # What is open now, up to and with this very millisecond, stays closed when the user is let in again.
            changes["sessions_from"] = clock.now() + timedelta(milliseconds=1)
        if changes.get("email", before.email) != before.email:
            if before.id == actor.id and actor.session_id:
                raise Invalid(fields={"email": "Change your own address in your settings: its mailbox confirms it."})
            changes["email_verified_at"] = None
            await mail.send(letters.address_changed(str(changes["email"])), to=before.email)
        loses = changes.get("role", before.role) != before.role or changes.get("status", before.status) != before.status
        if loses and before.id == actor.id:
            raise OwnAccount
        if loses:
            await self._keep_an_admin(before, changes)
        return changes

    @override
    async def _removable(self, actor: Actor, document: User) -> None:
        if document.id == actor.id:
            raise OwnAccount("You cannot delete your own account here. Ask another administrator.")
        await self._keep_an_admin(document, {"role": Role.USER})

    @override
    async def _changed(self, before: User | None, after: User | None) -> None:
        if before is None:
            return
        opened = open_unit()
        assert opened is not None
        if after is None:
            if await credentials.find(id=before.id):
                await credentials.remove(before.id)
        elif before.role != after.role:
            audit.record(opened, "users.role_changed", after.id, {"role": [before.role, after.role]}, risk="high")
        if after is None or (before.role, before.status) != (after.role, after.status):
            live.announce(opened, "sessions", before.id)

    @oneself
    async def leave(self, actor: Actor) -> User:
        """Delete one's own user.

        Raises:
            LastAdmin: nobody would be left who can administrate.
        """
        async with unit() as opened:
            user = await self.collection.get(actor.id, lock=True)
            await self._keep_an_admin(user, {"role": Role.USER})
            await self.collection.remove(actor.id)
            await self._changed(user, None)
            fold_counts(opened)
        return user

    async def _keep_an_admin(self, before: User, changes: Mapping[str, Any]) -> None:
        if before.role != Role.ADMIN or before.status != UserStatus.ACTIVE:
            return
        if changes.get("role", before.role) == Role.ADMIN and changes.get("status", before.status) == UserStatus.ACTIVE:
            return
        # Two administrators who demote each other at the same moment must not both find the other one still there.
        await self.collection.database.hold("users.admins")
        admins = await self.collection.find_all(role=Role.ADMIN.value, status=UserStatus.ACTIVE.value)
        if len(admins) <= 1:
            raise LastAdmin


users = Users()


def fold_counts(opened: Unit) -> None:
    """Keep the counts of users right after rows have been written without the service."""
    opened.before_commit(f"fold:{users.noun}", users._fold)  # pyright: ignore[reportPrivateUsage]


async def follow_removal(opened: Unit, user: User) -> None:
    """Do what deleting a user brings along, after the row has been removed without the service."""
    await users._changed(user, None)  # pyright: ignore[reportPrivateUsage]
    fold_counts(opened)
