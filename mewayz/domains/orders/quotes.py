"""What an order or a refund would come to, said before it is placed; and what can be put into one. Nothing is saved here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mewayz.backend import clock
from mewayz.backend.access import Actor, allow
from mewayz.backend.amounts import check_payable
from mewayz.backend.payloads import parse
from mewayz.backend.query import Query
from mewayz.backend.shop import shop
from mewayz.domains.customers.model import Customer
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import PaymentStatus
from mewayz.domains.orders.payloads import OrderCreate, Refund
from mewayz.domains.orders.pricing import AMOUNTS, Extras, price
from mewayz.domains.orders.returns import decide
from mewayz.domains.orders.steps import OrderSteps, of_lines
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products

_FOUND = 8
_LOOKED_AT = 40  # drafts and archived products among them are passed over


@dataclass(frozen=True)
class Quote:
    """What an order would come to.

    Attributes:
        currency: of all amounts.
        lines: as the order would have them.
        subtotal, total: amounts.
        stock: pieces that this order may have, per product; None where nobody counts.
        shortages: what stands in the way, per line that cannot be had.
    """

    currency: str
    lines: list[dict[str, Any]]
    subtotal: Decimal
    total: Decimal
    stock: dict[str, int | None]
    shortages: dict[int, str]


@dataclass(frozen=True)
class RefundQuote:
    """What a refund would give back, what was paid and not given back before it, and where the payment stands after it."""

    amount: Decimal
    left: Decimal
    payment: PaymentStatus


class OrderQuotes(OrderSteps):
    """The verbs of asking first."""

    @allow("create")
    async def quote(self, actor: Actor, data: Mapping[str, Any], order_id: str = "") -> Quote:
        """Price what would be sent to place an order, or to change the lines of `order_id`.

        Raises:
            Invalid: with a message per field. NotFound.
        """
        wanted = parse(OrderCreate, data)
        before = await self.get(actor, order_id) if order_id else None
        currency = before.currency if before else (await shop()).currency
        check_payable({name: value for name in AMOUNTS if (value := getattr(wanted, name)) != getattr(before, name, None)}, currency)
        found = await products.find_many(actor, [line.product_id for line in wanted.lines])
        priced = price(wanted.lines, found, Extras(wanted.discount, wanted.tax, wanted.shipping), currency, before)
        held = of_lines(before) if before and before.holds_stock else {}
        stock = {one.id: _available(one, held.get(one.id, 0)) for one in found.values()}
        return Quote(currency, priced["lines"], priced["subtotal"], priced["total"], stock, _shortages(priced["lines"], found, held))

    @allow("update")
    async def quote_refund(self, actor: Actor, order_id: str, data: Mapping[str, Any]) -> RefundQuote:
        """What this refund would give back now.

        Raises:
            Invalid: more than there is left. NotFound.
        """
        order = await self.get(actor, order_id)
        decision = decide(order, parse(Refund, data))
        after = PaymentStatus.REFUNDED if decision.complete else PaymentStatus.PARTIALLY_REFUNDED
        return RefundQuote(decision.amount, order.total - standing.refunded(order), after)

    @allow("create")
    async def goods(self, actor: Actor, text: str) -> list[Product]:
        """Products for sale that match a search, the best known first; without one, some."""
        page = await products.page(actor, Query(limit=_LOOKED_AT, search=text.strip()[:100]))
        found = await products.find_many(actor, [row["id"] for row in page.rows])
        now = clock.now()
        return [one for row in page.rows if (one := found.get(row["id"])) and one.for_sale_at(now)][:_FOUND]

    @allow("create")
    async def buyers(self, actor: Actor, text: str) -> list[dict[str, Any]]:
        """Customers that match a search, in wire form."""
        page = await customers.page(actor, Query(limit=_FOUND, search=text.strip()[:100]))
        return page.rows

    @allow("create")
    async def buyer(self, actor: Actor, customer_id: str) -> Customer:
        """One customer.

        Raises:
            NotFound.
        """
        return await customers.get(actor, customer_id)


def _available(product: Product, held: int) -> int | None:
    return max(product.stock, 0) + held if product.track_inventory else None


def _shortages(lines: Sequence[Mapping[str, Any]], found: Mapping[str, Product], held: Mapping[str, int]) -> dict[int, str]:
    """What `take` would refuse, said of each line that is to blame."""
    left = Counter({one.id: max(one.stock, 0) + held.get(one.id, 0) for one in found.values()})
    now = clock.now()
    told: dict[int, str] = {}
    for index, line in enumerate(lines):
        product = found.get(line["productId"])
        more = line["quantity"] - held.get(line["productId"], 0)
        if product is None:
            told |= {index: "This product does not exist any more."} if more > 0 else {}
        elif more > 0 and not product.for_sale_at(now):
            told[index] = "This product is not for sale."
        elif product.track_inventory and not product.allow_backorders and line["quantity"] > left[product.id]:
            told[index] = f"Only {left[product.id]:,} of it {'is' if left[product.id] == 1 else 'are'} left."
        left[line["productId"]] -= line["quantity"]
    return told
