"""Countries by their English ISO 3166 names: what a form suggests, and what a code or another spelling becomes."""

from functools import cache

from babel import Locale

# Two letters in CLDR that are no country: unions, test locales, outlying and unknown regions.
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def _by_code() -> dict[str, str]:
    found = Locale("en").territories
    return {code: str(name) for code, name in found.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES}


@cache
def _by_word() -> dict[str, str]:
    return {name.casefold(): name for name in _by_code().values()} | {code.casefold(): name for code, name in _by_code().items()}


@cache
def _codes() -> dict[str, str]:
    return {name: code for code, name in _by_code().items()}


@cache
def country_names() -> tuple[str, ...]:
    """Every country, in alphabetical order."""
    return tuple(sorted(_by_code().values()))


def country_name(text: str) -> str:
    """The English name behind a two-letter code or a spelling; what is no country of ISO 3166 stays as it is.

    >>> country_name("fr"), country_name("united kingdom"), country_name("Channel Islands")
    ('France', 'United Kingdom', 'Channel Islands')
    """
    return _by_word().get(text.strip().casefold(), text)


def country_code(name: str) -> str | None:
    """The two-letter code of a country by its English name."""
    return _codes().get(name)
