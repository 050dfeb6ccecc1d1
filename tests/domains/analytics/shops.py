"""A shop with a history: orders that are placed as those of an earlier system are, each in a few words."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mewayz.backend import money
from mewayz.backend.access import SYSTEM
from mewayz.backend.ids import new_id
from mewayz.backend.shop import shop
from mewayz.domains.customers.model import Customer
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.model import Order
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products
from tests.domains.people import add_shop


class HistoricShop:
    """The shop, its products and customers by name."""

    def __init__(self, timezone: str = "Europe/London") -> None:
        self.zone = ZoneInfo(timezone)
        self.products: dict[str, Product] = {}
        self.customers: dict[str, Customer] = {}
        self.number = 0

    async def open(self) -> "HistoricShop":
        """Set it up."""
        await add_shop(self.zone.key)
        return self

    async def product(self, name: str, price: str = "10", **values: Any) -> Product:
        """A product, made when it is first named."""
        if name not in self.products:
            self.products[name] = await products.create(SYSTEM, {"name": name, "price": price, **values})
        return self.products[name]

    async def customer(self, name: str) -> Customer:
        """A customer, made when first named."""
        if name not in self.customers:
            self.customers[name] = await customers.create(SYSTEM, {"name": name, "email": f"{name.lower()}@example.com"})
        return self.customers[name]

    async def sell(
        self,
        when: str,
        buyer: str = "",
        *lines: tuple[str, int, str],
        country: str = "France",
        status: str = "delivered",
        owner: str | None = None,
        discount: str = "0",
        currency: str = "GBP",
    ) -> str:
        """An order at a local time of the shop; negative quantities make it a return. By default one Lamp for 10; Postage is no product."""
        chosen = lines or (("Lamp", 1, "10"),)
        found = [(await self.product(name) if name != "Postage" else None, quantity, Decimal(price)) for name, quantity, price in chosen]
        customer = await self.customer(buyer) if buyer else None
        self.number += 1
        total = sum((quantity * price for _, quantity, price in found), Decimal(0))
        row = {
            "id": new_id(),
            "number": f"H-{self.number}",
            "kind": "return" if chosen[0][1] < 0 else "sale",
            "status": status,
            "customer_id": customer.id if customer else None,
            "customer_name": buyer or "Guest",
            "owner_id": owner,
            "currency": currency,
            "country": country,
            "units": sum(quantity for _, quantity, _ in found),
            "subtotal": total,
            "discount": Decimal(discount),
            "total": total - Decimal(discount),
            "lines": [
                {
                    "productId": one and one.id,
                    "sku": "",
                    "name": one.name if one else "Postage",
                    "quantity": quantity,
                    "unitPrice": str(price),
                    "total": str(quantity * price),
                }
                for one, quantity, price in found
            ],
            "placed_at": datetime.fromisoformat(when).replace(tzinfo=self.zone),
        }
        parsed = [(one and one.id, quantity, money.to_units(price)) for one, quantity, price in found]
        await place_many([NewOrder(Order(**row).model_dump(), parsed)], await shop())
        return row["id"]
