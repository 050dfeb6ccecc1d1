"""REST of the ways in and out: signing in, renewing, signing out, and setting up."""

from typing import Any
from urllib.parse import quote, urlsplit

from starlette.responses import RedirectResponse, Response

from mewayz.backend.access import PUBLIC
from mewayz.backend.audit import origin
from mewayz.backend.documents import wire
from mewayz.backend.errors import MewayzError
from mewayz.backend.origins import OtherSite, same_origin
from mewayz.backend.rest import Call, error_answer, read_json
from mewayz.domains.auth import payloads
from mewayz.domains.auth.cookies import clear_cookies, set_cookies
from mewayz.domains.auth.endpoint import NO_STORE, endpoint, plain, post, refuse_other_sites, site_of, visitor_of
from mewayz.domains.auth.errors import RefreshedMeanwhile, SessionEnded
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.proofs import proofs
from mewayz.domains.auth.service import Outcome, SecondFactorNeeded, auth
from mewayz.domains.auth.sessions import SignedIn, own_sessions
from mewayz.domains.auth.tokens import REFRESH, token_of

_NEXT = {"next": {"type": "string", "description": "The page to go on to."}}


def _entered(outcome: Outcome, status: int = 200) -> Response:
    """What a sign-in has come to."""
    if isinstance(outcome, SecondFactorNeeded):
        return plain({"twoFactorRequired": True, "challenge": outcome.challenge, "methods": outcome.methods})
    more = {"enrolmentRequired": True} if outcome.restricted else {}
    response = plain({"token": outcome.token, "user": wire(outcome.user), **more}, status)
    set_cookies(response, outcome)
    return response


async def _begun(call: Call, outcome: Outcome, status: int = 200) -> Response:
    """What a sign-in has come to; the session that the browser had before is over with it."""
    if isinstance(outcome, SignedIn) and "authorization" not in call.request.headers:
        await own_sessions.sign_out(call.actor, token_of(call.request.headers.get("cookie", ""), REFRESH) or "")
    return _entered(outcome, status)


async def _login(call: Call) -> Any:
    refuse_other_sites(call)
    return await _begun(call, await auth.sign_in(call.body, visitor_of(call)))


async def _challenge(call: Call) -> Any:
    refuse_other_sites(call)
    return await _begun(call, await auth.second_step(await read_json(call.request), visitor_of(call), site_of(call)))


async def _ask_passkey(call: Call) -> Any:
    refuse_other_sites(call)
    if call.body.challenge is None and call.actor.signed_in:
        return plain(await proofs.ask(call.actor, site_of(call)))
    return plain(await auth.ask_passkey(call.body.challenge, site_of(call)))


async def _passkey_sign_in(call: Call) -> Any:
    refuse_other_sites(call)
    body: payloads.PasskeySignInPayload = call.body
    return await _begun(call, await auth.passkey_sign_in(body.state, body.credential, body.remember_me, visitor_of(call), site_of(call)))


async def _accept(call: Call) -> Any:
    refuse_other_sites(call)
    return await _begun(call, await auth.accept_invitation(await read_json(call.request), visitor_of(call)))


async def _setup(call: Call) -> Any:
    refuse_other_sites(call)
    return _entered(await installation.set_up(call.body, visitor_of(call)), 201)


async def _logout(call: Call) -> Any:
    refuse_other_sites(call)
    await own_sessions.sign_out(call.actor, token_of(call.request.headers.get("cookie", ""), REFRESH) or "")
    response = plain({})
    clear_cookies(response)
    return response


async def _renewed(call: Call) -> SignedIn:
    token = token_of(call.request.headers.get("cookie", ""), REFRESH)
    if not token:
        raise SessionEnded
    return await own_sessions.refresh(token)


async def _refresh(call: Call) -> Any:
    if not same_origin(call.request.headers):
        raise OtherSite
    try:
        return _entered(await _renewed(call))
    except SessionEnded as error:
        # The browser forgets a session that is over.
        response = error_answer(error, origin.get().request_id)
        clear_cookies(response)
        return response


def _path(wanted: str) -> str:
    """A page of ours, whatever was asked for."""
    parts = urlsplit(wanted.replace("\\", "/"))
    plain = not any(part in parts.path for part in ("//", "/.", "%2e", "%2E"))
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/") and plain and not parts.path.startswith("/api/")
    return (parts.path + (f"?{parts.query}" if parts.query else "")) if inside else "/"


async def _resume(call: Call) -> Any:
    """A page was asked for with an access token that has expired: renew it and go on, or sign in."""
    wanted = _path(call.request.query_params.get("next", ""))
    try:
        response = RedirectResponse(wanted, 303, NO_STORE)
        set_cookies(response, await _renewed(call))
    except RefreshedMeanwhile:
        return RedirectResponse(wanted, 303, NO_STORE)
    except MewayzError:
        response = RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}", 303, NO_STORE)
        clear_cookies(response)
    return response


ENDPOINTS = [
    endpoint("POST", "/auth/login", _login, "Sign in", PUBLIC, body=payloads.LoginPayload),
    post("/auth/2fa/challenge", _challenge, "Continue a sign-in with its second factor", PUBLIC, payloads.ChallengePayload),
    endpoint("POST", "/auth/passkeys/options", _ask_passkey, "A challenge for a passkey", PUBLIC, body=payloads.PasskeyOptionsPayload),
    endpoint("POST", "/auth/passkeys/sign-in", _passkey_sign_in, "Sign in with a passkey", PUBLIC, body=payloads.PasskeySignInPayload),
    post("/auth/invitation/accept", _accept, "Accept an invitation with a password", PUBLIC, payloads.ResetPayload),
    endpoint(
        "POST", "/setup", _setup, "Create the owner and the shop of an empty installation", PUBLIC, body=payloads.SetupPayload, status=201
    ),
    post("/auth/logout", _logout, "Sign out", PUBLIC),
    post("/auth/refresh", _refresh, "Renew the session by its refresh cookie", PUBLIC),
    endpoint(
        "GET", "/auth/resume", _resume, "Renew the session and go on to a page", PUBLIC, params=_NEXT, files=("text/html",), status=303
    ),
]
