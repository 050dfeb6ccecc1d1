"""The order machine: what its table allows happens, all else is refused with where the order stands, and the documents say the same."""

from decimal import Decimal
from itertools import product as pairs
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders import machine
from mewayz.domains.orders.machine import STEPS, VERBS, IllegalTransition
from mewayz.domains.orders.model import Order, OrderStatus, PaymentStatus, orders_collection
from mewayz.domains.orders.service import orders
from tests.domains.orders.sales import SELLER, mug, paid, place, stock_of
from tests.domains.people import add_shop
from tests.services import ROOT

BUYER = Actor("c" * 24, "Buyer", role=Role.USER)
LINE = {"productId": None, "sku": "", "name": "Box", "quantity": 1, "unitPrice": "5.00", "total": "5.00"}
INPUT: dict[str, tuple[Any, ...]] = {"ship": ({},), "refund": ({},)}


def standing_at(status: str, payment: str, **values: Any) -> Order:
    fields = {"number": f"{status}/{payment}", "currency": "GBP", "subtotal": Decimal(5), "total": Decimal(5), "lines": [LINE], **values}
    return Order(status=status, payment_status=payment, **fields)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_step_is_taken_from_where_the_table_has_it_and_from_nowhere_else(runtime: Runtime, verb: str) -> None:
    await add_shop()
    for status, payment in pairs(OrderStatus, PaymentStatus):
        order = await orders_collection.add(standing_at(status, payment))
        row = next((one for one in STEPS if one.verb == verb and status in one.status and payment in one.payment), None)
        if row is None:
            with pytest.raises(IllegalTransition) as raised:
                await getattr(orders, verb)(SELLER, order.id, *INPUT.get(verb, ()))
            assert f"is {status} and its payment {payment.replace('_', ' ')}" in raised.value.message
            possible = [one.verb for one in machine.possible(order)]
            assert raised.value.message.endswith(f"Possible: {', '.join(dict.fromkeys(possible)) or 'nothing more'}.")
            assert (await orders_collection.get(order.id)).model_dump() == order.model_dump()
        else:
            after = await getattr(orders, verb)(SELLER, order.id, *INPUT.get(verb, ()))
            assert after.status == (row.to or status)
            assert after.payment_status == (row.payment_to or payment)
            assert len(after.timeline) == 1


async def test_a_part_that_was_shipped_cannot_be_cancelled_and_says_so(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 2))
    await orders.confirm(SELLER, order.id)
    order = await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 1}]})
    assert order.status == "processing"
    with pytest.raises(IllegalTransition) as raised:
        await orders.cancel(SELLER, order.id)
    assert "A part of it has been shipped. Possible: ship, pay, fail." in raised.value.message


async def test_a_change_of_status_takes_the_same_steps(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(stock=10)
    order = await place((product, 4))
    for change in ({"status": "shipped"}, {"status": "delivered"}, {"status": "processing"}):
        with pytest.raises(IllegalTransition):
            await orders.update(SELLER, order.id, change)
    for change in ({"status": "refunded"}, {"paymentStatus": "refunded"}, {"paymentStatus": "partially_refunded"}):
        with pytest.raises(Invalid) as raised:
            await orders.update(SELLER, order.id, change)
        assert "refund" in raised.value.fields[next(iter(change))]
    order = await orders.update(SELLER, order.id, {"paymentStatus": "failed", "status": "cancelled"})
    assert (order.status, order.payment_status, await stock_of(product)) == ("cancelled", "failed", 10)
    assert [entry["event"] for entry in order.timeline] == ["placed", "payment_failed", "cancelled"]
    for change in ({"status": "pending"}, {"status": "confirmed"}, {"paymentStatus": "pending"}):
        with pytest.raises(IllegalTransition):
            await orders.update(SELLER, order.id, change)
    sent = await place((product, 4))
    await orders.confirm(SELLER, sent.id)
    sent = await orders.update(SELLER, sent.id, {"status": "shipped"})
    assert [parcel["lines"] for parcel in sent.fulfilments] == [[{"line": 0, "quantity": 4}]]


async def test_who_may_take_which_step(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(stock=10)
    mine, other = await place((product, 1)), await place((product, 1))
    await orders_collection.patch(mine.id, {"owner_id": BUYER.id})
    mine = await orders.get(BUYER, mine.id)
    assert [step.verb for step in await orders.actions(BUYER, mine)] == ["cancel"]
    assert [step.verb for step in await orders.actions(SELLER, mine)] == ["confirm", "cancel", "pay", "fail"]
    assert [step.label for step in await orders.actions(Actor("d" * 24, role=Role.MODERATOR), mine)] == []
    for verb in VERBS:
        with pytest.raises(NotFound if verb == "cancel" else Forbidden):
            await getattr(orders, verb)(BUYER, other.id, *INPUT.get(verb, ()))
    assert (await orders.cancel(BUYER, mine.id)).status == "cancelled"
    assert await stock_of(product) == 9
    confirmed = await place((product, 1))
    await orders_collection.patch(confirmed.id, {"owner_id": BUYER.id})
    await orders.confirm(SELLER, confirmed.id)
    assert await orders.actions(BUYER, await orders.get(BUYER, confirmed.id)) == []
    with pytest.raises(Forbidden):
        await orders.cancel(BUYER, confirmed.id)


async def test_a_return_stays_as_it_was_booked(runtime: Runtime) -> None:
    await add_shop()
    order = await paid(await place((await mug(), 1)))
    await orders.refund(SELLER, order.id, {})
    [returned] = await orders.returns_of(SELLER, order.id)
    assert await orders.actions(SELLER, returned) == []
    for verb in VERBS:
        with pytest.raises(IllegalTransition):
            await getattr(orders, verb)(SELLER, returned.id, *INPUT.get(verb, ()))


def test_the_documentation_shows_the_table() -> None:
    text = (ROOT / "docs" / "orders.md").read_text()
    assert machine.diagrams() in text
    rows = [line.split("|")[1].strip().strip("`") for line in text.splitlines() if line.startswith("| `")]
    assert set(VERBS) <= set(rows)
