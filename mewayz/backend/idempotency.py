"""Requests that are safe to repeat: with an `Idempotency-Key`, the first answer is kept and given again.

A key is claimed in a transaction of its own, so that of many requests at once one does the work. Every unit of that work
marks the claim in its own transaction, just before it commits: whatever happens to the process afterwards, a request that
has changed something is never done a second time, and a claim whose work was lost with its process is free again.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Column, Index, String, Table, bindparam, delete, select, text, update
from sqlmodel import SQLModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from mewayz.backend import clock, keys
from mewayz.backend.access import Actor
from mewayz.backend.bodies import MAX_BODY, read_body
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.errors import Conflict, Invalid
from mewayz.backend.ids import new_id
from mewayz.backend.runtime import current
from mewayz.backend.unit import always, unit

HEADER = "Idempotency-Key"
LASTS = timedelta(hours=24)
MAX_KEY = 255
_WORKS = timedelta(minutes=5)  # longer than any request takes
_TRIES = 3
_REPEATED = ("location", "etag", "cache-control")

KEYS = Table(
    "idempotency_keys",
    SQLModel.metadata,
    Column("key", String(64), primary_key=True),
    Column("body", String(64), nullable=False),
    Column("claim", String(24), nullable=False),
    Column("done", Boolean, nullable=False),
    Column("answer", JSON_DOCUMENT, nullable=True),
    Column("expires_at", UtcTime, nullable=False),
    Index("idempotency_keys_expires", "expires_at"),
)
"""`key` and `body` are keyed digests, as a body may carry a password; `claim` is whoever works on it, `done` says that something was
committed under it."""

_time = KEYS.c.expires_at.type
_mine = (KEYS.c.key == bindparam("key_"), KEYS.c.claim == bindparam("claim_"))
_CLAIM = text(
    "INSERT INTO idempotency_keys (key, body, claim, done, expires_at) VALUES (:key, :body, :claim, :done, :expires_at)"
    " ON CONFLICT (key) DO NOTHING"
).bindparams(
    bindparam("key"), bindparam("body"), bindparam("claim"), bindparam("done", type_=Boolean), bindparam("expires_at", type_=UtcTime)
)
_FIND = select(KEYS.c.body, KEYS.c.done, KEYS.c.answer).where(KEYS.c.key == bindparam("key_"))
_SWEEP = delete(KEYS).where(KEYS.c.expires_at < bindparam("now", type_=_time))
_DONE = update(KEYS).where(*_mine).values(done=True, expires_at=bindparam("until", type_=_time))
_KEEP = update(KEYS).where(*_mine).values(answer=bindparam("answer", type_=JSON_DOCUMENT), expires_at=bindparam("until", type_=_time))
_FREE = delete(KEYS).where(*_mine, KEYS.c.done.is_(False))


class Mismatch(Invalid):
    """The key was sent before, with something else."""

    code = "idempotency.mismatch"
    default_message = "This Idempotency-Key was used for another request. Use a new key for each one."


class InFlight(Conflict):
    """A request with this key is being worked on."""

    code = "idempotency.in_flight"
    default_message = "A request with this Idempotency-Key is being worked on. Ask again in a moment."


class _Claim(NamedTuple):
    key: str
    claim: str

    async def mark(self) -> None:
        """Say in the running transaction that it commits under this claim.

        Raises:
            InFlight: the claim was lost to somebody else meanwhile, who does the work.
        """
        until = clock.now() + LASTS
        if not await current().database.execute(_DONE, {"key_": self.key, "claim_": self.claim, "until": until}):
            raise InFlight


def _read_key(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        raise Invalid(fields={HEADER: f"Send 1 to {MAX_KEY} visible characters, such as a random UUID."})
    return key


async def once(actor: Actor, request: Request, work: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer of `work`, which is done at most once per actor, address and key.

    Raises:
        Invalid: the key is none. Mismatch, InFlight. What `work` raises, where that is no refusal, frees the key.
    """
    key = _read_key(request)
    data = await read_body(request, MAX_BODY)
    claim = _Claim(keys.digest("idempotency", "\n".join((actor.id, request.method, request.url.path, key))), new_id())
    kept = await _claim(claim, keys.digest("idempotency-body", sha256(data).hexdigest()))
    if kept is not None:
        return _again(kept)

    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    try:
        answer = await _marking(claim, work(Request(request.scope, receive)))
    except BaseException:
        await _free(claim)
        raise
    if answer.status_code >= 500:
        await _free(claim)
    else:
        await _keep(claim, answer)
    return answer


async def _marking(claim: _Claim, work: Awaitable[Response]) -> Response:
    """Do the work; whatever it commits is marked."""
    token = always.set(claim.mark)
    try:
        return await work
    finally:
        always.reset(token)


async def _claim(claim: _Claim, body: str) -> dict[str, Any] | None:
    """Claim the key; the kept answer, where there is one.

    Raises:
        Mismatch, InFlight.
    """
    now = clock.now()
    values = {**claim._asdict(), "body": body, "done": False, "expires_at": now + _WORKS}
    for _ in range(_TRIES):
        async with unit():
            await current().database.execute(_SWEEP, {"now": now})
            if await current().database.execute(_CLAIM, values):
                return None
        row = await current().database.first(_FIND, {"key_": claim.key})
        if row is None:
            continue  # whoever had it has just freed it
        known, done, answer = row
        if known != body:
            raise Mismatch
        if answer is not None:
            return answer
        if done:
            raise InFlight("What this Idempotency-Key was sent for is done, but its answer was lost. Look it up before you send it anew.")
        raise InFlight
    raise InFlight


async def _keep(claim: _Claim, answer: Response) -> None:
    kept = {
        "status": answer.status_code,
        "body": bytes(answer.body).decode(),
        "headers": {name: answer.headers[name] for name in _REPEATED if name in answer.headers},
    }
    async with unit():
        until: datetime = clock.now() + LASTS
        await current().database.execute(_KEEP, {"key_": claim.key, "claim_": claim.claim, "answer": kept, "until": until})


async def _free(claim: _Claim) -> None:
    async with unit():
        await current().database.execute(_FREE, {"key_": claim.key, "claim_": claim.claim})


def _again(kept: dict[str, Any]) -> Response:
    headers = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(kept["body"], kept["status"], headers=headers, media_type="application/json")
