"""Where the latest sales end: today, unless all but a few of them lie on the other side of a long break.

A shop whose data was imported, or is the demo's, ends in the past. One order of today says little of how it sells, and must not empty
the window that pages open with.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.sources import Source

DAYS = 30
_BREAK = 90
_STEADY = 7
"""So many days with sales after a break of so many without, and the shop has begun anew."""


async def recent_end(source: Source, today: date) -> date:
    """The day after the last one of the latest steady sales; tomorrow where those go on, or there never were any."""
    tomorrow = today + timedelta(days=1)
    whole = await source.bounds()
    if whole is None:
        return tomorrow
    if whole.end > today - timedelta(days=_BREAK):
        lately = await source.days(Window(today - timedelta(days=_BREAK), tomorrow), Interval.DAY)
        if len(lately) >= _STEADY:
            return tomorrow
    days = await source.days(Window(whole.first, max(tomorrow, whole.end)), Interval.DAY)
    last = steady_end(sorted(days), today)
    return last + timedelta(days=1) if (today - last).days > _BREAK else tomorrow


def steady_end(days: Sequence[date], today: date) -> date:
    """The last day of the latest stretch that is not just a few days after a break; without one, the last day of all."""
    known = [day for day in days if day <= today]
    if not known:
        return today
    stretch: list[date] = []
    for day in reversed(known):
        if stretch and (stretch[-1] - day).days > _BREAK:
            if len(stretch) >= _STEADY:
                break
            stretch = []
        stretch.append(day)
    return stretch[0] if len(stretch) >= _STEADY else known[-1]


async def recent_window(source: Source, today: date) -> Window:
    """The window that pages open with."""
    end = await recent_end(source, today)
    return Window(end - timedelta(days=DAYS), end)
