"""REST of the access of others: roles, invitations, demanded and lost second factors, and their sessions."""

from typing import Any

from mewayz.backend.access import SIGNED_IN, permission
from mewayz.backend.documents import wire
from mewayz.backend.grants import Role
from mewayz.backend.rest import Call, read_json
from mewayz.domains.auth import payloads
from mewayz.domains.auth.endpoint import endpoint, plain, post
from mewayz.domains.auth.invitations import invitations
from mewayz.domains.auth.recovery import recovery
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.auth.roles import roles

_GOVERN = permission("admin:update")
_CREATE, _UPDATE, _DELETE = (permission(f"users:{verb}") for verb in ("create", "update", "delete"))


async def _roles(call: Call) -> Any:
    return await roles.table(call.actor)


async def _view_as(call: Call) -> Any:
    role: str | None = call.body.role
    return {"viewingAs": await roles.view_as(call.actor, Role(role) if role else None) or None}


async def _invite(call: Call) -> Any:
    return plain({"user": wire(await invitations.invite(call.actor, await read_json(call.request)))}, 201)


async def _invite_again(call: Call) -> Any:
    return {"user": await invitations.resend(call.actor, call.path("id"))}


async def _cancel_invitation(call: Call) -> Any:
    return {"user": await invitations.cancel(call.actor, call.path("id"))}


async def _require(call: Call) -> Any:
    return {"user": await requirements.require(call.actor, call.path("id"), call.body.required)}


async def _end_sessions_of(call: Call) -> Any:
    return plain({"ended": await recovery.end_sessions(call.actor, call.path("id"))})


async def _end_all_sessions(call: Call) -> Any:
    return plain({"ended": await recovery.end_all_sessions(call.actor)})


async def _remove_factors(call: Call) -> Any:
    return {"user": await recovery.remove_factors(call.actor, call.path("id"))}


async def _rule(call: Call) -> Any:
    return await requirements.rule(call.actor)


async def _set_rule(call: Call) -> Any:
    return await requirements.set_rule(call.actor, await read_json(call.request))


ENDPOINTS = [
    endpoint("GET", "/auth/roles", _roles, "What each role may do", permission("admin:read")),
    endpoint(
        "POST", "/auth/view-as", _view_as, "See Mewayz as another role, without changing anything", SIGNED_IN, body=payloads.ViewPayload
    ),
    post("/users/invite", _invite, "Invite a user", _CREATE, payloads.InvitePayload, status=201, tag="users"),
    post("/users/{id}/invite", _invite_again, "Send an invitation again", _CREATE, tag="users"),
    endpoint("DELETE", "/users/{id}/invite", _cancel_invitation, "Take an invitation back", _DELETE, tag="users"),
    endpoint(
        "POST", "/admin/users/{id}/require-2fa", _require, "Demand two-factor of a user", _UPDATE, tag="admin", body=payloads.RequirePayload
    ),
    endpoint("DELETE", "/admin/users/{id}/sessions", _end_sessions_of, "End the sessions of a user", _UPDATE, tag="admin"),
    endpoint("DELETE", "/admin/sessions", _end_all_sessions, "End every session but one's own", _GOVERN, tag="admin"),
    endpoint("DELETE", "/admin/users/{id}/two-factor", _remove_factors, "Take off the second factors of a user", _UPDATE, tag="admin"),
    endpoint("GET", "/admin/two-factor", _rule, "Who must use two-factor", permission("users:read", every=True), tag="admin"),
    endpoint(
        "PUT",
        "/admin/two-factor",
        _set_rule,
        "Say who must use two-factor",
        _GOVERN,
        tag="admin",
        payload=payloads.RulePayload,
    ),
]
