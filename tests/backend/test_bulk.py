"""Many records at once: each under its own rules, a report per row, and the way back."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import bulk, clock
from mewayz.backend import runtime as runtimes
from mewayz.backend.access import Actor
from mewayz.backend.errors import Forbidden, Invalid
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.service import auth
from mewayz.domains.customers.service import customers
from mewayz.domains.products.model import Product
from mewayz.domains.products.service import products
from mewayz.domains.users.service import users
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in


@pytest.fixture
async def admin(runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def add_products(who: Actor, count: int) -> list[str]:
    rows = [(number, {"name": f"Mug {number:03}", "price": "5", "category": ("Old", "New")[number % 2]}) for number in range(count)]
    await products.load(who, rows)
    found = await products.collection.find_all()
    return [product.id for product in sorted(found, key=lambda product: product.name)]


async def statuses(ids: Sequence[str]) -> list[str]:
    found = await products.collection.find_ids(ids)
    return [found[one].status for one in ids]


async def events() -> list[str]:
    return [row[0] for row in await products.collection.database.fetch(text("SELECT event FROM audit_log ORDER BY seq"))]


async def test_five_hundred_rows_are_changed_and_changed_back(admin: Actor) -> None:
    ids = await add_products(admin, 500)
    await products.update(admin, ids[7], {"status": "archived"})
    done = await products.bulk(
        admin, {"ids": ids, "changes": {"status": "draft", "category": "Sale", "inventory": {"lowStockThreshold": 3}}}
    )
    assert (done.failed, [row.id for row in done.rows]) == (0, ids)
    assert set(await statuses(ids)) == {"draft"}
    assert (await products.stats(admin))["category"]["Sale"] == 500
    assert done.undo is not None
    back = await products.undo_bulk(admin, {"token": done.undo})
    assert (back.failed, len(back.rows)) == (0, 500)
    assert (await statuses(ids)).count("published") == 499
    assert (await products.get(admin, ids[7])).status == "archived"
    assert (await products.stats(admin))["category"] == {"Old": 250, "New": 250}
    assert {product.low_stock_threshold for product in await products.collection.find_all()} == {0}
    with pytest.raises(bulk.NotUndone):
        await products.undo_bulk(admin, {"token": done.undo})


async def test_all_that_match_a_query(admin: Actor) -> None:
    ids = await add_products(admin, 30)
    done = await products.bulk(admin, {"query": "category=New&search=mug", "changes": {"status": "draft"}})
    assert sorted(row.id for row in done.rows) == sorted(ids[1::2])
    assert await statuses(ids) == ["published", "draft"] * 15
    nothing = await products.bulk(admin, {"query": "category=None", "changes": {"status": "draft"}})
    assert (nothing.rows, nothing.undo) == ([], None)


async def test_what_is_refused_is_reported_and_stops_nothing(admin: Actor) -> None:
    one, two, three = await add_products(admin, 3)
    done = await products.bulk(admin, {"ids": [three, two, "f" * 24, one], "changes": {"sku": "ONLY-ONE"}, "revs": {two: 1, three: 4}})
    assert [(row.id, row.error.get("code")) for row in done.rows] == [
        (three, "products.outdated"),
        (two, "products.duplicate"),
        ("f" * 24, "not_found"),
        (one, None),
    ]
    assert [(await products.get(admin, each)).sku for each in (one, two, three)] == ["ONLY-ONE", None, None]
    assert (await events()).count("products.updated") == 1, "what was refused has left nothing behind"


async def test_a_dry_run_says_what_would_become_of_each_row(admin: Actor) -> None:
    ids = await add_products(admin, 3)
    before = await events()
    done = await products.bulk(admin, {"ids": ids, "changes": {"sku": "X"}, "dryRun": True})
    assert (done.dry_run, done.failed, len(done.rows), done.undo) == (True, 2, 3, None)
    assert {product.sku for product in await products.collection.find_all()} == {None}
    assert await events() == before


async def test_deleting_keeps_what_must_stay(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Anna", "Ben", "Cleo"):
        await customers.create(admin, {"name": name})
    found = {customer.name: customer.id for customer in await customers.collection.find_all()}

    async def keeps(customer_id: str, leaving: AbstractSet[str]) -> bool:
        return customer_id == found["Ben"]

    monkeypatch.setattr(type(customers), "kept_by", [keeps])
    done = await customers.bulk(admin, {"ids": list(found.values()), "action": "delete"})
    assert [row.error.get("code") for row in done.rows] == [None, "customers.has_orders", None]
    assert done.undo is None
    assert [customer.name for customer in await customers.collection.find_all()] == ["Ben"]
    assert (await events())[-1] == "customers.bulk_deleted"


async def test_administrators_do_not_lock_themselves_out_in_bulk(admin: Actor) -> None:
    other = await add_person(Role.USER)
    done = await users.bulk(admin, {"ids": [admin.id, other.id], "changes": {"status": "suspended"}})
    assert {row.id: row.error.get("code") for row in done.rows} == {admin.id: "users.own_account", other.id: None}


async def test_what_was_changed_meanwhile_is_not_undone(admin: Actor) -> None:
    one, two = await add_products(admin, 2)
    done = await products.bulk(admin, {"ids": [one, two], "changes": {"status": "draft"}})
    await products.update(admin, two, {"name": "Cup"})
    back = await products.undo_bulk(admin, {"token": done.undo})
    assert {row.id: row.error.get("code") for row in back.rows} == {one: None, two: "products.outdated"}
    assert await statuses([one, two]) == ["published", "draft"]


async def test_a_batch_is_undone_by_who_made_it_within_a_day(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await add_products(admin, 2)
    token = (await products.bulk(admin, {"ids": ids, "changes": {"status": "draft"}})).undo
    for who, service in ((await add_person(Role.ENTERPRISE), products), (admin, customers)):
        with pytest.raises(bulk.NotUndone):
            await service.undo_bulk(who, {"token": token})
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(bulk.NotUndone):
        await products.undo_bulk(admin, {"token": token})
    await products.bulk(admin, {"ids": ids, "changes": {"status": "archived"}})
    assert await products.collection.database.value(text("SELECT count(*) FROM bulk_changes")) == 1, "what is too old is gone"


async def test_who_may_change_but_not_delete(admin: Actor) -> None:
    ids = await add_products(admin, 1)
    moderator, user = await add_person(Role.MODERATOR), await add_person(Role.USER)
    assert (await products.bulk(moderator, {"ids": ids, "changes": {"status": "draft"}})).failed == 0
    with pytest.raises(Forbidden):
        await products.bulk(moderator, {"ids": ids, "action": "delete"})
    with pytest.raises(Forbidden):
        await products.bulk(user, {"ids": ids, "changes": {"status": "draft"}})
    assert len(await products.collection.find_all()) == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"changes": {"status": "draft"}}, "ids"),
        ({"ids": ["a"], "query": "", "changes": {"status": "draft"}}, "ids"),
        ({"ids": [], "changes": {"status": "draft"}}, "ids"),
        ({"ids": ["a"] * 1001, "changes": {"status": "draft"}}, "ids"),
        ({"ids": ["a"]}, "changes"),
        ({"ids": ["a"], "changes": {"status": "gone"}}, "status"),
        ({"ids": ["a"], "changes": {"colour": "red"}}, "colour"),
        ({"ids": ["a"], "action": "delete", "changes": {"status": "draft"}}, "changes"),
        ({"query": "page=2", "changes": {"status": "draft"}}, "query"),
        ({"query": "status", "changes": {"status": "draft"}}, "query"),
        ({"query": "status=draft&status=draft", "changes": {"status": "draft"}}, "query"),
        ({"query": "colour=red", "changes": {"status": "draft"}}, "colour"),
    ],
)
async def test_what_cannot_be_asked(admin: Actor, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        await products.bulk(admin, asked)
    assert list(raised.value.fields) == [field]


async def test_too_many_at_once(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_MATCHES", 4)
    await add_products(admin, 5)
    with pytest.raises(bulk.TooMany):
        await products.bulk(admin, {"query": "", "changes": {"status": "draft"}})
    assert {product.status for product in await products.collection.find_all()} == {Product.model_fields["status"].default}
    assert len((await products.bulk(admin, {"query": "category=Old", "changes": {"status": "draft"}})).rows) == 3


async def test_over_rest(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "identity", [auth.identify])
    ids = await add_products(admin, 2)
    async with signed_in(admin.email) as client:
        body = {"ids": [*ids, "f" * 24], "changes": {"status": "draft"}}
        assert data_of(await client.post("/products/bulk", json={**body, "dryRun": True}))["bulk"]["dryRun"] is True
        done = data_of(await client.post("/products/bulk", json=body))["bulk"]
        assert (done["total"], done["succeeded"], done["failed"]) == (3, 2, 1)
        assert done["rows"][0] == {"id": ids[0], "ok": True}
        assert (done["rows"][2]["ok"], done["rows"][2]["error"]["code"]) == (False, "not_found")
        back = data_of(await client.post("/products/bulk/undo", json={"token": done["undo"]}))["bulk"]
        assert (back["total"], back["failed"], back["undo"]) == (2, 0, None)
        refused(await client.post("/products/bulk/undo", json={"token": done["undo"]}), 409, "bulk.not_undone")
        refused(await client.post("/products/bulk", json={"ids": ids}), 422, "invalid")
