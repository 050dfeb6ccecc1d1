"""Formats of times are found over a whole column, or refused where two days are meant."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend.dates import Ambiguous, Times
from mewayz.backend.errors import Invalid

LONDON = ZoneInfo("Europe/London")


def read(*texts: str, given: str | None = None) -> list[str]:
    times = Times(LONDON, given)
    assert all(times.see(text) for text in texts)
    times.settle()
    return [f"{times.read(text):%Y-%m-%d %H:%M:%S}" for text in texts]


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["12/1/2009 7:45", "12/13/2009 7:45"], "2009-12-01 07:45:00"),
        (["1/12/2009 7:45", "13/12/2009 7:45"], "2009-12-01 07:45:00"),
        (["01.07.2011 10:00"], "2011-07-01 09:00:00"),
        (["19970101"], "1997-01-01 00:00:00"),
        (["2016-11-08"], "2016-11-08 00:00:00"),
        (["2011-07-01T10:00:00Z"], "2011-07-01 10:00:00"),
        (["2011-07-01T10:00:00.000+02:00"], "2011-07-01 08:00:00"),
        (["2011/07/01 12:05 AM"], "2011-06-30 23:05:00"),
        (["5-Jan-12"], "2012-01-05 00:00:00"),
        (["Jan 5, 2012 1:00 PM"], "2012-01-05 13:00:00"),
        (["3/3/2011"], "2011-03-03 00:00:00"),
        (["12/31/99"], "1999-12-31 00:00:00"),
    ],
)
def test_formats(texts: list[str], first: str) -> None:
    assert read(*texts)[0] == first


def test_days_and_months_that_could_change_places_are_refused() -> None:
    with pytest.raises(Ambiguous, match=r"04 March 2011 \(m/d/Y\)|03 April 2011 \(d/m/Y\)"):
        read("3/4/2011", "5/6/2011")
    assert read("3/4/2011", given="d/m/Y") == ["2011-04-02 23:00:00"]
    assert read("3/4/2011 1:00", given="%m/%d/%Y %H:%M") == ["2011-03-04 01:00:00"]
    with pytest.raises(Invalid, match="no format of dates"):
        Times(LONDON, "soon")


def test_a_value_that_fits_no_format_is_named_where_it_stands() -> None:
    times = Times(LONDON)
    assert [times.see(text) for text in ("13/1/2011", "1/13/2011", "yesterday", "31/2/2011", "14/1/2011")] == [
        True,
        False,
        False,
        False,
        True,
    ]
    times.settle()
    assert times.read("13/1/2011") == datetime(2011, 1, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["0001-01-01", "0999-12-31", "9999-12-31 23:59", "2011-01-01 10:00 +99:99", "2011-01-01 10:00 -15:00", "99999-01-01"]
)
def test_times_that_no_clock_shows(text: str) -> None:
    assert not Times(ZoneInfo("Pacific/Auckland")).see(text)
