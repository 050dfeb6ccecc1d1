"""The order document, what may be sent about one, and the list of orders."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Column as TableColumn
from sqlalchemy import Index, String, Table
from sqlmodel import Field as Stored
from sqlmodel import SQLModel

from mewayz.backend import clock
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import Collection, Document
from mewayz.backend.filters import Bound, Choice, Equals, Linked, Moment, Named
from mewayz.backend.listing import Column, ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Optional, Patch, Payload, Price
from mewayz.domains.customers.model import Address

MAX_LINES = 1000


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

    A line is `{productId, sku, name, quantity, unitPrice, total}`; productId is null for postage, fees and the like.
    The timeline is a list of `{at, event, by}`. total = subtotal − discount + tax + shipping.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("orders_placed", "placed_at", "id"),
        Index("orders_created", "created_at", "id"),
        Index("orders_total", "total", "id"),
        Index("orders_status", "status", "placed_at", "id"),
        Index("orders_payment", "payment_status", "placed_at", "id"),
        Index("orders_customer", "customer_id", "placed_at", "id"),
        Index("orders_country", "country", "placed_at", "id"),
        Index("orders_owner", "owner_id", "placed_at", "id"),
        # Answers from itself which buyers and states the orders of a window have.
        Index("orders_figures", "placed_at", "kind", "status", "currency", "country", "customer_id", "subtotal"),
    )

    number: str = Stored(unique=True)
    kind: str = Stored(default=OrderKind.SALE.value, sa_type=String)
    status: str = Stored(default=OrderStatus.PENDING.value, sa_type=String)
    payment_status: str = Stored(default=PaymentStatus.PENDING.value, sa_type=String)
    customer_id: str | None = None
    customer_name: str = ""
    owner_id: str | None = None
    currency: str
    units: int = 0
    subtotal: Decimal = Stored(sa_type=MoneyType)
    discount: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    tax: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    shipping: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    total: Decimal = Stored(sa_type=MoneyType)
    country: str = ""
    lines: list[dict[str, Any]] = Stored(default_factory=list, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    shipping_address: dict[str, Any] = Stored(default_factory=dict, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    billing_address: dict[str, Any] = Stored(default_factory=dict, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    timeline: list[dict[str, Any]] = Stored(default_factory=list, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    note: str = ""
    source: str = ""
    placed_at: datetime = Stored(default_factory=clock.now, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    demo: bool = False

    @property
    def counts(self) -> bool:
        """Whether the order is part of the shop's figures."""
        return self.status != OrderStatus.CANCELLED


ORDER_PRODUCTS = Table(
    "order_products",
    SQLModel.metadata,
    TableColumn("product_id", String, primary_key=True),
    TableColumn("order_id", String, primary_key=True),
    sqlite_with_rowid=False,
)
"""Which orders hold which products: the index behind `orders?product=…`, kept with the order.

Without a foreign key: checking one would need a second index as large as the table, and an order's own lines say
which links are its.
"""


class OrderLine(Payload):
    """What is bought: the server knows the price."""

    product_id: Annotated[str, Field(min_length=1, max_length=24)]
    quantity: Annotated[int, Field(ge=1, le=1_000_000)]


class OrderCreate(Payload):
    """What is sent to place an order."""

    customer_id: Annotated[Annotated[str, Field(max_length=24)] | None, Optional] = None
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=MAX_LINES)]
    discount: Price = Decimal(0)
    tax: Price = Decimal(0)
    shipping: Price = Decimal(0)
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


class OrderUpdate(Patch):
    """What may change about an order once it is placed."""

    status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: Annotated[str, Field(max_length=2000)] | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to change."""
        found = super().changes()
        for name in ("shipping_address", "billing_address"):
            if name in found:
                found[name] = found[name].model_dump(by_alias=True)
        return found


COUNTED = ("kind", "status", "payment_status")

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
        Column("kind", "Kind", shown=False),
    ],
    filters=[
        Choice(name="kind", column="kind", label="Kind", choices=tuple(OrderKind)),
        Choice(name="status", column="status", label="Status", choices=tuple(OrderStatus)),
        Choice(name="paymentStatus", column="payment_status", label="Payment", choices=tuple(PaymentStatus)),
        Equals(name="customer", column="customer_id", label="Customer", offered=False),
        Linked(
            name="product", column="id", label="Product", offered=False, link=ORDER_PRODUCTS, own_key="order_id", other_key="product_id"
        ),
        Equals(name="country", column="country", label="Country", listed=True),
        Moment(name="from", column="placed_at", label="Placed", low=True),
        Moment(name="to", column="placed_at", label="Placed", low=False),
        Bound(name="minTotal", column="total", label="Total", low=True),
        Bound(name="maxTotal", column="total", label="Total", low=False),
        Named(
            name="figure",
            column="kind",
            label="Part of",
            offered=False,
            conditions={
                "sales": "kind = 'sale' AND status <> 'cancelled'",
                "returns": "kind = 'return' AND status <> 'cancelled'",
            },
        ),
    ],
    search=("number", "customer_name"),
    sorts=("placed_at", "created_at", "total", "number"),
    default_sort="-placed_at",
    counted=COUNTED,
    omit=("lines", "timeline", "shipping_address", "billing_address"),
)

orders_collection = Collection(Order, "orders")
