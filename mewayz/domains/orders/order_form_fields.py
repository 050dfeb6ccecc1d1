"""The controls of the form of an order, and its lines and finds as texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mewayz.domains.customers.countries import country_names
from mewayz.ui.form_state import Field

DISCOUNT, SHIPPING, TAX = Field("discount", "Discount", "money"), Field("shipping", "Shipping", "money"), Field("tax", "Tax", "money")
EXTRAS = (DISCOUNT, SHIPPING, TAX)
NOTE = Field("note", "Note", "textarea", help="The customer can see it.")
_ADDRESS = (
    ("name", "Name", False), ("line1", "Street and number", False), ("line2", "Flat, floor or company", False),
    ("postalCode", "Postal code", True), ("city", "City", True), ("region", "Region", True), ("country", "Country", True),
)  # fmt: skip
_COUNTRIES = tuple((name, name) for name in country_names())
SHIPPING_TO, BILLING_TO = "shippingAddress", "billingAddress"
PRODUCT_SEARCH, BUYER_SEARCH = "product_search", "buyer_search"


def address_fields(kind: str) -> tuple[Field, ...]:
    """The controls of an address: `shippingAddress` or `billingAddress`."""
    *others, (country, label, half) = _ADDRESS
    texts = [Field(f"{kind}.{name}", words, half=small) for name, words, small in others]
    return (*texts, Field(f"{kind}.{country}", label, "suggest", options=_COUNTRIES, half=half))


@dataclass
class Wanted:
    """A line of the form: what is wanted, what the server says it costs, and how many there are."""

    key: str
    product_id: str
    name: str
    sku: str
    quantity: str
    price: str = ""
    total: str = ""
    stock: str = ""
    problem: str = ""


@dataclass
class Found:
    """A product or a customer that matches what is typed."""

    id: str
    name: str
    detail: str
    extra: str


def in_stock(count: int | None) -> str:
    """How many there are, in words."""
    return "Stock is not counted" if count is None else f"{max(count, 0):,} in stock"


def flat(kind: str, address: Mapping[str, Any]) -> dict[str, str]:
    """An address as the values of its controls."""
    return {item.name: str(address.get(item.name.partition(".")[2]) or "") for item in address_fields(kind)}


def typed_of(values: Mapping[str, str], filled: Mapping[str, str]) -> dict[str, str]:
    """What of a shipping address somebody has typed: all that is not empty, and not as the address of a customer has filled it."""
    return {name: value for name in flat(SHIPPING_TO, {}) if (value := values.get(name, "").strip()) and value != filled.get(name)}


def fits(typed: Mapping[str, str], address: Mapping[str, str]) -> bool:
    """Whether an address goes together with what was typed of one; a parcel may go to another name there."""
    return all(
        name == f"{SHIPPING_TO}.name" or not (other := address.get(name, "")) or other.casefold() == value.casefold()
        for name, value in typed.items()
    )


def nested(kind: str, form: Mapping[str, Any]) -> dict[str, str]:
    """An address as its controls were filled in."""
    return {item.name.partition(".")[2]: str(form.get(item.name) or "") for item in address_fields(kind)}
