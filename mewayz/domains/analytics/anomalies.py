"""Days that are out of line: against the same weekday of the weeks before, by the median and its absolute deviation.

The modified z-score and its limit of 3.5 are those of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WEEKS, LEAST_WEEKS = 8, 4
LIMIT = 3.5
_TO_SIGMA, _MEAN_TO_SIGMA = 1.4826, 1.2533
_DAYS = 7


@dataclass(frozen=True)
class Anomaly:
    """A day out of line. `score` is None where the weeks before were all the same, so that any change is without measure."""

    index: int
    value: int
    expected: float
    score: float | None


def find(values: NDArray[np.int64], first: int) -> tuple[list[Anomaly], int]:
    """The days from index `first` on that are out of line, and how many had enough weeks before them to tell.

    Args:
        values: one per day, without gaps.
        first: where the days that are asked for begin; those before only serve as the past.
    """
    found: list[Anomaly] = []
    judged = 0
    for index in range(first, len(values)):
        past = values[max(index % _DAYS, index - WEEKS * _DAYS) : index : _DAYS].astype(np.float64)
        if len(past) < LEAST_WEEKS:
            continue
        judged += 1
        expected = float(np.median(past))
        away = np.abs(past - expected)
        sigma = _TO_SIGMA * float(np.median(away)) or _MEAN_TO_SIGMA * float(away.mean())
        value = int(values[index])
        if sigma == 0:
            if value != expected:
                found.append(Anomaly(index, value, expected, None))
        elif abs(score := (value - expected) / sigma) > LIMIT:
            found.append(Anomaly(index, value, expected, round(score, 2)))
    return found, judged
