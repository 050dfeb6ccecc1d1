"""What the pages of customers hold."""

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.customers.address_state import CustomerAddresses
from mewayz.domains.customers.merge_state import CustomerMerging
from mewayz.domains.customers.notes_state import CustomerNotes
from mewayz.domains.customers.segment_state import SegmentList
from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import CustomerRecord, CustomerTable
from mewayz.domains.orders.latest_state import LatestOrders
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, tab, way


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def test_what_was_spent_in_another_currency_is_said_apart(person: Actor) -> None:
    shop = HistoricShop()
    await shop.sell("2026-01-10T10:00", "Anna", ("Lamp", 1, "10"))
    await shop.sell("2026-01-11T10:00", "Anna", ("Lamp", 2, "10"), currency="EUR")
    page = await opened(CustomerRecord, f"/customers/{shop.customers['Anna'].id}", person)
    await page.open()
    tiles = {tile.label: (tile.value, tile.more) for tile in page.tiles}
    assert tiles["Lifetime value"] == ("£10.00", "£10.00 spent, £0.00 returned, besides €20.00")
    assert tiles["Average order"] == ("£10.00", "spent per order in GBP")


async def test_a_customer_before_and_after_an_order(person: Actor) -> None:
    made = await customers.create(
        person, {"name": "Buyer", "email": "b@example.com", "tags": ["vip", "b&b"], "address": {"country": "France"}}
    )
    page = await opened(CustomerRecord, f"/customers/{made.id}", person)
    await page.open()
    values = page.values
    assert (page.title, page.status, page.tone) == ("Buyer", "Customer", "neutral")
    assert (values["orders"], values["spent"], values["first"], values["last"], values["phone"]) == ("0", "£0.00", "–", "–", "–")
    assert values["address"] == "France"
    assert [(tag.label, tag.href) for tag in page.tags] == [("vip", "/customers?tag=vip"), ("b&b", "/customers?tag=b%26b")]
    assert [(tile.label, tile.value) for tile in page.tiles] == [
        ("Lifetime value", "£0.00"),
        ("Orders", "0"),
        ("Average order", "–"),
        ("Last order", "–"),
    ]
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    await orders.create(person, {"customerId": made.id, "lines": [{"productId": lamp.id, "quantity": 3}]})
    await page.open()
    assert (page.values["orders"], page.values["spent"]) == ("1", "£30.00")
    assert page.values["first"] == page.values["last"] != "–"


async def test_the_biggest_come_first(person: Actor) -> None:
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 9}})
    for name, pieces in (("Small", 1), ("Big", 5), ("None", 0)):
        made = await customers.create(person, {"name": name, "email": f"{name}@example.com"})
        if pieces:
            await orders.create(person, {"customerId": made.id, "lines": [{"productId": lamp.id, "quantity": pieces}]})
    table = await opened(CustomerTable, "/customers", person)
    await table.load()
    assert [row.cells[0].text for row in table.rows] == ["Big", "Small", "None"]
    assert [head.key for head in table.heads if head.order == "descending"] == ["totalSpent"]
    assert {option.label for option in table.options["segment"]} == {"New", "Repeat", "No orders"}


async def test_filters_are_saved_from_the_list_and_offered_there(person: Actor) -> None:
    await customers.create(person, {"name": "Fan", "tags": ["vip"]})
    await customers.create(person, {"name": "Other"})
    table = await opened(CustomerTable, "/customers?tag=vip&sort=name", person)
    await table.load()
    await table.ask_segment(True)
    await table.save_segment({"name": ""})
    assert table.saving_segment
    assert table.field_errors["segment"]
    assert table.error == ""
    assert way(await table.save_segment({"name": "Fans", "shared": "on"})) == "/customers?segment=fans"
    table = await opened(CustomerTable, "/customers?segment=fans", person)
    await table.load()
    assert [row.cells[0].text for row in table.rows] == ["Fan"]
    assert [chip.label for chip in table.chips] == ["Segment is Fans"]
    assert [(option.label, option.chosen) for option in table.options["segment"]][-1] == ("Fans", True)
    listed = await opened(SegmentList, "/customers/segments", person)
    await listed.load()
    [entry] = listed.entries
    assert (entry.name, entry.narrows, entry.count, entry.shared) == ("Fans", "Tag is vip", "1 customer", True)
    await listed.remove(entry.id)
    await table.load()
    assert "segment" in table.error


async def test_addresses_are_changed_in_their_dialog(person: Actor) -> None:
    made = await customers.create(person, {"name": "Buyer", "addresses": [{"line1": "1 A"}]})
    root = tab()
    page = await opened(CustomerRecord, f"/customers/{made.id}", person, root)
    await page.open()
    dialog = await root.get_state(CustomerAddresses)
    await dialog.edit(-1)
    assert (dialog.index, dialog.values["defaultShipping"]) == (-1, False)
    async for _ in dialog.save({"line1": "2 B", "country": "x" * 101}):
        pass
    assert dialog.shown
    assert set(dialog.field_errors) == {"country"}
    async for _ in dialog.save({"line1": "2 B", "country": "FR", "defaultShipping": "on"}):
        pass
    assert not dialog.shown
    await page.open()
    assert [(one.text, one.shipping, one.billing) for one in page.addresses] == [("1 A", False, True), ("2 B, France", True, False)]
    await dialog.edit(0)
    async for _ in dialog.remove():
        pass
    await page.open()
    assert [(one.text, one.shipping, one.billing) for one in page.addresses] == [("2 B, France", True, True)]


async def test_two_are_merged_and_taken_apart_from_the_page(person: Actor) -> None:
    kept = await customers.create(person, {"name": "Anna Smith"})
    twin = await customers.create(person, {"name": "Smith, Anna", "email": "anna@example.com"})
    root = tab()
    page = await opened(CustomerRecord, f"/customers/{kept.id}", person, root)
    await page.open()
    assert [(one.name, one.why) for one in page.similar] == [("Smith, Anna", "same name and country")]
    dialog = await root.get_state(CustomerMerging)
    await dialog.show(True)
    assert [one.id for one in dialog.candidates] == [twin.id]
    await dialog.find("anna smith")
    assert [one.name for one in dialog.candidates] == ["Smith, Anna"]
    await dialog.choose(twin.id)
    assert [(one.label, one.kept, one.other, one.result, one.changed) for one in dialog.lines] == [
        ("Name", "Anna Smith", "Smith, Anna", "Anna Smith", False),
        ("E-mail", "–", "anna@example.com", "anna@example.com", True),
    ]
    async for _ in dialog.merge():
        pass
    await page.open()
    assert (page.values["email"], page.similar, len(page.undoable)) == ("anna@example.com", [], 1)
    async for _ in dialog.undo(page.undoable[0].id):
        pass
    await page.open()
    assert (page.values["email"], len(page.similar), page.undoable) == ("–", 1, [])


async def test_the_latest_orders_of_a_customer(person: Actor) -> None:
    made = await customers.create(person, {"name": "Buyer"})
    lamp = await products.create(person, {"name": "Lamp", "price": "10", "inventory": {"stock": 99}})
    for pieces in range(1, 8):
        await orders.create(person, {"customerId": made.id, "lines": [{"productId": lamp.id, "quantity": pieces}]})
    latest = await opened(LatestOrders, f"/customers/{made.id}", person)
    await latest.load()
    assert (len(latest.briefs), latest.briefs[0].units, latest.briefs[0].total) == (5, "7 units", "£70.00")
    assert latest.every == f"/orders?customer={made.id}"


async def test_notes_are_written_and_changed_on_the_page(person: Actor) -> None:
    made = await customers.create(person, {"name": "Buyer"})
    page = await opened(CustomerNotes, f"/customers/{made.id}", person)
    await page.load()
    await page.add({"text": " "})
    assert page.error
    await page.add({"text": "Called"})
    [entry] = page.entries
    assert (entry.text, entry.own, entry.edited, page.error) == ("Called", True, False, "")
    await page.edit(entry.id)
    await page.save({"text": "Called twice"})
    assert (page.entries[0].text, page.entries[0].edited, page.editing) == ("Called twice", True, "")
    await page.remove(entry.id)
    assert page.entries == []
