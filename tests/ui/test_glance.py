"""Tiles and rankings as plain data: what they claim and how they are drawn."""

import pytest

from mewayz.ui.glance import ranking, spark, tile
from mewayz.ui.words import Locale

WORDS = Locale("GBP")


@pytest.mark.parametrize(
    ("change", "less_is_good", "expected"),
    [
        ((0.5, False), False, ("50%", "up", True)),
        ((-0.5, False), False, ("50%", "down", False)),
        ((-0.5, False), True, ("50%", "down", True)),
        ((0.5, False), True, ("50%", "up", False)),
        ((0.0, False), True, ("0%", "flat", True)),
        ((None, True), False, ("new", "up", True)),
        ((None, False), False, ("", "flat", True)),
        (None, False, ("", "flat", True)),
    ],
)
def test_a_tile_claims_a_change_only_when_there_is_something_to_compare_with(
    change: tuple[float | None, bool] | None, less_is_good: bool, expected: tuple[str, str, bool]
) -> None:
    found = tile("Label", "text", WORDS, change=change, against="vs before", href="/x", less_is_good=less_is_good)
    assert (found.change, found.trend, found.good) == expected
    assert found.against == ("vs before" if found.change else "")


def test_a_sparkline_fits_its_box() -> None:
    assert spark([]) == spark([5]) == ""
    assert spark([0, 10, 5]) == "M0.0,26.0L50.0,2.0L100.0,14.0"
    assert spark([0, 5, None, 10, 5]) == "M0.0,26.0L25.0,14.0M75.0,2.0L100.0,14.0", "what is undefined is not nothing"
    assert spark([0, None, 10]) == "M-1.0,26.0L1.0,26.0M99.0,2.0L101.0,2.0"
    assert spark([None, 5, None]) == ""
    assert spark([3, 3]) == "M0.0,26.0L100.0,26.0"


def test_a_ranking_shows_shares_of_the_largest() -> None:
    items = [(f"item {index}", 100.0 - index * 50, f"£{100 - index * 50}", f"/{index}") for index in range(9)]
    bars = ranking(items, most=4)
    assert [bar.share for bar in bars] == ["100.0%", "50.0%", "0.0%", "0.0%"]
    assert bars[0].href == "/0"
    assert ranking([]) == []
    assert ranking([("zero", 0.0, "£0", "")])[0].share == "0.0%"
