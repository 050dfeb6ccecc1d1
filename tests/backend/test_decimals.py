"""Amounts with a decimal comma: understood where a column agrees, never guessed."""

import pytest

from mewayz.backend.decimals import COMMA, POINT, AmbiguousAmounts, sign_of, with_point


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        (["3,50", "4", "1.234,50", "", " 12,5 "], COMMA),
        (["1,234", "3,50"], COMMA),
        (["0,125", "7"], COMMA),
        (["3.50", "4"], POINT),
        (["3,50", "4.20"], POINT),
        (["3,50", "1.234"], POINT),
        (["1,234.50", "3"], POINT),
        (["free", "3,50"], POINT),
        ([3.5, None], POINT),
        ([], POINT),
    ],
)
def test_the_sign_of_a_column(values: list[object], sign: str) -> None:
    assert sign_of(values) == sign


@pytest.mark.parametrize("values", [["1,234"], ["1,234", "12,500", "7"], ["-1,234"]])
def test_what_could_be_two_amounts_is_asked_for(values: list[str]) -> None:
    with pytest.raises(AmbiguousAmounts, match=r"1,234” could be -?1234 or -?1\.234"):
        sign_of(values)


@pytest.mark.parametrize(
    ("text", "sign", "found"),
    [
        ("3,50", COMMA, "3.50"), ("1.234,5", COMMA, "1234.5"), ("1.234", COMMA, "1234"), (" -0,5 ", COMMA, "-0.5"), ("7", COMMA, "7"),
        ("1,234.50", POINT, "1234.50"), ("1,234", POINT, "1234"), ("3,50", POINT, "3,50"), ("x,1", COMMA, "x,1"), ("3,50", "", "3,50"),
    ],
)  # fmt: skip
def test_an_amount_is_rewritten(text: str, sign: str, found: str) -> None:
    assert with_point(text, sign) == found
