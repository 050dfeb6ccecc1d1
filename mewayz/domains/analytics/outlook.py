"""The days to come, and the days that were unlike others: series without gaps, given to the methods in a thread."""

import asyncio
from datetime import date
from typing import Any

import numpy as np

from mewayz.domains.analytics import anomalies, forecast
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.sales import Frame, heading
from mewayz.domains.analytics.sources import Place, Source

_SEASON = {Interval.DAY: 7, Interval.WEEK: 52}
_HORIZON = {Interval.DAY: 28, Interval.WEEK: 8}
_SHOWN = {Interval.DAY: 90, Interval.WEEK: 52}  # of the past, beside the forecast
_AT_MOST = {Interval.DAY: 365, Interval.WEEK: 104}


async def _values(source: Source, window: Window, metric: str, interval: Interval) -> tuple[list[Window], list[int]]:
    """The windows and values of all buckets, those without a sale too."""
    days = await source.days(window, Interval.DAY)
    spec, nothing = BY_KEY[metric], dict.fromkeys(source.measures, 0)
    windows = [bucket.window for bucket in window.buckets(interval, window.end)]
    by_start: dict[date, int] = {}
    for day, counts in days.items():
        start = max(interval.start(day), window.first)
        by_start[start] = by_start.get(start, 0) + int(spec.of(counts) or 0)
    missing = int(spec.of(nothing) or 0)
    return windows, [by_start.get(one.first, missing) for one in windows]


def _whole_weeks(window: Window) -> Window | None:
    first = Interval.WEEK.start(window.first)
    first = first if first == window.first else Interval.WEEK.next(first)
    end = Interval.WEEK.start(window.end)
    return Window(first, end) if first < end else None


async def outlook(source: Source, place: Place, question: Question, past: Window | None) -> dict[str, Any]:
    """A forecast of a metric from its past, with ranges and how often those were right."""
    interval, spec = question.interval or Interval.DAY, BY_KEY[question.metric]
    known = _whole_weeks(past) if past and interval is Interval.WEEK else past
    horizon = min(question.horizon or _HORIZON[interval], _AT_MOST[interval])
    found: dict[str, Any] = {
        "timezone": place.zone.key,
        "currency": place.currency,
        "interval": interval,
        "filters": question.filters,
        "metric": spec.key,
        "drill": spec.template(question.narrowing),
        "horizon": horizon,
        "from": known.first.isoformat() if known else None,
        "to": known.end.isoformat() if known else None,
    }
    windows, values = await _values(source, known, spec.key, interval) if known else ([], [])
    season = _SEASON[interval]
    if season == _SEASON[Interval.WEEK] and not forecast.enough(len(values), season):
        season = 1  # less than three years: no telling what a year is like
    shown = [
        {"from": one.first.isoformat(), "to": one.end.isoformat(), "value": spec.wire(value)}
        for one, value in zip(windows, values, strict=True)
    ][-_SHOWN[interval] :]
    if not forecast.enough(len(values), season):
        reason = "There is too little past to forecast from. Come back when there are more days with sales."
        return {**found, "reason": reason, "method": None, "backtest": None, "history": shown, "series": []}
    made = await asyncio.to_thread(forecast.forecast, np.array(values, dtype=np.float64), season, horizon)
    least = 0 if spec.key != "net" else -(2**62)
    series: list[dict[str, Any]] = []
    start = windows[-1].end
    for value, low, high in zip(made.values, made.low, made.high, strict=True):
        end = interval.next(start)
        amounts = {name: spec.wire(max(least, spec.about(amount))) for name, amount in (("value", value), ("low", low), ("high", high))}
        series.append({"from": start.isoformat(), "to": end.isoformat(), **amounts})
        start = end
    return {**found, "reason": "", **forecast.wire(made, spec), "history": shown, "series": series}


async def unusual(source: Source, place: Place, frame: Frame, question: Question) -> dict[str, Any]:
    """The days of a window that are out of line, each with what was to be expected."""
    spec = BY_KEY[question.metric]
    found: dict[str, Any] = {
        **heading(frame, place, question),
        "interval": Interval.DAY,
        "downsampled": False,
        "metric": spec.key,
        "limit": anomalies.LIMIT,
        "weeks": anomalies.WEEKS,
    }
    whole, over = await source.bounds(), frame.window.over_before(frame.today)
    if whole is None or over is None or over.end <= whole.first:
        return {**found, "judged": 0, "anomalies": []}
    # Before the first sale there was no shop, and after the last one of a shop long closed there is none.
    reach = max(over.first.toordinal() - anomalies.WEEKS * 7, whole.first.toordinal())
    known = Window(date.fromordinal(reach), over.end)
    windows, values = await _values(source, known, spec.key, Interval.DAY)
    skipped = max(0, over.first.toordinal() - reach)
    days, judged = await asyncio.to_thread(anomalies.find, np.array(values, dtype=np.int64), skipped)
    rows: list[dict[str, Any]] = []
    for one in days:
        window = windows[one.index]
        first, end = window.first.isoformat(), window.end.isoformat()
        expected = spec.about(one.expected)
        rows.append(
            {
                "from": first,
                "to": end,
                "value": spec.wire(one.value),
                "expected": spec.wire(expected),
                "deviation": spec.wire(one.value - expected),
                "score": one.score,
                "drill": spec.href(first, end, question.narrowing),
            }
        )
    return {**found, "judged": judged, "anomalies": rows}
