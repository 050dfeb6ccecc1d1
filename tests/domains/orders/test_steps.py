"""Parcels, refunds, notes, changes and letters: what each does to stock, money, timeline and the customer's mailbox."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.errors import Conflict, Invalid
from mewayz.backend.grants import Role
from mewayz.backend.money import wire_decimal
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import rollups, standing
from mewayz.domains.orders.bulk import NewOrder, place_many
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import NotDeletable, NotEditable, orders
from mewayz.domains.orders.steps import MAX_NOTES
from mewayz.domains.products.service import OutOfStock, products
from tests.domains.auth.flows import letters
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, anna, mug, paid, place, stock_of
from tests.domains.people import add_shop

LONDON = ZoneInfo("Europe/London")


async def refuse_fields(work: Any) -> set[str]:
    """The fields at which a request is refused."""
    with pytest.raises(Invalid) as raised:
        await work
    return set(raised.value.fields)


# Parcels ----------------------------------------------------------------------------------------------------------------


async def test_a_part_is_shipped_and_then_the_rest(runtime: Runtime) -> None:
    await add_shop()
    one, two = await mug(stock=10), await mug(stock=10)
    order = await place((one, 3), (two, 2))
    await orders.confirm(SELLER, order.id)
    tracking = {"carrier": "Royal Mail", "trackingNumber": "AB1", "trackingUrl": "https://track.example/AB1"}
    with clock.frozen(clock.now()):
        order = await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 2}], **tracking})
    assert order.status == "processing"
    assert order.fulfilments == [{"at": order.timeline[-1]["at"], "by": "Seller", "lines": [{"line": 0, "quantity": 2}], **tracking}]
    assert {**tracking, "event": "shipped_in_part", "pieces": 2}.items() <= order.timeline[-1].items()
    order = await orders.ship(SELLER, order.id, {})
    assert order.status == "shipped"
    assert order.fulfilments[1]["lines"] == [{"line": 0, "quantity": 1}, {"line": 1, "quantity": 2}]
    assert (await stock_of(one), await stock_of(two)) == (7, 8)
    assert (await orders.deliver(SELLER, order.id, order.rev)).status == "delivered"


async def test_more_than_is_left_is_not_shipped(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 3), (await mug(), 1))
    await orders.confirm(SELLER, order.id)
    order = await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 2}]})

    def ship(**data: Any) -> Any:
        return orders.ship(SELLER, order.id, data)

    assert await refuse_fields(ship(lines=[{"line": 1, "quantity": 1}, {"line": 0, "quantity": 2}])) == {"lines.1.quantity"}
    assert await refuse_fields(ship(lines=[{"line": 2, "quantity": 1}])) == {"lines.0.line"}
    assert await refuse_fields(ship(lines=[{"line": 0, "quantity": 1}] * 2)) == {"lines"}
    assert await refuse_fields(ship(lines=[])) == {"lines"}
    assert await refuse_fields(ship(lines=[{"line": 0, "quantity": 0}])) == {"lines.0.quantity"}
    assert await refuse_fields(ship(lines=[{"line": 0, "quantity": 10**30}])) == {"lines.0.quantity"}
    assert await refuse_fields(ship(trackingUrl="javascript:alert(1)")) == {"trackingUrl"}
    assert (await orders.get(SELLER, order.id)).rev == order.rev


async def test_the_last_pieces_at_once_leave_once(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 3))
    await orders.confirm(SELLER, order.id)
    parcel = {"lines": [{"line": 0, "quantity": 2}]}
    found = await asyncio.gather(*(orders.ship(SELLER, order.id, parcel) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, Order) for one in found) == 1
    assert all(isinstance(one, Order | Invalid) for one in found)


# Refunds ----------------------------------------------------------------------------------------------------------------


async def test_a_refund_books_a_return_of_its_own_day(runtime: Runtime) -> None:
    await add_shop()
    product, buyer = await mug("2.50", stock=10), await anna()
    with clock.frozen(datetime(2024, 5, 1, 12, tzinfo=UTC)):
        order = await paid(await place((product, 4), customerId=buyer.id, shipping="4.95"))
        await orders.ship(SELLER, order.id, {})
    with clock.frozen(datetime(2024, 5, 9, 12, tzinfo=UTC)):
        order = await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 1}], "restock": True, "reason": "Chipped"})
    assert (order.status, order.payment_status, await stock_of(product)) == ("shipped", "partially_refunded", 7)
    [entry] = order.refunds
    assert (entry["amount"], entry["reason"], entry["lines"][0]["quantity"]) == ("2.50", "Chipped", 1)
    [returned] = await orders.returns_of(SELLER, order.id)
    assert (returned.kind, returned.original_id, returned.id, returned.number) == ("return", order.id, entry["id"], entry["number"])
    assert (returned.units, returned.total, returned.note, returned.placed_at.day) == (-1, Decimal("-2.50"), "Chipped", 9)
    assert returned.number.startswith("R-1")
    await assert_figures(runtime.database, LONDON)
    days = await runtime.database.fetch(rollups.SALES.select())
    names = [column.key for column in rollups.SALES.columns]
    assert sum(row[names.index("returns")] for row in days if row[names.index("day")].day == 9) == 25_000
    found = await customers.get(SELLER, buyer.id)
    assert (found.total_spent, found.total_returned) == (Decimal("14.95"), Decimal("2.50"))
    order = await orders.refund(SELLER, order.id, {"restock": False})
    assert (order.status, order.payment_status, await stock_of(product)) == ("refunded", "refunded", 7)
    assert order.refunds[1]["amount"] == "12.45"
    assert [entry["event"] for entry in order.timeline][-2:] == ["refunded_in_part", "refunded"]
    await assert_figures(runtime.database, LONDON)


async def test_discount_and_tax_go_back_in_shares_that_add_up(runtime: Runtime) -> None:
    await add_shop()
    order = await paid(await place((await mug("3.33"), 3), discount="1", tax="2", shipping="5"))
    amounts: list[str] = []
    for _ in range(3):
        order = await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 1}]})
        amounts.append(order.refunds[-1]["amount"])
    assert amounts == ["3.67", "3.65", "3.67"]
    assert (order.status, order.payment_status) == ("confirmed", "partially_refunded")
    order = await orders.refund(SELLER, order.id, {"shipping": "5"})
    assert (order.status, order.refunds[-1]["amount"]) == ("refunded", "5.00")
    returns = await orders.returns_of(SELLER, order.id)
    for name in ("units", "subtotal", "discount", "tax", "shipping", "total"):
        assert sum(getattr(one, name) for one in returns) == -getattr(order, name), name
    await assert_figures(runtime.database, LONDON)


async def test_an_allowance_lowers_what_the_goods_give_back_later(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("10", stock=5)
    order = await paid(await place((product, 2)))
    order = await orders.refund(SELLER, order.id, {"amount": "3", "reason": "Late"})
    [allowance] = await orders.returns_of(SELLER, order.id)
    assert (allowance.lines, allowance.discount, allowance.total) == ([], Decimal(3), Decimal(-3))
    assert (order.payment_status, await stock_of(product)) == ("partially_refunded", 3)
    order = await orders.refund(SELLER, order.id, {})
    assert (order.status, order.refunds[-1]["amount"], await stock_of(product)) == ("refunded", "17.00", 5)
    await assert_figures(runtime.database, LONDON)


async def test_money_back_for_goods_that_wait_lets_them_be_sold_again(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("10", stock=5)
    order = await paid(await place((product, 3)))
    await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 1}]})
    order = await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 2}], "restock": False})
    assert (order.status, await stock_of(product)) == ("shipped", 4)
    whole = await paid(await place((product, 3)))
    whole = await orders.refund(SELLER, whole.id, {"amount": "30"})
    assert (whole.status, whole.payment_status, await stock_of(product)) == ("refunded", "refunded", 4)


async def test_a_refund_takes_the_pieces_that_are_named(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("10", stock=9)
    order = await paid(await place((product, 4)))
    await orders.ship(SELLER, order.id, {"lines": [{"line": 0, "quantity": 3}]})

    def refund(*parts: tuple[int, str | None], **more: Any) -> Any:
        lines = [{"line": 0, "quantity": count, **({"from": kind} if kind else {})} for count, kind in parts]
        return orders.refund(SELLER, order.id, {"lines": lines, **more})

    assert await refuse_fields(refund((4, "shipped"))) == {"lines.0.quantity"}
    assert await refuse_fields(refund((1, "shipped"), (2, "unshipped"))) == {"lines.1.quantity"}
    assert await refuse_fields(refund((1, "shipped"), (1, None))) == {"lines"}
    assert await refuse_fields(refund((1, "unshipped"), (1, "unshipped"))) == {"lines"}
    assert await refuse_fields(refund((1, "broken"))) == {"lines.0.from"}
    now = await refund((1, "shipped"), reason="Broken handle")
    [line] = standing.of(now)
    assert (now.status, line.unshipped, line.outside, line.dropped, await stock_of(product)) == ("processing", 1, 2, 0, 6)
    assert now.refunds[0]["lines"] == [{"line": 0, "quantity": 1, "unshipped": 0, "restocked": True}]
    assert (now.timeline[-1]["pieces"], now.timeline[-1]["unshipped"]) == (1, 0)
    now = await refund((1, "shipped"), (1, "unshipped"), restock=False)
    assert (now.status, await stock_of(product), now.refunds[1]["amount"]) == ("shipped", 7, "20.00")
    assert (now.timeline[-1]["pieces"], now.timeline[-1]["unshipped"]) == (2, 1)
    assert (await refund((1, None))).status == "refunded"
    await assert_figures(runtime.database, LONDON)


async def test_no_more_goes_back_than_was_paid(runtime: Runtime) -> None:
    await add_shop()
    order = await paid(await place((await mug("10"), 2), shipping="5"))

    def refund(**data: Any) -> Any:
        return orders.refund(SELLER, order.id, data)

    assert await refuse_fields(refund(amount="25.01")) == {"amount"}
    assert await refuse_fields(refund(amount="0")) == {"amount"}
    assert await refuse_fields(refund(amount="-1")) == {"amount"}
    assert await refuse_fields(refund(amount="1e400")) == {"amount"}
    assert await refuse_fields(refund(shipping="5.01")) == {"shipping"}
    assert await refuse_fields(refund(shipping="0")) == {"lines"}
    assert await refuse_fields(refund(lines=[{"line": 0, "quantity": 3}])) == {"lines.0.quantity"}
    assert await refuse_fields(refund(lines=[{"line": 1, "quantity": 1}])) == {"lines.0.line"}
    assert await refuse_fields(refund(reason="x" * 501)) == {"reason"}
    assert await refuse_fields(refund(total="1")) == {"total"}
    found = await asyncio.gather(*(refund(amount="10") for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, Order) for one in found) == 2
    assert all(isinstance(one, Order | Invalid) for one in found)
    assert sum((one.total for one in await orders.returns_of(SELLER, order.id)), Decimal(0)) == -20
    await assert_figures(runtime.database, LONDON)


@pytest.mark.parametrize(("currency", "price", "bad", "good"), [("GBP", "10", "0.001", "0.01"), ("JPY", "1000", "0.5", "1")])
async def test_only_money_that_there_is_goes_back(runtime: Runtime, currency: str, price: str, bad: str, good: str) -> None:
    await add_shop(currency=currency)
    order = await paid(await place((await mug(price), 2), shipping="5"))
    for name in ("amount", "shipping"):
        for ask in (orders.quote_refund, orders.refund):
            with pytest.raises(Invalid, match="need your attention") as raised:
                await ask(SELLER, order.id, {name: bad})
            assert currency in raised.value.fields[name]
            assert list(raised.value.fields) == [name]
    assert (await orders.get(SELLER, order.id)).rev == order.rev
    assert (await orders.refund(SELLER, order.id, {"amount": good, "shipping": good})).refunds[0]["amount"] == wire_decimal(Decimal(good))


async def test_all_that_is_left_of_a_price_of_the_past_can_go_back(runtime: Runtime) -> None:
    await add_shop()
    order = await paid(await place((await mug("0.125"), 3)))
    assert await refuse_fields(orders.refund(SELLER, order.id, {"amount": "0.125"})) == {"amount"}
    order = await orders.refund(SELLER, order.id, {"lines": [{"line": 0, "quantity": 1}]})
    assert (order.refunds[0]["amount"], order.payment_status) == ("0.125", "partially_refunded")
    assert (await orders.refund(SELLER, order.id, {"amount": "0.25"})).payment_status == "refunded"


async def test_amounts_of_an_order_can_be_paid(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("10")
    order = await place((product, 1))
    line = {"productId": product.id, "quantity": 1}
    await orders_collection.patch(order.id, {"tax": Decimal("0.125"), "total": Decimal("10.125")})
    for name in ("discount", "shipping", "tax"):
        assert await refuse_fields(orders.update(SELLER, order.id, {name: "1.005"})) == {name}
        assert await refuse_fields(orders.quote(SELLER, {"lines": [line], name: "1.005"}, order.id)) == {name}
    # What was there before stays, and what else is sent with it is taken.
    await orders.quote(SELLER, {"lines": [line], "tax": "0.125"}, order.id)
    assert (await orders.update(SELLER, order.id, {"tax": "0.125", "shipping": "1.50"})).total == Decimal("11.625")


async def test_what_was_deleted_meanwhile_comes_back_without_its_product(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(stock=10)
    order = await paid(await place((product, 2)))
    await orders.ship(SELLER, order.id, {})
    await products.delete(SELLER, product.id)
    assert (await orders.refund(SELLER, order.id, {})).status == "refunded"
    await assert_figures(runtime.database, LONDON)


# Changing ---------------------------------------------------------------------------------------------------------------


async def test_lines_change_while_an_order_is_pending(runtime: Runtime) -> None:
    await add_shop()
    one, two, three = await mug("2.50", stock=10), await mug("1", stock=10), await mug("7", stock=10)
    order = await place((one, 4), (two, 1), shipping="3")
    await products.update(SELLER, one.id, {"price": "99", "name": "Cup"})
    lines = [{"productId": one.id, "quantity": 2}, {"productId": three.id, "quantity": 3}]
    order = await orders.update(SELLER, order.id, {"lines": lines, "discount": "1", "tax": "0.5"}, 1)
    assert [(line["name"], line["unitPrice"], line["total"]) for line in order.lines] == [("Mug", "2.50", "5.00"), ("Mug", "7.00", "21.00")]
    assert (order.subtotal, order.total, order.units) == (Decimal(26), Decimal("28.5"), 5)
    assert [await stock_of(product) for product in (one, two, three)] == [8, 10, 7]
    assert [entry["event"] for entry in order.timeline] == ["placed", "edited"]
    what = "4 → 2 × Mug, 1 × Mug removed, 3 × Mug added, discount £0.00 → £1.00, tax £0.00 → £0.50"
    assert order.timeline[-1]["text"] == what
    order = await orders.update(SELLER, order.id, {"shipping": "0"}, 2)
    assert (order.total, [entry["event"] for entry in order.timeline]) == (Decimal("25.5"), ["placed", "edited"])
    assert order.timeline[-1]["text"] == f"{what}; Shipping £3.00 → £0.00"
    await assert_figures(runtime.database, LONDON)
    same = await orders.update(SELLER, order.id, {"lines": lines, "shipping": 0}, 3)
    assert same.rev == 3
    with pytest.raises(Conflict) as raised:
        await orders.update(SELLER, order.id, {"discount": "0"}, 2)
    assert raised.value.code == "orders.outdated"


async def test_a_change_that_cannot_be_leaves_order_and_stock(runtime: Runtime) -> None:
    await add_shop()
    product, gone = await mug(stock=5), await mug(stock=5)
    order = await place((product, 4), (gone, 1))
    async with unit():
        await products.collection.remove(gone.id)  # as an earlier version let it go

    def change(**data: Any) -> Any:
        return orders.update(SELLER, order.id, data, 1)

    line = {"productId": product.id, "quantity": 4}
    with pytest.raises(OutOfStock):
        await change(lines=[{**line, "quantity": 6}])
    assert await refuse_fields(change(lines=[line, {"productId": gone.id, "quantity": 2}])) == {"lines.1.productId"}
    assert await refuse_fields(change(lines=[line, {"productId": "f" * 24, "quantity": 2}])) == {"lines.1.productId"}
    assert await refuse_fields(change(lines=[{**line, "unitPrice": "1"}])) == {"lines.0.unitPrice"}
    assert await refuse_fields(change(discount="12.51")) == {"discount"}
    assert await refuse_fields(change(tax="999999999")) == {"lines"}
    assert (await orders.get(SELLER, order.id)).model_dump() == order.model_dump()
    assert await stock_of(product) == 1
    kept = await change(lines=[line, {"productId": gone.id, "quantity": 1}], tax="1")
    assert kept.total == order.total + 1
    await assert_figures(runtime.database, LONDON)


@pytest.mark.parametrize("step", ["confirm", "pay", "cancel"])
async def test_what_an_order_comes_to_is_settled_later(runtime: Runtime, step: str) -> None:
    await add_shop()
    product = await mug()
    order = await place((product, 1))
    order = await getattr(orders, step)(SELLER, order.id)
    for change in ({"lines": [{"productId": product.id, "quantity": 2}]}, {"discount": "1"}, {"tax": "1"}, {"shipping": "1"}):
        with pytest.raises(NotEditable):
            await orders.update(SELLER, order.id, change, order.rev)
    order = await orders.update(SELLER, order.id, {"discount": "0", "note": "x", "shippingAddress": {"country": "Spain"}}, order.rev)
    assert (order.note, order.country) == ("x", "Spain")


async def test_which_orders_can_be_deleted(runtime: Runtime) -> None:
    await add_shop()
    product = await mug(stock=10)
    pending, cancelled, confirmed, refunded = [await place((product, 1)) for _ in range(4)]
    await orders.cancel(SELLER, cancelled.id)
    await orders.confirm(SELLER, confirmed.id)
    await orders.refund(SELLER, (await paid(refunded)).id, {"amount": "1"})
    [returned] = await orders.returns_of(SELLER, refunded.id)
    for order in (confirmed, refunded, returned):
        with pytest.raises(NotDeletable):
            await orders.delete(SELLER, order.id)
    await orders.delete(SELLER, pending.id)
    await orders.delete(SELLER, cancelled.id)
    assert await stock_of(product) == 8
    await assert_figures(runtime.database, LONDON)


async def test_history_moves_no_stock(runtime: Runtime) -> None:
    await add_shop()
    product = await mug("2.50", stock=10)
    line = {"productId": product.id, "sku": "", "name": "Mug", "quantity": 2, "unitPrice": "2.50", "total": "5.00"}
    amounts = {"units": 2, "subtotal": Decimal(5), "total": Decimal(5), "lines": [line]}
    states = (("processing", "pending"), ("delivered", "paid"), ("delivered", "paid"))
    old = [
        Order(number=f"H{number}", status=status, payment_status=payment, currency="GBP", **amounts)
        for number, (status, payment) in enumerate(states)
    ]
    await place_many([NewOrder(one.model_dump(), [(product.id, 2, 25_000)]) for one in old], await shop())
    await orders.cancel(SELLER, old[0].id)
    await orders.delete(SELLER, old[1].id)
    assert await stock_of(product) == 10
    for part in ({"lines": [{"line": 0, "quantity": 1}]}, {}):
        refunded = await orders.refund(SELLER, old[2].id, {**part, "restock": True})
        assert refunded.refunds[-1]["lines"][0]["restocked"] is False
    assert await stock_of(product) == 10
    with pytest.raises(NotDeletable):
        await orders.delete(SELLER, old[2].id)
    await assert_figures(runtime.database, LONDON)


# Notes and letters ------------------------------------------------------------------------------------------------------


async def test_internal_notes_are_for_colleagues(runtime: Runtime) -> None:
    await add_shop()
    buyer = Actor("c" * 24, "Buyer", role=Role.USER)
    order = await place((await mug(), 1))
    await orders_collection.patch(order.id, {"owner_id": buyer.id})
    await orders.remark(SELLER, order.id, {"text": "Difficult person"})
    await orders.remark(SELLER, order.id, {"text": "Rings twice", "internal": False})
    moderator = Actor("b" * 24, role=Role.MODERATOR)
    both = ["Difficult person", "Rings twice"]
    for actor, notes in ((SELLER, both), (moderator, both), (buyer, both[1:])):
        assert [entry["text"] for entry in (await orders.get(actor, order.id)).timeline if entry["event"] == "note"] == notes
    await orders.refund(SELLER, (await paid(order)).id, {"amount": "1"})
    [returned] = await orders.returns_of(SELLER, order.id)
    await orders.remark(SELLER, returned.id, {"text": "Difficult again"})
    assert "Difficult again" in str((await orders.returns_of(SELLER, order.id))[0].timeline)
    assert "Difficult" not in str((await orders.returns_of(buyer, order.id))[0].timeline)
    other = await place((await mug(), 1))
    await orders_collection.patch(other.id, {"owner_id": buyer.id})
    await orders.remark(SELLER, other.id, {"text": "Difficult person"})
    assert "Difficult" not in str((await orders.cancel(buyer, other.id)).model_dump())
    assert "Difficult person" in str((await orders.get(SELLER, order.id)).model_dump())
    assert await refuse_fields(orders.remark(SELLER, order.id, {"text": " "})) == {"text"}
    full = [{"at": "", "event": "note", "by": "", "text": "x"}] * MAX_NOTES
    await orders_collection.patch(order.id, {"timeline": full})
    assert await refuse_fields(orders.remark(SELLER, order.id, {"text": "x"})) == {"text"}


async def test_the_customer_is_told_when_it_is_placed_and_confirmed(runtime: Runtime) -> None:
    await add_shop()
    product, buyer = await mug("1234.5", stock=3), await anna(email="anna@example.com")
    order = await place((product, 2), customerId=buyer.id, shipping="4.95")
    with pytest.raises(OutOfStock):
        await place((product, 2), customerId=buyer.id)
    await place((product, 1))
    await orders.load(SELLER, [(2, {"lines": [{"productId": (await mug()).id, "quantity": 1}], "customerId": buyer.id})])
    [placed] = await letters(runtime, "anna@example.com")
    assert placed["Subject"] == f"We have received your order {order.number}"
    text = placed.get_body(("plain",)).get_content()  # pyright: ignore[reportOptionalMemberAccess]
    assert "2 × Mug: £2,469.00" in text
    assert "Total: £2,473.95" in text
    await orders.confirm(SELLER, order.id)
    assert len(await letters(runtime, "anna@example.com", "is confirmed")) == 1
