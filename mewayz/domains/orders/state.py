"""What the list of orders holds."""

from typing import Any, ClassVar

import reflex as rx
from typing_extensions import override

from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor
from mewayz.ui.table_state import TableState


class OrderTable(TableState, rx.State):
    """The list of orders."""

    service: ClassVar[Any] = orders
    path: ClassVar[str] = "/orders"

    @override
    async def _chip(self, name: str, value: Any) -> str | None:
        if name == "figure":
            return f"Counts as {value}"
        return await orders.words_for(actor(), name, value) if name in ("customer", "product") else None
