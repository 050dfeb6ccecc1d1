"""What the stream of invoices says about each product and each customer, gathered in one pass.

Either call `survey(path)` first (a few seconds for the full set), or `add` every invoice of a running import.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from mewayz.domains.admin.demo.retail import Invoice, RetailFile

RECENT = timedelta(days=30)


@dataclass(slots=True)
class ProductInfo:
    """A SKU as the file knows it; times are the shop's wall clock.

    Attributes:
        name: the commonest of its names; of equally common ones the first in the alphabet.
        last_price: of its latest sale line, else of a return, in 1/10,000 of the currency unit; 0 was only given away.
        units_sold_last_30_days: by sale lines, on the last day of the file and the 29 before; returns not subtracted.
    """

    sku: str
    is_product: bool
    first_seen: datetime
    last_seen: datetime
    name: str = ""
    last_price: int = 0
    units_sold_last_30_days: int = 0


@dataclass(slots=True)
class CustomerInfo:
    """A customer reference; of several countries the latest holds."""

    ref: str
    country: str
    first_seen: datetime
    last_seen: datetime
    orders: int = 0


@dataclass(slots=True)
class Survey:
    """Products by SKU and customers by reference, in the order in which they appear."""

    _products: dict[str, ProductInfo] = field(default_factory=dict)
    _customers: dict[str, CustomerInfo] = field(default_factory=dict)
    _names: dict[str, Counter[str]] = field(default_factory=dict)
    _recent: deque[tuple[date, Counter[str]]] = field(default_factory=deque)

    def add(self, invoice: Invoice) -> None:
        """Take in the next invoice of the stream."""
        when, sold = invoice.placed_at_local, invoice.kind == "sale"
        if invoice.customer_ref is not None:
            self._add_customer(invoice, invoice.customer_ref)
        today = self._today(when.date())
        for sku, name, is_product, quantity, unit_price in invoice.lines:
            info = self._products.get(sku)
            if info is None:
                info = self._products[sku] = ProductInfo(sku, is_product, when, when)
                self._names[sku] = Counter()
            info.last_seen = max(info.last_seen, when)
            if sold and unit_price:
                info.last_price = unit_price
                today[sku] += quantity
            elif not info.last_price:
                info.last_price = unit_price
            if name:
                self._names[sku][name] += 1

    def _add_customer(self, invoice: Invoice, ref: str) -> None:
        when = invoice.placed_at_local
        info = self._customers.get(ref)
        if info is None:
            info = self._customers[ref] = CustomerInfo(ref, invoice.country, when, when)
        info.country = invoice.country
        info.last_seen = max(info.last_seen, when)
        info.orders += invoice.kind == "sale"

    def _today(self, day: date) -> Counter[str]:
        """Units sold per SKU on `day`; days that are no longer recent are forgotten."""
        recent = self._recent
        if not recent or recent[-1][0] < day:
            recent.append((day, Counter()))
            while recent[0][0] <= day - RECENT:
                recent.popleft()
        return recent[-1][1]

    def products(self) -> dict[str, ProductInfo]:
        """All SKUs so far, fees and postage (`is_product` False) among them."""
        for sku, names in self._names.items():
            self._products[sku].name = _commonest(names) if names else sku
        for info in self._products.values():
            info.units_sold_last_30_days = sum(units[info.sku] for _, units in self._recent)
        return self._products

    def customers(self) -> dict[str, CustomerInfo]:
        """All customer references so far."""
        return self._customers


def _commonest(names: Mapping[str, int]) -> str:
    return min(names, key=lambda name: (-names[name], name))


def survey(invoices: Iterable[Invoice]) -> Survey:
    """Read a whole stream for what it says of products and customers."""
    found = Survey()
    for invoice in invoices:
        found.add(invoice)
    return found


def catalogue(path: Path) -> dict[str, ProductInfo]:
    """The products of a file, read in one pass of its own."""
    return survey(RetailFile(path)).products()
