"""What the part "Report by e-mail" of the panel holds: the reports that a person has begun."""

import re
from dataclasses import dataclass
from typing import Any

import reflex as rx

from mewayz.backend import clock
from mewayz.backend.access import can
from mewayz.domains.analytics.cadence import Cadence, Every
from mewayz.domains.analytics.outgoing import Report
from mewayz.domains.analytics.report_post import send_now
from mewayz.domains.analytics.reports import reports
from mewayz.domains.analytics.spoken import days_in_words
from mewayz.ui.events import ONESELF, actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHEN = {
    "day": "Every day",
    **{f"week {number}": f"Every {name}" for number, name in enumerate(DAYS)},
    "month": "On the 1st of a month",
}
"""What can be chosen, and how it is called."""


@dataclass
class Running:
    """A report that leaves by itself."""

    id: str
    label: str
    detail: str


class ReportList(Guarded, rx.State):
    """Reports of one's own.

    Attributes:
        elsewhere: those of others, for administrators.
        others: whether they may go to others too.
        visit: grows when the form is to be empty again.
        yesterday: the days that one at once would tell, in words, and `week` and `month` likewise.
    """

    zone: str = ""
    others: bool = False
    visit: int = 0
    yesterday: str = ""
    week: str = ""
    month: str = ""
    running: list[Running] = []  # noqa: RUF012 (Reflex copies defaults per client)
    elsewhere: list[Running] = []  # noqa: RUF012

    @on(ONESELF)
    async def load(self) -> None:
        """Show what leaves."""
        async with guarded(self):
            await self._list()

    @on(ONESELF)
    async def begin(self, form: dict[str, Any]) -> None:
        """Begin a report."""
        async with guarded(self):
            every, _, weekday = str(form.get("when", "")).partition(" ")
            data: dict[str, Any] = {"every": every, "hour": str(form.get("hour", "")), "weekday": weekday or 0}
            data["also"] = [word for word in re.split(r"[\s,;]+", str(form.get("also", ""))[:5_000]) if word]
            await reports.create(actor(), data)
            self.visit += 1
            await self._list()
            await say(self, "The report leaves from now on.")
        if self.field_errors:
            self.error = " ".join(self.field_errors.values())

    @on(ONESELF)
    async def end(self, report_id: str) -> None:
        """End a report."""
        async with guarded(self):
            await reports.end(actor(), report_id)
            await self._list()
            await say(self, "The report has ended.")

    @on(ONESELF)
    async def send(self, form: dict[str, Any]) -> None:
        """Send one at once, to oneself."""
        async with guarded(self):
            every = str(form.get("every", ""))
            await send_now(actor(), Every(every) if every in [*Every] else Every.WEEK)
            await say(self, f"Sent to {actor().email}.")

    async def _list(self) -> None:
        words, who, now = await locale(), actor(), clock.now()
        spans = {every: Cadence.at_once(every, now, words.zone) for every in Every}
        told = {every: days_in_words(one.window(one.latest(now, words.zone), words.zone), words) for every, one in spans.items()}
        self.yesterday, self.week, self.month = told[Every.DAY], told[Every.WEEK], told[Every.MONTH]
        self.zone, self.others = words.zone.key, can(who, "admin:update")
        self.running = [_line(report, addresses, words) for report, _, addresses in await reports.mine(who)]
        theirs = [one for one in await reports.everyones(who) if one.report.owner_id != who.id] if self.others else []
        self.elsewhere = [_line(report, addresses, words, by=owner) for report, owner, addresses in theirs]


def _line(report: Report, addresses: list[str], words: Locale, *, by: str = "") -> Running:
    key = f"week {report.weekday}" if report.every == Every.WEEK else report.every
    told = f"next {words.minute(report.next_at)}, to {', '.join(addresses)}"
    return Running(report.id, f"{WHEN[key]} at {report.hour:02}:00{f', by {by}' if by else ''}", told)
