"""Amounts as people read them, in a letter, on an invoice and on a page; and which they can pay."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision, get_decimal_symbol, get_group_symbol
from pydantic.alias_generators import to_camel

from mewayz.backend.errors import Invalid
from mewayz.backend.regions import USUAL_LANGUAGE
from mewayz.backend.runtime import current, is_open

_ALIKE = {**dict.fromkeys("\xa0\u202f", "[ \xa0\u202f]"), "’": "[’']"}
"""What is typed for a sign between thousands that no keyboard has."""
_POINTED = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def as_the_shop() -> str:
    """The locale of the shop; without a runtime, as pages are built, that of the usual one."""
    return current().language if is_open() else USUAL_LANGUAGE


def counted(number: float) -> str:
    """1,204, as the shop writes numbers."""
    return format_decimal(number, locale=as_the_shop())


def number(value: Decimal | int) -> str:
    """1,204.50, with the decimals that it was given with, as the shop writes numbers."""
    digits, language = max(-int(Decimal(value).as_tuple().exponent), 0), as_the_shop()
    return format_decimal(value, format=pattern(digits, language), locale=language)


def typed(value: Decimal, currency: str, language: str = "") -> str:
    """As a control holds an amount, with nothing between its thousands: 1204.50, or 1204,50 where the shop writes a comma."""
    return typed_number(f"{value:.{_digits(value, currency)}f}", language)


def typed_number(text: str, language: str = "") -> str:
    """As a control holds a number that is written with a point before its decimals; what is none stays as it is."""
    return text.replace(".", get_decimal_symbol(language or as_the_shop())) if _POINTED.fullmatch(text) else text


def read_number(text: str) -> str:
    """What was typed as a number, with a point before its decimals and nothing between its thousands.

    A point before decimals is understood everywhere, and what the shop writes too: in Germany `1204,50` and `1.204,50`. What could be two
    numbers, as `1,204` in Britain, is left as it is, to be refused.
    """
    language = as_the_shop()
    found, group = _as_written(language).fullmatch(text), get_group_symbol(language)
    if found is None or (group in ",." and not found["decimals"] and text.count(group) == 1):
        return text
    whole = re.sub(r"[^0-9-]", "", found["whole"])
    return f"{whole}.{found['decimals']}" if found["decimals"] else whole


@lru_cache(maxsize=32)
def _as_written(language: str) -> re.Pattern[str]:
    point, group = re.escape(get_decimal_symbol(language)), get_group_symbol(language)
    between = _ALIKE.get(group, re.escape(group))
    grouped = rf"[1-9][0-9]{{0,2}}(?:{between}[0-9]{{2,3}})*{between}[0-9]{{3}}"
    return re.compile(rf"(?P<whole>-?(?:[0-9]+|{grouped}))(?:{point}(?P<decimals>[0-9]+))?")


def plain(value: Decimal, currency: str, language: str = "") -> str:
    """Without the currency, for a column that says it once: 1,204.50. Without a language, as the shop writes it."""
    language = language or as_the_shop()
    return format_decimal(value, format=pattern(_digits(value, currency), language), locale=language)


def written(value: Decimal, currency: str, language: str = "") -> str:
    """With the currency, exact: £1,204.50, £0.125. Without a language, as the shop writes it."""
    return format_currency(value, currency, locale=language or as_the_shop(), decimal_quantization=False)


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
