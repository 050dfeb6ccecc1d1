"""What is read at a glance, as plain data: tiles with their change and sparkline, and the bars of a ranking."""

from collections.abc import Sequence
from dataclasses import dataclass

from mewayz.ui.words import Locale

_FEW = 2
_LEAST = 0.0005
"""A change that rounds to nothing is none."""


def spark(values: Sequence[float | None]) -> str:
    """The path of a sparkline in a box of 100 × 28; where a value is undefined it has a gap."""
    known = [value for value in values if value is not None]
    if len(known) < _FEW:
        return ""
    low, high = min(known), max(known)
    reach = (high - low) or 1
    step = 100 / (len(values) - 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index * step, 26 - 24 * (value - low) / reach))
    # A value between two gaps is a short stroke, or nobody would see it.
    seen = [run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), (run[0][0] + 1, run[0][1])] for run in runs if run]
    return "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in run) for run in seen)


@dataclass
class Tile:
    """A number on a dashboard.

    Attributes:
        label: what it is.
        value: as a person reads it.
        change: "12.5%", or empty without comparison.
        trend: up, down or flat.
        good: whether this direction is welcome.
        against: "vs previous 30 days", or what is to be said where nothing can be compared.
        spark: path of the sparkline.
        href: the list it comes from.
    """

    label: str
    value: str
    change: str = ""
    trend: str = "flat"
    good: bool = True
    against: str = ""
    spark: str = ""
    href: str = ""


def tile(
    label: str,
    text: str,
    locale: Locale,
    *,
    change: tuple[float | None, bool] | None,
    against: str,
    href: str,
    series: Sequence[float | None] = (),
    less_is_good: bool = False,
    by_points: bool = False,
    otherwise: str = "",
) -> Tile:
    """A tile with its change: a ratio or percentage points, and whether it comes from nothing and is new.

    None is claimed without anything to compare with; `otherwise` stands there then.
    """
    told, trend_word = "", "flat"
    ratio, is_new = change or (None, False)
    if is_new:
        told, trend_word = "new", "up"
    elif ratio is not None:
        told = (locale.points if by_points else locale.percent)(abs(ratio))
        trend_word = "flat" if abs(ratio) < (_LEAST * 100 if by_points else _LEAST) else "up" if ratio > 0 else "down"
    good = trend_word == "flat" or (trend_word == "up") != less_is_good
    return Tile(label, text, told, trend_word, good, against if told else otherwise, spark(series), href)


@dataclass
class Bar:
    """A line of a ranking."""

    label: str
    value: str
    share: str
    href: str = ""


def ranking(items: Sequence[tuple[str, float, str, str]], *, most: int = 6) -> list[Bar]:
    """(label, value, text, href) → bars as wide as their share of the largest."""
    shown = list(items)[:most]
    top = max((value for _, value, _, _ in shown), default=0) or 1
    return [Bar(label, text, f"{max(0, value) / top * 100:.1f}%", href) for label, value, text, href in shown]
