"""What the kept figures must be, computed from the orders as they stand."""

from collections import Counter, defaultdict
from datetime import UTC
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from mewayz.backend.database import Database
from mewayz.backend.shop import shop
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.model import Order, orders_collection

Sums = dict[tuple[Any, ...], tuple[int, int, int, int, int]]
_SUMS = "sum(gross), sum(returns), sum(orders), sum(units), sum(discounts)"
_KEYS = {
    "sales_by_day": "",
    "sales_by_country": ", country",
    "sales_by_customer": ", customer_id, country",
    "sales_by_product": ", product_id, country",
    "sales_by_product_month": ", product_id",
    "sales_by_product_place": ", product_id, country",
}


def _units(amount: str) -> int:
    return int(Decimal(amount) * 10_000)


def discount_of(order: Order, product: str | None) -> int:
    """What of an order's discount falls to it all, or to a product: a line has its share by amount, as far as it reaches for a return."""
    whole = _units(str(order.discount))
    if product is None:
        return whole
    placed, mine, reached = whole, 0, 0
    amounts = [max(0, one["quantity"] * (1 if order.kind == "sale" else -1)) * max(0, _units(one["unitPrice"])) for one in order.lines]
    if not (total := sum(amounts)):
        return 0
    if placed < 0:
        placed = -min(-placed, total) if order.kind == "return" else 0
    for line, amount in zip(order.lines, amounts, strict=True):
        upto = (placed * (reached + amount)) // total
        mine += upto - (placed * reached) // total if line["productId"] == product else 0
        reached += amount
    return mine


def expected(orders: list[Order], zone: ZoneInfo) -> dict[str, Sums]:
    """The sums per rollup and key."""
    found: dict[str, dict[tuple[Any, ...], list[int]]] = {name: defaultdict(lambda: [0] * 5) for name in _KEYS}
    for order in orders:
        if order.status == "cancelled":
            continue
        day = order.placed_at.astimezone(zone).date()
        month = day.replace(day=1)
        sales = [one for one in order.lines if order.kind == "sale" and one["quantity"] > 0 and _units(one["unitPrice"]) > 0]
        returned = [one for one in order.lines if order.kind == "return" and one["quantity"] < 0 and _units(one["unitPrice"]) > 0]
        keys = [("sales_by_day", (day.isoformat(),), None), ("sales_by_country", (day.isoformat(), order.country), None)]
        if order.customer_id:
            keys.append(("sales_by_customer", (day.isoformat(), order.customer_id, order.country), None))
        for product in {one["productId"] for one in order.lines if one["productId"]}:
            keys.append(("sales_by_product", (day.isoformat(), product, order.country), product))
            keys.append(("sales_by_product_month", (month.isoformat(), product), product))
            keys.append(("sales_by_product_place", (month.isoformat(), product, order.country), product))
        for name, key, product in keys:
            sums = found[name][(order.currency, *key)]
            mine = [one for one in sales if product in (None, one["productId"])]
            sums[0] += sum(one["quantity"] * _units(one["unitPrice"]) for one in mine)
            sums[1] -= sum(one["quantity"] * _units(one["unitPrice"]) for one in returned if product in (None, one["productId"]))
            sums[2] += 1 if mine else 0
            sums[3] += sum(one["quantity"] for one in mine)
            sums[4] += discount_of(order, product)
        assert _units(str(order.goods)) == sum(abs(one["quantity"]) * _units(one["unitPrice"]) for one in (*sales, *returned))
    return {name: {key: tuple(sums) for key, sums in kept.items() if any(sums)} for name, kept in found.items()}  # pyright: ignore


async def kept(database: Database) -> dict[str, Sums]:
    """The sums that the rollups hold."""
    found: dict[str, Sums] = {}
    for name, key in _KEYS.items():
        rows = await database.fetch(text(f"SELECT currency, day{key}, {_SUMS} FROM {name} GROUP BY currency, day{key}"))
        found[name] = {
            (row[0], str(row[1]), *row[2:-5]): tuple(int(cell) for cell in row[-5:])  # pyright: ignore
            for row in rows
            if any(row[-5:])
        }
    return found


async def sales_by_state_and_day(database: Database) -> dict[tuple[str, str, str], int]:
    """How many sales are kept of each state, day of UTC and currency."""
    rows = await database.fetch(text("SELECT k0, k1, k2, sum(n) FROM kept_counts WHERE noun = 'orders_by_day' GROUP BY k0, k1, k2"))
    return {(status, day, currency): int(number) for status, day, currency, number in rows if number}


async def assert_links(database: Database) -> None:
    """Compare the links of orders and products, and whether those count, with the lines of the orders."""
    links = {tuple(row) for row in await database.fetch(text("SELECT order_id, product_id FROM order_products"))}
    counting = {tuple(row) for row in await database.fetch(text("SELECT order_id, product_id FROM order_products WHERE counts"))}
    lines = [(order, one) for order in await orders_collection.find_all() for one in order.lines if one["productId"]]
    assert links == {(order.id, one["productId"]) for order, one in lines}
    at_a_price = [(order, one) for order, one in lines if _units(one["unitPrice"]) > 0 and one["quantity"]]
    assert counting == {(order.id, one["productId"]) for order, one in at_a_price if (one["quantity"] > 0) == (order.kind == "sale")}


async def assert_figures(database: Database, zone: ZoneInfo) -> None:
    """Compare rollups, states, customers' totals, links and the kept count with the orders."""
    orders = await orders_collection.find_all()
    assert await kept(database) == expected(orders, zone)
    sales = [order for order in orders if order.kind == "sale"]
    by_state = Counter((order.status, order.placed_at.astimezone(UTC).date().isoformat(), order.currency) for order in sales)
    assert await sales_by_state_and_day(database) == by_state
    currency = (await shop()).currency
    for customer in await customers_collection.find_all():
        mine = [order for order in orders if order.customer_id == customer.id and order.status != "cancelled"]
        sales = [order for order in mine if order.kind == "sale"]
        moments = [order.placed_at for order in sales]
        assert (
            customer.orders_count,
            customer.total_spent,
            customer.total_returned,
            customer.first_order_at,
            customer.last_order_at,
        ) == (
            len(sales),
            sum((order.total for order in sales if order.currency == currency), Decimal(0)),
            -sum((order.total for order in mine if order.kind == "return" and order.currency == currency), Decimal(0)),
            min((order.placed_at for order in sales if order.goods), default=None),
            max(moments, default=None),
        )
    await assert_links(database)
    assert await database.value(text("SELECT coalesce(sum(n), 0) FROM kept_counts WHERE noun = 'orders'")) == len(orders)
