"""The export of a list from its page: it says what it will hold, and fetches the whole question."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mewayz.backend import clock
from mewayz.backend.access import PROOF_LASTS, Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.state import CustomerTable
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductTable
from mewayz.ui.step_up import StepUp
from tests.domains.people import add_person, add_shop
from tests.tabs import opened


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    await add_shop()
    who = await add_person(Role.ADMIN)
    await products.load(who, [(number, {"name": f"Mug {number:02}", "price": "5.00"}) for number in range(30)])
    return who


def fetched(event: Any) -> tuple[str, dict[str, str]]:
    """Path and question of what the browser is told to fetch."""
    found = {str(name): str(value).strip('"') for name, value in event.args}
    address = urlsplit(found["url"])
    return address.path, dict(parse_qsl(address.query))


async def test_the_whole_question_is_fetched_with_the_columns_that_are_shown(person: Actor) -> None:
    table = await opened(ProductTable, "/products?search=mug&sort=-price&page=2&view=x", person)
    await table.load()
    assert table.export_words == "30 products that match"
    assert table.export_shown == "Product, SKU, Status, Category, Stock, Price, Updated"
    path, asked = fetched(await table.export("csv"))
    assert path == "/api/v1/products/export"
    assert asked == {
        "search": "mug",
        "sort": "-price",
        "format": "csv",
        "columns": "name,sku,status,category,inventory.stock,price,updatedAt,currency",
        "bom": "true",
    }
    await table.toggle_column("sku")
    assert "sku" not in fetched(await table.export("jsonl"))[1]["columns"]
    await table.export_columns(True)
    assert fetched(await table.export("xlsx"))[1] == {"search": "mug", "sort": "-price", "format": "xlsx", "columns": "all"}
    assert fetched(await table.export("jsonl"))[1] == {"search": "mug", "sort": "-price", "format": "jsonl"}
    assert await table.export("pdf") is None


async def test_a_list_that_is_not_narrowed_says_so(person: Actor) -> None:
    table = await opened(ProductTable, "/products", person)
    await table.load()
    assert table.export_words == "30 products of the list"


async def test_personal_data_wants_a_fresh_proof(person: Actor) -> None:
    long_ago = clock.now() - 2 * PROOF_LASTS
    stale = Actor(person.id, person.name, person.email, Role.ADMIN, "session", proven_at=long_ago)
    table = await opened(CustomerTable, "/customers", stale)
    await table.load()
    assert await table.export("csv") is None
    assert (await table.get_state(StepUp)).shown
    fresh = Actor(person.id, person.name, person.email, Role.ADMIN, "session", proven_at=clock.now())
    table = await opened(CustomerTable, "/customers", fresh)
    await table.load()
    assert fetched(await table.export("csv"))[0] == "/api/v1/customers/export"


async def test_a_table_of_the_nouns_own(person: Actor) -> None:
    table = await opened(ProductTable, "/products?search=mug", person)
    await table.load()
    await table.export_table("variants")
    assert fetched(await table.export("xlsx"))[1] == {"search": "mug", "format": "xlsx", "rows": "variants"}
    assert fetched(await table.export("jsonl"))[1] == {"search": "mug", "format": "jsonl"}
    await table.export_columns(False)
    assert "columns" in fetched(await table.export("xlsx"))[1]
    await table.export_table("nonsense")
    assert "rows" not in fetched(await table.export("csv"))[1]


async def test_the_chosen_rows_are_fetched_in_the_order_of_the_list(person: Actor) -> None:
    table = await opened(ProductTable, "/products?search=mug&sort=name", person)
    await table.load()
    assert await table.export_selected("csv") is None, "nothing is chosen"
    ids = [row.id for row in table.rows[3:5]]
    await table.command(f"1 pick {' '.join(ids)}")
    asked = fetched(await table.export_selected("csv"))[1]
    columns = "name,sku,status,category,inventory.stock,price,updatedAt,currency"
    assert asked == {"ids": ",".join(ids), "sort": "name", "format": "csv", "columns": columns, "bom": "true"}
    await table.command(f"2 pick {' '.join(row.id for row in table.rows)}")
    await table.choose_all()
    asked = fetched(await table.export_selected("xlsx"))[1]
    assert asked == {"search": "mug", "sort": "name", "format": "xlsx", "columns": columns}
    assert await table.export_selected("pdf") is None
