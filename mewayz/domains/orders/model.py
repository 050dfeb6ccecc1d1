"""The order document, what may be sent about one, and the list of orders."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Index, Select, String, Table, func, select
from sqlalchemy import Column as TableColumn
from sqlmodel import Field as Stored
from sqlmodel import SQLModel
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import Document
from mewayz.backend.filters import Choice, Equals, Linked, Named, Related
from mewayz.backend.imported import Imported
from mewayz.backend.listing import ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.picked import Picked
from mewayz.backend.ranges import Bound, Moment
from mewayz.backend.table_columns import Column
from mewayz.domains.customers.model import customers_collection, with_plan
from mewayz.domains.products.model import products_collection

MAX_LINES = 1000
MAX_TOTAL = Decimal(10**9)
"""What an order comes to stays below: 900,000 of the largest still add up in a 64-bit column of ten-thousandths."""
MAX_PIECES = 1_000_000


class OrderKind(StrEnum):
    """A sale, or a return: goods that came back, with negative quantities."""

    SALE = "sale"
    RETURN = "return"


class OrderStatus(StrEnum):
    """How far the order has come."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class PaymentStatus(StrEnum):
    """Where the money is."""

    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"


class Order(Document, table=True):
    """An order with its lines.

    A line is `{productId, sku, name, quantity, unitPrice, total}`; productId is null for postage, fees and the like. That of a product
    with variants has the `variantId` too, and SKU, name and price of the variant.
    total = subtotal − discount + tax + shipping; `goods` is what the order adds to gross sales, or a return to returns: lines at a price
    below zero, or at none, are part of the subtotal only. What was done is kept in three lists, oldest first:

    - `timeline`: `{at, event, by}` and what the event tells: the tracking of a parcel, the amount of a refund, the text of a note.
    - `fulfilments`: parcels, `{at, by, lines: [{line, quantity}], carrier, trackingNumber, trackingUrl}`; `line` counts from 0.
    - `refunds`: money given back, `{at, by, id, number, amount, shipping, reason, lines: [{line, quantity, unshipped, restocked}]}`;
      `id` and `number` are those of the return, an order of its own whose `originalId` names this one.

    `guestEmail` is where who is no customer reads of the order.
    `holdsStock` says that its pieces were taken from stock, which those of an imported history were not.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("orders_placed", "placed_at", "id"),
        Index("orders_created", "created_at", "id"),
        Index("orders_total", "total", "id"),
        Index("orders_status", "status", "placed_at", "id", "kind"),
        Index("orders_payment", "payment_status", "placed_at", "id"),
        Index("orders_customer", "customer_id", "placed_at", "id"),
        Index("orders_country", "country", "placed_at", "id"),
        Index("orders_owner", "owner_id", "placed_at", "id"),
        Index("orders_original", "original_id"),
        # Answers from itself which buyers and states the orders of a window have.
        Index("orders_figures", "placed_at", "kind", "status", "currency", "country", "customer_id", "goods", "discount"),
    )

    number: str = Stored(unique=True)
    kind: str = Stored(default=OrderKind.SALE.value, sa_type=String)
    status: str = Stored(default=OrderStatus.PENDING.value, sa_type=String)
    payment_status: str = Stored(default=PaymentStatus.PENDING.value, sa_type=String)
    original_id: str | None = None
    customer_id: str | None = None
    customer_name: str = ""
    guest_email: str = ""
    owner_id: str | None = None
    currency: str
    units: int = 0
    subtotal: Decimal = Stored(sa_type=MoneyType)
    goods: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    discount: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    tax: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    shipping: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    total: Decimal = Stored(sa_type=MoneyType)
    country: str = ""
    lines: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    shipping_address: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    billing_address: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    timeline: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    fulfilments: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    refunds: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    holds_stock: bool = False
    note: str = ""
    source: str = ""
    placed_at: datetime = Stored(default_factory=clock.now, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    demo: bool = False

    @property
    def is_open(self) -> bool:
        """Whether what it comes to may still change: it is pending and unpaid."""
        unpaid = self.payment_status in (PaymentStatus.PENDING, PaymentStatus.FAILED)
        return self.kind == OrderKind.SALE and self.status == OrderStatus.PENDING and unpaid

    @property
    def counts(self) -> bool:
        """Whether the order is part of the shop's figures."""
        return self.status != OrderStatus.CANCELLED


ORDER_PRODUCTS = Table(
    "order_products",
    SQLModel.metadata,
    TableColumn("product_id", String, primary_key=True),
    TableColumn("order_id", String, primary_key=True),
    TableColumn("counts", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""Which orders hold which products: the index behind `orders?product=…` and `orders?sold=…`, kept with the order.

`counts` says that a line of the product is part of the figures: sold, or in a return given back, at a price above zero.
Without a foreign key: checking one would need a second index as large as the table, and an order's own lines say
which links are its.
"""


COUNTED = ("kind", "status", "payment_status")
_IN_SALES = "kind = 'sale' AND status <> 'cancelled' AND goods > 0"
FIGURES = {
    "sales": _IN_SALES,
    "returns": "kind = 'return' AND status <> 'cancelled' AND goods > 0",
    "discounts": "status <> 'cancelled' AND discount <> 0",
    "net": "status <> 'cancelled' AND (goods > 0 OR discount <> 0)",
    "guests": f"{_IN_SALES} AND customer_id IS NULL",
}
"""What orders are part of, and the condition."""


def _of_category(name: Any) -> Select[Any]:
    """The orders with a product that now has this category; one that is gone has none."""
    products, link = products_collection.table, ORDER_PRODUCTS
    joined = link.outerjoin(products, products.c.id == link.c.product_id)
    return select(link.c.order_id).select_from(joined).where(func.coalesce(products.c.category, "") == name)


def _sold(product: Any) -> Any:
    """The orders in whose figures a product has a part: not those in which it was free."""
    return select(ORDER_PRODUCTS.c.order_id).where(ORDER_PRODUCTS.c.product_id == product, ORDER_PRODUCTS.c.counts)


def _sold_of_category(name: Any) -> Any:
    return _of_category(name).where(ORDER_PRODUCTS.c.counts)


def _of_source(name: Any) -> Any:
    return select(customers_collection.table.c.id).where(customers_collection.table.c.source == name)


def _of_first_currency(name: Any) -> Any:
    return select(customers_collection.table.c.id).where(customers_collection.table.c.first_currency == name)


@dataclass(frozen=True, kw_only=True)
class FirstOrder(Moment):
    """When the customer ordered for the first time; guests are in no such window."""

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        known = customers_collection.table
        within = select(known.c.id).where(super().clause(known, shape, sqlite=sqlite))
        return table.c.customer_id.in_(within)


ORDERS = ListSpec(
    "orders",
    Order,
    columns=[
        Column("number", "Order", "link"),
        Column("placed_at", "Placed", "when"),
        Column("customer_name", "Customer"),
        Column("status", "Status", "status"),
        Column("payment_status", "Payment", "status"),
        Column("country", "Country"),
        Column("units", "Units", "number"),
        Column("total", "Total", "money"),
        Column("kind", "Kind", "word", shown=False),
    ],
    filters=[
        Choice(name="kind", column="kind", label="Kind", choices=tuple(OrderKind)),
        Choice(name="status", column="status", label="Status", choices=tuple(OrderStatus)),
        Choice(name="paymentStatus", column="payment_status", label="Payment", choices=tuple(PaymentStatus)),
        Equals(name="customer", column="customer_id", label="Customer", offered=False),
        Imported(),
        Picked(),
        Linked(
            name="product", column="id", label="Product", offered=False, link=ORDER_PRODUCTS, own_key="order_id", other_key="product_id"
        ),
        Equals(name="country", column="country", label="Country", listed=True),
        Moment(name="from", column="placed_at", label="Placed", low=True),
        Moment(name="to", column="placed_at", label="Placed", low=False),
        Bound(name="minTotal", column="total", label="Total", low=True),
        Bound(name="maxTotal", column="total", label="Total", low=False),
        Equals(name="currency", column="currency", label="Currency", offered=False),
        Related(name="category", column="id", label="Category", offered=False, ids=_of_category),
        Related(name="sold", column="id", label="Product sold", offered=False, ids=_sold),
        Related(name="soldCategory", column="id", label="Category sold", offered=False, ids=_sold_of_category),
        Related(name="source", column="customer_id", label="Source of the customer", offered=False, ids=_of_source),
        Related(name="plan", column="customer_id", label="Plan of the customer's account", offered=False, ids=with_plan),
        FirstOrder(name="firstFrom", column="first_order_at", label="First order of the customer", low=True, offered=False),
        FirstOrder(name="firstTo", column="first_order_at", label="First order of the customer", low=False, offered=False),
        Related(
            name="firstCurrency",
            column="customer_id",
            label="Currency of the customer's first order",
            offered=False,
            ids=_of_first_currency,
        ),
        Named(name="figure", column="kind", label="Part of", offered=False, conditions=FIGURES),
    ],
    search=("number", "customer_name"),
    sorts=("placed_at", "created_at", "total", "number"),
    default_sort="-placed_at",
    counted=COUNTED,
    omit=("lines", "timeline", "fulfilments", "refunds", "shipping_address", "billing_address"),
)

orders_collection = Collection(Order, "orders")
