"""The window of an analytics page: in the address, with the menus that change it and the tabs that keep it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend import clock
from mewayz.backend.access import can
from mewayz.backend.rest import BASE
from mewayz.backend.shop import shop
from mewayz.domains.analytics.model import Compare, Interval, Window, window_between
from mewayz.domains.analytics.questions import WINDOW, Question, read_question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import COMPARED, ONE_DAY, against_in_words, aside_in_words, days_in_words, silence_in_words
from mewayz.ui.events import actor, on
from mewayz.ui.table_state import Option
from mewayz.ui.words import Locale, locale, sentence

TABS = (
    ("Sales", "/analytics", "analytics:read"),
    ("Products", "/analytics/products", "analytics:read"),
    ("Customers", "/analytics/customers", "analytics:explore"),
    ("Inventory", "/analytics/inventory", "analytics:explore"),
    ("Ageing", "/analytics/ageing", "analytics:explore"),
    ("Forecast", "/analytics/forecast", "analytics:explore"),
    ("Metrics", "/analytics/metrics", "analytics:read"),
)


class Windowed(rx.State, mixin=True):
    """The window that the address names, and the ways to others.

    Attributes:
        aside: why the window that opens does not reach today, or why there is nothing in one.
        compares_windows: whether what is shown is compared with another window.
        turning: whether what is shown is that of another address, until the figures of this one have arrived.
    """

    compares_windows: ClassVar[bool] = True

    aside: str = ""
    turning: bool = False
    label: str = ""
    by: str = ""
    compared: str = ""
    against: str = ""
    first: str = ""
    last: str = ""
    file: str = ""
    presets: list[Option] = []  # noqa: RUF012 (Reflex copies defaults per client)
    intervals: list[Option] = []  # noqa: RUF012
    compares: list[Option] = []  # noqa: RUF012
    tabs: list[Option] = []  # noqa: RUF012
    _told: str = ""  # the address whose figures are shown
    _kept: dict[str, str] = {}  # noqa: RUF012 (what of the address makes sense)
    _ended: date | None = None  # the day after the last steady sale, where that is long ago

    @on("analytics:read")
    async def turn(self) -> None:
        """The page has been opened: what it still shows of another address is marked as such. News of others do not pass here."""
        self.turning = bool(self._told) and self._told != self._address()

    def _turned(self) -> None:
        """What is shown is that of the address now."""
        self._told, self.turning = self._address(), False

    def _address(self) -> str:
        return f"{self.router.url.path}?{self.router.url.query}"

    @on("analytics:read")
    async def choose(self, form: dict[str, Any]) -> Any:
        """Go to a window of one's own choice; `last` is a day in it."""
        try:
            end = date.fromisoformat(str(form.get("last", ""))) + ONE_DAY
            first = date.fromisoformat(str(form.get("first", "")))
        except (ValueError, OverflowError):
            self.error = "Enter both dates, such as 2010-11-01."
            return None
        if first >= end:
            self.error = "The last day lies before the first one: choose a later one."
            return None
        return rx.redirect(self._href({"from": first.isoformat(), "to": end.isoformat()}))

    def _keep(self) -> None:
        self._kept = {key: value for key, value in self.router.url.query_parameters.items() if key in WINDOW}

    async def _question(self, whole: Window | None) -> Question:
        """What the address asks for; without a window, the latest 30 days of steady sales."""
        asked = read_question({key: value for key, value in self._kept.items() if key in WINDOW})
        self.aside = ""
        today = clock.now().astimezone((await shop()).zone).date()
        recent = await analytics.recent(actor())
        self._ended = recent.end if whole and recent.end <= today else None
        if asked.first or asked.end:
            window = window_between(asked.first, asked.end, whole or Window(today, today + ONE_DAY), today)
            self.aside = silence_in_words(window, whole, await locale())
            return replace(asked, first=window.first, end=window.end)
        self.aside = aside_in_words(recent, whole, today)
        return replace(asked, first=recent.first, end=recent.end)

    def _words(self, question: Question, words: Locale) -> Locale:
        """How the amounts are written, which are in the currency that is asked for."""
        return replace(words, currency=question.currency) if question.currency else words

    def _href(self, changes: Mapping[str, str], path: str = "") -> str:
        path = path or self.router.url.path
        query = {key: value for key, value in {**self._kept, **changes}.items() if value}
        return f"{path}?{urlencode(query)}" if query else path

    async def _frame(self, window: Window, question: Question, whole: Window | None, words: Locale, interval: str = "") -> None:
        """Say which window this is, and offer others."""
        self.first, self.last = window.first.isoformat(), (window.end - ONE_DAY).isoformat()
        self.label, self.by = days_in_words(window, words), f"By {interval}"
        self.against = against_in_words(question.compare, window) if self.compares_windows else ""
        await self._offer(window, question, whole, interval)

    def _save(self, name: str, question: Question, **more: str) -> None:
        """The same numbers as a file."""
        window = {key: value for key, value in (("from", question.first), ("to", question.end)) if value}
        query = {**window, "compare": question.compare.value, **more, "format": "csv"}
        if question.interval:
            query["interval"] = question.interval.value
        if question.currency:
            query["currency"] = question.currency
        self.file = f"{BASE}/analytics/{name}?{urlencode(query)}"

    async def _offer(self, window: Window, question: Question, whole: Window | None, interval: str) -> None:
        presets = presets_of(window, whole, self._ended)
        # Between two that have sales there may be years without.
        unsure = [one for _, one in presets if whole and not (one.has(whole.first) or one.has(whole.end - ONE_DAY))]
        empty = {*unsure} - await analytics.sold_in(actor(), unsure)
        self.presets = [
            Option(name, self._href({"from": found.first.isoformat(), "to": found.end.isoformat()}), chosen=found == window)
            for name, found in presets
            if found not in empty
        ]
        self.intervals = [
            Option(sentence(name.value), self._href({"interval": name.value}), chosen=name.value == interval) for name in Interval
        ]
        self.compares = [
            Option(
                label or "No comparison",
                self._href({"compare": "" if name is Compare.PREVIOUS else name.value}),
                chosen=name is question.compare,
            )
            for name, label in (COMPARED.items() if self.compares_windows else ())
        ]
        who, here = actor(), self.router.url.path.rstrip("/")
        self.tabs = [Option(name, self._href({}, path), chosen=path == here) for name, path, needs in TABS if can(who, needs)]


def presets_of(window: Window, whole: Window | None, ended: date | None = None) -> list[tuple[str, Window]]:
    """Windows that end where the data ends, and beyond a long break also those that end with the steady sales before it.

    Args:
        window: the one that is open.
        whole: all that there is.
        ended: the day after the last steady sale, where that is long ago.
    """
    end = whole.end if whole else window.end
    begun = whole.first if whole else window.end - ONE_DAY
    found = [*_lately(end, " of sales" if ended == end else ""), *_calendar(end, begun)]
    if whole and ended and ended < end:
        before = [_lately(ended, " of steady sales")[2], *_calendar(ended, begun)]
        known = [one for _, one in found]
        found += [(name, one) for name, one in before if one not in known]
    return [*found, ("All time", whole)] if whole else found


def _lately(end: date, what: str) -> list[tuple[str, Window]]:
    spans = {"Last day": 1, "Last 7 days": 7, "Last 30 days": 30, "Last 90 days": 90, "Last 12 months": 365}
    return [(f"{name}{what}", Window(end - timedelta(days=days), end)) for name, days in spans.items()]


def _calendar(end: date, begun: date) -> list[tuple[str, Window]]:
    """The month and the year of the last day, and those before, as far as anything had begun by then."""
    last = end - ONE_DAY
    month = Interval.MONTH.start(last)
    found = [
        (f"{last:%B %Y}", Window(month, Interval.MONTH.next(month))),
        (f"{month - ONE_DAY:%B %Y}", Window(Interval.MONTH.start(month - ONE_DAY), month)),
        (f"{last.year}", Window(date(last.year, 1, 1), date(last.year + 1, 1, 1))),
        (f"{last.year - 1}", Window(date(last.year - 1, 1, 1), date(last.year, 1, 1))),
    ]
    return [(name, one) for name, one in found if one.end > begun]
