"""What the pages of orders hold."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor
from mewayz.ui.record_state import RecordState, address_text
from mewayz.ui.table_state import TableState
from mewayz.ui.words import Locale, sentence, tone


class OrderTable(TableState, rx.State):
    """The list of orders."""

    service: ClassVar[Any] = orders
    path: ClassVar[str] = "/orders"

    @override
    async def _chip(self, name: str, value: Any) -> str | None:
        if name == "figure":
            return f"Counts as {value}"
        return await orders.words_for(actor(), name, value) if name in ("customer", "product") else None


@dataclass
class Line:
    """One line of an order, as texts; `href` is empty for what is not a product."""

    key: str
    name: str
    sku: str
    href: str
    quantity: str
    price: str
    total: str


@dataclass
class Moment:
    """One entry of the timeline."""

    key: str
    what: str
    who: str
    when: str
    exact: str


class OrderRecord(RecordState, rx.State):
    """An order to look at."""

    service: ClassVar[Any] = orders
    status: str = ""
    tone: str = ""
    payment: str = ""
    payment_tone: str = ""
    lines: list[Line] = []  # noqa: RUF012 (Reflex copies defaults per client)
    timeline: list[Moment] = []  # noqa: RUF012

    @override
    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        self.title = f"{'Return' if record['kind'] == 'return' else 'Order'} {record['number']}"
        self.status, self.tone = sentence(record["status"]), tone(record["status"])
        self.payment, self.payment_tone = sentence(record["paymentStatus"]), tone(record["paymentStatus"])
        self.lines = [
            Line(
                str(index),
                line["name"] or line["sku"],
                line["sku"],
                f"/products/{line['productId']}" if line["productId"] else "",
                words.number(line["quantity"]),
                words.amount(line["unitPrice"]),
                words.amount(line["total"]),
            )
            for index, line in enumerate(record["lines"])
        ]
        self.timeline = [
            Moment(str(index), sentence(entry["event"]), entry["by"], words.ago(entry["at"]), words.exact(entry["at"]))
            for index, entry in enumerate(reversed(record["timeline"]))
        ]
        self.values = {
            "placed": words.exact(record["placedAt"]),
            "customer": record["customerName"] or "Guest",
            "customer_href": f"/customers/{record['customerId']}" if record["customerId"] else "",
            "shipping_address": address_text(record["shippingAddress"]),
            "billing_address": address_text(record["billingAddress"]),
            "units": words.number(record["units"]),
            "currency": record["currency"],
            "note": record["note"],
            **{name: words.money(record[name]) for name in ("subtotal", "discount", "tax", "shipping", "total")},
        }
