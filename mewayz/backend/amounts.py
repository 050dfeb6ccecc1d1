"""Amounts as people read them, in a letter, on an invoice and on a page."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, format_decimal, get_currency_precision

LANGUAGE = "en_GB"


def plain(value: Decimal, currency: str, language: str = LANGUAGE) -> str:
    """Without the currency, for a column that says it once: 1,204.50."""
    return format_decimal(value, format=_pattern(_digits(value, currency)), locale=language)


def written(value: Decimal, currency: str, language: str = LANGUAGE) -> str:
    """With the currency, exact: £1,204.50, £0.125."""
    return format_currency(value, currency, format=f"¤{_pattern(_digits(value, currency))}", currency_digits=False, locale=language)


def _digits(value: Decimal, currency: str) -> int:
    """As many decimals as the currency has, or more when the amount does."""
    exponent = value.normalize().as_tuple().exponent
    return max(get_currency_precision(currency), -exponent if isinstance(exponent, int) else 0)


@lru_cache(maxsize=8)
def _pattern(digits: int) -> str:
    return "#,##0." + "0" * digits if digits else "#,##0"
