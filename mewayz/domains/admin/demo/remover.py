"""Removing the demo shop: its rows and all that followed from them, and nothing that anybody made since.

A demo product or customer that an order of one's own names stays, for as long as that order names it.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, delete, exists, func, select

from mewayz.backend import audit
from mewayz.backend.amounts import counted
from mewayz.backend.columns import table_of
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.admin.demo.loader import Report, silent
from mewayz.domains.auth.model import sessions
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import rollups
from mewayz.domains.orders.bulk import remove_many
from mewayz.domains.orders.model import ORDER_PRODUCTS, orders_collection
from mewayz.domains.orders.totals import recount
from mewayz.domains.products.ledger import StockMove
from mewayz.domains.products.model import products_collection
from mewayz.domains.users.credentials import credentials
from mewayz.domains.users.model import users_collection

_BATCH = 200
_orders, _products, _customers, _users = (
    collection.table for collection in (orders_collection, products_collection, customers_collection, users_collection)
)
_moves = table_of(StockMove)
_DEMO_ORDERS = select(*_orders.columns).where(_orders.c.demo).order_by(_orders.c.id).limit(_BATCH).with_for_update()
_unwanted = _products.c.demo & ~exists().where(ORDER_PRODUCTS.c.product_id == _products.c.id)
_LEAVING_PRODUCTS = select(_products.c.id).where(_unwanted)
_DELETE_PRODUCTS = delete(_products).where(_unwanted)
_DELETE_MOVES = delete(_moves).where(_moves.c.product_id == bindparam("product"))
_DELETE_CUSTOMERS = delete(_customers).where(_customers.c.demo, ~exists().where(_orders.c.customer_id == _customers.c.id))
_names_product = exists().where(ORDER_PRODUCTS.c.product_id == _products.c.id, ORDER_PRODUCTS.c.order_id == _orders.c.id, ~_orders.c.demo)
_names_customer = exists().where(_orders.c.customer_id == _customers.c.id, ~_orders.c.demo)
_KEPT_PRODUCTS = select(func.count()).select_from(_products).where(_products.c.demo, _names_product)
_KEPT_CUSTOMERS = select(func.count()).select_from(_customers).where(_customers.c.demo, _names_customer)
_demo_users = select(_users.c.id).where(_users.c.demo)


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went."""

    products: int
    customers: int
    orders: int
    users: int


async def kept() -> tuple[int, int]:
    """How many products and customers of the demo shop would stay, because orders of one's own name them."""
    database = current().database
    return await database.value(_KEPT_PRODUCTS), await database.value(_KEPT_CUSTOMERS)


async def remove(keep_user: str, report: Report = silent) -> Removed:
    """Remove the demo shop; `keep_user` is the id of whoever asks, who is not removed while signed in."""
    database, zone = current().database, (await shop()).zone
    total = await database.value(select(func.count()).select_from(_orders).where(_orders.c.demo))
    orders = 0
    buyers: set[str] = set()
    while True:
        async with unit():
            batch = [orders_collection.build(row) for row in await database.fetch(_DEMO_ORDERS)]
            buyers |= await remove_many(batch, zone)
        if not batch:
            break
        orders += len(batch)
        await report(min(orders / max(total, 1), 0.99), f"{counted(orders)} of {counted(total)} orders and returns")
    async with unit() as opened:
        leaving_products = [row[0] for row in await database.fetch(_LEAVING_PRODUCTS)]
        products = await database.execute(_DELETE_PRODUCTS)
        await database.execute_many(_DELETE_MOVES, [{"product": key} for key in leaving_products])
        customers = await database.execute(_DELETE_CUSTOMERS)
        # What stays has lost orders; of an interrupted removal, too.
        staying = await database.fetch(select(_customers.c.id, _customers.c.demo))
        await recount(opened, (key for key, demo in staying if demo or key in buyers))
        leaving = _demo_users.where(_users.c.id != bindparam("keep"))
        for table, column in ((sessions.table, "user_id"), (credentials.table, "id")):
            await database.execute(delete(table).where(table.c[column].in_(leaving)), {"keep": keep_user})
        users = await database.execute(delete(_users).where(_users.c.demo, _users.c.id != bindparam("keep")), {"keep": keep_user})
        opened.touch("products", "customers", "users", "analytics")
        audit.record(opened, "demo.removed", "", {"products": products, "customers": customers, "orders": orders, "users": users})
    await rollups.fold()
    await report(1.0, "Done")
    return Removed(products, customers, orders, users)
