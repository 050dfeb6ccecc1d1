"""The curves of a sheet as a PNG, for mail programs: those show neither SVG nor what would have to be loaded from elsewhere."""

import io
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from mewayz.domains.analytics.drawing import heights, named, places, runs
from mewayz.domains.analytics.sheet import Curves, Figure, Values, tick
from mewayz.ui.tokens import CHART_LIGHT
from mewayz.ui.words import Locale

WIDTH, HEIGHT = 560, 220  # as shown; the picture has twice as many pixels each way
_SCALE, _FINE = 2, 2  # drawn finer still, and made smaller: that smooths the lines
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 8, 10, 28
_BAND = "#e3e2fa"
_DASH = 7.0
_DRAWN = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ", "\N{THIN SPACE}": " ", "–": "-", "−": "-", "’": "'"})


def drawable(words: str) -> str:
    """The same with what the font has: it knows none of the spaces and dashes by which some regions write."""
    return words.translate(_DRAWN)


class _Canvas:
    def __init__(self) -> None:
        self.unit = _SCALE * _FINE
        self.image = Image.new("RGB", (WIDTH * self.unit, HEIGHT * self.unit), CHART_LIGHT["ground"])
        self.pen = ImageDraw.Draw(self.image)
        self.font = ImageFont.load_default(size=11 * self.unit)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Of a place between 0 and 1 each way, the pixel."""
        return (
            (_LEFT + x * (WIDTH - _LEFT - _RIGHT)) * self.unit,
            (HEIGHT - _BOTTOM - y * (HEIGHT - _TOP - _BOTTOM)) * self.unit,
        )

    def line(self, points: list[tuple[float, float]], colour: str, width: float, *, dashed: bool = False) -> None:
        """Through these places; a single one is a dot."""
        pixels = [self.at(*point) for point in points]
        if len(pixels) == 1:
            (x, y), r = pixels[0], 2.5 * self.unit
            self.pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        for stretch in _dashes(pixels, _DASH * self.unit) if dashed else [pixels]:
            self.pen.line(stretch, fill=colour, width=round(width * self.unit), joint="curve")

    def text(self, x: float, y: float, words: str, anchor: str) -> None:
        """Words at a pixel as shown."""
        self.pen.text((x * self.unit, y * self.unit), drawable(words), fill=CHART_LIGHT["muted"], font=self.font, anchor=anchor)


def _dashes(points: list[tuple[float, float]], length: float) -> list[list[tuple[float, float]]]:
    """The same way in pieces of this length, every second one left out."""
    found: list[list[tuple[float, float]]] = []
    left, drawn = length, True
    stretch = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        distance = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        done = 0.0
        while distance - done > left:
            done += left
            here = (x0 + (x1 - x0) * done / distance, y0 + (y1 - y0) * done / distance)
            if drawn:
                found.append([*stretch, here])
            stretch, drawn, left = [here], not drawn, length
        left -= distance - done
        stretch.append((x1, y1))
    return [*found, stretch] if drawn and len(stretch) > 1 else found


def png(figure: Figure, words: Locale) -> bytes:
    """The picture. It takes some milliseconds of a processor: call it in a thread."""
    canvas, curves = _Canvas(), figure.curves
    ticks = curves.ticks
    # The font that comes with Pillow does not have every currency; the table below the picture has.
    unit = "count" if figure.unit == "money" else figure.unit
    for index, value in enumerate(ticks):
        height = index / (len(ticks) - 1)
        canvas.line([(0, height), (1, height)], CHART_LIGHT["grid"], 1)
        canvas.text(_LEFT - 8, canvas.at(0, height)[1] / canvas.unit, tick(value, unit, words), "rm")
    days = named(curves.labels)
    for index, label in enumerate(days):
        share = index / max(len(days) - 1, 1)
        anchor = "lm" if index == 0 else "rm" if index == len(days) - 1 else "mm"
        canvas.text(_LEFT + share * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM / 2 + 2, label, anchor)
    _band(canvas, curves)
    _lines(canvas, curves, curves.compared, CHART_LIGHT["compare"], 1.5, dashed=True)
    if len(curves.labels) == 1:
        (height,) = heights(curves, curves.main)
        canvas.pen.rectangle((*canvas.at(0.4, height or 0), *canvas.at(0.6, 0)), fill=CHART_LIGHT["accent"])
    else:
        _lines(canvas, curves, curves.main, CHART_LIGHT["accent"], 2)
        _lines(canvas, curves, curves.tail, CHART_LIGHT["accent"], 2, dashed=True)
    found = canvas.image.resize((WIDTH * _SCALE, HEIGHT * _SCALE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    found.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines(canvas: _Canvas, curves: Curves, values: Values, colour: str, width: float, *, dashed: bool = False) -> None:
    for run in runs(curves, values):
        canvas.line(run, colour, width, dashed=dashed)


def _band(canvas: _Canvas, curves: Curves) -> None:
    if not curves.low:
        return
    across = list(zip(places(curves), heights(curves, curves.low), heights(curves, curves.high), strict=True))
    lower = [(x, low) for x, low, _ in across if low is not None]
    upper = [(x, high) for x, _, high in across if high is not None]
    if len(lower) > 1:
        canvas.pen.polygon([canvas.at(*point) for point in (*upper, *reversed(lower))], fill=_BAND)
