"""The post: finds the reports that are due, writes their letters and lets them leave.

Every server process looks. What is due is claimed by one statement that only one of them wins: first the report, which
in the same transaction becomes letters, then each letter. A process that dies with a letter in its hands is succeeded by
another after the lease; whether the mail server had taken it, nobody knows then, and the copy has the same Message-ID.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from mewayz.backend import clock, mail
from mewayz.backend.access import Actor, act_as
from mewayz.backend.errors import Forbidden, Invalid, Unavailable
from mewayz.backend.limits import MAIL
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.cadence import Cadence, Every
from mewayz.domains.analytics.outgoing import Report, ReportLetter
from mewayz.domains.analytics.pieces import Kind, arranged
from mewayz.domains.analytics.report_letter import Ways, fill
from mewayz.domains.analytics.reports import cadence_of, letters_collection, reports_collection, stop_token
from mewayz.domains.analytics.sheet import Figure, Sheet
from mewayz.domains.analytics.sheets import make_sheet
from mewayz.domains.auth.standing import as_they_are

STOP_PATH = "/reports/stop"
PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""Before each further try of a letter that was not taken; after the last one it is given up."""
LEASE = timedelta(minutes=15)
_LOOK_EVERY = 30.0  # seconds
_AT_ONCE = 50
_TITLES = {Every.DAY: "Daily report", Every.WEEK: "Weekly report", Every.MONTH: "Monthly report"}

_reports, _letters = reports_collection.table, letters_collection.table


def _when(name: str) -> Any:
    return bindparam(name, type_=_reports.c.next_at.type)


_DUE = select(*_reports.columns).where(_reports.c.next_at <= _when("now")).order_by(_reports.c.next_at).limit(_AT_ONCE)
_MOVE_ON = (
    update(_reports)
    .where(_reports.c.id == bindparam("id_"), _reports.c.next_at == _when("seen"))
    .values(next_at=_when("following"), last_at=_when("now"))
)
_WAITING = select(*_letters.columns).where(_letters.c.try_at <= _when("now")).order_by(_letters.c.try_at, _letters.c.id).limit(_AT_ONCE)
_CLAIM = (
    update(_letters)
    .where(_letters.c.id == bindparam("id_"), _letters.c.tries == bindparam("seen"), _letters.c.try_at <= _when("now"))
    .values(tries=bindparam("seen") + 1, try_at=_when("until"))
)
_LATER = update(_letters).where(_letters.c.id == bindparam("id_")).values(try_at=_when("at"))
_GONE = delete(_letters).where(_letters.c.id == bindparam("id_"))


async def keep_posting() -> None:
    """Look again and again, until cancelled."""
    while True:
        try:
            await post()
        except Exception:
            logger.exception("the reports that are due could not be looked at")
        await asyncio.sleep(_LOOK_EVERY)


async def post() -> int:
    """Let all leave that is due now; returns how many letters were taken."""
    now = clock.now()
    for row in await current().database.fetch(_DUE, {"now": now}):
        await _write(reports_collection.build(row), now)
    sent = 0
    for row in await current().database.fetch(_WAITING, {"now": now}):
        sent += await _try(letters_collection.build(row), now)
    return sent


async def _write(report: Report, now: datetime) -> None:
    """Make the letters of a report that is due, once: for the last time that it was, whatever was missed before."""
    zone, cadence = (await shop()).zone, cadence_of(report)
    due = max(cadence.latest(now, zone), report.next_at)
    async with unit():
        moved = {"id_": report.id, "seen": report.next_at, "following": cadence.after(now, zone), "now": now}
        if await current().database.execute(_MOVE_ON, moved):
            await letters_collection.add_many(
                [ReportLetter(report_id=report.id, user_id=one, due_at=due, try_at=now) for one in report.recipients]
            )


async def _try(letter: ReportLetter, now: datetime) -> bool:
    async with unit():
        if not await current().database.execute(_CLAIM, {"id_": letter.id, "seen": letter.tries, "now": now, "until": now + LEASE}):
            return False
    tries = letter.tries + 1
    taken, again = False, False
    try:
        taken = await _send(letter)
    except (mail.Undelivered, Unavailable) as error:
        again = tries <= len(PAUSES) and not (isinstance(error, mail.Undelivered) and error.for_good)
        logger.log(30 if again else 40, "letter report: try %d failed (%s)%s", tries, error, "" if again else "; it is given up")
    except (Forbidden, Invalid) as error:
        logger.info("letter report: there is nothing to send (%s)", error.code)
    except Exception:
        again = tries <= len(PAUSES)
        logger.exception("letter report: try %d failed", tries)
    async with unit():
        if again:
            await current().database.execute(_LATER, {"id_": letter.id, "at": now + PAUSES[tries - 1]})
        else:
            await current().database.execute(_GONE, {"id_": letter.id})
    return taken


async def _send(letter: ReportLetter) -> bool:
    report = await reports_collection.find(id=letter.report_id)
    if report is None or letter.user_id not in report.recipients:
        return False
    owner = await as_they_are(report.owner_id, report.created_at)
    reader = await as_they_are(letter.user_id, report.created_at)
    if owner is None or reader is None:
        return False
    keys = await boards.kept(owner)
    token = stop_token(report.id, reader.id)
    await send_report(reader, cadence_of(report), letter.due_at, keys, key=f"report.{letter.id}", stop=f"{STOP_PATH}/{token}")
    return True


async def send_report(reader: Actor, cadence: Cadence, due: datetime, keys: Sequence[str], *, key: str = "", stop: str = "") -> None:
    """Write a report under the rights of its reader, and try once to let it leave.

    Args:
        reader: who gets it.
        cadence: which days it is about,
        due: at this time.
        keys: of the dashboard.
        key: of its Message-ID.
        stop: the path that stops such letters, if they come again.

    Raises:
        Undelivered: it was not taken. Forbidden, Invalid: there is nothing that the reader may see.
    """
    place = await shop()
    window = cadence.window(due, place.zone)
    with act_as(reader):
        pieces = [piece.key for piece in arranged(reader, keys) if piece.kind is not Kind.ORDERS]
        query = {"from": window.first.isoformat(), "to": window.end.isoformat()}
        sheet = await make_sheet(reader, "/", query, pieces)
        charted = cadence.charted(window)
        if charted != window:
            longer = {"from": charted.first.isoformat(), "to": charted.end.isoformat()}
            sheet = _with_charts(sheet, await make_sheet(reader, "/", longer, pieces), charted.days)
    title = _TITLES[cadence.every]
    message = mail.envelope(f"{title}: {sheet.window}", reader.email, place.name, current().settings, key=key)
    await fill(message, sheet, title, place.name, Ways(mail.public_link("/", **query), mail.public_link(stop) if stop else ""))
    await mail.hand_over(message, "report")


def _with_charts(sheet: Sheet, longer: Sheet, days: int) -> Sheet:
    """The sheet with the charts of a longer window."""
    parts = [
        replace(other, title=f"{other.title}, last {days} days") if isinstance(other, Figure) else part
        for part, other in zip(sheet.parts, longer.parts, strict=True)
    ]
    return replace(sheet, parts=parts)


async def send_now(reader: Actor, every: Every) -> None:
    """Send oneself the report of yesterday, the last seven days or the last month, at once; nothing is scheduled by it.

    Raises:
        RateLimited: too many were asked for. Unavailable: the mail server does not take it. Forbidden, Invalid: as `send_report`.
    """
    await current().limits.hit(MAIL, "report", reader.id)
    zone, now = (await shop()).zone, clock.now()
    cadence = Cadence.at_once(every, now, zone)
    try:
        await send_report(reader, cadence, cadence.latest(now, zone), await boards.kept(reader))
    except mail.Undelivered as error:
        raise Unavailable(f"The mail server does not take the letter ({error}). Try again later.") from None
