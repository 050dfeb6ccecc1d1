"""What the pages of orders hold."""

from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.order_page_state import OrderRecord
from mewayz.domains.orders.service import orders
from mewayz.domains.orders.state import OrderTable
from mewayz.domains.orders.step_state import OrderSteps
from mewayz.domains.products.service import products
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def shown(order_id: str, who: Actor) -> OrderRecord:
    """The page of an order."""
    page = await opened(OrderRecord, f"/orders/{order_id}", who)
    await page.open()
    return page


async def test_an_order(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "sku": "L-1", "price": "10", "inventory": {"stock": 9}})
    await products.collection.patch(lamp.id, {"price": Decimal("10.125")})
    buyer = await customers.create(
        person, {"name": "Buyer", "email": "b@example.com", "address": {"line1": "1 Street", "country": "France"}}
    )
    order = await orders.create(
        person, {"customerId": buyer.id, "lines": [{"productId": lamp.id, "quantity": 2}], "shipping": "4", "discount": "1"}
    )
    await orders.confirm(person, order.id)
    await orders.ship(person, order.id, {})
    page = await shown(order.id, person)
    assert (page.title, page.status, page.tone, page.payment_word) == (f"Order {order.number}", "Shipped", "accent", "Payment pending")
    line = page.lines[0]
    assert (line.name, line.sku, line.href, line.quantity, line.price, line.total) == (
        "Lamp",
        "L-1",
        f"/products/{lamp.id}",
        "2",
        "10.125",
        "20.25",
    )
    assert line.note == "2 shipped"
    assert [(one.label, one.amount) for one in page.sums] == [
        ("Subtotal", "£20.25"), ("Discount", "-£1.00"), ("Shipping", "£4.00"), ("Total", "£23.25"),
    ]  # fmt: skip
    assert (page.customer, page.customer_href) == ("Buyer", f"/customers/{buyer.id}")
    assert page.shipping_address == "1 Street, France"
    assert [(moment.what, moment.who) for moment in page.timeline] == [
        (what, "A admin") for what in ("Shipped", "Confirmed", "Order placed")
    ]
    assert (page.next_step.verb, [one.verb for one in page.others], page.editing) == (
        "deliver", ["pay", "fail"], "Edit address and note",
    )  # fmt: skip


async def test_a_return_of_a_guest_with_postage(person: Actor) -> None:
    lines: list[dict[str, Any]] = [{"productId": None, "sku": "POST", "name": "", "quantity": -1, "unitPrice": "18", "total": "-18"}]
    document = Order(number="C-1", kind="return", status="refunded", payment_status="refunded", currency="GBP", units=-1, lines=lines,
                     subtotal=Decimal(-18), total=Decimal(-18))  # fmt: skip
    await orders_collection.add(document)
    page = await shown(document.id, person)
    assert page.title == "Return C-1"
    assert (page.lines[0].name, page.lines[0].href, page.lines[0].total) == ("POST", "", "-18.00")
    assert (page.customer, page.customer_href, page.sums[-1].amount) == ("Guest", "", "-£18.00")
    assert (page.shipping_address, page.original_href, page.next_step.verb, page.others) == ("–", "", "", [])
    assert page.timeline == []


async def test_a_user_sees_their_own(person: Actor) -> None:
    user = await add_person(Role.USER)
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    foreign = await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 1}]})
    page = await shown(foreign.id, user)
    assert (page.loaded, page.title, page.error) == (False, "", "This record does not exist, or you may not see it.")
    table = await opened(OrderTable, "/orders", user)
    await table.load()
    assert (table.rows, table.count, table.error) == ([], "0", "")


async def fired(events: Any) -> list[Any]:
    """All that a handler with several answers says."""
    return [event async for event in events]


async def bought(person: Actor, count: int = 3, **values: Any) -> Order:
    """An order of some lamps."""
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    return await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": count}], **values})


async def dialogs(page: OrderRecord) -> OrderSteps:
    """The dialogs of this page."""
    return await page.get_state(OrderSteps)


async def test_an_order_goes_on_by_its_buttons(person: Actor) -> None:
    order = await bought(person, shipping="6", discount="1")
    page = await shown(order.id, person)
    steps = await dialogs(page)
    assert (page.next_step.label, [one.verb for one in page.others], page.editing) == ("Confirm", ["cancel", "pay", "fail"], "Edit")
    await fired(steps.ask("confirm"))
    assert (page.status, page.next_step.verb, steps.shown) == ("Confirmed", "process", "")

    await fired(steps.ask("ship"))
    assert (steps.shown, [(part.name, part.most, part.value) for part in steps.parts]) == ("ship", [("Lamp", "3", "3")])
    await fired(steps.ship({"line_0": "4", "carrier": "Royal Mail"}))
    assert (steps.shown, steps.field_errors) == ("ship", {"line_0": "At most 3 of this line are left."})
    await fired(steps.ship({"line_0": "0"}))
    assert (steps.shown, steps.error) == ("ship", "Say how many pieces: all of them are at 0.")
    await fired(steps.ship({"line_0": "2", "carrier": "Royal Mail", "trackingNumber": "AB1", "trackingUrl": "https://track.example/1"}))
    assert (steps.shown, steps.error, page.status, page.lines[0].note) == ("", "", "Processing", "2 shipped")
    parcel = page.parcels[0]
    assert (parcel.what, parcel.carrier, parcel.tracking, parcel.href) == ("2 × Lamp", "Royal Mail", "AB1", "https://track.example/1")

    await fired(steps.ask("pay"))
    assert (steps.shown, steps.amount) == ("pay", "£35.00")
    await fired(steps.pay())
    assert page.payment_word == "Payment paid"
    await fired(steps.ask("refund"))
    assert (steps.left, steps.postage, steps.back_again) == ("£35.00", "£6.00", True)
    assert steps.shared == "A piece gives back its price less its share of the discount of £1.00."
    assert [(part.key, part.most, part.value, part.kind) for part in steps.parts] == [
        ("line_0_shipped", "2", "0", "shipped"), ("line_0_unshipped", "1", "0", "unshipped"),
    ]  # fmt: skip
    mistakes = steps.mistakes
    await fired(steps.refund({}))
    assert (steps.error, steps.mistakes) == ("Choose pieces, postage or an amount to give back.", mistakes + 1)
    await fired(steps.refund({"line_0_shipped": "1", "line_0_unshipped": "2"}))
    assert steps.field_errors == {"line_0_unshipped": "At most 1 unshipped of this line is left."}
    await steps.enter("line_0_shipped", "1")
    assert (steps.gives, steps.becomes) == ("£9.67", "partially refunded")
    await steps.enter("amount", "35.01")
    assert (steps.gives, steps.field_errors) == ("", {"amount": "At most £35.00 is left of what was paid."})
    await fired(steps.refund({"line_0_shipped": "1", "reason": "Chipped", "restock": "on"}))
    assert (steps.shown, page.payment_word, page.lines[0].note) == ("", "Payment partially refunded", "2 shipped, 1 returned")
    assert page.timeline[0].detail == "£9.67 · 1 shipped piece · Chipped"
    assert [(one.label, one.amount) for one in page.sums[-2:]] == [("Refunded", "-£9.67"), ("Net", "£25.33")]
    back = page.returns[0]
    assert (back.amount, back.what) == ("£9.67", "1 shipped piece · Chipped")
    other = await shown(back.href.removeprefix("/orders/"), person)
    assert (other.title, other.original, other.original_href) == (f"Return {back.number}", f"Order {order.number}", f"/orders/{order.id}")


async def test_what_others_did_meanwhile_is_said(person: Actor) -> None:
    order = await bought(person)
    await orders.confirm(person, order.id)
    page = await shown(order.id, person)
    steps = await dialogs(page)
    await fired(steps.ask("ship"))
    await orders.ship(person, order.id, {"lines": [{"line": 0, "quantity": 1}]})
    await fired(steps.ship({"line_0": "2"}))
    assert steps.shown == "ship"
    assert "a part was shipped (A admin)" in steps.error
    assert "It is now processing" in steps.error
    assert page.lines[0].note == "1 shipped"
    await fired(steps.ship({"line_0": "2"}))
    assert (steps.shown, page.status) == ("", "Shipped")


async def test_a_page_follows_what_others_do(person: Actor) -> None:
    order = await bought(person)
    page = await shown(order.id, person)
    await orders.confirm(person, order.id)
    await page.look()
    assert page.status == "Confirmed"
    await orders.cancel(person, order.id)
    await orders.delete(person, order.id)
    await page.look()
    assert (page.loaded, page.error) == (False, "This record does not exist, or you may not see it.")


async def test_notes_are_for_colleagues_unless_they_are_shared(person: Actor) -> None:
    user = await add_person(Role.USER)
    order = await bought(person)
    await orders_collection.patch(order.id, {"owner_id": user.id})
    page = await shown(order.id, person)
    await fired(page.remark({"text": " "}))
    assert (page.note_error, page.note_visit) == ("This field is required.", 1)
    await fired(page.remark({"text": "Customer is cross"}))
    await fired(page.remark({"text": "It leaves today", "shared": "on"}))
    assert [(one.what, one.detail) for one in page.timeline[:2]] == [
        ("Note to the customer", "It leaves today"), ("Internal note", "Customer is cross"),
    ]  # fmt: skip
    own = await shown(order.id, user)
    assert [one.detail for one in own.timeline] == ["It leaves today", ""]
    assert (own.next_step.verb, [one.verb for one in own.others]) == ("", ["cancel"])
    steps = await dialogs(own)
    await fired(steps.ask("cancel"))
    assert steps.goes_back == "3 pieces go back into stock."
    await fired(steps.cancel())
    assert (own.status, own.others) == ("Cancelled", [])


async def done(events: Any) -> None:
    """Let a handler run to its end."""
    async for _ in events:
        pass


async def test_many_orders_take_a_step_each_or_say_why_not(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 99}})
    made = [await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 1}]}) for _ in range(3)]
    await orders.cancel(person, made[0].id)
    table = await opened(OrderTable, "/orders?sort=number", person)
    await table.load()
    assert (table.selectable, table.deletable) == (True, False)
    await table.command(f"1 pick {' '.join(order.id for order in made)}")
    assert table.chosen_rows == "3 orders"
    await done(table.take_step("confirm"))
    assert {row.cells[3].text for row in table.rows} == {"Cancelled", "Pending"}, "it asks for the number first"
    await table.type_number("3")
    await table.ask_again(True)
    await done(table.take_step("confirm"))
    assert table.outcome.text == "", "another dialog asks anew"
    await table.type_number("3")
    await done(table.take_step("confirm"))
    assert (table.outcome.text, table.outcome.undo) == ("2 orders confirmed. 1 stayed as it was.", False)
    assert [(one.name, one.href) for one in table.outcome.refused] == [(made[0].number, f"/orders/{made[0].id}")]
    assert table.outcome.refused[0].why.startswith("This order is cancelled")
    await table.command(f"2 pick {made[1].id} {made[2].id}")
    await done(table.take_step("process"))
    assert (table.outcome.text, table.outcome.undo) == ("2 orders marked as processing.", True)
    await done(table.undo())
    assert sorted(row.cells[3].text for row in table.rows) == ["Cancelled", "Confirmed", "Confirmed"]
    await table.command(f"3 pick {made[1].id}")
    await done(table.take_step("delete"))
    await done(table.set_many("status", "shipped"))
    assert (await orders_collection.get(made[1].id)).status == "confirmed"
