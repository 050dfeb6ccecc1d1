"""Products as a table with a line for each variant: the columns of an export that comes back as it was."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mewayz.backend.sheets import Sheet
from mewayz.domains.products.variants import MAX_OPTIONS

_KEYS = {"id": "id", "Handle": "slug"}
"""They say on every line which product it is about."""
_PRODUCT = {
    "Title": "name",
    "Short description": "shortDescription",
    "Description": "description",
    "Category": "category",
    "Tags": "tags",
    "Status": "status",
    "Publish at": "publishAt",
    "Visibility": "visibility",
    "Currency": "currency",
    "Price": "price",
    "Compare at price": "compareAtPrice",
    "Cost": "cost",
    "SKU": "sku",
    "Barcode": "barcode",
}
_INVENTORY = {"Low stock threshold": "lowStockThreshold", "Track inventory": "trackInventory", "Allow backorders": "allowBackorders"}
_VARIANT = {
    "Variant SKU": "sku",
    "Variant Price": "price",
    "Variant Compare At Price": "compareAtPrice",
    "Variant Cost": "cost",
    "Variant Barcode": "barcode",
    "Variant Stock": "stock",
    "Variant Image ID": "imageId",
}
_STOCK = "Stock"
_OPTIONS = {f"Option{number} {part}": part.lower() for number in range(1, MAX_OPTIONS + 1) for part in ("Name", "Value")}
COLUMNS = {**_KEYS, **_PRODUCT, _STOCK: "stock", **_INVENTORY, **_OPTIONS, **_VARIANT}


def lines(product: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of a product: what is about the product stands on the first one, the stock of one without variants too."""
    keys = {heading: product[name] for heading, name in _KEYS.items()}
    first = {heading: product[name] for heading, name in _PRODUCT.items()}
    first |= {heading: product["inventory"][name] for heading, name in _INVENTORY.items()}
    variants: Sequence[Mapping[str, Any]] = product["variants"]
    if not variants:
        yield {**keys, **first, _STOCK: product["inventory"]["stock"]}
    for number, variant in enumerate(variants):
        told = {heading: variant[name] for heading, name in _VARIANT.items()}
        for index, (option, value) in enumerate(zip(product["options"], variant["values"], strict=True), 1):
            told |= {f"Option{index} Name": option["name"], f"Option{index} Value": value}
        yield {**keys, **({} if number else first), **told}


SHEET = Sheet("One row for each variant", COLUMNS, lines)
