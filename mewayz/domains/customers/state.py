"""What the pages of customers hold."""

from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.domains.customers.service import customers
from mewayz.ui.record_state import RecordState, address_text, text
from mewayz.ui.table_state import TableState
from mewayz.ui.words import Locale, sentence, tone


class CustomerTable(TableState, rx.State):
    """The list of customers."""

    service: ClassVar[Any] = customers
    path: ClassVar[str] = "/customers"
    editable: ClassVar[Sequence[str]] = ("status",)
    bulk_fields: ClassVar[Sequence[str]] = ("status",)
    bulk_delete: ClassVar[bool] = True


class CustomerRecord(RecordState, rx.State):
    """A customer to look at."""

    service: ClassVar[Any] = customers
    status: str = ""
    tone: str = ""

    @override
    async def _show(self, record: dict[str, Any], words: Locale) -> None:
        self.title = record["name"]
        self.status, self.tone = sentence(record["status"]), tone(record["status"])
        first, last = record["firstOrderAt"], record["lastOrderAt"]
        self.values = {
            "reference": text(record["reference"]),
            "email": text(record["email"]),
            "phone": text(record["phone"]),
            "company": text(record["company"]),
            "country": text(record["country"]),
            "address": address_text(record["address"]),
            "tags": text(", ".join(record["tags"])),
            "source": text(record["source"]),
            "notes": record["notes"],
            "orders": words.number(record["ordersCount"]),
            "spent": words.money(record["totalSpent"]),
            "returned": words.money(record["totalReturned"]),
            "first": words.exact(first) if first else text(None),
            "last": words.exact(last) if last else text(None),
            "created": words.exact(record["createdAt"]),
        }
