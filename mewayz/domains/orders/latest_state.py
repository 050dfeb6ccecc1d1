"""The latest orders of one customer, for the customer's page."""

from dataclasses import dataclass

import reflex as rx

from mewayz.backend.crud import read_query
from mewayz.domains.orders.service import orders
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.words import locale, plural, sentence, tone

_SHOWN = 5


@dataclass
class Brief:
    """An order in a line."""

    href: str
    number: str
    when: str
    status: str
    tone: str
    units: str
    total: str


class LatestOrders(Guarded, rx.State):
    """What the customer of the address has ordered last."""

    ready: bool = False
    every: str = ""
    briefs: list[Brief] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("orders:read")
    async def load(self) -> None:
        """Ask for them."""
        customer = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.every = f"/orders?customer={customer}"
        async with guarded(self):
            words = await locale()
            page = await orders.page(actor(), await read_query(orders.spec, {"customer": customer, "limit": str(_SHOWN)}))
            self.briefs = [
                Brief(
                    f"/orders/{one['id']}",
                    one["number"],
                    words.ago(one["placedAt"]),
                    sentence(one["status"]),
                    tone(one["status"]),
                    plural(one["units"], "unit", "units"),
                    words.money(one["total"]),
                )
                for one in page.rows
            ]
        self.ready = True
