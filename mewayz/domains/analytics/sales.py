"""Sales over time: totals of a window, its buckets, and the window that it is compared with."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from mewayz.domains.analytics import metrics
from mewayz.domains.analytics.figures import Counts
from mewayz.domains.analytics.model import Interval, Window, window_between
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.sources import Place, Source, counted


@dataclass(frozen=True)
class Frame:
    """The window of an answer, and how it is cut and compared.

    Attributes:
        window: what is shown.
        before: what it is compared with, if anything.
        interval: of the series; longer than the one `asked` for where that would make too many buckets.
        today: the day of the shop that is not over yet.
    """

    window: Window
    before: Window | None
    interval: Interval
    asked: Interval
    today: date

    @property
    def compared(self) -> tuple[Window, Window] | None:
        """The windows whose change is told: days that are not over yet are left out, and as many of the other one."""
        over = self.window.over_before(self.today)
        if over is None or self.before is None:
            return None
        if over == self.window:
            return over, self.before
        end = min(self.before.first.toordinal() + over.days, self.before.end.toordinal())
        return over, Window(self.before.first, date.fromordinal(end))


async def frame_of(source: Source, question: Question, today: date) -> Frame:
    """The window that a question means: without one, everything there is, which nothing lies before."""
    whole = Window(today, date.fromordinal(today.toordinal() + 1))
    if question.first is None or question.end is None:
        whole = await source.bounds() or whole
    window = window_between(question.first, question.end, whole, today)
    asked = question.interval or window.natural_interval()
    before = window.before(question.compare) if question.first or question.end else None
    return Frame(window, before, window.readable_interval(asked), asked, today)


def heading(frame: Frame, place: Place, question: Question) -> dict[str, Any]:
    """What every answer says of the question that it answers."""
    return {
        "from": frame.window.first.isoformat(),
        "to": frame.window.end.isoformat(),
        "timezone": place.zone.key,
        "currency": place.currency,
        "interval": frame.interval,
        "downsampled": frame.interval is not frame.asked,
        "filters": question.filters,
        "drills": {metric.key: metric.template(question.narrowing) for metric in metrics.METRICS},
    }


async def sales(source: Source, frame: Frame) -> dict[str, Any]:
    """All metrics of a window and of each of its buckets, and the same of the window that it is compared with."""
    sums, series = await _counted(source, frame.window, frame)
    found: dict[str, Any] = {
        **metrics.wire(sums),
        "unavailable": metrics.unavailable(sums),
        "previous": None,
        "changes": {},
        "series": series,
    }
    if frame.before is None:
        return found
    old, before = await _counted(source, frame.before, frame)
    found["previous"] = {"from": frame.before.first.isoformat(), "to": frame.before.end.isoformat(), **metrics.wire(old), "series": before}
    if frame.compared is None:
        return found
    now, then = frame.compared
    over = sums
    if now != frame.window:
        (over, _), (old, _) = await counted(source, now, [], frame.interval), await counted(source, then, [], frame.interval)
    found["changes"] = {
        "from": now.first.isoformat(),
        "to": now.end.isoformat(),
        "against": {"from": then.first.isoformat(), "to": then.end.isoformat()},
        "of": metrics.changes(over, old),
        "ofToday": metrics.only_in(sums, over),
    }
    return found


async def _counted(source: Source, window: Window, frame: Frame) -> tuple[Counts, list[dict[str, Any]]]:
    """The base counts of a window, and its buckets as REST carries them."""
    buckets = window.buckets(frame.interval, frame.today)
    sums, per_bucket = await counted(source, window, buckets, frame.interval)
    return sums, [
        {"from": bucket.window.first.isoformat(), "to": bucket.window.end.isoformat(), **metrics.wire(counts), "complete": bucket.complete}
        for bucket, counts in zip(buckets, per_bucket, strict=True)
    ]
