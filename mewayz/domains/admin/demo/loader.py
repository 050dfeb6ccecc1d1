"""Loading the demo shop and removing it again: exactly it, however often either is asked for."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from mewayz.backend import money
from mewayz.backend.amounts import counted
from mewayz.backend.garbage import rarely_collected
from mewayz.backend.passwords import hash_password
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.admin.demo.orders import Batch, Orders, in_batches
from mewayz.domains.admin.demo.people import BUYER, DEMO_USERS
from mewayz.domains.admin.demo.retail import SOURCE, RetailFile, Summary
from mewayz.domains.admin.demo.spool import Spool
from mewayz.domains.admin.demo.survey import Survey, survey
from mewayz.domains.admin.demo.taxonomy import category_of, demo_stock, readable, tags_of
from mewayz.domains.customers.addresses import listed
from mewayz.domains.customers.identity import derived_columns
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.orders import rollups
from mewayz.domains.orders.buyers import keep_buyers
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.products import ledger
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.slugs import slug_of
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import User, users_collection

_ROWS = 2_000
_SURVEY_SHARE = 0.2
_TELLING = 0.25  # seconds between two words about the reading

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


async def load(path: Path, report: Report = silent) -> Loaded:
    """Bring the demo shop of a file in. What is there already stays as it is, so a second run adds nothing.

    Raises:
        BrokenFile: the file is damaged; nothing was added.
    """
    file = RetailFile(path)
    with rarely_collected(), Spool() as spool:
        return await _load(file, spool, report)


async def _load(file: RetailFile, spool: Spool, report: Report) -> Loaded:
    place = await shop()
    found = await _surveyed(file, spool, report)
    users, owner_id, password = await _add_users()
    favourite = max(found.customers().values(), key=lambda customer: (customer.orders, customer.ref), default=None)
    last = max((customer.last_seen for customer in found.customers().values()), default=None)
    run = Orders(place, owner_id, favourite.ref if favourite else None, last)
    await report(_SURVEY_SHARE, "Adding products and customers")
    products = await _add_products(run, found)
    customers = await _add_customers(run, found)
    run.numbers = await _keys(orders_collection.table.c.number)
    await _place(run, spool, report)
    if run.sales or run.returns:
        await rollups.fold(rollups.OFTEN_WRITTEN)
        await keep_buyers()
    await report(1.0, "Done")
    return Loaded(products, customers, run.sales, run.returns, run.lines, users, password, file.summary)


async def _surveyed(file: RetailFile, spool: Spool, report: Report) -> Survey:
    """Survey the file in a thread, and tell meanwhile how far it is."""
    reading = asyncio.create_task(asyncio.to_thread(survey, spool.put(file)))
    try:
        while not reading.done():
            await report(_SURVEY_SHARE * file.progress, "Reading the data")
            await asyncio.wait([reading], timeout=_TELLING)
        return reading.result()
    finally:
        reading.cancel()


async def _place(run: Orders, spool: Spool, report: Report) -> None:
    """Place all orders: while one batch is written, a thread prepares the next."""
    batches = in_batches(spool, run.numbers)

    def prepare() -> Batch | None:
        orders = [run.order(invoice) for invoice in next(batches, ())]
        return Batch(orders, run.place) if orders else None

    ready = await asyncio.to_thread(prepare)
    while ready:
        share, count = spool.progress, run.sales + run.returns
        written = asyncio.create_task(ready.write())
        try:
            ready = await asyncio.to_thread(prepare)
        finally:
            await written
        await report(min(_SURVEY_SHARE + (1 - _SURVEY_SHARE) * share, 0.99), f"{counted(count)} orders and returns")


async def _keys(column: Any) -> set[str]:
    return {row[0] for row in await current().database.fetch(select(column).where(column.is_not(None)))}


async def _add_products(run: Orders, found: Survey) -> int:
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
            currency=run.place.currency,
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


async def _add_customers(run: Orders, found: Survey) -> int:
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
