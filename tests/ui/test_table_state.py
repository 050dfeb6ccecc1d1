"""The state behind a table: what an address shows, and the addresses of everything that can be changed."""

from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.state import CustomerTable
from mewayz.domains.orders.state import OrderTable
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductTable
from mewayz.ui.table_address import Address, Option, Pager
from mewayz.ui.table_core import Head
from mewayz.ui.table_state import TableState
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, visit, way

COUNT = 60


def head(table: TableState, key: str) -> Head:
    """One heading of the table."""
    return next(one for one in table.heads if one.key == key)


@pytest.mark.parametrize(
    ("raw", "changes", "expected"),
    [
        ({}, {}, "/p"),
        ({"search": "a b&c"}, {}, "/p?search=a+b%26c"),
        ({"search": "a", "page": "3", "cursor": "x"}, {"status": "active"}, "/p?search=a&status=active"),
        ({"status": "active"}, {"status": None}, "/p"),
        ({"status": "active"}, {"status": ""}, "/p"),
        ({"status": "active"}, {"page": "2"}, "/p?status=active&page=2"),
        ({"status": "", "sort": "name"}, {}, "/p?sort=name"),
    ],
)
def test_a_change_of_an_address_goes_to_the_first_page(raw: dict[str, str], changes: dict[str, str | None], expected: str) -> None:
    assert Address("/p", raw).to(**changes) == expected


@pytest.fixture
async def person(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator of a shop with sixty products."""
    await add_shop()
    who = await add_person(Role.ADMIN)
    start = clock.now()
    for number in range(COUNT):
        monkeypatch.setattr(clock, "now", lambda number=number: start.replace(microsecond=number * 1000))
        await products.create(
            who, {"name": f"Thing {number:02}", "price": f"{number}.50", "category": ("Lamps", "Toys")[number % 2], "status": "published"}
        )
    monkeypatch.undo()
    return who


async def shown(address: str, who: Actor) -> ProductTable:
    """The table after its page has been opened."""
    table = await opened(ProductTable, address, who)
    await table.load()
    return table


async def test_the_first_page(person: Actor) -> None:
    table = await shown("/products", person)
    assert (table.loaded, table.error, table.count, table.narrowed, table.currency) == (True, "", "60", False, "GBP")
    assert [row.cells[0].text for row in table.rows] == [f"Thing {number:02}" for number in range(59, 34, -1)]
    assert table.pager == Pager("1–25 of 60", next="/products?page=2", last="/products?page=3")
    assert table.chips == []


async def test_the_pages_after_it(person: Actor) -> None:
    table = await shown("/products?page=2&sort=name", person)
    assert table.pager == Pager(
        "26–50 of 60",
        first="/products?sort=name",
        prev="/products?sort=name",
        next="/products?page=3&sort=name",
        last="/products?page=3&sort=name",
    )
    table = await shown("/products?page=3", person)
    assert table.pager == Pager("51–60 of 60", first="/products", prev="/products?page=2")


async def test_search_filters_and_their_chips(person: Actor) -> None:
    table = await shown("/products?search=thing+1&status=published,draft&minPrice=12&sort=price", person)
    assert [row.cells[0].text for row in table.rows] == [f"Thing {number}" for number in (*range(12, 20), 21, 31, 41, 51)]
    assert (table.search, table.narrowed, table.count) == ("thing 1", True, "12")
    chips = {chip.label: chip.href for chip in table.chips}
    assert chips["Price ≥ 12"] == "/products?search=thing+1&sort=price&status=published%2Cdraft"
    assert len(chips) == 2
    chosen = [option.label for option in table.options["status"] if option.chosen]
    assert chosen == ["Draft", "Published"]
    hrefs = {option.label: option.href for option in table.options["status"]}
    assert hrefs["Published"].endswith("&status=draft"), "a chosen one is taken away"
    assert hrefs["Scheduled"].endswith("&status=published%2Cdraft%2Cscheduled"), "another one is added"
    assert table.values["minPrice"] == "12"


async def test_a_menu_of_named_conditions_holds_one_or_several(person: Actor) -> None:
    table = await shown("/products?stock=low", person)
    options = {option.label: option for option in table.options["stock"]}
    assert options["Low"] == Option("Low", "/products", chosen=True)
    assert options["Out"].href == "/products?stock=low%2Cout"
    assert [chip.label for chip in (await shown("/products?stock=low,out", person)).chips] == ["Stock is low or out"]
    customers = await opened(CustomerTable, "/customers?segment=new", person)
    await customers.load()
    options = {option.label: option for option in customers.options["segment"]}
    assert options["Repeat"].href == "/customers?segment=repeat"


async def test_a_filter_offers_the_values_that_occur(person: Actor) -> None:
    table = await shown("/products?category=Toys", person)
    assert table.options["category"] == [Option("Lamps", "/products?category=Lamps"), Option("Toys", "/products", chosen=True)]
    assert table.count == "30"


async def test_headings_turn_the_order_around(person: Actor) -> None:
    table = await shown("/products", person)
    assert (head(table, "price").href, head(table, "price").order) == ("/products?sort=-price", "none")
    assert head(table, "name").href == "/products?sort=name"
    table = await shown("/products?sort=-price&page=2", person)
    assert (head(table, "price").href, head(table, "price").order) == ("/products?sort=price", "descending")
    assert [option.label for option in table.sorts if option.chosen] == ["Price"]
    orders = await opened(OrderTable, "/orders", person)
    await orders.load()
    assert (head(orders, "placedAt").order, head(orders, "placedAt").href) == ("descending", "/orders?sort=placedAt")
    orders = await opened(OrderTable, "/orders?sort=placedAt", person)
    await orders.load()
    assert head(orders, "placedAt").href == "/orders", "the usual order needs no words"


@pytest.mark.parametrize("query", ["sort=nonsense", "page=abc", "page=-1", "minPrice=x", "status=no", "unknown=1", "search=" + "a" * 200])
async def test_an_address_that_makes_no_sense_shows_nothing_but_why(person: Actor, query: str) -> None:
    table = await shown("/products", person)
    visit(table, f"/products?{query}")
    await table.load()
    assert table.error.startswith("The list cannot be shown as asked. ")
    assert (table.rows, table.count, table.loaded, table.narrowed) == ([], "", True, True)
    visit(table, "/products")
    await table.load()
    assert (table.error, table.count) == ("", "60")


async def test_a_page_beyond_the_last_leads_to_the_last(person: Actor) -> None:
    table = await opened(ProductTable, "/products?page=9&sort=name", person)
    assert way(await table.load()) == "/products?page=3&sort=name"
    table = await opened(ProductTable, "/products?page=9&category=None", person)
    assert way(await table.load()) == "/products?category=None"
    table = await shown("/products?category=None", person)
    assert (table.rows, table.narrowed, table.error) == ([], True, "")


async def test_typing_changes_the_address(person: Actor) -> None:
    table = await shown("/products?status=published&page=2", person)
    assert way(await table.find("  lamp ")) == "/products?status=published&search=lamp"
    assert way(await table.find("")) == "/products?status=published"
    assert len(way(await table.find("x" * 500))) < 200


async def test_the_search_box_follows_an_address_that_was_not_typed(person: Actor) -> None:
    table = await opened(ProductTable, "/products?search=lamp", person)
    assert "lamp" in str(await table.load()), "a shared link fills it"
    assert await table.load() is None, "it is left alone while it says so"


async def test_a_small_form_sets_known_filters_only(person: Actor) -> None:
    table = await shown("/products?minPrice=3&status=published", person)
    form: dict[str, Any] = {"minPrice": " 5 ", "maxPrice": "", "sort": "name", "__proto__": "x", "status": ["a"]}
    assert way(await table.narrow(form)) == "/products?minPrice=5&status=%5B%27a%27%5D"
    assert way(await table.narrow({"minPrice": ""})) == "/products?status=published"


async def test_a_long_address_is_cut(person: Actor) -> None:
    table = await shown("/products?" + "&".join(f"a{number}=1" for number in range(500)), person)
    assert table.error
    assert len(table.error) < 500
