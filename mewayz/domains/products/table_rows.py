"""Tables of products with a line for each variant, as shops know them: which lines are one product, and what they say of it together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from mewayz.backend.errors import Invalid
from mewayz.backend.fields import put
from mewayz.backend.payloads import Optional, Price, WholeNumber
from mewayz.backend.rows import Gathered, Place, Row
from mewayz.domains.products import skus
from mewayz.domains.products.model import Product, ProductCreate, ProductStatus, products_collection
from mewayz.domains.products.variants import MAX_OPTIONS, MAX_STOCK, MAX_VARIANTS, Option, Variant, Word

_Word = Annotated[Word | None, Optional]
_Text = Annotated[Annotated[str, Field(max_length=64)] | None, Optional]
_Amount = Annotated[Price | None, Optional]


class ProductRow(ProductCreate):
    """A row of a file: a product, or with the columns of a variant one line of it."""

    headings: ClassVar[Mapping[str, str]] = {
        "Handle": "slug",
        "Title": "name",
        "Body (HTML)": "description",
        "Product Category": "category",
        "Variant Inventory Qty": "variantStock",
        "Cost per item": "variantCost",
    }
    """What shops elsewhere call the columns."""

    option1_name: _Word = None
    option1_value: _Word = None
    option2_name: _Word = None
    option2_value: _Word = None
    option3_name: _Word = None
    option3_value: _Word = None
    variant_sku: _Text = None
    variant_price: _Amount = None
    variant_compare_at_price: _Amount = None
    variant_cost: _Amount = None
    variant_barcode: _Text = None
    variant_stock: Annotated[Annotated[WholeNumber, Field(ge=-MAX_STOCK, le=MAX_STOCK)] | None, Optional] = None
    variant_image_id: _Text = None


_PARTS = {
    "variantSku": "sku",
    "variantPrice": "price",
    "variantCompareAtPrice": "compareAtPrice",
    "variantCost": "cost",
    "variantBarcode": "barcode",
    "variantStock": "stock",
    "variantImageId": "imageId",
}
_NAMES = [f"option{number}Name" for number in range(1, MAX_OPTIONS + 1)]
_VALUES = [f"option{number}Value" for number in range(1, MAX_OPTIONS + 1)]
_OF_VARIANTS = frozenset({*_PARTS, *_NAMES, *_VALUES})
_KEYS = ("id", "slug", "sku", "variantSku")
_ELSEWHERE = {"active": ProductStatus.PUBLISHED.value}
_NO_OPTION = ("Title", "Default Title")
"""What a product without options has as its only one elsewhere."""
_KNOWN_BY = {"slug": "slug", "variantSku": "SKU", "sku": "SKU"}
_NOT_KNOWN = "No product has this {}. A new one needs a name."
_DIFFER = "Say by what these lines differ: a value for each option, or a SKU that is there already."


# Which lines are one product -------------------------------------------------------------------------------------------


def folded(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows, those that follow each other and are about the variants of one product as one with its parts."""
    parts: list[Row] = []
    for row in rows:
        one = not row.problem and not row.fields.keys().isdisjoint(_OF_VARIANTS)
        if parts and not (one and _key(row) in (None, _key(parts[0])) and len(parts) < MAX_VARIANTS + 1):
            yield _joined(parts)
            parts = []
        if one:
            parts.append(row)
        else:
            yield row
    if parts:
        yield _joined(parts)


def _key(row: Row) -> tuple[str, str] | None:
    """What says which product a line is about; without anything, it goes on with the one before."""
    return next(((name, str(value).strip().casefold()) for name in _KEYS if (value := row.fields.get(name)) is not None), None)


def _joined(parts: Sequence[Row]) -> Row:
    """What is about the product counts from the first line that says it."""
    fields: dict[str, Any] = {}
    for part in parts:
        for name, value in part.fields.items():
            if name not in _OF_VARIANTS:
                fields.setdefault(name, value)
    if isinstance(status := fields.get("status"), str):
        fields["status"] = _ELSEWHERE.get(status.strip().casefold(), status)
    return parts[0]._replace(fields=fields, parts=tuple(parts))


# What they say together ------------------------------------------------------------------------------------------------


async def gathered(before: Product | None, fields: dict[str, Any], parts: Sequence[Row], *, upsert: bool) -> Gathered[Product]:
    """The product with the variants that its lines name; those of a known product that no line names stay as they are.

    Raises:
        Invalid: with a message per field.
    """
    if before is None and upsert:
        before = await _find(fields, parts)
        if before is None and "name" not in fields and (place := _unknown(fields, parts)):
            raise Invalid(fields={place: _NOT_KNOWN.format(_KNOWN_BY[place])})
    names, lines = _options_of(parts), [part for part in parts if not part.fields.keys().isdisjoint({*_PARTS, *_VALUES})]
    if before is not None:
        names = names or [option["name"] for option in before.options]
    values = [part.fields[name] for part in lines for name in _VALUES if name in part.fields]
    if not (before and before.variants) and (not names or ([names[0], *values] == [*_NO_OPTION])):
        return Gathered(before, _of_one(fields, lines), {})
    variants, places = _merged(before.variants if before else [], lines, len(names))
    if before is None and lines:
        fields.setdefault("price", lines[0].fields.get("variantPrice"))
        if fields["price"] is None:
            del fields["price"]
    return Gathered(before, {**fields, "options": _offered(names, before, variants), "variants": variants}, places)


async def named(rows: Sequence[Row]) -> set[str]:
    """The ids of the products that parts of rows name by a slug or by the SKU of a variant."""
    slugs = [str(slug).strip() for row in rows if row.parts and (slug := row.fields.get("slug"))]
    codes = [str(code).strip() for row in rows for part in row.parts if (code := part.fields.get("variantSku"))]
    return await products_collection.ids_in("slug", slugs) | {product_id for product_id, _ in (await skus.find(codes)).values()}


async def _find(fields: Mapping[str, Any], parts: Sequence[Row]) -> Product | None:
    """The product with this slug, else the one of the first SKU that is known."""
    if slug := str(fields.get("slug") or "").strip():
        return await products_collection.find(slug=slug)
    codes = [str(part.fields["variantSku"]).strip() for part in parts if part.fields.get("variantSku")]
    known = await skus.find(codes)
    product_id = next((known[code][0] for code in codes if code in known), None)
    return await products_collection.find(id=product_id) if product_id else None


def _unknown(fields: Mapping[str, Any], parts: Sequence[Row]) -> str:
    """The column by which lines without a name say which product they are about, if any does."""
    given = {*fields, *parts[0].fields}
    return next((name for name in _KNOWN_BY if name in given), "")


def _options_of(parts: Sequence[Row]) -> list[str]:
    found: list[str] = []
    for name in _NAMES:
        told = next((str(part.fields[name]).strip() for part in parts if name in part.fields), None)
        if told is None:
            break
        found.append(told)
    return found


def _of_one(fields: dict[str, Any], lines: Sequence[Row]) -> dict[str, Any]:
    """A product without variants, whose only line says of it what others say of a variant."""
    if len(lines) > 1:
        raise Invalid(fields={"option1Name": _DIFFER})
    found = dict(fields)
    for name, path in _PARTS.items():
        if lines and name in lines[0].fields and path != "imageId":
            put(found, "inventory.stock" if path == "stock" else path, lines[0].fields[name])
    return found


def _merged(known: Sequence[Variant], lines: Sequence[Row], width: int) -> tuple[list[dict[str, Any]], dict[str, Place]]:
    found: list[dict[str, Any]] = [dict(one) for one in known]
    by_sku = {one["sku"]: index for index, one in enumerate(known) if one["sku"]}
    by_values = {tuple(one["values"]): index for index, one in enumerate(known)}
    places: dict[str, Place] = {}
    for line in lines:
        given = {path: line.fields[name] for name, path in _PARTS.items() if name in line.fields}
        values = [str(line.fields.get(name, "")).strip() for name in _VALUES[:width]]
        index = by_sku.get(str(given.get("sku", "")).strip(), by_values.get(tuple(values)))
        if any(values):
            given["values"] = values
        elif index is None:
            raise Invalid(fields={"row": _DIFFER})
        if index is None:
            index = len(found)
            found.append({})
        by_values.setdefault(tuple(values), index)
        found[index] |= given
        places[f"variants.{index}"] = (line.line, "variant.")
    return found, places


def _offered(names: Sequence[str], before: Product | None, variants: Sequence[Mapping[str, Any]]) -> list[Option]:
    """The options with the values that the variants have, the known ones in their order; one that only a former variant had goes."""
    had = before.options if before else []
    found: list[Option] = []
    for index, name in enumerate(names):
        known = had[index]["values"] if index < len(had) else []
        was_used = {one["values"][index] for one in before.variants} if before and index < len(had) else set[str]()
        used = dict.fromkeys(one["values"][index] for one in variants if index < len(one["values"]))
        stay = [value for value in known if value in used or value not in was_used]
        found.append(Option(name=name, values=list(dict.fromkeys([*stay, *used]))))
    return found
