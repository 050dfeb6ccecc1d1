"""The way back of a change of many records: it is offered where it leads, for each field of each noun, and nowhere else."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from mewayz.backend.access import Actor
from mewayz.backend.crud import CrudService
from mewayz.backend.documents import Document
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users
from tests.domains.people import add_person, add_shop

COMES_BACK: dict[str, dict[str, Any]] = {
    "products": {
        "name": "Cup", "slug": "cup", "sku": "CUP", "description": "Holds tea", "short_description": "Tea", "barcode": "123", "price": "7",
        "compare_at_price": "9", "cost": "3", "category": "Home > Cups", "tags": ["a"], "status": "scheduled", "visibility": "hidden",
        "publish_at": "2027-01-31T08:00:00Z", "inventory": {"stock": 3, "allowBackorders": True},
    },
    "customers": {
        "name": "Ben", "reference": "B-1", "email": "ben@example.com", "phone": "+44 20 7946 0018", "company": "Ben Ltd",
        "status": "churned", "tags": ["vip"], "source": "Fair", "notes": "Rings",
        "addresses": [{"label": "Home", "line1": "1 High Street"}, {"label": "Work"}],
    },
    "orders": {"note": "Ring twice", "discount": "1", "tax": "0.5", "shipping": "4", "billing_address": {"line1": "1 High Street"}},
    "users": {"name": "Cleo", "role": "moderator", "plan": "Pro", "status": "suspended", "company": "Cleo Ltd"},
}  # fmt: skip
GONE: dict[str, dict[str, Any]] = {
    "products": {"images": [], "options": [], "variants": []},
    "customers": {"marketing_consent": True, "address": {"city": "Bath"}},
    "orders": {"lines": [], "status": "confirmed", "payment_status": "paid", "shipping_address": {"country": "France"}},
    "users": {"email": "new@example.com"},
}
SERVICES: dict[str, CrudService[Any]] = {one.noun: one for one in (products, customers, orders, users)}
KEPT_BY_THE_STORE = {"rev", "updated_at", "timeline", "sessions_from"}


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def add(admin: Actor, noun: str) -> Document:
    product = await products.create(admin, {"name": "Mug", "price": "5", "sku": "MUG", "inventory": {"stock": 9}})
    match noun:
        case "products":
            return product
        case "customers":
            return await customers.create(admin, {"name": "Anna", "email": "anna@example.com", "address": {"city": "Paris"}})
        case "orders":
            buyer = await customers.create(admin, {"name": "Anna", "address": {"city": "Paris", "country": "France"}})
            return await orders.create(admin, {"lines": [{"productId": product.id, "quantity": 2}], "customerId": buyer.id})
        case _:
            other = await add_person(Role.USER)
            return await users.collection.get(other.id)


def told(document: Document) -> dict[str, Any]:
    return {name: value for name, value in document.model_dump().items() if name not in KEPT_BY_THE_STORE}


@pytest.mark.parametrize("noun", SERVICES)
def test_every_field_is_of_one_kind_or_the_other(noun: str) -> None:
    service = SERVICES[noun]
    assert set(GONE[noun]) == service.irreversible
    assert {*COMES_BACK[noun], *GONE[noun]} == set(service.update_payload.model_fields)


@pytest.mark.parametrize("noun", SERVICES)
async def test_what_can_come_back_does(admin: Actor, noun: str) -> None:
    service, made = SERVICES[noun], await add(admin, noun)
    for field, value in COMES_BACK[noun].items():
        before = await service.collection.get(made.id)
        change = {to_camel(field): value, **({"publishAt": "2027-01-31T08:00:00Z"} if value == "scheduled" else {})}
        done = await service.bulk(admin, {"ids": [before.id], "changes": change})
        assert ([row.error for row in done.rows], done.undo is None) == ([{}], False), field
        assert told(await service.collection.get(before.id)) != told(before), field
        back = await service.undo_bulk(admin, {"token": done.undo})
        assert [row.error for row in back.rows] == [{}], field
        assert told(await service.collection.get(before.id)) == told(before), field


@pytest.mark.parametrize("noun", SERVICES)
async def test_no_way_back_is_offered_where_there_is_none(admin: Actor, noun: str) -> None:
    service, before = SERVICES[noun], await add(admin, noun)
    for number, (field, value) in enumerate(GONE[noun].items()):
        if field == "lines":
            value = [{"productId": before.model_dump()["lines"][0]["productId"], "quantity": 1}]
        rest = {"note" if noun == "orders" else "name": f"Other {number}"}
        done = await service.bulk(admin, {"ids": [before.id], "changes": {to_camel(field): value, **rest}})
        assert ([row.error for row in done.rows], done.undo) == ([{}], None), field
    assert (await service.collection.get(before.id)).rev == before.rev + len(GONE[noun])


@pytest.mark.parametrize("noun", SERVICES)
async def test_null_is_no_crash(admin: Actor, noun: str) -> None:
    service, before = SERVICES[noun], await add(admin, noun)
    for field in set(service.update_payload.model_fields) - service.update_payload.emptied:
        done = await service.bulk(admin, {"ids": [before.id], "changes": {to_camel(field): None}})
        assert ([row.error for row in done.rows], done.undo) == ([{}], None), field
    assert (await service.collection.get(before.id)).rev == before.rev


async def test_a_price_of_the_past_comes_back_though_nobody_could_enter_it(admin: Actor) -> None:
    old = await products_collection.add(Product(name="Screw", price=Decimal("0.001"), currency="GBP"))
    done = await products.bulk(admin, {"ids": [old.id], "changes": {"price": "0.01"}})
    await products.undo_bulk(admin, {"token": done.undo})
    assert (await products.get(admin, old.id)).price == Decimal("0.001")
