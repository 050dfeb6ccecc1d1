"""What the tabs of analytics share: their window and filters, from the address, and the ways to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from mewayz.backend.errors import Invalid
from mewayz.backend.filters import NOTHING
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import FILTER_WORDS, FILTERS, WINDOW, Question, read_question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.window_state import Windowed, against_in_words, days_in_words
from mewayz.ui.events import actor
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.plot import Plot, Sample, Tile, tile, trend
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
    """

    takes: ClassVar[tuple[str, ...]] = ()
    path: ClassVar[str] = ""

    ready: bool = False
    nothing: bool = False
    note: str = ""
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
                self._offer(await analytics.recent(actor()), Question(), whole, "")
                await self._offer_filters(replace(Question(), **self._set()))
                raise Invalid(" ".join(error.fields.values())) from None
            assert question.first is not None
            assert question.end is not None
            window = Window(question.first, question.end)
            self.nothing, self.note = whole is None, ""
            self._frame(window, question, whole, words, question.interval or window.natural_interval())
            await self._offer_filters(question)
            await self._fill(question, words)
        self.ready = not self.error

    def _set(self) -> dict[str, str]:
        """The filters of the address that this tab takes."""
        return {name: self._kept[name] for name in self.takes if name in self._kept}

    async def _asked(self, whole: Window | None) -> Question:
        """The question of the address: its window, and the filters that this tab takes."""
        found = self._set()
        read_question(found, self.takes)
        return replace(await self._question(whole), **found)

    async def _fill(self, question: Question, words: Locale) -> None:
        """Ask the service, and hold the answer in words."""
        raise NotImplementedError

    async def _offer_filters(self, question: Question) -> None:
        who, offered = actor(), list[Filtering]()
        for name in self.takes:
            now = getattr(question, name)
            values = [*(await analytics.values(who, name)), NOTHING]
            if len(values) > 1:
                found = [Option(shown(one), self._href({name: "" if one == now else one}), chosen=one == now) for one in values]
                offered.append(Filtering(name, FILTER_WORDS[name], found))
        self.filters = offered
        self.chips = [
            Option(f"{FILTER_WORDS[name]} is {shown(value, lower=True)}", self._href({name: ""}))
            for name, value in question.filters.items()
        ]
        self.unfiltered = self._href(dict.fromkeys(self.takes, ""))

    def _href(self, changes: Mapping[str, str], path: str = "") -> str:
        """An address with what its tab takes of what is set."""
        takes = (*WINDOW, *TAKEN.get(path or self.path, ()))
        return super()._href({**dict.fromkeys(self._kept.keys() - set(takes), ""), **changes}, path)

    def _save(self, name: str, question: Question, **more: str) -> None:
        super()._save(name, question, **question.filters, **more)

    def _tell(self, found: Row) -> None:
        """Say how the days were put together where there were too many."""
        if found["downsampled"]:
            self.note = f"Shown by {found['interval']}: these are more days than a chart can show one by one."
            self.by = f"By {found['interval']}"
        if missing := [BY_KEY[key].label.lower() for key in found.get("unavailable", ()) if key in ("orders", "aov", "buyers", "new")]:
            self.note = f"{self.note} With these filters, {' and '.join(missing)} are not known.".strip()


def shown(value: str, *, lower: bool = False) -> str:
    """A value of a filter for a person."""
    return value if value != NOTHING else "not set" if lower else "Not set"


def window_of(row: Row) -> Window:
    """The days of a bucket."""
    return Window(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))


def spoken(key: str, value: Any, words: Locale) -> str:
    """A figure in its unit."""
    if value is None:
        return "–"
    match BY_KEY[key].unit:
        case "money":
            return words.short_money(value)
        case "ratio":
            return words.percent(value)
        case _:
            return words.number(value)


def opened(template: str, row: Row) -> str:
    """The list behind a bucket."""
    return template.replace("{from}", row["from"]).replace("{to}", row["to"])


def tiles_of(keys: Sequence[str], found: Row, question: Question, words: Locale) -> list[Tile]:
    """Tiles of what is known; changes are told of days that are over."""
    changes, window = found["changes"], {"from": found["from"], "to": found["to"]}
    told = window_of(changes) if changes else None
    against = against_in_words(question.compare, told) if told else ""
    tiles: list[Tile] = []
    for key in keys:
        if key not in found:
            continue
        value, spec = found[key], BY_KEY[key]
        change = changes["of"].get(key) if changes else None
        tiles.append(
            tile(
                spec.label,
                spoken(key, value, words),
                words,
                value=None if value is None else float(value),
                before=None,
                against=against if change else "",
                href=opened(found["drills"][key], window) or "/customers",
                series=[float(bucket[key] or 0) for bucket in found["series"] if key in bucket],
                less_is_good=spec.less_is_good,
                over=(change["ratio"], change["isNew"]) if change else (None, False),
            )
        )
    return tiles


def plot_of(key: str, found: Row, words: Locale, *, compared: bool = True) -> Plot:
    """A metric over time."""
    spec = BY_KEY[key]
    before = found["previous"]["series"] if compared and found["previous"] else []
    samples = [
        Sample(
            bucket["from"],
            days_in_words(window_of(bucket), words),
            float(bucket[key]),
            float(before[index][key]) if index < len(before) else None,
            opened(found["drills"][key], bucket),
            bucket["complete"],
        )
        for index, bucket in enumerate(found["series"])
    ]
    unit = "money" if spec.unit == "money" else "count"
    return trend(samples, words, unit=unit, title=spec.label, kind="line" if len(samples) > 1 else "bars")
