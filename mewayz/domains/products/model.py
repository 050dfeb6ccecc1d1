"""The product document, what may be sent about one, and the list of products."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field
from sqlalchemy import Index, and_, bindparam, or_
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime, table_of
from mewayz.backend.documents import PRIVATE, Document
from mewayz.backend.filters import Choice, Equals, Member, Named, Tree
from mewayz.backend.imported import Imported
from mewayz.backend.listing import ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Optional, Patch, Payload, Price, WholeNumber
from mewayz.backend.picked import Picked
from mewayz.backend.ranges import Bound
from mewayz.backend.table_columns import Column
from mewayz.domains.products.slugs import MAX_SLUG, slug_of
from mewayz.domains.products.variants import MAX_STOCK, Option, OptionGiven, Options, Variant, Variants

MAX_IMAGES = 12
MAX_ALT = 200


class ProductStatus(StrEnum):
    """Only a published product can be ordered, and a scheduled one from its moment on."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SCHEDULED = "scheduled"
    ARCHIVED = "archived"


class Visibility(StrEnum):
    """Customers do not find a hidden product in lists; who has its link can see and order it."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


class Product(Document, table=True):
    """Something for sale.

    `inventory.stock` counts the pieces that can still be sold, also when it is not tracked; `reserved` those that are ordered and have not
    left. On hand is their sum. Of a product with variants both numbers are the sums of theirs. An image is `{id, alt, width, height}`; the
    first one stands for the product.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("products_created", "created_at", "id"),
        Index("products_updated", "updated_at", "id"),
        Index("products_name", "name", "id"),
        Index("products_slug", "slug", unique=True),
        Index("products_price", "price", "id"),
        Index("products_stock", "stock", "id"),
        Index("products_status", "status", "created_at", "id"),
        Index("products_category", "category", "created_at", "id"),
        Index("products_creator", "creator_id", "created_at", "id"),
    )
    nested: ClassVar[Mapping[str, tuple[str, ...]]] = {"inventory": ("stock", "low_stock_threshold", "track_inventory", "allow_backorders")}

    name: str
    slug: str | None = None
    sku: str | None = Stored(default=None, unique=True)
    description: str = ""
    short_description: str = ""
    barcode: str = ""
    price: Decimal = Stored(sa_type=MoneyType)
    compare_at_price: Decimal | None = Stored(default=None, sa_type=MoneyType)
    cost: Decimal | None = Stored(default=None, sa_type=MoneyType)
    currency: str
    category: str = ""
    tags: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    images: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    options: list[Option] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    variants: list[Variant] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    variant_codes: str = Stored(default="", sa_column_kwargs=PRIVATE)
    status: str = Stored(default=ProductStatus.PUBLISHED.value, sa_type=String)
    visibility: str = Stored(default=Visibility.VISIBLE.value, sa_type=String)
    publish_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    stock: int = 0
    reserved: int = 0
    low_stock_threshold: int = 0
    track_inventory: bool = True
    allow_backorders: bool = False
    creator_id: str = ""
    demo: bool = False

    def for_sale_at(self, moment: datetime) -> bool:
        """Whether it can be ordered then: what `for_sale` says in SQL."""
        if self.status == ProductStatus.SCHEDULED:
            return self.publish_at is not None and self.publish_at <= moment
        return self.status == ProductStatus.PUBLISHED


_columns = table_of(Product).c


def for_sale(now: str) -> Any:
    """The condition that a product can be ordered; `now` names the parameter with the time."""
    scheduled = and_(
        _columns.status == ProductStatus.SCHEDULED.value, _columns.publish_at <= bindparam(now, type_=_columns.publish_at.type)
    )
    return or_(_columns.status == ProductStatus.PUBLISHED.value, scheduled)


def _category_path(text: str) -> str:
    return Tree.SEPARATOR.join(part for part in (part.strip() for part in text.split(Tree.SEPARATOR.strip())) if part)


def _slug(text: str) -> str:
    if text != slug_of(text):
        raise ValueError(f"Use lower-case letters without accents, digits and single hyphens, such as {slug_of(text) or 'red-mug'}.")
    return text


def _plausible(moment: datetime) -> datetime:
    if not 1970 <= moment.year < 10_000 - 1:
        raise ValueError("Enter a date such as 2027-01-31.")
    return moment


def _unique_tags(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tag for tag in (tag.strip() for tag in tags) if tag))


Tag = Annotated[str, Field(min_length=1, max_length=50)]
Tags = Annotated[list[Tag], Field(max_length=20), AfterValidator(_unique_tags)]
Sku = Annotated[Annotated[str, Field(max_length=64)] | None, Optional]
Pieces = Annotated[WholeNumber, Field(ge=0, le=MAX_STOCK)]
Category = Annotated[str, AfterValidator(_category_path), Field(max_length=100)]
Slug = Annotated[Annotated[str, Field(max_length=MAX_SLUG), AfterValidator(_slug)] | None, Optional]
PublishAt = Annotated[Annotated[datetime, AfterValidator(_plausible)] | None, Optional]


class Inventory(Payload):
    """How many there are, and what happens when there are none."""

    stock: Pieces = 0
    low_stock_threshold: Pieces = 0
    track_inventory: bool = True
    allow_backorders: bool = False


class ProductCreate(Payload):
    """What is sent to create a product. The currency is the shop's unless one is given, the slug comes from the name."""

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
    slug: Slug = None
    sku: Sku = None
    description: Annotated[str, Field(max_length=10_000)] = ""
    short_description: Annotated[str, Field(max_length=300)] = ""
    barcode: Annotated[str, Field(max_length=64)] = ""
    price: Price
    compare_at_price: Annotated[Price | None, Optional] = None
    cost: Annotated[Price | None, Optional] = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    category: Category = ""
    tags: Tags = Field(default_factory=list)
    status: ProductStatus = ProductStatus.PUBLISHED
    publish_at: PublishAt = None
    visibility: Visibility = Visibility.VISIBLE
    inventory: Inventory = Field(default_factory=Inventory)
    options: Options = Field(default_factory=list[OptionGiven])
    variants: Variants | None = None


class InventoryChange(Patch):
    """The parts of the inventory that change."""

    stock: Pieces | None = None
    low_stock_threshold: Pieces | None = None
    track_inventory: bool | None = None
    allow_backorders: bool | None = None


class ImageText(Payload):
    """What an image shows, for who does not see it."""

    alt: Annotated[str, Field(max_length=MAX_ALT)] = ""


class ImageChange(ImageText):
    """An image that stays, in its new place."""

    id: Annotated[str, Field(max_length=64)]


class ProductUpdate(Patch):
    """What may change about a product; null empties the fields that may be empty.

    `images` is their new order with their texts, `variants` their new order with their changes; those that are not named go.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    slug: Slug = None
    sku: Sku = None
    description: Annotated[str, Field(max_length=10_000)] | None = None
    short_description: Annotated[str, Field(max_length=300)] | None = None
    barcode: Annotated[str, Field(max_length=64)] | None = None
    price: Price | None = None
    compare_at_price: Annotated[Price | None, Optional] = None
    cost: Annotated[Price | None, Optional] = None
    category: Category | None = None
    tags: Tags | None = None
    images: Annotated[list[ImageChange], Field(max_length=MAX_IMAGES)] | None = None
    status: ProductStatus | None = None
    publish_at: PublishAt = None
    visibility: Visibility | None = None
    inventory: InventoryChange | None = None
    options: Options | None = None
    variants: Variants | None = None

    emptied: ClassVar[frozenset[str]] = frozenset({"sku", "compare_at_price", "cost", "publish_at"})

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
        Choice(name="visibility", column="visibility", label="Visibility", choices=tuple(Visibility)),
        Tree(name="category", column="category", label="Category", listed=True),
        Equals(name="slug", column="slug", label="Slug", offered=False),
        Imported(),
        Picked(),
        Equals(name="currency", column="currency", label="Currency", offered=False),
        Bound(name="minPrice", column="price", label="Price", low=True),
        Bound(name="maxPrice", column="price", label="Price", low=False),
        Equals(name="creator", column="creator_id", label="Creator", offered=False),
        Member(name="tag", column="tags", label="Tag"),
        Named(
            name="stock",
            column="stock",
            label="Stock",
            several=True,
            conditions={
                "low": "track_inventory AND stock > 0 AND stock <= low_stock_threshold",
                "out": "track_inventory AND stock <= 0",
                "in": "NOT track_inventory OR stock > 0",
                "tracked": "track_inventory",
            },
        ),
    ],
    search=("name", "sku", "category", "barcode", "variant_codes"),
    sorts=("created_at", "name", "price", "stock", "updated_at"),
    counted=COUNTED,
    conditions={"for_sale": for_sale("own_for_sale")},
)

products_collection = Collection(Product, "products")
