"""Several requests at once over REST: one of those that exclude each other wins, and pieces, money and ledger add up whoever does."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from mewayz.backend import runtime as runtimes
from mewayz.backend.access import Actor
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders import standing
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import products_collection
from tests.domains.orders.sales import SELLER, anna, mug, paid, place
from tests.domains.people import add_shop, visit

_OFF = (
    "SELECT count(*) FROM products p WHERE p.stock <> (SELECT coalesce(sum(m.delta), 0) FROM stock_moves m WHERE m.product_id = p.id)"
    " OR p.reserved <> (SELECT coalesce(-sum(m.delta), 0) FROM stock_moves m WHERE m.product_id = p.id AND m.reason = 'reservation')"
)


@pytest.fixture
async def client(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API as the seller reaches it."""
    await add_shop()

    async def identify(cookie: str, authorization: str, opened_at: object) -> Actor:
        return SELLER

    monkeypatch.setattr(runtimes, "identity", [identify])
    async with visit(Authorization="Bearer x") as found:
        yield found


async def at_once(client: httpx.AsyncClient, *asked: tuple[str, Any], **more: Any) -> list[httpx.Response]:
    return await asyncio.gather(*(client.post(path, json=sent, **more) for path, sent in asked))


def statuses(answers: list[httpx.Response]) -> Counter[int]:
    assert all(one.status_code < 500 for one in answers), [one.text for one in answers]
    return Counter(one.status_code for one in answers)


async def balanced(order: Order) -> Order:
    """The order as it is now; the ledger says what product and order say."""
    now = await orders_collection.get(order.id)
    assert await orders_collection.database.value(text(_OFF)) == 0
    for line in standing.of(now):
        assert 0 <= line.unshipped <= line.ordered
        assert line.dropped <= line.returned <= line.ordered
    waiting = 0 if now.status in ("cancelled", "refunded") else sum(line.unshipped for line in standing.of(now))
    assert sum(one.reserved for one in await products_collection.find_all()) == waiting
    returned = await orders_collection.find_all(original_id=order.id)
    assert {one.id for one in returned} == {entry["id"] for entry in now.refunds}
    assert standing.refunded(now) == -sum(one.total for one in returned) <= now.total
    return now


async def test_a_parcel_or_a_cancellation(client: httpx.AsyncClient) -> None:
    for parcel in ({}, {"lines": [{"line": 0, "quantity": 1}]}):
        order = await place((await mug(stock=10), 3), customerId=(await anna()).id)
        await orders.confirm(SELLER, order.id)
        path = f"/orders/{order.id}"
        assert statuses(await at_once(client, *[(f"{path}/ship", parcel), (f"{path}/cancel", {})] * 2))[200] >= 1
        now = await balanced(order)
        assert (now.status == "cancelled") != bool(now.fulfilments)
        await orders_collection.remove(order.id)
        await products_collection.remove(order.lines[0]["productId"])


async def test_the_whole_money_goes_back_once(client: httpx.AsyncClient) -> None:
    order = await paid(await place((await mug("10", stock=10), 3), shipping="5"))
    path = f"/orders/{order.id}/refund"
    assert statuses(await at_once(client, *[(path, {})] * 4, (path, {"amount": "35"}), (path, {"amount": "35"}))) == {200: 1, 409: 5}
    now = await balanced(order)
    assert (now.payment_status, len(now.refunds), standing.refunded(now)) == ("refunded", 1, 35)


async def test_no_more_pieces_leave_than_were_ordered(client: httpx.AsyncClient) -> None:
    order = await place((await mug(stock=10), 3))
    await orders.confirm(SELLER, order.id)
    one = (f"/orders/{order.id}/ship", {"lines": [{"line": 0, "quantity": 1}]})
    assert statuses(await at_once(client, *[one] * 6))[200] == 3
    now = await balanced(order)
    assert (now.status, len(now.fulfilments)) == ("shipped", 3)


async def test_a_change_of_lines_or_a_step(client: httpx.AsyncClient) -> None:
    product = await mug(stock=10)
    for verb in ("confirm", "pay", "cancel"):
        order = await place((product, 3))
        change = client.patch(f"/orders/{order.id}", json={"rev": order.rev, "lines": [{"productId": product.id, "quantity": 5}]})
        step = client.post(f"/orders/{order.id}/{verb}", json={})
        drop = client.delete(f"/orders/{order.id}")
        answers = list(await asyncio.gather(change, step, drop))
        statuses(answers)
        assert await orders_collection.database.value(text(_OFF)) == 0
        left = await orders_collection.find(id=order.id)
        held = 0 if left is None or left.status == "cancelled" else left.units
        assert (await products_collection.get(product.id)).reserved == held
        if left is not None:
            if left.payment_status == "paid":
                await orders.refund(SELLER, left.id, {})
            elif left.status != "cancelled":
                await orders.cancel(SELLER, left.id)


async def test_a_key_does_its_work_once(client: httpx.AsyncClient) -> None:
    product = await mug("10", stock=10)
    body = {"lines": [{"productId": product.id, "quantity": 2}]}
    key = {"headers": {"Idempotency-Key": "one"}}
    answers = await at_once(client, *[("/orders", body)] * 6, **key)
    assert set(statuses(answers)) <= {201, 409}
    assert {one.json()["error"]["code"] for one in answers if one.status_code == 409} <= {"idempotency.in_flight"}
    [order] = await orders_collection.find_all()
    again = await client.post("/orders", json=body, **key)
    assert (again.status_code, again.headers["Idempotency-Replayed"], again.json()["data"]["order"]["id"]) == (201, "true", order.id)
    other = await client.post("/orders", json={**body, "note": "x"}, **key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency.mismatch")
    await paid(order)
    path = f"/orders/{order.id}/refund"
    answers = await at_once(client, *[(path, {"amount": "1"})] * 6, **key)
    assert set(statuses(answers)) <= {200, 409}
    now = await balanced(order)
    assert (len(now.refunds), now.refunds[0]["amount"]) == (1, "1.00")
    assert (await client.post(path, json={"amount": "2"}, **key)).json()["error"]["code"] == "idempotency.mismatch"


async def test_what_was_meant_for_an_earlier_state_is_refused(client: httpx.AsyncClient) -> None:
    order = await paid(await place((await mug("10", stock=10), 3)))
    before = await orders_collection.get(order.id)
    stale = {"If-Match": f'"{order.rev - 1}"'}
    for verb in ("confirm", "process", "ship", "deliver", "cancel", "refund", "pay", "fail", "note"):
        answer = await client.post(f"/orders/{order.id}/{verb}", json={"text": "x"} if verb == "note" else {}, headers=stale)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "orders.outdated"), verb
    for sent in ({"rev": order.rev - 1, "note": "x"}, {"rev": order.rev - 1, "status": "processing"}):
        assert (await client.patch(f"/orders/{order.id}", json=sent)).json()["error"]["code"] == "orders.outdated"
    assert (await client.delete(f"/orders/{order.id}", headers=stale)).status_code == 409
    now = await balanced(order)
    assert now.model_dump() == before.model_dump()
