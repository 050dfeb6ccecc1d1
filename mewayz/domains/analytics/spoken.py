"""Answers in words: what the dashboard, a shared page and a report say of the same figures."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from mewayz.domains.analytics.metrics import MetricSpec
from mewayz.domains.analytics.model import Compare, Window
from mewayz.ui.plot import Bar, Sample, Tile, Unit, ranking, tile
from mewayz.ui.words import Locale, plural

ONE_DAY = timedelta(days=1)
COMPARED = {Compare.PREVIOUS: "Previous period", Compare.YEAR: "Same dates last year", Compare.NONE: ""}
UNITS: Mapping[str, Unit] = {"money": "money", "count": "count", "ratio": "percent"}
"""How a chart writes the values of a metric."""

_COUNTRIES = 7


def days_in_words(window: Window, words: Locale) -> str:
    """`1–30 Nov 2010`."""
    last = window.end - ONE_DAY
    if window.first == last:
        return words.day(last)
    if (window.first.year, window.first.month) == (last.year, last.month):
        return f"{window.first.day}–{words.day(last)}"
    return f"{words.day(window.first)} – {words.day(last)}"


def against_in_words(compare: Compare, window: Window) -> str:
    """`vs previous 30 days`."""
    match compare:
        case Compare.PREVIOUS:
            return f"vs previous {plural(window.days, 'day', 'days')}"
        case Compare.YEAR:
            return "vs last year"
        case Compare.NONE:
            return ""


def out_since(day: str | None, words: Locale) -> str:
    """Since when nothing is left, in words."""
    return f"Out since {words.day(date.fromisoformat(day))}" if day else "Never in stock"


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


def metric_tile(spec: MetricSpec, answer: Mapping[str, Any], against: str, words: Locale) -> Tile:
    """A metric of an answer with its change; where no list lies behind it, it leads to the analysis of customers."""
    value, old = answer.get(spec.key), (answer["previous"] or {}).get(spec.key)
    first, end = answer["from"], answer["to"]
    return tile(
        spec.label,
        brief(spec, value, words),
        words,
        value=None if value is None else float(value),
        before=None if old is None else float(old),
        against=against if old is not None else "",
        href=spec.href(first, end) or f"/analytics/customers?{urlencode({'from': first, 'to': end})}",
        series=[float(bucket[spec.key] or 0) for bucket in answer["series"] if spec.key in bucket],
        less_is_good=spec.less_is_good,
    )


def metric_samples(spec: MetricSpec, answer: Mapping[str, Any], words: Locale) -> list[Sample]:
    """The buckets of a metric, each with the one that it is compared with."""
    before = answer["previous"]["series"] if answer["previous"] else []
    found: list[Sample] = []
    for index, bucket in enumerate(answer["series"]):
        old = before[index].get(spec.key) if index < len(before) else None
        found.append(
            Sample(
                bucket["from"],
                days_in_words(window_of(bucket), words),
                None if bucket[spec.key] is None else float(bucket[spec.key]),
                None if old is None else float(old),
                spec.href(bucket["from"], bucket["to"]),
                bucket["complete"],
            )
        )
    return found


def product_bars(answer: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], words: Locale, most: int = 8) -> list[Bar]:
    """Products by their gross sales."""
    query = _sales(answer)
    sold = [row for row in rows if Decimal(row["gross"]) > 0]
    items = [(row["name"], float(row["gross"]), words.short_money(row["gross"]), f"/orders?product={row['id']}&{query}") for row in sold]
    return ranking(items, most=most)


def country_bars(answer: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], words: Locale) -> list[Bar]:
    """The largest countries by their gross sales, and the others as one line that leads nowhere."""
    query = _sales(answer)
    items = [
        (
            row["country"] or "Others",
            float(row["gross"]),
            words.short_money(row["gross"]),
            f"/orders?{urlencode({'country': row['country']})}&{query}" if row["country"] else "",
        )
        for row in with_rest(rows, _COUNTRIES)
        if Decimal(row["gross"]) > 0
    ]
    return ranking(items, most=_COUNTRIES + 1)


def with_rest(countries: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """The first countries, and the sum of the others where those are two or more."""
    if len(countries) <= most + 1:
        return list(countries)
    rest = sum((Decimal(item["gross"]) for item in countries[most:]), Decimal(0))
    return [*countries[:most], {"country": "", "gross": str(rest)}]


def _sales(answer: Mapping[str, Any]) -> str:
    return urlencode({"figure": "sales", "from": answer["from"], "to": answer["to"]})
