"""Importing over what is there: only what differs changes, bad rows can be mended, and an import can be taken back."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM, Actor, StepUpRequired
from mewayz.backend.errors import Forbidden, Invalid
from mewayz.backend.grants import Role
from mewayz.backend.imports import AlreadyReverted, Imports, bad_rows_csv
from mewayz.backend.loads import How, Mode, OnError
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products
from mewayz.domains.users.model import User, users_collection
from mewayz.domains.users.service import users

UPSERT, SKIP = How(Mode.UPSERT), How(Mode.UPSERT, OnError.SKIP)
DRY = How(Mode.UPSERT, dry_run=True)
ADMIN = Actor("a" * 24, "Ada", "ada@example.com", Role.ADMIN)
IMPORTS = Imports((users, products, orders, customers))


async def mug(**values: Any) -> str:
    given = {"name": "Mug", "sku": "M-1", "price": "2.50", "tags": ["a"], "inventory": {"stock": 3, "lowStockThreshold": 1}}
    return (await products.create(ADMIN, {**given, **values})).id


async def test_only_what_differs_is_changed(runtime: Runtime) -> None:
    key = await mug(description="Blue")
    rows = [
        (2, {"sku": "M-1", "price": "2.5", "inventory": {"stock": "3"}}),
        (3, {"sku": " M-1 ", "price": "3", "inventory": {"stock": "5"}}),
        (4, {"sku": "N-1", "name": "New", "price": "1"}),
    ]
    trial = await products.load(ADMIN, rows, DRY)
    assert (trial.created, trial.updated, trial.unchanged, trial.batch) == (1, 1, 1, None)
    assert trial.changes[0] == {"line": 3, "id": key, "action": "updated", "fields": {"price": ["2.50", "3.00"], "inventory.stock": [3, 5]}}
    assert (await products.get(ADMIN, key)).rev == 1
    found = await products.load(ADMIN, rows, UPSERT)
    assert (found.created, found.updated, found.unchanged, found.imported) == (1, 1, 1, 2)
    product = await products.get(ADMIN, key)
    assert (str(product.price), product.stock, product.low_stock_threshold, product.description, product.tags) == (
        "3.0000",
        5,
        1,
        "Blue",
        ["a"],
    )
    again = await products.load(ADMIN, rows[1:], UPSERT)
    assert (again.imported, again.unchanged, again.batch) == (0, 2, None)


async def test_a_record_is_known_by_its_id_before_anything_else(runtime: Runtime) -> None:
    key = await mug()
    await products.load(ADMIN, [(2, {"id": key, "sku": "M-2"}), (3, {"id": "17", "sku": "M-2", "name": "Cup"})], UPSERT)
    product = await products.get(ADMIN, key)
    assert (product.sku, product.name) == ("M-2", "Cup")
    made = await products.load(ADMIN, [(2, {"id": "f" * 24, "name": "Kept", "price": "1"})], UPSERT)
    assert made.created == 1
    assert (await products.get(ADMIN, "f" * 24)).name == "Kept"


async def test_part_of_an_address_leaves_the_rest(runtime: Runtime) -> None:
    anna = await customers.create(
        ADMIN, {"name": "Anna", "email": "anna@example.com", "address": {"line1": "1 Rue X", "country": "France"}}
    )
    await customers.load(ADMIN, [(2, {"email": "ANNA@Example.com", "address": {"country": "Belgium"}})], UPSERT)
    found = await customers.get(ADMIN, anna.id)
    assert (found.address["line1"], found.address["country"], found.country) == ("1 Rue X", "Belgium", "Belgium")


async def test_what_cannot_be_changed_says_so(runtime: Runtime) -> None:
    await mug()
    with pytest.raises(Invalid) as raised:
        await products.load(ADMIN, [(2, {"sku": "M-1", "currency": "USD"})], UPSERT)
    assert raised.value.fields == {"line 2: currency": "This cannot be changed by an import."}
    assert (await products.load(ADMIN, [(2, {"sku": "M-1", "currency": "GBP"})], UPSERT)).unchanged == 1


async def test_who_may_not_update_changes_nothing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await mug()
    with pytest.raises(Forbidden):
        await products.load(Actor("b" * 24, role=Role.MODERATOR), [(2, {"sku": "M-1", "price": "9"})], UPSERT)


async def test_good_rows_are_kept_and_bad_ones_handed_back(runtime: Runtime) -> None:
    await mug()
    bad: list[tuple[Any, str]] = []
    rows = [
        (2, {"name": "Good", "sku": "G", "price": "1"}),
        (3, {"name": "=Bad", "sku": "B", "price": "much"}),
        (4, {"sku": "M-1", "inventory": {"stock": -1}}),
        (5, {"name": "Fine", "sku": "F", "price": "1"}),
    ]
    found = await products.load(ADMIN, rows, How(Mode.UPSERT, OnError.SKIP, bad=lambda row, columns, reason: bad.append((row, reason))))
    assert (found.created, found.updated, found.failed) == (2, 0, 2)
    assert [problem["line"] for problem in found.problems] == [3, 4]
    assert bad[0] == (rows[1][1], "price: Enter an amount, such as 12.50.")
    assert {product.sku for product in await products_collection.find_all()} == {"M-1", "G", "F"}
    batch = await IMPORTS.get(ADMIN, found.batch or "")
    lines = list(csv.DictReader(io.StringIO((await IMPORTS.bad_rows(ADMIN, batch.id)).decode())))
    assert (lines[0]["name"], lines[0]["price"], lines[0]["error"]) == ("'=Bad", "much", "price: Enter an amount, such as 12.50.")
    assert (lines[1]["sku"], lines[1]["inventory.stock"]) == ("M-1", "-1")
    assert bad_rows_csv([]) == b"error\r\n"


async def test_an_import_is_taken_back_but_for_what_was_changed_since(runtime: Runtime) -> None:
    key, other = await mug(), await mug(sku="O-1")
    rows = [
        (2, {"sku": "M-1", "price": "3", "tags": ["b"]}),
        (3, {"sku": "O-1", "price": "3"}),
        (4, {"sku": "N-1", "name": "New", "price": "1"}),
        (5, {"sku": "N-2", "name": "New", "price": "1"}),
        (6, {"sku": "M-1", "price": "4"}),
        (7, {"sku": "N-1", "price": "2"}),
    ]
    found = await products.load(ADMIN, rows, UPSERT)
    await products.update(ADMIN, other, {"name": "Edited"})
    gone = next(one for one in await products_collection.find_all() if one.sku == "N-2")
    await products.delete(ADMIN, gone.id)
    before = await products_collection.find_all()
    foreseen = await IMPORTS.foresee(ADMIN, found.batch or "")
    assert await products_collection.find_all() == before
    done = await IMPORTS.revert(ADMIN, found.batch or "")
    assert foreseen == done
    assert (done.deleted, done.restored, done.gone, done.left) == (1, 1, 1, 1)
    assert done.kept[0]["id"] == other
    back = await products.get(ADMIN, key)
    assert (str(back.price), back.tags, back.name) == ("2.5000", ["a"], "Mug")
    assert {product.sku for product in await products_collection.find_all()} == {"M-1", "O-1"}
    for again in (IMPORTS.revert, IMPORTS.foresee):
        with pytest.raises(AlreadyReverted):
            await again(ADMIN, found.batch or "")


async def test_a_later_change_that_was_undone_stands_in_no_import_s_way(runtime: Runtime) -> None:
    changed, made = await mug(), "N-1"
    first = await products.load(ADMIN, [(2, {"sku": "M-1", "price": "3"}), (3, {"sku": made, "name": "New", "price": "1"})], UPSERT)
    both = [one.id for one in await products_collection.find_all()]
    bulk = await products.bulk(ADMIN, {"ids": both, "action": "update", "changes": {"status": "draft"}})
    await products.undo_bulk(ADMIN, {"token": bulk.undo})
    second = await products.load(
        ADMIN, [(2, {"sku": "M-1", "price": "4"}), (3, {"sku": made, "price": "5"}), (4, {"sku": "M-1", "price": "6"})], UPSERT
    )
    foreseen = await IMPORTS.foresee(ADMIN, first.batch or "")
    assert (foreseen.left, foreseen.nothing) == (2, True), "what the second import did is still there"
    assert (await IMPORTS.revert(ADMIN, second.batch or "")).restored == 2
    done = await IMPORTS.revert(ADMIN, first.batch or "")
    assert (done.deleted, done.restored, done.left) == (1, 1, 0)
    assert [(one.id, str(one.price)) for one in await products_collection.find_all()] == [(changed, "2.5000")]


async def test_only_who_may_import_a_noun_sees_its_imports(runtime: Runtime) -> None:
    await users.load(SYSTEM, [(2, {"name": "Grace Hopper", "email": "g@example.com"})])
    await customers.load(SYSTEM, [(2, {"name": "Anna"})])
    seller = Actor("c" * 24, role=Role.ENTERPRISE)
    assert [batch.noun for batch in await IMPORTS.latest(ADMIN)] == ["customers", "users"]
    assert [batch.noun for batch in await IMPORTS.latest(seller)] == ["customers"]
    assert await IMPORTS.latest(Actor("d" * 24, role=Role.USER)) == []


async def test_customers_with_orders_stay(runtime: Runtime) -> None:
    found = await customers.load(ADMIN, [(2, {"name": "Anna"}), (3, {"name": "Bert"})])
    await mug()
    [anna, _] = sorted(await customers_collection.find_all(), key=lambda one: one.name)
    product = (await products_collection.find_all())[0]
    await orders.create(ADMIN, {"customerId": anna.id, "lines": [{"productId": product.id, "quantity": 1}]})
    foreseen = await IMPORTS.foresee(ADMIN, found.batch or "")
    done = await IMPORTS.revert(ADMIN, found.batch or "")
    assert foreseen == done
    assert (done.deleted, done.left, done.kept[0]["id"]) == (1, 1, anna.id)


async def test_who_must_prove_themselves_does_it_before_anything_is_loaded_or_taken_back(runtime: Runtime) -> None:
    for number in range(3):
        await users_collection.add(User(name=f"User {number}", email=f"{number}@example.com"))
    rows = [
        (2, {"name": "New User", "email": "new@example.com"}),
        (3, {"email": "0@example.com", "company": "Navy"}),
        (4, {"email": "1@example.com", "role": "moderator"}),
    ]
    proven = replace(ADMIN, session_id="s" * 24, proven_at=clock.now())
    late = replace(proven, proven_at=None)
    for how in (UPSERT, replace(UPSERT, on_error=OnError.SKIP)):
        with pytest.raises(StepUpRequired):
            await users.load(late, rows, how)
    assert len(await users_collection.find_all()) == 3
    found = await users.load(proven, rows, UPSERT)
    for _ in range(2):
        with pytest.raises(StepUpRequired):
            await IMPORTS.revert(late, found.batch or "")
    kept = {one.email: (one.role, one.company) for one in await users_collection.find_all()}
    assert (len(kept), kept["0@example.com"], kept["1@example.com"][0]) == (4, ("user", "Navy"), "moderator")
    foreseen = await IMPORTS.foresee(proven, found.batch or "")
    done = await IMPORTS.revert(proven, found.batch or "")
    assert foreseen == done
    assert (done.deleted, done.restored, done.left) == (1, 2, 0)
    assert {one.role for one in await users_collection.find_all()} == {"user"}
