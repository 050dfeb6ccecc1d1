"""Orders of the past: a table of lines becomes orders and returns by mapping alone, exactly, and goes again without a trace."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.errors import Forbidden, Invalid
from mewayz.backend.files import Layout
from mewayz.backend.grants import Role
from mewayz.backend.importing import AS_NAMED, Columns, import_file
from mewayz.backend.imports import Imports
from mewayz.backend.loads import How, Loaded, Mode, OnError
from mewayz.backend.runtime import Runtime
from mewayz.backend.sources import BrokenFile, kept
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.drafts import split
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products
from tests.domains.orders.figures import assert_figures
from tests.domains.people import add_shop

FILES = Path(__file__).parent / "files"
RETAIL = {
    "number": "Invoice", "lines.sku": "StockCode", "lines.name": "Description", "lines.quantity": "Quantity", "lines.unitPrice": "Price",
    "placedAt": "InvoiceDate", "customer.reference": "Customer ID", "country": "Country",
}  # fmt: skip
HOW_SKIP = How(Mode.UPSERT, OnError.SKIP)
IMPORTS = Imports((products, orders, customers))


async def bring(
    data: str, columns: Columns = AS_NAMED, how: How | None = None, *, name: str = "sales.csv", actor: Actor = SYSTEM
) -> Loaded:
    with kept(data.encode(), name) as source:
        return await import_file(orders, actor, source, source.kind(), how or How(Mode.UPSERT, file_name=name), columns)


async def every() -> dict[str, Order]:
    return {order.number: order for order in await orders_collection.find_all()}


async def test_lines_of_one_number_are_one_order_wherever_they_stand(runtime: Runtime) -> None:
    shop = await add_shop()
    data = (
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        "489434,85048,GLASS  BALL,12,12/1/2009 7:45,6.95,13085.0,United Kingdom\n"
        "489435,79323p,CHERRY LIGHTS,2,12/1/2009 7:46,6.755,13085.0,United Kingdom\n"
        "489434,79323P,CHERRY LIGHTS,1,12/1/2009 7:45,6.75,,United Kingdom\n"
        "C489449,85048,GLASS BALL,-2,12/13/2009 10:33,6.95,,France\n"
    )
    found = await bring(data, Columns(RETAIL))
    assert (found.created, found.failed) == (3, 0)
    assert "2 products and 1 customer that the orders name were made" in found.notes[0]
    made = await every()
    first = made["489434"]
    assert (first.kind, str(first.total), first.units, first.status, first.payment_status) == ("sale", "90.1500", 13, "delivered", "paid")
    assert first.placed_at.isoformat() == "2009-12-01T07:45:00+00:00"
    assert [line["name"] for line in first.lines] == ["GLASS BALL", "CHERRY LIGHTS"]
    assert (first.customer_name, made["C489449"].customer_name) == ("Customer 13085", "Guest")
    assert (made["C489449"].kind, made["C489449"].total) == ("return", Decimal("-13.9"))
    by_sku = {product.sku: product for product in await products_collection.find_all()}
    assert (str(by_sku["79323P"].price), by_sku["79323P"].stock, by_sku["79323P"].track_inventory) == ("6.7500", 0, False)
    await assert_figures(runtime.database, shop.zone)
    again = await bring(data, Columns(RETAIL))
    assert (again.imported, again.unchanged, again.batch) == (0, 3, None)


async def test_a_product_is_found_however_the_file_writes_its_sku(runtime: Runtime) -> None:
    shop = await add_shop()
    small, large = [
        await products.create(SYSTEM, {"name": name, "sku": sku, "price": "5"}) for name, sku in (("Small", "lamp-1"), ("Large", "MUG-1"))
    ]
    rows = "".join(f"{number},2011-01-01,{sku},1,5\n" for number, sku in zip("ABCD", ("lamp-1", "LAMP-1", "mug-1", "new-1"), strict=True))
    data = f"number,placedAt,sku,quantity,unitPrice\n{rows}"
    await bring(data)
    made = await every()
    assert [(made[number].lines[0]["productId"], made[number].lines[0]["sku"]) for number in "ABC"] == [
        (small.id, "lamp-1"), (small.id, "lamp-1"), (large.id, "MUG-1"),
    ]  # fmt: skip
    assert made["D"].lines[0]["sku"] == "NEW-1"
    assert len(await products_collection.find_all()) == 3
    await assert_figures(runtime.database, shop.zone)
    assert (await bring(data)).unchanged == 4


async def test_a_changed_line_changes_its_order_and_reverting_brings_it_back(runtime: Runtime) -> None:
    shop = await add_shop()
    header = "number,placedAt,sku,quantity,unitPrice,customer.reference\n"
    first = await bring(f"{header}A,2011-01-01,S1,2,5,7\nB,2011-01-02,S1,1,5,8\n")
    before = await every()
    second = await bring(f"{header}A,2011-02-01,S2,3,5,8\nB,2011-01-02,S1,1,5,8\n")
    assert (second.updated, second.unchanged) == (1, 1)
    after = await every()
    assert (after["A"].id, after["A"].rev, str(after["A"].total), after["A"].lines[0]["sku"]) == (before["A"].id, 2, "15.0000", "S2")
    await assert_figures(runtime.database, shop.zone)
    done = await IMPORTS.revert(SYSTEM, second.batch or "")
    assert (done.deleted, done.restored, done.left) == (1, 1, 0), "the product S2 goes, too"
    assert (await every())["A"].model_dump(exclude={"rev"}) == before["A"].model_dump(exclude={"rev"})
    await assert_figures(runtime.database, shop.zone)
    done = await IMPORTS.revert(SYSTEM, first.batch or "")
    assert (done.deleted, done.left) == (5, 0), "the change of A was taken back, so it stands in nobody's way"
    assert (await every(), await products_collection.find_all(), await customers_collection.find_all()) == ({}, [], [])


async def test_reverting_leaves_nothing(runtime: Runtime) -> None:
    shop = await add_shop()
    rows = "".join(f"{number},2011-01-{number % 28 + 1:02},S{number % 7},2,1.5,{number % 11}\n" for number in range(700))
    found = await bring(f"number,placedAt,sku,quantity,unitPrice,customer.reference\n{rows}")
    assert (found.created, len(await every())) == (700, 700)
    done = await IMPORTS.revert(SYSTEM, found.batch or "")
    assert (done.deleted, done.left) == (700 + 7 + 11, 0)
    assert (await every(), await products_collection.find_all(), await customers_collection.find_all()) == ({}, [], [])
    await assert_figures(runtime.database, shop.zone)
    assert await runtime.database.value(text("SELECT coalesce(sum(gross), 0) FROM sales_by_day")) == 0


async def test_mixed_signs_are_an_order_and_a_return(runtime: Runtime) -> None:
    shop = await add_shop()
    await bring("number,placedAt,sku,quantity,unitPrice,discount\nA,2011-01-15,S1,2,5,1\nA,2011-01-15,S1,-1,5,1\n")
    made = await every()
    assert {number: (order.kind, str(order.total)) for number, order in made.items()} == {
        "A": ("sale", "9.0000"), "A-R": ("return", "-5.0000"),
    }  # fmt: skip
    await assert_figures(runtime.database, shop.zone)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10_000).flatmap(lambda n: st.sampled_from([n, -n])))
def test_a_total_is_split_exactly(total: int, quantity: int) -> None:
    parts = split(total, quantity)
    assert sum(count for count, _ in parts) == quantity
    assert abs(sum(count * price for count, price in parts)) == abs(total)
    assert len(parts) <= 2


async def test_cdnow_by_mapping_alone(runtime: Runtime) -> None:
    shop = await add_shop(currency="USD")
    mapping = {"customer.reference": "1", "placedAt": "2", "lines.quantity": "3", "lines.total": "4"}
    columns = Columns(mapping, layout=Layout("whitespace", header=False))
    lines = [line for line in (FILES / "cdnow.txt").read_text().splitlines()[1:] if line.strip()]
    found = await bring("\r\n".join(lines), columns, name="CDNOW_master.txt")
    assert found.created == len(lines)
    made = await orders_collection.find_all()
    assert sum(order.total for order in made) == sum(Decimal(line.split()[3]) for line in lines)
    assert all(order.number.startswith("M-") for order in made)
    assert "would add them again" in found.notes[-1]
    await assert_figures(runtime.database, shop.zone)


async def test_superstore_by_mapping_alone(runtime: Runtime) -> None:
    shop = await add_shop(currency="USD")
    mapping = {
        "number": "Order ID", "placedAt": "Order Date", "customer.reference": "Customer ID", "customer.name": "Customer Name",
        "country": "Country", "lines.sku": "Product ID", "lines.name": "Product Name", "lines.category": "Category",
        "lines.quantity": "Quantity", "lines.total": "Sales",
    }  # fmt: skip
    found = await bring((FILES / "superstore.csv").read_text(), Columns(mapping, only_given=True))
    assert (found.created, "Discount" in found.ignored) == (18, True)
    total = await runtime.database.value(text("SELECT sum(gross) FROM sales_by_day"))
    assert int(total) == int(found_sales() * 10_000)
    await assert_figures(runtime.database, shop.zone)


def found_sales() -> Decimal:
    """The sum of the column Sales, the fourth from the end."""
    lines = (FILES / "superstore.csv").read_text().splitlines()[1:]
    return sum((Decimal(line.rsplit(",", 4)[1]) for line in lines), Decimal(0))


BAD = (
    "number,placedAt,sku,quantity,unitPrice\n"
    "A,2011-01-15,S1,2,5\n"
    "B,2011-01-15,S1,2,5\n"
    "B,2011-01-15,S2,two,5\n"
    "C,2011-01-15,S1,0,x\n"
    "D,2011-01-15,S1\n"
)


async def test_every_bad_line_is_named_and_nothing_saved(runtime: Runtime) -> None:
    await add_shop()
    with pytest.raises(Invalid) as raised:
        await bring(BAD)
    assert raised.value.code == "orders.import"
    assert raised.value.fields == {
        "line 4: lines.quantity": "Enter a whole number.",
        "line 5: lines.quantity": "Enter a whole number other than 0.",
        "line 6: row": "This line has 3 cells, the first one 5.",
    }
    assert await every() == {}


async def test_an_order_with_a_bad_line_is_left_out_as_a_whole(runtime: Runtime) -> None:
    await add_shop()
    found = await bring(BAD, how=How(Mode.UPSERT, OnError.SKIP))
    assert (found.created, found.failed, list(await every())) == (1, 4, ["A"])
    assert [(problem["line"], problem["row"]["number"]) for problem in found.problems] == [(3, "B"), (4, "B"), (5, "C"), (6, "D")]
    assert found.problems[0]["fields"] == {"row": "Another line of this order cannot be taken."}


async def test_what_a_file_must_say(runtime: Runtime) -> None:
    await add_shop()
    with pytest.raises(BrokenFile, match="No column says what was paid"):
        await bring("number,sku\nA,S1\n")
    with pytest.raises(Invalid, match="could be"):
        await bring("number,placedAt,sku,unitPrice\nA,3/4/2011,S1,5\n")
    found = await bring("number,placedAt,sku,unitPrice\nA,3/4/2011,S1,5\n", Columns(date_format="d/m/Y"))
    assert (found.created, (await every())["A"].placed_at.month) == (1, 4)


async def test_an_order_that_was_placed_here_is_not_changed(runtime: Runtime) -> None:
    await add_shop()
    product = await products.create(SYSTEM, {"name": "Mug", "price": "1", "inventory": {"stock": 5}})
    order = await orders.create(SYSTEM, {"lines": [{"productId": product.id, "quantity": 1}]})
    with pytest.raises(Invalid) as raised:
        await bring(f"number,placedAt,sku,unitPrice\n{order.number},2011-01-15,S1,5\n")
    assert "was placed here" in raised.value.fields["line 2: number"]
    with pytest.raises(Invalid):
        await bring("number,sku,unitPrice\nA,S1,5\n", how=How(Mode.CREATE)) and await bring("number,sku,unitPrice\nA,S1,5\n", how=How())
    assert (await products.get(SYSTEM, product.id)).stock == 4


async def test_a_dry_run_saves_nothing_and_counts(runtime: Runtime) -> None:
    await add_shop()
    found = await bring("number,placedAt,sku,unitPrice\nA,2011-01-15,S1,5\n", how=How(Mode.UPSERT, dry_run=True))
    assert (found.created, found.changes[0]["action"], found.batch) == (1, "created", None)
    assert "1 product that the orders name would be made" in found.notes[0]
    assert (await every(), await products_collection.find_all()) == ({}, [])


async def test_who_may_not_import_orders(runtime: Runtime) -> None:
    with pytest.raises(Forbidden):
        await bring("number,sku,unitPrice\nA,S1,5\n", actor=Actor("a" * 24, role=Role.MODERATOR))


@pytest.mark.parametrize(
    ("cells", "place", "words"),
    [
        ("A,1,5,,6,0", "line 2: discount", "The discount is more than the goods cost."),
        ("A,1,5,,,0\nA,1,5,,11,0", "line 3: discount", "The discount is more than the goods cost."),
        ("A,-1,5,,-6,0", "line 2: discount", "The discount is more than the goods cost."),
        ("A,1,-5,,1,0", "line 2: discount", "The discount is more than the goods cost."),
        ("A,2,,5,6,0", "line 2: discount", "The discount is more than the goods cost."),
        ("A,1,99999999999,,,0", "line 2: lines", "This order comes to a billion or more. Split it."),
        ("A,1,5,,,999999999", "line 2: lines", "This order comes to a billion or more. Split it."),
        ("A,1,5,,,\nA,-1,-1000000000,,,", "line 2: lines", "This order comes to a billion or more. Split it."),
        ("A,999999999,0,,,\nA,-9,0,,,", "line 2: lines.quantity", "An order has at most 1,000,000,000 pieces."),
        ("A,1e400000,0,,,", "line 2: lines.quantity", "Enter at most 1,000,000,000 pieces."),
        ("A,1e-400000,0,,,", "line 2: lines.quantity", "Enter a whole number other than 0."),
        ("A,1,1e400000,,,", "line 2: lines.unitPrice", "Enter an amount below 100 billion."),
    ],
)
async def test_what_an_order_cannot_come_to(sqlite_runtime: Runtime, cells: str, place: str, words: str) -> None:
    await add_shop()
    with pytest.raises(Invalid) as raised:
        await bring(f"number,quantity,unitPrice,total,discount,shipping\n{cells}\n")
    assert raised.value.fields == {place: words}


async def test_the_largest_orders_still_add_up(runtime: Runtime) -> None:
    shop = await add_shop()
    data = "number,quantity,unitPrice,discount\nA,1,999999999.9999,999999999.9999\nB,1000000000,0.9,\nC,-5,2,-10\nD,1,-5,0\n"
    assert (await bring(data)).created == 4
    assert {number: str(order.total) for number, order in (await every()).items()} == {
        "A": "0.0000", "B": "900000000.0000", "C": "0.0000", "D": "-5.0000",
    }  # fmt: skip
    await assert_figures(runtime.database, shop.zone)


async def test_an_object_with_endless_lines_is_left_out(sqlite_runtime: Runtime) -> None:
    await add_shop()
    order = '{"number": "%s", "lines": [%s]}'
    line = '{"sku": "S", "unitPrice": 1, "quantity": 1}'
    data = "\n".join([order % ("A", line), order % ("B", ",".join([line] * 10_001)), '{"lines": []}'])
    found = await bring(data, how=HOW_SKIP, name="orders.jsonl")
    assert (found.created, [one["fields"]["row"] for one in found.problems]) == (
        1, ["An order has at most 10,000 lines.", "This order has no lines."],
    )  # fmt: skip
    with kept(data.encode(), "orders.jsonl") as source, pytest.raises(Invalid) as raised:
        await import_file(orders, SYSTEM, source, "jsonl", HOW_SKIP, most=2)
    assert raised.value.code == "file.too_many_rows"


async def test_a_failure_on_the_way_takes_everything_back(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_shop()
    rows = "".join(f"N{number},2011-01-15,S1,1\n" for number in range(650))
    # The return of the last order gets a number that another one has by then.
    clash = "N649,2011-01-15,S1,1,-1\nN649-R,2011-01-15,S1,1,1\n"
    data = "number,placedAt,sku,unitPrice,quantity\n" + rows.replace(",1\n", ",1,1\n") + clash
    with pytest.raises(Exception, match="already exists"):
        await bring(data)
    assert (await every(), await products_collection.find_all()) == ({}, [])


def test_attributions_are_there() -> None:
    assert "CC BY" in (FILES / "README.md").read_text()
