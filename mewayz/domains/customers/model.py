"""The customer document, what may be sent about one, and the list of customers."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool
from sqlalchemy import Index, func, select
from sqlmodel import Field as Stored
from sqlmodel import String

from mewayz.backend.collection import Collection
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime
from mewayz.backend.documents import PRIVATE, Document
from mewayz.backend.filters import Choice, Equals, Filter, Member, Related
from mewayz.backend.imported import Imported
from mewayz.backend.listing import ListSpec
from mewayz.backend.money import MoneyType
from mewayz.backend.payloads import Optional, Patch, Payload
from mewayz.backend.picked import Picked
from mewayz.backend.ranges import Bound, Moment, Whole
from mewayz.backend.table_columns import Column
from mewayz.domains.customers.addresses import MAX_ADDRESSES, Address, CustomerAddress
from mewayz.domains.customers.saved import SegmentFilter
from mewayz.domains.users.model import Email, users_collection

__all__ = ["Address"]
MAX_TAGS = 20


class CustomerStatus(StrEnum):
    """Where the relation stands."""

    LEAD = "lead"
    PROSPECT = "prospect"
    CUSTOMER = "customer"
    INACTIVE = "inactive"
    CHURNED = "churned"


class Customer(Document, table=True):
    """A person or company that buys. The totals are kept by the orders, never sent by a client.

    `address` is the default shipping address out of `addresses`, and `country` is its country. `notes` is what everybody
    should know about the customer; the timeline of notes has documents of its own.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index("customers_created", "created_at", "id"),
        Index("customers_name", "name", "id"),
        Index("customers_spent", "total_spent", "id"),
        Index("customers_orders", "orders_count", "id"),
        Index("customers_status", "status", "created_at", "id"),
        Index("customers_country", "country", "created_at", "id"),
        Index("customers_source", "source", "created_at", "id"),
        Index("customers_first_order", "first_order_at"),
        Index("customers_last_order", "last_order_at"),
        Index("customers_same_email", "email_key"),
        Index("customers_same_phone", "phone_key"),
        Index("customers_same_name", "name_key"),
    )

    name: str
    reference: str | None = Stored(default=None, unique=True)
    email: str | None = Stored(default=None, unique=True)
    phone: str = ""
    company: str = ""
    status: str = Stored(default=CustomerStatus.CUSTOMER.value, sa_type=String)
    tags: list[str] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    address: dict[str, Any] = Stored(default={}, sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    addresses: list[dict[str, Any]] = Stored(default=[], sa_type=JSON_DOCUMENT)  # pyright: ignore[reportArgumentType]
    country: str = ""
    source: str = ""
    marketing_consent: bool = False
    marketing_consent_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    notes: str = ""
    orders_count: int = 0
    total_spent: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    total_returned: Decimal = Stored(default=Decimal(0), sa_type=MoneyType)
    first_order_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    last_order_at: datetime | None = Stored(default=None, sa_type=UtcTime)  # pyright: ignore[reportArgumentType]
    first_currency: str = Stored(default="", sa_column_kwargs=PRIVATE)
    demo: bool = False
    email_key: str = Stored(default="", sa_column_kwargs=PRIVATE)
    phone_key: str = Stored(default="", sa_column_kwargs=PRIVATE)
    name_key: str = Stored(default="", sa_column_kwargs=PRIVATE)


def _unique(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _dialled(phone: str) -> str:
    if phone and not any(letter.isdecimal() for letter in phone):
        raise ValueError("enter a telephone number, such as +44 20 7946 0018")
    return phone


def _consented(value: object) -> object:
    """In a cell of a file it is a word."""
    return {"true": True, "false": False}.get(value.casefold(), value) if isinstance(value, str) else value


Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=MAX_TAGS), AfterValidator(_unique)]
Phone = Annotated[str, Field(max_length=40), AfterValidator(_dialled)]
Consent = Annotated[StrictBool, BeforeValidator(_consented)]
Addresses = Annotated[list[CustomerAddress], Field(max_length=MAX_ADDRESSES)]


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
    phone: Phone = ""
    company: Annotated[str, Field(max_length=100)] = ""
    status: CustomerStatus = CustomerStatus.CUSTOMER
    tags: Tags = Field(default_factory=list)
    address: Address | None = None
    addresses: Addresses | None = None
    source: Annotated[str, Field(max_length=100)] = ""
    marketing_consent: Consent = False
    notes: Annotated[str, Field(max_length=10_000)] = ""


class CustomerUpdate(Patch):
    """What may change about a customer; null empties the fields that may be empty."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    reference: Annotated[Annotated[str, Field(max_length=64)] | None, Optional] = None
    email: Annotated[Email | None, Optional] = None
    phone: Phone | None = None
    company: Annotated[str, Field(max_length=100)] | None = None
    status: CustomerStatus | None = None
    tags: Tags | None = None
    address: Address | None = None
    addresses: Addresses | None = None
    source: Annotated[str, Field(max_length=100)] | None = None
    marketing_consent: Consent | None = None
    notes: Annotated[str, Field(max_length=10_000)] | None = None

    emptied: ClassVar[frozenset[str]] = frozenset({"reference", "email"})


COUNTED = ("status", "country")

_SEARCHED = ("name", "email", "company", "reference")
_FILTERS: tuple[Filter, ...] = (
    Choice(name="status", column="status", label="Status", choices=tuple(CustomerStatus)),
    Equals(name="country", column="country", label="Country", listed=True),
    Member(name="tag", column="tags", label="Tag"),
    Equals(name="source", column="source", label="Source", listed=True, uneven=True),
    Bound(name="minSpent", column="total_spent", label="Spent", low=True),
    Bound(name="maxSpent", column="total_spent", label="Spent", low=False),
    Whole(name="minOrders", column="orders_count", label="Orders", low=True),
    Whole(name="maxOrders", column="orders_count", label="Orders", low=False),
    Moment(name="firstFrom", column="first_order_at", label="First order", low=True),
    Moment(name="firstTo", column="first_order_at", label="First order", low=False),
    Moment(name="lastOrderFrom", column="last_order_at", label="Last order", low=True),
    Moment(name="lastOrderTo", column="last_order_at", label="Last order", low=False),
)
SEGMENTS = {"new": "orders_count = 1", "repeat": "orders_count >= 2", "no-orders": "orders_count = 0"}
"""The fixed segments and their conditions."""
SAVEABLE = frozenset({*(item.name for item in _FILTERS), "segment"})
"""The filters that a segment may hold: others say something of the moment, or not to everybody."""
_SEGMENT = SegmentFilter(name="segment", column="orders_count", label="Segment", conditions=SEGMENTS, within=_FILTERS, searched=_SEARCHED)


def with_plan(plan: Any) -> Any:
    """The ids of customers whose account, the user with the same e-mail address, has this plan; without one, the plan is empty."""
    users, known = users_collection.table, customers_collection.table
    return (
        select(known.c.id)
        .select_from(known.outerjoin(users, users.c.email == known.c.email))
        .where(func.coalesce(users.c.plan, "") == plan)
    )


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
        Column("phone", "Phone", shown=False),
        Column("tags", "Tags", "tags", shown=False),
        Column("source", "Source", shown=False),
        Column("marketing_consent", "Marketing consent", shown=False),
        Column("created_at", "Created", "when", shown=False),
    ],
    filters=[
        *_FILTERS,
        _SEGMENT,
        Imported(),
        Picked(),
        Equals(name="currency", column="first_currency", label="Currency of the first order", offered=False),
        Related(name="plan", column="id", label="Plan of the account", offered=False, ids=with_plan),
    ],
    search=_SEARCHED,
    sorts=("created_at", "name", "total_spent", "orders_count"),
    default_sort="-total_spent",
    counted=COUNTED,
)

customers_collection = Collection(Customer, "customers")
