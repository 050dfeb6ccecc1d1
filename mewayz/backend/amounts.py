"""Amounts as people read them, in a letter, on an invoice and on a page; and which they can pay."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_decimal_symbol
from pydantic.alias_generators import to_camel

from mewayz.backend.errors import Invalid
from mewayz.backend.regions import USUAL_LANGUAGE
from mewayz.backend.runtime import current, is_open


def _as_the_shop() -> str:
    """The locale of the shop; without a runtime, as pages are built, that of the usual one."""
    return current().language if is_open() else USUAL_LANGUAGE


def counted(number: float) -> str:
    """1,204, as the shop writes numbers."""
    return format_decimal(number, locale=_as_the_shop())


def read_number(text: str) -> str:
    """What was typed as a number, with a point before its decimals: where the shop writes a comma there, one is understood."""
    comma = get_decimal_symbol(_as_the_shop()) == "," and re.fullmatch(r"-?\d+,\d+", text)
    return text.replace(",", ".") if comma else text


def plain(value: Decimal, currency: str, language: str = "") -> str:
    """Without the currency, for a column that says it once: 1,204.50. Without a language, as the shop writes it."""
    language = language or _as_the_shop()
    return format_decimal(value, format=pattern(_digits(value, currency), language), locale=language)


def written(value: Decimal, currency: str, language: str = "") -> str:
    """With the currency, exact: £1,204.50, £0.125. Without a language, as the shop writes it."""
    return format_currency(value, currency, locale=language or _as_the_shop(), decimal_quantization=False)


def check_payable(amounts: Mapping[str, Decimal | None], currency: str) -> None:
    """Make sure that amounts somebody enters can be paid; what a file of the past says, and what is computed of it, may be finer.

    Args:
        amounts: by the name of the field or column that they were entered for.
        currency: of all of them; it says how many decimals there are.

    Raises:
        Invalid: an amount is finer than the smallest coin; it says at which field.
    """
    most = get_currency_precision(currency)
    finer = [name for name, value in amounts.items() if value is not None and _decimals(value) > most]
    if finer:
        words = f"Enter at most {most} decimals, as {currency} has." if most else f"Enter a whole amount: {currency} has no decimals."
        raise Invalid(fields={to_camel(name): words for name in finer})


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _digits(value: Decimal, currency: str) -> int:
    """As many decimals as the currency has, or more when the amount does."""
    return max(get_currency_precision(currency), _decimals(value))


@lru_cache(maxsize=32)
def pattern(digits: int, language: str) -> str:
    """How numbers with so many decimals are grouped: `#,##0.00`."""
    whole = Locale.parse(language).decimal_formats[None].pattern.partition(".")[0]
    return f"{whole}.{'0' * digits}" if digits else whole
