"""Devices: a browser keeps a cookie for each person who has signed in from it, so that a new one can be noticed."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from ua_parser import parse

from mewayz.backend import audit, clock, letters, mail
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import Unit, unit
from mewayz.domains.auth.model import Device, devices, sessions
from mewayz.domains.auth.tokens import hash_token, new_token
from mewayz.domains.users.model import User

_table = devices.table
_COUNT = select(func.count()).select_from(_table).where(_table.c.user_id == bindparam("user"))
_SEEN = update(_table).where(_table.c.id == bindparam("id_")).values(last_seen_at=bindparam("now", type_=_table.c.last_seen_at.type))
_FORGET = delete(_table).where(
    _table.c.user_id == bindparam("user"),
    _table.c.id.not_in(select(sessions.table.c.device_id).where(sessions.table.c.id == bindparam("session"))),
)
_MOST_AGENT = 300  # characters; what is longer was made to cost time
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # as new_token makes it


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: address, user agent, the token of a device that may be known, and the secret of a registration."""

    address: str = ""
    agent: str = ""
    device: str = ""
    registration: str = ""


def device_name(agent: str) -> str:
    """What a user agent is, in words: "Firefox on Windows"."""
    agent = agent[:_MOST_AGENT]
    found = parse(agent) if agent else None
    browser = found.user_agent.family if found and found.user_agent else ""
    system = found.os.family if found and found.os else ""
    return " on ".join(part for part in (browser, system) if part) or agent[:40] or "Unknown device"


async def known(user_id: str, token: str) -> bool:
    """Whether this person has signed in before from the browser that has this token."""
    return bool(_TOKEN.fullmatch(token)) and await devices.find(user_id=user_id, token_hash=hash_token(token)) is not None


class Recognised(NamedTuple):
    """The device of a sign-in: its id, the token that its browser keeps, and whether it has come to others that were known."""

    id: str
    token: str
    new: bool


async def forget_devices(user_id: str, session_id: str = "") -> None:
    """Forget which browsers a person has signed in from, but for that of one session: they have no tries of their own any more."""
    async with unit():
        await current().database.execute(_FORGET, {"user": user_id, "session": session_id})


async def recognise(opened: Unit, user: User, visitor: Visitor) -> Recognised:
    """Note the device of a sign-in; the person is told of one that is new."""
    token = visitor.device if _TOKEN.fullmatch(visitor.device) else new_token()
    now = clock.now()
    found = await devices.find(user_id=user.id, token_hash=hash_token(token))
    if found is not None:
        await current().database.execute(_SEEN, {"id_": found.id, "now": now})
        return Recognised(found.id, token, False)
    first = not await current().database.value(_COUNT, {"user": user.id})
    device = await devices.add(Device(user_id=user.id, token_hash=hash_token(token), last_seen_at=now, agent=visitor.agent[:_MOST_AGENT]))
    if not first:
        audit.record(opened, "auth.new_device", user.id, {"agent": visitor.agent[:_MOST_AGENT]}, risk="medium")
        letter = letters.new_device(device_name(visitor.agent), visitor.address, now, (await shop()).zone)
        await mail.send(letter, to=user.email)
    return Recognised(device.id, token, not first)
