"""Passkeys (WebAuthn Level 3): as second factor, as proof, and instead of a password."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
import webauthn
from sqlalchemy import bindparam, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from mewayz.backend import clock, letters, mail
from mewayz.backend.access import Actor, enrolling, oneself, require_proof, signed_in
from mewayz.backend.columns import time_text
from mewayz.backend.errors import Conflict
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.auth import tickets
from mewayz.domains.auth.errors import ChallengeExpired, WrongPasskey
from mewayz.domains.auth.model import Passkey, passkeys_collection
from mewayz.domains.auth.payloads import PasskeyName, PasskeyPayload
from mewayz.domains.auth.second_factor import factor_removed, turned_on
from mewayz.domains.auth.sessions import still_in
from mewayz.domains.users.model import users_collection

MOST = 20
_TRANSPORTS = {transport.value for transport in AuthenticatorTransport}
_table = passkeys_collection.table
_USED = (
    update(_table)
    .where(_table.c.id == bindparam("id_"), _table.c.sign_count == bindparam("before"))
    .values(sign_count=bindparam("count"), last_used_at=bindparam("now", type_=_table.c.last_used_at.type))
)


class TooManyPasskeys(Conflict):
    """More passkeys than anybody has devices."""

    code = "auth.too_many_passkeys"
    default_message = f"You have {MOST} passkeys. Remove one that you do not use before you add another."


@dataclass(frozen=True, slots=True)
class Site:
    """The origin that a ceremony takes place at; its host is the relying party."""

    origin: str

    @property
    def host(self) -> str:
        """The relying party's id."""
        return urlsplit(self.origin).hostname or ""


async def _described(user_id: str) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(one.credential_id), transports=[AuthenticatorTransport(name) for name in one.transports] or None
        )
        for one in await passkeys_collection.find_all(user_id=user_id)
    ]


async def ask(site: Site, purpose: str, user_id: str | None) -> dict[str, Any]:
    """A challenge for a passkey of this person, or of whoever has one.

    Returns:
        `options` for `navigator.credentials.get`, and `state` to send back with the answer.
    """
    # Without a password the device must have checked the person, by finger, face or code: that makes it two factors.
    verify = UserVerificationRequirement.PREFERRED if user_id else UserVerificationRequirement.REQUIRED
    options = webauthn.generate_authentication_options(
        rp_id=site.host, allow_credentials=await _described(user_id) if user_id else None, user_verification=verify
    )
    state = await tickets.issue(tickets.PASSKEY, user_id, challenge=bytes_to_base64url(options.challenge), purpose=purpose)
    return {"options": orjson.loads(webauthn.options_to_json(options)), "state": state}


async def check(
    site: Site, purpose: str, state: str, credential: Mapping[str, Any], user_id: str | None = None, *, alone: bool = False
) -> Passkey:
    """The passkey that signed a challenge; the challenge is used up.

    Args:
        site: where the browser is.
        purpose: what the challenge was made for.
        state: that came with the challenge.
        credential: what the browser made of it.
        user_id: whose passkey it must be.
        alone: without a password beside it, so that the device must have checked the person.

    Raises:
        ChallengeExpired: the challenge is unknown, used or too old. WrongPasskey: the answer does not fit.
    """
    ticket = await tickets.look(tickets.PASSKEY, state)
    if ticket is None or ticket.data["purpose"] != purpose or (user_id and ticket.user_id != user_id) or not await tickets.take(ticket):
        raise ChallengeExpired
    wanted = credential.get("id")
    found = await passkeys_collection.find(credential_id=wanted) if isinstance(wanted, str) and "\0" not in wanted else None
    if found is None or (user_id and found.user_id != user_id):
        raise WrongPasskey
    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(ticket.data["challenge"]),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=False,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
        raise WrongPasskey from None
    if alone and not verified.user_verified:
        raise WrongPasskey("This passkey has not checked who holds it. Use it together with your password.")
    changes = {"id_": found.id, "before": found.sign_count, "count": verified.new_sign_count, "now": clock.now()}
    async with unit():
        if not await current().database.execute(_USED, changes):
            raise WrongPasskey
    return found


class Passkeys:
    """The passkeys of the person who asks."""

    noun: ClassVar[str] = "auth"

    @signed_in
    async def list(self, actor: Actor) -> list[dict[str, Any]]:
        """Their names and uses, the newest first."""
        found = sorted(await passkeys_collection.find_all(user_id=actor.id), key=lambda one: one.created_at, reverse=True)
        return [_shown(one) for one in found]

    @enrolling
    async def begin(self, actor: Actor, site: Site) -> dict[str, Any]:
        """A challenge to make a passkey with: `options` for `navigator.credentials.create`, and `state`.

        Raises:
            StepUpRequired: the last proof is too old. TooManyPasskeys.
        """
        require_proof(actor)
        await users_collection.get(actor.id)
        known = await _described(actor.id)
        if len(known) >= MOST:
            raise TooManyPasskeys
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=(await shop()).name,
            user_id=actor.id.encode(),
            user_name=actor.email,
            user_display_name=actor.name,
            exclude_credentials=known,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        state = await tickets.issue(tickets.PASSKEY, actor.id, challenge=bytes_to_base64url(options.challenge), purpose="add")
        return {"options": orjson.loads(webauthn.options_to_json(options)), "state": state}

    @enrolling
    async def add(self, actor: Actor, data: Mapping[str, Any], site: Site) -> dict[str, Any]:
        """Keep a passkey that the browser has made.

        Returns:
            `passkey`, and `backupCodes` when it is the first second factor.

        Raises:
            ChallengeExpired, WrongPasskey, TooManyPasskeys. Conflict: it is known already.
        """
        payload = parse(PasskeyPayload, data)
        require_proof(actor)
        ticket = await tickets.look(tickets.PASSKEY, payload.state)
        if ticket is None or ticket.user_id != actor.id or ticket.data["purpose"] != "add" or not await tickets.take(ticket):
            raise ChallengeExpired
        try:
            verified = webauthn.verify_registration_response(
                credential=payload.credential,
                expected_challenge=base64url_to_bytes(ticket.data["challenge"]),
                expected_rp_id=site.host,
                expected_origin=site.origin,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
            raise WrongPasskey("This passkey could not be added. Try again.") from None
        told: Any = payload.credential.get("response")
        transports = told.get("transports") if isinstance(told, dict) else None
        passkey = Passkey(
            user_id=actor.id,
            name=payload.name or "Passkey",
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=[one for one in transports if one in _TRANSPORTS][:8] if isinstance(transports, list) else [],
        )
        async with unit() as opened:
            user = await still_in(actor)
            if len(await passkeys_collection.find_all(user_id=actor.id)) >= MOST:
                raise TooManyPasskeys
            await passkeys_collection.add(passkey)
            codes = await turned_on(opened, user, "passkey", actor.session_id)
            await mail.send(letters.passkey_added(passkey.name), to=user.email)
        return {"passkey": _shown(passkey), **({"backupCodes": codes} if codes else {})}

    @oneself
    async def rename(self, actor: Actor, passkey_id: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Call a passkey something else.

        Raises:
            NotFound: it does not exist, or is somebody else's. Invalid: the name is.
        """
        payload = parse(PasskeyName, data)
        _, after = await passkeys_collection.patch(passkey_id, {"name": payload.name}, restriction={"user_id": actor.id})
        return _shown(after)

    @oneself
    async def remove(self, actor: Actor, passkey_id: str) -> None:
        """Forget a passkey.

        Raises:
            NotFound: as `rename`. StillRequired: it is the last factor of somebody who must have one.
        """
        require_proof(actor)
        async with unit() as opened:
            user = await still_in(actor)
            gone = await passkeys_collection.remove(passkey_id, restriction={"user_id": actor.id})
            await factor_removed(opened, user, "passkey")
            await mail.send(letters.passkey_removed(gone.name), to=user.email)


def _shown(passkey: Passkey) -> dict[str, Any]:
    return {
        "id": passkey.id,
        "name": passkey.name,
        "createdAt": time_text(passkey.created_at),
        "lastUsedAt": time_text(passkey.last_used_at) if passkey.last_used_at else None,
    }


passkeys = Passkeys()
