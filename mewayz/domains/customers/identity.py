"""What makes two records the same customer: e-mail, telephone number and name in the forms that are compared."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import phonenumbers

from mewayz.domains.customers.addresses import default_of
from mewayz.domains.customers.countries import country_code

_LOCAL = range(5, 16)
"""Digits of a number whose country is not known: E.164 has 15 at most."""
_EXTRA = re.compile(r"\+[^@]*@")
_WORD = re.compile(r"\w+")
# Their mailboxes are the same with and without dots.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def normal_phone(text: str, country: str = "") -> str:
    """A telephone number in international form where it can be told (E.123), else as it was typed.

    >>> normal_phone("020 7946 0018", "United Kingdom")
    '+44 20 7946 0018'
    """
    typed = " ".join(text.split())
    try:
        found = phonenumbers.parse(typed, country_code(country))
    except phonenumbers.NumberParseException:
        return typed
    if not phonenumbers.is_possible_number(found):
        return typed
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def is_plausible_phone(text: str, country: str = "") -> bool:
    """Whether this can be a telephone number: of its length where its country can be told, else by its digits.

    >>> is_plausible_phone("12"), is_plausible_phone("020 7946 0018", "United Kingdom"), is_plausible_phone("call me at 5")
    (False, True, False)
    """
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text, country_code(country)))
    except phonenumbers.NumberParseException as refused:
        unknown_country = refused.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not text.strip().startswith("+")
        return unknown_country and sum(letter.isdecimal() for letter in text) in _LOCAL


def identity_keys(*, name: str, email: str | None, phone: str, country: str) -> dict[str, str]:
    """The columns by which duplicates are found; empty where there is nothing to compare."""
    return {"email_key": _email_key(email or ""), "phone_key": _phone_key(phone), "name_key": _name_key(name, country)}


def derived_columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from name, e-mail, phone and addresses, the phone in its normal form included."""
    address = default_of(fields["addresses"])
    country = str(address["country"])
    phone = normal_phone(fields["phone"], country)
    keys = identity_keys(name=fields["name"], email=fields["email"], phone=phone, country=country)
    return {"addresses": fields["addresses"], "address": address, "country": country, "phone": phone, **keys}


def _email_key(email: str) -> str:
    """One mailbox, whatever was added behind a plus sign."""
    plain = _EXTRA.sub("@", email.casefold(), count=1)
    mailbox, _, domain = plain.rpartition("@")
    return f"{mailbox.replace('.', '')}@gmail.com" if domain in _DOTLESS else plain


def _phone_key(phone: str) -> str:
    digits = "".join(letter for letter in phone if letter.isdecimal())
    return digits if len(digits) >= 6 else ""


def _name_key(name: str, country: str) -> str:
    """The words of a name in any order, without accents and capitals, and the country."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(letter))
    words = sorted(_WORD.findall(plain))
    return f"{' '.join(words)} · {country.casefold()}" if words else ""
