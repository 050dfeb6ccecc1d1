"""What a file says anew about an order of the past: what differs, and how the order becomes again what it was."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mewayz.backend.columns import UtcTime, parse_time
from mewayz.backend.documents import wire_value
from mewayz.backend.errors import Conflict
from mewayz.backend.money import MoneyType, to_units
from mewayz.backend.shop import shop
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.bulk import NewOrder, change_many
from mewayz.domains.orders.model import Order, orders_collection

_DECODE = {UtcTime: parse_time, MoneyType: Decimal}
_EXTRAS = {"discount": -1, "tax": 1, "shipping": 1}


def difference(before: Order, row: Mapping[str, Any], told: frozenset[str]) -> dict[str, Any]:
    """The columns of `told` in which a row of a file is not what the order says; what the file does not tell stays."""
    kept = {name: getattr(before, name) for name in _EXTRAS if name not in told}
    total = row["total"] + sum(sign * (kept[name] - row[name]) for name, sign in _EXTRAS.items() if name in kept)
    after = {**row, "total": total}
    return {name: after[name] for name in after if name in told and getattr(before, name) != after[name]}


def former_of(order: Order) -> dict[str, Any]:
    """All columns of an order, as JSON."""
    return {name: wire_value(getattr(order, name)) for name in orders_collection.names}


async def restore(before: Order, former: Mapping[str, Any]) -> None:
    """Put an order that the caller's unit holds back as it was.

    Raises:
        Conflict: the customer that it had is gone.
    """
    zone = (await shop()).zone
    row: dict[str, Any] = {name: getattr(before, name) for name in orders_collection.names}
    for column in orders_collection.table.columns:
        if column.key not in former:  # it was not kept yet when the import was made, and follows from the others
            continue
        decode = _DECODE.get(type(column.type))
        row[column.key] = decode(former[column.key]) if decode else former[column.key]
    row["rev"] = before.rev + 1
    buyer = row["customer_id"]
    if buyer and buyer != before.customer_id and not await customers_collection.present([buyer], lock="change"):
        raise Conflict("The customer that this order had before is no longer there.")
    lines = [(line["productId"], int(line["quantity"]), to_units(Decimal(line["unitPrice"]))) for line in row["lines"]]
    await change_many([(before, NewOrder(row, lines))], zone)
