"""The customer document, what may be sent about one, and the list of customers."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field
from sqlalchemy import Index
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import Collection, Document
from mewayz.backend.filters import Choice, Equals, Moment, Named
from mewayz.backend.listing import Column, ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Optional, Patch, Payload
from mewayz.domains.users.model import Email


class CustomerStatus(StrEnum):
    """Where the relation stands."""

    LEAD = "lead"
    PROSPECT = "prospect"
    CUSTOMER = "customer"
    INACTIVE = "inactive"
    CHURNED = "churned"


class Customer(Document, table=True):
    """A person or company that buys. The totals are kept by the orders, never sent by a client."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("customers_created", "created_at", "id"),
        Index("customers_name", "name", "id"),
        Index("customers_spent", "total_spent", "id"),
        Index("customers_orders", "orders_count", "id"),
        Index("customers_status", "status", "created_at", "id"),
        Index("customers_country", "country", "created_at", "id"),
        Index("customers_first_order", "first_order_at"),
    )

    name: str
    reference: str | None = Stored(default=None, unique=True)
    email: str | None = Stored(default=None, unique=True)
    phone: str = ""
    company: str = ""
    status: str = Stored(default=CustomerStatus.CUSTOMER.value, sa_type=String)
    tags: list[str] = Stored(default_factory=list, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    address: dict[str, Any] = Stored(default_factory=dict, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    country: str = ""
    source: str = ""
    notes: str = ""
    orders_count: int = 0
    total_spent: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    total_returned: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    first_order_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    last_order_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    demo: bool = False


class Address(Payload):
    """A postal address; `country` is its English name."""

    name: Annotated[str, Field(max_length=100)] = ""
    line1: Annotated[str, Field(max_length=200)] = ""
    line2: Annotated[str, Field(max_length=200)] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    region: Annotated[str, Field(max_length=100)] = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(max_length=100)] = ""


Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=20)]


class CustomerCreate(Payload):
    """What is sent to create a customer."""

    aliases: ClassVar[Mapping[str, str]] = {
        "firstName": "name",
        "lastName": "name",
        "address.street": "address.line1",
        "address.state": "address.region",
        "address.zipCode": "address.postalCode",
        "address.zip": "address.postalCode",
        "customerNumber": "reference",
    }
    """What the earlier system called the fields; two names of one text are joined."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    reference: Annotated[Annotated[str, Field(max_length=64)] | None, Optional] = None
    email: Annotated[Email | None, Optional] = None
    phone: Annotated[str, Field(max_length=40)] = ""
    company: Annotated[str, Field(max_length=100)] = ""
    status: CustomerStatus = CustomerStatus.CUSTOMER
    tags: Tags = Field(default_factory=list)
    address: Address = Field(default_factory=Address)
    source: Annotated[str, Field(max_length=100)] = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""


class CustomerUpdate(Patch):
    """What may change about a customer; null empties the fields that may be empty."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    reference: Annotated[Annotated[str, Field(max_length=64)] | None, Optional] = None
    email: Annotated[Email | None, Optional] = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    company: Annotated[str, Field(max_length=100)] | None = None
    status: CustomerStatus | None = None
    tags: Tags | None = None
    address: Address | None = None
    source: Annotated[str, Field(max_length=100)] | None = None
    notes: Annotated[str, Field(max_length=10_000)] | None = None

    emptied: ClassVar[frozenset[str]] = frozenset({"reference", "email"})

    def changes(self) -> dict[str, Any]:
        """The columns to change; the country follows the address."""
        found = super().changes()
        if self.address is not None:
            found["address"] = self.address.model_dump(by_alias=True)
            found["country"] = self.address.country
        return found


COUNTED = ("status", "country")

CUSTOMERS = ListSpec(
    "customers",
    Customer,
    columns=[
        Column("name", "Customer", "link"),
        Column("email", "E-mail", "email"),
        Column("status", "Status", "status"),
        Column("country", "Country"),
        Column("orders_count", "Orders", "number"),
        Column("total_spent", "Spent", "money"),
        Column("last_order_at", "Last order", "when"),
        Column("company", "Company", shown=False),
        Column("created_at", "Created", "when", shown=False),
    ],
    filters=[
        Choice(name="status", column="status", label="Status", choices=tuple(CustomerStatus)),
        Equals(name="country", column="country", label="Country", listed=True),
        Moment(name="firstFrom", column="first_order_at", label="First order", low=True),
        Moment(name="firstTo", column="first_order_at", label="First order", low=False),
        Named(
            name="segment",
            column="orders_count",
            label="Segment",
            conditions={"new": "orders_count = 1", "repeat": "orders_count >= 2", "no-orders": "orders_count = 0"},
        ),
    ],
    search=("name", "email", "company", "reference"),
    sorts=("created_at", "name", "total_spent", "orders_count"),
    default_sort="-total_spent",
    counted=COUNTED,
)

customers_collection = Collection(Customer, "customers")
