"""The state behind a form: what is read from it, and where the service's refusals end up."""

from decimal import Decimal
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, shop, shops
from mewayz.domains.products.model import products_collection
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductForm
from mewayz.ui.notice import Notices
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way

FORM = {
    "name": " Lamp ",
    "price": "12.5",
    "tags": "a, b,, a ",
    "inventory.stock": "3",
    "inventory.lowStockThreshold": "0",
    "status": "draft",
    "visibility": "visible",
}


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def send(form: ProductForm, verb: str, data: dict[str, Any] | None = None) -> list[Any]:
    """Send the form; the events that follow, and on the way it says that it works."""
    events: list[Any] = []
    async for event in getattr(form, verb)(*([data] if data is not None else [])):
        if not events:
            assert form.saving is True
        events.append(event)
    assert form.saving is False
    return events


async def said(form: ProductForm) -> list[str]:
    """The messages on the screen."""
    return [notice.text for notice in (await form.get_state(Notices)).shown]


async def test_an_empty_form(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    assert (form.loaded, form.signs, form.record_id, form.visit) == (True, ("£", ""), "", 1)
    assert form.values["status"] == "published"
    assert form.values["inventory.stock"] == "0"
    assert form.values["inventory.trackInventory"] is True
    assert form.values["name"] == form.values["cost"] == form.values["tags"] == ""
    await form.start()
    assert form.visit == 2, "React makes a new form, so that nothing of the last one stays"


async def test_texts_become_fields(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    read = form._read({**FORM, "inventory.trackInventory": "on", "description": "  two\nlines ", "nonsense": "x", "cost": None})
    assert read["inventory"] == {"stock": "3", "lowStockThreshold": "0", "trackInventory": True, "allowBackorders": False}
    assert (read["name"], read["tags"], read["description"], read["cost"]) == ("Lamp", ["a", "b", "a"], "two\nlines", "")
    assert "nonsense" not in read
    assert len(form._read({"name": "x" * 50_000})["name"]) == 20_000


async def test_what_is_created_is_shown(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    events = await send(form, "add", FORM)
    made = await products.get(person, way(events[-1]).rsplit("/", 1)[1])
    assert (made.name, made.price, made.tags, made.status, made.stock) == ("Lamp", Decimal("12.5"), ["a", "b"], "draft", 3)
    assert await said(form) == ["Product created."]


async def test_mistakes_are_put_beside_their_fields_and_the_first_gets_the_focus(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    events = await send(form, "add", {**FORM, "name": "", "price": "cheap", "inventory.stock": "-1", "status": "none"})
    assert set(form.field_errors) == {"name", "price", "inventory.stock", "status"}
    assert form.field_errors["price"] == "Enter an amount, such as 12.50."
    assert form.error == "4 fields need your attention: Name, Price, In stock, Status."
    assert "field_name" in str(events[-1].args)
    assert await said(form) == []
    # A second attempt forgets the first one's complaints, and does so at once.
    trying = form.add({**FORM, "price": ""})
    await anext(trying)
    assert (form.saving, form.error, form.field_errors) == (True, "", {})
    _ = [event async for event in trying]
    assert (set(form.field_errors), form.error) == ({"price"}, "Some fields need your attention.")


async def test_what_is_wrong_with_one_of_a_list_is_said_at_its_control(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    events = await send(form, "add", {**FORM, "tags": f"fine, {'x' * 51}"})
    assert form.field_errors == {"tags": "Number 2: Enter at most 50 characters."}
    assert "field_tags" in str(events[-1].args)
    await send(form, "add", {**FORM, "tags": ",".join(f"t{number}" for number in range(60))})
    assert list(form.field_errors) == ["tags"]
    assert form.field_errors["tags"].endswith(" entries.")


async def test_all_mistakes_are_told_at_once(person: Actor) -> None:
    await products.create(person, {"name": "Mug", "price": "5", "sku": "TAKEN", "slug": "mug"})
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    wrong = {**FORM, "name": "", "price": "9.999", "compareAtPrice": "1", "sku": "TAKEN", "slug": "mug", "status": "scheduled"}
    await send(form, "add", wrong)
    assert set(form.field_errors) == {"name", "price", "compareAtPrice", "sku", "slug", "publishAt"}
    assert form.error == "6 fields need your attention: Name, Price, Compare-at price, SKU, For sale from, Slug."
    await send(form, "add", {**wrong, "name": "Lamp", "price": "9"})
    assert set(form.field_errors) == {"compareAtPrice", "sku", "slug", "publishAt"}


@pytest.mark.parametrize("data", [{}, {"name": ["a"]}, {"name": {"a": 1}}, {"price": None, "tags": 5}, {"name": "\x00"}])
async def test_nonsense_is_a_mistake_and_no_crash(person: Actor, data: dict[str, Any]) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    await send(form, "add", data)
    assert form.field_errors
    assert form.error_id == ""


async def test_a_record_fills_the_form_and_is_saved(person: Actor) -> None:
    made = await products.create(person, {"name": "Lamp", "price": "12", "cost": "3", "tags": ["a", "b"]})
    await products.collection.patch(made.id, {"price": Decimal("12.345")})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert (form.record_id, form.record_name) == (made.id, "Lamp")
    assert (form.values["price"], form.values["cost"], form.values["tags"]) == ("12.345", "3.00", "a, b")
    await send(form, "save", {**FORM, "price": "12.346"})
    assert form.field_errors == {"price": "Enter at most 2 decimals, as GBP has."}
    events = await send(form, "save", {**FORM, "name": "Lantern", "price": "12.345", "cost": ""})
    assert way(events[-1]) == f"/products/{made.id}"
    now = await products.get(person, made.id)
    assert (now.name, now.cost) == ("Lantern", None)
    assert await said(form) == ["Changes saved."]


async def test_somebody_elses_change_is_not_overwritten(person: Actor) -> None:
    made = await products.create(person, {"name": "Lamp", "price": "1", "status": "draft", "category": "Old", "tags": ["a"]})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    await products.update(person, made.id, {"price": "2", "status": "published", "category": "New"}, made.rev)
    entered = {**FORM, "name": "Lantern", "price": "3", "category": "Old", "tags": "a", "inventory.stock": "0", "status": "archived"}
    assert await send(form, "save", entered) == [None, None]
    clashes = [("Price", "2.00", "3"), ("Status", "Published", "Archived")]
    assert ([(one.label, one.theirs, one.mine) for one in form.clashes], form.error, form.refusals) == (clashes, "", 1)
    now = await products.get(person, made.id)
    assert (now.price, now.name, now.category) == (2, "Lamp", "New")
    await form.go_on()
    assert form.clashes == []
    await send(form, "save", entered)
    assert len(form.clashes) == 2, "it is still another one's value"
    assert way((await send(form, "keep_theirs"))[-1]) == f"/products/{made.id}"
    now = await products.get(person, made.id)
    assert (now.price, now.name, now.category, now.status) == (2, "Lantern", "New", "published")
    assert await said(form) == ["Changes saved, beside those that somebody else has made meanwhile."]


async def test_ones_own_change_is_saved_over_somebody_elses_when_that_is_chosen(person: Actor) -> None:
    made = await products.create(person, {"name": "Lamp", "price": "1"})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    await products.update(person, made.id, {"price": "2", "category": "New"}, made.rev)
    await send(form, "save", {**FORM, "price": "3"})
    assert [one.label for one in form.clashes] == ["Price"]
    await products.update(person, made.id, {"category": "Newer"})
    assert way((await send(form, "use_mine"))[-1]) == f"/products/{made.id}"
    now = await products.get(person, made.id)
    assert (now.price, now.category, form.clashes) == (3, "Newer", [])


async def test_changes_of_different_fields_go_together(person: Actor) -> None:
    made = await products.create(person, {"name": "Lamp", "price": "1", "inventory": {"stock": 9}})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    await products.update(person, made.id, {"inventory": {"stock": 5}, "cost": "0.50"}, made.rev)
    entered = {name: str(value) for name, value in form.values.items() if not isinstance(value, bool)} | {"inventory.trackInventory": "on"}
    assert way((await send(form, "save", {**entered, "price": "1.0", "description": "Bright"}))[-1]) == f"/products/{made.id}"
    now = await products.get(person, made.id)
    assert (now.stock, str(now.cost), now.description, now.price) == (5, "0.5000", "Bright", 1)


async def test_variants_of_two_people_are_one_or_the_others(person: Actor) -> None:
    options = [{"name": "Size", "values": ["S", "L"]}]
    variants = [{"values": ["S"], "sku": "T-S", "stock": 1}, {"values": ["L"], "sku": "T-L", "stock": 2}]
    made = await products.create(person, {"name": "Tee", "price": "20", "options": options, "variants": variants})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    kept = [{**{key: one[key] for key in ("id", "values", "sku")}, "price": "21"} for one in made.variants]
    now = await products.update(person, made.id, {"variants": kept}, made.rev)
    entered = {name: str(value) for name, value in form.values.items() if not isinstance(value, bool)} | {"inventory.trackInventory": "on"}
    await send(form, "save", {**entered, "name": "Shirt"})
    now = await products.get(person, made.id)
    assert (now.name, [one["price"] for one in now.variants]) == ("Shirt", ["21.00", "21.00"])
    await send(form, "save", {**entered, "name": "Shirt", f"{form.rows[0].key}_price": "19"})
    assert [(one.label, one.theirs, one.mine) for one in form.clashes] == [
        ("Variants", "S, T-S, 21.00\nL, T-L, 21.00", "S, T-S, 19.00\nL, T-L")
    ]
    await send(form, "keep_theirs")
    assert [one["price"] for one in (await products.get(person, made.id)).variants] == ["21.00", "21.00"]


async def test_a_record_that_is_gone(person: Actor) -> None:
    form = await opened(ProductForm, "/products/000000000000000000000000/edit", person)
    await form.open_record()
    assert (form.loaded, form.error) == (False, "This record does not exist, or you may not see it.")


async def test_deleting_takes_the_name(person: Actor) -> None:
    made = await products.create(person, {"name": "Lamp", "price": "1"})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    for wrong in ("", "lamp", "Lamp and more"):
        await form.type_name(wrong)
        assert [event async for event in form.remove()] == []
    assert (await products.get(person, made.id)).name == "Lamp"
    await form.type_name(" Lamp ")
    events = await send(form, "remove")
    assert way(events[-1]) == "/products"
    assert await said(form) == ["Product “Lamp” deleted."]
    assert await products.collection.find(id=made.id) is None


async def test_nothing_is_deleted_before_a_record_was_opened(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    events = await send(form, "remove")
    assert events == [None, None]
    assert form.error == "This record does not exist, or you may not see it."


async def test_a_comma_before_decimals_is_understood_where_the_shop_writes_one(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await send(form, "add", {**FORM, "price": "12,5"})
    assert set(form.field_errors) == {"price"}, "in Britain it is not known what that means"
    await shops.patch(SHOP_ID, {"options": {"region": "DE"}})
    await shop()
    await send(form, "add", {**FORM, "price": "12,5"})
    assert form.field_errors == {}
    assert [one.price for one in await products_collection.find_all()] == [Decimal("12.5")]
