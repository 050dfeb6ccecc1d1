"""The axes of a figure: values written in the unit of the figure, and ticks that stand on its buckets and bear their names."""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from mewayz.ui.words import Locale

Unit = Literal["money", "count", "percent"]

_FACTORS = (1, 2, 2.5, 5)
_PARTS, _MOST_PARTS = 4, 5  # that an axis of values is cut into
_LITTLE = 1e-9
_TICKS = 5  # more do not fit on a phone
_DAYS = (1, 2, 7)  # from a week on, by whole weeks
_LONGER = (1, 2, 3, 4, 6, 12, 24, 48)


def value_ticks(numbers: Iterable[float | None]) -> list[float]:
    """Round values from zero that frame all others as closely as a few can, from the bottom to the top; whole ones for whole values."""
    known = [number for number in numbers if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    if high == low:
        return [0.0, 1.0]
    steps = [step for step in _steps(high - low) if step.is_integer() or not _are_whole(known)]
    frames = [(step, math.floor(low / step + _LITTLE), math.ceil(high / step - _LITTLE)) for step in steps]
    fitting = [frame for frame in frames if frame[2] - frame[1] <= _MOST_PARTS]
    step, first, last = min(fitting, key=lambda frame: (round(frame[0] * (frame[2] - frame[1]), 10), abs(frame[2] - frame[1] - _PARTS)))
    return [round(number * step, 10) for number in range(first, last + 1)]


def _steps(reach: float) -> list[float]:
    """Round steps of about a quarter of the reach, from those that are too small to those that are too large."""
    power = math.floor(math.log10(reach / _PARTS))
    return [factor * 10.0**one for one in (power, power + 1) for factor in _FACTORS]


def _are_whole(numbers: Iterable[float]) -> bool:
    return all(float(number).is_integer() for number in numbers)


def value_axis(numbers: Iterable[float | None], locale: Locale, unit: Unit) -> dict[str, Any]:
    """How far the values of a chart reach and how they are written beside it, as on shared pages (drawing.py)."""
    ticks = value_ticks(numbers)
    axis: dict[str, Any] = {
        "range": [ticks[0], ticks[-1]],
        "tickmode": "linear",
        "tick0": ticks[0],
        "dtick": round(ticks[1] - ticks[0], 10),
    }
    if unit == "percent":
        return axis | {"tickformat": ",.3~%"}
    if unit == "money":
        axis |= {name: sign for name, sign in zip(("tickprefix", "ticksuffix"), locale.around_money, strict=True) if sign}
    if _are_whole(ticks):
        return axis
    # The usual format would write half a pound as 500m.
    return axis | {"tickformat": ",.2f" if unit == "money" else ",.3~f"}


def time_axis(starts: Sequence[str], names: Sequence[str], locale: Locale) -> dict[str, Any]:
    """Ticks below some of the buckets, at most as many as fit; days get their year where there are days of two.

    Args:
        starts: ISO dates at which the buckets begin.
        names: of the buckets, with their year; "" for one that is named by its first day.
        locale: of the shop.
    """
    days = [date.fromisoformat(start) for start in starts]
    places = range(0, len(days), _step(days))
    several = len({day.year for day in days}) > 1
    text: list[str] = []
    year = 0
    for place in places:
        day, name = days[place], names[place]
        text.append(name or locale.day_of_year(day) + (f"<br>{day.year}" if several and day.year != year else ""))
        year = day.year
    return {"type": "category", "tickmode": "array", "tickvals": [starts[place] for place in places], "ticktext": text}


def _step(days: Sequence[date]) -> int:
    """How many buckets lie between two ticks."""
    least = -(-len(days) // _TICKS)
    by_day = all((after - day).days == 1 for day, after in pairwise(days))
    steps = _DAYS if by_day else _LONGER
    return next((step for step in steps if step >= least), -(-least // steps[-1]) * steps[-1]) if least else 1
