"""What the panel "Share" holds: a new link to the page that is open, and the links that a person has out."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import reflex as rx

from mewayz.backend.access import can
from mewayz.backend.mail import public_link
from mewayz.domains.analytics.outgoing import Share
from mewayz.domains.analytics.questions import PARAMETERS, read_question
from mewayz.domains.analytics.share_routes import SHARED_PATH
from mewayz.domains.analytics.shares import shares
from mewayz.domains.analytics.sheets import PAGES
from mewayz.domains.analytics.spoken import ONE_DAY, filter_in_words
from mewayz.ui.events import ONESELF, actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.notice import say
from mewayz.ui.words import Locale, locale


@dataclass
class Out:
    """A link that works: what it shows and until when. Its secret is not kept."""

    id: str
    label: str
    until: str


def asked_in_words(query: dict[str, str], words: Locale) -> str:
    """Which days an address asks for, and what else narrows it."""
    question = read_question(query, PARAMETERS)
    first, last = question.first, question.end - ONE_DAY if question.end else None
    days = "always the latest 30 days"
    if first and last:
        days = words.days(first, last)
    elif first or last:
        days = f"from {words.day(first)}" if first else f"until {words.day(last)}" if last else days
    return ", ".join([days, *(filter_in_words(name, value) for name, value in question.filters.items())])


class ShareLinks(Guarded, rx.State):
    """Links to figures.

    Attributes:
        what: the page that is open, as its link would show it.
        made: the address of the link that has just been made.
        elsewhere: the links of others, for administrators.
    """

    what: str = ""
    made: str = ""
    busy: bool = False
    out: list[Out] = []  # noqa: RUF012 (Reflex copies defaults per client)
    elsewhere: list[Out] = []  # noqa: RUF012

    @on(ONESELF)
    async def show(self, opening: bool) -> None:
        """The panel opens or closes."""
        self.made, self.what = "", ""
        async with guarded(self):
            if opening:
                path, query = self._here()
                page = PAGES.get(path)
                self.what = f"{page.title}, {asked_in_words(query, await locale())}" if page else ""
                await self._list()

    @on(ONESELF)
    async def make(self, form: dict[str, Any]) -> None:
        """Make a link to what is open."""
        async with guarded(self):
            path, query = self._here()
            days = str(form.get("days", ""))
            asked = {"path": path, "query": urlencode(query), "days": int(days) if days in ("1", "7", "30") else 0}
            _, token = await shares.create(actor(), asked)
            self.made = public_link(f"{SHARED_PATH}/{token}")
            await self._list()
        self.error = " ".join([self.error, *self.field_errors.values()]) if self.field_errors else self.error

    @on(ONESELF)
    async def copied(self) -> None:
        """Say that the link is in the clipboard."""
        await say(self, "Copied.")

    @on(ONESELF)
    async def end(self, share_id: str) -> None:
        """End a link at once."""
        async with guarded(self):
            await shares.end(actor(), share_id)
            self.made = ""
            await self._list()
            await say(self, "The link no longer works.")

    def _here(self) -> tuple[str, dict[str, str]]:
        """Path of the open page, and what of its address changes the figures."""
        query = {key: value for key, value in self.router.url.query_parameters.items() if key in PARAMETERS and value}
        return self.router.url.path.rstrip("/") or "/", query

    async def _list(self) -> None:
        words = await locale()
        who = actor()
        self.out = [_line(share, words) for share in await shares.mine(who)]
        found = await shares.everyones(who) if can(who, "admin:update") else []
        self.elsewhere = [_line(share, words, by=owner) for share, owner in found if share.owner_id != who.id]


def _line(share: Share, words: Locale, *, by: str = "") -> Out:
    page = PAGES.get(share.path)
    asked = asked_in_words(dict(parse_qsl(share.query)), words)
    return Out(
        share.id, f"{page.title if page else share.path}, {asked}", f"{f'by {by}, ' if by else ''}until {words.exact(share.expires_at)}"
    )
