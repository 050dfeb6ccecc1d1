"""What the list of orders holds."""

from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.backend.query import Page, Query
from mewayz.domains.orders.model import OrderStatus
from mewayz.domains.orders.service import orders
from mewayz.domains.orders.worth import Worth
from mewayz.ui.events import actor
from mewayz.ui.table_address import Address
from mewayz.ui.table_core import Step
from mewayz.ui.table_state import TableState
from mewayz.ui.words import Locale, locale, plural

_CONFIRM = "Each customer gets a letter, and there is no way back."
_CANCEL = "Their pieces go back to the stock, and there is no way back. Orders that are paid or shipped stay as they are."
BULK_STEPS = (
    Step("confirm", "Confirm", "confirmed", {"status": OrderStatus.CONFIRMED.value}, _CONFIRM),
    Step("process", "Start processing", "marked as processing", {"status": OrderStatus.PROCESSING.value}),
    Step("cancel", "Cancel", "cancelled", {"status": OrderStatus.CANCELLED.value}, _CANCEL, danger=True),
)


class OrderTable(TableState, rx.State):
    """The list of orders."""

    service: ClassVar[Any] = orders
    path: ClassVar[str] = "/orders"
    bulk_steps: ClassVar[Sequence[Step]] = BULK_STEPS

    comes_to: str = ""

    @override
    async def _show(self, query: Query, page: Page, address: Address) -> None:
        await super()._show(query, page, address)
        self.comes_to = ""
        if figure := query.filters.get("figure"):
            self.comes_to = told(await orders.worth(actor(), query), str(figure), await locale())

    @override
    async def _chip(self, name: str, value: Any) -> str | None:
        if name == "figure":
            return f"Counts as {value}"
        return await orders.words_for(actor(), name, value) if name in ("customer", "product", "sold") else None


_FIGURES = {"returns": "Returns", "discounts": "Discounts", "net": "Net sales"}


def told(found: Worth, figure: str, words: Locale) -> str:
    """What a list that a chart has opened comes to: `Gross sales £500.00, 21 orders of 5 customers`."""
    amount = found.wire()[figure if figure in _FIGURES else "gross"]
    parts = [] if amount is None else [f"{_FIGURES.get(figure, 'Gross sales')} {words.rounded_money(amount)}"]
    if figure != "returns":
        people = f" of {plural(found.buyers, 'customer', 'customers')}" if found.buyers else ""
        parts.append(f"{plural(found.orders, 'order', 'orders')}{people}")
    return ", ".join(parts)
