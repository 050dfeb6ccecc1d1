"""The verbs that every room has: rows of a file all or none, cached pages that follow every change, and guards inside."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import counts, loads
from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor
from mewayz.backend.crud import CrudService, read_query
from mewayz.backend.database import DatabaseDown
from mewayz.backend.errors import Forbidden, Invalid, Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.loads import How
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, Shop, shops
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users

ADMIN = Actor("a" * 24, "Ada", "ada@example.com", Role.ADMIN)


async def total(service: CrudService[Any], **raw: str) -> int:
    return (await service.page(ADMIN, await read_query(service.spec, raw))).total


async def test_rows_of_a_file_are_all_added(runtime: Runtime) -> None:
    rows = [(number + 2, {"name": f"Customer {number}", "email": f"{number}@example.com"}) for number in range(250)]
    shares: list[float] = []
    assert (await customers.load(ADMIN, rows, report=shares.append)).imported == 250
    assert await total(customers) == 250
    assert shares == sorted(shares)
    events = await runtime.database.fetch(text("SELECT event, actor_id FROM audit_log ORDER BY seq"))
    assert events[-1] == ("customers.imported", ADMIN.id)
    assert len(events) == 251


async def test_a_broken_file_names_lines_and_reasons_and_leaves_nothing(runtime: Runtime) -> None:
    await customers.create(ADMIN, {"name": "Anna", "email": "anna@example.com"})
    rows = [
        (2, {"name": "Good", "email": "good@example.com"}),
        (3, {"name": "", "email": "bad"}),
        (4, {"name": "Fine", "colour": "red"}),
    ]
    with pytest.raises(Invalid) as raised:
        await customers.load(ADMIN, rows)
    assert raised.value.fields == {
        "line 3: name": "This field is required.",
        "line 3: email": "Enter a valid e-mail address, such as name@example.com.",
        "line 4: colour": "This field is not known here.",
    }
    assert "2 lines need attention" in raised.value.message
    assert await total(customers) == 1


async def test_every_value_that_is_taken_is_named(runtime: Runtime) -> None:
    await customers.create(ADMIN, {"name": "Anna", "email": "anna@example.com"})
    emails = ["one@example.com", "ANNA@example.com", "two@example.com", "one@example.com", "three@example.com"]
    rows = [(number + 2, {"name": "X", "email": email}) for number, email in enumerate(emails)]
    with pytest.raises(Invalid) as raised:
        await customers.load(ADMIN, rows)
    assert set(raised.value.fields) == {"line 3: email", "line 5: email"}
    assert await total(customers) == 1
    assert (await customers.load(ADMIN, rows[:1] + rows[2:3] + rows[4:])).imported == 3


async def test_a_dry_run_checks_everything_and_saves_nothing(runtime: Runtime) -> None:
    rows = [(2, {"name": "A", "email": "a@example.com"}), (3, {"name": "B", "email": "a@example.com"})]
    with pytest.raises(Invalid):
        await customers.load(ADMIN, rows, How(dry_run=True))
    assert (await customers.load(ADMIN, rows[:1], How(dry_run=True))).imported == 1
    assert await total(customers) == 0
    assert await runtime.database.value(text("SELECT count(*) FROM audit_log")) == 0


async def test_rows_that_need_other_records_are_checked_on_both_engines(runtime: Runtime) -> None:
    product = await products.create(ADMIN, {"name": "Mug", "price": "1", "inventory": {"stock": 3}})
    line = {"productId": product.id, "quantity": 2}
    rows = [(2, {"lines": [line]}), (3, {"lines": [line]}), (4, {"lines": [{**line, "quantity": 1}]})]
    with pytest.raises(Invalid) as raised:
        await orders.load(ADMIN, rows)
    assert list(raised.value.fields) == ["line 3: row"]
    assert "Only 1" in raised.value.fields["line 3: row"]
    assert await orders_collection.find_all() == []
    assert (await products.get(ADMIN, product.id)).stock == 3
    assert (await orders.load(ADMIN, [rows[0], rows[2]])).imported == 2
    assert (await products.get(ADMIN, product.id)).stock == 0


async def test_not_more_problems_are_listed_than_a_person_reads(runtime: Runtime) -> None:
    with pytest.raises(Invalid) as raised:
        await customers.load(ADMIN, [(number, {"name": ""}) for number in range(1000)])
    assert len(raised.value.fields) == loads.MAX_PROBLEMS


async def test_an_outage_is_no_problem_of_the_file(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*args: Any) -> None:
        raise DatabaseDown

    monkeypatch.setattr(customers, "_adding", down)
    with pytest.raises(DatabaseDown):
        await customers.load(ADMIN, [(2, {"name": "A"})])
    assert await customers_collection.find_all() == []


async def test_others_are_answered_while_a_file_comes_in(runtime: Runtime) -> None:
    loaded = asyncio.create_task(customers.load(ADMIN, [(number, {"name": f"C {number}"}) for number in range(600)]))
    answered = 0
    while not loaded.done():
        assert await total(customers, status="lead", search=str(answered)) == 0
        answered += 1
        await asyncio.sleep(0)
    assert (await loaded).imported == 600
    assert answered > 3


async def test_pages_follow_every_change(runtime: Runtime) -> None:
    assert await total(products) == 0
    made = await products.create(ADMIN, {"name": "Mug", "price": "1"})
    assert await total(products) == 1
    await products.update(ADMIN, made.id, {"status": "draft"})
    assert (await total(products, status="draft"), await total(products, status="published")) == (1, 0)
    await products.delete(ADMIN, made.id)
    assert await total(products) == 0
    assert runtime.cache.misses > 0


async def test_a_page_is_read_once_and_then_kept(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await products.create(ADMIN, {"name": "Mug", "price": "1"})
    query = await read_query(products.spec, {"sort": "price"})
    first = await products.page(ADMIN, query)
    monkeypatch.setattr(products.spec, "page", None)
    assert await products.page(ADMIN, query) == first
    assert await products.page(Actor("b" * 24, role=Role.MODERATOR), query) == first


async def test_a_query_is_read_in_the_zone_of_the_shop(runtime: Runtime) -> None:
    await shops.add(Shop(id=SHOP_ID, name="S", currency="USD", timezone="America/New_York"))
    query = await read_query(orders.spec, {"from": "2024-07-01"})
    assert query.filters["from"].isoformat() == "2024-07-01T00:00:00-04:00"
    with pytest.raises(Invalid):
        await read_query(orders.spec, {"from": "soon"})


async def test_guards_stand_inside_too(runtime: Runtime) -> None:
    query = await read_query(users.spec, {})
    for actor, refusal in ((ANONYMOUS, Unauthenticated), (Actor("b" * 24, role=Role.USER), Forbidden)):
        for call in (
            users.create(actor, {}),
            users.update(actor, "x", {}),
            users.delete(actor, "x"),
            users.load(actor, []),
            users.export(actor, query),
        ):
            with pytest.raises(refusal):
                await call
    assert (await users.load(SYSTEM, [])).imported == 0


async def test_writes_fold_the_kept_counts(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_FOLD_ABOVE", 5)
    for number in range(12):
        await users.create(SYSTEM, {"name": "Somebody", "email": f"{number}@example.com", "password": "Secret-Garden-7"})
    assert await runtime.database.value(text("SELECT count(*) FROM kept_counts")) <= 7
    assert await total(users) == 12
