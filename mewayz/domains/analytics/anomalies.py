"""Days that are out of line: against the same weekday of the weeks before, by the median and its absolute deviation.

The modified z-score and its limit of 3.5 are those of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

WEEKS, LEAST_WEEKS = 8, 4
LIMIT = 3.5
_TO_SIGMA, _MEAN_TO_SIGMA = 1.4826, 1.2533
_DAYS = 7
_SPAN = WEEKS * _DAYS
_FURTHER = 2
FIRST = (LEAST_WEEKS + 1) * _DAYS
"""So many days of a series are judged by each other: before them there are none."""


@dataclass(frozen=True)
class Anomaly:
    """A day out of line. `score` is None where the weeks before were all the same, so that any change is without measure."""

    index: int
    value: int
    expected: float
    score: float | None


def _usual(past: Sequence[float]) -> tuple[float, float]:
    """What was to be expected, and the standard deviation that goes with the distances from it."""
    expected = median(past)
    away = [abs(value - expected) for value in past]
    return expected, _TO_SIGMA * median(away) or _MEAN_TO_SIGMA * fmean(away)


def find(values: NDArray[np.int64], first: int) -> tuple[list[Anomaly], int]:
    """The days from index `first` on that are out of line, and how many had enough weeks before them to tell.

    Args:
        values: one per day, without gaps.
        first: where the days that are asked for begin; those before only serve as the past.
    """
    found: list[Anomaly] = []
    judged = 0
    days = values.tolist()
    for index in range(first, len(days)):
        past = days[max(index % _DAYS, index - _SPAN) : index : _DAYS]
        if len(past) < LEAST_WEEKS:
            continue
        judged += 1
        expected, sigma = _usual(past)
        value = days[index]
        if sigma == 0:
            if value != expected:
                found.append(Anomaly(index, value, expected, None))
        elif abs(score := (value - expected) / sigma) > LIMIT:
            found.append(Anomaly(index, value, expected, round(score, 2)))
    return found, judged


def single(values: NDArray[np.int64]) -> dict[int, float]:
    """The days that tell nothing of those to come, by index, with what was to be expected of each.

    Such a day is out of line, and more than twice as far off as any day of the eight weeks before: what comes again, heavy days as
    well as a lasting change, is none. Only days before it are asked, so that it stays what it is whatever follows; those that come
    FIRST are judged by each other.

    To replace them is what is advised where they will not come again: Hyndman and Athanasopoulos, Forecasting: Principles and Practice,
    3rd ed., 13.9; the guide of Prophet, "Outliers"; and, one after the other as here, Gelper, Fried and Croux, Robust Forecasting with
    Exponential and Holt-Winters Smoothing (2010).
    """
    days: list[float] = values.tolist()
    away = [0.0] * len(days)
    found: dict[int, float] = {}
    for index, value in enumerate(days):
        weekday = index % _DAYS
        past = days[max(weekday, index - _SPAN) : index : _DAYS]
        if index < FIRST:
            past = [*past, *days[index + _DAYS : FIRST : _DAYS]]
        if len(past) < LEAST_WEEKS:
            continue
        expected, sigma = _usual(past)
        away[index] = abs(value - expected)
        furthest = max(away[max(0, index - _SPAN) : index], default=0.0)
        if away[index] > max(LIMIT * sigma, _FURTHER * furthest):
            found[index] = expected
    return found
