"""Answers in words: what the dashboard, a shared page and a report say of the same figures."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from mewayz.backend import clock
from mewayz.backend.amounts import counted
from mewayz.backend.filters import NOTHING
from mewayz.domains.analytics.metrics import MetricSpec
from mewayz.domains.analytics.model import Compare, Interval, Window
from mewayz.domains.analytics.questions import FILTER_WORDS
from mewayz.ui.glance import Bar, Tile, ranking, tile
from mewayz.ui.plot import Phase, Sample, Unit
from mewayz.ui.words import Locale, plural

ONE_DAY = timedelta(days=1)
COMPARED = {Compare.PREVIOUS: "Previous period", Compare.YEAR: "Same dates last year", Compare.NONE: ""}
UNITS: Mapping[str, Unit] = {"money": "money", "count": "count", "ratio": "percent"}
"""How a chart writes the values of a metric."""

_COUNTRIES = 7


def days_in_words(window: Window, words: Locale) -> str:
    """`1–30 Nov 2010`."""
    return words.days(window.first, window.end - ONE_DAY)


def against_in_words(compare: Compare, window: Window) -> str:
    """`vs previous 30 days`."""
    match compare:
        case Compare.PREVIOUS:
            return f"vs previous {plural(window.days, 'day', 'days')}" if window.days > 1 else "vs the day before"
        case Compare.YEAR:
            return "vs last year"
        case Compare.NONE:
            return ""


def filter_in_words(name: str, value: str) -> str:
    """`Country is Germany`."""
    if name == "plan" and value == NOTHING:
        return "Customers without an account"
    return f"{FILTER_WORDS[name]} is {'not set' if value == NOTHING else value}"


def out_since(day: str | None, words: Locale) -> str:
    """Since when nothing is left, in words."""
    return f"Out since {words.day(date.fromisoformat(day))}" if day else "Never received"


def cover_in_words(days: float | None) -> str:
    """How long a stock lasts, in words."""
    if days is None:
        return "no sales"
    return "under a day" if days < 1 else plural(round(days), "day", "days")


def listed_in_words(names: Sequence[str]) -> str:
    """`orders, buyers and new buyers`."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def costs_in_words(products: int, unknown: int) -> str:
    """Of how many products the cost is known: `cost known for 12 of 3,185 products`."""
    if not products:
        return ""
    if unknown == products:
        return "no cost is known"
    all_of = plural(products, "product", "products")
    return f"cost known for {f'{counted(products - unknown)} of ' if unknown else 'all ' if products > 1 else ''}{all_of}"


def aside_in_words(recent: Window, whole: Window | None, today: date) -> str:
    """Why the window that pages open with ends before today; it stands behind the days, so it does not say them again."""
    if whole is None or recent.end > today:
        return ""
    return "Ends with the last sale." if recent.end == whole.end else "Leaves out the few sales since."


def silence_in_words(window: Window, whole: Window | None, words: Locale) -> str:
    """Why there is nothing in a window that lies behind all that was sold."""
    return f"No sales since {words.day(whole.end - ONE_DAY)}." if whole is not None and window.first >= whole.end else ""


def partial_in_words(rows: Sequence[Mapping[str, Any]], window: Window, words: Locale) -> str:
    """What a dashed cell of the cohorts lacks, where there is one."""
    if all(row["complete"] for row in rows):
        return ""
    if phase_of(window, words) != "over":
        return "Dashed: this month is not over yet."
    return f"Dashed: only up to {words.day(window.end - ONE_DAY)}, not the whole month."


def window_of(row: Mapping[str, Any]) -> Window:
    """The window that an answer, or a row of it, is about."""
    return Window(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))


def brief(spec: MetricSpec, value: Any, words: Locale) -> str:
    """A value that fits a tile."""
    if value is None:
        return "–"
    match spec.unit:
        case "money":
            return words.short_money(value)
        case "ratio":
            return words.percent(value)
        case _:
            return words.number(value)


def opened(template: str, row: Mapping[str, Any]) -> str:
    """The list behind a window."""
    return template.replace("{from}", row["from"]).replace("{to}", row["to"])


def metric_tile(
    spec: MetricSpec, answer: Mapping[str, Any], compare: Compare, words: Locale, *, own: bool = False, beyond: str = ""
) -> Tile:
    """A metric of an answer with its change, which is told of days that are over.

    Args:
        spec: the metric.
        answer: of the service.
        compare: what the answer compares with.
        words: of the shop.
        own: whether the figures are the reader's own.
        beyond: where it leads when no list lies behind it; else to the analysis of customers.
    """
    value, changes = answer.get(spec.key), answer["changes"]
    change = changes["of"].get(spec.key) if changes else None
    # Where nothing is left without today, no change of nothing is told beside what there is.
    today = change is not None and spec.key in changes.get("ofToday", ()) and not (change["ratio"] or change.get("points"))
    change = None if today else change
    window = {"from": answer["from"], "to": answer["to"]}
    buckets = [bucket for bucket in answer["series"] if spec.key in bucket]
    return tile(
        spec.called(own=own),
        brief(spec, value, words),
        words,
        change=(change["points"] if spec.unit == "ratio" else change["ratio"], change["isNew"]) if change else None,
        against=against_in_words(compare, window_of(changes)) if change else "",
        href=opened(answer["drills"][spec.key], window) or beyond or f"/analytics/customers?{urlencode(window)}",
        series=[_number(bucket[spec.key]) for bucket in buckets if phase_of(window_of(bucket), words) == "over"],
        less_is_good=spec.less_is_good,
        by_points=spec.unit == "ratio",
        otherwise="All from today" if today else "",
    )


def _number(value: str | float | None) -> float | None:
    return None if value is None else float(value)


def phase_of(bucket: Window, words: Locale) -> Phase:
    """Whether the days of a bucket are over, by the calendar of the shop."""
    today = clock.now().astimezone(words.zone).date()
    return "coming" if bucket.first > today else "running" if bucket.end > today else "over"


def tick_of(start: str, interval: str, words: Locale) -> str:
    """What a bucket is called below an axis: `Oct 2011`, `Q4 2011`; empty for days and weeks, which go by their first day."""
    day = date.fromisoformat(start)
    match interval:
        case Interval.MONTH:
            return words.month(day)
        case Interval.QUARTER:
            return f"Q{(day.month + 2) // 3} {day.year}"
        case _:
            return ""


def metric_samples(spec: MetricSpec, answer: Mapping[str, Any], words: Locale) -> list[Sample]:
    """The buckets of a metric, each with the one that it is compared with."""
    before = answer["previous"]["series"] if answer["previous"] else []
    found: list[Sample] = []
    for index, bucket in enumerate(answer["series"]):
        then = before[index] if index < len(before) else {}
        phase = phase_of(window_of(bucket), words)
        value = None if phase == "coming" else bucket[spec.key]
        found.append(
            Sample(
                bucket["from"],
                days_in_words(window_of(bucket), words),
                _number(value),
                _number(then.get(spec.key)),
                "" if phase == "coming" else opened(answer["drills"][spec.key], bucket),
                bucket["complete"],
                phase,
                tick_of(bucket["from"], answer["interval"], words),
                (window_of(bucket).end - ONE_DAY).isoformat(),
                days_in_words(window_of(then), words) if then else "",
                then.get("complete", True),
            )
        )
    return found


def product_bars(rows: Sequence[Mapping[str, Any]], words: Locale, most: int = 8) -> list[Bar]:
    """Products by their gross sales."""
    sold = [row for row in rows if Decimal(row["gross"]) > 0]
    items = [(row["name"], float(row["gross"]), words.short_money(row["gross"]), row["drill"]) for row in sold]
    return ranking(items, most=most)


def country_bars(rows: Sequence[Mapping[str, Any]], words: Locale) -> list[Bar]:
    """The largest countries by their gross sales, and the others as one line that leads nowhere."""
    items = [
        (row["country"] or "Not set", float(row["gross"]), words.short_money(row["gross"]), row["drill"])
        for row in with_rest(rows, _COUNTRIES)
        if Decimal(row["gross"]) > 0
    ]
    return ranking(items, most=_COUNTRIES + 1)


def with_rest(countries: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The first countries, and the sum of the others where those are two or more."""
    if len(countries) <= most + 1:
        return list(countries)
    rest = sum((Decimal(item["gross"]) for item in countries[most:]), Decimal(0))
    return [*countries[:most], {"country": "Others", "gross": str(rest), "drill": ""}]
