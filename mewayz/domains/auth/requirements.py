"""Who must use two-factor sign-in: single users, roles, or everyone."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mewayz.backend import live
from mewayz.backend.access import Actor, allow, require_proof
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.shop import SHOP_ID, shops
from mewayz.backend.unit import unit
from mewayz.domains.auth.payloads import RulePayload
from mewayz.domains.auth.sessions import TOPIC
from mewayz.domains.users.model import User, users_collection

EVERYONE = "everyone"


def covers(rule: str, role: str) -> bool:
    """Whether the shop's rule (`Shop.two_factor_for`) demands a second factor of this role."""
    return rule == EVERYONE or role in rule.split(",")


async def is_required(user: User) -> bool:
    """Whether this person must have a second factor."""
    if user.two_factor_required:
        return True
    found = await shops.find(id=SHOP_ID)
    return found is not None and covers(found.two_factor_for, user.role)


class Requirements:
    """The rule, as administrators set it. Whoever has no second factor yet can from then on only set one up."""

    noun: ClassVar[str] = "auth"

    @allow("users:update")
    async def require(self, actor: Actor, user_id: str, required: bool) -> User:
        """Demand a second factor of one user, or no longer.

        Raises:
            NotFound: no such user. StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        async with unit() as opened:
            _, user = await users_collection.patch(user_id, {"two_factor_required": required})
            live.announce(opened, TOPIC, user_id)
        return user

    @allow("users:read", every=True)
    async def rule(self, actor: Actor) -> dict[str, Any]:
        """Of whom a second factor is demanded."""
        found = await shops.find(id=SHOP_ID)
        rule = found.two_factor_for if found else ""
        return {"everyone": rule == EVERYONE, "roles": [role.value for role in Role if role.value in rule.split(",")]}

    @allow("admin:update")
    async def set_rule(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        """Demand a second factor of everyone, or of some roles.

        Raises:
            Invalid: with a message per field. StepUpRequired: the last proof is too old.
        """
        payload = parse(RulePayload, data)
        require_proof(actor)
        chosen = {str(role) for role in payload.roles}
        rule = EVERYONE if payload.everyone else ",".join(role.value for role in Role if role.value in chosen)
        async with unit() as opened:
            await shops.patch(SHOP_ID, {"two_factor_for": rule})
            live.announce(opened, TOPIC, "")
        return await self.rule(actor)


requirements = Requirements()
