"""The orders of the demo shop: made from the invoices of a file, and written in batches."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, update

from mewayz.backend import money
from mewayz.backend.columns import time_text
from mewayz.backend.ids import new_id
from mewayz.backend.runtime import current
from mewayz.backend.shop import Shop
from mewayz.backend.unit import unit
from mewayz.domains.admin.demo.retail import SOURCE, Invoice
from mewayz.domains.admin.demo.taxonomy import readable
from mewayz.domains.orders.bulk import NewOrder, Placing
from mewayz.domains.orders.model import OrderKind, OrderStatus, PaymentStatus
from mewayz.domains.orders.past_lines import written_down
from mewayz.domains.products import ledger
from mewayz.domains.products.ledger import MoveReason, StockMove
from mewayz.domains.products.model import products_collection

_BATCH = 1_200  # orders per transaction: about a second, after which others may write
_STILL_PROCESSING, _STILL_UNDERWAY = timedelta(days=2), timedelta(days=5)

_products = products_collection.table
_HOLD = update(_products).where(_products.c.id == bindparam("id_")).values(reserved=_products.c.reserved + bindparam("pieces"))


class Orders:
    """One run: what is known of products, customers and order numbers, by the source's own keys."""

    def __init__(self, place: Shop, owner_id: str, favourite: str | None, last: datetime | None) -> None:
        """Begin with nothing known; `favourite` is the customer whose orders the demo user owns, `last` the time of the last order."""
        self.place = place
        self.zone = place.zone
        self.owner_id = owner_id
        self.favourite = favourite
        self.last = last
        self.products: dict[str, str] = {}
        self.customers: dict[str, tuple[str, str]] = {}
        self.numbers: set[str] = set()
        self.sales = self.returns = self.lines = 0

    def order(self, invoice: Invoice) -> NewOrder:
        """The order of an invoice."""
        product_of = self.products.get
        lines = written_down((product_of(sku), None, sku, readable(name), count, price) for sku, name, _, count, price in invoice.lines)
        placed_at = invoice.placed_at_local.replace(tzinfo=self.zone)
        customer_id, customer_name = self.customers.get(invoice.customer_ref or "", (None, "Guest"))
        status, payment = self._status(invoice)
        address = {"name": customer_name, "country": invoice.country}
        amount_due = money.from_units(lines.subtotal)
        row = {
            "id": new_id(),
            "created_at": placed_at,
            "updated_at": placed_at,
            "number": invoice.number,
            "kind": invoice.kind,
            "status": status.value,
            "payment_status": payment.value,
            "customer_id": customer_id,
            "customer_name": customer_name,
            "owner_id": self.owner_id if invoice.customer_ref is not None and invoice.customer_ref == self.favourite else None,
            "currency": self.place.currency,
            "units": lines.units,
            "subtotal": amount_due,
            "total": amount_due,
            "country": invoice.country,
            "lines": lines.kept,
            "shipping_address": address,
            "billing_address": address,
            "timeline": [{"at": time_text(placed_at), "event": "placed" if invoice.kind == OrderKind.SALE else "returned", "by": SOURCE}],
            "source": SOURCE,
            "placed_at": placed_at,
            "demo": True,
        }
        self.lines += len(lines.kept)
        if invoice.kind == OrderKind.SALE:
            self.sales += 1
        else:
            self.returns += 1
        return NewOrder(row, lines.parsed)

    def _status(self, invoice: Invoice) -> tuple[OrderStatus, PaymentStatus]:
        """The source has no status: everything is paid and delivered but the last days' orders."""
        if invoice.kind == OrderKind.RETURN:
            return OrderStatus.REFUNDED, PaymentStatus.REFUNDED
        age = (self.last or invoice.placed_at_local) - invoice.placed_at_local
        if age < _STILL_PROCESSING:
            return OrderStatus.PROCESSING, PaymentStatus.PAID
        return (OrderStatus.SHIPPED if age < _STILL_UNDERWAY else OrderStatus.DELIVERED), PaymentStatus.PAID


class Batch:
    """Orders that are ready to be written, and what the open ones hold back."""

    def __init__(self, orders: Sequence[NewOrder], place: Shop) -> None:
        """Work out what will be written."""
        self._placing = Placing(orders, place)
        opened = [order for order in orders if order.row["status"] == OrderStatus.PROCESSING]
        self._held = [(key, count, order.row) for order in opened for key, count, _ in order.lines if key]

    async def write(self) -> None:
        """Place the orders. What they hold back was in the house before, beside the stock that is invented."""
        async with unit():
            await self._placing.write()
            found = await products_collection.find_ids(key for key, _, _ in self._held)
            await current().database.execute_many(_HOLD, [{"id_": key, "pieces": count} for key, count, _ in self._held])
            moves: list[StockMove] = []
            for key, count, order in self._held:
                shared = {"product_id": key, "at": order["placed_at"], "order_id": order["id"]}
                before = found[key].stock
                moves.append(StockMove(**shared, delta=count, balance=before + count, reason=MoveReason.RECEIPT.value))
                moves.append(StockMove(**shared, delta=-count, balance=before, reason=MoveReason.RESERVATION.value))
            await ledger.write_many(moves)


def in_batches(invoices: Iterable[Invoice], known: set[str]) -> Iterator[list[Invoice]]:
    """The invoices whose numbers are not known yet, as many at once as a transaction has."""
    batch: list[Invoice] = []
    for invoice in invoices:
        if invoice.number in known:
            continue
        batch.append(invoice)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
