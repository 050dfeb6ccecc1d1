"""What each cell of a historical order must be, and what becomes of its text."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from mewayz.backend.amounts import counted
from mewayz.backend.columns import unstorable
from mewayz.backend.ids import is_id
from mewayz.backend.money import to_units
from mewayz.domains.orders.model import OrderStatus, PaymentStatus
from mewayz.domains.users.model import stored_email

NUMBER = "number"
QUANTITY, PRICE, TOTAL = "lines.quantity", "lines.unitPrice", "lines.total"
MOST_PIECES = 1_000_000_000
_MOST_DIGITS = 9
_WHOLE = re.compile(r"(\d+)\.0+")


def a_text(most: int) -> Callable[[str], str]:
    """What makes one line of at most so many characters of a cell."""

    def convert(text: str) -> str:
        found = " ".join(text.split())
        if len(found) > most:
            raise ValueError(f"Enter at most {most} characters.")
        if unstorable(found):
            raise ValueError("Remove the characters that are no text (U+0000).")
        return found

    return convert


def _key(most: int) -> Callable[[str], str]:
    """A number that names something: spreadsheets like to make 13085.0 of 13085."""
    check = a_text(most)

    def convert(text: str) -> str:
        found = check(text)
        whole = _WHOLE.fullmatch(found)
        return whole[1] if whole else found

    return convert


def _units(text: str) -> int:
    try:
        return to_units(Decimal(text.strip()))
    except InvalidOperation:
        raise ValueError("Enter an amount, such as 12.50.") from None


def _quantity(text: str) -> int:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("Enter a whole number.") from None
    if not found.is_finite():
        raise ValueError("Enter a whole number.")
    if found.adjusted() > _MOST_DIGITS or abs(found) > MOST_PIECES:  # before 1e400000 is made a whole number, which takes minutes
        raise ValueError(f"Enter at most {counted(MOST_PIECES)} pieces.")
    whole = int(found)
    if whole != found or whole == 0:
        raise ValueError("Enter a whole number other than 0.")
    return whole


def _choice(choices: Sequence[str]) -> Callable[[str], str]:
    def convert(text: str) -> str:
        found = text.strip().lower()
        if found not in choices:
            raise ValueError(f"Choose one of: {', '.join(choices)}.")
        return found

    return convert


def _currency(text: str) -> str:
    found = text.strip().upper()
    if not re.fullmatch("[A-Z]{3}", found):
        raise ValueError("Enter a currency, such as EUR.")
    return found


def _an_id(text: str) -> str:
    return text if is_id(text) else ""


CONVERT: Mapping[str, Callable[[str], Any]] = {
    "id": _an_id,
    NUMBER: _key(64),
    "status": _choice([one.value for one in OrderStatus]),
    "paymentStatus": _choice([one.value for one in PaymentStatus]),
    "currency": _currency,
    "customer.id": _an_id,
    "customer.reference": _key(64),
    "customer.email": lambda text: a_text(254)(stored_email(text)),
    "lines.productId": _an_id,
    "lines.sku": _key(64),
    "lines.name": a_text(200),
    QUANTITY: _quantity,
    PRICE: _units,
    TOTAL: _units,
    "discount": _units,
    "tax": _units,
    "shipping": _units,
    "note": a_text(2000),
    "shippingAddress.line1": a_text(200),
    "shippingAddress.line2": a_text(200),
    "shippingAddress.postalCode": a_text(20),
}
