"""Keep sales of products and customers by country, and what each order adds to the figures"""

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

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MEASURES = ("gross", "returns", "orders", "units")
_BATCH = 5_000
_MOST_SUMS = 200_000  # in memory; what does not fit is appended as deltas
_TABLES = {
    "sales_by_customer": ("customer_id", "country"),
    "sales_by_product": ("product_id", "country"),
    "sales_by_product_place": ("product_id", "country"),
}
_INDEX = ["placed_at", "kind", "status", "currency", "country", "customer_id"]
_GOODS = "UPDATE orders SET goods = CASE WHEN kind = 'return' THEN -subtotal ELSE subtotal END"
_FIRST = """
    UPDATE customers SET first_order_at = (
        SELECT min(placed_at) FROM orders
        WHERE customer_id = customers.id AND kind = 'sale' AND status <> 'cancelled' AND goods > 0)
    WHERE orders_count > 0"""
_FIRST_OF_ALL = """
    UPDATE customers SET first_order_at = (
        SELECT min(placed_at) FROM orders WHERE customer_id = customers.id AND kind = 'sale' AND status <> 'cancelled')
    WHERE orders_count > 0"""

_orders = sa.table(
    "orders",
    sa.column("id", sa.String),
    sa.column("kind", sa.String),
    sa.column("status", sa.String),
    sa.column("currency", sa.String),
    sa.column("country", sa.String),
    sa.column("customer_id", sa.String),
    sa.column("placed_at", UtcTime()),
    sa.column("subtotal", sa.BigInteger),
    sa.column("goods", sa.BigInteger),
    sa.column("lines", JSON_DOCUMENT),
)


def _table(name: str, keys: tuple[str, ...]) -> sa.TableClause:
    columns = [sa.column("currency", sa.String), sa.column("day", sa.Date), *(sa.column(key, sa.String) for key in keys)]
    return sa.table(name, *columns, *(sa.column(measure, sa.BigInteger) for measure in _MEASURES))


def _line(kind: str, line: dict[str, Any]) -> tuple[int, int, int]:
    """What a line adds to gross sales, returns and units."""
    quantity, price = int(line["quantity"]), money.to_units(Decimal(line["unitPrice"]))
    if price > 0 and quantity > 0 and kind == "sale":
        return quantity * price, 0, quantity
    return (0, -quantity * price, 0) if price > 0 and quantity < 0 and kind == "return" else (0, 0, 0)


def _sums(order: Any, zone: ZoneInfo) -> Iterator[tuple[str, tuple[Any, ...], list[int]]]:
    """Table, key and measures that an order adds."""
    day: date = order.placed_at.astimezone(zone).date()
    whole, products = [0, 0, 0, 0], defaultdict[str, list[int]](lambda: [0, 0, 0, 0])
    for line in order.lines:
        gross, returns, units = _line(order.kind, line)
        for sums in (whole, *([products[line["productId"]]] if line["productId"] else [])):
            sums[0] += gross
            sums[1] += returns
            sums[3] += units
    for product_id, sums in products.items():
        sums[2] = int(sums[0] > 0)
        yield "sales_by_product", (order.currency, day, product_id, order.country), sums
        yield "sales_by_product_place", (order.currency, day.replace(day=1), product_id, order.country), sums
    if order.customer_id:
        whole[2] = int(whole[0] > 0)
        yield "sales_by_customer", (order.currency, day, order.customer_id, order.country), whole


def _write(bind: sa.Connection, kept: dict[str, dict[tuple[Any, ...], list[int]]]) -> None:
    for name, sums in kept.items():
        names = ("currency", "day", *_TABLES[name], *_MEASURES)
        rows = [dict(zip(names, (*key, *values), strict=True)) for key, values in sums.items() if any(values)]
        for start in range(0, len(rows), _BATCH):
            bind.execute(sa.insert(_table(name, _TABLES[name])), rows[start : start + _BATCH])
        sums.clear()


def _fill(bind: sa.Connection) -> None:
    """Count all orders once more, in the order of their ids."""
    zone = ZoneInfo(bind.execute(sa.text("SELECT timezone FROM shop")).scalar() or "UTC")
    kept: dict[str, dict[tuple[Any, ...], list[int]]] = {name: {} for name in _TABLES}
    last = ""
    while rows := bind.execute(sa.select(_orders).where(_orders.c.id > last).order_by(_orders.c.id).limit(_BATCH)).all():
        last = rows[-1].id
        other: list[dict[str, Any]] = []
        for order in rows:
            goods = sum(sum(_line(order.kind, line)[:2]) for line in order.lines)
            if goods != order.goods:
                other.append({"id_": order.id, "goods_": goods})
            if order.status == "cancelled":
                continue
            for name, key, measures in _sums(order, zone):
                sums = kept[name].setdefault(key, [0, 0, 0, 0])
                for index, value in enumerate(measures):
                    sums[index] += value
        if other:
            bind.execute(sa.text("UPDATE orders SET goods = :goods_ WHERE id = :id_"), other)
        if sum(map(len, kept.values())) > _MOST_SUMS:
            _write(bind, kept)
    _write(bind, kept)


def upgrade() -> None:
    """Apply."""
    op.add_column("orders", sa.Column("goods", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(_GOODS)
    for name in ("sales_by_customer", "sales_by_product"):
        op.execute(f"DELETE FROM {name}")  # noqa: S608 (a fixed name)
        op.add_column(name, sa.Column("country", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "sales_by_product_place",
        sa.Column("seq", _SEQ, autoincrement=True, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        *(sa.Column(measure, sa.BigInteger(), nullable=False) for measure in _MEASURES),
        sa.PrimaryKeyConstraint("seq"),
    )
    _fill(op.get_bind())
    op.create_index("sales_by_product_product_id", "sales_by_product", ["currency", "product_id", "day"])
    op.create_index("sales_by_product_place_day", "sales_by_product_place", ["currency", "country", "day"])
    op.drop_index("orders_figures", table_name="orders")
    op.create_index("orders_figures", "orders", [*_INDEX, "goods"])
    op.execute(_FIRST)


def downgrade() -> None:
    """Undo: sums by country go, which merges nothing, because each row is one of several that are added up."""
    op.execute(_FIRST_OF_ALL)
    op.drop_index("orders_figures", table_name="orders")
    op.create_index("orders_figures", "orders", [*_INDEX, "subtotal"])
    op.drop_table("sales_by_product_place")
    op.drop_index("sales_by_product_product_id", table_name="sales_by_product")
    for name in ("sales_by_product", "sales_by_customer"):
        op.drop_column(name, "country")
    op.drop_column("orders", "goods")
