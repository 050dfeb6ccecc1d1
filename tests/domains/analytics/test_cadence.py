"""When reports are due: once for each day, week or month of the shop, whatever its clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.domains.analytics.cadence import Cadence, Every
from mewayz.domains.analytics.model import Window

LONDON = ZoneInfo("Europe/London")
ZONES = st.sampled_from([LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")])
CADENCES = st.builds(Cadence, st.sampled_from(Every), st.integers(0, 23), st.integers(0, 6))
_FIRST, _LAST = (datetime(year, 1, 1) for year in (2020, 2030))  # noqa: DTZ001 (the strategy adds the zone)
MOMENTS = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(CADENCES, MOMENTS, ZONES)
def test_the_next_time_is_after_and_the_last_one_is_not(cadence: Cadence, moment: datetime, zone: ZoneInfo) -> None:
    following, latest = cadence.after(moment, zone), cadence.latest(moment, zone)
    assert latest <= moment < following
    # There is none between: the one after the last one is the next one.
    assert cadence.after(latest, zone) == following
    assert cadence.latest(following, zone) == following


@given(CADENCES, MOMENTS, ZONES)
def test_the_windows_follow_each_other_without_a_gap(cadence: Cadence, moment: datetime, zone: ZoneInfo) -> None:
    due = cadence.after(moment, zone)
    window, following = cadence.window(due, zone), cadence.window(cadence.after(due, zone), zone)
    assert window.end == following.first
    assert window.end <= due.astimezone(zone).date()


@pytest.mark.parametrize(
    ("cadence", "moment", "expected"),
    [
        (Cadence(Every.DAY, 8), "2026-03-28 08:00", "2026-03-29 07:00"),  # the clocks went forward in between
        (Cadence(Every.DAY, 1), "2026-03-28 12:00", "2026-03-29 01:00"),  # 01:00 does not exist: 02:00 there
        (Cadence(Every.DAY, 1), "2026-10-24 12:00", "2026-10-25 00:00"),  # 01:00 comes twice: the first
        (Cadence(Every.DAY, 1), "2026-10-25 00:00", "2026-10-26 01:00"),  # and only the first
        (Cadence(Every.WEEK, 8, 0), "2026-03-01 09:00", "2026-03-02 08:00"),
        (Cadence(Every.MONTH, 0), "2026-01-31 12:00", "2026-02-01 00:00"),
    ],
)
def test_when_it_is_due_next(cadence: Cadence, moment: str, expected: str) -> None:
    assert cadence.after(utc(moment), LONDON) == utc(expected)


@given(st.sampled_from(Every), MOMENTS, ZONES)
def test_one_at_once_is_about_the_last_days_that_are_over(every: Every, moment: datetime, zone: ZoneInfo) -> None:
    cadence = Cadence.at_once(every, moment, zone)
    window, today = cadence.window(cadence.latest(moment, zone), zone), moment.astimezone(zone).date()
    if every is Every.MONTH:
        assert (window.first.day, window.end) == (1, today.replace(day=1))
    else:
        assert window == Window(today - timedelta(days={Every.DAY: 1, Every.WEEK: 7}[every]), today)


def test_what_it_is_about() -> None:
    day, week, month = Cadence(Every.DAY, 8), Cadence(Every.WEEK, 8, 2), Cadence(Every.MONTH, 8)
    assert day.window(utc("2026-03-10 08:00"), LONDON) == Window(date(2026, 3, 9), date(2026, 3, 10))
    assert week.window(utc("2026-03-11 08:00"), LONDON) == Window(date(2026, 3, 4), date(2026, 3, 11))
    assert month.window(utc("2026-03-01 08:00"), LONDON) == Window(date(2026, 2, 1), date(2026, 3, 1))
    assert day.charted(Window(date(2026, 3, 9), date(2026, 3, 10))) == Window(date(2026, 2, 8), date(2026, 3, 10))
    whole = Window(date(2026, 3, 4), date(2026, 3, 11))
    assert week.charted(whole) == whole
    assert timedelta(days=30).days == day.charted(Window(date(2026, 3, 9), date(2026, 3, 10))).days
