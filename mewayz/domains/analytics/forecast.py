"""What the coming days or weeks may bring, how far off that may be, and how often such ranges were right in the past.

Two methods compete over the past of the shop: the value of the last season (Hyndman and Athanasopoulos, Forecasting:
Principles and Practice, 3rd ed., 5.2), and Holt and Winters' additive smoothing with a damped trend (8.3, 8.4). The one
with the smaller mean absolute error is used. Ranges are quantiles of its own past errors, so they need no normal distribution.

Both learn from a past in which single days far out of line count as what was to be expected (`anomalies.single`). What they are measured
against is what was: a day out of line is an error like any other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mewayz.domains.analytics.metrics import MetricSpec

NOMINAL = 0.8
LEAST_SEASONS = 3
_LEAST = 12
_MOST = 1_100  # the latest values; older ones say little about tomorrow
_ORIGINS = 80
_NEIGHBOURS = 3
_DAMPING = 0.98
_GRID = np.array([(a, b, g) for a in (0.05, 0.15, 0.3, 0.5) for b in (0.0, 0.02, 0.1) for g in (0.02, 0.1, 0.3)])

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """Expected values with their range, one per step ahead, and how the method did in the past.

    Attributes:
        coverage: share of past values that lay in the range that was then computed from what was known; None where the past is too short.
        error, naive_error: mean absolute errors of the method used, and of the last season.
    """

    method: str
    values: list[float]
    low: list[float]
    high: list[float]
    origins: int
    tested: int
    coverage: float | None
    error: float
    naive_error: float


def enough(length: int, season: int) -> bool:
    """Whether a past of this length says anything."""
    return length >= max(_LEAST, LEAST_SEASONS * season)


def forecast(history: Floats, learnt: Floats, season: int, horizon: int, since: int = 0) -> Forecast:
    """The `horizon` values after a history that is long `enough`.

    Args:
        history: what was, one value per step.
        learnt: the same as the methods are to see it.
        season: steps after which the rhythm begins anew.
        horizon: steps ahead.
        since: the first step from which on nothing that was learnt is known from later; how often ranges were right is told from there on.
    """
    since = max(0, since - max(0, len(history) - _MOST))
    history, learnt = history[-_MOST:], learnt[-_MOST:]
    length = len(history)
    warm = 2 * season if season > 1 else _LEAST // 2
    reach = min(horizon, max(1, (length - warm) // 3))
    last = length - reach
    stride = max(1, (last - warm) // _ORIGINS)
    origins = list(range(last, warm - 1, -stride))[::-1]
    smooth = _smoothed(learnt, season, horizon, [*origins, length])
    naive = {origin: _last_season(learnt[:origin], season, horizon) for origin in (*origins, length)}
    errors = {
        name: np.array([history[origin : origin + reach] - made[origin][:reach] for origin in origins])
        for name, made in (("holt-winters", smooth), ("seasonal-naive", naive))
    }
    sizes = {name: float(np.abs(found).mean()) for name, found in errors.items()}
    method = min(sizes, key=lambda name: sizes[name])
    made = smooth if method == "holt-winters" else naive
    low, high = _range(errors[method])
    # Further ahead than the past can test, the range stays as wide as at the last step that it can.
    steps = np.minimum(np.arange(horizon), reach - 1)
    tested, inside = _coverage(errors[method], origins, reach, since)
    values = made[length]
    return Forecast(
        method,
        values.tolist(),
        (values + low[steps]).tolist(),
        (values + high[steps]).tolist(),
        len(origins),
        tested,
        inside / tested if tested else None,
        sizes[method],
        sizes["seasonal-naive"],
    )


def _last_season(history: Floats, season: int, horizon: int) -> Floats:
    return history[-season:][np.arange(horizon) % season]


def _smoothed(history: Floats, season: int, horizon: int, origins: list[int]) -> dict[int, Floats]:
    """Forecasts from each origin: one pass over the past with all settings at once, each time the best one so far."""
    alpha, beta, gamma = _GRID.T
    seasons = max(1, season)
    level = np.full(len(_GRID), history[:seasons].mean())
    trend = np.zeros(len(_GRID))
    seasonal = np.repeat((history[:seasons] - history[:seasons].mean())[:, None], len(_GRID), axis=1) * (season > 1)
    squared = np.zeros(len(_GRID))
    ahead = np.arange(1, horizon + 1)
    damped: Floats = np.cumsum(_DAMPING**ahead).astype(np.float64)
    wanted, found = set(origins), {}
    for now, value in enumerate(history):
        if now in wanted:
            found[now] = _ahead(level, trend, seasonal, squared, now, damped)
        if now < seasons:
            continue
        place = now % seasons
        expected = level + _DAMPING * trend
        squared += (value - expected - seasonal[place]) ** 2
        risen = alpha * (value - seasonal[place]) + (1 - alpha) * expected
        trend = beta * (risen - level) + (1 - beta) * _DAMPING * trend
        level = risen
        if season > 1:
            seasonal[place] = gamma * (value - level) + (1 - gamma) * seasonal[place]
    if len(history) in wanted:
        found[len(history)] = _ahead(level, trend, seasonal, squared, len(history), damped)
    return found


def _ahead(level: Floats, trend: Floats, seasonal: Floats, squared: Floats, now: int, damped: Floats) -> Floats:
    best = int(squared.argmin())
    places = (now + np.arange(len(damped))) % len(seasonal)
    return level[best] + damped * trend[best] + seasonal[places, best]


def _range(errors: Floats) -> tuple[Floats, Floats]:
    """Quantiles of the errors of each step ahead, its neighbours included."""
    steps = errors.shape[1]
    pools = [errors[:, max(0, step - _NEIGHBOURS) : step + _NEIGHBOURS + 1] for step in range(steps)]
    tail = (1 - NOMINAL) / 2
    return np.array([np.quantile(pool, tail) for pool in pools]), np.array([np.quantile(pool, 1 - tail) for pool in pools])


def _coverage(errors: Floats, origins: list[int], reach: int, since: int) -> tuple[int, int]:
    """(values tested, values inside): each range only from errors that were known when it would have been made."""
    tested = inside = 0
    for index, origin in enumerate(origins):
        known = sum(1 for one in origins[:index] if one + reach <= origin)
        if known < _LEAST // 2 or origin < since:
            continue
        low, high = _range(errors[:known])
        tested += reach
        inside += int(((errors[index] >= low) & (errors[index] <= high)).sum())
    return tested, inside


def wire(found: Forecast, metric: MetricSpec) -> dict[str, Any]:
    """How the method did, in the words of REST."""
    return {
        "method": found.method,
        "backtest": {
            "origins": found.origins,
            "tested": found.tested,
            "nominal": NOMINAL,
            "coverage": None if found.coverage is None else round(found.coverage, 4),
            "meanAbsoluteError": metric.wire(metric.about(found.error)),
            "naiveMeanAbsoluteError": metric.wire(metric.about(found.naive_error)),
        },
    }
