"""Times: one form on both engines, which sorts as text as it does in time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import pysqlite

from mewayz.backend import clock
from mewayz.backend.columns import UtcTime, parse_time, time_text, unstorable

MOMENTS = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001


@given(MOMENTS, MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_the_text_of_a_time(one: datetime, other: datetime, minutes: int) -> None:
    text = time_text(one)
    assert parse_time(text) == one.replace(microsecond=one.microsecond // 1000 * 1000)
    assert time_text(one.astimezone(timezone(timedelta(minutes=minutes)))) == text
    assert len(text) == 24
    if parse_time(text) != parse_time(time_text(other)):
        assert (text < time_text(other)) == (one < other)


@given(MOMENTS)
def test_both_engines_keep_the_same_moment(moment: datetime) -> None:
    kind, sqlite, postgres = UtcTime(), pysqlite.dialect(), asyncpg.dialect()
    on_sqlite = kind.process_result_value(kind.process_bind_param(moment, sqlite), sqlite)
    on_postgres = kind.process_result_value(kind.process_bind_param(moment, postgres), postgres)
    assert on_sqlite == on_postgres == kind.process_bind_param(time_text(moment), postgres)
    assert kind.process_bind_param(time_text(moment), sqlite) == time_text(moment)
    with pytest.raises(ValueError, match="aware"):
        kind.process_bind_param(moment.replace(tzinfo=None), sqlite)


def test_the_clock_can_be_held() -> None:
    moment = datetime(2024, 1, 1, 1, 2, 3, 456_789, tzinfo=timezone(timedelta(hours=1)))
    with clock.frozen(moment):
        assert clock.now() == datetime(2024, 1, 1, 0, 2, 3, 456_000, tzinfo=UTC)
        with clock.frozen(moment + timedelta(days=1)):
            assert clock.now().day == 2
        assert clock.now().day == 1
    assert clock.now().year > 2024
    assert clock.now().microsecond % 1000 == 0


@pytest.mark.parametrize(
    ("text", "expected"), [("", False), ("ü \n\t%'", False), ("a\0", True), ("\ud800", True), ("x\udfffy", True), ("😀", False)]
)
def test_what_no_database_stores(text: str, expected: bool) -> None:
    assert unstorable(text) is expected
