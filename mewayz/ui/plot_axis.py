"""The axes of a figure: values written in the unit of the figure, and ticks that stand on its buckets and bear their names."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from mewayz.ui.words import Locale

Unit = Literal["money", "count", "percent"]

_SMALL = 10
_TICKS = 5  # more do not fit on a phone
_DAYS = (1, 2, 7)  # from a week on, by whole weeks
_LONGER = (1, 2, 3, 4, 6, 12, 24, 48)


def value_axis(numbers: Iterable[float | None], locale: Locale, unit: Unit) -> dict[str, Any]:
    """How the values of a chart are written beside it."""
    signs = zip(("tickprefix", "ticksuffix"), locale.around_money, strict=True)
    axis: dict[str, Any] = {"rangemode": "tozero", **({name: sign for name, sign in signs if sign} if unit == "money" else {})}
    if unit == "percent":
        return axis | {"tickformat": ".0%", "rangemode": "nonnegative"}
    known = [number or 0 for number in numbers]
    if max(map(abs, known), default=0) >= _SMALL:
        return axis
    # The usual format would write half a pound as 500m; nothing at all still has an axis of its own.
    small = axis | {"tickformat": ",.2f" if unit == "money" else ",.2~f", "autorangeoptions": {"include": [0, 1]}}
    return small if min(known, default=0) < 0 else small | {"rangemode": "nonnegative"}


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
