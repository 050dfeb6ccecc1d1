"""A forecast learns from what comes again: neither from a single day far out of line, nor against a lasting change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mewayz.domains.analytics import anomalies
from mewayz.domains.analytics.forecast import Forecast, forecast

LEVEL = 10_000
RHYTHMS = st.sampled_from([(1, 1, 1, 1, 1, 1, 1), (1, 1.5, 0.8, 1, 1.2, 0.4, 0), (0.7, 0.7, 0.7, 0.7, 1, 2, 2)])
Days = NDArray[np.int64]


def steady(seed: int, length: int, noise: float, rhythm: tuple[float, ...]) -> Days:
    """Days around a level, with a weekly rhythm."""
    around = np.random.default_rng(seed).uniform(1 - noise, 1 + noise, length)
    return np.round(LEVEL * around * np.resize(rhythm, length)).astype(np.int64)


def seen(days: Days) -> Days:
    """The days as a forecast learns from them."""
    learnt = days.copy()
    for index, expected in anomalies.single(days).items():
        learnt[index] = expected
    return learnt


def made(days: Days, learnt: Days | None = None) -> Forecast:
    told = seen(days) if learnt is None else learnt
    return forecast(days.astype(np.float64), told.astype(np.float64), 7, 28, anomalies.FIRST)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    length=st.integers(49, 250),
    noise=st.floats(0, 0.2),
    rhythm=RHYTHMS,
    where=st.floats(0, 1),
    times=st.integers(4, 2_000),
)
def test_one_day_far_out_of_line_hardly_changes_it(
    seed: int, length: int, noise: float, rhythm: tuple[float, ...], where: float, times: int
) -> None:
    days = steady(seed, length, noise, rhythm)
    spiked = days.copy()
    spiked[int(where * (length - 1))] += times * LEVEL
    before, after = np.array(made(days).values), np.array(made(spiked).values)
    assert np.abs(after - before).max() < 0.3 * LEVEL
    assert abs(after.mean() - before.mean()) < 0.05 * LEVEL


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    length=st.integers(70, 200),
    noise=st.floats(0.02, 0.2),
    rhythm=RHYTHMS,
    since=st.integers(28, 42),
    times=st.sampled_from([0.1, 0.4, 2.5, 6]),
)
def test_a_lasting_change_is_followed(seed: int, length: int, noise: float, rhythm: tuple[float, ...], since: int, times: float) -> None:
    days = steady(seed, length, noise, rhythm)
    days[-since:] = np.round(days[-since:] * times)
    level, now = float(np.mean(days[:-since])), float(np.mean(days[-since:]))
    told = float(np.mean(np.maximum(0, made(days).values)))
    assert abs(told - now) < 0.5 * abs(level - now), "nearer to what is than to what was"
    assert len([one for one in anomalies.single(days) if one >= length - since]) <= 3, "only the first days of it are taken for single ones"


@settings(max_examples=20)
@given(days=st.lists(st.integers(0, 100) | st.integers(0, 100_000), min_size=anomalies.FIRST, max_size=120), cut=st.floats(0, 1))
def test_what_follows_makes_no_difference(days: list[int], cut: float) -> None:
    known = anomalies.FIRST + int(cut * (len(days) - anomalies.FIRST))
    whole = anomalies.single(np.array(days, dtype=np.int64))
    assert anomalies.single(np.array(days[:known], dtype=np.int64)) == {at: value for at, value in whole.items() if at < known}


@pytest.mark.parametrize("length", [0, 1, 27, 28, 34])
def test_a_short_past_has_no_single_days(length: int) -> None:
    days = np.full(length, LEVEL)
    days[length // 2 : length // 2 + 1] = 50 * LEVEL
    assert anomalies.single(days) == ({} if length < 29 else {length // 2: LEVEL})


def test_ranges_are_measured_against_what_was() -> None:
    days = steady(7, 200, 0.2, (1, 1, 1, 1, 1, 1, 1))
    days[150] += 900 * LEVEL
    found = made(days)
    assert found.error > 900 * LEVEL / 200, "the day out of line is an error of the past"
    assert found.coverage is not None
    assert 0.7 < found.coverage < 0.9
