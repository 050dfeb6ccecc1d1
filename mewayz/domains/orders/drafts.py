"""Orders of a file, put together from their lines: signs decide what is a sale and what a return, totals stay exact."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, cast

from mewayz.backend import clock, money
from mewayz.backend.columns import time_text
from mewayz.backend.errors import Invalid
from mewayz.backend.ids import new_id
from mewayz.domains.orders.bulk import NewOrder
from mewayz.domains.orders.intake import Intake
from mewayz.domains.orders.measures import goods_of
from mewayz.domains.orders.model import OrderKind, OrderStatus, PaymentStatus
from mewayz.domains.orders.parties import Buyer, Goods, Parties
from mewayz.domains.orders.past_lines import PastLine, written_down
from mewayz.domains.orders.spool import Spool

IMPORTED = "imported"
_RETURN = "-R"
_MOST_KNOWN = 100_000
_ADDRESS = ("name", "line1", "line2", "city", "region", "postalCode", "country")
_ALWAYS = frozenset({"kind", "units", "subtotal", "goods", "total", "lines"})
# What a file may say, and the columns that follow from it.
_TOLD = {
    "placedAt": ("placed_at",),
    "status": ("status",),
    "paymentStatus": ("payment_status",),
    "currency": ("currency",),
    "country": ("country",),
    "customer.id": ("customer_id", "customer_name"),
    "customer.reference": ("customer_id", "customer_name"),
    "customer.email": ("customer_id", "customer_name"),
    "customer.name": ("customer_name",),
    "discount": ("discount",),
    "tax": ("tax",),
    "shipping": ("shipping",),
    "note": ("note",),
    "source": ("source",),
}


def told_by(paths: Sequence[str]) -> frozenset[str]:
    """The columns of an order that a file with these paths speaks about."""
    return _ALWAYS.union(*(_TOLD.get(path, ()) for path in paths))


DraftLine = tuple[Goods, int, int]
"""What, how many, and the unit price in stored units."""


class Draft(NamedTuple):
    """An order or a return, before its customer and products are known.

    Attributes:
        line: where it begins in the file.
        head: what its lines say about the order, by path.
    """

    line: int
    number: str
    kind: str
    head: dict[str, Any]
    buyer: Buyer
    lines: list[DraftLine]


def split(total: int, quantity: int) -> list[tuple[int, int]]:
    """Quantities and unit prices that add up to `total` exactly, in stored units.

    >>> split(100000, 3)
    [(1, 33334), (2, 33333)]
    """
    pieces, sign = abs(quantity), -1 if quantity < 0 else 1
    each, rest = divmod(total * sign if quantity > 0 else abs(total), pieces)
    return [(sign * count, price) for count, price in ((rest, each + 1), (pieces - rest, each)) if count]


class Drafts:
    """Iterate for the orders of a spool; `lines` says how many lines have been read."""

    def __init__(self, intake: Intake, spool: Spool, currency: str, file_name: str) -> None:
        """Read what `intake` has put into `spool`."""
        self.lines = 0
        self.unnumbered = False
        self._intake = intake
        self._spool = spool
        self._currency = currency
        self._by = file_name or "Import"
        at = {path: index + 1 for index, path in enumerate(intake.paths)}
        self._head = [(path, at[path]) for path in at if not path.startswith(("lines.", "customer."))]
        self._customer = [at.get(f"customer.{name}") for name in Buyer._fields]
        self._goods = [at.get(f"lines.{name}") for name in ("productId", "sku", "name", "category")]
        said = [index for index in self._goods if index is not None]
        self._key = itemgetter(*said) if said else lambda row: ()
        self._quantity, self._price, self._total = (at.get(f"lines.{name}") for name in ("quantity", "unitPrice", "total"))
        self._times: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Draft]:
        """Stream the orders."""
        known: dict[Any, Goods] = {}
        key_of, at_quantity, at_price, at_total = self._key, self._quantity, self._price, self._total
        for number, rows in self._spool.read():
            self.lines += len(rows)
            self.unnumbered = self.unnumbered or not number
            head: dict[str, Any] = {}
            for path, index in self._head:
                head[path] = next((row[index] for row in rows if row[index] is not None), None)
            buyer = Buyer(*("" if index is None else next((row[index] for row in rows if row[index]), "") for index in self._customer))
            sold: list[DraftLine] = []
            returned: list[DraftLine] = []
            for row in rows:
                key = key_of(row)
                goods = known.get(key)
                if goods is None:
                    if len(known) > _MOST_KNOWN:
                        known.clear()
                    goods = known[key] = Goods(*("" if index is None else row[index] or "" for index in self._goods))
                quantity = 1 if at_quantity is None else row[at_quantity]
                into = sold if quantity > 0 else returned
                price = None if at_price is None else row[at_price]
                if price is not None:
                    into.append((goods, quantity, price))
                else:
                    into += [(goods, *one) for one in split(row[cast("int", at_total)], quantity)]
            line = rows[0][0]
            if sold:
                yield Draft(line, number, OrderKind.SALE.value, head, buyer, sold)
            if returned:
                rest = head if not sold else {**head, "id": None, "discount": None, "tax": None, "shipping": None}
                yield Draft(line, f"{number}{_RETURN}" if sold and number else number, OrderKind.RETURN.value, rest, buyer, returned)

    def _placed_at(self, text: str | None) -> Any:
        if text is None:
            return clock.now()
        found = self._times.get(text)
        if found is None:
            if len(self._times) > 10_000:
                self._times.clear()
            found = self._times[text] = self._intake.times.read(text)
        return found

    def order(self, draft: Draft, parties: Parties) -> NewOrder:
        """The order itself, once its parties are known.

        Raises:
            Invalid: its total is more than an amount can be.
        """
        head = draft.head
        kept, parsed, units, subtotal = written_down(_told(draft, parties))
        discount, tax, shipping = (head.get(name) or 0 for name in ("discount", "tax", "shipping"))
        total = subtotal - discount + tax + shipping
        if max(abs(subtotal), abs(total)) > money.MAX_UNITS:
            raise Invalid(f"The order in line {draft.line} is worth more than an amount can be.")
        placed_at = self._placed_at(head.get("placedAt"))
        customer_id, customer_name = parties.customer(draft.buyer)
        is_sale = draft.kind == OrderKind.SALE
        country = head.get("country") or head.get("shippingAddress.country") or ""
        address = {name: head.get(f"shippingAddress.{name}") or "" for name in _ADDRESS if f"shippingAddress.{name}" in head}
        address = {**address, "name": address.get("name") or customer_name, "country": country}
        status, payment = OrderStatus.DELIVERED, PaymentStatus.PAID
        if not is_sale:
            status, payment = OrderStatus.REFUNDED, PaymentStatus.REFUNDED
        source = head.get("source") or ""
        row = {
            "id": head.get("id") or new_id(),
            "rev": 1,
            "created_at": placed_at,
            "updated_at": placed_at,
            "number": draft.number,
            "kind": draft.kind,
            "status": (head.get("status") if is_sale else None) or status.value,
            "payment_status": (head.get("paymentStatus") if is_sale else None) or payment.value,
            "customer_id": customer_id,
            "customer_name": customer_name,
            "currency": head.get("currency") or self._currency,
            "units": units,
            "subtotal": money.from_units(subtotal),
            "goods": money.from_units(goods_of(draft.kind, parsed)),
            "discount": money.from_units(discount),
            "tax": money.from_units(tax),
            "shipping": money.from_units(shipping),
            "total": money.from_units(total),
            "country": country,
            "lines": kept,
            "shipping_address": address,
            "billing_address": address,
            "timeline": [{"at": time_text(placed_at), "event": IMPORTED, "by": source or self._by}],
            "note": head.get("note") or "",
            "source": source,
            "placed_at": placed_at,
        }
        return NewOrder(row, parsed)


def _told(draft: Draft, parties: Parties) -> Iterator[PastLine]:
    product, sku_of = parties.product, parties.sku
    for goods, quantity, price in draft.lines:
        item, sku = product(goods), sku_of(goods)
        yield item.product_id if item else None, item.variant_id if item else None, sku, goods.name or sku or "Item", quantity, price
