"""REST of figures that leave the application: links to them, and reports by mail."""

from collections.abc import Mapping
from typing import Any

from mewayz.backend.access import ONESELF, SIGNED_IN
from mewayz.backend.bodies import read_json
from mewayz.backend.documents import wire_value
from mewayz.backend.errors import Invalid
from mewayz.backend.mail import public_link
from mewayz.backend.rest import Call, Endpoint, query_map
from mewayz.backend.schemas import TIME
from mewayz.domains.analytics.cadence import Every
from mewayz.domains.analytics.outgoing import Report, Share
from mewayz.domains.analytics.reports import NewReport, Running, reports
from mewayz.domains.analytics.share_routes import SHARED_PATH
from mewayz.domains.analytics.shares import NewShare, shares

Schema = Mapping[str, Any]
_OF = ("me", "all")
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_PARAMS = {"of": {"type": "string", "enum": list(_OF), "default": _OF[0], "description": "Those of everybody are for administrators."}}


def _object(**properties: Schema) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(items: Schema) -> dict[str, Any]:
    return {"type": "array", "items": items}


_SHARE = _object(id=_TEXT, ownerId=_TEXT, ownerName=_TEXT, path=_TEXT, query=_TEXT, createdAt=TIME, expiresAt=TIME)
_REPORT = _object(
    id=_TEXT,
    ownerId=_TEXT,
    ownerName=_TEXT,
    every={"type": "string", "enum": [*Every]},
    hour=_NUMBER,
    weekday={**_NUMBER, "description": "From Monday (0); of weekly ones."},
    recipients={"type": "array", "items": _TEXT, "description": "Addresses of users."},
    nextAt=TIME,
    lastAt={**TIME, "type": ["string", "null"]},
)


def _of_all(call: Call) -> bool:
    raw = query_map(call.request)
    problems = {key: "This parameter is not known here." for key in raw if key != "of"}
    if raw.get("of", _OF[0]) not in _OF:
        problems["of"] = f"Choose one of: {', '.join(_OF)}."
    if problems:
        raise Invalid(fields=problems)
    return raw.get("of") == "all"


def _share(share: Share, owner: str) -> dict[str, Any]:
    times = {"createdAt": wire_value(share.created_at), "expiresAt": wire_value(share.expires_at)}
    return {"id": share.id, "ownerId": share.owner_id, "ownerName": owner, "path": share.path, "query": share.query, **times}


def _report(running: Running) -> dict[str, Any]:
    report, owner, addresses = running
    head = {"id": report.id, "ownerId": report.owner_id, "ownerName": owner, "every": report.every, "hour": report.hour}
    times = {"nextAt": wire_value(report.next_at), "lastAt": wire_value(report.last_at)}
    return {**head, "weekday": report.weekday, "recipients": addresses, **times}


async def _shares(call: Call) -> Any:
    if _of_all(call):
        return {"shares": [_share(share, owner) for share, owner in await shares.everyones(call.actor)]}
    return {"shares": [_share(share, call.actor.name) for share in await shares.mine(call.actor)]}


async def _new_share(call: Call) -> Any:
    share, token = await shares.create(call.actor, await read_json(call.request))
    return {"share": _share(share, call.actor.name), "link": public_link(f"{SHARED_PATH}/{token}")}


async def _end_share(call: Call) -> Any:
    return {"ended": (await shares.end(call.actor, call.path("id"))).id}


async def _reports(call: Call) -> Any:
    found = await reports.everyones(call.actor) if _of_all(call) else await reports.mine(call.actor)
    return {"reports": [_report(one) for one in found]}


async def _new_report(call: Call) -> Any:
    made: Report = await reports.create(call.actor, await read_json(call.request))
    return {"report": next(_report(one) for one in await reports.mine(call.actor) if one.report.id == made.id)}


async def _end_report(call: Call) -> Any:
    return {"ended": (await reports.end(call.actor, call.path("id"))).id}


def _declare(method: str, path: str, handler: Any, summary: str, **more: Any) -> Endpoint:
    policy = SIGNED_IN if method == "GET" else ONESELF
    return Endpoint(method=method, path=f"/analytics{path}", handler=handler, summary=summary, tag="analytics", policy=policy, **more)


_ENDED, _SHARES, _REPORTS = _object(ended=_TEXT), _object(shares=_list(_SHARE)), _object(reports=_list(_REPORT))
ENDPOINTS = [
    _declare("GET", "/shares", _shares, "List links to figures", params=_PARAMS, answer=_SHARES),
    _declare(
        "POST", "/shares", _new_share, "Make a link to a page of figures; it is told only now", payload=NewShare, status=201,
        answer=_object(share=_SHARE, link=_TEXT),
    ),
    _declare("DELETE", "/shares/{id}", _end_share, "End a link; administrators end anybody's", answer=_ENDED),
    _declare("GET", "/reports", _reports, "List reports by mail", params=_PARAMS, answer=_REPORTS),
    _declare(
        "POST", "/reports", _new_report, "Begin a report by mail", payload=NewReport, status=201, answer=_object(report=_REPORT)
    ),
    _declare("DELETE", "/reports/{id}", _end_report, "End a report; administrators end anybody's", answer=_ENDED),
]  # fmt: skip
