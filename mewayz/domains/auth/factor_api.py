"""REST of second factors: authenticator, backup codes, passkeys, and proving again who one is."""

from typing import Any

from mewayz.backend.access import ENROLLING, ONESELF, SIGNED_IN, WHOEVER
from mewayz.backend.columns import time_text
from mewayz.backend.rest import Call, read_json
from mewayz.domains.auth import payloads
from mewayz.domains.auth.endpoint import endpoint, plain, post, site_of
from mewayz.domains.auth.passkeys import passkeys
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.second_factor import second_factor


async def _factors(call: Call) -> Any:
    return await second_factor.status(call.actor)


async def _two_factor_setup(call: Call) -> Any:
    return plain(await second_factor.setup(call.actor))


async def _two_factor_enable(call: Call) -> Any:
    return plain(await second_factor.enable(call.actor, await read_json(call.request)))


async def _two_factor_disable(call: Call) -> Any:
    await second_factor.disable(call.actor)
    return plain({})


async def _backup_codes(call: Call) -> Any:
    return plain(await second_factor.new_codes(call.actor))


async def _passkeys(call: Call) -> Any:
    return {"passkeys": await passkeys.list(call.actor)}


async def _begin_passkey(call: Call) -> Any:
    return plain(await passkeys.begin(call.actor, site_of(call)))


async def _add_passkey(call: Call) -> Any:
    return plain(await passkeys.add(call.actor, await read_json(call.request), site_of(call)), 201)


async def _rename_passkey(call: Call) -> Any:
    return {"passkey": await passkeys.rename(call.actor, call.path("id"), await read_json(call.request))}


async def _remove_passkey(call: Call) -> Any:
    await passkeys.remove(call.actor, call.path("id"))
    return plain({})


async def _step_up(call: Call) -> Any:
    until = await proofs.prove(call.actor, await read_json(call.request), site_of(call))
    return plain({"provenUntil": time_text(until)})


ENDPOINTS = [
    endpoint("GET", "/auth/2fa", _factors, "One's second factors", WHOEVER),
    post("/auth/2fa/setup", _two_factor_setup, "Begin with an authenticator", ENROLLING),
    post("/auth/2fa/enable", _two_factor_enable, "Confirm an authenticator", ENROLLING, payloads.CodePayload),
    post("/auth/2fa/disable", _two_factor_disable, "Remove the authenticator", ONESELF),
    post("/auth/2fa/backup-codes", _backup_codes, "Replace the backup codes", ONESELF),
    endpoint("GET", "/auth/passkeys", _passkeys, "One's passkeys", SIGNED_IN),
    post("/auth/passkeys/register/options", _begin_passkey, "A challenge to make a passkey with", ENROLLING),
    post("/auth/passkeys/register", _add_passkey, "Keep a passkey", ENROLLING, payloads.PasskeyPayload, status=201),
    endpoint("PATCH", "/auth/passkeys/{id}", _rename_passkey, "Rename a passkey", ONESELF, payload=payloads.PasskeyName),
    endpoint("DELETE", "/auth/passkeys/{id}", _remove_passkey, "Remove a passkey", ONESELF),
    post("/auth/step-up", _step_up, "Prove once more who this is", ENROLLING, payloads.ProofPayload),
]
