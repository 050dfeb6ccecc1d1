"""The demo shop: what it holds, that a second load adds nothing, and that removing leaves exactly what was there before."""

import threading
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import passwords
from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.admin.demo import loader, remover
from mewayz.domains.admin.demo.people import DEMO_USERS
from mewayz.domains.admin.demo.retail import RetailFile
from mewayz.domains.admin.demo.source import slice_path
from mewayz.domains.admin.service import admin
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import LoginPayload, SetupPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.auth.tokens import cookie_name
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products

TABLES = (
    "products", "customers", "orders", "order_products", "users", "credentials", "sessions", "kept_counts",
    "stock_moves", "sales_by_day", "sales_by_country", "sales_by_customer", "sales_by_product", "sales_by_product_month",
)  # fmt: skip
FEW = 400  # invoices of the slice that these tests read


class FewInvoices(RetailFile):
    """The beginning of a file."""

    def __iter__(self) -> Any:
        for number, invoice in enumerate(super().__iter__()):
            if number == FEW:
                return
            yield invoice


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short file and a cheap hash."""
    monkeypatch.setattr(loader, "RetailFile", FewInvoices)
    monkeypatch.setattr(passwords, "COST", 4)


async def _set_up() -> str:
    payload = SetupPayload(
        name="Olga Owner", email="olga@example.com", password="Correct-Horse-1", shop_name="S", currency="GBP", timezone="Europe/London"
    )
    return (await installation.set_up(payload)).user.id


async def _counts(runtime: Runtime) -> dict[str, int]:
    kept = "coalesce(sum(n), 0)"
    found = {}
    for table in TABLES:
        what = kept if table == "kept_counts" else "count(*)"
        found[table] = int(await runtime.database.value(text(f"SELECT {what} FROM {table}")))
    return found


async def test_it_holds_the_invoices_of_the_file(runtime: Runtime) -> None:
    await _set_up()
    loaded = await admin.load_demo(SYSTEM)
    invoices = list(FewInvoices(slice_path()))
    sales = [invoice for invoice in invoices if invoice.kind == "sale"]
    assert (loaded.orders, loaded.returns) == (len(sales), len(invoices) - len(sales))
    for invoice in (sales[0], sales[-1]):
        order = await orders.collection.find(number=invoice.number)
        assert order is not None
        assert order.total == Decimal(sum(line.quantity * line.unit_price for line in invoice.lines)) / 10_000
        assert [line["sku"] for line in order.lines] == [line.sku for line in invoice.lines]


async def test_who_waits_is_told_while_the_file_is_read(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()

    class Patient(FewInvoices):
        def __iter__(self) -> Any:
            for number, invoice in enumerate(super().__iter__()):
                assert number < FEW / 2 or told.wait(30), "nothing was said for half a file"
                yield invoice

    shares: list[float] = []

    async def report(share: float, words: str) -> None:
        shares.append(share)
        if share > 0:
            told.set()

    monkeypatch.setattr(loader, "RetailFile", Patient)
    await _set_up()
    await admin.load_demo(SYSTEM, report=report)
    assert shares == sorted(shares)


async def test_a_second_load_adds_nothing(runtime: Runtime) -> None:
    await _set_up()
    first = await admin.load_demo(SYSTEM)
    before = await _counts(runtime)
    second = await admin.load_demo(SYSTEM)
    assert first.password
    assert (second.products, second.customers, second.orders, second.returns, second.users, second.password) == (0, 0, 0, 0, (), None)
    assert await _counts(runtime) == before


async def test_removing_leaves_exactly_what_was_there_before(runtime: Runtime) -> None:
    await _set_up()
    mine = await products.create(SYSTEM, {"name": "My own", "sku": "OWN-1", "price": "5.00", "inventory": {"stock": 9}})
    before = await _counts(runtime)
    await admin.load_demo(SYSTEM)
    assert await admin.has_demo(SYSTEM)
    await admin.remove_demo(SYSTEM)
    assert await _counts(runtime) == before
    assert not await admin.has_demo(SYSTEM)
    assert (await products.get(SYSTEM, mine.id)).stock == 9


async def test_what_an_order_of_ones_own_names_stays(runtime: Runtime) -> None:
    await _set_up()
    await admin.load_demo(SYSTEM)
    page = await products.page(SYSTEM, await read_query(products.spec, {"stock": "in", "limit": "1"}))
    product = page.rows[0]
    mine = await orders.create(SYSTEM, {"lines": [{"productId": product["id"], "quantity": 1}]})
    assert await admin.kept_of_demo(SYSTEM) == (1, 0)
    await remover.remove("")
    assert await admin.kept_of_demo(SYSTEM) == (1, 0)
    left = await products.page(SYSTEM, await read_query(products.spec, {}))
    assert [row["id"] for row in left.rows] == [product["id"]]
    only = await orders.page(SYSTEM, await read_query(orders.spec, {}))
    assert [row["id"] for row in only.rows] == [mine.id]


async def test_a_user_of_every_role_can_sign_in_with_the_password_shown(runtime: Runtime) -> None:
    await _set_up()
    loaded = await admin.load_demo(SYSTEM)
    assert loaded.password is not None
    assert {person.role for person in DEMO_USERS} == set(Role)
    for person in DEMO_USERS:
        signed_in = await auth.sign_in(LoginPayload(email=person.email, password=loaded.password))
        assert signed_in.user.role == person.role
    buyer = await auth.sign_in(LoginPayload(email=DEMO_USERS[0].email, password=loaded.password))
    actor = await auth.identify(f"{cookie_name()}={buyer.token}", "")
    own = await orders.page(actor, await read_query(orders.spec, {}))
    assert 0 < own.total < loaded.orders
    assert {row["ownerId"] for row in own.rows} == {actor.id}
