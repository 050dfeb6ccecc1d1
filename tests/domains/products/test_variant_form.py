"""The form of a product: options as chips, a row for each combination, and what is wrong at its row."""

from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductForm
from mewayz.domains.products.stock_state import StockLedger
from tests.domains.people import add_person, add_shop
from tests.domains.products.goods import item, tee, titles
from tests.tabs import opened, way

PLAIN = {
    "name": "Tee",
    "price": "20",
    "inventory.stock": "0",
    "inventory.lowStockThreshold": "0",
    "status": "published",
    "visibility": "visible",
}


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def fired(events: Any) -> list[Any]:
    """All that a handler with several answers says, without the pauses."""
    return [event async for event in events if event is not None]


def there(form: ProductForm) -> list[str]:
    return [row.title for row in form.rows]


async def test_options_make_rows_that_keep_what_they_have(person: Actor) -> None:
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    await form.add_option()
    size = form.options[0].key
    await form.add_values(size, "S, L, s,")
    assert (form.options[0].offered, there(form)) == (["S", "L"], ["S", "L"])
    small = form.rows[0].key
    await form.add_option()
    colour = form.options[1].key
    await form.add_values(colour, " Red ")
    assert there(form) == ["S / Red", "L / Red"]
    await form.add_values(colour, "Blue")
    assert there(form) == ["S / Red", "S / Blue", "L / Red", "L / Blue"]
    assert form.rows[0].key == small
    await form.drop_row(form.rows[3].key)
    await form.add_values(size, "M")
    assert (there(form), form.missing) == (["S / Red", "S / Blue", "L / Red", "M / Red", "M / Blue"], 1)
    await form.make_all()
    assert (len(form.rows), form.missing) == (6, 0)
    await form.drop_value(size, "M")
    await form.drop_option(colour)
    assert (there(form), form.rows[0].key) == (["S", "L"], small)
    await form.add_values(size, ",".join(map(str, range(99))))
    assert (there(form), form.shape_problem) == (["S", "L"], "That would make more than 100 variants.")
    await form.add_option()
    await form.add_option()
    await form.add_option()
    assert len(form.options) == 3
    await form.drop_option(size)
    assert form.rows == []


async def test_a_product_is_created_with_its_variants(person: Actor) -> None:
    await products.create(person, {"name": "Mug", "price": "5", "sku": "TAKEN"})
    form = await opened(ProductForm, "/products/new", person)
    await form.start()
    await form.add_option()
    size = form.options[0].key
    await form.add_values(size, "S,L")
    small, large = (row.key for row in form.rows)
    entered = {**PLAIN, f"{size}_name": "Size", f"{small}_sku": "T-S", f"{small}_stock": "4", f"{large}_price": "25", f"{large}_stock": "2"}
    await fired(form.add({**entered, f"{size}_name": "", f"{large}_stock": "some"}))
    assert (form.options[0].problem, form.rows[0].problem, form.rows[1].problem) == (
        "Name: This field is required.", "", "Stock: Enter a whole number.",
    )  # fmt: skip
    assert form.mistakes == 1
    await fired(form.add({**entered, f"{small}_sku": "TAKEN"}))
    assert form.rows[0].problem == "SKU: This SKU is already in use. Choose another."
    done = await fired(form.add(entered))
    made = await products.get(person, way(done[-1]).removeprefix("/products/"))
    assert (made.options, titles(made)) == ([{"name": "Size", "values": ["S", "L"]}], {"S": 4, "L": 2})
    assert [(one["sku"], one["price"]) for one in made.variants] == [("T-S", None), (None, "25.00")]


async def test_a_product_is_changed_with_its_variants(person: Actor) -> None:
    made = await tee(5, 0, 3)
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert ([(row.title, row.sku, row.stock, row.saved) for row in form.rows], form.missing) == (
        [("S / Red", "TEE-S-RED", "5", True), ("S / Blue", "TEE-S-BLUE", "0", True), ("L / Red", "TEE-L-RED", "3", True)], 1,
    )  # fmt: skip
    await form.drop_row(form.rows[0].key)
    assert form.leaving == "What is in stock of these is written off: S / Red (5)."
    await form.make_all()
    assert [(row.title, row.stock, row.saved) for row in form.rows if row.saved] == [
        ("S / Red", "5", True), ("S / Blue", "0", True), ("L / Red", "3", True),
    ]  # fmt: skip
    assert form.leaving == ""
    await form.drop_row(form.rows[3].key)
    await form.drop_row(form.rows[0].key)
    await form.add_values(form.options[1].key, "Green")
    row = next(row for row in form.rows if row.title == "L / Green")
    form_data = {**PLAIN, f"{row.key}_stock": "2", f"{form.rows[0].key}_price": "30"}
    assert way((await fired(form.save(form_data)))[-1]) == f"/products/{made.id}"
    after = await products.get(person, made.id)
    assert titles(after) == {"S/Blue": 0, "S/Green": 0, "L/Red": 3, "L/Green": 2}
    assert after.variants[0]["price"] == "30.00"
    assert after.variants[0]["id"] == made.variants[1]["id"]

    await form.open_record()
    for option in list(form.options):
        await form.drop_option(option.key)
    await fired(form.save({**PLAIN, "inventory.stock": "5"}))
    after = await products.get(person, made.id)
    assert (after.options, after.variants, after.stock) == ([], [], 5)


async def test_the_pieces_of_a_product_go_to_its_first_variant(person: Actor) -> None:
    made = await products.create(person, {"name": "Tee", "price": "20", "inventory": {"stock": 7}})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    await fired(form.save({**PLAIN, "inventory.stock": "7"}))
    assert (await products.get(person, made.id)).variants == []
    await form.open_record()
    await form.add_option()
    await form.add_values(form.options[0].key, "S,L")
    assert [row.stock for row in form.rows] == ["7", "0"]
    await fired(form.save({**PLAIN, f"{form.options[0].key}_name": "Size"}))
    assert titles(await products.get(person, made.id)) == {"S": 7, "L": 0}


async def test_the_stock_of_a_variant_is_adjusted_on_the_page(person: Actor) -> None:
    made = await tee(5, 2)
    page = await opened(StockLedger, f"/products/{made.id}", person)
    await page.load()
    assert [(one.title, one.sku, one.price, one.stock, one.reserved) for one in page.variants] == [
        ("S / Red", "TEE-S-RED", "£20.00", "5", "0"),
        ("S / Blue", "TEE-S-BLUE", "£20.00", "2", "0"),
    ]
    await page.ask_for(str(item(made, "S/Blue").variant_id))
    assert (page.asking, page.chosen_title) == (True, "S / Blue")
    await fired(page.adjust({"delta": "-3", "reason": "correction"}))
    assert page.field_errors["delta"].startswith("There are only 2")
    await fired(page.adjust({"delta": "3", "reason": "receipt"}))
    assert (page.asking, page.variants[1].stock, page.stock) == (False, "5", "10")
    assert (page.rows[0].what, page.rows[0].variant, page.rows[0].balance) == ("Received", "S / Blue", "5")


async def test_customers_see_the_variants_and_not_the_ledger(person: Actor) -> None:
    made = await tee(5, 2)
    user = await add_person(Role.USER)
    page = await opened(StockLedger, f"/products/{made.id}", user)
    await page.load()
    assert ([one.stock for one in page.variants], page.rows, page.error) == (["5", "2"], [], "")


async def test_all_that_a_variant_has_is_entered_and_shown(person: Actor) -> None:
    made = await tee(5, 0)
    red, blue = ("a" * 64, "b" * 64)
    images = [{"id": red, "alt": "Red tee", "width": 9, "height": 9}, {"id": blue, "alt": "", "width": 9, "height": 9}]
    await products.collection.patch(made.id, {"images": images})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert [one.label for one in form.pictures] == ["Picture 1: Red tee", "Picture 2"]
    first, second = form.rows
    await form.choose_picture(first.key, red)
    assert form.rows[0].picture == form.pictures[0].small
    typed = {"price": "25", "compare": "20", "cost": "9.999", "barcode": "4006381333931", "image": red}
    entered = {**PLAIN, **{f"{first.key}_{name}": value for name, value in typed.items()}, f"{second.key}_price": "19.001", "name": ""}
    await fired(form.save(entered))
    assert form.field_errors["name"] == "This field is required."
    assert form.rows[0].problem.startswith("Compare-at price: The compare-at price is what it cost before")
    assert form.rows[0].problem.endswith("Cost: Enter at most 2 decimals, as GBP has.")
    assert (form.rows[0].wrong, form.rows[1].wrong) == (["compare", "cost"], ["price"])
    entered |= {"name": "Tee", f"{first.key}_compare": "30", f"{first.key}_cost": "9.99", f"{second.key}_price": ""}
    await fired(form.save(entered))
    after = (await products.get(person, made.id)).variants[0]
    assert [after[name] for name in ("price", "compareAtPrice", "cost", "barcode", "imageId")] == [
        "25.00", "30.00", "9.99", "4006381333931", red,
    ]  # fmt: skip
    page = await opened(StockLedger, f"/products/{made.id}", person)
    await page.load()
    shown = page.variants[0]
    assert (shown.price, shown.compare, shown.cost, shown.barcode) == ("£25.00", "£30.00", "Cost £9.99", "4006381333931")
    assert shown.picture.endswith(f"/products/{made.id}/images/{red}-small.webp"), shown.picture
    assert page.variants[1].picture == ""
    await form.open_record()
    row = form.rows[0]
    assert (row.price, row.compare, row.cost, row.barcode, row.image) == ("25.00", "30.00", "9.99", "4006381333931", red)
