"""Days and times as people read them: one form for a date on pages, in letters and on invoices.

Months have their English names, as all else that Mewayz says is English. The order of day, month and year is that of the shop's region,
and so are the hours of the clock.
"""

from datetime import date, datetime
from typing import Literal

from babel.dates import format_interval, format_skeleton, format_time

from mewayz.backend.amounts import as_the_shop


def written_day(day: date, language: str = "") -> str:
    """9 Dec 2011, or Dec 9, 2011. Without a language, as the shop writes it."""
    return format_skeleton("yMMMd", day, locale=language or as_the_shop())


def written_days(first: date, last: date, language: str = "") -> str:
    """From one day to another, both included: 1–30 Nov 2010."""
    language = language or as_the_shop()
    whole = written_day(last, language)
    if first == last:
        return whole
    if (first.year, first.month) != (last.year, last.month):
        return f"{written_day(first, language)} – {whole}"
    # Some regions have no intervals of their own in the CLDR, and would get those of another order.
    return f"{first.day}–{whole}" if whole[0].isdigit() else format_interval(first, last, "yMMMd", locale=language)


def written_moment(local: datetime, language: str = "", length: Literal["medium", "short"] = "short") -> str:
    """9 Dec 2011, 12:50 GMT: a time in the zone that it is told in, with its seconds where it is of `medium` length."""
    language = language or as_the_shop()
    return f"{written_day(local.date(), language)}, {format_time(local.time(), length, locale=language)} {local.tzname()}"
