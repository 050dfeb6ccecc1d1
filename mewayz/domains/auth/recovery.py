"""What administrators do for others: end sessions, and take off a second factor that is lost."""

from typing import ClassVar

from sqlalchemy import bindparam, delete, or_

from mewayz.backend import audit, letters, live, mail
from mewayz.backend.access import Actor, allow, require_proof
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.auth.devices import forget_devices
from mewayz.domains.auth.model import sessions, tickets
from mewayz.domains.auth.second_factor import forget_factors
from mewayz.domains.auth.sessions import TOPIC, end_sessions
from mewayz.domains.auth.tickets import ENTRIES
from mewayz.domains.users.model import User, users_collection

_ALL_BUT_ONE = delete(sessions.table).where(sessions.table.c.id != bindparam("keep"))
_BEGUN = delete(tickets.table).where(or_(*(tickets.table.c.kind == kind for kind in ENTRIES)))


class Recovery:
    """Each verb asks for a fresh proof, and the person concerned is told."""

    noun: ClassVar[str] = "auth"

    @allow("users:update")
    async def end_sessions(self, actor: Actor, user_id: str) -> int:
        """End all sessions of one user (of oneself, all others); returns how many those were.

        Raises:
            NotFound: no such user. StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        await users_collection.get(user_id)
        async with unit() as opened:
            ended = await end_sessions(opened, user_id, keep=actor.session_id)
            await forget_devices(user_id, actor.session_id)
            audit.record(opened, "auth.sessions_ended_by_administrator", user_id, {"ended": ended}, risk="high")
        return ended

    @allow("admin:update")
    async def end_all_sessions(self, actor: Actor) -> int:
        """End every session of everybody but the one in use; returns how many those were.

        Raises:
            StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        async with unit() as opened:
            ended = await current().database.execute(_ALL_BUT_ONE, {"keep": actor.session_id})
            await current().database.execute(_BEGUN)
            audit.record(opened, "auth.all_sessions_ended", "", {"ended": ended}, risk="critical")
            live.announce(opened, TOPIC, "")
        return ended

    @allow("users:update")
    async def remove_factors(self, actor: Actor, user_id: str) -> User:
        """Take off the second factors of somebody who has lost them; their sessions end.

        Where a second factor is required, the next sign-in can only set one up.

        Raises:
            NotFound: no such user. StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        async with unit() as opened:
            user = await users_collection.get(user_id, lock=True)
            await forget_factors(user_id)
            opened.touch("users")
            await end_sessions(opened, user_id, keep=actor.session_id)
            await forget_devices(user_id, actor.session_id)
            audit.record(opened, "auth.factors_removed_by_administrator", user_id, {}, risk="critical")
            await mail.send(letters.two_factor_off(), to=user.email)
        return await users_collection.get(user_id)


recovery = Recovery()
