"""Saying what a taken-back import would do: exactly what it then does, and nobody waits while it is counted."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet

import pytest

from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.customers.service import Customers, customers
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.products.service import products
from tests.domains.orders.sales import place
from tests.domains.orders.test_history import IMPORTS, bring
from tests.domains.people import add_shop

HEADER = "number,placedAt,sku,quantity,unitPrice,customer.reference\n"
BEFORE = "A,2011-01-01,S1,2,5,6\nB,2011-01-02,S1,1,5,7\n"
AFTER = "A,2011-02-01,S2,3,5,8\nB,2011-01-02,S1,1,9,7\nC,2011-02-03,S3,1,5,9\nD,2011-02-04,S2,1,5,9\nE,2011-02-05,S1,1,5,10\n"


async def order(number: str) -> Order:
    return next(one for one in await orders_collection.find_all(number=number))


async def product(sku: str) -> Product:
    return next(one for one in await products_collection.find_all(sku=sku))


async def customer(reference: str) -> Customer:
    return next(one for one in await customers_collection.find_all(reference=reference))


async def a_new_order_is_edited() -> None:
    await orders.update(SYSTEM, (await order("C")).id, {"note": "By hand"})


async def a_changed_order_is_edited() -> None:
    await orders.update(SYSTEM, (await order("A")).id, {"note": "By hand"})


async def an_edit_is_undone() -> None:
    both = [(await product(sku)).id for sku in ("S2", "S3")]
    bulk = await products.bulk(SYSTEM, {"ids": both, "action": "update", "changes": {"status": "draft"}})
    await products.undo_bulk(SYSTEM, {"token": bulk.undo})


async def an_order_is_deleted() -> None:
    await orders.delete(SYSTEM, (await order("D")).id)


async def a_part_is_refunded() -> None:
    await orders.refund(SYSTEM, (await order("E")).id, {})


async def a_customer_buys_again() -> None:
    await products.adjust(SYSTEM, (await product("S1")).id, {"delta": 5, "reason": "receipt"})
    await place((await product("S1"), 1), customerId=(await customer("9")).id)


async def a_product_is_sold_again() -> None:
    await products.adjust(SYSTEM, (await product("S3")).id, {"delta": 5, "reason": "receipt"})
    await place((await product("S3"), 1))


async def the_former_customer_is_gone() -> None:
    await customers.delete(SYSTEM, (await customer("6")).id)


async def a_customer_is_edited() -> None:
    await customers.update(SYSTEM, (await customer("10")).id, {"name": "By hand"})


async def a_later_import_changes_it() -> None:
    await bring(f"{HEADER}C,2011-02-03,S3,4,5,11\n")


SITUATIONS: list[Callable[[], Awaitable[None]]] = [
    a_new_order_is_edited, a_changed_order_is_edited, an_edit_is_undone, an_order_is_deleted, a_part_is_refunded, a_customer_buys_again,
    a_product_is_sold_again, the_former_customer_is_gone, a_customer_is_edited, a_later_import_changes_it,
]  # fmt: skip
MIXED = [random.Random(seed).sample(SITUATIONS[:-1], 4) for seed in range(4)]


@pytest.mark.parametrize("happened", [[], *([one] for one in SITUATIONS), *MIXED], ids=lambda some: ", ".join(one.__name__ for one in some))
async def test_what_is_foreseen_is_what_happens(runtime: Runtime, happened: list[Callable[[], Awaitable[None]]]) -> None:
    await add_shop()
    await bring(f"{HEADER}{BEFORE}")
    found = await bring(f"{HEADER}{AFTER}")
    assert (found.created, found.updated) == (3, 2)
    for one in happened:
        await one()
    shares: list[float] = []
    foreseen = await IMPORTS.foresee(SYSTEM, found.batch or "", shares.append)
    assert len(await orders_collection.find_all(number="A")) == 1
    done = await IMPORTS.revert(SYSTEM, found.batch or "")
    assert foreseen == done
    assert sum((done.deleted, done.restored, done.gone, done.left)) == 3 + 2 + 2 + 3, "orders made and changed, products and customers made"
    assert shares == sorted(shares)
    assert shares[-1] == 1


async def test_nobody_waits_while_it_is_counted(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    await bring(f"{HEADER}{BEFORE}")
    found = await bring(f"{HEADER}{AFTER}")
    counting, written = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        await counting.wait()
        await customers.update(SYSTEM, (await customer("9")).id, {"name": "Written meanwhile"})
        written.set()

    async def asks(customer_id: str, leaving: AbstractSet[str]) -> bool:
        counting.set()
        await asyncio.wait_for(written.wait(), 30)
        return False

    monkeypatch.setattr(Customers, "kept_by", [asks, *Customers.kept_by])
    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        foreseen = await IMPORTS.foresee(SYSTEM, found.batch or "")
    assert (foreseen.deleted, foreseen.restored, foreseen.left) == (8, 2, 0)
    assert (await customer("9")).name == "Written meanwhile"
