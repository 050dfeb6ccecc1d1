"""What the tabs of analytics share: their window and filters, from the address, and the ways to others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from mewayz.backend.access import scope_of
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import NOTHING
from mewayz.backend.grants import Scope
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import FILTER_WORDS, FILTERS, WINDOW, Question, read_question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import UNITS, filter_in_words, listed_in_words, metric_samples, metric_tile
from mewayz.domains.analytics.window_state import Windowed
from mewayz.ui.events import actor
from mewayz.ui.glance import Tile
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.plot import Plot, trend
from mewayz.ui.table_state import Option
from mewayz.ui.words import Locale, locale

Row = dict[str, Any]
TAKEN: dict[str, tuple[str, ...]] = {}
"""The filters that each tab takes, by its path: a link to another tab keeps those that it takes too."""


@dataclass
class Filtering:
    """A filter that can be set, and its values."""

    name: str
    label: str
    options: list[Option] = field(default_factory=list[Option])


class Tab(Guarded, Windowed, mixin=True):
    """A tab names the filters that it takes, and fills itself from an answer.

    Attributes:
        note: what about the figures is not as it was asked for.
        own: whether they are those of the person's own orders.
        period: the days and the filters, as a picture of a table says them.
    """

    takes: ClassVar[tuple[str, ...]] = ()
    path: ClassVar[str] = ""

    ready: bool = False
    nothing: bool = False
    note: str = ""
    own: bool = False
    period: str = ""
    filters: list[Filtering] = []  # noqa: RUF012 (Reflex copies defaults per client)
    chips: list[Option] = []  # noqa: RUF012
    unfiltered: str = ""

    def _keep(self) -> None:
        known = (*WINDOW, *FILTERS, *self.takes)
        self._kept = {key: value for key, value in self.router.url.query_parameters.items() if key in known and value}

    async def _open(self) -> None:
        self._keep()
        async with guarded(self):
            whole, words = await analytics.everything(actor()), await locale()
            try:
                question = await self._asked(whole)
            except Invalid as error:
                # What can be understood is kept, and the menus lead out.
                self._kept = {key: value for key, value in self._kept.items() if key not in error.fields}
                await self._offer(await analytics.recent(actor()), Question(), whole, "")
                await self._offer_filters(replace(Question(), **self._set()))
                raise Invalid(" ".join(error.fields.values())) from None
            assert question.first is not None
            assert question.end is not None
            window, words = Window(question.first, question.end), self._words(question, words)
            self.nothing, self.note = whole is None, ""
            self.own = scope_of(actor(), "analytics:read") is Scope.OWN
            await self._frame(window, question, whole, words, question.interval or window.natural_interval())
            await self._offer_filters(question)
            self.period = under_filters(self.label, question.filters)
            await self._fill(question, words)
        self.ready = not self.error
        self._turned()

    def _set(self) -> dict[str, str]:
        """The filters of the address that this tab takes."""
        return {name: self._kept[name] for name in self.takes if name in self._kept}

    async def _asked(self, whole: Window | None) -> Question:
        """The question of the address: its window, and the filters that this tab takes."""
        found = self._set()
        read_question(found, self.takes)
        return replace(await self._question(whole), **found)

    async def _fill(self, question: Question, words: Locale) -> None:
        """Ask the service, and hold the answer in words; a tab that only has words of its own asks nothing."""

    async def _offer_filters(self, question: Question) -> None:
        who, offered = actor(), list[Filtering]()
        for name in self.takes:
            now = getattr(question, name)
            values = [*(await analytics.values(who, name)), NOTHING]
            if len(values) > 1:
                found = [
                    Option(
                        ("No account" if name == "plan" else "Not set") if one == NOTHING else one,
                        self._href({name: "" if one == now else one}),
                        chosen=one == now,
                    )
                    for one in values
                ]
                offered.append(Filtering(name, FILTER_WORDS[name], found))
        self.filters = offered
        self.chips = [Option(filter_in_words(name, value), self._href({name: ""})) for name, value in question.filters.items()]
        if question.currency:
            self.chips = [*self.chips, Option(f"Currency is {question.currency}", self._href({"currency": ""}))]
        self.unfiltered = self._href(dict.fromkeys((*self.takes, "currency"), ""))

    def _href(self, changes: Mapping[str, str], path: str = "") -> str:
        """An address with what its tab takes of what is set."""
        takes = (*WINDOW, *TAKEN.get(path or self.path, ()))
        return super()._href({**dict.fromkeys(self._kept.keys() - set(takes), ""), **changes}, path)

    def _save(self, name: str, question: Question, **more: str) -> None:
        super()._save(name, question, **question.filters, **more)

    def _tell(self, found: Row) -> None:
        """Say how the days were put together where there were too many, and what is not known under the filters."""
        if found["downsampled"]:
            self.note = f"Shown by {found['interval']}: these are more days than a chart can show one by one."
            self.by = f"By {found['interval']}"
        if not self._set():
            return
        told = ("orders", "aov") if self.own else ("orders", "aov", "buyers", "new")  # who else buys is no matter of filters
        if missing := [BY_KEY[key].label.lower() for key in found.get("unavailable", ()) if key in told]:
            self.note = f"{self.note} With these filters, {listed_in_words(missing)} are not known.".strip()


def under_filters(days: str, filters: Mapping[str, str]) -> str:
    """`1–30 Nov 2011, Country is Germany`."""
    return ", ".join([days, *(filter_in_words(name, value) for name, value in filters.items())])


def tiles_of(keys: Sequence[str], found: Row, question: Question, words: Locale, *, own: bool = False) -> list[Tile]:
    """Tiles of what is known."""
    return [metric_tile(BY_KEY[key], found, question.compare, words, own=own, beyond="/customers") for key in keys if key in found]


def plot_of(key: str, found: Row, words: Locale, *, compared: bool = True, own: bool = False) -> Plot:
    """A metric over time."""
    spec = BY_KEY[key]
    samples = metric_samples(spec, found if compared else {**found, "previous": None}, words)
    kind = "line" if len(samples) > 1 else "bars"
    plot = trend(samples, words, unit=UNITS[spec.unit], title=spec.called(own=own), kind=kind)
    # A picture leaves the page: it says of what its figures are.
    plot.period = under_filters(plot.period, found["filters"])
    for value in found["filters"].values():
        plot.file += "-" + "-".join(re.findall(r"\w+", value.lower()))
    return plot
