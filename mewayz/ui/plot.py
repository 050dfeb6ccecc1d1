"""Charts for Plotly as plain data, without colours: those come from the theme of chart.py, so they follow light and dark.

The service hands over points; nothing here knows a room.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from mewayz.ui.plot_axis import Unit, time_axis, value_axis
from mewayz.ui.words import Locale

Phase = Literal["over", "running", "coming"]

_FEW, _DOT = 2, 8


@dataclass(frozen=True)
class Sample:
    """One bucket of a series.

    Attributes:
        start: ISO date at which it begins, its place on the axis.
        label: what it is called: "12 Nov 2010", "8–14 Nov 2010".
        value: the figure; None where it is undefined, which leaves a gap.
        before: the figure of the bucket that it is compared with.
        href: the list behind it.
        complete: whether it is over and lies wholly in the window.
        phase: what is coming has no value yet, and is not drawn.
        tick: what it is called below the axis, where that is not its first day: "Nov 2010", "Q4 2010".
        last: ISO date of its last day, where that is not its first.
        against: what the bucket that it is compared with is called.
        comparable: whether that one is whole too: a change against a part of a week would say nothing.
    """

    start: str
    label: str
    value: float | None
    before: float | None = None
    href: str = ""
    complete: bool = True
    phase: Phase = "over"
    tick: str = ""
    last: str = ""
    against: str = ""
    comparable: bool = True


@dataclass(frozen=True)
class Expected:
    """One bucket to come: the value that is expected, and the range that it will probably lie in."""

    start: str
    label: str
    value: float
    low: float
    high: float
    last: str = ""


@dataclass
class PlotRow:
    """One line of the table twin, and where a click on the bucket leads."""

    label: str
    value: str
    before: str
    href: str


@dataclass
class Plot:
    """A chart in a state var: the figure, and the same numbers as a table.

    Attributes:
        blank: whether there is nothing to draw, not even nothing sold.
        title, period, file: what its picture says and is called: "Gross sales", "1–30 Nov 2011", "gross-sales-2011-11-01-2011-11-30".
    """

    figure: dict[str, Any] = field(default_factory=dict)
    rows: list[PlotRow] = field(default_factory=list)
    summary: str = ""
    ready: bool = False
    blank: bool = False
    title: str = ""
    period: str = ""
    file: str = ""


def trend(samples: Sequence[Sample], locale: Locale, *, unit: Unit, title: str, kind: Literal["line", "bars"] = "line") -> Plot:
    """A figure over time: the accent series, the compared one dashed in grey, an incomplete last bucket dashed.

    Args:
        samples: the buckets, in order.
        locale: of the shop.
        unit: of the values.
        title: what a screen reader calls it.
        kind: a line, or bars for few buckets.
    """
    say = _speaker(locale, unit)
    starts = [sample.start for sample in samples]
    hover = [_hover(sample, say, locale, unit) for sample in samples]
    solid, tail = parted(samples)
    compared = any(sample.before is not None for sample in samples)
    shared: dict[str, Any] = {"x": starts, "customdata": hover, "hovertemplate": "%{customdata}<extra></extra>"}
    before: dict[str, Any] = {"x": starts, "hoverinfo": "skip"}
    was = [sample.before for sample in samples] if compared else []
    if kind == "bars":
        faint = [1.0 if sample.complete else 0.45 for sample in samples]
        data = [{"type": "bar", "y": [sample.value for sample in samples], "marker": {"opacity": faint}, **shared}]
        data += [{"type": "bar", "y": was, **before}] if compared else []
    else:
        # The order of the traces is the order of the theme's styles: accent, compared, incomplete.
        data = [{**_line(solid), **shared}, {**_line(was), **before}]
        data += [{**_line(tail), **shared}] if tail else []
    rows = [PlotRow(s.label + unfinished(s), say(s.value), say(s.before), s.href) for s in samples]
    numbers = [number for sample in samples for number in (sample.value, sample.before)]
    layout = _layout(numbers, starts, [sample.tick for sample in samples], locale, unit)
    if kind == "bars":
        layout["bargap"] = 0.7  # a single one is not as wide as the chart
    blank = all(sample.value is None and sample.before is None for sample in samples)
    plot = Plot({"data": data, "layout": layout}, rows, _summary(title, samples, say), ready=True, blank=blank)
    return _named(plot, title, samples, locale)


def _layout(numbers: Sequence[float | None], starts: Sequence[str], names: Sequence[str], locale: Locale, unit: Unit) -> dict[str, Any]:
    return {
        "separators": locale.separators,
        "yaxis": value_axis(numbers, locale, unit),
        "xaxis": time_axis(starts, names, locale),
    }


def _named(plot: Plot, title: str, buckets: Sequence[Sample | Expected], locale: Locale) -> Plot:
    """The same with its title, and the days from the first to the last bucket."""
    plot.title, plot.file = title, "-".join(re.findall(r"\w+", title.lower()))
    if buckets:
        first, last = buckets[0].start, buckets[-1].last or buckets[-1].start
        plot.period = locale.days(date.fromisoformat(first), date.fromisoformat(last))
        plot.file += f"-{first}-{last}"
    return plot


def _line(values: Sequence[float | None]) -> dict[str, Any]:
    """A line, with a dot where there would be none: at a value between two gaps, and at each of one or two."""
    few = len(values) <= _FEW
    around = [None, *values, None]
    alone = [value is not None and (few or left is None is right) for left, value, right in zip(around, values, around[2:], strict=False)]
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "y": list(values)}
    if any(alone):
        # Whole also where they stand at the edge, as at nothing sold.
        line |= {"mode": "lines+markers", "marker": {"size": [_DOT if one else 0 for one in alone]}, "cliponaxis": False}
    return line


def parted(samples: Sequence[Sample]) -> tuple[list[float | None], list[float | None]]:
    """The values of a line, and of its dashed end, which is empty where the last bucket that has begun is complete."""
    values = [None if sample.phase == "coming" else sample.value for sample in samples]
    last = sum(sample.phase != "coming" for sample in samples) - 1
    if last < 0 or samples[last].complete:
        return values, []
    joint = max(0, last - 1)
    return [*values[:last], *[None] * (len(values) - last)], [*[None] * joint, *values[joint:]]


def outlook(past: Sequence[Sample], coming: Sequence[Expected], locale: Locale, *, unit: Unit, title: str) -> Plot:
    """The past as a line, what is expected dashed, its range as a band."""
    say = _speaker(locale, unit)
    x = [sample.start for sample in past] + [one.start for one in coming]
    gap, behind = [None] * len(coming), [None] * max(0, len(past) - 1)
    joint = [past[-1].value] if past else []  # the dashed line goes on from the last value
    ranges = [f"{say(one.value)} ({say(one.low)} to {say(one.high)})" for one in coming]
    hover = [_hover(sample, say, locale, unit) for sample in past] + [
        f"<b>{text}</b><br>{one.label}" for text, one in zip(ranges, coming, strict=True)
    ]
    shared: dict[str, Any] = {"type": "scatter", "mode": "lines", "x": x}
    told = {"customdata": hover, "hovertemplate": "%{customdata}<extra></extra>"}
    quiet = {"hoverinfo": "skip"}
    # In the order of the theme's styles: past, compared (there is none), expected, lower and upper end of the range.
    data = [
        {**shared, **told, "y": [sample.value for sample in past] + gap},
        {**shared, **quiet, "y": []},
        {**shared, **told, "y": [*behind, *joint, *(one.value for one in coming)]},
        {**shared, **quiet, "y": [*behind, *joint, *(one.low for one in coming)]},
        {**shared, **quiet, "y": [*behind, *joint, *(one.high for one in coming)]},
    ]
    rows = [PlotRow(sample.label, say(sample.value), "", sample.href) for sample in past]
    rows += [PlotRow(one.label, text, "", "") for one, text in zip(coming, ranges, strict=True)]
    numbers = [*(sample.value for sample in past), *(end for one in coming for end in (one.low, one.high))]
    layout = _layout(numbers, x, [*(sample.tick for sample in past), *[""] * len(coming)], locale, unit)
    summary = f"{title}: {len(past)} past and {len(coming)} expected values. The numbers follow as a table."
    plot = Plot({"data": data, "layout": layout}, rows, summary, ready=True, blank=not coming)
    return _named(plot, title, [*past, *coming], locale)


def _speaker(locale: Locale, unit: Unit) -> Any:
    def say(value: float | None) -> str:
        if value is None:
            return "–"
        match unit:
            case "money":
                return locale.money(str(round(value, 2)))
            case "percent":
                return locale.percent(value)
            case _:
                return locale.number(value)

    return say


def _hover(sample: Sample, say: Any, locale: Locale, unit: Unit) -> str:
    lines = [f"<b>{say(sample.value)}</b>", sample.label + unfinished(sample)]
    if sample.value is not None and sample.before is not None and sample.complete and sample.comparable:
        change = _points(sample.value - sample.before, locale) if unit == "percent" else _change(sample.value, sample.before, locale)
        lines.append(f"{change} (was {', '.join(filter(None, (say(sample.before), sample.against)))})")
    return "<br>".join(lines)


def unfinished(sample: Sample) -> str:
    """What is added to the name of a bucket that is not whole."""
    if sample.phase != "over":
        return " (not over yet)"
    return "" if sample.complete else " (only these days)"


def _points(difference: float, locale: Locale) -> str:
    return f"{'+' if difference >= 0 else '−'}{locale.points(abs(difference) * 100)}"


def _change(value: float, before: float, locale: Locale) -> str:
    if not before:
        return "new" if value else "no change"
    ratio = (value - before) / abs(before)
    return f"{'+' if ratio >= 0 else '−'}{locale.tenths(abs(ratio) * 100)}%"


def _summary(title: str, samples: Sequence[Sample], say: Any) -> str:
    known = [(sample.value, sample) for sample in samples if sample.value is not None]
    if not known:
        return f"{title}: no data."
    _, most = max(known, key=lambda one: one[0])
    return (
        f"{title} from {samples[0].label} to {samples[-1].label}; highest {say(most.value)} on {most.label}. The numbers follow as a table."
    )
