"""Keep the discounts of orders among the sums of their day, country, customer and products"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from mewayz.backend import money
from mewayz.backend.columns import JSON_DOCUMENT, UtcTime

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 500
_MOST_SUMS = 200_000
_MEASURES = ("gross", "returns", "orders", "units", "discounts")
_TABLES = {
    "sales_by_day": (),
    "sales_by_country": ("country",),
    "sales_by_customer": ("customer_id", "country"),
    "sales_by_product": ("product_id", "country"),
    "sales_by_product_month": ("product_id",),
    "sales_by_product_place": ("product_id", "country"),
}
_INDEXES = {
    ("sales_by_product", "sales_by_product_product_id"): ["currency", "product_id", "day", "country", *_MEASURES],
    ("sales_by_product_month", "sales_by_product_month_day"): ["currency", "day", "product_id", *_MEASURES],
    ("orders", "orders_figures"): ["placed_at", "kind", "status", "currency", "country", "customer_id", "goods", "discount"],
}
_ORDERS = sa.table(
    "orders",
    *(sa.column(name, sa.String) for name in ("id", "kind", "status", "currency", "country", "customer_id")),
    sa.column("placed_at", UtcTime()),
    sa.column("discount", sa.BigInteger),
    sa.column("lines", JSON_DOCUMENT),
)
Key = tuple[Any, ...]


def _amount(kind: str, line: dict[str, Any]) -> int:
    """What a line adds to gross sales or returns."""
    quantity, price = int(line["quantity"]), money.to_units(Decimal(line["unitPrice"]))
    counts = quantity > 0 if kind == "sale" else quantity < 0
    return abs(quantity) * price if price > 0 and counts else 0


def _shares(kind: str, amounts: list[int], discount: int) -> list[int]:
    """The discount of each line."""
    total = sum(amounts)
    placed = max(discount, -total if kind == "return" else 0)
    reached = [sum(amounts[: index + 1]) for index in range(len(amounts))]
    upto = [placed * one // total if total else 0 for one in reached]
    return [one - before for one, before in zip(upto, [0, *upto], strict=False)]


def _sums(order: Any, zone: ZoneInfo) -> Iterator[tuple[str, Key, int]]:
    """Table, key and discount that an order adds."""
    day: date = order.placed_at.astimezone(zone).date()
    month = day.replace(day=1)
    products = defaultdict[str, int](int)
    shares = _shares(order.kind, [_amount(order.kind, line) for line in order.lines], order.discount)
    for line, share in zip(order.lines, shares, strict=True):
        if line["productId"]:
            products[line["productId"]] += share
    yield "sales_by_day", (order.currency, day), order.discount
    yield "sales_by_country", (order.currency, day, order.country), order.discount
    if order.customer_id:
        yield "sales_by_customer", (order.currency, day, order.customer_id, order.country), order.discount
    for product_id, share in products.items():
        yield "sales_by_product", (order.currency, day, product_id, order.country), share
        yield "sales_by_product_month", (order.currency, month, product_id), share
        yield "sales_by_product_place", (order.currency, month, product_id, order.country), share


def _write(bind: sa.Connection, kept: dict[str, dict[Key, int]]) -> None:
    """Append what was summed: the sums of a key are the sum of its rows."""
    for name, sums in kept.items():
        names = ("currency", "day", *_TABLES[name])
        none = dict.fromkeys(_MEASURES, 0)
        rows = [{**dict(zip(names, key, strict=True)), **none, "discounts": value} for key, value in sums.items() if value]
        columns = [sa.column("day", sa.Date) if one == "day" else sa.column(one) for one in (*names, *_MEASURES)]
        for start in range(0, len(rows), _BATCH):
            bind.execute(sa.insert(sa.table(name, *columns)), rows[start : start + _BATCH])
        sums.clear()


def _fill(bind: sa.Connection) -> None:
    zone = ZoneInfo(bind.execute(sa.text("SELECT timezone FROM shop")).scalar() or "UTC")
    kept: dict[str, dict[Key, int]] = {name: {} for name in _TABLES}
    last = ""
    some = sa.select(_ORDERS).where(_ORDERS.c.discount != 0, _ORDERS.c.status != "cancelled").order_by(_ORDERS.c.id).limit(_BATCH)
    while rows := bind.execute(some.where(_ORDERS.c.id > last)).all():
        last = rows[-1].id
        for order in rows:
            for name, key, value in _sums(order, zone):
                kept[name][key] = kept[name].get(key, 0) + value
        if sum(map(len, kept.values())) > _MOST_SUMS:
            _write(bind, kept)
    _write(bind, kept)


def _index(columns_of: Any) -> None:
    for (table, name), columns in _INDEXES.items():
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns_of(columns))


def upgrade() -> None:
    """Apply."""
    for name in _TABLES:
        op.add_column(name, sa.Column("discounts", sa.BigInteger(), nullable=False, server_default="0"))
    _fill(op.get_bind())
    _index(list)


def downgrade() -> None:
    """Undo."""
    _index(lambda columns: [one for one in columns if not one.startswith("discount")])
    for name in _TABLES:
        op.drop_column(name, "discounts")
