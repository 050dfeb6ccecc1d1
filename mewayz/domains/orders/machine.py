"""The order machine: one table says which steps an order can take, from where to where, who may take them, and what stands in the way.

The verbs of the service, the answers 409, the buttons of the page and the diagrams in docs/orders.md all follow from it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic.alias_generators import to_camel

from mewayz.backend.access import Policy, permission
from mewayz.backend.errors import Conflict, Invalid
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import Order, OrderKind, OrderStatus, PaymentStatus


class IllegalTransition(Conflict):
    """The order cannot take this step from where it stands."""

    code = "orders.illegal_transition"


_CHANGE = permission("orders:update")
_P, _C, _W, _S, _D = OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.DELIVERED
_PAID = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED)
_OPEN = (PaymentStatus.PENDING, PaymentStatus.FAILED)


def _sent(order: Order) -> str:
    return "A part of it has been shipped." if order.fulfilments else ""


def _nothing_left(order: Order) -> str:
    return "" if any(line.unshipped for line in standing.of(order)) else "Nothing is left to ship."


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of the table.

    Attributes:
        verb: what it is called in the address, `POST /orders/{id}/verb`.
        label: what its button says.
        done: the step as a message tells it: "cannot be … now".
        policy: who may take it.
        status: the states that it starts from.
        to: the state that it leads to; None leaves it.
        partly: the state that it leads to while it is not complete; None leaves it.
        payment: where the money must be.
        payment_to: where the money is then; None leaves it.
        payment_partly: the same, while it is not complete.
        asks: the step takes input: which parts of a parcel, how much money.
        begins: it only begins something: nothing has moved and nobody was told, so it can be taken back.
        hurdles: what else may stand in the way, in words; empty when nothing does.
    """

    verb: str
    label: str
    done: str
    policy: Policy = _CHANGE
    status: tuple[OrderStatus, ...]
    to: OrderStatus | None = None
    partly: OrderStatus | None = None
    payment: tuple[PaymentStatus, ...] = tuple(PaymentStatus)
    payment_to: PaymentStatus | None = None
    payment_partly: PaymentStatus | None = None
    asks: bool = False
    begins: bool = False
    hurdles: tuple[Callable[[Order], str], ...] = ()

    def fits(self, order: Order) -> bool:
        """Whether the order stands where this step starts."""
        return order.kind == OrderKind.SALE and order.status in self.status and order.payment_status in self.payment

    def hurdle(self, order: Order) -> str:
        """What else stands in the way, as a sentence; empty when nothing does."""
        return next((words for check in self.hurdles if (words := check(order))), "")


STEPS = (
    Step(verb="confirm", label="Confirm", done="confirmed", status=(_P,), to=_C),
    Step(verb="process", label="Start processing", done="processed", status=(_C,), to=_W, begins=True),
    Step(verb="ship", label="Ship", done="shipped", status=(_C, _W), to=_S, partly=_W, asks=True, hurdles=(_nothing_left,)),
    Step(verb="deliver", label="Mark as delivered", done="delivered", status=(_S,), to=_D),
    Step(
        verb="cancel", label="Cancel order", done="cancelled", policy=permission("orders:cancel"),
        status=(_P,), to=OrderStatus.CANCELLED, payment=_OPEN,
    ),
    Step(verb="cancel", label="Cancel order", done="cancelled", status=(_C, _W), to=OrderStatus.CANCELLED, payment=_OPEN, hurdles=(_sent,)),
    Step(
        verb="refund", label="Refund", done="refunded", status=(_P, _C, _W, _S, _D), to=OrderStatus.REFUNDED, asks=True,
        payment=_PAID, payment_to=PaymentStatus.REFUNDED, payment_partly=PaymentStatus.PARTIALLY_REFUNDED,
    ),
    Step(
        verb="pay", label="Mark as paid", done="paid", status=(_P, _C, _W, _S, _D),
        payment=_OPEN, payment_to=PaymentStatus.PAID,
    ),
    Step(
        verb="fail", label="Payment failed", done="marked as not paid", status=(_P, _C, _W, _S, _D),
        payment=(PaymentStatus.PENDING,), payment_to=PaymentStatus.FAILED,
    ),
)  # fmt: skip
VERBS = tuple(dict.fromkeys(step.verb for step in STEPS))


BEGINNINGS = frozenset(step.to for step in STEPS if step.begins)
"""The states of orders from which there is a way back to the one before."""


def possible(order: Order) -> list[Step]:
    """The steps that the order can take now, in the order of the table, whoever asks."""
    return [step for step in STEPS if step.fits(order) and not step.hurdle(order)]


def step_of(verb: str, order: Order) -> Step:
    """The row of the table for this verb from where the order stands.

    Raises:
        IllegalTransition: there is none; the message says where the order stands and what it can do.
    """
    rows = [step for step in STEPS if step.verb == verb]
    for step in rows:
        if step.fits(order) and not step.hurdle(order):
            return step
    why = next((words for step in rows if step.fits(order) and (words := step.hurdle(order))), "")
    raise _refusal(order, rows[0].done, why)


def verb_to(order: Order, name: str, value: str) -> str:
    """The verb behind a change of `status` or `paymentStatus`, for steps that need no more input than that.

    Raises:
        Invalid: the step needs more. IllegalTransition: no step leads there.
    """
    ends = {step.verb: (step.to,) if name == "status" else (step.payment_to, step.payment_partly) for step in STEPS}
    verb = next((verb for verb, states in ends.items() if value in states), None)
    if verb is None:
        raise _refusal(order, f"set back to {value}", "")
    if verb == "refund":
        raise Invalid(fields={to_camel(name): "Use POST /orders/{id}/refund, which takes what is given back."})
    return verb


def _refusal(order: Order, done: str, why: str) -> IllegalTransition:
    if order.kind == OrderKind.RETURN:
        return IllegalTransition("This is a return. It stays as it was booked.")
    steps = ", ".join(dict.fromkeys(step.verb for step in possible(order)))
    where = f"This order is {order.status} and its payment {order.payment_status.replace('_', ' ')}, so it cannot be {done} now."
    return IllegalTransition(f"{where} {why + ' ' if why else ''}Possible: {steps or 'nothing more'}.")


def diagrams() -> str:
    """Both machines in Mermaid's notation, for the documentation."""
    return "\n\n".join("\n".join(["```mermaid", "stateDiagram-v2", *rows, "```"]) for rows in (list(_states()), list(_payments())))


def _arrows(starts: tuple[StrEnum, ...], ends: tuple[StrEnum | None, ...], verb: str) -> Iterator[str]:
    for start in starts:
        for end in dict.fromkeys(end for end in ends if end is not None):
            yield f"    {start} --> {end}: {verb}"


def _states() -> Iterator[str]:
    yield f"    [*] --> {OrderStatus.PENDING}"
    for step in STEPS:
        yield from _arrows(step.status, (step.partly, step.to), step.verb)


def _payments() -> Iterator[str]:
    yield f"    [*] --> {PaymentStatus.PENDING}"
    for step in STEPS:
        yield from _arrows(step.payment, (step.payment_partly, step.payment_to), step.verb)
