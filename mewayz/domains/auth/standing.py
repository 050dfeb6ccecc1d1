"""Who somebody is now, without a session: for what goes on in their name while they are away."""

from datetime import datetime

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.domains.auth.requirements import is_required
from mewayz.domains.users.model import UserStatus, users_collection


async def as_they_are(user_id: str, since: datetime) -> Actor | None:
    """The person with the rights that they have now; None when they may not sign in, or could not at some time after `since`.

    A session that began before a suspension is over for good, and so is what was set going before it.
    """
    user = await users_collection.find(id=user_id)
    if user is None or user.status != UserStatus.ACTIVE:
        return None
    if user.sessions_from is not None and since < user.sessions_from:
        return None
    restricted = not user.two_factor and await is_required(user)
    return Actor(user.id, user.name, user.email, Role(user.role), restricted=restricted)
