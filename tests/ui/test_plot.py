"""Figures as plain data: what the chart draws is what its table says."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mewayz.ui.plot import Expected, Sample, outlook, trend
from mewayz.ui.plot_axis import value_ticks
from mewayz.ui.words import Locale

WORDS = Locale("GBP")
DAYS = [
    Sample("2011-12-01", "1 Dec 2011", 100.0, 50.0, "/orders?from=2011-12-01"),
    Sample("2011-12-02", "2 Dec 2011", 0.0, 0.0, "/orders?from=2011-12-02"),
    Sample("2011-12-03", "3 Dec 2011", 30.125, 60.0, "/orders?from=2011-12-03"),
]


def test_a_line_and_what_it_is_compared_with() -> None:
    plot = trend(DAYS, WORDS, unit="money", title="Sales")
    now, before = plot.figure["data"]
    assert now["x"] == before["x"] == ["2011-12-01", "2011-12-02", "2011-12-03"]
    assert (now["y"], before["y"]) == ([100.0, 0.0, 30.125], [50.0, 0.0, 60.0])
    assert (now["type"], now["mode"], before["hoverinfo"]) == ("scatter", "lines", "skip")
    assert now["customdata"][0] == "<b>£100.00</b><br>1 Dec 2011<br>+100.0% (was £50.00)"
    assert now["customdata"][1].endswith("no change (was £0.00)")
    assert now["customdata"][2].endswith("−49.8% (was £60.00)")
    assert plot.figure["layout"]["yaxis"] == {
        "range": [0.0, 100.0],
        "tickmode": "linear",
        "tick0": 0.0,
        "dtick": 25.0,
        "tickprefix": "£",
    }
    assert plot.ready
    dated = trend([replace(DAYS[0], against="1 Nov 2011")], WORDS, unit="money", title="Sales")
    assert dated.figure["data"][0]["customdata"][0].endswith("+100.0% (was £50.00, 1 Nov 2011)")


def test_the_table_holds_the_same_numbers() -> None:
    plot = trend(DAYS, WORDS, unit="money", title="Sales")
    assert [(row.label, row.value, row.before, row.href) for row in plot.rows][2] == (
        "3 Dec 2011",
        "£30.12",
        "£60.00",
        "/orders?from=2011-12-03",
    )
    assert plot.summary == "Sales from 1 Dec 2011 to 3 Dec 2011; highest £100.00 on 1 Dec 2011. The numbers follow as a table."


def test_a_picture_says_what_it_is() -> None:
    plot = trend([*DAYS[:2], replace(DAYS[2], last="2011-12-09")], WORDS, unit="money", title="Sales, net")
    assert (plot.title, plot.period, plot.file) == ("Sales, net", "1–9 Dec 2011", "sales-net-2011-12-01-2011-12-09")
    plot = outlook(DAYS, [Expected("2011-12-04", "4 Dec 2011", 50.0, 20.0, 80.0)], WORDS, unit="money", title="Sales")
    assert plot.period == "1–4 Dec 2011"


def test_the_last_bucket_that_is_not_over_is_drawn_apart() -> None:
    plot = trend([*DAYS[:2], replace(DAYS[2], complete=False, phase="running")], WORDS, unit="count", title="Orders")
    solid, _, tail = plot.figure["data"]
    assert solid["y"] == [100.0, 0.0, None]
    assert tail["y"] == [None, 0.0, 30.125]
    assert "(not over yet)" in tail["customdata"][2]
    assert "tickprefix" not in plot.figure["layout"]["yaxis"]


def test_a_bucket_that_the_window_cuts_is_over() -> None:
    plot = trend([replace(DAYS[0], complete=False), *DAYS[1:]], WORDS, unit="count", title="Orders")
    assert plot.figure["data"][0]["customdata"][0] == "<b>100</b><br>1 Dec 2011 (only these days)"
    assert len(plot.figure["data"]) == 2, "only the end of a line is dashed"


def test_without_comparison() -> None:
    plot = trend([replace(day, before=None) for day in DAYS], WORDS, unit="count", title="Orders")
    assert plot.figure["data"][1]["y"] == []
    assert [row.before for row in plot.rows] == ["–"] * 3
    assert plot.figure["data"][0]["customdata"][0] == "<b>100</b><br>1 Dec 2011"


def test_bars_for_few_buckets() -> None:
    plot = trend([replace(DAYS[0], complete=False)], WORDS, unit="money", title="Sales", kind="bars")
    assert plot.figure["data"][0]["type"] == "bar"
    assert plot.figure["data"][0]["marker"]["opacity"] == [0.45]
    assert (plot.figure["data"][1]["type"], plot.figure["data"][1]["y"]) == ("bar", [50.0]), "a line of one value would not be seen"


def test_a_value_between_gaps_is_a_dot() -> None:
    some = [replace(DAYS[0], start=f"2011-12-0{day}", value=value) for day, value in ((1, 4.0), (2, 5.0), (3, None), (4, 6.0), (5, None))]
    now, _ = trend(some, WORDS, unit="money", title="Sales").figure["data"]
    assert (now["y"], now["marker"]["size"]) == ([4.0, 5.0, None, 6.0, None], [0, 0, 0, 8, 0])


def test_one_or_two_values_are_dots() -> None:
    now, before = trend(DAYS[:2], WORDS, unit="money", title="Sales").figure["data"]
    assert (now["mode"], now["marker"]["size"]) == (before["mode"], before["marker"]["size"]) == ("lines+markers", [8, 8])
    first = trend([DAYS[0], replace(DAYS[1], value=None, complete=False, phase="coming")], WORDS, unit="money", title="Sales")
    assert first.figure["data"][0]["marker"]["size"] == [8, 0]


def test_nothing_to_draw() -> None:
    plot = trend([], WORDS, unit="money", title="Sales")
    assert (plot.rows, plot.summary, plot.ready) == ([], "Sales: no data.", True)
    assert plot.blank
    assert trend([replace(DAYS[0], value=None, before=None)], WORDS, unit="money", title="Average").blank
    assert not trend([replace(DAYS[0], value=0.0)], WORDS, unit="money", title="Sales").blank, "nothing sold is something to draw"


def test_an_outlook_of_nothing_is_blank() -> None:
    coming = [Expected("2011-12-04", "4 Dec 2011", 50.0, 20.0, 80.0)]
    assert not outlook(DAYS, coming, WORDS, unit="money", title="Sales").blank
    assert outlook(DAYS, [], WORDS, unit="money", title="Sales").blank, "too short a past to expect anything from"
    assert outlook([], [], WORDS, unit="money", title="Sales").blank


def ticks(*samples: Sample) -> dict[str, str]:
    """What stands below which bucket."""
    axis = trend(samples, WORDS, unit="money", title="Sales").figure["layout"]["xaxis"]
    assert (axis["type"], axis["tickmode"]) == ("category", "array")
    return dict(zip(axis["tickvals"], axis["ticktext"], strict=True))


def from_day(first: str, count: int, step: int = 1) -> list[Sample]:
    """Buckets of some days each."""
    start = date.fromisoformat(first)
    return [replace(DAYS[0], start=(start + timedelta(days=index * step)).isoformat()) for index in range(count)]


def test_ticks_stand_on_buckets_and_are_called_like_them() -> None:
    months = [replace(DAYS[0], start="2011-10-03", tick="Oct 2011"), replace(DAYS[0], start="2011-11-01", tick="Nov 2011")]
    assert ticks(*months) == {"2011-10-03": "Oct 2011", "2011-11-01": "Nov 2011"}
    assert ticks(replace(DAYS[0], start="2011-10-03", tick="Q4 2011")) == {"2011-10-03": "Q4 2011"}
    assert ticks(*from_day("2011-11-01", 3)) == {"2011-11-01": "1 Nov", "2011-11-02": "2 Nov", "2011-11-03": "3 Nov"}
    assert list(ticks(*from_day("2011-11-01", 30)).values()) == ["1 Nov", "8 Nov", "15 Nov", "22 Nov", "29 Nov"]
    assert list(ticks(*from_day("2011-08-01", 92)).values()) == ["1 Aug", "22 Aug", "12 Sept", "3 Oct", "24 Oct"]


def test_days_of_two_years_say_which() -> None:
    assert list(ticks(*from_day("2011-12-18", 30)).values()) == ["18 Dec<br>2011", "25 Dec", "1 Jan<br>2012", "8 Jan", "15 Jan"]
    assert list(ticks(*from_day("2011-01-03", 53, 7)).values()) == ["3 Jan<br>2011", "28 Mar", "20 Jun", "12 Sept", "5 Dec"]


def test_an_outlook_goes_on_where_the_past_ends() -> None:
    coming = [Expected("2011-12-04", "4 Dec 2011", 50.0, 20.0, 80.0)]
    plot = outlook(DAYS, coming, WORDS, unit="money", title="Sales")
    past, _, expected, low, high = plot.figure["data"]
    assert past["y"] == [100.0, 0.0, 30.125, None]
    assert (expected["y"], low["y"], high["y"]) == (
        [None, None, 30.125, 50.0],
        [None, None, 30.125, 20.0],
        [None, None, 30.125, 80.0],
    )
    assert (plot.rows[3].value, plot.rows[3].href) == ("£50.00 (£20.00 to £80.00)", "")
    assert outlook([], [], WORDS, unit="money", title="Sales").rows == []


@pytest.mark.parametrize(("low", "high", "small"), [(0.1, 0.5, True), (-0.5, 0.5, True), (0.1, 50.0, False)])
def test_half_a_pound_is_not_written_as_500m(low: float, high: float, small: bool) -> None:
    axis = outlook([], [Expected("2026-03-01", "1 Mar", 0.2, low, high)], WORDS, unit="money", title="Sales").figure["layout"]["yaxis"]
    assert ("tickformat" in axis) is small
    assert (axis["range"][0] < 0) is (low < 0), "what lies below nothing is seen"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], [0.0, 1.0]),
        ([0.0, None, 0.0], [0.0, 1.0]),
        ([1.0], [0.0, 1.0]),
        ([3.0, 1.0], [0.0, 1.0, 2.0, 3.0]),
        ([7.0], [0.0, 2.0, 4.0, 6.0, 8.0]),
        ([0.311, 0.25], [0.0, 0.1, 0.2, 0.3, 0.4]),
        ([0.09], [0.0, 0.025, 0.05, 0.075, 0.1]),
        ([-30.0, 60.5], [-50.0, -25.0, 0.0, 25.0, 50.0, 75.0]),
        ([200_400.0], [0.0, 50_000.0, 100_000.0, 150_000.0, 200_000.0, 250_000.0]),
        ([1_204.5], [0.0, 250.0, 500.0, 750.0, 1_000.0, 1_250.0]),
        ([0.3], [0.0, 0.1, 0.2, 0.3]),
    ],
)
def test_an_axis_begins_at_nothing_and_has_round_values(numbers: list[float | None], expected: list[float]) -> None:
    assert value_ticks(numbers) == expected


def test_an_axis_is_written_as_the_region_does() -> None:
    samples = [Sample("2011-11-01", "1 Nov", 1234.5, None, ""), Sample("2011-11-02", "2 Nov", 20.0, None, "")]
    layout = trend(samples, Locale("EUR", language="en_DE"), unit="money", title="Gross").figure["layout"]
    assert (layout["separators"], layout["yaxis"]["ticksuffix"], "tickprefix" in layout["yaxis"]) == (",.", "\xa0€", False)
    layout = trend(samples, Locale("EUR", language="en_IE"), unit="money", title="Gross").figure["layout"]
    assert (layout["separators"], layout["yaxis"]["tickprefix"], "ticksuffix" in layout["yaxis"]) == (".,", "€", False)
