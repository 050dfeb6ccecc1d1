"""Regions of the CLDR in which English is written: each has its own way to write numbers, money and dates."""

from functools import cache

from babel import Locale
from babel.localedata import locale_identifiers

_USUAL = "GB"
USUAL_LANGUAGE = "en_GB"


def language_of(region: str) -> str:
    """The locale of a region: `en_DE`."""
    return f"en_{region}"


@cache
def regions() -> dict[str, str]:
    """The English name of each region by its two-letter code (ISO 3166), in alphabetical order of the names."""
    names = Locale("en").territories
    codes = (one.removeprefix("en_") for one in locale_identifiers() if one.startswith("en_"))
    found = {code: str(names[code]) for code in codes if len(code) == 2 and code.isalpha()}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def usual_region(currency: str) -> str:
    """Where a currency is at home: US for USD. The first letters of a currency name its country (ISO 4217)."""
    return currency[:2] if currency[:2] in regions() else _USUAL
