"""Orders over REST: the steps, the invoice, requests that are repeated, and crowds that want the same thing."""

import asyncio
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.grants import Role
from mewayz.backend.idempotency import HEADER
from mewayz.backend.runtime import Runtime
from mewayz.domains.orders.invoice import POLICY
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.orders.service import orders
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, anna, mug, paid, place, stock_of
from tests.domains.people import add_person, add_shop, data_of, refused, signed_in

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">'


class Text(HTMLParser):
    """The words of a page, and the tags it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += [data.strip()] if data.strip() else []


async def seller() -> str:
    await add_shop()
    return (await add_person(Role.ENTERPRISE)).email


async def test_an_order_goes_all_its_way(runtime: Runtime) -> None:
    async with signed_in(await seller()) as client:
        product = await mug("10", stock=5)
        made = data_of(await client.post("/orders", json={"lines": [{"productId": product.id, "quantity": 3}]}), 201)["order"]
        path = f"/orders/{made['id']}"
        for verb, body, state in (
            ("confirm", None, ("confirmed", "pending")),
            ("pay", None, ("confirmed", "paid")),
            ("process", None, ("processing", "paid")),
            ("ship", {"lines": [{"line": 0, "quantity": 1}]}, ("processing", "paid")),
            ("ship", {"trackingNumber": "X"}, ("shipped", "paid")),
            ("deliver", None, ("delivered", "paid")),
            ("note", {"text": "Left at the door"}, ("delivered", "paid")),
            ("refund", {"lines": [{"line": 0, "quantity": 2}], "reason": "Broken"}, ("delivered", "partially_refunded")),
            ("refund", {}, ("refunded", "refunded")),
        ):
            rev = data_of(await client.get(path))["order"]["rev"]
            outdated = await client.post(f"{path}/{verb}", headers={"If-Match": '"999"'}, json=body)
            refused(outdated, 409, "orders.outdated")
            answer = await client.post(f"{path}/{verb}", headers={"If-Match": f'"{rev}"'}, json=body)
            order = data_of(answer)["order"]
            assert ((order["status"], order["paymentStatus"]), answer.headers["etag"]) == (state, f'"{rev + 1}"'), verb
        error = refused(await client.post(f"{path}/cancel"), 409, "orders.illegal_transition")
        assert "Possible: nothing more." in error["message"]
        refused(await client.patch(path, json={"rev": order["rev"], "status": "shipped"}), 409, "orders.illegal_transition")
        refused(await client.delete(path), 409, "orders.not_deletable")
        refused(await client.post(f"{path}/refund", json=[]), 422, "invalid")
        refused(await client.post(f"{path}/refund"), 415, "unsupported_media_type")
        assert await stock_of(product) == 5
        returns = data_of(await client.get("/orders", params={"kind": "return"}))["orders"]
        assert {one["originalId"] for one in returns} == {made["id"]}


# Invoice ----------------------------------------------------------------------------------------------------------------


async def test_an_invoice_is_exact_and_holds_only_text(runtime: Runtime) -> None:
    async with signed_in(await seller()) as client:
        product = await mug("1234.5675", name=EVIL, sku="<b>")
        buyer = await anna(name=EVIL, address={"line1": EVIL, "city": "R&D"})
        order = await paid(await place((product, 2), customerId=buyer.id, discount="1", tax="0.5", note=EVIL))
        order = await orders.refund(SELLER, order.id, {"amount": "9"})
        answer = await client.get(f"/orders/{order.id}/invoice")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["content-disposition"] == f'inline; filename="invoice-{order.number}.html"'
        page = Text(answer.text)
        assert not page.tags & {"script", "img", "b", "link"}
        assert {EVIL, "<b>", f"Invoice {order.number}", "1,234.5675", "2,469.135", "£2,469.135", "-£1.00", "£0.50"} <= set(page.words)
        assert {"£2,468.635", "Paid", "-£9.00", "Test shop"} <= set(page.words)
        assert page.words[page.words.index("For") + 1].splitlines()[0] == EVIL  # the buyer, where the address names nobody
        saved = await client.get(f"/orders/{order.id}/invoice", params={"download": "true"})
        assert saved.headers["content-disposition"].startswith("attachment;")
        assert saved.text == answer.text
        refused(await client.get(f"/orders/{order.id}/invoice", params={"download": "1"}), 422, "invalid")
        note = Text((await client.get(f"/orders/{order.refunds[0]['id']}/invoice")).text)
        assert {f"Credit note {order.refunds[0]['number']}", "-£9.00"} <= set(note.words)
    user = await add_person(Role.USER)
    async with signed_in(user.email) as client:
        refused(await client.get(f"/orders/{order.id}/invoice"), 404, "not_found")


async def test_the_policy_of_an_invoice_lets_its_own_style_in(runtime: Runtime) -> None:
    await add_shop()
    order = await place((await mug(), 1))
    await orders_collection.patch(order.id, {"number": 'A"\r\n/../x'})
    printed = await orders.invoice(SYSTEM, order.id)
    assert printed.file_name == "invoice-A-------x.html"
    assert "style=" not in printed.page


# Requests that are repeated ---------------------------------------------------------------------------------------------


async def test_twenty_requests_with_one_key_are_one_order(runtime: Runtime) -> None:
    async with signed_in(await seller()) as client:
        product = await mug(stock=100)
        body = {"lines": [{"productId": product.id, "quantity": 1}]}
        answers = await asyncio.gather(*(client.post("/orders", json=body, headers={HEADER: "one"}) for _ in range(20)))
        made = [answer for answer in answers if answer.status_code == 201]
        for answer in answers:
            if answer not in made:
                refused(answer, 409, "idempotency.in_flight")
        assert len({answer.json()["data"]["order"]["id"] for answer in made}) == 1
        again = await client.post("/orders", json=body, headers={HEADER: "one"})
        assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, made[0].content, "true")
        assert again.headers["location"] == made[0].headers["location"]
        assert await stock_of(product) == 99
        refused(await client.post("/orders", json={**body, "note": "x"}, headers={HEADER: "one"}), 422, "idempotency.mismatch")
        assert (await client.post("/orders", json=body, headers={HEADER: "two"})).status_code == 201
        assert (await client.post("/orders", json=body)).status_code == 201
        assert await stock_of(product) == 97
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


async def test_a_repeated_refund_gives_back_once(runtime: Runtime) -> None:
    async with signed_in(await seller()) as client:
        order = await paid(await place((await mug("10"), 2)))
        headers = {HEADER: "back"}
        answers = await asyncio.gather(
            *(client.post(f"/orders/{order.id}/refund", json={"amount": "5"}, headers=headers) for _ in range(8))
        )
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert len((await orders.get(SYSTEM, order.id)).refunds) == 1


# Crowds -----------------------------------------------------------------------------------------------------------------


async def test_of_fifty_buyers_of_the_last_ten_exactly_ten_get_one(runtime: Runtime) -> None:
    async with signed_in(await seller()) as client:
        product, buyer = await mug(stock=10), await anna()
        body: dict[str, Any] = {"lines": [{"productId": product.id, "quantity": 1}], "customerId": buyer.id}
        answers = await asyncio.gather(*(client.post("/orders", json=body) for _ in range(50)))
        sold = [answer for answer in answers if answer.status_code == 201]
        assert len(sold) == 10
        for answer in answers:
            if answer not in sold:
                refused(answer, 409, "products.out_of_stock")
        assert await stock_of(product) == 0
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


async def test_orders_and_cancellations_of_one_buyer_at_once_wait_for_nobody_forever(runtime: Runtime) -> None:
    await add_shop()
    first, second, buyer = await mug(stock=100), await mug(stock=100), await anna()
    made = [await place((first, 1), (second, 1), customerId=buyer.id) for _ in range(12)]
    cancelling = [orders.cancel(SELLER, order.id) for order in made[:6]]
    deleting = [orders.delete(SELLER, order.id) for order in made[6:]]
    placing = [place((second, 1), (first, 1), customerId=buyer.id) for _ in range(12)]
    await asyncio.gather(*(work for three in zip(cancelling, deleting, placing[:6], strict=True) for work in three), *placing[6:])
    assert (await stock_of(first), await stock_of(second)) == (88, 88)
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))


@pytest.mark.parametrize("price", ["999999999", "99999999999.9999", "0.0001"])
async def test_amounts_at_the_edge_are_taken_or_refused(runtime: Runtime, price: str) -> None:
    async with signed_in(await seller()) as client:
        product = await mug(price, stock=10**9)
        for quantity in (1, 1_000_000, 1_000_001, 10**19, -1, 0, "1", 1.5):
            line = {"productId": product.id, "quantity": quantity}
            answer = await client.post("/orders", json={"lines": [line] * 2, "shipping": "0.0001"})
            assert answer.status_code in {201, 422}, answer.text
    await assert_figures(runtime.database, ZoneInfo("Europe/London"))
