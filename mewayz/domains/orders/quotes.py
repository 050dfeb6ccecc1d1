"""What an order or a refund would come to, said before it is placed; and what can be put into one. Nothing is saved here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mewayz.backend import clock
from mewayz.backend.access import Actor, allow
from mewayz.backend.amounts import check_payable, counted
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
from mewayz.domains.orders.standing import of_lines
from mewayz.domains.orders.steps import OrderSteps
from mewayz.domains.products.ledger import Item
from mewayz.domains.products.model import Product
from mewayz.domains.products.pieces import misnamed
from mewayz.domains.products.service import products
from mewayz.domains.products.variants import find

_FOUND = 8
_LOOKED_AT = 40  # drafts and archived products among them are passed over


@dataclass(frozen=True)
class Quote:
    """What an order would come to.

    Attributes:
        currency: of all amounts.
        lines: as the order would have them.
        subtotal, total: amounts.
        stock: pieces that this order may have, per line; None where nobody counts.
        shortages: what stands in the way, per line that cannot be had.
    """

    currency: str
    lines: list[dict[str, Any]]
    subtotal: Decimal
    total: Decimal
    stock: list[int | None]
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
        stock = [_available(line, found, held) for line in priced["lines"]]
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
    async def named(self, actor: Actor, ids: Sequence[str]) -> dict[str, Product]:
        """Products by id, for sale or not; unknown ids are left out."""
        return await products.find_many(actor, ids)

    @allow("create")
    async def countries(self, actor: Actor) -> list[str]:
        """The countries that occur in the shop."""
        return sorted({*await self.values(actor, "country"), *await customers.values(actor, "country")} - {""})

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


def _available(line: Mapping[str, Any], found: Mapping[str, Product], held: Mapping[Item, int]) -> int | None:
    """Pieces that the order may have of what a line names."""
    item, product = standing.item_of(line), found.get(line["productId"])
    if item is None or product is None or not product.track_inventory:
        return None
    variant = find(product.variants, item.variant_id)
    return max(variant["stock"] if variant else product.stock, 0) + held.get(item, 0)


def _shortages(lines: Sequence[Mapping[str, Any]], found: Mapping[str, Product], held: Mapping[Item, int]) -> dict[int, str]:
    """What `take` would refuse, said of each line that is to blame."""
    used: Counter[Item | None] = Counter()
    now = clock.now()
    told: dict[int, str] = {}
    for index, line in enumerate(lines):
        item, product = standing.item_of(line), found.get(line["productId"])
        more = line["quantity"] - (held.get(item, 0) if item else 0)
        left = _available(line, found, held)
        if product is None:
            told |= {index: "This product does not exist any more."} if more > 0 else {}
        elif more > 0 and misnamed(product, item.variant_id if item else None):
            told[index] = "This variant does not exist any more."
        elif more > 0 and not product.for_sale_at(now):
            told[index] = "This product is not for sale."
        elif left is not None and not product.allow_backorders and line["quantity"] > left - used[item]:
            rest = left - used[item]
            told[index] = f"Only {counted(rest)} of it {'is' if rest == 1 else 'are'} left."
        used[item] += line["quantity"]
    return told
