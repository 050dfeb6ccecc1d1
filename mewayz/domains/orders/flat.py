"""What a file of historical orders may hold: as a table a line per order line, as objects an order with its lines."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from mewayz.backend.payloads import Money, Payload
from mewayz.domains.customers.model import Address
from mewayz.domains.orders.model import OrderStatus, PaymentStatus


class FlatLine(Payload):
    """One line of an order: what was bought, and for how much."""

    aliases: ClassVar[Mapping[str, str]] = {"product": "productId", "price": "unitPrice", "subtotal": "total", "productName": "name"}

    product_id: str = ""
    sku: str = ""
    name: str = ""
    category: str = ""
    quantity: int = 1
    unit_price: Money | None = None
    total: Money | None = None


class FlatCustomer(Payload):
    """Who bought: by a reference or an address of another system, or by the id here."""

    id: str = ""
    reference: str = ""
    email: str = ""
    name: str = ""


class FlatOrder(Payload):
    """An order of the past, as a table has it: what is about the order counts from its first line that says it."""

    aliases: ClassVar[Mapping[str, str]] = {
        "orderNumber": "number",
        "items": "lines",
        "customer": "customer.id",
        "customerId": "customer.id",
        "orderStatus": "status",
        "shippingCost": "shipping",
        "notes": "note",
        "createdAt": "placedAt",
        "placedAt": "placedAt",
        "shippingAddress.street": "shippingAddress.line1",
        "shippingAddress.state": "shippingAddress.region",
        "shippingAddress.zipCode": "shippingAddress.postalCode",
        "shippingAddress.zip": "shippingAddress.postalCode",
    }
    """What the earlier system called the fields."""

    id: str = ""
    number: str = ""
    placed_at: datetime | None = None
    status: OrderStatus = OrderStatus.DELIVERED
    payment_status: PaymentStatus = PaymentStatus.PAID
    currency: str = ""
    country: str = ""
    customer: FlatCustomer = Field(default_factory=FlatCustomer)
    lines: FlatLine = Field(default_factory=FlatLine)
    discount: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    shipping_address: Address = Field(default_factory=Address)
    note: str = ""
    source: str = ""


class HistoricalOrder(FlatOrder):
    """The same as an object."""

    lines: list[FlatLine] = Field(default_factory=list[FlatLine])  # pyright: ignore[reportIncompatibleVariableOverride]
