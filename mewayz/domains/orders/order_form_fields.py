"""The controls of the form of an order, and its lines and finds as texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mewayz.backend.amounts import counted
from mewayz.domains.customers.countries import country_names
from mewayz.domains.products.model import Product
from mewayz.domains.products.pictures import address
from mewayz.domains.products.variants import Variant, title_of
from mewayz.ui.form_field import Field
from mewayz.ui.words import Locale

DISCOUNT, SHIPPING, TAX = Field("discount", "Discount", "money"), Field("shipping", "Shipping", "money"), Field("tax", "Tax", "money")
EXTRAS = (DISCOUNT, SHIPPING, TAX)
NOTE = Field("note", "Note", "textarea", help="The customer can see it.")
_ADDRESS = (
    ("name", "Name", False), ("line1", "Street and number", False), ("line2", "Flat, floor or company", False),
    ("postalCode", "Postal code", True), ("city", "City", True), ("region", "Region", True), ("country", "Country", True),
)  # fmt: skip
_COUNTRIES = tuple((name, name) for name in country_names())
SHIPPING_TO, BILLING_TO = "shippingAddress", "billingAddress"
LOOKING = "Looking…"
PRODUCT_SEARCH, BUYER_SEARCH = "product_search", "buyer_search"
GUEST_EMAIL = Field("guestEmail", "E-mail of the guest", "email", help="The confirmation, and what happens to the order, is written there.")


def address_fields(kind: str) -> tuple[Field, ...]:
    """The controls of an address: `shippingAddress` or `billingAddress`."""
    *others, (country, label, half) = _ADDRESS
    texts = [Field(f"{kind}.{name}", words, half=small) for name, words, small in others]
    return (*texts, Field(f"{kind}.{country}", label, "suggest", options=_COUNTRIES, half=half))


@dataclass
class Choice:
    """A variant that a line can be, with its price and stock in words."""

    id: str
    label: str


@dataclass
class Wanted:
    """A line of the form: what is wanted, what the server says it costs, and how many there are.

    Of a product with variants, one of `choices` is chosen before anything else is known.
    """

    key: str
    product_id: str
    name: str
    sku: str
    quantity: str
    price: str = ""
    total: str = ""
    stock: str = ""
    problem: str = ""
    variant_id: str = ""
    choices: list[Choice] = field(default_factory=list[Choice])

    @property
    def complete(self) -> bool:
        """Whether it says what is wanted."""
        return self.variant_id != "" or not self.choices


@dataclass
class Found:
    """A product or a customer that matches what is typed; `variant_id` where that is the SKU or the barcode of a variant."""

    id: str
    name: str
    detail: str
    extra: str
    variant_id: str = ""
    picture: str = ""


def found_goods(product: Product, text: str, words: Locale) -> Found:
    """A product that was found by `text`."""
    typed = text.strip().casefold()
    variant = next((one for one in product.variants if typed in {(one["sku"] or "").casefold(), one["barcode"].casefold()} - {""}), None)
    image = (variant["imageId"] if variant else None) or next((one["id"] for one in product.images), None)
    picture = address(product.id, image, "small") if image else ""
    if variant is None:
        what = f"{len(product.variants)} variants" if product.variants else in_stock(product.stock if product.track_inventory else None)
        price = words.of(product.currency).money(product.price)
        return Found(product.id, product.name, product.sku or "", f"{price} · {what}", picture=picture)
    name, (price, stock) = f"{product.name} — {title_of(variant)}", _price_and_stock(product, variant, words)
    return Found(product.id, name, variant["sku"] or "", f"{price} · {stock}", variant["id"], picture)


def choices_of(product: Product, words: Locale) -> list[Choice]:
    """The variants of a product to choose from."""
    return [Choice(one["id"], " · ".join((title_of(one), *_price_and_stock(product, one, words)))) for one in product.variants]


def wanted(key: str, line: Mapping[str, Any], product: Product | None, words: Locale) -> Wanted:
    """A line of an order that is there; a variant that was removed since stays what it was, and is not chosen anew."""
    variant = line.get("variantId") or ""
    choices = choices_of(product, words) if product else []
    kept = choices if variant in {choice.id for choice in choices} else []
    return Wanted(key, line["productId"] or "", line["name"], line["sku"], str(line["quantity"]), variant_id=variant, choices=kept)


def _price_and_stock(product: Product, variant: Variant, words: Locale) -> tuple[str, str]:
    price = words.of(product.currency).money(variant["price"] or product.price)
    return price, in_stock(variant["stock"] if product.track_inventory else None)


def in_stock(count: int | None) -> str:
    """How many there are, in words."""
    return "Stock is not counted" if count is None else f"{counted(max(count, 0))} in stock"


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


def split_errors(errors: Mapping[str, str], sent: Sequence[Wanted]) -> tuple[dict[str, str], dict[str, str]]:
    """What is said of the lines that were sent, by their key, and what is said of none."""
    told: dict[str, str] = {}
    kept: dict[str, str] = {}
    for name, text in errors.items():
        head, _, rest = name.partition(".")
        index = rest.partition(".")[0]
        if head == "lines" and index.isdigit() and int(index) < len(sent):
            key = sent[int(index)].key
            told[key] = f"{told[key]} {text}" if key in told else text
        else:
            kept[name] = text
    return told, kept
