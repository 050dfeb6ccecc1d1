"""Exact money: what goes in comes out, and what cannot be kept exactly is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend.money import MAX_UNITS, from_units, to_units, wire, wire_decimal

UNITS = st.integers(-MAX_UNITS, MAX_UNITS)


@given(UNITS)
def test_units_survive_every_form(units: int) -> None:
    amount = from_units(units)
    assert to_units(amount) == units
    assert to_units(Decimal(wire(units))) == units
    assert wire_decimal(amount) == wire(units)


@given(UNITS)
def test_the_wire_form_is_short_and_exact(units: int) -> None:
    text = wire(units)
    whole, _, fraction = text.removeprefix("-").partition(".")
    assert 2 <= len(fraction) <= 4
    assert len(fraction) == 2 or not fraction.endswith("0")
    assert whole == str(int(whole))
    assert text.startswith("-") == (units < 0)


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_an_amount_is_kept_exactly_or_refused(amount: Decimal) -> None:
    try:
        units = to_units(amount)
    except ValueError:
        return
    assert from_units(units) == amount


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.00005", "four decimals"),
        ("0.00009", "four decimals"),
        ("1." + "0" * 40 + "1", "four decimals"),
        ("1e-999999", "four decimals"),
        ("100000000000.0001", "100 billion"),
        ("1e999999", "100 billion"),
        ("NaN", "amount"),
        ("sNaN", "amount"),
        ("-Infinity", "amount"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        to_units(Decimal(text))


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0.00"), (69500, "6.95"), (-205226798580, "-20522679.858"), (10005, "1.0005"), (-1, "-0.0001")]
)
def test_examples(units: int, text: str) -> None:
    assert wire(units) == text
