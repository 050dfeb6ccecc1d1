"""Which amounts can be paid in which currency, and amounts as controls hold them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend import amounts
from mewayz.backend.amounts import check_payable, plain, read_number, typed
from mewayz.backend.errors import Invalid
from mewayz.backend.money import from_units
from mewayz.backend.regions import language_of, regions


@pytest.mark.parametrize(
    ("currency", "payable", "finer", "words"),
    [
        ("GBP", ["0", "0.01", "12.5", "12.5000", "1E+2", "-0.01"], ["0.001", "12.345", "0.0001"], "Enter at most 2 decimals, as GBP has."),
        ("JPY", ["0", "1", "1.0000", "1000"], ["0.5", "1.01"], "Enter a whole amount: JPY has no decimals."),
        ("KWD", ["0.001", "1.5"], ["0.0001"], "Enter at most 3 decimals, as KWD has."),
    ],
)
def test_the_smallest_coin_is_the_end(currency: str, payable: list[str], finer: list[str], words: str) -> None:
    for amount in payable:
        check_payable({"price": Decimal(amount), "cost": None}, currency)
    for amount in finer:
        with pytest.raises(Invalid) as raised:
            check_payable({"price": Decimal(1), "compare_at_price": Decimal(amount)}, currency)
        assert raised.value.fields == {"compareAtPrice": words}


@given(st.sampled_from(sorted(regions())), st.sampled_from(["GBP", "JPY", "KWD"]), st.integers(-(10**12), 10**12).map(from_units))
def test_what_is_shown_is_taken_back_as_it_was(region: str, currency: str, amount: Decimal) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amounts, "as_the_shop", lambda: language_of(region))
        assert Decimal(read_number(typed(amount, currency))) == amount, "in a control"
        assert Decimal(read_number(str(amount))) == amount, "as REST writes it"
        if currency != "JPY":
            assert Decimal(read_number(plain(amount, currency))) == amount, "in a list"


@pytest.mark.parametrize(
    ("region", "texts", "meant"),
    [
        ("GB", ["1204.5", "1,204.5"], "1204.5"),
        ("DE", ["1204,5", "1204.5", "1.204,5"], "1204.5"),
        ("DE", ["1,204", "1.204"], "1.204"),
        ("DE", ["1.204.000", "1204000"], "1204000"),
        ("CH", ["1’204.5", "1'204.5", "1204.5"], "1204.5"),
        ("SE", ["1 204,5", "1\xa0204,5", "1204,5"], "1204.5"),
        ("FR", ["-1 204", "-1\u202f204", "-1204"], "-1204"),
        ("IN", ["12,34,567.5"], "1234567.5"),
    ],
)
def test_what_is_typed_is_readas_the_shop_writes(region: str, texts: list[str], meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amounts, "as_the_shop", lambda: language_of(region))
    assert {read_number(text) for text in texts} == {meant}


@pytest.mark.parametrize(
    ("region", "text"),
    [("GB", "1,204"), ("GB", "12,5"), ("GB", "1,20.5"), ("DE", "1.20,5"), ("DE", "1,204.5"), ("DE", "1,2,3"), ("SE", "1 2")],
)
def test_what_could_be_two_numbers_or_none_is_left_to_be_refused(region: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amounts, "as_the_shop", lambda: language_of(region))
    assert read_number(text) == text
    with pytest.raises(ArithmeticError):
        Decimal(read_number(text))


@pytest.mark.parametrize(
    ("region", "currency", "shown"), [("GB", "GBP", "1204.50"), ("DE", "EUR", "1204,50"), ("CH", "CHF", "1204.50"), ("GB", "JPY", "1204.5")]
)
def test_a_control_holds_an_amount_as_the_region_writes_it(region: str, currency: str, shown: str) -> None:
    assert typed(Decimal("1204.5"), currency, language_of(region)) == shown
    assert typed(Decimal("1E+3"), "JPY", language_of(region)) == "1000"
