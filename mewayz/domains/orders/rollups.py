"""Rollups: day sums of the shop's figures, written in the transaction of the order they come from.

Deltas are appended and summed on reading, so that two orders of one day never wait for each other; `fold` merges them
once there are many. Everything is in the shop's time zone and in stored money units. Definitions: docs/metrics.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, String, Table, bindparam, delete, func, select, text
from sqlmodel import SQLModel

from mewayz.backend import money
from mewayz.backend.runtime import current
from mewayz.backend.unit import Unit
from mewayz.domains.orders.model import Order, OrderKind

_SEQ = BigInteger().with_variant(Integer(), "sqlite")
_MEASURES = ("gross", "returns", "orders", "units", "discounts")
_FOLD_ABOVE = 2_000


def _rollup(name: str, *keys: str, found_by: tuple[str, ...] = ("currency", "day"), more: tuple[Index, ...] = ()) -> Table:
    return Table(
        name,
        SQLModel.metadata,
        Column("seq", _SEQ, primary_key=True, autoincrement=True),
        Column("currency", String, nullable=False),
        Column("day", Date, nullable=False),
        *(Column(key, String, nullable=False) for key in keys),
        *(Column(measure, BigInteger, nullable=False) for measure in _MEASURES),
        Index(f"{name}_day", *found_by),
        *more,
    )


SALES = _rollup("sales_by_day")
SALES_BY_COUNTRY = _rollup("sales_by_country", "country")
SALES_BY_CUSTOMER = _rollup("sales_by_customer", "customer_id", "country")
# Those of products hold all that is added up, so that the rows themselves, which lie apart, are not looked up one by one.
SALES_BY_PRODUCT = _rollup(
    "sales_by_product",
    "product_id",
    "country",
    more=(Index("sales_by_product_product_id", "currency", "product_id", "day", "country", *_MEASURES),),
)
SALES_BY_PRODUCT_MONTH = _rollup("sales_by_product_month", "product_id", found_by=("currency", "day", "product_id", *_MEASURES))
"""`day` is the first of the month: what a whole history of products is read from."""
SALES_BY_PRODUCT_PLACE = _rollup("sales_by_product_place", "product_id", "country", found_by=("currency", "country", "day"))
"""The same by country: what a category of one country is read from."""

ROLLUPS: tuple[Table, ...] = (
    *(SALES, SALES_BY_COUNTRY, SALES_BY_CUSTOMER, SALES_BY_PRODUCT, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE),
)

BUYERS = Table(
    "buyers_by_day",
    SQLModel.metadata,
    Column("currency", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("people", LargeBinary, nullable=False),
)
"""Who bought on a day that is over, packed by `buyers`; it goes when the sums of that day change."""

_FORGET = delete(BUYERS).where(BUYERS.c.currency == bindparam("currency_"), BUYERS.c.day == bindparam("day_", type_=Date))

OFTEN_WRITTEN: tuple[Table, ...] = (SALES, SALES_BY_COUNTRY, SALES_BY_PRODUCT_MONTH, SALES_BY_PRODUCT_PLACE)
"""Those whose keys every batch of a load writes again: few rows once folded."""


class Measures(NamedTuple):
    """What one order or line adds; money in stored units."""

    gross: int = 0
    returns: int = 0
    orders: int = 0
    units: int = 0
    discounts: int = 0

    def plus(self, other: "Measures", sign: int = 1) -> "Measures":
        """The sum, or the difference with sign −1."""
        return Measures(*(mine + sign * theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Measures()
ParsedLine = tuple[str | None, int, int]
"""Product id (None for postage and the like), quantity, unit price in stored units."""


class Head(NamedTuple):
    """What of an order decides where its lines are counted."""

    kind: str
    currency: str
    country: str
    customer_id: str | None


def parse_lines(lines: Iterable[Mapping[str, Any]]) -> list[ParsedLine]:
    """The lines of an order, as it keeps them, for what is counted of them."""
    return [(line["productId"], int(line["quantity"]), money.to_units(Decimal(line["unitPrice"]))) for line in lines]


def line_measures(kind: str, quantity: int, unit_price: int) -> Measures:
    """What one line adds: a sale line has quantity > 0 and price > 0, a return line quantity < 0 and price > 0; nothing else counts."""
    if unit_price <= 0:
        return NOTHING
    if quantity > 0 and kind == OrderKind.SALE:
        return Measures(quantity * unit_price, 0, 0, quantity)
    if quantity < 0 and kind == OrderKind.RETURN:
        return Measures(0, -quantity * unit_price, 0, 0)
    return NOTHING


def goods_of(kind: str, lines: Iterable[ParsedLine]) -> int:
    """What parsed lines add to gross sales, or those of a return to returns; in units."""
    return sum(sum(line_measures(kind, quantity, price)[:2]) for _, quantity, price in lines)


def lines_measures(kind: str, lines: Iterable[ParsedLine], discount: int) -> list[Measures]:
    """What each line adds, with its share of the discount of the order: in proportion to its amount, to the last unit.

    A discount of an order without such lines, an allowance that was given later, belongs to none. A return takes at most as much discount
    back from a line as it gives back for it, so that no line adds more to net sales than to gross.
    """
    found = [line_measures(kind, quantity, price) for _, quantity, price in lines]
    if not discount:
        return found
    amounts = [one.gross or one.returns for one in found]
    total = sum(amounts)
    placed = max(discount, -total if kind == OrderKind.RETURN else 0)
    shares, before, reached = list[int](), 0, 0
    for amount in amounts:
        reached += amount
        upto = placed * reached // total if total else 0
        shares.append(upto - before)
        before = upto
    return [one._replace(discounts=share) for one, share in zip(found, shares, strict=True)]


class Deltas:
    """Sums to append, per rollup and key."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._sums: dict[str, dict[tuple[Any, ...], list[int]]] = {table.name: {} for table in ROLLUPS}

    def _add(self, table: Table, key: tuple[Any, ...], measures: Sequence[int], sign: int) -> None:
        kept = self._sums[table.name].setdefault(key, [0] * len(_MEASURES))
        for index, value in enumerate(measures):
            kept[index] += sign * value

    def add(self, order: Order, zone: ZoneInfo, sign: int = 1) -> None:
        """Count an order in (or out, with sign −1); one that does not count changes nothing."""
        if not order.counts:
            return
        head = Head(order.kind, order.currency, order.country, order.customer_id)
        self.add_lines(head, parse_lines(order.lines), money.to_units(order.discount), order.placed_at.astimezone(zone).date(), sign)

    def add_lines(self, head: Head, lines: Sequence[ParsedLine], discount: int, day: date, sign: int = 1) -> None:
        """The same for parsed lines (product id, quantity, price in units) and a discount in units, on a known day of the shop."""
        whole = [0, 0, 0, 0, discount]
        products: dict[str, list[int]] = {}
        measured = lines_measures(head.kind, lines, discount)
        for (product_id, _, _), (gross, returns, _, units, share) in zip(lines, measured, strict=True):
            whole[0] += gross
            whole[1] += returns
            whole[3] += units
            if product_id and (gross or returns):
                part = products.setdefault(product_id, [0, 0, 0, 0, 0])
                part[0] += gross
                part[1] += returns
                part[3] += units
                part[4] += share
        currency, country, month = head.currency, head.country, day.replace(day=1)
        for product_id, part in products.items():
            part[2] = 1 if part[0] else 0
            self._add(SALES_BY_PRODUCT, (currency, day, product_id, country), part, sign)
            self._add(SALES_BY_PRODUCT_MONTH, (currency, month, product_id), part, sign)
            self._add(SALES_BY_PRODUCT_PLACE, (currency, month, product_id, country), part, sign)
        whole[2] = 1 if whole[0] else 0
        self._add(SALES, (currency, day), whole, sign)
        self._add(SALES_BY_COUNTRY, (currency, day, country), whole, sign)
        if head.customer_id:
            self._add(SALES_BY_CUSTOMER, (currency, day, head.customer_id, country), whole, sign)

    async def write(self, opened: Unit) -> None:
        """Append the sums inside the open unit, and forget them."""
        database = current().database
        days = sorted({key[:2] for key in self._sums[SALES_BY_CUSTOMER.name]})
        for table in ROLLUPS:
            sums, self._sums[table.name] = self._sums[table.name], {}
            rows = [_row(key, measures, sqlite=database.sqlite) for key, measures in sums.items() if any(measures)]
            if rows:
                await database.copy(table.name, [column.key for column in table.columns if column.key != "seq"], rows)
        # Only now: whoever packs a day waits for those who have written sums by customer, and then sees them.
        await database.execute_many(_FORGET, [{"currency_": currency, "day_": day} for currency, day in days])
        opened.touch("analytics")
        opened.after_commit(fold_when_due)


def _row(key: tuple[Any, ...], measures: Sequence[int], *, sqlite: bool) -> tuple[Any, ...]:
    currency, day, *rest = key
    return (currency, day.isoformat() if sqlite else day, *rest, *measures)


_appended = 0


async def fold_when_due() -> None:
    """Merge appended deltas from time to time, beside the answers."""
    global _appended
    _appended += 1
    if _appended % _FOLD_ABOVE == 0:
        current().background(fold())


async def fold(tables: Sequence[Table] = ROLLUPS) -> None:
    """Merge the deltas of each rollup: one row per key, none that is all zero."""
    database = current().database
    for table in tables:
        keys = [column.key for column in table.columns if column.key != "seq" and column.key not in _MEASURES]
        names, sums = ", ".join(keys), ", ".join(f"sum({measure}) AS {measure}" for measure in _MEASURES)
        order = ", ".join(sorted(keys, key=lambda key: (key != "currency", key != "day")))
        nonzero = " OR ".join(f"sum({measure}) <> 0" for measure in _MEASURES)
        every = f"{names}, {', '.join(_MEASURES)}"
        async with database.transaction():
            merge = (
                f"INSERT INTO {table.name} ({every}) SELECT {names}, {sums} FROM {table.name} "  # noqa: S608 (names of the model)
                f"WHERE seq <= :top GROUP BY {names} HAVING {nonzero} ORDER BY {order}"
            )
            # Locked first: two folds of one table would otherwise merge the same rows twice.
            if not database.sqlite:
                await database.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))
            top = await database.value(select(func.coalesce(func.max(table.c.seq), 0)))
            await database.execute(text(merge), {"top": top}, heavy=True)
            await database.execute(text(f"DELETE FROM {table.name} WHERE seq <= :top"), {"top": top}, heavy=True)  # noqa: S608
