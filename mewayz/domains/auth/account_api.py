"""REST of one's own account: registering, profile, password and address, sessions."""

from dataclasses import replace
from typing import Any

from mewayz.backend.access import ONESELF, PUBLIC, SIGNED_IN, WHOEVER
from mewayz.backend.rest import Call, read_json
from mewayz.domains.auth import payloads
from mewayz.domains.auth.accounts import accounts
from mewayz.domains.auth.cookies import clear_cookies, set_registration
from mewayz.domains.auth.endpoint import endpoint, plain, post, refuse_other_sites, visitor_of
from mewayz.domains.auth.reports import reports
from mewayz.domains.auth.sessions import own_sessions
from mewayz.domains.auth.tokens import new_token


async def _register(call: Call) -> Any:
    refuse_other_sites(call)
    visitor = replace(visitor_of(call), registration=new_token())
    response = plain(await accounts.register(await read_json(call.request), visitor), 201)
    set_registration(response, visitor.registration)
    return response


async def _verify(call: Call) -> Any:
    return plain({"email": await accounts.verify(await read_json(call.request))})


async def _resend(call: Call) -> Any:
    await accounts.resend(await read_json(call.request), visitor_of(call))
    return plain({})


async def _forgot(call: Call) -> Any:
    await accounts.forgot(await read_json(call.request), visitor_of(call))
    return plain({})


async def _reset(call: Call) -> Any:
    await accounts.reset(await read_json(call.request))
    return plain({})


async def _me(call: Call) -> Any:
    return {"user": await accounts.profile(call.actor), "session": await own_sessions.present(call.actor)}


async def _save_me(call: Call) -> Any:
    return {"user": await accounts.save_profile(call.actor, await read_json(call.request))}


async def _close(call: Call) -> Any:
    await accounts.close(call.actor)
    response = plain({})
    clear_cookies(response)
    return response


async def _password(call: Call) -> Any:
    await accounts.change_password(call.actor, await read_json(call.request))
    return plain({})


async def _email(call: Call) -> Any:
    await accounts.change_email(call.actor, await read_json(call.request))
    return plain({})


async def _sessions(call: Call) -> Any:
    return {"sessions": await own_sessions.list(call.actor)}


async def _end_session(call: Call) -> Any:
    await own_sessions.end(call.actor, call.path("id"))
    return plain({})


async def _end_sessions(call: Call) -> Any:
    return plain({"ended": await own_sessions.end_others(call.actor)})


async def _report(call: Call) -> Any:
    await reports.note(call.actor, await read_json(call.request))
    return plain({}, 201)


ENDPOINTS = [
    post("/auth/register", _register, "Register; a mail confirms the address", PUBLIC, payloads.RegisterPayload, status=201),
    post("/auth/email/verify", _verify, "Confirm an address by the link of its mail", PUBLIC, payloads.VerifyPayload),
    post(
        "/auth/email/resend",
        _resend,
        "Send the link of a registration again",
        PUBLIC,
        payloads.EmailPayload,
    ),
    post("/auth/password/forgot", _forgot, "Send a link to choose a new password", PUBLIC, payloads.EmailPayload),
    post("/auth/password/reset", _reset, "Choose a new password by the link of a mail", PUBLIC, payloads.ResetPayload),
    endpoint("GET", "/auth/me", _me, "The signed-in user", WHOEVER),
    endpoint("PATCH", "/auth/me", _save_me, "Change one's profile", ONESELF, payload=payloads.ProfilePayload),
    endpoint("DELETE", "/auth/me", _close, "Close one's account", ONESELF),
    post("/auth/password", _password, "Change one's password", ONESELF, payloads.PasswordPayload),
    post("/auth/email", _email, "Ask for another e-mail address", ONESELF, payloads.NewEmailPayload),
    endpoint("GET", "/auth/sessions", _sessions, "One's open sessions", SIGNED_IN),
    endpoint("DELETE", "/auth/sessions/{id}", _end_session, "End a session", ONESELF),
    endpoint("DELETE", "/auth/sessions", _end_sessions, "End all other sessions", ONESELF),
    post("/auth/audit-log", _report, "Report an event of a client", ONESELF, payloads.ReportPayload, status=201),
]
