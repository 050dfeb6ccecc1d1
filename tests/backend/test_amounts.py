"""Which amounts can be paid in which currency."""

from decimal import Decimal

import pytest

from mewayz.backend.amounts import check_payable
from mewayz.backend.errors import Invalid


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
