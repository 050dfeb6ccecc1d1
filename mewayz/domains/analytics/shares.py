"""Read-only links to figures: whoever has one sees that page as its maker would see it now, until it expires or is ended."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlencode

from pydantic import Field
from sqlalchemy import bindparam, delete

from mewayz.backend import audit, clock
from mewayz.backend.access import Actor, act_as, allow, can, check, oneself, public, signed_in
from mewayz.backend.collection import Collection
from mewayz.backend.errors import Conflict, Forbidden, MewayzError, NotFound
from mewayz.backend.ids import is_id
from mewayz.backend.payloads import Payload, parse
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.outgoing import Share
from mewayz.domains.analytics.pieces import Kind
from mewayz.domains.analytics.sheet import Sheet
from mewayz.domains.analytics.sheets import PAGES, make_sheet
from mewayz.domains.auth.standing import as_they_are
from mewayz.domains.users.model import users_collection

MAX_SHARES = 50
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NewShare(Payload):
    """What is sent to make a link; `days` is how long it works."""

    path: Annotated[str, Field(max_length=100)]
    query: Annotated[str, Field(max_length=1_000)] = ""
    days: Literal[1, 7, 30] = 7


class TooManyShares(Conflict):
    """The person has as many links as can be kept."""

    code = "analytics.too_many_shares"
    default_message = f"You have {MAX_SHARES} links already. End one that is not needed any more."


class ShareEnded(NotFound):
    """There is no such link (any more), or its maker may not see the figures now."""

    code = "analytics.share_ended"
    default_message = "This link no longer works."


@dataclass(frozen=True)
class Opened:
    """What a link shows, and until when."""

    sheet: Sheet
    until: datetime


_shares = Collection(Share, "shares", audited=False)
_table = _shares.table
_SWEEP = delete(_table).where(_table.c.expires_at <= bindparam("now", type_=_table.c.expires_at.type))


def _hashed(token: str) -> str:
    """It is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class Shares:
    """Links of one's own, and what a link shows to whoever has it."""

    noun: ClassVar[str] = "analytics"

    @oneself
    async def create(self, actor: Actor, data: Mapping[str, Any]) -> tuple[Share, str]:
        """Make a link to a page of figures; returns it with its secret, which is told only now.

        Raises:
            Invalid: the address holds what cannot be shared. NotShareable, TooManyShares.
        """
        check(actor, "analytics:read")
        payload = parse(NewShare, data)
        query = dict(parse_qsl(payload.query))
        pieces: list[str] = []
        if payload.path == "/":
            pieces = [piece.key for piece in await boards.pieces(actor) if piece.kind is not Kind.ORDERS]
        await make_sheet(actor, payload.path, query, pieces)
        token, now = secrets.token_urlsafe(32), clock.now()
        share = Share(
            owner_id=actor.id,
            token_hash=_hashed(token),
            path=payload.path,
            query=urlencode(query),
            pieces=pieces,
            expires_at=now + timedelta(days=payload.days),
        )
        async with unit() as opened:
            await current().database.execute(_SWEEP, {"now": now})
            if len(await _shares.find_all(owner_id=actor.id)) >= MAX_SHARES:
                raise TooManyShares
            await _shares.add(share)
            details = {"page": share.path, "query": share.query, "days": payload.days}
            audit.record(opened, "analytics.shared", share.id, details, risk="medium")
        return share, token

    @signed_in
    async def mine(self, actor: Actor) -> list[Share]:
        """One's own links that still work, the newest first."""
        now = clock.now()
        found = [share for share in await _shares.find_all(owner_id=actor.id) if share.expires_at > now]
        return sorted(found, key=lambda share: share.created_at, reverse=True)

    @allow("admin:read")
    async def everyones(self, actor: Actor) -> list[tuple[Share, str]]:
        """All links that still work, each with the name of its maker, the newest first."""
        now = clock.now()
        found = [share for share in await _shares.find_all() if share.expires_at > now]
        makers = await users_collection.find_ids({share.owner_id for share in found})
        found.sort(key=lambda share: share.created_at, reverse=True)
        return [(share, makers[share.owner_id].name if share.owner_id in makers else "") for share in found]

    @oneself
    async def end(self, actor: Actor, share_id: str) -> Share:
        """End a link at once: one's own, or as an administrator anybody's.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        if not is_id(share_id):
            raise NotFound
        async with unit() as opened:
            share = await _shares.remove(share_id, restriction={} if can(actor, "admin:update") else {"owner_id": actor.id})
            others = share.owner_id != actor.id
            details = {"page": share.path, "query": share.query, **({"owner": share.owner_id} if others else {})}
            audit.record(opened, "analytics.share_ended", share.id, details, risk="medium" if others else "low")
        return share

    @public
    async def open(self, token: str) -> Opened:
        """What a link shows, under the rights of its maker as they are now.

        Raises:
            ShareEnded: whatever the reason is; who has the link is not told which.
        """
        share = await _shares.find(token_hash=_hashed(token)) if _TOKEN.fullmatch(token) else None
        if share is None or share.expires_at <= clock.now():
            raise ShareEnded
        maker = await as_they_are(share.owner_id, share.created_at)
        if maker is None or share.path not in PAGES:
            raise ShareEnded
        try:
            with act_as(maker):
                return Opened(await make_sheet(maker, share.path, dict(parse_qsl(share.query)), share.pieces), share.expires_at)
        except (Forbidden, NotFound) as error:
            raise ShareEnded from error
        except MewayzError as error:
            if error.status == 422:  # what could be asked when the link was made cannot be asked any more
                raise ShareEnded from error
            raise


shares = Shares()
