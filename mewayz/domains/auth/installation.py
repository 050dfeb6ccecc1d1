"""Setting up: the owner and the shop of an empty installation, in a browser or without one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mewayz.backend import passwords
from mewayz.backend.access import Actor, allow, public
from mewayz.backend.errors import Conflict
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.shop import SHOP_ID, Shop, is_set_up, shops
from mewayz.backend.unit import unit
from mewayz.domains.auth.accounts import as_user
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import AlreadySetUp
from mewayz.domains.auth.payloads import SetupPayload
from mewayz.domains.auth.sessions import SignedIn, open_session
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import Plan, User, users_collection

SHOP_DEFAULTS = {"shopName": "My shop", "currency": "GBP", "timezone": "Europe/London"}
"""The shop of an installation whose owner was created on the command line without naming one."""


def _shop_of(payload: SetupPayload) -> Shop:
    return Shop(id=SHOP_ID, name=payload.shop_name, currency=payload.currency, timezone=payload.timezone)


class Installation:
    """Whether there is a shop, and how one comes to be."""

    noun: ClassVar[str] = "auth"

    @public
    async def is_set_up(self) -> bool:
        """Whether there is an owner and a shop."""
        return await is_set_up()

    @public
    async def set_up(self, payload: SetupPayload, visitor: Visitor = Visitor()) -> SignedIn:  # noqa: B008 (frozen)
        """Create the owner and the shop of an empty installation, and sign the owner in.

        Raises:
            AlreadySetUp: there is a shop or a user. Invalid: the password is too weak.
        """
        if await is_set_up():
            raise AlreadySetUp
        owner, credential = await self._owner(payload)
        with as_user(owner):
            try:
                async with unit():
                    # The shop has one fixed id, so of two simultaneous set-ups exactly one wins.
                    await shops.add(_shop_of(payload))
                    await users_collection.add(owner)
                    await credentials.add(credential)
            except Conflict:
                raise AlreadySetUp from None
        return await open_session(owner, remember=True, method="password", visitor=visitor)

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
        passwords.refuse_weak(payload.password, payload.name, payload.email)
        owner = User(name=payload.name, email=payload.email, role=Role.ADMIN.value, plan=Plan.ENTERPRISE.value)
        return owner, Credential(id=owner.id, password_hash=await passwords.hash_password(payload.password))


installation = Installation()
