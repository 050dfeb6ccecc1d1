"""What is asked of the prices that somebody enters for a product and its variants."""

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel

from mewayz.backend.amounts import check_payable
from mewayz.backend.entered import Told
from mewayz.backend.errors import Invalid
from mewayz.backend.money import wire_decimal
from mewayz.domains.products.model import Product, ProductCreate, ProductUpdate

_AMOUNTS = ("price", "compare_at_price", "cost")
_FORMER = "The compare-at price is what it cost before: not less than the price. Enter more, or nothing."


def check_former_price(before: Product | None, payload: ProductCreate | ProductUpdate) -> None:
    """Make sure that the price that is struck through is not below the price that is asked.

    Raises:
        Invalid.
    """
    sent = payload.changes() | ({} if before else {"price": payload.price, "compare_at_price": payload.compare_at_price})
    price, former = (sent.get(name, getattr(before, name, None)) for name in ("price", "compare_at_price"))
    touched = before is None or (price, former) != (before.price, before.compare_at_price)
    if touched and price is not None and former is not None and former < price:
        raise Invalid(fields={"compareAtPrice" if "compare_at_price" in sent else "price": _FORMER})


def check_variant_prices(before: Product | None, payload: ProductCreate | ProductUpdate, currency: str) -> None:
    """Make sure of the same for the variants, and that what is new of their amounts can be paid.

    Raises:
        Invalid.
    """
    asked = payload.price if payload.price is not None else before.price if before else None
    known = {one["id"]: one for one in before.variants} if before else {}
    told = Told()
    for index, one in enumerate(payload.variants or ()):
        was: Mapping[str, Any] = known.get(one.id or "", {})
        amounts = {name: getattr(one, name) for name in _AMOUNTS}
        new = {name: value for name, value in amounts.items() if value is not None and wire_decimal(value) != was.get(to_camel(name))}
        wrong: dict[str, str] = {}
        price, former = amounts["price"] if amounts["price"] is not None else asked, amounts["compare_at_price"]
        if new.keys() & {"price", "compare_at_price"} and price is not None and former is not None and former < price:
            wrong["compareAtPrice"] = _FORMER
        try:
            check_payable(new, currency)
        except Invalid as error:
            wrong |= error.fields
        if wrong:
            with told.also():
                raise Invalid(fields={f"variants.{index}.{name}": text for name, text in wrong.items()})
    told.refuse()
