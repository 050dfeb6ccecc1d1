"""The verbs of orders."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import bindparam, delete, insert, select
from typing_extensions import override

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM, Actor, Role, allow
from mewayz.backend.columns import time_text
from mewayz.backend.crud import CrudService
from mewayz.backend.errors import Forbidden, Invalid, NotFound
from mewayz.backend.importing import Columns, Report
from mewayz.backend.imports import Imports
from mewayz.backend.loading import How, Loaded
from mewayz.backend.money import wire_decimal
from mewayz.backend.runtime import current
from mewayz.backend.sequences import next_number
from mewayz.backend.shop import shop
from mewayz.backend.sources import Source
from mewayz.backend.unit import unit
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import history
from mewayz.domains.orders.bulk import remove_many
from mewayz.domains.orders.flat import FlatOrder
from mewayz.domains.orders.intake import is_history
from mewayz.domains.orders.model import ORDER_PRODUCTS, ORDERS, Order, OrderCreate, OrderUpdate, orders_collection
from mewayz.domains.orders.rollups import Deltas
from mewayz.domains.orders.totals import recount
from mewayz.domains.products.service import products

_LINK = insert(ORDER_PRODUCTS).values(product_id=bindparam("product_id"), order_id=bindparam("order_id"))
_UNLINK = delete(ORDER_PRODUCTS).where(
    ORDER_PRODUCTS.c.product_id == bindparam("product_id_"), ORDER_PRODUCTS.c.order_id == bindparam("order_id_")
)
_OF_CUSTOMER = select(orders_collection.table.c.id).where(orders_collection.table.c.customer_id == bindparam("customer")).limit(1)
_OF_PRODUCT = select(ORDER_PRODUCTS.c.order_id).where(ORDER_PRODUCTS.c.product_id == bindparam("product")).limit(1)
_MAX_TOTAL = Decimal(10**11)


class Orders(CrudService[Order]):
    """Sales and returns."""

    noun: ClassVar[str] = "orders"
    singular: ClassVar[str] = "order"
    personal: ClassVar[bool] = True
    owner: ClassVar[str | None] = "owner_id"
    identified_by: ClassVar[Mapping[str, Callable[[str], str]]] = {"number": str.strip}
    collection = orders_collection
    spec = ORDERS
    create_payload = OrderCreate
    update_payload = OrderUpdate
    flat_payload = FlatOrder

    def _wants(self, source: Source, kind: str) -> bool:
        return is_history(source, kind)

    @allow("import")
    async def load_table(
        self, actor: Actor, source: Source, kind: str, columns: Columns, how: How, most: int | None, report: Report
    ) -> Loaded:
        """Load historical orders: a table of order lines, or orders with their prices as objects. No stock is moved.

        Raises:
            Invalid: `fields` maps `line 7: lines.quantity` to what is wrong with it; nothing was saved.
            Forbidden: a product or customer would have to be made, or an order changed, and the actor may not.
        """

        async def undo(batch_id: str) -> None:
            await Imports((self, products, customers)).revert(SYSTEM, batch_id)

        return await history.load(actor, source, kind, columns, how, most, report, undo)

    @allow("read")
    async def words_for(self, actor: Actor, name: str, value: str) -> str | None:
        """What a reference in a filter is called, for those who may see what it refers to."""
        try:
            match name:
                case "customer":
                    return f"Customer is {(await customers.get(actor, value)).name}"
                case "product":
                    return f"Contains {(await products.get(actor, value)).name}"
                case _:
                    return None
        except (NotFound, Forbidden):
            return None

    @override
    async def _build(self, actor: Actor, payload: OrderCreate) -> Order:
        currency = (await shop()).currency
        found = await products.find_many(actor, [line.product_id for line in payload.lines])
        problems = {
            f"lines.{index}.productId": "This product does not exist."
            for index, line in enumerate(payload.lines)
            if line.product_id not in found
        }
        customer = None
        if payload.customer_id:
            try:
                customer = await customers.get(SYSTEM, payload.customer_id)
            except NotFound:
                problems["customerId"] = "This customer does not exist."
        lines: list[dict[str, Any]] = []
        subtotal = Decimal(0)
        for index, line in enumerate(payload.lines):
            if (product := found.get(line.product_id)) is None:
                continue
            if product.currency != currency:
                problems[f"lines.{index}.productId"] = f"This product is sold in {product.currency}, the shop in {currency}."
            total = product.price * line.quantity
            subtotal += total
            lines.append(
                {
                    "productId": product.id,
                    "sku": product.sku or "",
                    "name": product.name,
                    "quantity": line.quantity,
                    "unitPrice": wire_decimal(product.price),
                    "total": wire_decimal(min(total, _MAX_TOTAL)),
                }
            )
        if payload.discount > subtotal:
            problems["discount"] = "The discount is more than the goods cost."
        if subtotal + payload.tax + payload.shipping >= _MAX_TOTAL:
            problems["lines"] = "This order is too large. Split it."
        if problems:
            raise Invalid(fields=problems)
        shipping_address = (
            payload.shipping_address.model_dump(by_alias=True) if payload.shipping_address else (customer.address if customer else {})
        )
        billing_address = payload.billing_address.model_dump(by_alias=True) if payload.billing_address else shipping_address
        now = clock.now()
        return Order(
            number="",
            customer_id=customer.id if customer else None,
            customer_name=customer.name if customer else "Guest",
            owner_id=actor.id if actor.role is Role.USER else None,
            currency=currency,
            units=sum(line.quantity for line in payload.lines),
            subtotal=subtotal,
            discount=payload.discount,
            tax=payload.tax,
            shipping=payload.shipping,
            total=subtotal - payload.discount + payload.tax + payload.shipping,
            country=str(shipping_address.get("country", "")) or (customer.country if customer else ""),
            lines=lines,
            shipping_address=shipping_address,
            billing_address=billing_address,
            timeline=[{"at": time_text(now), "event": "placed", "by": actor.name}],
            note=payload.note,
            placed_at=now,
        )

    @override
    async def _adding(self, actor: Actor, document: Order) -> None:
        if document.customer_id:
            try:
                await customers_collection.get(document.customer_id, lock=True)
            except NotFound:
                raise Invalid(fields={"customerId": "This customer does not exist."}) from None
        pieces: Counter[str] = Counter()
        for line in document.lines:
            pieces[line["productId"]] += line["quantity"]
        await products.take(actor, pieces)
        document.number = f"M-{await next_number('orders')}"

    @override
    async def _changes(self, actor: Actor, before: Order, payload: OrderUpdate) -> dict[str, Any]:
        changes = payload.changes()
        if changes.get("status", before.status) != before.status:
            entry = {"at": time_text(clock.now()), "event": changes["status"], "by": actor.name}
            changes["timeline"] = [*before.timeline, entry]
        if "shipping_address" in changes and changes["shipping_address"]["country"]:
            changes["country"] = changes["shipping_address"]["country"]
        return changes

    @override
    async def _changed(self, before: Order | None, after: Order | None) -> None:
        """Keep links, rollups and the customer's totals right: the old state counts out, the new one in."""
        database, zone = current().database, (await shop()).zone
        deltas = Deltas()
        if before is not None:
            deltas.add(before, zone, -1)
        if after is not None:
            deltas.add(after, zone)
        async with unit() as opened:
            if before is None and after is not None:
                await database.execute_many(_LINK, [{"product_id": p, "order_id": after.id} for p in product_ids(after)])
            await deltas.write(opened)
            await recount(opened, (order.customer_id for order in (before, after) if order is not None))

    @override
    async def _withdraw(self, actor: Actor, documents: Sequence[Order]) -> None:
        past = [order for order in documents if history.is_historical(order)]
        async with unit() as opened:
            await recount(opened, await remove_many(past, (await shop()).zone))
            await super()._withdraw(actor, [order for order in documents if not history.is_historical(order)])

    @override
    async def _restore(self, actor: Actor, before: Order, former: Mapping[str, Any]) -> None:
        if history.is_historical(before):
            await history.restore(before, former)
        else:
            await super()._restore(actor, before, former)

    @override
    async def _removable(self, actor: Actor, document: Order) -> None:
        # Links go first: the order is still there to say which they are.
        links = [{"product_id_": product_id, "order_id_": document.id} for product_id in product_ids(document)]
        async with unit():
            await current().database.execute_many(_UNLINK, links)


def product_ids(order: Order) -> list[str]:
    """The products of an order, each once."""
    return list(dict.fromkeys(line["productId"] for line in order.lines if line["productId"]))


async def _ordered(customer_id: str) -> bool:
    return await current().database.first(_OF_CUSTOMER, {"customer": customer_id}) is not None


async def _sold(product_id: str) -> bool:
    return await current().database.first(_OF_PRODUCT, {"product": product_id}) is not None


customers.kept_by.append(_ordered)
products.kept_by.append(_sold)
orders = Orders()
