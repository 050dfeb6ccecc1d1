"""Exact money: Decimal in Python, a whole number of 1/10,000 of the currency unit in the database.

Four decimals hold every ISO 4217 minor unit and the fractional prices of wholesalers, sum exactly in SQL on
both engines, and a signed 64-bit column holds ±922 trillion.
"""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

SCALE = 10_000
MAX_UNITS = 10**15  # 100 billion per amount: sums over a billion rows still fit
_QUANTUM = Decimal("0.0001")
_LARGEST_EXPONENT = 11  # of MAX_UNITS: nothing larger is worth computing with
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])


def to_units(amount: Decimal) -> int:
    """Decimal → stored units.

    Raises:
        ValueError: more than four decimals, not finite, or too large.
    """
    if not amount.is_finite():
        raise ValueError("enter an amount, such as 12.50")
    if amount.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("enter an amount below 100 billion")
    try:
        units = amount.scaleb(4, _EXACT)
    except DecimalException:
        raise ValueError("enter at most four decimals") from None
    whole = int(units)
    if whole != units:
        raise ValueError("enter at most four decimals")
    if abs(whole) > MAX_UNITS:
        raise ValueError("enter an amount below 100 billion")
    return whole


def from_units(units: int) -> Decimal:
    """Stored units → Decimal."""
    return Decimal(units).scaleb(-4)


@lru_cache(maxsize=8192)
def wire(units: int) -> str:
    """Stored units → the decimal string that REST and pages carry: at least two decimals, no needless zeros.

    >>> wire(69500), wire(-205226798580), wire(10005)
    ('6.95', '-20522679.858', '1.0005')
    """
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), SCALE)
    if fraction % 100 == 0:
        return f"{sign}{whole}.{fraction // 100:02d}"
    return f"{sign}{whole}." + f"{fraction:04d}".rstrip("0")


def wire_decimal(amount: Decimal) -> str:
    """Decimal → its wire form."""
    return wire(to_units(amount.quantize(_QUANTUM)))


class MoneyType(TypeDecorator[Decimal]):
    """A BIGINT column of 1/10,000 units that reads and writes Decimal."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else to_units(value if isinstance(value, Decimal) else Decimal(str(value)))

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else from_units(value)
