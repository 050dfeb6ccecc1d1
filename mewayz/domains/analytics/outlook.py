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

_DAYS = 7
_SEASON = {Interval.DAY: 7, Interval.WEEK: 52}
_HORIZON = {Interval.DAY: 28, Interval.WEEK: 8}
_SHOWN = {Interval.DAY: 90, Interval.WEEK: 52}  # of the past, beside the forecast
_AT_MOST = {Interval.DAY: 365, Interval.WEEK: 104}


async def _values(source: Source, window: Window, metric: str) -> tuple[list[Window], list[int]]:
    """The days of a window and their values, those without a sale too."""
    known = await source.days(window, Interval.DAY)
    spec, nothing = BY_KEY[metric], dict.fromkeys(source.measures, 0)
    days = [bucket.window for bucket in window.buckets(Interval.DAY, window.end)]
    return days, [int(spec.of(known.get(day.first, nothing)) or 0) for day in days]


def _whole_weeks(window: Window) -> Window | None:
    first = Interval.WEEK.start(window.first)
    first = first if first == window.first else Interval.WEEK.next(first)
    end = Interval.WEEK.start(window.end)
    return Window(first, end) if first < end else None


def _said(window: Window) -> dict[str, str]:
    return {"from": window.first.isoformat(), "to": window.end.isoformat()}


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
    windows, values = await _values(source, known, spec.key) if known else ([], [])
    history = np.array(values, dtype=np.int64)
    single = await asyncio.to_thread(anomalies.single, history)
    left_out = [
        {**_said(windows[index]), "value": spec.wire(values[index]), "expected": spec.wire(spec.about(expected))}
        for index, expected in single.items()
    ]
    learnt, since = history.astype(np.float64), anomalies.FIRST
    learnt[list(single)] = list(single.values())
    if known and interval is Interval.WEEK:
        windows = [bucket.window for bucket in known.buckets(interval, known.end)]
        history, learnt, since = history.reshape(-1, _DAYS).sum(1), learnt.reshape(-1, _DAYS).sum(1), since // _DAYS
    season = _SEASON[interval]
    if season == _SEASON[Interval.WEEK] and not forecast.enough(len(history), season):
        season = 1  # less than three years: no telling what a year is like
    shown = [{**_said(one), "value": spec.wire(int(value))} for one, value in zip(windows, history, strict=True)][-_SHOWN[interval] :]
    if not forecast.enough(len(history), season):
        reason = "There is too little past to forecast from. Come back when there are more days with sales."
        return {**found, "reason": reason, "method": None, "backtest": None, "leftOut": left_out, "history": shown, "series": []}
    made = await asyncio.to_thread(forecast.forecast, history.astype(np.float64), learnt, season, horizon, since)
    least = 0 if spec.key != "net" else -(2**62)
    series: list[dict[str, Any]] = []
    start = windows[-1].end
    for value, low, high in zip(made.values, made.low, made.high, strict=True):
        end = interval.next(start)
        amounts = {name: spec.wire(max(least, spec.about(amount))) for name, amount in (("value", value), ("low", low), ("high", high))}
        series.append({"from": start.isoformat(), "to": end.isoformat(), **amounts})
        start = end
    return {**found, "reason": "", **forecast.wire(made, spec), "leftOut": left_out, "history": shown, "series": series}


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
    windows, values = await _values(source, known, spec.key)
    skipped = max(0, over.first.toordinal() - reach)
    days, judged = await asyncio.to_thread(anomalies.find, np.array(values, dtype=np.int64), skipped)
    rows: list[dict[str, Any]] = []
    for one in days:
        window = windows[one.index]
        said, expected = _said(window), spec.about(one.expected)
        rows.append(
            {
                **said,
                "value": spec.wire(one.value),
                "expected": spec.wire(expected),
                "deviation": spec.wire(one.value - expected),
                "score": one.score,
                "drill": spec.href(said["from"], said["to"], question.narrowing),
            }
        )
    return {**found, "judged": judged, "anomalies": rows}
