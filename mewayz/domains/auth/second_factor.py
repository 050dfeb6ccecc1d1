"""Two-factor sign-in: an authenticator (TOTP, RFC 6238) and ten backup codes."""

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import pyotp
from cryptography.fernet import InvalidToken
from pyotp.totp import TOTP
from sqlalchemy import bindparam, delete, func, select, update

from mewayz.backend import audit, clock, keys, letters, live, mail
from mewayz.backend.access import Actor, enrolling, oneself, require_proof, whoever
from mewayz.backend.errors import Invalid
from mewayz.backend.limits import SECOND_FACTOR
from mewayz.backend.payloads import parse
from mewayz.backend.qr import qr_data_url
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import Unit, unit
from mewayz.domains.auth.devices import forget_devices
from mewayz.domains.auth.errors import AlreadyOn, NotOn, StillRequired
from mewayz.domains.auth.model import BackupCode, Totp, backup_codes, passkeys_collection, totp_secrets
from mewayz.domains.auth.payloads import CodePayload
from mewayz.domains.auth.requirements import is_required
from mewayz.domains.auth.sessions import TOPIC, end_sessions, still_in
from mewayz.domains.users.model import User, users_collection

CODES = 10
WINDOW = 1
"""Steps of 30 seconds before and after the present one that are accepted: clocks differ (RFC 6238, 5.2)."""
_STEP = 30
_DIGITS = 6
_PURPOSE = "totp"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
_totp, _codes = totp_secrets.table, backup_codes.table
_USE_STEP = (
    update(_totp)
    .where(_totp.c.id == bindparam("user"), _totp.c.last_step < bindparam("step"), _totp.c.confirmed_at.is_not(None))
    .values(last_step=bindparam("step"))
)
_CONFIRM = (
    update(_totp)
    .where(_totp.c.id == bindparam("user"), _totp.c.confirmed_at.is_(None))
    .values(last_step=bindparam("step"), confirmed_at=bindparam("now", type_=_totp.c.confirmed_at.type))
)
_FORGET_TOTP = delete(_totp).where(_totp.c.id == bindparam("user"))
_REMOVE_TOTP = _FORGET_TOTP.where(_totp.c.confirmed_at.is_not(None))
_FORGET_CODES = delete(_codes).where(_codes.c.user_id == bindparam("user"))
_BURN = delete(_codes).where(_codes.c.user_id == bindparam("user"), _codes.c.code_hash == bindparam("hash"))
_LEFT = select(func.count()).select_from(_codes).where(_codes.c.user_id == bindparam("user"))
_FORGET_PASSKEYS = delete(passkeys_collection.table).where(passkeys_collection.table.c.user_id == bindparam("user"))
_RESEAL = update(_totp).where(_totp.c.id == bindparam("user"), _totp.c.secret == bindparam("old")).values(secret=bindparam("new"))
_TWO_FACTOR = update(users_collection.table).where(users_collection.table.c.id == bindparam("user")).values(two_factor=bindparam("on"))


def _open(sealed: str) -> TOTP | None:
    try:
        return TOTP(keys.box(_PURPOSE).decrypt(sealed.encode()).decode(), interval=_STEP)
    except InvalidToken:
        return None


def _matching_step(sealed: str, code: str) -> int | None:
    """The time step whose code this is, within the window."""
    authenticator = _open(sealed)
    if authenticator is None:
        return None
    present = int(clock.now().timestamp()) // _STEP
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        # All are compared, whichever fits.
        if secrets.compare_digest(authenticator.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def _plain(code: str) -> str:
    """A code as it was meant, however it was typed."""
    return "".join(letter for letter in code.casefold() if letter.isalnum())


async def methods(user_id: str) -> list[str]:
    """The second factors that a person can use: totp, backup, passkey."""
    kept = await totp_secrets.find(id=user_id)
    found = ["totp"] if kept and kept.confirmed_at else []
    if await passkeys_collection.find(user_id=user_id):
        found.append("passkey")
    if found and await current().database.value(_LEFT, {"user": user_id}):
        found.append("backup")
    return found


def kind_of(code: str) -> str:
    """Which kind of code this looks like: totp or backup."""
    plain = _plain(code)
    return "totp" if plain.isdecimal() and plain.isascii() and len(plain) == _DIGITS else "backup"


async def check(user: User, code: str) -> str | None:
    """Use a code up; which kind it was, or None when it is wrong or was used before. Of many at once exactly one counts."""
    plain = _plain(code)
    if kind_of(code) == "totp":
        kept = await totp_secrets.find(id=user.id)
        step = _matching_step(kept.secret, plain) if kept and kept.confirmed_at else None
        if kept is None or step is None:
            return None
        async with unit():
            if not await current().database.execute(_USE_STEP, {"user": user.id, "step": step}):
                return None
            # Under the newest key from now on, so that earlier ones can be dropped one day.
            await current().database.execute(_RESEAL, {"user": user.id, "old": kept.secret, "new": keys.resealed(_PURPOSE, kept.secret)})
        return "totp"
    async with unit() as opened:
        hashes = keys.digests("backup", f"{user.id}:{plain}")
        if not any([await current().database.execute(_BURN, {"user": user.id, "hash": one}) for one in hashes]):
            return None
        left = await current().database.value(_LEFT, {"user": user.id})
        audit.record(opened, "auth.backup_code_used", user.id, {"left": left}, risk="medium")
        await mail.send(letters.backup_code_used(left), to=user.email)
    return "backup"


async def fresh_codes(user_id: str) -> list[str]:
    """Replace the backup codes of a person; only now are they readable."""
    made = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(CODES)]
    async with unit():
        await current().database.execute(_FORGET_CODES, {"user": user_id})
        for code in made:
            await backup_codes.add(BackupCode(user_id=user_id, code_hash=keys.digest("backup", f"{user_id}:{code}")))
    return [f"{code[:5]}-{code[5:]}" for code in made]


async def forget_factors(user_id: str) -> None:
    """Remove every second factor of a person, and the backup codes."""
    async with unit():
        for statement in (_FORGET_TOTP, _FORGET_PASSKEYS, _FORGET_CODES):
            await current().database.execute(statement, {"user": user_id})
        await current().database.execute(_TWO_FACTOR, {"user": user_id, "on": False})


async def turned_on(opened: Unit, user: User, factor: str, keep_session: str) -> list[str] | None:
    """A factor has been added. With the first one come backup codes, and whoever signed in without it is out."""
    audit.record(opened, "auth.factor_added", user.id, {"factor": factor}, risk="high")
    if user.two_factor:
        return None
    await current().database.execute(_TWO_FACTOR, {"user": user.id, "on": True})
    opened.touch("users")
    await end_sessions(opened, user.id, keep=keep_session)
    await forget_devices(user.id, keep_session)  # those have been signed in to by less
    await mail.send(letters.two_factor_on(), to=user.email)
    return await fresh_codes(user.id)


async def factor_removed(opened: Unit, user: User, factor: str) -> None:
    """A factor has been removed; without any, the backup codes go too.

    Raises:
        StillRequired: this person must keep one.
    """
    left = [one for one in await methods(user.id) if one != "backup"]
    audit.record(opened, "auth.factor_removed", user.id, {"factor": factor}, risk="high")
    if left:
        return
    if await is_required(user):
        raise StillRequired
    await current().database.execute(_FORGET_CODES, {"user": user.id})
    await current().database.execute(_TWO_FACTOR, {"user": user.id, "on": False})
    opened.touch("users")
    live.announce(opened, TOPIC, user.id)
    await mail.send(letters.two_factor_off(), to=user.email)


class SecondFactor:
    """The authenticator and the backup codes of the person who asks."""

    noun: ClassVar[str] = "auth"

    @whoever
    async def status(self, actor: Actor) -> dict[str, Any]:
        """Which factors there are, how many backup codes are left, and whether one is required."""
        user = await users_collection.get(actor.id)
        kept = await totp_secrets.find(id=actor.id)
        return {
            "totp": bool(kept and kept.confirmed_at),
            "passkeys": len(await passkeys_collection.find_all(user_id=actor.id)),
            "backupCodes": await current().database.value(_LEFT, {"user": actor.id}),
            "required": await is_required(user),
        }

    @enrolling
    async def setup(self, actor: Actor) -> dict[str, str]:
        """Make a secret for an authenticator; it counts once a code confirms it.

        Raises:
            AlreadyOn: an authenticator is set up. StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        secret = pyotp.random_base32()
        async with unit():
            await still_in(actor)
            kept = await totp_secrets.find(id=actor.id)
            if kept and kept.confirmed_at:
                raise AlreadyOn
            await current().database.execute(_FORGET_TOTP, {"user": actor.id})
            await totp_secrets.add(Totp(id=actor.id, secret=keys.box(_PURPOSE).encrypt(secret.encode()).decode()))
        url = TOTP(secret, interval=_STEP).provisioning_uri(name=actor.email, issuer_name=(await shop()).name)
        return {"secret": secret, "otpauthUrl": url, "qrCode": qr_data_url(url)}

    @enrolling
    async def enable(self, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        """Confirm the authenticator with a code of it.

        Returns:
            `backupCodes`: ten, if this is the first factor; they are never shown again.

        Raises:
            Invalid: the code is wrong. NotOn: there is no set-up to confirm. AlreadyOn: it is confirmed.
        """
        payload = parse(CodePayload, data)
        require_proof(actor)
        await current().limits.hit(SECOND_FACTOR, "enable", actor.id)
        async with unit() as opened:
            # What is confirmed is the secret that the code was made with, also when another tab begins anew.
            user = await still_in(actor)
            kept = await totp_secrets.find(id=actor.id)
            if kept is None:
                raise NotOn
            if kept.confirmed_at:
                raise AlreadyOn
            step = _matching_step(kept.secret, _plain(payload.code))
            if step is None:
                raise Invalid(
                    fields={"code": "This code is not right. Check the clock of your phone, and enter the code that it shows now."}
                )
            await current().database.execute(_CONFIRM, {"user": actor.id, "step": step, "now": clock.now()})
            codes = await turned_on(opened, user, "totp", actor.session_id)
        return {"backupCodes": codes or []}

    @oneself
    async def disable(self, actor: Actor) -> None:
        """Remove the authenticator.

        Raises:
            NotOn: there is none. StillRequired: it is the last factor of somebody who must have one.
        """
        require_proof(actor)
        async with unit() as opened:
            user = await still_in(actor)
            if not await current().database.execute(_REMOVE_TOTP, {"user": actor.id}):
                raise NotOn
            await factor_removed(opened, user, "totp")

    @oneself
    async def new_codes(self, actor: Actor) -> dict[str, Any]:
        """Replace the backup codes.

        Raises:
            NotOn: without a second factor there are none.
        """
        require_proof(actor)
        async with unit() as opened:
            user = await still_in(actor)
            if not user.two_factor:
                raise NotOn
            codes = await fresh_codes(actor.id)
            audit.record(opened, "auth.backup_codes_made", actor.id, {}, risk="high")
            await mail.send(letters.backup_codes_renewed(), to=user.email)
        return {"backupCodes": codes}


second_factor = SecondFactor()
