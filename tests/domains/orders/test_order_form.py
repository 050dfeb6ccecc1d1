"""The form of an order: the server's prices while it is filled in, one order for two clicks, and changes while it is pending."""

from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Role
from mewayz.backend.query import Query
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import CustomerForm
from mewayz.domains.orders.order_form_fields import SHIPPING_TO, address_fields
from mewayz.domains.orders.order_form_state import OrderForm
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.auth.flows import letters
from tests.domains.people import add_person, add_shop
from tests.domains.products.goods import tee
from tests.tabs import opened, way


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def fired(events: Any) -> list[Any]:
    """All that a handler with several answers says, without the pauses."""
    return [event async for event in events if event is not None]


async def test_a_guest_reads_of_the_order_at_the_address_that_was_typed(person: Actor, sqlite_runtime: Runtime) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    await fired(form.find_goods("lamp"))
    await form.add(lamp.id)
    typed = {"guestEmail": "Gus@Example.com"}
    await fired(form.place({"guestEmail": "gus"}))
    assert set(form.field_errors) == {"guestEmail"}
    [placed] = (await orders.page(person, Query())).rows if way((await fired(form.place(typed)))[-1]) else []
    assert (placed["guestEmail"], placed["customerId"], placed["customerName"]) == ("gus@example.com", None, "Guest")
    assert len(await letters(sqlite_runtime, "gus@example.com")) == 1
    await orders.confirm(person, placed["id"])
    assert len(await letters(sqlite_runtime, "gus@example.com", "is confirmed")) == 1
    buyer = await customers.create(person, {"name": "Wanda", "email": "wanda@example.com"})
    lines = [{"productId": lamp.id, "quantity": 1}]
    with pytest.raises(Invalid) as refused:
        await orders.create(person, {"lines": lines, "customerId": buyer.id, **typed})
    assert set(refused.value.fields) == {"guestEmail"}


async def test_an_order_is_priced_by_the_server_and_placed_once(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "sku": "L-1", "price": "10", "inventory": {"stock": 3}})
    await products.create(person, {"name": "Lamp in the drawer", "price": "10", "status": "draft"})
    buyer = await customers.create(person, {"name": "Wanda", "address": {"line1": "1 Rue X", "country": "France"}})
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    assert (form.loaded, form.lines, form.total) == (True, [], "£0.00")
    await fired(form.place({}))
    assert (form.error, form.mistakes) == ("Put at least one product into the order.", 1)

    await fired(form.find_goods("lamp"))
    assert [(one.name, one.extra) for one in form.goods] == [("Lamp", "£10.00 · 3 in stock")]
    await form.add(lamp.id)
    await fired(form.find_goods("lamp"))
    await form.add(lamp.id)
    line = form.lines[0]
    assert (len(form.lines), line.quantity, line.total, line.stock, line.problem) == (1, "2", "£20.00", "3 in stock", "")
    await form.count(line.key, "4")
    assert (form.lines[0].problem, form.total) == ("Only 3 of it are left.", "£40.00")
    await form.count(line.key, "some")
    assert form.lines[0].problem == "Enter a whole number."
    await form.count(line.key, "2")
    await form.enter("discount", "21")
    assert form.field_errors == {"discount": "The discount is more than the goods cost."}
    await form.enter("discount", "1")
    await form.enter("shipping", "four")
    assert (form.total, set(form.field_errors)) == ("–", {"shipping"})
    await form.enter("shipping", "4")
    assert (form.subtotal, form.total, form.field_errors) == ("£20.00", "£23.00", {})
    await fired(form.find_buyers("wan"))
    await form.sell_to(form.buyers[0].id, {})
    assert (form.buyer.name, form.values["shippingAddress.line1"]) == ("Wanda", "1 Rue X")

    entered = {line.key: "2", "discount": "1", "shipping": "4", "shippingAddress.line1": "2 Rue Y", "note": "Ring twice"}
    first = await fired(form.place(entered))
    again = await fired(form.place(entered))
    page = await orders.page(person, Query())
    assert page.total == 1
    order = await orders.get(person, page.rows[0]["id"])
    assert way(first[-1]) == way(again[-1]) == f"/orders/{order.id}"
    assert (order.customer_id, order.total, order.note, order.shipping_address["line1"]) == (buyer.id, 23, "Ring twice", "2 Rue Y")
    assert order.billing_address == order.shipping_address


def address(**values: str) -> dict[str, str]:
    """What the controls of the shipping address hold."""
    return {item.name: values.get(item.name.partition(".")[2], "") for item in address_fields(SHIPPING_TO)}


async def test_a_customer_fills_what_is_empty_and_nothing_that_was_typed(person: Actor) -> None:
    wanda = await customers.create(
        person, {"name": "Wanda", "address": {"name": "Wanda", "line1": "1 Rue X", "city": "Paris", "country": "France"}}
    )
    otto = await customers.create(person, {"name": "Otto", "address": {"line1": "2 Weg", "country": "Germany"}})
    hers = address(name="Wanda", line1="1 Rue X", city="Paris", country="France")
    his = address(line1="2 Weg", country="Germany")
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()

    async def choose(who: str, held: dict[str, str]) -> dict[str, str]:
        await form.sell_to(who, held)
        return {name: form.values.get(name, "") for name in held}

    # Nothing was typed: the address is the customer's, and goes with them.
    assert await choose(wanda.id, address()) == hers
    assert await choose(otto.id, hers) == his
    assert await choose("", his) == address()
    # Another name at their place.
    assert await choose(wanda.id, address(name="Gift for Ann", country="france")) == address(
        name="Gift for Ann", line1="1 Rue X", city="Paris", country="france"
    )
    assert form.offered == ""
    # Another place: it stays whole, and the customer's is offered.
    typed = address(name="Ann", country="Spain")
    assert await choose("", typed) == typed
    assert await choose(wanda.id, typed) == typed
    assert (form.buyer.name, form.offered) == ("Wanda", "Wanda, 1 Rue X, Paris, France")
    await form.take_address(typed)
    assert ({name: form.values[name] for name in hers}, form.offered) == (hers, "")
    assert await choose(otto.id, hers) == his
    # What was changed of a filled one is typed; what was typed to bill is kept.
    changed = {**his, "shippingAddress.line1": "3 Weg", "billingAddress.city": "Rome"}
    assert await choose(wanda.id, changed) == {**address(line1="3 Weg"), "billingAddress.city": "Rome"}
    await form.start()
    assert (form.offered, form.values) == ("", {})


async def test_what_is_wrong_stays_said_while_somebody_searches(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "9", "inventory": {"stock": 3}})
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    await fired(form.find_goods("lamp"))
    await form.add(lamp.id)
    await form.enter("discount", "100000")
    wrong = {"discount": "The discount is more than the goods cost."}
    assert (form.field_errors, form.total) == (wrong, "–")
    await fired(form.find_goods("mu"))
    await fired(form.find_buyers("x"))
    await form.sell_to("", {})
    assert (form.field_errors, form.total) == (wrong, "–")
    await form.enter("discount", "1")
    assert (form.field_errors, form.total) == ({}, "£8.00")


async def test_a_search_says_that_it_looks_and_that_it_has_found_nothing(person: Actor) -> None:
    await products.create(person, {"name": "Lamp", "price": "9"})
    await customers.create(person, {"name": "Wanda"})
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    looking = form.find_goods("mug")
    await anext(looking)
    assert form.goods_told == "Looking…"
    await fired(looking)
    assert (form.goods, form.goods_told) == ([], "No product for sale matches.")
    await fired(form.find_goods("lamp"))
    assert form.goods_told == ""
    await fired(form.find_goods(" "))
    await fired(form.find_buyers("otto"))
    assert (form.goods, form.goods_told, form.buyers_told) == ([], "", "No customer matches.")
    await fired(form.find_buyers("wan"))
    assert form.buyers_told == ""


async def test_addresses_and_note_of_a_settled_order_are_changed(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 3}})
    order = await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 2}], "shippingAddress": {"line1": "1 Rue X"}})
    await orders.confirm(person, order.id)
    form = await opened(OrderForm, f"/orders/{order.id}/edit", person)
    await form.open_record()
    assert (form.loaded, form.settled, [line.name for line in form.lines]) == (True, True, ["Lamp"])
    changed = await fired(form.save({**form.values, "note": "Ring twice", "shippingAddress.line1": "2 Rue Y", "discount": "5"}))
    assert way(changed[-1]) == f"/orders/{order.id}"
    now = await orders.get(person, order.id)
    assert (now.note, now.shipping_address["line1"], now.billing_address["line1"], now.total) == ("Ring twice", "2 Rue Y", "2 Rue Y", 20)
    assert (now.timeline[-1]["event"], now.timeline[-1]["text"]) == ("edited", "Shipping address, billing address, note")


async def test_an_order_that_is_settled_while_it_is_changed_keeps_what_was_typed(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 3}})
    order = await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 2}]})
    form = await opened(OrderForm, f"/orders/{order.id}/edit", person)
    await form.open_record()
    await orders.confirm(person, order.id)
    entered = {**form.values, form.lines[0].key: "3", "note": "Ring twice"}
    await fired(form.save(entered))
    assert "confirmed (A admin)" in form.error
    assert (form.settled, form.mistakes) == (True, 1)
    await fired(form.save(entered))
    now = await orders.get(person, order.id)
    assert (form.error, now.note, now.units) == ("", "Ring twice", 2)


async def test_a_pending_order_is_changed(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 3}})
    order = await orders.create(person, {"lines": [{"productId": lamp.id, "quantity": 2}], "shipping": "4"})
    await products.update(person, lamp.id, {"price": "99"})
    form = await opened(OrderForm, f"/orders/{order.id}/edit", person)
    await form.open_record()
    assert not form.settled
    line = form.lines[0]
    assert (line.price, line.stock, form.total, form.values["shipping"]) == ("£10.00", "3 in stock", "£24.00", "4.00")
    await orders.remark(person, order.id, {"text": "Call first"})
    await fired(form.save({line.key: "3", "shipping": "4"}))
    assert "Somebody has changed this order meanwhile: note (A admin)" in form.error
    assert form.lines[0].quantity == "3"
    await fired(form.save({line.key: "3", "shipping": "4"}))
    assert form.error == ""
    assert (await orders.get(person, order.id)).units == 3
    assert (await products.get(person, lamp.id)).stock == 0


async def test_a_variant_is_chosen_in_its_line(person: Actor) -> None:
    sizes = {"name": "Size", "values": ["S", "L"]}
    variants = [{"values": ["S"], "sku": "T-S", "stock": 3}, {"values": ["L"], "sku": "T-L", "price": "12", "stock": 1}]
    tee = await products.create(person, {"name": "Tee", "price": "10", "options": [sizes], "variants": variants})
    mug = await products.create(person, {"name": "Mug", "price": "5", "inventory": {"stock": 9}})
    small, large = (one["id"] for one in tee.variants)
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    await fired(form.find_goods("tee"))
    assert [(one.name, one.extra) for one in form.goods] == [("Tee", "£10.00 · 2 variants")]
    await form.add(tee.id)
    line = form.lines[0]
    assert [choice.label for choice in line.choices] == ["S · £10.00 · 3 in stock", "L · £12.00 · 1 in stock"]
    assert (line.variant_id, line.problem, form.total) == ("", "", "£0.00")
    await fired(form.find_goods("mug"))
    await form.add(mug.id)
    assert (form.total, form.lines[1].total, form.lines[0].total) == ("£5.00", "£5.00", "")
    await fired(form.place({line.key: "1", form.lines[1].key: "1"}))
    assert (form.lines[0].problem, form.lines[1].problem) == ("Choose a variant: S; L.", "")
    assert (await orders.page(person, Query())).total == 0

    await form.choose(line.key, "f" * 24)
    assert form.lines[0].variant_id == ""
    await form.choose(line.key, large)
    line = form.lines[0]
    assert (line.name, line.sku, line.price, line.stock, line.problem, form.total) == (
        "Tee — L",
        "T-L",
        "£12.00",
        "1 in stock",
        "",
        "£17.00",
    )
    await form.count(line.key, "2")
    assert form.lines[0].problem == "Only 1 of it is left."
    await form.count(line.key, "1")
    await fired(form.find_goods("t-s"))
    assert [(one.name, one.detail, one.extra) for one in form.goods] == [("Tee — S", "T-S", "£10.00 · 3 in stock")]
    await form.add(tee.id)
    await fired(form.find_goods("T-S"))
    await form.add(tee.id)
    assert [(one.variant_id, one.quantity) for one in form.lines] == [(large, "1"), ("", "1"), (small, "2")]
    sent = {one.key: one.quantity for one in form.lines}
    order = await orders.get(person, way((await fired(form.place(sent)))[-1]).removeprefix("/orders/"))
    assert [(one["name"], one["quantity"]) for one in order.lines] == [("Tee — L", 1), ("Mug", 1), ("Tee — S", 2)]

    await products.update(person, tee.id, {"variants": [{"id": large}, {"values": ["S"], "id": small, "price": "11"}]})
    form = await opened(OrderForm, f"/orders/{order.id}/edit", person)
    await form.open_record()
    assert [(one.variant_id, len(one.choices), one.price) for one in form.lines] == [
        (large, 2, "£12.00"),
        ("", 0, "£5.00"),
        (small, 2, "£10.00"),
    ]


async def test_all_that_is_wrong_is_told_at_once(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    shirt = await tee(5)
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    for text in ("Lamp", "Tee"):
        await fired(form.find_goods(text))
        await form.add(form.goods[0].id)
    wrong = {"discount": "free", "tax": "0.001", "shippingAddress.country": "Atlantis", "note": "x" * 2001}
    trying = form.place({**wrong, form.lines[0].key: "1"})
    await anext(trying)
    assert (form.saving, form.error, form.field_errors, form.lines[1].problem) == (True, "", {}, "")
    await fired(trying)
    assert set(form.field_errors) == {"discount", "tax", "shippingAddress.country", "note"}
    assert (form.lines[0].problem, form.lines[1].problem) == ("", "Choose a variant: S / Red.")
    assert form.mistakes == 1
    assert (lamp.id, shirt.id) == (form.lines[0].product_id, form.lines[1].product_id)


async def test_countries_that_occur_are_offered(person: Actor) -> None:
    await customers.load(person, [(1, {"name": "Sam", "address": {"country": "Channel Islands"}})])
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    assert form.countries == ["Channel Islands"]
    entry = await opened(CustomerForm, "/customers/new", person)
    await entry.start()
    assert entry.occurring == ["Channel Islands"]
