"""The product document, what may be sent about one, and the list of products."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from sqlalchemy import Index
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.columns import JSON_DOCUMENT
from mewayz.backend.documents import Collection, Document
from mewayz.backend.filters import Bound, Choice, Equals, Member, Named
from mewayz.backend.listing import Column, ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Optional, Patch, Payload, Price

MAX_STOCK = 1_000_000_000


class ProductStatus(StrEnum):
    """Only a published product can be ordered by customers."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SCHEDULED = "scheduled"
    ARCHIVED = "archived"


class Product(Document, table=True):
    """Something for sale. `stock` counts pieces; it is kept even when it is not tracked."""

    __tablename__ = "products"
    __table_args__ = (
        Index("products_created", "created_at", "id"),
        Index("products_updated", "updated_at", "id"),
        Index("products_name", "name", "id"),
        Index("products_price", "price", "id"),
        Index("products_stock", "stock", "id"),
        Index("products_status", "status", "created_at", "id"),
        Index("products_category", "category", "created_at", "id"),
        Index("products_creator", "creator_id", "created_at", "id"),
    )
    nested: ClassVar[Mapping[str, tuple[str, ...]]] = {"inventory": ("stock", "low_stock_threshold", "track_inventory", "allow_backorders")}

    name: str
    sku: str | None = Stored(default=None, unique=True)
    description: str = ""
    short_description: str = ""
    barcode: str = ""
    price: Decimal = Stored(sa_type=MoneyType)
    compare_at_price: Decimal | None = Stored(default=None, sa_type=MoneyType)
    cost: Decimal | None = Stored(default=None, sa_type=MoneyType)
    currency: str
    category: str = ""
    tags: list[str] = Stored(default_factory=list, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    status: str = Stored(default=ProductStatus.PUBLISHED.value, sa_type=String)
    stock: int = 0
    low_stock_threshold: int = 0
    track_inventory: bool = True
    allow_backorders: bool = False
    creator_id: str = ""
    demo: bool = False


def _unique_tags(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tag for tag in (tag.strip() for tag in tags) if tag))


Tag = Annotated[str, Field(min_length=1, max_length=50)]
Tags = Annotated[list[Tag], Field(max_length=20), AfterValidator(_unique_tags)]
Sku = Annotated[Annotated[str, Field(max_length=64)] | None, Optional]
Pieces = Annotated[int, Field(ge=0, le=MAX_STOCK)]


class Inventory(Payload):
    """How many there are, and what happens when there are none."""

    stock: Pieces = 0
    low_stock_threshold: Pieces = 0
    track_inventory: bool = True
    allow_backorders: bool = False


class ProductCreate(Payload):
    """What is sent to create a product. The currency is the shop's unless one is given."""

    aliases: ClassVar[Mapping[str, str]] = {
        "title": "name",
        "inventory.quantity": "inventory.stock",
        "stock": "inventory.stock",
        "quantity": "inventory.stock",
        "comparePrice": "compareAtPrice",
        "costPrice": "cost",
    }
    """What the earlier system called the fields."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    sku: Sku = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    short_description: Annotated[str, Field(max_length=300)] = ""
    barcode: Annotated[str, Field(max_length=64)] = ""
    price: Price
    compare_at_price: Annotated[Price | None, Optional] = None
    cost: Annotated[Price | None, Optional] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    category: Annotated[str, Field(max_length=100)] = ""
    tags: Tags = Field(default_factory=list)
    status: ProductStatus = ProductStatus.PUBLISHED
    inventory: Inventory = Field(default_factory=Inventory)


class InventoryChange(Patch):
    """The parts of the inventory that change."""

    stock: Pieces | None = None
    low_stock_threshold: Pieces | None = None
    track_inventory: bool | None = None
    allow_backorders: bool | None = None


class ProductUpdate(Patch):
    """What may change about a product; null empties the fields that may be empty."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    sku: Sku = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    short_description: Annotated[str, Field(max_length=300)] | None = None
    barcode: Annotated[str, Field(max_length=64)] | None = None
    price: Price | None = None
    compare_at_price: Annotated[Price | None, Optional] = None
    cost: Annotated[Price | None, Optional] = None
    category: Annotated[str, Field(max_length=100)] | None = None
    tags: Tags | None = None
    status: ProductStatus | None = None
    inventory: InventoryChange | None = None

    emptied: ClassVar[frozenset[str]] = frozenset({"sku", "compare_at_price", "cost"})

    def changes(self) -> dict[str, Any]:
        """The columns to change; the inventory is several of them."""
        found = super().changes()
        inventory: InventoryChange | None = found.pop("inventory", None)
        return {**found, **inventory.changes()} if inventory else found


COUNTED = ("status", "category")

PRODUCTS = ListSpec(
    "products",
    Product,
    columns=[
        Column("name", "Product", "link"),
        Column("sku", "SKU"),
        Column("status", "Status", "status"),
        Column("category", "Category"),
        Column("inventory.stock", "Stock", "number"),
        Column("price", "Price", "money"),
        Column("tags", "Tags", "tags", shown=False),
        Column("updated_at", "Updated", "when"),
    ],
    filters=[
        Choice(name="status", column="status", label="Status", choices=tuple(ProductStatus)),
        Equals(name="category", column="category", label="Category", listed=True),
        Bound(name="minPrice", column="price", label="Price", low=True),
        Bound(name="maxPrice", column="price", label="Price", low=False),
        Equals(name="creator", column="creator_id", label="Creator", offered=False),
        Member(name="tag", column="tags", label="Tag"),
        Named(
            name="stock",
            column="stock",
            label="Stock",
            conditions={
                "low": "track_inventory AND stock <= low_stock_threshold",
                "out": "track_inventory AND stock <= 0",
                "in": "NOT track_inventory OR stock > 0",
            },
        ),
    ],
    search=("name", "sku", "category"),
    sorts=("created_at", "name", "price", "stock", "updated_at"),
    counted=COUNTED,
)

products_collection = Collection(Product, "products")
