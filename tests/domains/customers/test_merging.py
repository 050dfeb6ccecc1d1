"""Merging: nothing is lost, every figure is right before, after and once it is undone, whatever happens meanwhile."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from mewayz.backend import audit, clock
from mewayz.backend.columns import table_of
from mewayz.backend.crud import read_query
from mewayz.backend.documents import wire
from mewayz.backend.errors import Forbidden, Invalid, NotFound
from mewayz.backend.runtime import Runtime, current
from mewayz.domains.customers.merging import CannotUndo, merges
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.customers.notes import notes
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.rollups import SALES_BY_CUSTOMER
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.customers.buyers import MODERATOR, SELLER, again, buys, customer
from tests.domains.people import add_shop

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
async def shop(runtime: Runtime) -> None:
    """Somewhere to sell."""
    await add_shop()


async def merge(kept: Customer, other: Customer) -> dict[str, Any]:
    return await merges.merge(SELLER, kept.id, {"from": other.id})


async def sales() -> dict[str, tuple[int, int]]:
    """Gross and orders per customer, by the rollup."""
    table = SALES_BY_CUSTOMER.c
    rows = await current().database.fetch(
        select(table.customer_id, func.sum(table.gross), func.sum(table.orders)).group_by(table.customer_id)
    )
    return {key: (int(gross), int(count)) for key, gross, count in rows if gross or count}


async def everything() -> list[dict[str, Any]]:
    """All customers and orders as they are, but for their revisions."""
    found = [wire(one) for collection in (customers_collection, orders_collection) for one in await collection.find_all()]
    return sorted(({k: v for k, v in one.items() if k not in ("rev", "updatedAt")} for one in found), key=lambda one: one["id"])


async def test_the_kept_one_wins_what_is_empty_is_filled_and_lists_are_united() -> None:
    anna = await customer("Anna", tags=["vip"], notes="Likes tea", phone="+44 20 7946 0018", addresses=[{"line1": "1 A", "label": "Home"}])
    twin = await customer(
        "Anne", email="anne@example.com", reference="R1", phone="+43 1 53115", tags=["eu", "vip"], notes="Left-handed", source="fair",
        addresses=[{"line1": "2 B", "country": "France"}, {"line1": "1 A"}], marketingConsent=True,
    )  # fmt: skip
    await notes.add(MODERATOR, twin.id, {"text": "Called"})
    preview = await merges.merge(SELLER, anna.id, {"from": twin.id, "dryRun": True})
    assert (preview["dryRun"], preview["id"], preview["notes"], len(preview["remarks"])) == (True, None, 1, 2)
    assert await again(twin) == twin
    done = await merge(anna, twin)
    assert done["fields"] == preview["fields"]
    result = {one["field"]: one["result"] for one in done["fields"]}
    found = wire(await again(anna))
    assert {name: found[name] for name in result} == result
    assert (found["name"], found["email"], found["reference"], found["phone"]) == ("Anna", "anne@example.com", "R1", "+44 20 7946 0018")
    assert (found["tags"], found["notes"], found["source"], found["marketingConsent"]) == (["vip", "eu"], "Likes tea", "fair", False)
    assert [(one["line1"], one["defaultShipping"]) for one in found["addresses"]] == [("1 A", True), ("2 B", False)]
    assert [one["text"] for one in (await notes.page(SELLER, anna.id))["notes"]] == ["Anne: Left-handed", "Called"]
    with pytest.raises(NotFound):
        await again(twin)


async def test_orders_and_every_figure_move() -> None:
    anna, twin = await customer("Anna", status="lead"), await customer("Anne")
    first, second = await buys(twin, 4), await buys(twin, 2)
    await orders.update(SELLER, (await buys(twin, 9)).id, {"status": "cancelled"})
    done = await merge(anna, twin)
    assert done["orders"] == 3
    found = await again(anna)
    assert (found.orders_count, found.total_spent, found.status) == (2, Decimal("15.00"), "customer")
    assert (found.first_order_at, found.last_order_at) == (first.placed_at, second.placed_at)
    moved = await orders.get(SELLER, first.id)
    assert (moved.customer_id, moved.customer_name, moved.rev) == (anna.id, "Anna", first.rev + 1)
    assert await sales() == {anna.id: (150_000, 2)}
    assert (await orders.page(SELLER, await read_query(orders.spec, {"customer": anna.id}))).total == 3
    assert (await customers.stats(SELLER))["total"] == 1
    await audit.seal()
    log = table_of(audit.AuditEntry).c
    events = [row[0] for row in await current().database.fetch(select(log.event).order_by(log.seq))]
    assert {"customers.merged", "customers.deleted"} <= set(events)


async def test_undo_puts_both_back_as_they_were() -> None:
    anna = await customer("Anna", tags=["vip"], notes="Tea")
    twin = await customer("Anne", email="anne@example.com", tags=["eu"], phone="+43 1 53115", notes="Coffee", address={"country": "Spain"})
    await buys(anna, 1)
    await buys(twin, 4)
    note = await notes.add(SELLER, twin.id, {"text": "Called"})
    before, figures = await everything(), await sales()
    done = await merge(anna, twin)
    [told] = await merges.recent(SELLER, anna.id)
    assert (told["id"], told["from"]["name"], told["orders"], told["by"]) == (done["id"], "Anne", 1, "Seller")
    undone = await merges.undo(SELLER, done["id"])
    assert (undone["orders"], undone["remarks"]) == (1, [])
    assert await everything() == before
    assert await sales() == figures
    assert [one["id"] for one in (await notes.page(SELLER, twin.id))["notes"]] == [note.id]
    assert (await notes.page(SELLER, anna.id))["notes"] == []
    assert await merges.recent(SELLER, anna.id) == []
    with pytest.raises(CannotUndo):
        await merges.undo(SELLER, done["id"])


async def test_undo_leaves_what_has_changed_since_and_says_so() -> None:
    anna = await customer("Anna")
    twin = await customer("Anne", email="anne@example.com", reference="R1", company="Old", tags=["eu"])
    lost = await buys(twin, 4)
    await buys(twin, 2)
    done = await merge(anna, twin)
    now = await again(anna)
    await customers.update(SELLER, anna.id, {"company": "New", "tags": [*now.tags, "vip"], "reference": None}, now.rev)
    await customer("Other", reference="R1")
    await orders.delete(SELLER, lost.id)
    later = await buys(anna, 10)
    undone = await merges.undo(SELLER, done["id"])
    kept, back = await again(anna), await again(twin)
    assert (kept.company, kept.tags, kept.email, kept.reference) == ("New", ["vip"], None, None)
    assert (back.company, back.tags, back.email, back.reference) == ("Old", ["eu"], "anne@example.com", None)
    assert (kept.orders_count, back.orders_count, undone["orders"]) == (1, 1, 1)
    assert (await orders.get(SELLER, later.id)).customer_id == anna.id
    assert await sales() == {anna.id: (250_000, 1), twin.id: (50_000, 1)}
    assert len(undone["remarks"]) == 4
    assert any("R1 is in use" in remark for remark in undone["remarks"])


async def test_merges_are_undone_in_their_order() -> None:
    a, b, c = [await customer(name) for name in "ABC"]
    await buys(c)
    inner, outer = await merge(b, c), await merge(a, b)
    with pytest.raises(CannotUndo):
        await merges.undo(SELLER, inner["id"])
    await merges.undo(SELLER, outer["id"])
    await merges.undo(SELLER, inner["id"])
    assert [(await again(one)).orders_count for one in (a, b, c)] == [0, 0, 1]


async def test_after_thirty_days_nothing_of_the_removed_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c = [await customer(name) for name in "ABC"]
    done = await merge(a, b)
    late = clock.now() + timedelta(days=30, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert await merges.recent(SELLER, a.id) == []
    with pytest.raises(CannotUndo):
        await merges.undo(SELLER, done["id"])
    await merge(a, c)
    with pytest.raises(NotFound):
        await merges.undo(SELLER, done["id"])


async def test_who_may_merge_what() -> None:
    a, b = await customer("A"), await customer("B")
    with pytest.raises(Forbidden):
        await merges.merge(MODERATOR, a.id, {"from": b.id})
    for data in ({"from": a.id}, {"from": "nobody"}, {}):
        with pytest.raises(Invalid) as raised:
            await merges.merge(SELLER, a.id, data)
        assert set(raised.value.fields) == {"from"}
    with pytest.raises(NotFound):
        await merges.merge(SELLER, "nobody", {"from": a.id})


async def test_of_two_merges_at_once_one_happens() -> None:
    for round_ in range(4):
        a, b, c = [await customer(f"{name}{round_}") for name in "ABC"]
        await buys(b)
        other = (c, b) if round_ % 2 else (b, a)
        found = await asyncio.gather(merge(a, b), merge(*other), return_exceptions=True)
        failed = [one for one in found if isinstance(one, BaseException)]
        assert [type(one) for one in failed] in ([Invalid], [NotFound])
        left = [one for one in (a, b, c) if await customers_collection.find(id=one.id)]
        assert len(left) == 2
        assert sum([(await again(one)).orders_count for one in left]) == 1


async def test_an_order_placed_meanwhile_is_refused_or_moves() -> None:
    product = await products.create(SELLER, {"name": "Mug", "price": "2.50", "inventory": {"stock": 100}})
    for _ in range(6):
        a, b = await customer("A"), await customer("B")
        placing = orders.create(SELLER, {"customerId": b.id, "lines": [{"productId": product.id, "quantity": 1}]})
        placed, merged = await asyncio.gather(placing, merge(a, b), return_exceptions=True)
        assert isinstance(merged, dict)
        if isinstance(placed, BaseException):
            assert isinstance(placed, Invalid)
            assert set(placed.fields) == {"customerId"}
        assert (await again(a)).orders_count == (0 if isinstance(placed, BaseException) else 1)
        assert await orders_collection.find_all(customer_id=b.id) == []
