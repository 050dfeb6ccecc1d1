"""What may be sent about an order: to place it, to change it, to ship a part of it, to give money back, to note something."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mewayz.backend.payloads import Money, Optional, Patch, Payload, Price, WholeNumber
from mewayz.domains.customers.model import Address
from mewayz.domains.orders.model import MAX_LINES, MAX_PIECES, OrderStatus, PaymentStatus
from mewayz.domains.users.model import Email

MAX_NOTE = 2000


class OrderLine(Payload):
    """What is bought: the server knows the price. Of a product that has variants, say which one."""

    product_id: Annotated[str, Field(min_length=1, max_length=24)]
    variant_id: Annotated[Annotated[str, Field(max_length=24)] | None, Optional] = None
    quantity: Annotated[WholeNumber, Field(ge=1, le=MAX_PIECES)]


Lines = Annotated[list[OrderLine], Field(min_length=1, max_length=MAX_LINES)]
Note = Annotated[str, Field(max_length=MAX_NOTE)]


class OrderCreate(Payload):
    """What is sent to place an order."""

    customer_id: Annotated[Annotated[str, Field(max_length=24)] | None, Optional] = None
    guest_email: Annotated[Email | None, Optional] = None
    lines: Lines
    discount: Price = Decimal(0)
    tax: Price = Decimal(0)
    shipping: Price = Decimal(0)
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: Note = ""


class OrderUpdate(Patch):
    """What may change about an order: what it comes to while it is pending and unpaid, the rest at any time.

    `lines` are all lines that it shall have; one whose product was in the order keeps the price that it had there.
    `status` and `paymentStatus` take the same steps as their own addresses, which also say more about them.
    """

    lines: Lines | None = None
    discount: Price | None = None
    tax: Price | None = None
    shipping: Price | None = None
    status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    note: Note | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to change."""
        found = super().changes()
        for name in ("shipping_address", "billing_address"):
            if name in found:
                found[name] = found[name].model_dump(by_alias=True)
        return found


class Part(Payload):
    """Pieces of one line; lines count from 0."""

    line: Annotated[WholeNumber, Field(ge=0, lt=MAX_LINES)]
    quantity: Annotated[WholeNumber, Field(ge=1, le=MAX_PIECES)]


def _once(parts: list[Part] | None) -> list[Part] | None:
    if parts and len({part.line for part in parts}) < len(parts):
        raise ValueError("name each line once")
    return parts


Parts = Annotated[list[Part] | None, Field(min_length=1, max_length=MAX_LINES), AfterValidator(_once)]
Short = Annotated[str, Field(max_length=100)]
Reason = Annotated[str, Field(max_length=500)]


def _web_address(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("enter an address that begins with https://")
    return text


class Shipment(Payload):
    """A parcel: without `lines`, all that is left."""

    lines: Parts = None
    carrier: Short = ""
    tracking_number: Short = ""
    tracking_url: Annotated[str, Field(max_length=500), AfterValidator(_web_address)] = ""


class PartBack(Part):
    """Pieces of one line that come back.

    `from` says of which ones they are: `unshipped`, still here, or `shipped`, which had left. Without it those that were not
    shipped come first. A line may be named twice, once for each.
    """

    taken_from: Annotated[Literal["shipped", "unshipped"] | None, Field(alias="from")] = None


def _apart(parts: list[PartBack] | None) -> list[PartBack] | None:
    for part in parts or ():
        if sum(one.line == part.line and (one.taken_from in (None, part.taken_from) or not part.taken_from) for one in parts or ()) > 1:
            raise ValueError("name each line once, or once from shipped and once from unshipped")
    return parts


class Refund(Payload):
    """Money that goes back, and the goods that it is for.

    Attributes:
        lines: pieces that come back. Without these, `amount` and `shipping`, all that is left, goods and money.
        shipping: how much of the postage goes back.
        amount: the money, where it differs from what the goods and the postage cost; alone, an allowance without goods.
        restock: whether pieces that had been shipped go back into stock; those that had not always do.
            An order that took none from stock, as one of an imported history, puts none back.
    """

    lines: Annotated[list[PartBack] | None, Field(min_length=1, max_length=2 * MAX_LINES), AfterValidator(_apart)] = None
    shipping: Price | None = None
    amount: Annotated[Money, Field(gt=0)] | None = None
    restock: bool = True
    reason: Reason = ""


class NoteAdded(Payload):
    """A remark: for colleagues, unless it is not internal."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]
    internal: bool = True
