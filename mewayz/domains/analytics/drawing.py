"""The curves of a sheet as inline SVG: only attributes, so that the page needs no style of its own elements, and no script."""

from collections.abc import Sequence
from html import escape

from mewayz.domains.analytics.sheet import Curves, Figure, Values, tick
from mewayz.ui.words import Locale

WIDTH, HEIGHT = 720, 220


def places(curves: Curves) -> list[float]:
    """Where each label stands, from the left edge (0) to the right one (1); a single one in the middle."""
    count = len(curves.labels)
    return [0.5] if count == 1 else [index / (count - 1) for index in range(count)]


def heights(curves: Curves, values: Values) -> list[float | None]:
    """Where each value lies, from the lowest tick (0) to the highest one (1)."""
    low, high = curves.ticks[0], curves.ticks[-1]
    return [None if value is None else (value - low) / (high - low) for value in values]


def runs(curves: Curves, values: Values) -> list[list[tuple[float, float]]]:
    """The unbroken stretches of a line."""
    found: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(places(curves), heights(curves, values), strict=False):
        if y is None:
            found.append([])
        else:
            found[-1].append((x, y))
    return [run for run in found if run]


def named(labels: Sequence[str]) -> list[str]:
    """The labels that an axis has room for: the first, the middle and the last one."""
    return list(dict.fromkeys((labels[0], labels[len(labels) // 2], labels[-1]))) if labels else []


def _point(x: float, y: float) -> str:
    return f"{x * WIDTH:.1f},{(1 - y) * HEIGHT:.1f}"


def _path(curves: Curves, values: Values, look: str) -> str:
    lines: list[str] = []
    for run in runs(curves, values):
        # A value between two gaps is a short stroke, or nobody would see it.
        points = run if len(run) > 1 else [(run[0][0] - 0.01, run[0][1]), (run[0][0] + 0.01, run[0][1])]
        lines.append("M" + "L".join(_point(*point) for point in points))
    return f'<path class="{look}" d="{"".join(lines)}"/>' if lines else ""


def _band(curves: Curves) -> str:
    lower, upper = runs(curves, curves.low), runs(curves, curves.high)
    if not (lower and upper):
        return ""
    return f'<path class="band" d="M{"L".join(_point(*point) for point in (*upper[0], *reversed(lower[0])))}Z"/>'


def svg(figure: Figure) -> str:
    """The drawing: grid, band, what it is compared with, and the line itself. It stretches to the width that there is."""
    curves, ticks = figure.curves, figure.curves.ticks
    grid = "".join(
        f'<path class="grid" d="M0,{y:.1f}H{WIDTH}"/>' for y in (HEIGHT * index / (len(ticks) - 1) for index in range(len(ticks)))
    )
    if len(curves.labels) == 1:
        (height,) = heights(curves, curves.main)
        top = (1 - (height or 0)) * HEIGHT
        lines = f'<rect class="bar" x="{WIDTH * 0.4:.1f}" y="{top:.1f}" width="{WIDTH * 0.2:.1f}" height="{HEIGHT - top:.1f}"/>'
    else:
        lines = _path(curves, curves.main, "line") + _path(curves, curves.tail, "line tail")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{escape(figure.title)}">'
        f"{grid}{_band(curves)}{_path(curves, curves.compared, 'compared')}{lines}</svg>"
    )


def chart(figure: Figure, words: Locale) -> str:
    """The drawing with the names of its axes, which are text of the page and do not stretch."""
    if not figure.curves.labels:
        return '<p class="quiet">Nothing in this period.</p>'
    ticks = "".join(f"<span>{escape(tick(value, figure.unit, words))}</span>" for value in reversed(figure.curves.ticks))
    days = "".join(f"<span>{escape(label)}</span>" for label in named(figure.curves.labels))
    return (
        f'<div class="chart"><div class="ticks" aria-hidden="true">{ticks}</div><div class="drawing">{svg(figure)}</div>'
        f'<div class="days" aria-hidden="true">{days}</div></div>'
    )
