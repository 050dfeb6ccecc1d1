"""What the pages of products hold."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import reflex as rx
from typing_extensions import override

from mewayz.domains.products.model import ProductStatus, Visibility
from mewayz.domains.products.pictures import address
from mewayz.domains.products.service import products
from mewayz.domains.products.variant_form_state import VariantForm
from mewayz.ui.events import actor, on
from mewayz.ui.form_field import Field
from mewayz.ui.guard import guarded
from mewayz.ui.record_state import RecordState, text
from mewayz.ui.table_state import TableState
from mewayz.ui.words import Locale, sentence, tone

DETAILS = (
    Field("name", "Name", required=True),
    Field("shortDescription", "Short description", help="One sentence for lists and search results."),
    Field("description", "Description", "textarea"),
    Field("category", "Category", help="Levels are separated by >, such as Home > Kitchen.", half=True),
    Field("tags", "Tags", "tags", help="Separate with commas.", half=True),
)
PRICING = (
    Field("price", "Price", "money", required=True, half=True),
    Field("compareAtPrice", "Compare-at price", "money", help="The former price, shown struck through.", half=True),
    Field("cost", "Cost", "money", help="What one piece costs you. Customers do not see it."),
)
INVENTORY = (
    Field("sku", "SKU", help="Your own code for it. No two products share one.", half=True),
    Field("barcode", "Barcode", half=True),
    Field("inventory.stock", "In stock", "number", required=True, half=True),
    Field("inventory.lowStockThreshold", "Low from", "number", help="At this many pieces it counts as low.", required=True, half=True),
    Field("inventory.trackInventory", "Track the stock", "checkbox", help="Without it the product can always be ordered."),
    Field("inventory.allowBackorders", "Go on selling when there is none", "checkbox"),
)
VISIBILITY = (
    Field(
        "status",
        "Status",
        "select",
        options=tuple((status.value, sentence(status.value)) for status in ProductStatus),
        required=True,
        help="Only a published product is for sale; a scheduled one from its moment on.",
        half=True,
    ),
    Field("publishAt", "For sale from", "moment", help="Of a scheduled product, in the shop's time.", half=True),
    Field(
        "visibility",
        "Visibility",
        "select",
        options=tuple((one.value, sentence(one.value)) for one in Visibility),
        required=True,
        help="Customers find a hidden product only by its link.",
        half=True,
    ),
    Field("slug", "Slug", help="Its part of a web address. Left empty, it comes from the name.", half=True),
)


class ProductTable(TableState, rx.State):
    """The list of products."""

    service: ClassVar[Any] = products
    path: ClassVar[str] = "/products"
    editable: ClassVar[Sequence[str]] = ("price", "inventory.stock", "status")
    bulk_fields: ClassVar[Sequence[str]] = ("status", "category")
    bulk_delete: ClassVar[bool] = True
    pictured: ClassVar[bool] = True

    @override
    def _picture(self, record: dict[str, Any]) -> str:
        return address(record["id"], record["images"][0]["id"], "small") if record["images"] else ""

    @override
    def _fixed(self, record: Mapping[str, Any]) -> Collection[str]:
        return ("inventory.stock",) if record["variants"] else ()


class ProductForm(VariantForm, rx.State):
    """A product to create or to change."""

    service: ClassVar[Any] = products
    path: ClassVar[str] = "/products"
    fields: ClassVar[Sequence[Field]] = (*DETAILS, *PRICING, *INVENTORY, *VISIBILITY)

    @override
    def _blank(self) -> dict[str, Any]:
        inventory = {"stock": 0, "lowStockThreshold": 0, "trackInventory": True, "allowBackorders": False}
        return {"status": ProductStatus.PUBLISHED.value, "visibility": Visibility.VISIBLE.value, "inventory": inventory}


class ProductRecord(RecordState, rx.State):
    """A product to look at."""

    service: ClassVar[Any] = products
    status: str = ""
    tone: str = ""
    tags: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    category: str = ""
    category_key: str = ""

    @on("products:create")
    async def duplicate(self) -> Any:
        """Make a draft like this product, and open its form."""
        async with guarded(self):
            made = await products.duplicate(actor(), self.record_id)
            return rx.redirect(f"/products/{made.id}/edit")

    @override
    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        words, stock = words.of(record["currency"]), record["inventory"]
        self.title = record["name"]
        self.status, self.tone = sentence(record["status"]), tone(record["status"])
        self.tags = record["tags"]
        self.category, self.category_key = record["category"], quote(record["category"])
        self.values = {
            "sku": text(record["sku"]),
            "barcode": text(record["barcode"]),
            "slug": text(record["slug"]),
            "visibility": sentence(record["visibility"]),
            "publish": words.exact(record["publishAt"]) if record["status"] == ProductStatus.SCHEDULED else "",
            "short": text(record["shortDescription"]),
            "description": record["description"],
            "price": words.money(record["price"]),
            "compare": words.money(record["compareAtPrice"]) if record["compareAtPrice"] else text(None),
            "cost": words.money(record["cost"]) if record["cost"] else text(None),
            "stock": words.number(stock["stock"]) if stock["trackInventory"] else "Not tracked",
            "level": _level(stock),
            "tracked": "In stock" if stock["trackInventory"] else "Not tracked",
            "threshold": words.number(stock["lowStockThreshold"]),
            "backorders": "Allowed" if stock["allowBackorders"] else "Not allowed",
            "created": words.exact(record["createdAt"]),
            "updated": words.exact(record["updatedAt"]),
        }


def _level(stock: dict[str, Any]) -> str:
    if not stock["trackInventory"]:
        return ""
    if stock["stock"] <= 0:
        return "Out of stock"
    return "Low" if stock["stock"] <= stock["lowStockThreshold"] else ""
