"""What a refund gives back: which pieces, how much money, and the return that books both (docs/decisions/0007)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import get_currency_precision

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.amounts import check_payable, written
from mewayz.backend.columns import time_text
from mewayz.backend.errors import Invalid
from mewayz.backend.money import wire_decimal
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import Order, OrderKind, OrderStatus, PaymentStatus
from mewayz.domains.orders.payloads import Part, PartBack, Refund
from mewayz.domains.orders.standing import LineStanding

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Back:
    """Pieces of one line that come back: `shipped` ones, `unshipped` ones, or whichever there are, the unshipped first."""

    line: LineStanding
    quantity: int
    taken_from: str | None = None

    @property
    def unshipped(self) -> int:
        """How many of them are still here."""
        if self.taken_from:
            return self.quantity if self.taken_from == "unshipped" else 0
        return min(self.quantity, self.line.unshipped)

    @property
    def shipped(self) -> int:
        """How many of them had left."""
        return self.quantity - self.unshipped

    @property
    def value(self) -> Decimal:
        """Their price."""
        return self.quantity * self.line.unit_price


@dataclass(frozen=True, slots=True)
class Decision:
    """A refund that has been worked out.

    Attributes:
        back: the pieces.
        shipping, tax: how much of either goes back.
        amount: the money that goes back, all in all.
        complete: nothing is left to give back.
    """

    back: tuple[Back, ...]
    shipping: Decimal
    tax: Decimal
    amount: Decimal
    complete: bool

    @property
    def goods(self) -> Decimal:
        """The price of the pieces."""
        return sum((one.value for one in self.back), _NOTHING)

    @property
    def discount(self) -> Decimal:
        """What the return adds up with: less of the discount goes back with its goods, an allowance is a discount given later."""
        return self.amount - self.goods - self.tax - self.shipping


def parts_of(lines: Sequence[LineStanding], wanted: Sequence[Part], name: str) -> list[tuple[LineStanding, int]]:
    """The lines that are named, with the pieces that are asked for.

    Args:
        lines: of the order.
        wanted: what was sent.
        name: how many pieces there are at most: `unshipped` or `returnable`.

    Raises:
        Invalid: there is no such line, or fewer pieces.
    """
    problems: dict[str, str] = {}
    found: list[tuple[LineStanding, int]] = []
    for index, part in enumerate(wanted):
        if part.line >= len(lines):
            problems[f"lines.{index}.line"] = "This order has no such line."
        elif part.quantity > (most := getattr(lines[part.line], name)):
            problems[f"lines.{index}.quantity"] = f"At most {most} of this line {'are' if most != 1 else 'is'} left."
        else:
            found.append((lines[part.line], part.quantity))
    if problems:
        raise Invalid(fields=problems)
    return found


def decide(order: Order, refund: Refund) -> Decision:
    """Work a refund out.

    Raises:
        Invalid: more pieces, more postage or more money than there is left, or an amount that nobody can pay.
    """
    lines = standing.of(order)
    left = order.total - standing.refunded(order)
    shipping_left = order.shipping - sum((Decimal(entry["shipping"]) for entry in order.refunds), _NOTHING)
    everything = refund.lines is None and refund.shipping is None and refund.amount is None
    back = [Back(line, line.returnable) for line in lines if line.returnable] if everything else _named(lines, refund.lines or ())
    shipping = shipping_left if everything else refund.shipping or _NOTHING
    problems: dict[str, str] = {}
    if shipping > shipping_left:
        problems["shipping"] = f"At most {written(shipping_left, order.currency)} of the postage is left."
    if refund.amount is not None and refund.amount > left:
        problems["amount"] = f"At most {written(left, order.currency)} is left of what was paid."
    if problems:
        raise Invalid(fields=problems)
    # All that is left may be finer, where prices of the past are.
    rests = {"amount": left, "shipping": shipping_left}
    check_payable({name: value for name, rest in rests.items() if (value := getattr(refund, name)) != rest}, order.currency)
    before = sum((line.returned * line.unit_price for line in lines), _NOTHING)
    after = before + sum((one.value for one in back), _NOTHING)
    tax = _share(order.tax, order, after) - _share(order.tax, order, before)
    discount = _share(order.discount, order, after) - _share(order.discount, order, before)
    # What was given back without goods is part of what these goods are worth.
    amount = refund.amount if refund.amount is not None else min(max(after - before - discount + tax + shipping, _NOTHING), left)
    all_back = sum(one.quantity for one in back) == sum(line.returnable for line in lines)
    if everything:
        amount = left
    elif not (back or amount):
        raise Invalid(fields={"lines": "Name pieces, postage or an amount to give back."})
    return Decision(tuple(back), shipping, tax, amount, complete=amount == left and (left > 0 or all_back))


def _named(lines: Sequence[LineStanding], wanted: Sequence[PartBack]) -> list[Back]:
    """The pieces that are asked for.

    Raises:
        Invalid: there is no such line, or fewer pieces of that kind.
    """
    problems: dict[str, str] = {}
    for index, part in enumerate(wanted):
        if part.line < len(lines) and part.taken_from:
            most = lines[part.line].unshipped if part.taken_from == "unshipped" else lines[part.line].outside
            if part.quantity > most:
                problems[f"lines.{index}.quantity"] = f"At most {most} {part.taken_from} of this line {'are' if most != 1 else 'is'} left."
    if problems:
        raise Invalid(fields=problems)
    found = parts_of(lines, wanted, "returnable")
    return [Back(line, count, part.taken_from) for (line, count), part in zip(found, wanted, strict=True)]


def _share(part: Decimal, order: Order, goods: Decimal) -> Decimal:
    """How much of a part of the order falls to goods of this price, in whole hundredths of the currency, all of it to all goods."""
    if goods >= order.subtotal:
        return part if order.subtotal > 0 else _NOTHING
    step = Decimal(1).scaleb(-get_currency_precision(order.currency))
    return min((part * goods / order.subtotal).quantize(step, ROUND_HALF_EVEN), part)


def book(order: Order, decision: Decision, reason: str, actor: Actor, number: str) -> Order:
    """The return: negative quantities, its own number and date, and amounts that add up to the money that goes back."""
    now = clock.now()
    lines = [
        {**order.lines[one.line.line], "quantity": -one.quantity, "total": wire_decimal(-one.value), "line": one.line.line}
        for one in decision.back
    ]
    return Order(
        number=number,
        kind=OrderKind.RETURN.value,
        status=OrderStatus.REFUNDED.value,
        payment_status=PaymentStatus.REFUNDED.value,
        original_id=order.id,
        customer_id=order.customer_id,
        customer_name=order.customer_name,
        owner_id=order.owner_id,
        currency=order.currency,
        units=-sum(one.quantity for one in decision.back),
        subtotal=-decision.goods,
        goods=decision.goods,
        discount=decision.discount,
        tax=-decision.tax,
        shipping=-decision.shipping,
        total=-decision.amount,
        country=order.country,
        lines=lines,
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        timeline=[{"at": time_text(now), "event": "returned", "by": actor.name, "order": order.number}],
        note=reason,
        placed_at=now,
        demo=order.demo,
    )
