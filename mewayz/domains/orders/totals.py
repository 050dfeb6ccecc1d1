"""What a customer has ordered in all: kept on the customer, in the transaction of the order."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, case, func, or_, select, type_coerce, update

from mewayz.backend import money
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import Unit
from mewayz.domains.customers.model import CustomerStatus, customers_collection
from mewayz.domains.customers.service import Spent
from mewayz.domains.customers.service import customers as known_customers
from mewayz.domains.orders.model import OrderKind, OrderStatus, orders_collection

_orders, _customers = orders_collection.table, customers_collection.table
_sale = _orders.c.kind == OrderKind.SALE.value
_in_shops = _orders.c.currency == bindparam("currency")


def _sum(condition: Any, amount: Any) -> Any:
    return type_coerce(func.coalesce(func.sum(case((condition, amount))), 0), BigInteger)


_bought = _sale & (type_coerce(_orders.c.goods, BigInteger) > 0)
_counts = (_orders.c.customer_id == bindparam("customer")) & (_orders.c.status != OrderStatus.CANCELLED.value)
_RECOUNT = select(
    func.count(case((_sale, 1))),
    _sum(_sale & _in_shops, _orders.c.total),
    _sum(~_sale & _in_shops, -_orders.c.total),
    # Who has only been given samples has not bought yet.
    func.min(case((_bought, _orders.c.placed_at))),
    func.max(case((_sale, _orders.c.placed_at))),
    select(_orders.c.currency).where(_counts, _bought).order_by(_orders.c.placed_at, _orders.c.currency).limit(1).scalar_subquery(),
).where(_counts)

_BY_CURRENCY = (
    select(_orders.c.currency, func.count(case((_sale, 1))), _sum(_sale, _orders.c.total), _sum(~_sale, -_orders.c.total))
    .where(_counts)
    .group_by(_orders.c.currency)
    .order_by(_orders.c.currency)
)
_HOLD = select(_customers.c.id).where(_customers.c.id == bindparam("customer")).with_for_update()
_amounts = {name: type_coerce(bindparam(name, type_=BigInteger), BigInteger) for name in ("total_spent", "total_returned")}
_count = bindparam("orders_count", type_=Integer)
_had_not_bought = or_(*(_customers.c.status == one.value for one in (CustomerStatus.LEAD, CustomerStatus.PROSPECT)))
_becomes_customer = _had_not_bought & (_count > 0)
_SET = (
    update(_customers)
    .where(_customers.c.id == bindparam("id_"))
    .values(
        orders_count=_count,
        # Who edits the status meanwhile is told, so the revision counts this change.
        status=case((_becomes_customer, CustomerStatus.CUSTOMER.value), else_=_customers.c.status),
        rev=case((_becomes_customer, _customers.c.rev + 1), else_=_customers.c.rev),
        **_amounts,
        first_order_at=bindparam("first_order_at"),
        last_order_at=bindparam("last_order_at"),
        first_currency=bindparam("first_currency"),
    )
)


async def totals_of(customer_id: str, currency: str) -> dict[str, Any]:
    """What a customer's orders come to, by column as it is stored; amounts are those of orders in this currency."""
    row = await current().database.first(_RECOUNT, {"customer": customer_id, "currency": currency})
    assert row is not None
    count, spent, returned, first, last, first_currency = row
    amounts: dict[str, Any] = {"orders_count": count, "total_spent": int(spent), "total_returned": int(returned)}
    return {**amounts, "first_order_at": first, "last_order_at": last, "first_currency": first_currency or ""}


async def recount(opened: Unit, customers: Iterable[str | None]) -> None:
    """Bring the totals of these customers up to date from their orders; their revision stays, nobody edited them.

    Amounts are those of orders in the shop's currency: what is in others is not added to them.
    A lead or a prospect who has ordered is a customer.
    """
    database, shops = current().database, (await shop()).currency
    for customer_id in sorted({customer for customer in customers if customer}):
        # Held first: of two orders at the same moment, the later one must count the earlier.
        await database.fetch(_HOLD, {"customer": customer_id})
        values = await totals_of(customer_id, shops)
        await database.execute(_SET, {**values, "id_": customer_id})
    opened.touch("customers")


async def _spent(customer_id: str) -> list[Spent]:
    rows = await current().database.fetch(_BY_CURRENCY, {"customer": customer_id})
    return [
        Spent(currency, count, money.from_units(int(spent)), money.from_units(int(returned))) for currency, count, spent, returned in rows
    ]


known_customers.spent_by = _spent
