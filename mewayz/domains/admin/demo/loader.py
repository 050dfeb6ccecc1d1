"""Loading the demo shop and removing it again: exactly it, however often either is asked for."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update

from mewayz.backend import money
from mewayz.backend.columns import time_text
from mewayz.backend.ids import new_id
from mewayz.backend.passwords import hash_password
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.admin.demo.people import BUYER, DEMO_USERS
from mewayz.domains.admin.demo.retail import Invoice, RetailFile, Summary
from mewayz.domains.admin.demo.survey import Survey, survey
from mewayz.domains.admin.demo.taxonomy import category_of, demo_stock, readable, tags_of
from mewayz.domains.customers.addresses import listed
from mewayz.domains.customers.identity import derived_columns
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.orders import rollups
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.model import OrderKind, OrderStatus, PaymentStatus, orders_collection
from mewayz.domains.orders.rollups import ParsedLine
from mewayz.domains.products import ledger
from mewayz.domains.products.ledger import MoveReason, StockMove
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.slugs import slug_of
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import User, users_collection

SOURCE = "Online Retail II"
_BATCH = 300  # orders per transaction: a fraction of a second, so that a server goes on answering
_ROWS = 2_000
_STILL_PROCESSING, _STILL_UNDERWAY = timedelta(days=2), timedelta(days=5)
_SURVEY_SHARE = 0.15

_products = products_collection.table
_HOLD = update(_products).where(_products.c.id == bindparam("id_")).values(reserved=_products.c.reserved + bindparam("pieces"))

Report = Callable[[float, str], Awaitable[None]]


async def silent(share: float, words: str) -> None:
    """A progress report that nobody reads."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load has added; `password` is set when it made the demo users."""

    products: int
    customers: int
    orders: int
    returns: int
    lines: int
    users: tuple[str, ...]
    password: str | None
    left_out: Summary


class _Load:
    """One run: what is known of products, customers and order numbers, by the source's own keys."""

    def __init__(self, zone: ZoneInfo, currency: str, owner_id: str, favourite: str | None, last: datetime | None) -> None:
        self.zone = zone
        self.currency = currency
        self.owner_id = owner_id
        self.favourite = favourite
        self.last = last
        self.products: dict[str, str] = {}
        self.customers: dict[str, tuple[str, str]] = {}
        self.numbers: set[str] = set()
        self.orders = self.returns = self.lines = 0

    def order(self, invoice: Invoice) -> NewOrder:
        """The order of an invoice."""
        parsed: list[ParsedLine] = []
        lines: list[dict[str, Any]] = []
        total = units = 0
        wire = money.wire
        for sku, name, _, quantity, price in invoice.lines:
            product_id = self.products.get(sku)
            amount = quantity * price
            total += amount
            units += quantity
            parsed.append((product_id, quantity, price))
            lines.append(
                {
                    "productId": product_id,
                    "sku": sku,
                    "name": readable(name),
                    "quantity": quantity,
                    "unitPrice": wire(price),
                    "total": wire(amount),
                }
            )
        placed_at = invoice.placed_at_local.replace(tzinfo=self.zone)
        customer_id, customer_name = self.customers.get(invoice.customer_ref or "", (None, "Guest"))
        status, payment = self._status(invoice)
        address = {"name": customer_name, "country": invoice.country}
        amount_due = money.from_units(total)
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
            "currency": self.currency,
            "units": units,
            "subtotal": amount_due,
            "total": amount_due,
            "country": invoice.country,
            "lines": lines,
            "shipping_address": address,
            "billing_address": address,
            "timeline": [{"at": time_text(placed_at), "event": "placed" if invoice.kind == OrderKind.SALE else "returned", "by": SOURCE}],
            "source": SOURCE,
            "placed_at": placed_at,
            "demo": True,
        }
        self.lines += len(lines)
        if invoice.kind == OrderKind.SALE:
            self.orders += 1
        else:
            self.returns += 1
        return NewOrder(row, parsed)

    def _status(self, invoice: Invoice) -> tuple[OrderStatus, PaymentStatus]:
        """The source has no status: everything is paid and delivered but the last days' orders."""
        if invoice.kind == OrderKind.RETURN:
            return OrderStatus.REFUNDED, PaymentStatus.REFUNDED
        age = (self.last or invoice.placed_at_local) - invoice.placed_at_local
        if age < _STILL_PROCESSING:
            return OrderStatus.PROCESSING, PaymentStatus.PAID
        return (OrderStatus.SHIPPED if age < _STILL_UNDERWAY else OrderStatus.DELIVERED), PaymentStatus.PAID


async def load(path: Path, report: Report = silent) -> Loaded:
    """Bring the demo shop of a file in. What is there already stays as it is, so a second run adds nothing.

    Raises:
        BrokenFile: the file is damaged; what came before the damage stays, and a repeated load goes on from there.
    """
    place = await shop()
    file = RetailFile(path)
    await report(0.0, "Reading the data")
    found = await asyncio.to_thread(survey, file)
    users, owner_id, password = await _add_users()
    favourite = max(found.customers().values(), key=lambda customer: (customer.orders, customer.ref), default=None)
    last = max((customer.last_seen for customer in found.customers().values()), default=None)
    run = _Load(place.zone, place.currency, owner_id, favourite.ref if favourite else None, last)
    await report(_SURVEY_SHARE, "Adding products and customers")
    products = await _add_products(run, found)
    customers = await _add_customers(run, found)
    run.numbers = await _keys(orders_collection.table.c.number)
    await _place(run, file, place.zone, report)
    if run.orders or run.returns:
        await rollups.fold(rollups.OFTEN_WRITTEN)
        await keep_buyers()
    await report(1.0, "Done")
    return Loaded(products, customers, run.orders, run.returns, run.lines, users, password, file.summary)


async def _place(run: _Load, file: RetailFile, zone: ZoneInfo, report: Report) -> None:
    """Place all orders: while one batch is written, a thread prepares the next."""
    batches = _batches(file, run.numbers)

    def prepare() -> list[NewOrder]:
        return [run.order(invoice) for invoice in next(batches, ())]

    ready = await asyncio.to_thread(prepare)
    while ready:
        share, count = file.progress, run.orders + run.returns
        written = asyncio.create_task(_write(ready, zone))
        try:
            ready = await asyncio.to_thread(prepare)
        finally:
            await written
        await report(min(_SURVEY_SHARE + (1 - _SURVEY_SHARE) * share, 0.99), f"{count:,} orders and returns")


async def _write(batch: Sequence[NewOrder], zone: ZoneInfo) -> None:
    """Place a batch. What its open orders hold back was in the house before, beside the stock that is invented."""
    opened = [order for order in batch if order.row["status"] == OrderStatus.PROCESSING]
    lines = [(key, count, order.row) for order in opened for key, count, _ in order.lines if key]
    async with unit():
        await place_many(batch, zone)
        found = await products_collection.find_ids(key for key, _, _ in lines)
        await current().database.execute_many(_HOLD, [{"id_": key, "pieces": count} for key, count, _ in lines])
        moves: list[StockMove] = []
        for key, count, order in lines:
            shared = {"product_id": key, "at": order["placed_at"], "order_id": order["id"]}
            before = found[key].stock
            moves.append(StockMove(**shared, delta=count, balance=before + count, reason=MoveReason.RECEIPT.value))
            moves.append(StockMove(**shared, delta=-count, balance=before, reason=MoveReason.RESERVATION.value))
        await ledger.write_many(moves)


def _batches(file: RetailFile, known: set[str]) -> Iterator[list[Invoice]]:
    batch: list[Invoice] = []
    for invoice in file:
        if invoice.number in known:
            continue
        batch.append(invoice)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _keys(column: Any) -> set[str]:
    return {row[0] for row in await current().database.fetch(select(column).where(column.is_not(None)))}


async def _add_products(run: _Load, found: Survey) -> int:
    table = products_collection.table.c
    run.products = {sku: key for key, sku in await current().database.fetch(select(table.id, table.sku).where(table.sku.is_not(None)))}
    new: list[Product] = []
    for info in found.products().values():
        if not info.is_product or info.sku in run.products:
            continue
        stock = demo_stock(info.sku, info.units_sold_last_30_days)
        first_seen = info.first_seen.replace(tzinfo=run.zone)
        product = Product(
            name=readable(info.name),
            slug=slug_of(readable(info.name), info.sku),
            sku=info.sku,
            price=money.from_units(info.last_price),
            currency=run.currency,
            category=category_of(info.name),
            tags=tags_of(info.name),
            stock=stock.quantity,
            low_stock_threshold=stock.low_stock_threshold,
            created_at=first_seen,
            updated_at=first_seen,
            demo=True,
        )
        new.append(product)
        run.products[info.sku] = product.id
    await _add_in_parts(_add_with_stock, new)
    return len(new)


async def _add_with_stock(part: Sequence[Product]) -> None:
    async with unit():
        await products_collection.add_many(part)
        await ledger.write_many([ledger.opening(product) for product in part if product.stock])


async def _add_customers(run: _Load, found: Survey) -> int:
    table = customers_collection.table.c
    rows = await current().database.fetch(select(table.id, table.name, table.reference).where(table.reference.is_not(None)))
    run.customers = {reference: (key, name) for key, name, reference in rows}
    new: list[Customer] = []
    for info in found.customers().values():
        if info.ref in run.customers:
            continue
        first_seen = info.first_seen.replace(tzinfo=run.zone)
        # The orders of the best customer are those of the demo user, whose address is thus theirs.
        name, email = f"Customer {info.ref}", BUYER.email if info.ref == run.favourite else f"{info.ref}@customers.example"
        addresses = listed({"name": name, "country": info.country})
        customer = Customer(
            **{"name": name, "email": email, **derived_columns({"name": name, "email": email, "phone": "", "addresses": addresses})},
            reference=info.ref,
            source=SOURCE,
            created_at=first_seen,
            updated_at=first_seen,
            demo=True,
        )
        new.append(customer)
        run.customers[info.ref] = (customer.id, customer.name)
    await _add_in_parts(customers_collection.add_many, new)
    return len(new)


async def _add_in_parts(add: Callable[[Sequence[Any]], Awaitable[None]], documents: Sequence[Any]) -> None:
    for start in range(0, len(documents), _ROWS):
        await add(documents[start : start + _ROWS])


async def _add_users() -> tuple[tuple[str, ...], str, str | None]:
    """The demo users that are missing, the id of the one with the role user, and the password of new ones.

    One random password for all of them, shown once: a fixed one would be a door into every installation with demo data.
    """
    password = "-".join(secrets.token_hex(3) for _ in range(3)).capitalize()
    added: list[str] = []
    buyer = ""
    hashed = ""
    for person in DEMO_USERS:
        user = await users_collection.find(email=person.email)
        if user is None:
            hashed = hashed or await hash_password(password)
            user = User(name=person.name, email=person.email, role=person.role.value, plan=person.plan.value, demo=True)
            async with unit():
                await users_collection.add(user)
                await credentials.add(Credential(id=user.id, password_hash=hashed))
            added.append(user.email)
        buyer = buyer or user.id
    return tuple(added), buyer, password if added else None
