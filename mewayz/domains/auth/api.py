"""REST of identity: signing in and out, accounts, sessions, second factors, and what administrators demand."""

from typing import Any
from urllib.parse import quote, urlsplit

from starlette.responses import RedirectResponse, Response

from mewayz.backend.access import ENROLLING, ONESELF, PUBLIC, SIGNED_IN, WHOEVER, Policy, Role, permission
from mewayz.backend.audit import origin
from mewayz.backend.columns import time_text
from mewayz.backend.documents import wire
from mewayz.backend.errors import Forbidden, MewayzError
from mewayz.backend.payloads import Payload
from mewayz.backend.rest import Call, Endpoint, Json, client_address, error_answer, read_json, same_origin
from mewayz.backend.runtime import current
from mewayz.domains.auth import payloads
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.cookies import clear_cookies, set_cookies
from mewayz.domains.auth.devices import Visitor
from mewayz.domains.auth.errors import RefreshedMeanwhile, SessionEnded
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.passkeys import Site, passkeys
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.recovery import recovery
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.second_factor import second_factor
from mewayz.domains.auth.service import Outcome, SecondFactorNeeded, auth
from mewayz.domains.auth.sessions import SignedIn, own_sessions
from mewayz.domains.auth.tokens import DEVICE, REFRESH, token_of

_NO_STORE = {"Cache-Control": "no-store"}


def _visitor(call: Call) -> Visitor:
    headers = call.request.headers
    device = token_of(headers.get("cookie", ""), DEVICE) or ""
    return Visitor(client_address(call.request), headers.get("user-agent", ""), device)


def _site(call: Call) -> Site:
    """Where the browser is: the public address in production, in development the host that was asked."""
    settings = current().settings
    origin = call.request.headers.get("origin", "")
    if settings.production or not origin:
        return Site(settings.public_url or f"http://localhost:{settings.port}")
    return Site(origin.rstrip("/"))


def _same_site(call: Call) -> None:
    """A browser names where a request comes from; another site must not sign anybody in here (login CSRF)."""
    if "origin" in call.request.headers and not same_origin(call.request.headers):
        raise Forbidden("This request does not come from this site.", code="csrf")


def _plain(data: Any, status: int = 200) -> Response:
    """An answer that no cache may keep."""
    return Json({"success": True, "data": data}, status_code=status, headers=_NO_STORE)


def _entered(outcome: Outcome, status: int = 200) -> Response:
    """What a sign-in has come to."""
    if isinstance(outcome, SecondFactorNeeded):
        return _plain({"twoFactorRequired": True, "challenge": outcome.challenge, "methods": outcome.methods})
    more = {"enrolmentRequired": True} if outcome.restricted else {}
    response = _plain({"token": outcome.token, "user": wire(outcome.user), **more}, status)
    set_cookies(response, outcome)
    return response


async def _begun(call: Call, outcome: Outcome, status: int = 200) -> Response:
    """What a sign-in has come to; the session that the browser had before is over with it."""
    if isinstance(outcome, SignedIn) and "authorization" not in call.request.headers:
        await own_sessions.sign_out(call.actor, token_of(call.request.headers.get("cookie", ""), REFRESH) or "")
    return _entered(outcome, status)


async def _login(call: Call) -> Any:
    _same_site(call)
    return await _begun(call, await auth.sign_in(call.body, _visitor(call)))


async def _challenge(call: Call) -> Any:
    _same_site(call)
    return await _begun(call, await auth.second_step(await read_json(call.request), _visitor(call), _site(call)))


async def _ask_passkey(call: Call) -> Any:
    _same_site(call)
    if call.body.challenge is None and call.actor.signed_in:
        return _plain(await proofs.ask(call.actor, _site(call)))
    return _plain(await auth.ask_passkey(call.body.challenge, _site(call)))


async def _passkey_sign_in(call: Call) -> Any:
    _same_site(call)
    body: payloads.PasskeySignInPayload = call.body
    return await _begun(call, await auth.passkey_sign_in(body.state, body.credential, body.remember_me, _visitor(call), _site(call)))


async def _setup(call: Call) -> Any:
    _same_site(call)
    return _entered(await auth.set_up(call.body, _visitor(call)), 201)


async def _logout(call: Call) -> Any:
    _same_site(call)
    await own_sessions.sign_out(call.actor, token_of(call.request.headers.get("cookie", ""), REFRESH) or "")
    response = _plain({})
    clear_cookies(response)
    return response


async def _refresh(call: Call) -> Any:
    if not same_origin(call.request.headers):
        raise Forbidden("This request does not come from this site. Send an Origin header.", code="csrf")
    try:
        return _entered(await _renewed(call))
    except SessionEnded as error:
        # The browser forgets a session that is over.
        response = error_answer(error, origin.get().request_id)
        clear_cookies(response)
        return response


async def _renewed(call: Call) -> SignedIn:
    token = token_of(call.request.headers.get("cookie", ""), REFRESH)
    if not token:
        raise SessionEnded
    return await own_sessions.refresh(token)


async def _resume(call: Call) -> Any:
    """A page was asked for with an access token that has expired: renew it and go on, or sign in."""
    wanted = _path(call.request.query_params.get("next", ""))
    try:
        response = RedirectResponse(wanted, 303, _NO_STORE)
        set_cookies(response, await _renewed(call))
    except RefreshedMeanwhile:
        return RedirectResponse(wanted, 303, _NO_STORE)
    except MewayzError:
        response = RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}", 303, _NO_STORE)
        clear_cookies(response)
    return response


def _path(wanted: str) -> str:
    """A page of ours, whatever was asked for."""
    parts = urlsplit(wanted.replace("\\", "/"))
    plain = not any(part in parts.path for part in ("//", "/.", "%2e", "%2E"))
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and plain and not parts.path.startswith("/api/")
    return (parts.path + (f"?{parts.query}" if parts.query else "")) if inside else "/"


async def _me(call: Call) -> Any:
    return {"user": await auth.me(call.actor), "session": await own_sessions.present(call.actor)}


async def _save_me(call: Call) -> Any:
    return {"user": await accounts.save_profile(call.actor, await read_json(call.request))}


async def _close(call: Call) -> Any:
    await accounts.close(call.actor)
    response = _plain({})
    clear_cookies(response)
    return response


async def _register(call: Call) -> Any:
    _same_site(call)
    return _plain(await accounts.register(await read_json(call.request), _visitor(call)), 201)


async def _verify(call: Call) -> Any:
    return _plain({"email": await accounts.verify(await read_json(call.request))})


async def _resend(call: Call) -> Any:
    await accounts.resend(await read_json(call.request), _visitor(call))
    return _plain({})


async def _forgot(call: Call) -> Any:
    await accounts.forgot(await read_json(call.request), _visitor(call))
    return _plain({})


async def _reset(call: Call) -> Any:
    await accounts.reset(await read_json(call.request))
    return _plain({})


async def _accept(call: Call) -> Any:
    _same_site(call)
    return await _begun(call, await auth.accept_invitation(await read_json(call.request), _visitor(call)))


async def _password(call: Call) -> Any:
    await accounts.change_password(call.actor, await read_json(call.request))
    return _plain({})


async def _email(call: Call) -> Any:
    await accounts.change_email(call.actor, await read_json(call.request))
    return _plain({})


async def _sessions(call: Call) -> Any:
    return {"sessions": await own_sessions.list(call.actor)}


async def _end_session(call: Call) -> Any:
    await own_sessions.end(call.actor, call.path("id"))
    return _plain({})


async def _end_sessions(call: Call) -> Any:
    return _plain({"ended": await own_sessions.end_others(call.actor)})


async def _factors(call: Call) -> Any:
    return await second_factor.status(call.actor)


async def _two_factor_setup(call: Call) -> Any:
    return _plain(await second_factor.setup(call.actor))


async def _two_factor_enable(call: Call) -> Any:
    return _plain(await second_factor.enable(call.actor, await read_json(call.request)))


async def _two_factor_disable(call: Call) -> Any:
    await second_factor.disable(call.actor)
    return _plain({})


async def _backup_codes(call: Call) -> Any:
    return _plain(await second_factor.new_codes(call.actor))


async def _passkeys(call: Call) -> Any:
    return {"passkeys": await passkeys.list(call.actor)}


async def _begin_passkey(call: Call) -> Any:
    return _plain(await passkeys.begin(call.actor, _site(call)))


async def _add_passkey(call: Call) -> Any:
    return _plain(await passkeys.add(call.actor, await read_json(call.request), _site(call)), 201)


async def _rename_passkey(call: Call) -> Any:
    return {"passkey": await passkeys.rename(call.actor, call.path("id"), await read_json(call.request))}


async def _remove_passkey(call: Call) -> Any:
    await passkeys.remove(call.actor, call.path("id"))
    return _plain({})


async def _step_up(call: Call) -> Any:
    until = await proofs.prove(call.actor, await read_json(call.request), _site(call))
    return _plain({"provenUntil": time_text(until)})


async def _view_as(call: Call) -> Any:
    role: str | None = call.body.role
    return {"viewingAs": await auth.view_as(call.actor, Role(role) if role else None) or None}


async def _report(call: Call) -> Any:
    await auth.report(call.actor, await read_json(call.request))
    return _plain({}, 201)


async def _roles(call: Call) -> Any:
    return await auth.roles(call.actor)


async def _invite(call: Call) -> Any:
    return _plain({"user": wire(await invitations.invite(call.actor, await read_json(call.request)))}, 201)


async def _invite_again(call: Call) -> Any:
    return {"user": await invitations.resend(call.actor, call.path("id"))}


async def _cancel_invitation(call: Call) -> Any:
    return {"user": await invitations.cancel(call.actor, call.path("id"))}


async def _require(call: Call) -> Any:
    return {"user": await requirements.require(call.actor, call.path("id"), call.body.required)}


async def _end_sessions_of(call: Call) -> Any:
    return _plain({"ended": await recovery.end_sessions(call.actor, call.path("id"))})


async def _end_all_sessions(call: Call) -> Any:
    return _plain({"ended": await recovery.end_all_sessions(call.actor)})


async def _remove_factors(call: Call) -> Any:
    return {"user": await recovery.remove_factors(call.actor, call.path("id"))}


async def _rule(call: Call) -> Any:
    return await requirements.rule(call.actor)


async def _set_rule(call: Call) -> Any:
    return await requirements.set_rule(call.actor, await read_json(call.request))


def _one(method: str, path: str, handler: Any, summary: str, policy: Policy, **more: Any) -> Endpoint:
    return Endpoint(method=method, path=path, handler=handler, summary=summary, tag=more.pop("tag", "auth"), policy=policy, **more)


def _post(path: str, handler: Any, summary: str, policy: Policy, payload: type[Payload] | None = None, **more: Any) -> Endpoint:
    return _one("POST", path, handler, summary, policy, payload=payload, **more)


_NEXT = {"next": {"type": "string", "description": "The page to go on to."}}
_SET_UP = "Create the owner and the shop of an empty installation"
_GOVERN = permission("admin:update")
_CREATE, _READ, _UPDATE, _DELETE = (permission(f"users:{verb}") for verb in ("create", "read", "update", "delete"))

ENDPOINTS = [
    _one("POST", "/auth/login", _login, "Sign in", PUBLIC, body=payloads.LoginPayload),
    _post("/auth/2fa/challenge", _challenge, "Continue a sign-in with its second factor", PUBLIC, payloads.ChallengePayload),
    _one("POST", "/auth/passkeys/options", _ask_passkey, "A challenge for a passkey", PUBLIC, body=payloads.PasskeyOptionsPayload),
    _one("POST", "/auth/passkeys/sign-in", _passkey_sign_in, "Sign in with a passkey", PUBLIC, body=payloads.PasskeySignInPayload),
    _post("/auth/logout", _logout, "Sign out", PUBLIC),
    _post("/auth/refresh", _refresh, "Renew the session by its refresh cookie", PUBLIC),
    _one("GET", "/auth/resume", _resume, "Renew the session and go on to a page", PUBLIC, params=_NEXT, files=("text/html",), status=303),
    _post("/auth/register", _register, "Register; a mail confirms the address", PUBLIC, payloads.RegisterPayload, status=201),
    _post("/auth/email/verify", _verify, "Confirm an address by the link of its mail", PUBLIC, payloads.VerifyPayload),
    _post("/auth/email/resend", _resend, "Send the link of a registration again", PUBLIC, payloads.EmailPayload),
    _post("/auth/password/forgot", _forgot, "Send a link to choose a new password", PUBLIC, payloads.EmailPayload),
    _post("/auth/password/reset", _reset, "Choose a new password by the link of a mail", PUBLIC, payloads.ResetPayload),
    _post("/auth/invitation/accept", _accept, "Accept an invitation with a password", PUBLIC, payloads.ResetPayload),
    _one("GET", "/auth/me", _me, "The signed-in user", WHOEVER),
    _one("PATCH", "/auth/me", _save_me, "Change one's profile", ONESELF, payload=payloads.ProfilePayload),
    _one("DELETE", "/auth/me", _close, "Close one's account", ONESELF),
    _post("/auth/password", _password, "Change one's password", ONESELF, payloads.PasswordPayload),
    _post("/auth/email", _email, "Ask for another e-mail address", ONESELF, payloads.NewEmailPayload),
    _one("GET", "/auth/sessions", _sessions, "One's open sessions", SIGNED_IN),
    _one("DELETE", "/auth/sessions", _end_sessions, "End all other sessions", ONESELF),
    _one("DELETE", "/auth/sessions/{id}", _end_session, "End a session", ONESELF),
    _one("GET", "/auth/2fa", _factors, "One's second factors", WHOEVER),
    _post("/auth/2fa/setup", _two_factor_setup, "Begin with an authenticator", ENROLLING),
    _post("/auth/2fa/enable", _two_factor_enable, "Confirm an authenticator", ENROLLING, payloads.CodePayload),
    _post("/auth/2fa/disable", _two_factor_disable, "Remove the authenticator", ONESELF),
    _post("/auth/2fa/backup-codes", _backup_codes, "Replace the backup codes", ONESELF),
    _one("GET", "/auth/passkeys", _passkeys, "One's passkeys", SIGNED_IN),
    _post("/auth/passkeys/register/options", _begin_passkey, "A challenge to make a passkey with", ENROLLING),
    _post("/auth/passkeys/register", _add_passkey, "Keep a passkey", ENROLLING, payloads.PasskeyPayload, status=201),
    _one("PATCH", "/auth/passkeys/{id}", _rename_passkey, "Rename a passkey", ONESELF, payload=payloads.PasskeyName),
    _one("DELETE", "/auth/passkeys/{id}", _remove_passkey, "Remove a passkey", ONESELF),
    _post("/auth/step-up", _step_up, "Prove once more who this is", ENROLLING, payloads.ProofPayload),
    _one("POST", "/auth/view-as", _view_as, "See Mewayz as another role, without changing anything", SIGNED_IN, body=payloads.ViewPayload),
    _post("/auth/audit-log", _report, "Report an event of a client", SIGNED_IN, payloads.ReportPayload, status=201),
    _one("GET", "/auth/roles", _roles, "What each role may do", permission("admin:read")),
    _post("/users/invite", _invite, "Invite a user", _CREATE, payloads.InvitePayload, status=201, tag="users"),
    _post("/users/{id}/invite", _invite_again, "Send an invitation again", _CREATE, tag="users"),
    _one("DELETE", "/users/{id}/invite", _cancel_invitation, "Take an invitation back", _DELETE, tag="users"),
    _one(
        "POST", "/admin/users/{id}/require-2fa", _require, "Demand two-factor of a user", _UPDATE, tag="admin", body=payloads.RequirePayload
    ),
    _one("DELETE", "/admin/users/{id}/sessions", _end_sessions_of, "End the sessions of a user", _UPDATE, tag="admin"),
    _one("DELETE", "/admin/users/{id}/two-factor", _remove_factors, "Take off the second factors of a user", _UPDATE, tag="admin"),
    _one("DELETE", "/admin/sessions", _end_all_sessions, "End every session but one's own", _GOVERN, tag="admin"),
    _one("GET", "/admin/two-factor", _rule, "Who must use two-factor", _READ, tag="admin"),
    _one(
        "PUT",
        "/admin/two-factor",
        _set_rule,
        "Say who must use two-factor",
        permission("admin:update"),
        tag="admin",
        payload=payloads.RulePayload,
    ),
    _one("POST", "/setup", _setup, _SET_UP, PUBLIC, body=payloads.SetupPayload, status=201),
]
