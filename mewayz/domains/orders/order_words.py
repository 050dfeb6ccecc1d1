"""An order in words: what its page says of lines, parcels, returns, amounts and of what has happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mewayz.backend.amounts import counted
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import Order, OrderKind
from mewayz.ui.words import Locale, plural, sentence


@dataclass
class Line:
    """One line of an order, as texts; `href` is empty for what is not a product, `note` for what nothing has happened to."""

    key: str
    name: str
    sku: str
    href: str
    quantity: str
    price: str
    total: str
    note: str


@dataclass
class Sum:
    """An amount below the lines; `look` is strong for what it all comes to."""

    label: str
    amount: str
    look: str = ""


@dataclass
class Parcel:
    """What has been sent at once."""

    key: str
    what: str
    carrier: str
    tracking: str
    href: str
    who: str
    when: str
    exact: str


@dataclass
class Returned:
    """A refund, and the return that books it."""

    key: str
    number: str
    href: str
    amount: str
    what: str
    when: str
    exact: str


@dataclass
class Moment:
    """One entry of the timeline; `mark` is the icon beside it."""

    key: str
    what: str
    detail: str
    href: str
    who: str
    when: str
    exact: str
    mark: str


_EVENTS = {
    "placed": ("Order placed", "receipt"),
    "edited": ("Order changed", "pencil"),
    "confirmed": ("Confirmed", "check"),
    "processing": ("Processing started", "package"),
    "processing_undone": ("Processing taken back", "undo"),
    "shipped": ("Shipped", "truck"),
    "shipped_in_part": ("A part was shipped", "truck"),
    "delivered": ("Delivered", "house"),
    "cancelled": ("Cancelled", "x"),
    "refunded": ("Refunded", "undo"),
    "refunded_in_part": ("A part was refunded", "undo"),
    "paid": ("Paid", "coins"),
    "payment_failed": ("Payment failed", "coins"),
    "returned": ("Return booked", "undo"),
}
NOTE = "note"


def lines_of(order: Order, words: Locale) -> list[Line]:
    """The lines, with where their pieces are."""
    return [
        Line(
            str(index),
            line["name"] or line["sku"],
            line["sku"],
            f"/products/{line['productId']}" if line["productId"] else "",
            words.number(line["quantity"]),
            words.amount(line["unitPrice"]),
            words.amount(line["total"]),
            _whereabouts(where, words),
        )
        for index, (line, where) in enumerate(zip(order.lines, standing.of(order), strict=True))
    ]


def _whereabouts(line: standing.LineStanding, words: Locale) -> str:
    came_back = line.returned - line.dropped
    told = (("shipped", line.shipped), ("returned", came_back), ("taken off", line.dropped))
    return ", ".join(f"{words.number(count)} {word}" for word, count in told if count)


def sums_of(order: Order, words: Locale) -> list[Sum]:
    """What the order comes to, and what is left of it."""
    found = [Sum("Subtotal", words.money(order.subtotal))]
    extras = (("Discount", -order.discount), ("Shipping", order.shipping), ("Tax", order.tax))
    found += [Sum(label, words.money(amount)) for label, amount in extras if amount]
    found.append(Sum("Total", words.money(order.total), "strong"))
    if order.refunds:
        back = standing.refunded(order)
        found += [Sum("Refunded", words.money(-back)), Sum("Net", words.money(order.total - back), "strong")]
    return found


def parcels_of(order: Order, words: Locale) -> list[Parcel]:
    """The parcels, the latest first."""
    return [
        Parcel(
            str(index),
            ", ".join(f"{words.number(part['quantity'])} × {_name(order, part['line'])}" for part in parcel["lines"]),
            parcel.get("carrier", ""),
            parcel.get("trackingNumber", "") or ("Track it" if parcel.get("trackingUrl") else ""),
            parcel.get("trackingUrl", ""),
            parcel["by"],
            words.ago(parcel["at"]),
            words.exact(parcel["at"]),
        )
        for index, parcel in reversed(list(enumerate(order.fulfilments)))
    ]


def _name(order: Order, line: int) -> str:
    return order.lines[line]["name"] or order.lines[line]["sku"]


def returns_of(order: Order, words: Locale) -> list[Returned]:
    """The refunds, the latest first."""
    return [
        Returned(
            entry["id"],
            entry["number"],
            f"/orders/{entry['id']}",
            words.money(entry["amount"]),
            " · ".join(filter(None, (_came_back(entry["lines"]), entry["reason"]))),
            words.ago(entry["at"]),
            words.exact(entry["at"]),
        )
        for entry in reversed(order.refunds)
    ]


def _pieces(count: int) -> str:
    return plural(count, "piece", "pieces") if count else ""


def _back(count: int, unshipped: int | None = None) -> str:
    """The pieces of a refund, and which of them had been shipped, where that was noted."""
    if unshipped is None or not count:
        return _pieces(count)
    if 0 < unshipped < count:
        return f"{_pieces(count)}: {counted(count - unshipped)} shipped, {counted(unshipped)} unshipped"
    kind = "unshipped" if unshipped else "shipped"
    return plural(count, f"{kind} piece", f"{kind} pieces")


def _came_back(parts: Sequence[Mapping[str, Any]]) -> str:
    return _back(sum(part["quantity"] for part in parts), sum(part["unshipped"] for part in parts))


def timeline_of(order: Order, words: Locale) -> list[Moment]:
    """All that has happened, the latest first."""
    return [_moment(index, entry, order, words) for index, entry in reversed(list(enumerate(order.timeline)))]


def _moment(index: int, entry: Mapping[str, Any], order: Order, words: Locale) -> Moment:
    event = entry["event"]
    what, mark = _EVENTS.get(event, (sentence(event), "dot"))
    if event == NOTE:
        what, mark = ("Internal note", "lock") if entry.get("internal") else ("Note to the customer", "message")
    number = entry.get("number", "")
    href = next((f"/orders/{one['id']}" for one in order.refunds if one["number"] == number), "")
    if event == "returned" and order.original_id:
        number, href = entry.get("order", ""), f"/orders/{order.original_id}"
    told = [
        words.money(entry["amount"]) if entry.get("amount") else "",
        _back(entry.get("pieces") or 0, entry.get("unshipped")),
        entry.get("carrier", ""),
        entry.get("trackingNumber", ""),
        entry.get("reason", ""),
        entry.get("text", ""),
        "" if href else number,
    ]
    return Moment(
        f"{index}",
        f"{what} {number}" if href else what,
        " · ".join(filter(None, told)),
        href,
        entry["by"],
        words.ago(entry["at"]),
        words.exact(entry["at"]),
        mark,
    )


def meanwhile(before: int, now: Order) -> str:
    """What has happened to an order since its timeline had `before` entries, for who wanted to change it too."""
    told = [f"{_EVENTS.get(entry['event'], (sentence(entry['event']), ''))[0].lower()} ({entry['by']})" for entry in now.timeline[before:]]
    what = f": {', '.join(told)}" if told else ""
    where = f"It is now {now.status}, its payment {now.payment_status.replace('_', ' ')}"
    return f"Somebody has changed this order meanwhile{what}. {where}. What you have entered is still here: look at it, and send it again."


def heading(order: Order) -> str:
    """Order M-1042, Return R-1043."""
    return f"{'Return' if order.kind == OrderKind.RETURN else 'Order'} {order.number}"


def entered(amount: Decimal, words: Locale) -> str:
    """An amount as a control holds it; nothing is nothing."""
    return words.typed(amount) if amount else ""
