"""Many orders at once: each takes its step under the rules of one, and only what has begun is taken back."""

from zoneinfo import ZoneInfo

import pytest

from mewayz.backend import bulk
from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.service import orders
from tests.domains.auth.flows import letters
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, anna, mug, paid, place, stock_of
from tests.domains.people import add_person, add_shop, data_of, signed_in

ANNA = "anna@example.com"
LONDON = ZoneInfo("Europe/London")


async def statuses(*ids: str) -> list[str]:
    found = await orders_collection.find_ids(ids)
    return [found[one].status for one in ids]


async def test_each_order_takes_its_step_or_says_why_not(runtime: Runtime) -> None:
    await add_shop()
    one, buyer = await mug(stock=20), await anna(email=ANNA)
    pending, bought = await place((one, 2), customerId=buyer.id), await paid(await place((one, 3)))
    sent = await place((one, 1))
    await orders.confirm(SELLER, sent.id)
    await orders.ship(SELLER, sent.id, {})
    ids = [sent.id, pending.id, bought.id]
    stock = await stock_of(one)
    done = await orders.bulk(SELLER, {"ids": ids, "changes": {"status": "cancelled"}, "dryRun": True})
    assert (done.failed, await stock_of(one)) == (2, stock)
    done = await orders.bulk(SELLER, {"ids": ids, "changes": {"status": "cancelled"}})
    assert [row.error.get("code") for row in done.rows] == ["orders.illegal_transition", None, "orders.illegal_transition"]
    assert "This order is shipped and its payment pending, so it cannot be cancelled now." in done.rows[0].error["message"]
    assert "This order is confirmed and its payment paid" in done.rows[2].error["message"]
    assert (await statuses(*ids), done.undo) == (["shipped", "cancelled", "confirmed"], None)
    assert await stock_of(one) == stock + 2, "only the pieces of the one that was cancelled are back"
    assert [len((await orders.get(SELLER, each)).timeline) for each in (sent.id, bought.id)] == [3, 3], "what was refused left nothing"
    assert await letters(runtime, ANNA, "confirmed") == []
    await assert_figures(runtime.database, LONDON)


async def test_confirming_writes_to_each_customer_once_it_is_done(runtime: Runtime) -> None:
    await add_shop()
    one, buyer = await mug(), await anna(email=ANNA)
    two, gone = await place((one, 1), customerId=buyer.id), await place((one, 1), customerId=buyer.id)
    await orders.cancel(SELLER, gone.id)
    await orders.bulk(SELLER, {"query": "status=pending,cancelled", "changes": {"status": "confirmed"}, "dryRun": True})
    done = await orders.bulk(SELLER, {"query": "status=pending,cancelled", "changes": {"status": "confirmed"}})
    assert ({row.id: bool(row.error) for row in done.rows}, done.undo) == ({two.id: False, gone.id: True}, None)
    assert len(await letters(runtime, ANNA, "confirmed")) == 1


async def test_what_has_begun_is_taken_back(runtime: Runtime) -> None:
    await add_shop()
    one = await mug(stock=20)
    made = [await place((one, 1)) for _ in range(3)]
    ids = [order.id for order in made]
    await orders.bulk(SELLER, {"ids": ids, "changes": {"status": "confirmed"}})
    done = await orders.bulk(SELLER, {"ids": ids, "changes": {"status": "processing"}})
    assert (await statuses(*ids), done.undo is None) == (["processing"] * 3, False)
    await orders.ship(SELLER, ids[1], {})
    back = await orders.undo_bulk(SELLER, {"token": done.undo})
    assert [row.error.get("code") for row in back.rows] == [None, "orders.outdated", None]
    assert await statuses(*ids) == ["confirmed", "shipped", "confirmed"]
    assert [entry["event"] for entry in (await orders.get(SELLER, ids[0])).timeline] == [
        "placed", "confirmed", "processing", "processing_undone",
    ]  # fmt: skip
    assert await stock_of(one) == 17
    await assert_figures(runtime.database, LONDON)
    assert (await orders.process(SELLER, ids[0])).status == "processing", "and the way on is open"
    mixed = await orders.bulk(SELLER, {"ids": [ids[2]], "changes": {"status": "processing", "note": "Soon"}})
    assert mixed.undo is None, "with anything else it is not offered"


async def test_over_rest_it_is_the_same(runtime: Runtime) -> None:
    await add_shop()
    who = await add_person(Role.ENTERPRISE)
    order, other = await place((await mug(), 1)), await place((await mug(), 1))
    await orders.cancel(SELLER, other.id)
    async with signed_in(who.email) as client:
        asked = {"ids": [order.id, other.id], "changes": {"status": "confirmed"}}
        found = data_of(await client.post("/orders/bulk", json=asked))["bulk"]
        assert ((found["succeeded"], found["failed"], found["undo"]), found["rows"][1]["ok"]) == ((1, 1, None), False)
        begun = data_of(await client.post("/orders/bulk", json={"ids": [order.id], "changes": {"status": "processing"}}))["bulk"]
        data_of(await client.post("/orders/bulk/undo", json={"token": begun["undo"]}))
        listed = data_of(await client.get("/orders", params={"ids": f"{order.id},{'f' * 24}"}))
        assert [(row["id"], row["status"]) for row in listed["orders"]] == [(order.id, "confirmed")]
        wrong = await client.get("/orders", params={"ids": "mug"})
        assert (wrong.status_code, wrong.json()["error"]["fields"]) == (422, {"ids": "Send up to 100 ids, separated by commas."})


async def test_people_who_buy_do_not_work_on_many(runtime: Runtime) -> None:
    await add_shop()
    order, buyer = await place((await mug(), 1)), await add_person(Role.USER)
    with pytest.raises(Forbidden):
        await orders.bulk(buyer, {"ids": [order.id], "changes": {"status": "cancelled"}})
    with pytest.raises(bulk.NotUndone):
        await orders.undo_bulk(SELLER, {"token": "f" * 24})
