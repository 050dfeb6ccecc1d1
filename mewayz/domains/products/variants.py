"""The variants of a product: the combinations of its options that exist. They are a part of the product, and live and die with it."""

import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

from mewayz.backend.amounts import counted
from mewayz.backend.documents import wire_value
from mewayz.backend.errors import Invalid
from mewayz.backend.ids import new_id
from mewayz.backend.payloads import Optional, Patch, Payload, Price, WholeNumber

MAX_OPTIONS = 3
MAX_VARIANTS = 100
MAX_STOCK = 1_000_000_000
BETWEEN = " / "


class Option(TypedDict):
    """What a product is chosen by, such as its size, and the values that it has."""

    name: str
    values: list[str]


class Variant(TypedDict):
    """A combination that exists: `values` has one of each option, in their order.

    Without a price or a compare-at price of its own it has the product's. `stock` can be sold, `reserved` is ordered and has not left;
    `imageId` is one of the product's images.
    """

    id: str
    values: list[str]
    sku: str | None
    barcode: str
    price: str | None
    compareAtPrice: str | None
    cost: str | None
    stock: int
    reserved: int
    imageId: str | None


def title_of(variant: Variant) -> str:
    """What it is called beside its product: `L / Red`."""
    return BETWEEN.join(variant["values"])


def find(variants: Sequence[Variant], variant_id: str | None) -> Variant | None:
    """The variant with this id."""
    return next((one for one in variants if one["id"] == variant_id), None)


def skus_of(variants: Iterable[Variant]) -> dict[str, str]:
    """The ids of variants by their SKU."""
    return {one["sku"]: one["id"] for one in variants if one["sku"]}


def codes_of(variants: Iterable[Variant]) -> str:
    """The SKUs and barcodes of variants, for the search."""
    return " ".join(code for one in variants for code in (one["sku"], one["barcode"]) if code)


def without_image(variants: Sequence[Variant], images: Collection[str]) -> list[Variant]:
    """The variants, none of which shows an image that is not one of `images`."""
    return [one if one["imageId"] in images else {**one, "imageId": None} for one in variants]


def without_cost(variants: Sequence[Any]) -> list[Any]:
    """The variants for who is not told what a piece costs the shop."""
    return [{**one, "cost": None} for one in variants]


# What may be sent ------------------------------------------------------------------------------------------------------


def _distinct(values: list[str]) -> list[str]:
    if len({value.casefold() for value in values}) < len(values):
        raise ValueError("Name each value once.")
    return values


Word = Annotated[str, Field(min_length=1, max_length=50)]


class OptionGiven(Payload):
    """An option with its values, in the order in which they are offered."""

    name: Word
    values: Annotated[list[Word], Field(min_length=1, max_length=MAX_VARIANTS), AfterValidator(_distinct)]


def _each_once(options: list[OptionGiven]) -> list[OptionGiven]:
    if len({option.name.casefold() for option in options}) < len(options):
        raise ValueError("Give each option another name.")
    return options


class VariantGiven(Patch):
    """A variant: a known one by its `id`, or by its values; what is not sent of a known one stays.

    `reserved` may be sent along as it was answered; it follows from the orders, and is not read.
    """

    emptied: ClassVar[frozenset[str]] = frozenset({"sku", "price", "compare_at_price", "cost", "image_id"})

    id: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")] | None, Optional] = None
    values: Annotated[list[Word], Field(max_length=MAX_OPTIONS)] | None = None
    sku: Annotated[Annotated[str, Field(max_length=64)] | None, Optional] = None
    barcode: Annotated[str, Field(max_length=64)] | None = None
    price: Annotated[Price | None, Optional] = None
    compare_at_price: Annotated[Price | None, Optional] = None
    cost: Annotated[Price | None, Optional] = None
    stock: Annotated[WholeNumber, Field(ge=-MAX_STOCK, le=MAX_STOCK)] | None = None
    reserved: int | None = None
    image_id: Annotated[Annotated[str, Field(max_length=64)] | None, Optional] = None


Options = Annotated[list[OptionGiven], Field(max_length=MAX_OPTIONS), AfterValidator(_each_once)]
Variants = Annotated[list[VariantGiven], Field(max_length=MAX_VARIANTS)]


# What becomes of it ----------------------------------------------------------------------------------------------------


def shaped(
    options: Sequence[OptionGiven] | None,
    variants: Sequence[VariantGiven] | None,
    known: tuple[list[Option], list[Variant]] = ([], []),
    images: Collection[str] = (),
) -> tuple[list[Option], list[Variant]]:
    """The options and variants that a product has after what was sent; None means that nothing was.

    Options without a word about variants make all combinations of a product that had none. Without options there are no variants.

    Raises:
        Invalid: with a message per field.
    """
    known_options, known_variants = known
    chosen: list[Option] = known_options if options is None else [Option(name=one.name, values=one.values) for one in options]
    if not chosen:
        if variants:
            raise Invalid(fields={"options": "Say by what these variants differ, such as their size."})
        return [], []
    if variants is None:
        variants = [VariantGiven(id=one["id"]) for one in known_variants] if known_variants else combinations(chosen)
    if not variants:
        raise Invalid(fields={"variants": "Name at least one combination that exists, or send no options."})
    return chosen, _arranged(chosen, variants, known_variants, images)


def combinations(options: Sequence[Option]) -> list[VariantGiven]:
    """One variant for each combination of the values.

    Raises:
        Invalid: they are too many.
    """
    count = math.prod(len(option["values"]) for option in options)
    if count > MAX_VARIANTS:
        raise Invalid(
            fields={"options": f"These values make {counted(count)} combinations. Name the ones that exist, at most {MAX_VARIANTS}."}
        )
    return [VariantGiven(values=list(values)) for values in itertools.product(*(option["values"] for option in options))]


def _arranged(options: Sequence[Option], given: Sequence[VariantGiven], known: Sequence[Variant], images: Collection[str]) -> list[Variant]:
    by_id = {one["id"]: one for one in known}
    named = {one.id for one in given if one.id in by_id}
    by_values = {tuple(one["values"]): one for one in known if one["id"] not in named}
    problems: dict[str, str] = {}
    found: list[Variant] = []
    for index, one in enumerate(given):
        before = by_id.get(one.id or "") or by_values.get(tuple(one.values or ()))
        after = _merged(before, one)
        wrong = {**_misfits(options, after), **_repeats(after, found)}
        if after["stock"] < 0 and (before is None or before["stock"] != after["stock"]):
            wrong["stock"] = "Enter 0 or more."
        if after["imageId"] is not None and after["imageId"] not in images:
            wrong["imageId"] = "Name an image that the product has. New ones are uploaded."
        problems |= {f"variants.{index}.{name}": text for name, text in wrong.items()}
        found.append(after)
    if sum(max(one["stock"], 0) for one in found) > MAX_STOCK:
        problems["variants"] = f"The stock of all variants together can be at most {counted(MAX_STOCK)}."
    if problems:
        raise Invalid(fields=problems)
    return found


def _merged(before: Variant | None, given: VariantGiven) -> Variant:
    start: Variant = before or {
        "id": given.id or new_id(),
        "values": [],
        "sku": None,
        "barcode": "",
        "price": None,
        "compareAtPrice": None,
        "cost": None,
        "stock": 0,
        "reserved": 0,
        "imageId": None,
    }
    changes = {to_camel(name): wire_value(value) for name, value in given.changes().items() if name not in ("id", "reserved")}
    return {**start, **changes}  # pyright: ignore[reportReturnType]


def _misfits(options: Sequence[Option], variant: Variant) -> dict[str, str]:
    if len(variant["values"]) != len(options):
        names = ", ".join(option["name"] for option in options)
        return {"values": f"Give one value for each option: {names}."}
    for option, value in zip(options, variant["values"], strict=True):
        if value not in option["values"]:
            return {"values": f"{value} is no value of {option['name']}. There are: {', '.join(option['values'])}."}
    return {}


def _repeats(variant: Variant, others: Sequence[Variant]) -> dict[str, str]:
    found: dict[str, str] = {}
    if any(one["values"] == variant["values"] for one in others):
        found["values"] = "This combination is there already."
    if any(one["id"] == variant["id"] for one in others):
        found["id"] = "Name each variant once."
    if variant["sku"] and any(one["sku"] == variant["sku"] for one in others):
        found["sku"] = "Another variant has this SKU."
    return found
