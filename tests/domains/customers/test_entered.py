"""Countries and telephone numbers that are entered are checked; files of the past and what is there already keep theirs."""

from typing import Any

import pytest

from mewayz.backend.errors import Invalid
from mewayz.backend.loads import How, Mode
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from tests.domains.customers.buyers import SELLER, buys, customer
from tests.domains.people import add_shop

EIRE = {"name": "Eoin", "email": "eoin@example.com", "phone": "12", "address": {"country": "EIRE"}}


async def told(work: Any) -> dict[str, str]:
    """The messages of a refusal."""
    with pytest.raises(Invalid) as raised:
        await work
    return dict(raised.value.fields)


async def test_an_unknown_country_and_no_telephone_number_are_refused(runtime: Runtime) -> None:
    await add_shop()
    found = await told(customer(phone="12", address={"country": "Narnia"}))
    assert found["address.country"] == "Choose a country from the list."
    assert found["phone"].startswith("Enter a telephone number, such as +44")
    for phone in ("call me at 5", "+999 123456", "1" * 30, "+44 1"):
        assert set(await told(customer(phone=phone))) == {"phone"}, phone
    made = await customer(phone="020 7946 0018", address={"country": "gb"})
    assert (made.phone, made.country) == ("+44 20 7946 0018", "United Kingdom")
    assert (await customer(phone="020 7946 0018")).phone == "020 7946 0018"
    assert set(await told(customers.update(SELLER, made.id, {"phone": "12"}))) == {"phone"}
    assert set(await told(customers.update(SELLER, made.id, {"addresses": [{"country": "France"}, {"country": "Narnia"}]}))) == {
        "addresses.1.country"
    }
    order = await buys(made)
    for name in ("shippingAddress", "billingAddress"):
        assert await told(orders.update(SELLER, order.id, {name: {"country": "Narnia"}})) == {
            f"{name}.country": "Choose a country from the list."
        }
    lines = [{"productId": order.lines[0]["productId"], "quantity": 1}]
    assert set(await told(orders.create(SELLER, {"lines": lines, "shippingAddress": {"country": "Narnia"}}))) == {"shippingAddress.country"}


async def test_what_a_file_holds_stays_and_can_be_chosen_then(runtime: Runtime) -> None:
    await add_shop()
    await customers.load(SELLER, [(2, EIRE)], How(Mode.CREATE))
    [found] = await customers_collection.find_all()
    assert (found.country, found.phone) == ("EIRE", "12")
    sent = {"name": "Eóin", "phone": "12", "address": found.address}
    assert (await customers.update(SELLER, found.id, sent)).name == "Eóin"
    assert (await customer("Maeve", address={"country": "EIRE"})).country == "EIRE"
    order = await buys(found)
    assert (await orders.update(SELLER, order.id, {"shippingAddress": {"city": "Cork", "country": "EIRE"}})).country == "EIRE"
