"""Amounts in the form of an order and in the dialog of a refund, as the region of the shop writes them."""

from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, shops
from mewayz.domains.orders.order_form_state import OrderForm
from mewayz.domains.orders.order_page_state import OrderRecord
from mewayz.domains.orders.service import orders
from mewayz.domains.orders.step_state import OrderSteps
from tests.domains.orders.sales import mug, paid, place
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop in Germany."""
    await add_shop("Europe/Berlin", "EUR")
    await shops.patch(SHOP_ID, {"options": {"region": "DE"}})
    return await add_person()


async def fired(events: Any) -> list[Any]:
    return [event async for event in events]


def amounts(form: OrderForm) -> dict[str, str]:
    """What the controls of amounts hold, as the browser sends it."""
    return {name: form.values.get(name, "") for name in ("discount", "shipping", "tax")}


async def test_an_order_that_is_sent_as_it_is_shown_changes_nothing(person: Actor) -> None:
    order = await place((await mug("1204.50"), 2), discount="4.5", shipping="1010.75")
    form = await opened(OrderForm, f"/orders/{order.id}/edit", person)
    await form.open_record()
    assert (form.signs, form.nothing, amounts(form)) == (("", "€"), "0,00", {"discount": "4,50", "shipping": "1010,75", "tax": ""})
    assert (form.total, form.field_errors) == ("3.415,25\xa0€", {})
    await fired(form.save({form.lines[0].key: "2", **amounts(form)}))
    after = await orders.get(person, order.id)
    assert (form.error, after.discount, after.shipping, after.total) == ("", Decimal("4.5"), Decimal("1010.75"), Decimal("3415.25"))


async def test_a_comma_is_understood_in_every_amount_of_an_order(person: Actor) -> None:
    lamp = await mug("20")
    form = await opened(OrderForm, "/orders/new", person)
    await form.start()
    await fired(form.find_goods("mug"))
    await form.add(lamp.id)
    await form.enter("discount", "4,5")
    assert (form.total, form.field_errors) == ("15,50\xa0€", {})
    done = await fired(form.place({form.lines[0].key: "1", "discount": "4,5", "shipping": "1.000,25", "tax": "0,1"}))
    order = await orders.get(person, way(done[-1]).removeprefix("/orders/"))
    assert (order.discount, order.shipping, order.tax) == (Decimal("4.5"), Decimal("1000.25"), Decimal("0.1"))


async def test_a_comma_is_understood_in_a_refund(person: Actor) -> None:
    order = await paid(await place((await mug("20"), 1), shipping="6.5"))
    page = await opened(OrderRecord, f"/orders/{order.id}", person)
    await page.open()
    steps = await page.get_state(OrderSteps)
    await fired(steps.ask("refund"))
    assert (steps.signs, steps.left, steps.postage) == (("", "€"), "26,50\xa0€", "6,50\xa0€")
    await steps.enter("shipping", "6,25")
    assert (steps.gives, steps.field_errors) == ("6,25\xa0€", {})
    await steps.enter("shipping", "")
    await steps.enter("amount", "12,5")
    assert (steps.gives, steps.field_errors) == ("12,50\xa0€", {})
    await fired(steps.refund({"amount": "12,5"}))
    assert (steps.error, steps.shown) == ("", "")
    after = await orders.get(person, order.id)
    assert [entry["amount"] for entry in after.refunds] == ["12.50"]
