"""Step-up: proving once more who one is, with as much as a sign-in asks for (OWASP ASVS 5.0, 7.5.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import bindparam, update

from mewayz.backend import audit, clock, passwords
from mewayz.backend.access import PROOF_LASTS, Actor, enrolling
from mewayz.backend.errors import Invalid
from mewayz.backend.limits import SECOND_FACTOR_HOUR, SIGN_IN
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.auth import passkeys, second_factor
from mewayz.domains.auth.attempts import attempt
from mewayz.domains.auth.errors import WrongCode
from mewayz.domains.auth.model import sessions
from mewayz.domains.auth.passkeys import Site
from mewayz.domains.auth.payloads import ProofPayload
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import User, users_collection

_table = sessions.table
_PROVEN = update(_table).where(_table.c.id == bindparam("id_")).values(proven_at=bindparam("now", type_=_table.c.proven_at.type))


def _missing(payload: ProofPayload, methods: list[str]) -> dict[str, str]:
    """What a proof lacks of what a sign-in of this person asks for; a passkey that stands alone has to check its holder."""
    if payload.credential:
        return {}
    found: dict[str, str] = {} if payload.password else {"password": "Enter your password."}
    if methods == ["passkey"]:
        found["credential"] = "Use one of your passkeys."
    elif methods and not payload.code:
        found["code"] = "Enter a code of your authenticator or a backup code."
    return found


async def _check_password(user: User, password: str) -> None:
    kept = await credentials.find(id=user.id)
    if not await passwords.verify_password(password, kept.password_hash if kept else None):
        raise Invalid(fields={"password": "This is not your password."})


async def _check_code(user: User, code: str, session: str) -> None:
    # By itself: a session has passed all that a sign-in asks for, and nobody outside of it may use up its tries.
    async with attempt((SECOND_FACTOR_HOUR, ("session", session))) as tried:
        if await second_factor.check(user, code) is None:
            raise Invalid(fields={"code": WrongCode.of(code).message})
        tried.succeeded()


class Proofs:
    """What the person behind a session proves again before something that matters."""

    noun: ClassVar[str] = "auth"

    @enrolling
    async def prove(self, actor: Actor, data: Mapping[str, Any], site: Site = Site("")) -> datetime:  # noqa: B008 (frozen)
        """Prove once more who this is; returns until when that counts.

        The password, and from whoever has a second factor that too; or a passkey that has checked who holds it, which is both.

        Raises:
            Invalid: the proof is wrong or not enough, with a message at its field. ChallengeExpired, WrongPasskey.
            RateLimited: it was wrong too often.
        """
        payload = parse(ProofPayload, data)
        user = await users_collection.get(actor.id)
        if missing := _missing(payload, await second_factor.methods(user.id)):
            raise Invalid(fields=missing)
        async with attempt((SIGN_IN, ("proof", actor.session_id or actor.id))) as tried:
            # The password first: a wrong one must not use up a code.
            if payload.password:
                await _check_password(user, payload.password)
            if payload.credential:
                await passkeys.check(site, "prove", payload.state or "", payload.credential, user.id, alone=not payload.password)
            elif payload.code:
                await _check_code(user, payload.code, actor.session_id or actor.id)
            tried.succeeded()
        now = clock.now()
        async with unit() as opened:
            await current().database.execute(_PROVEN, {"id_": actor.session_id, "now": now})
            audit.record(opened, "auth.proven", actor.id, {"session": actor.session_id})
        return now + PROOF_LASTS

    @enrolling
    async def ask(self, actor: Actor, site: Site) -> dict[str, Any]:
        """A challenge for a passkey of the person who is signed in, to prove once more who this is."""
        return await passkeys.ask(site, "prove", actor.id)


proofs = Proofs()
