"""What charts and tiles are given of an answer: only days that have come, on axes that are named like the buckets."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.domains.analytics.drawing import svg
from mewayz.domains.analytics.metrics import BY_KEY, changes
from mewayz.domains.analytics.model import Compare, Interval, Window
from mewayz.domains.analytics.picture import png
from mewayz.domains.analytics.sheet import figure
from mewayz.domains.analytics.spoken import metric_samples, metric_tile
from mewayz.ui.plot import trend
from mewayz.ui.words import Locale

WORDS = Locale("GBP")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def answer(window: Window, interval: Interval, *values: str | None, key: str = "gross", before: Window | None = None) -> dict[str, Any]:
    """What the service says of a window, with these values; without more of them, nothing has been sold."""

    def series(of: Window) -> list[dict[str, Any]]:
        buckets = of.buckets(interval, NOW.date())
        padded = [*values, *["0.00"] * (len(buckets) - len(values))]
        return [
            {"from": one.window.first.isoformat(), "to": one.window.end.isoformat(), key: value, "complete": one.complete}
            for one, value in zip(buckets, padded, strict=False)
        ]

    return {
        "from": window.first.isoformat(),
        "to": window.end.isoformat(),
        "interval": interval,
        key: "60.00",
        "drills": {key: "/orders?from={from}&to={to}"},
        "changes": None,
        "previous": {"series": series(before)} if before else None,
        "series": series(window),
    }


NOVEMBER = Window(date(2026, 11, 1), date(2026, 12, 1))
WEEKS = answer(NOVEMBER, Interval.WEEK, "10.00", "20.00", "30.00", "40.00", "5.00", before=Window(date(2026, 10, 2), date(2026, 11, 1)))


def test_a_week_that_has_not_begun_is_not_drawn() -> None:
    samples = metric_samples(BY_KEY["gross"], WEEKS, WORDS)
    assert [sample.phase for sample in samples] == ["over"] * 4 + ["running", "coming"]
    plot = trend(samples, WORDS, unit="money", title="Sales")
    solid, _, tail = plot.figure["data"]
    assert solid["y"] == [10.0, 20.0, 30.0, 40.0, None, None]
    assert tail["y"] == [None, None, None, 40.0, 5.0, None]
    assert (plot.rows[5].value, plot.rows[5].href) == ("–", ""), "of a week to come there is nothing to say"
    assert (plot.rows[4].label, plot.rows[4].value) == ("23–29 Nov 2026 (not over yet)", "£5.00"), "as on the mark"
    assert plot.rows[0].label == "1 Nov 2026 (only these days)"
    assert "(not over yet)" in tail["customdata"][4]
    assert "(not over yet)" not in solid["customdata"][0], "the window cuts the first week, which is over"


def test_a_mark_says_which_days_it_is_compared_with() -> None:
    assert [sample.against for sample in metric_samples(BY_KEY["gross"], WEEKS, WORDS)][:2] == ["2–4 Oct 2026", "5–11 Oct 2026"]


def test_no_change_is_told_against_a_bucket_that_its_window_cuts() -> None:
    window, before = Window(date(2026, 10, 5), date(2026, 10, 19)), Window(date(2026, 9, 24), date(2026, 10, 5))
    samples = metric_samples(BY_KEY["gross"], answer(window, Interval.WEEK, "20.00", "30.00", before=before), WORDS)
    assert [sample.complete for sample in samples] == [True, True]
    said = trend(samples, WORDS, unit="money", title="Sales").figure["data"][0]["customdata"]
    assert "was" not in said[0], "24–27 Sep are four days of a week"
    assert "+0.0% (was £30.00, 28 Sept 2026 – 4 Oct 2026)" in said[1]


def test_a_share_changes_by_points() -> None:
    found = answer(
        Window(date(2026, 11, 1), date(2026, 11, 3)), Interval.DAY, key="repeatRate", before=Window(date(2026, 10, 30), date(2026, 11, 1))
    )
    found |= {"repeatRate": 0.262, "changes": {**changes_of(0.262, 0.25), "from": "2026-10-30", "to": "2026-11-01"}}
    shown = metric_tile(BY_KEY["repeatRate"], found, Compare.PREVIOUS, WORDS)
    assert (shown.value, shown.change, shown.trend) == ("26.2%", "1.2 points", "up")
    found["changes"] = {**changes_of(0.2, 0.0), "from": "2026-10-30", "to": "2026-11-01"}
    assert metric_tile(BY_KEY["repeatRate"], found, Compare.PREVIOUS, WORDS).change == "20 points", (
        "a share of nothing is a share, and no news"
    )
    for bucket, value in zip([*found["series"], *found["previous"]["series"]], (0.262, 0.2, 0.25, 0.2), strict=True):
        bucket["repeatRate"] = value
    said = trend(metric_samples(BY_KEY["repeatRate"], found, WORDS), WORDS, unit="percent", title="Rate").figure["data"][0]["customdata"]
    assert "+1.2 points (was 25%" in said[0]
    assert "+0 points (was 20%" in said[1]


def changes_of(now: float, before: float) -> dict[str, Any]:
    """Of a repeat rate of so many in a thousand buyers."""
    sums, old = ({"repeat": round(rate * 1_000), "buyers": 1_000} for rate in (now, before))
    return {"of": changes(sums, old)}


def test_a_sparkline_ends_with_the_last_day_that_is_over() -> None:
    drawn = metric_tile(BY_KEY["gross"], WEEKS, Compare.PREVIOUS, WORDS).spark
    assert drawn == "M0.0,26.0L33.3,18.0L66.7,10.0L100.0,2.0"


def test_an_average_of_nothing_is_a_gap() -> None:
    found = answer(Window(date(2026, 11, 1), date(2026, 11, 5)), Interval.DAY, "10.00", "20.00", None, "30.00", key="aov")
    assert metric_tile(BY_KEY["aov"], found, Compare.PREVIOUS, WORDS).spark == "M0.0,26.0L33.3,14.0M99.0,2.0L101.0,2.0"
    assert [sample.value for sample in metric_samples(BY_KEY["aov"], found, WORDS)] == [10.0, 20.0, None, 30.0]


def test_letters_and_shared_pages_draw_the_same() -> None:
    samples = metric_samples(BY_KEY["gross"], WEEKS, WORDS)
    found = figure("Sales", samples, "money", WORDS)
    assert (found.curves.main, found.curves.tail) == ([10.0, 20.0, 30.0, 40.0, None, None], [None, None, None, 40.0, 5.0, None])
    assert [row[1] for row in found.rows][-2:] == ["£5.00", "–"]
    assert found.rows[4][0] == "23–29 Nov 2026 (not over yet)"
    assert "L720.0," not in svg(found)
    assert png(found, WORDS).startswith(b"\x89PNG")


def test_a_page_and_what_is_shared_of_it_have_the_same_axis() -> None:
    found = answer(Window(date(2026, 11, 1), date(2026, 11, 4)), Interval.DAY, key="repeatRate")
    for bucket, rate in zip(found["series"], (0.22, 0.31, 0.25), strict=True):
        bucket["repeatRate"] = rate
    samples = metric_samples(BY_KEY["repeatRate"], found, WORDS)
    axis = trend(samples, WORDS, unit="percent", title="Repeat rate").figure["layout"]["yaxis"]
    assert figure("Repeat rate", samples, "percent", WORDS).curves.ticks == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert (axis["range"], axis["tick0"], axis["dtick"]) == ([0.0, 0.4], 0.0, 0.1)


def test_a_window_that_lies_ahead_draws_nothing() -> None:
    ahead = answer(Window(date(2026, 12, 1), date(2026, 12, 4)), Interval.DAY)
    samples = metric_samples(BY_KEY["gross"], ahead, WORDS)
    assert trend(samples, WORDS, unit="money", title="Sales").figure["data"][0]["y"] == [None] * 3
    assert metric_tile(BY_KEY["gross"], ahead, Compare.PREVIOUS, WORDS).spark == ""
    assert png(figure("Sales", samples, "money", WORDS), WORDS).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("window", "interval", "expected"),
    [
        (("2011-10-01", "2011-12-01"), Interval.MONTH, ["Oct 2011", "Nov 2011"]),
        (("2011-11-20", "2012-02-01"), Interval.MONTH, ["Nov 2011", "Dec 2011", "Jan 2012"]),
        (("2011-10-03", "2011-11-21"), Interval.QUARTER, ["Q4 2011"]),
        (("2011-09-30", "2012-01-02"), Interval.QUARTER, ["Q3 2011", "Q4 2011", "Q1 2012"]),
        (("2011-10-31", "2011-11-14"), Interval.WEEK, ["31 Oct", "7 Nov"]),
    ],
)
def test_the_axis_is_named_like_the_buckets(window: tuple[str, str], interval: Interval, expected: list[str]) -> None:
    found = answer(Window(date.fromisoformat(window[0]), date.fromisoformat(window[1])), interval)
    plot = trend(metric_samples(BY_KEY["gross"], found, WORDS), WORDS, unit="money", title="Sales")
    assert plot.figure["layout"]["xaxis"]["ticktext"] == expected
