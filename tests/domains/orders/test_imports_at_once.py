"""Imports of orders, and what others do with the same orders and customers meanwhile: nothing booked is lost, and all figures add up."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context, copy_context
from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend import unit as units
from mewayz.backend.access import SYSTEM
from mewayz.backend.errors import Conflict, Invalid, MewayzError, NotFound
from mewayz.backend.loads import How, Mode
from mewayz.backend.runtime import Runtime, current
from mewayz.backend.shop import shop
from mewayz.domains.analytics.service import analytics
from mewayz.domains.customers.merging import merges
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders import corrections, history, standing
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import products_collection
from tests.domains.orders.figures import assert_figures
from tests.domains.orders.sales import SELLER, mug, place
from tests.domains.orders.test_history import HOW_SKIP, IMPORTS, bring
from tests.domains.people import add_shop

HEADER = "number,placedAt,sku,quantity,unitPrice,customer.email,note\n"
Work = Callable[[], Awaitable[object]]


def line(number: str, quantity: int = 3, price: str = "10", buyer: str = "a", note: str = "") -> str:
    return f"{number},2011-01-15,S1,{quantity},{price},{buyer}@x.example,{note}\n"


async def the(number: str) -> Order:
    found = await orders_collection.find(number=number)
    assert found is not None
    return found


async def buyer(name: str) -> str:
    found = await customers_collection.find(email=f"{name}@x.example")
    assert found is not None
    return found.id


async def sound() -> None:
    """Figures are those of the orders, refunds those of the returns, and no order names somebody who is gone."""
    await assert_figures(current().database, (await shop()).zone)

    async def silent(share: float, words: str) -> None:
        pass

    assert (await analytics.rebuild(SYSTEM, silent, change=False)).equal
    people = {one.id for one in await customers_collection.find_all()}
    every = await orders_collection.find_all()
    assert {one.customer_id for one in every if one.customer_id} <= people
    for one in every:
        back = -sum((other.total for other in every if other.original_id == one.id), Decimal(0))
        assert one.kind == "return" or standing.refunded(one) == back <= one.total
        assert all(part.returned <= part.ordered for part in standing.of(one) if one.kind == "sale")


@pytest.fixture
async def before_writing(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], None]:
    """Do something once, at the moment when the next import has read everything and begins to write."""
    await add_shop()

    def arrange(work: Work) -> None:
        calls = 0

        async def asked() -> Any:
            nonlocal calls
            calls += 1
            if calls == 2:  # the first is when it begins to read
                await work()
            return await shop()

        monkeypatch.setattr(history, "shop", asked)

    return arrange


async def beside(outside: Context, work: Awaitable[object]) -> asyncio.Task[object]:
    """Begin something as somebody else, and give it the time that it would take where nobody is in its way."""

    async def run() -> object:
        with suppress(MewayzError):
            return await work

    task = asyncio.create_task(run(), context=outside.copy())
    await asyncio.wait([task], timeout=0.5)
    return task


async def test_a_refund_and_a_note_that_come_meanwhile_stay(before_writing: Callable[[Work], None]) -> None:
    await bring(HEADER + line("A") + line("B"))
    one, other = await the("A"), await the("B")

    async def book() -> None:
        await orders.refund(SELLER, one.id, {"lines": [{"line": 0, "quantity": 1}]})
        await orders.remark(SELLER, other.id, {"text": "Keep me."})

    before_writing(book)
    found = await bring(HEADER + line("A", 5, note="file") + line("B", 5))
    assert (found.updated, found.failed) == (2, 0)
    now = await the("A")
    assert (now.id, now.units, now.note, now.payment_status, len(now.refunds)) == (one.id, 5, "file", "partially_refunded", 1)
    assert [entry.get("text") for entry in (await the("B")).timeline] == [None, "Keep me."]
    await sound()
    assert standing.refunded(await orders.refund(SELLER, one.id, {})) == 50
    await sound()


async def test_what_a_refund_forbids_that_comes_meanwhile(before_writing: Callable[[Work], None]) -> None:
    await bring(HEADER + line("A") + line("B"))
    one = await the("A")
    before_writing(lambda: orders.refund(SELLER, one.id, {"lines": [{"line": 0, "quantity": 3}]}))
    with pytest.raises(Invalid) as raised:
        await bring(HEADER + line("B", 5) + line("A", 1) + line("C"))
    assert raised.value.fields == {
        "line 3: number": "Order A: 3 pieces of S1, line 1 of the order, were refunded already; the file has 1 there."
    }
    assert [(await the("A")).units, (await the("B")).units, await orders_collection.find(number="C")] == [3, 3, None]
    await sound()


async def test_who_may_be_left_out_is_when_a_refund_comes_meanwhile(before_writing: Callable[[Work], None]) -> None:
    await bring(HEADER + line("A") + line("B"))
    one = await the("A")
    before_writing(lambda: orders.refund(SELLER, one.id, {"amount": "25"}))
    found = await bring(HEADER + line("B", 5) + line("A", 1, buyer="new") + line("C"), how=HOW_SKIP)
    assert (found.created, found.updated, found.failed) == (1, 1, 1)
    assert found.problems[0]["fields"] == {"number": "Order A: £25.00 was refunded already; the file comes to £10.00."}
    assert await customers_collection.find(email="new@x.example") is None, "nobody is made for an order that is left out"
    await sound()


async def test_a_dry_run_says_the_same(runtime: Runtime) -> None:
    await add_shop()
    await bring(HEADER + line("A"))
    await orders.refund(SELLER, (await the("A")).id, {"amount": "25"})
    with pytest.raises(Invalid, match="Nothing was imported"):
        await bring(HEADER + line("A", 1), how=How(Mode.UPSERT, dry_run=True))


@pytest.mark.parametrize("known", [True, False])
async def test_other_imports_of_the_same_numbers(before_writing: Callable[[Work], None], known: bool) -> None:
    if known:
        await bring(HEADER + line("A"))

    async def meanwhile() -> None:
        monkey = history.shop
        history.shop = shop  # pyright: ignore[reportPrivateImportUsage]
        await bring(HEADER + line("A", 7, buyer="b"))
        history.shop = monkey  # pyright: ignore[reportPrivateImportUsage]

    before_writing(meanwhile)
    found = await bring(HEADER + line("A", 5))
    assert (found.created, found.updated) == (0, 1)
    now = await the("A")
    assert (now.units, now.customer_id) == (5, await buyer("a"))
    await sound()


async def test_an_order_that_is_deleted_meanwhile_comes_anew(before_writing: Callable[[Work], None]) -> None:
    await bring(HEADER.replace("note", "status") + line("A", note="cancelled"))
    one = await the("A")
    before_writing(lambda: orders.delete(SELLER, one.id))
    found = await bring(HEADER + line("A", 5))
    assert (found.created, found.updated) == (1, 0)
    await sound()


async def test_a_customer_or_a_product_that_goes_meanwhile(before_writing: Callable[[Work], None]) -> None:
    await bring(HEADER + line("A") + line("B", buyer="b"))
    kept, gone = await buyer("a"), await buyer("b")
    await mug(sku="S9")

    async def meanwhile() -> None:
        await merges.merge(SYSTEM, kept, {"from": gone})
        for one in await products_collection.find_all(sku="S9"):
            await products_collection.remove(one.id)

    before_writing(meanwhile)
    found = await bring(HEADER + line("C", buyer="b") + line("A", 5, buyer="b") + line("D").replace("S1", "S9"))
    assert (found.created, found.updated) == (2, 1)
    here = {one.id for one in await products_collection.find_all()}
    assert {entry["productId"] for one in await orders_collection.find_all() for entry in one.lines} == here
    await sound()


MEANWHILE: dict[str, Callable[[], Awaitable[object]]] = {}


def meanwhile(work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
    MEANWHILE[work.__name__] = work
    return work


@meanwhile
async def merge() -> object:
    return await merges.merge(SYSTEM, await buyer("a"), {"from": await buyer("b")})


@meanwhile
async def delete() -> object:
    return await orders.delete(SELLER, (await the("C")).id)


@meanwhile
async def delete_many() -> object:
    return await orders.bulk(SELLER, {"ids": [(await the(one)).id for one in "ABC"], "action": "delete"})


@meanwhile
async def bring_again() -> object:
    return await bring(HEADER + line("A", 5, buyer="b") + line("B", 5))


@meanwhile
async def refund() -> object:
    return await orders.refund(SELLER, (await the("B")).id, {"amount": "3"})


@meanwhile
async def order() -> object:
    somebody = await buyer("b")
    return await place((await mug(), 1), customerId=somebody)


@pytest.mark.parametrize("name", MEANWHILE)
@pytest.mark.parametrize("place_", ["orders", "restoring", "customers"])
async def test_taking_an_import_back_while(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, name: str, place_: str) -> None:
    await add_shop()
    made = await bring(HEADER.replace("note", "status") + line("A") + line("B", buyer="b") + line("C", buyer="b", note="cancelled"))
    if place_ == "restoring":
        made = await bring(HEADER + line("A", 4, buyer="b") + line("B", 4, buyer="c"))
    outside, tasks = copy_context(), list[asyncio.Task[object]]()

    def interrupted(target: Any, attribute: str) -> None:
        known = getattr(target, attribute)

        async def hooked(*given: Any) -> Any:
            if not tasks:
                tasks.append(await beside(outside, MEANWHILE[name]()))
            return await known(*given)

        monkeypatch.setattr(target, attribute, hooked)

    match place_:
        case "orders":
            interrupted(orders, "_withdraw")
        case "restoring":
            interrupted(corrections, "restore")
        case _:
            interrupted(customers.collection, "remove")  # after it was asked whether they may go
    await IMPORTS.revert(SYSTEM, made.batch or "")
    await asyncio.gather(*tasks)
    assert tasks
    await sound()


async def test_who_was_merged_since_does_not_come_back_by_an_order(runtime: Runtime) -> None:
    await add_shop()
    await bring(HEADER + line("A", buyer="b") + line("B"))
    second = await bring(HEADER + line("A", 5))
    await merges.merge(SYSTEM, await buyer("a"), {"from": await buyer("b")})
    done = await IMPORTS.revert(SYSTEM, second.batch or "")
    assert (done.restored, done.left) == (0, 1)
    assert done.kept[0]["reason"] == "The customer that this order had before is no longer there."
    assert (await the("A")).units == 5
    await sound()


async def test_whatever_comes_at_once(runtime: Runtime) -> None:
    await add_shop()
    chance = random.Random(7)
    numbers = [f"N{index}" for index in range(12)]

    def file(quantity: int) -> str:
        lines = [line(one, quantity, buyer=chance.choice("ab"), note=str(quantity)) for one in numbers]
        chance.shuffle(lines)
        return HEADER + "".join(lines)

    async def quietly(work: Awaitable[object]) -> None:
        with suppress(Conflict, Invalid, NotFound):
            await work

    async def pick() -> Order:
        return await the(chance.choice(numbers))

    async def back(some: Order) -> object:
        return await orders.refund(SELLER, some.id, chance.choice([{"amount": "1"}, {"lines": [{"line": 0, "quantity": 1}]}, {}]))

    for _ in range(3):
        first = await bring(file(3), how=HOW_SKIP)
        work: list[Awaitable[object]] = [bring(file(quantity), how=HOW_SKIP) for quantity in (2, 4, 5)]
        work += [back(await pick()) for _ in range(6)]
        work += [orders.remark(SELLER, (await pick()).id, {"text": "x"}) for _ in range(3)]
        if first.batch:
            work.append(IMPORTS.revert(SYSTEM, first.batch))
        if found := await customers_collection.find(email="b@x.example"):
            work.append(merges.merge(SYSTEM, await buyer("a"), {"from": found.id}))
        chance.shuffle(work)
        await asyncio.gather(*map(quietly, work))
        await sound()


# What a file says after a refund or a parcel ----------------------------------------------------------------------------

OF, AT, HERE = "of S1, line 1 of the order,", "refunded at £10.00 each", "by a refund that was made here"
LEFT = "pieces that had left were refunded already,"
PLAIN = "number,placedAt,sku,quantity,unitPrice,shipping,tax,currency,status,paymentStatus,customer.email\n"


@pytest.mark.parametrize(
    ("refund_", "cells", "words"),
    [
        ({"lines": [{"line": 0, "quantity": 3}]}, "S1,2,10,5,2,,,", f"3 pieces {OF} were refunded already; the file has 2 there."),
        ({"lines": [{"line": 0, "quantity": 1}]}, "S2,4,10,5,2,,,", f"1 piece {OF} was refunded already; the file has 0 there."),
        ({"lines": [{"line": 0, "quantity": 1}]}, "S1,9,9,5,2,,,", f"1 piece {OF} was {AT} already; the file says £9.00."),
        ({"amount": "35"}, "S1,4,2,5,2,,,", "£35.00 was refunded already; the file comes to £15.00."),
        ({"shipping": "5"}, "S1,4,10,4,2,,,", "£5.00 of the postage was refunded already; the file says £4.00."),
        ({"amount": "1"}, "S1,4,10,5,1,,,", "a part of it was refunded with tax of £2.00 already; the file says £1.00."),
        ({}, "S1,5,10,5,2,,,", "all of it, £47.00, was refunded already; the file comes to £57.00."),
        ({"amount": "5"}, "S1,-4,10,,,,,", "a part of it was refunded already, so it stays a sale."),
        ({"amount": "5"}, "S1,4,10,5,2,EUR,,", "a part of it was refunded in GBP already, and the file says EUR."),
        ({}, "S1,4,10,5,2,,delivered,refunded", "it is refunded, with a refund that was made here; the file says delivered."),
        ({}, "S1,4,10,5,2,,delivered,paid", "its payment is refunded by a refund that was made here; the file says paid."),
        ({"amount": "5"}, "S1,4,10,5,2,,pending,pending", f"its payment is partially refunded {HERE}; the file says pending."),
        ({"amount": "5"}, "S1,4,10,5,2,,cancelled,partially_refunded", "a part of it was refunded already, so it cannot be cancelled."),
        ({"lines": [{"line": 0, "quantity": 1}]}, "S1,4,10,5,2,,processing,partially_refunded", f"{LEFT} so it cannot be processing."),
    ],
)  # fmt: skip
async def test_a_file_that_contradicts_a_refund(sqlite_runtime: Runtime, refund_: dict[str, Any], cells: str, words: str) -> None:
    await add_shop()
    rest = "a@x.example\n"
    *_, status, payment = cells.split(",")
    header = PLAIN if status or payment else PLAIN.replace("status,paymentStatus,", "")
    header = header if "EUR" in cells or status else header.replace("currency,", "")
    cells = cells if status or payment else cells.removesuffix(",,") if "EUR" in cells else cells.removesuffix(",,,")
    await bring(f"{PLAIN}A,2011-01-15,S1,4,10,5,2,GBP,delivered,paid,{rest}")
    await orders.refund(SELLER, (await the("A")).id, refund_)
    before = await the("A")
    with pytest.raises(Invalid) as raised:
        await bring(f"{header}A,2011-01-15,{cells},{rest}")
    assert raised.value.fields == {"line 2: number": f"Order A: {words}"}
    found = await bring(f"{header}A,2011-01-15,{cells},{rest}", how=HOW_SKIP)
    assert (found.failed, found.updated) == (1, 0)
    assert (await the("A")).model_dump() == before.model_dump()
    await sound()


async def test_a_file_that_contradicts_a_parcel(sqlite_runtime: Runtime) -> None:
    await add_shop()
    columns = HEADER.replace("note", "status")
    await bring(columns + line("A", note="confirmed"))
    one = await the("A")
    await orders.ship(SELLER, one.id, {"lines": [{"line": 0, "quantity": 2}]})
    await orders.refund(SELLER, one.id, {"lines": [{"line": 0, "quantity": 1}]})
    for cells, words in (
        (
            line("A", 2, note="processing"),
            "2 pieces of S1, line 1 of the order, were shipped and 1 refunded already; the file has 2 there.",
        ),
        (line("A", -3, note="processing"), "a part of it was refunded already, so it stays a sale."),
        (line("A", note="cancelled"), "a part of it was refunded already, so it cannot be cancelled."),
    ):
        with pytest.raises(Invalid) as raised:
            await bring(columns + cells)
        assert raised.value.fields == {"line 2: number": f"Order A: {words}"}
    assert (await bring(columns + line("A", 7, "11", note="processing", buyer="b"))).updated == 1
    await sound()


async def test_what_a_file_does_not_tell_stays_in_the_total(sqlite_runtime: Runtime) -> None:
    await add_shop()
    await bring("number,placedAt,sku,quantity,unitPrice,discount,shipping\nA,2011-01-15,S1,4,10,5,2\n")
    assert (await bring(HEADER + line("A", 4))).updated == 1, "the customer is new"
    now = await the("A")
    assert (now.total, now.discount, now.shipping) == (37, 5, 2)
    await bring(HEADER + line("A", 5))
    assert (await the("A")).total == 47


# Who waits for whom ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["cancel", "refund", "order", "merge"])
async def test_many_orders_at_once_and_one_of_them(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Nobody is broken off, so that nothing has to be done again."""
    await add_shop()
    monkeypatch.setattr(units, "PAUSES", ())
    await bring(HEADER + line("A") + line("B", buyer="b"))
    product, other = await mug(), await mug()
    first, last = await buyer("a"), await buyer("b")
    made = [await place((product, 1), (other, 1), customerId=one) for one in (last, first, last)]
    for one in made[::2] if step == "refund" else []:
        await orders.pay(SELLER, one.id)
    outside, tasks = copy_context(), list[asyncio.Task[object]]()
    failed: list[BaseException] = []
    known = orders._take_step  # pyright: ignore[reportPrivateUsage]

    async def one_of_them() -> None:
        try:
            match step:
                case "order":
                    await place((other, 1), (product, 1), customerId=first)
                case "merge":
                    await merges.merge(SYSTEM, first, {"from": last})
                case "refund":
                    await orders.refund(SELLER, made[2].id, {})
                case _:
                    await orders.cancel(SELLER, made[2].id)
        except MewayzError as error:
            failed.append(error)

    async def hooked(*given: Any) -> Any:
        found = await known(*given)
        if not tasks:
            tasks.append(asyncio.create_task(one_of_them(), context=outside.copy()))
            await asyncio.wait(tasks, timeout=0.3)
        return found

    monkeypatch.setattr(orders, "_take_step", hooked)
    result = await orders.bulk(SELLER, {"ids": [one.id for one in made], "changes": {"status": "confirmed"}})
    await asyncio.gather(*tasks)
    assert (result.failed, failed) == (0, [])
    await sound()
