"""`mewayz rebuild-rollups` finds what is not the sum of the orders, and mends it."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from mewayz.backend.access import SYSTEM
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.cli.conftest import Shell
from tests.domains.orders.figures import assert_figures

_INSERT = "INSERT INTO sales_by_day (currency, day, gross, returns, orders, units) VALUES"


@pytest.fixture
def sold(shell: Shell) -> Shell:
    """A shop with orders, one of them cancelled."""

    async def work(_: Runtime) -> None:
        mug = await products.create(SYSTEM, {"name": "Mug", "price": "2.5", "inventory": {"stock": 100}})
        anna = await customers.create(SYSTEM, {"name": "Anna", "email": "anna@example.com"})
        for pieces in (1, 2, 3):
            made = await orders.create(SYSTEM, {"customerId": anna.id, "lines": [{"productId": mug.id, "quantity": pieces}]})
        await orders.update(SYSTEM, made.id, {"status": "cancelled"})

    shell.do(work)
    return shell


def test_figures_as_they_were_written(sold: Shell) -> None:
    assert sold.json("rebuild-rollups", "--check") == {"equal": True, "orders": 3, "customers": 1, "wrong": {}}
    done = sold("rebuild-rollups")
    assert "The figures are those of 3 orders and returns and 1 customer." in done.stdout
    assert "can be saved until this is done" in done.stderr
    assert "can be saved" not in sold("rebuild-rollups", "--check").stderr


@pytest.mark.parametrize(
    ("meddling", "where"),
    [
        ("UPDATE sales_by_day SET gross = gross + 1", "sales_by_day"),
        ("DELETE FROM sales_by_country", "sales_by_country"),
        ("UPDATE sales_by_product_month SET units = units + 1", "sales_by_product_month"),
        (
            "INSERT INTO sales_by_day (currency, day, gross, returns, orders, units) VALUES ('GBP', '1999-01-01', 1, 0, 0, 0)",
            "sales_by_day",
        ),
        (
            "INSERT INTO sales_by_day (currency, day, gross, returns, orders, units) VALUES ('GBP', '2099-01-01', 1, 0, 0, 0)",
            "sales_by_day",
        ),
        ("UPDATE customers SET total_spent = 1", "customers"),
        ("UPDATE customers SET first_order_at = NULL", "customers"),
    ],
)
def test_figures_that_were_changed(sold: Shell, meddling: str, where: str) -> None:
    async def meddle(runtime: Runtime) -> None:
        async with runtime.database.transaction():
            await runtime.database.execute(text(meddling))

    async def compare(runtime: Runtime) -> None:
        await assert_figures(runtime.database, ZoneInfo("Europe/London"))

    sold.do(meddle)
    for _ in range(2):  # looking changes nothing
        error = sold.json("rebuild-rollups", "--check", code=1)
        assert error["code"] == "analytics.wrong_figures"
        assert where in error["message"]
    with pytest.raises(AssertionError):
        sold.do(compare)
    mended = sold.json("rebuild-rollups")
    assert (mended["equal"], list(mended["wrong"])) == (False, [where])
    sold.do(compare)
    assert sold.json("rebuild-rollups", "--check")["equal"]


def test_a_shop_without_orders(shell: Shell) -> None:
    assert shell.json("rebuild-rollups", "--check") == {"equal": True, "orders": 0, "customers": 0, "wrong": {}}
