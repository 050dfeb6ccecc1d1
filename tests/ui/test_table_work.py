"""The states of a table at work: what is chosen, changed in place, laid out and announced, and what a browser may not ask."""

from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.views import views
from mewayz.domains.customers.state import CustomerTable
from mewayz.domains.orders.state import OrderTable
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductTable
from mewayz.domains.users.state import UserTable
from mewayz.ui import table_selection
from mewayz.ui.events import as_actor
from mewayz.ui.notice import Notices
from mewayz.ui.table_state import find_records
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, visit, way

COUNT = 30


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop with thirty products."""
    await add_shop()
    who = await add_person(Role.ADMIN)
    rows = [(number, {"name": f"Mug {number:02}", "price": "5.00", "category": "Mugs"}) for number in range(COUNT)]
    await products.load(who, rows)
    return who


async def shown(address: str, who: Actor) -> ProductTable:
    """The table after its page has been opened."""
    table = await opened(ProductTable, address, who)
    await table.load()
    return table


async def done(events: Any) -> None:
    """Let a handler run to its end."""
    async for _ in events:
        pass


async def statuses() -> set[str]:
    return {product.status for product in await products.collection.find_all()}


async def notices(table: ProductTable) -> list[str]:
    return [notice.text for notice in (await table.get_state(Notices)).shown]


async def test_all_that_match_are_changed_and_changed_back(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    ids = [row.id for row in table.rows]
    await table.command(f"1 pick {' '.join(ids)} {'f' * 24}")
    assert (table.selected, table.subject, table.matching) == (ids, "25 selected", "Select all 30 that match")
    await table.choose_all()
    assert (table.subject, table.matching) == ("30 selected", "")
    await done(table.set_many("status", "draft"))
    assert await statuses() == {"draft"}
    assert (table.selected, table.outcome.text, table.outcome.undo) == ([], "30 products changed.", True)
    assert {row.cells[2].text for row in table.rows} == {"Draft"}
    await done(table.undo())
    assert await statuses() == {"published"}
    assert table.outcome.text == ""
    assert await notices(table) == ["30 products changed back."]


async def test_rows_that_were_so_already_are_not_counted_as_changed(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    one, two = table.rows[0].id, table.rows[1].id
    await products.update(person, one, {"status": "draft"})
    await table.load()
    await table.command(f"1 pick {one} {two}")
    await done(table.set_many("status", "draft"))
    assert table.outcome.text == "1 product changed. 1 was so already."
    await table.command(f"2 pick {one} {two}")
    await done(table.set_many("status", "draft"))
    assert (table.outcome.text, (await notices(table))[-1]) == ("", "2 products were so already.")


async def test_more_than_are_changed_at_once_are_not_offered_and_why(person: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_selection, "MAX_MATCHES", 29)
    table = await shown("/products?sort=name", person)
    await table.command(f"1 pick {' '.join(row.id for row in table.rows)}")
    assert (table.matching, table.too_many) == ("", "Narrow the list to 29 to select all that match")
    await table.choose_all()
    assert table.subject == "25 selected"


async def test_only_what_the_room_offers_is_set_in_bulk(person: Actor) -> None:
    table = await shown("/products", person)
    await table.command(f"1 pick {table.rows[0].id}")
    await done(table.set_many("price", "0"))
    await done(table.set_many_from({"currency": "USD"}))
    assert {(str(product.price), product.currency) for product in await products.collection.find_all()} == {("5.0000", "GBP")}
    await done(table.set_many_from({"category": " Cups "}))
    assert sorted(product.category for product in await products.collection.find_all()) == ["Cups", *["Mugs"] * 29]


async def test_a_value_is_taken_from_many_rows_only_by_asking_for_it(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    await table.command(f"1 pick {table.rows[0].id} {table.rows[1].id}")
    for typed in ("", "  ", None):
        await done(table.set_many_from({"category": typed}))
        assert (table.unset, len(table.selected)) == ("Choose or type a category.", 2)
    await table.begin_setting(False)
    assert table.unset == ""
    await done(table.set_many("category", " "))
    await done(table.set_many("status", ""))
    await done(table.empty_many("status"))
    await done(table.empty_many("name"))
    assert {(product.category, product.status, product.name[:3]) for product in await products.collection.find_all()} == {
        ("Mugs", "published", "Mug")
    }
    await done(table.empty_many("category"))
    assert sorted(product.category for product in await products.collection.find_all()) == ["", "", *["Mugs"] * 28]
    assert table.outcome.undo


async def test_a_deletion_asks_for_the_number(person: Actor) -> None:
    table = await shown("/products", person)
    await table.command(f"1 pick {table.rows[0].id} {table.rows[1].id}")
    await done(table.remove_many())
    await table.type_number("3")
    await done(table.remove_many())
    assert table.count == "30"
    await table.type_number(" 2 ")
    await done(table.remove_many())
    assert (table.count, await notices(table)) == ("28", ["2 products deleted."])


async def test_a_refusal_of_the_whole_leaves_the_rows_on_the_screen(person: Actor) -> None:
    table = await shown("/products", person)
    await table.command(f"1 pick {table.rows[0].id}")
    as_actor(await add_person(Role.USER))
    await done(table.set_many("status", "draft"))
    assert (table.error, len(table.rows)) == ("", 25)
    assert table.outcome.text.startswith("Your role does not allow this.")


async def test_a_cell_is_changed_in_place(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    row = table.rows[0]
    await table.command(f"1 edit {row.id} inventory.stock")
    assert (table.editing, table.draft) == (f"{row.id} inventory.stock", "0")
    await done(table.commit({"cell": "12"}))
    assert (table.editing, table.rows[0].cells[4].text) == ("", "12")
    assert (await products.get(person, row.id)).stock == 12
    await table.command(f"2 edit {row.id} price")
    await done(table.commit({"cell": "cheap"}))
    assert table.rows[0].cells[5].text == "5.00"
    told = (table.editing, table.draft, table.refused)
    assert told == (f"{row.id} price", "cheap", "Enter an amount, such as 12.50."), "what was typed is not thrown away"
    await done(table.commit({"cell": "dear"}))
    assert (table.editing, table.draft) == (f"{row.id} price", "dear")
    await done(table.commit({"cell": "5.50"}))
    assert (table.editing, table.refused, table.rows[0].cells[5].text) == ("", "", "5.50")
    await table.command(f"2 edit {row.id} price")
    assert table.refused == ""
    await table.command("2 cancel")
    for command in (f"3 edit {row.id} name", f"4 edit {'f' * 24} price", "5 edit", "6", "", "7 drop tables"):
        await table.command(command)
        assert table.editing == ""


async def test_the_stock_of_a_product_with_variants_is_not_changed_in_its_list(person: Actor) -> None:
    options = [{"name": "Size", "values": ["S"]}]
    tee = await products.create(person, {"name": "A tee", "price": "5", "options": options, "variants": [{"values": ["S"], "stock": 4}]})
    table = await shown("/products?sort=name", person)
    assert [cell.fixed for cell in table.rows[0].cells] == [head.key == "inventory.stock" for head in table.heads]
    assert not any(cell.fixed for cell in table.rows[1].cells)
    await table.command(f"1 edit {tee.id} inventory.stock")
    assert table.editing == ""
    await table.command(f"2 edit {tee.id} price")
    assert table.editing == f"{tee.id} price"


async def test_a_change_of_something_else_is_no_clash(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    row = table.rows[0]
    await products.update(person, row.id, {"category": "Other"})
    await table.command(f"1 edit {row.id} price")
    await done(table.commit({"cell": "6"}))
    after = await products.get(person, row.id)
    assert (str(after.price.normalize()), after.category, table.clashing) == ("6", "Other", False)


async def test_two_values_are_shown_and_one_is_chosen(person: Actor) -> None:
    table = await shown("/products?sort=name", person)
    row = table.rows[0]
    await products.update(person, row.id, {"status": "archived"})
    await table.command(f"1 edit {row.id} status")
    await done(table.commit({"cell": "draft"}))
    assert table.clashing
    assert (table.clash.mine, table.clash.theirs, table.rows[0].cells[2].text) == ("Draft", "Archived", "Archived")
    await table.keep_theirs()
    assert (await products.get(person, row.id)).status == "archived"
    await products.update(person, row.id, {"status": "published"})
    await table.command(f"2 edit {row.id} status")
    await done(table.commit({"cell": "draft"}))
    await done(table.use_mine())
    assert (await products.get(person, row.id)).status == "draft"
    assert (table.clashing, table.rows[0].cells[2].text) == (False, "Draft")


async def test_columns_are_remembered_per_person_and_list(person: Actor) -> None:
    table = await shown("/products", person)
    await table.toggle_column("sku")
    await table.toggle_column("tags")
    await table.move_column("price", -1)
    await table.move_column("name", 1)
    await table.toggle_column("secret")
    await table.set_density("compact")
    await table.set_density("huge")
    expected = ["name", "status", "category", "price", "inventory.stock", "updatedAt", "tags"]
    assert [head.key for head in table.heads] == expected
    again = await shown("/products", person)
    assert ([head.key for head in again.heads], again.density) == (expected, "compact")
    other = await shown("/products", await add_person(Role.ENTERPRISE))
    assert ([head.key for head in other.heads][1], other.density) == ("sku", "regular")
    customers = await opened(CustomerTable, "/customers", person)
    await customers.load()
    assert customers.density == "regular"
    await again.usual_columns()
    assert [head.key for head in again.heads] == [column.key for column in products.spec.columns if column.shown]


async def test_a_view_keeps_query_columns_and_density(person: Actor) -> None:
    table = await shown("/products?sort=-price&search=mug&page=2", person)
    assert (table.savable, table.tabs) == (True, [])
    await table.toggle_column("sku")
    there = way(await table.save_view({"name": "Mugs", "shared": "on"}))
    view = (await views.all(person, "products"))[0]
    assert there == f"/products?view={view.id}&search=mug&sort=-price"
    visit(table, there)
    await table.load()
    assert [(tab.label, tab.chosen) for tab in table.tabs] == [("All products", False), ("Mugs", True)]
    assert (table.view_own, table.view_changed, table.savable, table.heads[1].key) == (True, False, False, "status")
    assert f"view={view.id}" in table.pager.next
    visit(table, f"/products?view={view.id}&search=mug&sort=name")
    await table.load()
    assert table.view_changed
    await table.update_view()
    assert (await views.all(person, "products"))[0].query == "search=mug&sort=name"
    await table.change_view({"name": ""})
    assert (table.view_error, table.view_mistakes) == ("This field is required.", 1)
    assert way(await table.delete_view()) == "/products"
    assert await views.all(person, "products") == []


async def test_somebody_elses_view_stays_theirs(person: Actor) -> None:
    made = await views.create(person, {"noun": "products", "name": "All", "columns": ["name", "price"], "shared": True})
    table = await shown(f"/products?view={made.id}", await add_person(Role.USER))
    assert ([head.key for head in table.heads], table.view_own, table.may_share) == (["name", "price"], False, False)
    await table.toggle_column("category")
    await table.load()
    assert len(table.heads) == 2, "it is theirs"
    await table.change_view({"name": "Mine"})
    assert await table.delete_view() is None
    assert [view.name for view in await views.all(person, "products")] == ["All"]
    assert (await shown("/products?view=unknown", person)).error == ""


async def test_news_of_others(person: Actor) -> None:
    table = await shown("/products?category=Mugs", person)
    await table.look()
    assert table.news == ""
    ids = [row.id for row in table.rows]
    await products.create(person, {"name": "Elsewhere", "price": "1", "category": "Cups"})
    await table.look()
    assert table.news == ""
    for number in range(2):
        await products.create(person, {"name": f"New {number}", "price": "1", "category": "Mugs"})
    await table.look()
    assert (table.news, [row.id for row in table.rows]) == ("2 new products", ids)
    await table.load()
    assert (table.news, table.count) == ("", "32")
    await products.update(person, table.rows[5].id, {"price": "7"})
    await table.look()
    assert table.news == "This list has changed"


async def test_who_may_not_change_is_offered_nothing(person: Actor) -> None:
    table = await shown("/products", await add_person(Role.USER))
    assert (table.selectable, {head.edit for head in table.heads}) == (False, {""})
    moderator = await shown("/products", await add_person(Role.MODERATOR))
    assert (moderator.selectable, moderator.deletable) == (True, False)


async def test_the_palette_finds_what_a_person_may_see(person: Actor) -> None:
    assert UserTable.path == "/users", "its list is one of those that are looked into"
    found = await find_records(person, "mug 07")
    assert [(jump.label, jump.group) for jump in found] == [("Mug 07", "Product")]
    assert found[0].path == f"/products/{(await products.collection.find(name='Mug 07')).id}"  # pyright: ignore
    assert [jump.group for jump in await find_records(person, "A admin")] == ["User"]
    user = await add_person(Role.USER)
    assert await find_records(user, "A admin") == [], "a user sees their own account only"
    assert [jump.label for jump in await find_records(user, "A user")] == [user.name]
    assert await find_records(person, "x" * 500) == []


async def test_a_range_must_not_end_before_it_begins(person: Actor) -> None:
    table = await shown("/products?minPrice=9&maxPrice=3", person)
    assert table.error.startswith(
        "The list cannot be shown as asked. Price: The range ends before it begins. 3 is less than 9: swap the two."
    )
    table = await opened(OrderTable, "/orders?from=2011-12-05&to=2011-12-01", person)
    await table.load()
    assert table.error.endswith("Placed: The range ends before it begins. 1 Dec 2011 is earlier than 5 Dec 2011: swap the two dates.")
    assert (await read_query(products.spec, {"minPrice": "3", "maxPrice": "3"})).filters
