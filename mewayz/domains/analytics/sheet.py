"""A sheet: what a page of figures says, without the page; shared links and reports draw it each in their own way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain

from mewayz.ui.glance import Bar, Tile
from mewayz.ui.plot import Expected, Sample, Unit, parted, unfinished
from mewayz.ui.plot_axis import value_ticks
from mewayz.ui.words import Locale

Values = Sequence[float | None]


@dataclass(frozen=True)
class Curves:
    """The lines of a chart, each with a value or a gap for every label.

    Attributes:
        main: what is over.
        tail: what is not over yet, or expected; it begins where `main` ends, and is dashed.
        compared: what it is compared with, if anything.
        low: the lower edge of a band, if there is one, and `high` the upper one.
    """

    labels: Sequence[str]
    main: Values
    tail: Values = ()
    compared: Values = ()
    low: Values = ()
    high: Values = ()

    @property
    def ticks(self) -> list[float]:
        """The values beside them."""
        return value_ticks(chain(self.main, self.tail, self.compared, self.low, self.high))


@dataclass(frozen=True)
class Figure:
    """A chart with its twin: the same numbers as rows of a table."""

    title: str
    unit: Unit
    curves: Curves
    rows: Sequence[tuple[str, ...]]
    compared: str = ""
    about: str = ""


@dataclass(frozen=True)
class Ranked:
    """A ranking."""

    title: str
    heading: str
    unit: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Grid:
    """A table; its first column names the rows. Those cells are dashed, given as row and column, that are not whole."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""
    dashed: Collection[tuple[int, int]] = ()


Part = Figure | Ranked | Grid


@dataclass(frozen=True)
class Sheet:
    """All that is shown.

    Attributes:
        title: of the page that it is taken from.
        window: the days that it is about, in words, and `against` with what they are compared.
        aside: why these days end before today, or why there is nothing in them.
        narrowed: the filters that hold for all of it, in words.
        words: how the shop writes numbers.
    """

    title: str
    window: str
    against: str
    words: Locale
    tiles: Sequence[Tile] = ()
    parts: Sequence[Part] = field(default_factory=tuple)
    narrowed: str = ""
    aside: str = ""

    @property
    def told(self) -> str:
        """Its days in a line, with what they are compared and why they end where they do."""
        return " · ".join(filter(None, (f"{self.window} {self.against}".strip(), self.aside)))

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.tiles and not self.parts


def said(value: float | None, unit: Unit, words: Locale) -> str:
    """A value of a chart, exact."""
    if value is None:
        return "–"
    match unit:
        case "money":
            return words.money(str(round(value, 2)))
        case "percent":
            return words.percent(value)
        case _:
            return words.number(value)


def tick(value: float, unit: Unit, words: Locale) -> str:
    """A value beside the axis, as short as it can be."""
    return words.tick_money(Decimal(str(round(value, 2)))) if unit == "money" else said(value, unit, words)


def figure(title: str, samples: Sequence[Sample], unit: Unit, words: Locale, *, compared: str = "", about: str = "") -> Figure:
    """A metric over time; a last bucket that is not over is the tail, and one that has not begun is not drawn."""
    main, tail = parted(samples) if len(samples) > 1 else ([sample.value for sample in samples], ())
    before = [sample.before for sample in samples] if compared else []
    rows = [
        (sample.label + unfinished(sample), said(sample.value, unit, words), *((said(sample.before, unit, words),) if compared else ()))
        for sample in samples
    ]
    return Figure(title, unit, Curves([sample.label for sample in samples], main, tail, before), rows, compared, about)


def expectation(title: str, past: Sequence[Sample], coming: Sequence[Expected], unit: Unit, words: Locale, about: str) -> Figure:
    """The past, then what is expected with its range."""
    gap: list[float | None] = [None] * len(coming)
    behind: list[float | None] = [None] * max(0, len(past) - 1)
    joint = [past[-1].value] if past else []

    def after(values: Sequence[float]) -> list[float | None]:
        return [*behind, *joint, *values]

    curves = Curves(
        [one.label for one in (*past, *coming)],
        [*(sample.value for sample in past), *gap],
        after([one.value for one in coming]),
        low=after([one.low for one in coming]),
        high=after([one.high for one in coming]),
    )
    rows = [(sample.label, said(sample.value, unit, words)) for sample in past]
    rows += [
        (one.label, f"{said(one.value, unit, words)} ({said(one.low, unit, words)} to {said(one.high, unit, words)})") for one in coming
    ]
    return Figure(title, unit, curves, rows, about=about)
