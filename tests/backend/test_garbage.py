"""The collector of cycles during loads."""

import gc

import pytest

from mewayz.backend.garbage import rarely_collected


def test_cycles_are_collected_as_usual_after_the_last_load() -> None:
    usual = gc.get_threshold()
    first, second = rarely_collected(), rarely_collected()
    first.__enter__()
    rare = gc.get_threshold()
    assert rare[0] > usual[0] * 10
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == rare
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual


def test_so_they_are_after_one_that_failed() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="damaged"), rarely_collected():
        raise ValueError("damaged")
    assert gc.get_threshold() == usual
