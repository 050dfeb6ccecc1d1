"""What a file says anew about an order of the past: what differs, what stands in its way, and how the order becomes again what it was."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mewayz.backend.amounts import written
from mewayz.backend.collection import Lock
from mewayz.backend.columns import UtcTime, parse_time
from mewayz.backend.documents import wire_value
from mewayz.backend.errors import Conflict
from mewayz.backend.money import MoneyType
from mewayz.backend.shop import shop
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders import standing
from mewayz.domains.orders.bulk import NewOrder, change_many
from mewayz.domains.orders.measures import parse_lines
from mewayz.domains.orders.model import Order, OrderStatus, orders_collection
from mewayz.domains.orders.steps import changed

_DECODE = {UtcTime: parse_time, MoneyType: Decimal}
_SAME = ("productId", "variantId", "sku")
_EXTRAS = {"discount": -1, "tax": 1, "shipping": 1}


def difference(before: Order, row: Mapping[str, Any], told: frozenset[str]) -> dict[str, Any]:
    """The columns of `told` in which a row of a file is not what the order says; what the file does not tell stays."""
    kept = {name: getattr(before, name) for name in _EXTRAS if name not in told}
    total = row["total"] + sum(sign * (kept[name] - row[name]) for name, sign in _EXTRAS.items() if name in kept)
    after = {**row, "total": total}
    return {name: after[name] for name in after if name in told and getattr(before, name) != after[name]}


def hindrance(before: Order, changes: Mapping[str, Any]) -> str:
    """Why an order cannot change like this after what was refunded or shipped here; empty when it can."""
    if not changes or not (before.refunds or before.fulfilments):
        return ""
    after = changed(before, changes)
    why = next((words for check in (_of_kind, _of_pieces, _of_money, _of_states) if (words := check(before, after))), "")
    return f"Order {before.number}: {why}" if why else ""


def _of_kind(before: Order, after: Order) -> str:
    done = "refunded" if before.refunds else "shipped"
    if after.kind != before.kind:
        return f"a part of it was {done} already, so it stays a {before.kind}."
    if before.refunds and after.currency != before.currency:
        return f"a part of it was refunded in {before.currency} already, and the file says {after.currency}."
    return ""


def _of_pieces(before: Order, after: Order) -> str:
    now = standing.of(after)
    for was in standing.of(before):
        shipped = was.shipped if before.fulfilments else 0
        if not (was.returned or shipped):
            continue
        line = before.lines[was.line]
        there = was.line < len(now) and all(line.get(name) == after.lines[was.line].get(name) for name in _SAME)
        ordered = now[was.line].ordered if there else 0
        what = f"of {line['sku'] or line['name']}, line {was.line + 1} of the order,"
        if was.returned > ordered:
            return f"{_pieces(was.returned, what)} refunded already; the file has {ordered} there."
        if shipped + was.dropped > ordered:
            more = f" and {was.dropped} refunded" if was.dropped else ""
            return f"{_pieces(shipped, what)} shipped{more} already; the file has {ordered} there."
        if was.returned and now[was.line].unit_price < was.unit_price:
            each, less = (written(one.unit_price, before.currency) for one in (was, now[was.line]))
            return f"{_pieces(was.returned, what)} refunded at {each} each already; the file says {less}."
    return ""


def _pieces(count: int, what: str) -> str:
    return f"{count} piece {what} was" if count == 1 else f"{count} pieces {what} were"


def _of_money(before: Order, after: Order) -> str:
    def told(amount: Decimal) -> str:
        return written(amount, before.currency)

    back = standing.refunded(before)
    postage = sum((Decimal(entry["shipping"]) for entry in before.refunds), Decimal(0))
    if before.refunds and before.status == OrderStatus.REFUNDED and after.total != before.total:
        return f"all of it, {told(before.total)}, was refunded already; the file comes to {told(after.total)}."
    if back > after.total:
        return f"{told(back)} was refunded already; the file comes to {told(after.total)}."
    if postage > after.shipping:
        return f"{told(postage)} of the postage was refunded already; the file says {told(after.shipping)}."
    if before.refunds and after.tax < before.tax:
        return f"a part of it was refunded with tax of {told(before.tax)} already; the file says {told(after.tax)}."
    return ""


def _of_states(before: Order, after: Order) -> str:
    if before.refunds:
        if after.payment_status != before.payment_status:
            was, says = (one.payment_status.replace("_", " ") for one in (before, after))
            return f"its payment is {was} by a refund that was made here; the file says {says}."
        if after.status != before.status and OrderStatus.REFUNDED in (before.status, after.status):
            return f"it is {before.status}, with a refund that was made here; the file says {after.status}."
    if after.status == OrderStatus.CANCELLED and before.status != OrderStatus.CANCELLED:
        return f"a part of it was {'refunded' if before.refunds else 'shipped'} already, so it cannot be cancelled."
    if any(line.unshipped < 0 or line.outside < 0 for line in standing.of(after)):
        return f"pieces that had left were refunded already, so it cannot be {after.status}."
    return ""


def former_of(order: Order) -> dict[str, Any]:
    """All columns of an order, as JSON."""
    return {name: wire_value(getattr(order, name)) for name in orders_collection.names}


async def restorable(before: Order, former: Mapping[str, Any], *, lock: Lock = "") -> None:
    """Make sure that an order can be again what it was; with `lock`, it can as long as the caller's unit lasts.

    Raises:
        Conflict: the customer that it had is gone.
    """
    buyer = former.get("customer_id", before.customer_id)
    if buyer and buyer != before.customer_id and not await customers_collection.present([buyer], lock=lock):
        raise Conflict("The customer that this order had before is no longer there.")


async def restore(before: Order, former: Mapping[str, Any]) -> None:
    """Put an order that the caller's unit holds back as it was.

    Raises:
        Conflict: the customer that it had is gone.
    """
    await restorable(before, former, lock="change")
    zone = (await shop()).zone
    row: dict[str, Any] = {name: getattr(before, name) for name in orders_collection.names}
    for column in orders_collection.table.columns:
        if column.key not in former:  # it was not kept yet when the import was made, and follows from the others
            continue
        decode = _DECODE.get(type(column.type))
        row[column.key] = decode(former[column.key]) if decode else former[column.key]
    row["rev"] = before.rev + 1
    await change_many([(before, NewOrder(row, parse_lines(row["lines"])))], zone)
