"""Amounts in the form of a product and in its list, as the region of the shop writes them."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, shop, shops
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductForm, ProductRecord, ProductTable
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way

REGIONS = [("EUR", "DE", ",", ("", "€")), ("CHF", "CH", ".", ("CHF", "")), ("INR", "IN", ".", ("₹", "")), ("SEK", "SE", ",", ("", "kr"))]


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator."""
    await add_shop()
    return await add_person()


async def writes_as(region: str, currency: str) -> None:
    """Let the shop be one of this region and currency."""
    await shops.patch(SHOP_ID, {"currency": currency, "options": {"region": region}})
    await shop()


async def fired(events: Any) -> list[Any]:
    return [event async for event in events]


def sent(form: ProductForm) -> dict[str, str]:
    """All that the controls of the form hold, as the browser sends it; a box without a tick is not in it."""
    rows = {
        f"{row.key}_{name}": getattr(row, name) for row in form.rows for name in ("sku", "price", "compare", "cost", "barcode", "image")
    }
    names = {f"{one.key}_name": one.name for one in form.options}
    return {name: "on" if value is True else value for name, value in form.values.items() if value is not False} | rows | names


@pytest.mark.parametrize(("currency", "region", "point", "signs"), REGIONS)
async def test_a_form_that_is_sent_as_it_is_changes_nothing(
    person: Actor, currency: str, region: str, point: str, signs: tuple[str, str]
) -> None:
    await writes_as(region, currency)
    variants = [{"values": ["S"], "price": "1300.25", "compareAtPrice": "1400.5", "cost": "9"}, {"values": ["L"]}]
    options = [{"name": "Size", "values": ["S", "L"]}]
    made = await products.create(person, {"name": "Tee", "price": "1204.5", "cost": "0.75", "options": options, "variants": variants})
    await products.collection.patch(made.id, {"compare_at_price": Decimal("1500.125")})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert form.signs == signs
    assert [form.values[name] for name in ("price", "compareAtPrice", "cost")] == [f"1204{point}50", f"1500{point}125", f"0{point}75"]
    first, second = form.rows
    assert [first.price, first.compare, first.cost, second.price] == [f"1300{point}25", f"1400{point}50", f"9{point}00", ""]
    await fired(form.save({**sent(form), "compareAtPrice": f"1500{point}5"}))
    assert (form.error, form.field_errors) == ("", {})
    after = await products.get(person, made.id)
    assert (after.price, after.compare_at_price, after.cost, after.variants) == (
        Decimal("1204.5"), Decimal("1500.5"), Decimal("0.75"), made.variants,
    )  # fmt: skip


async def test_a_comma_is_understood_in_the_row_of_a_variant(person: Actor) -> None:
    await writes_as("DE", "EUR")
    options = [{"name": "Size", "values": ["S"]}]
    made = await products.create(person, {"name": "Tee", "price": "20", "options": options, "variants": [{"values": ["S"]}]})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    key = form.rows[0].key
    await fired(form.save({**sent(form), f"{key}_price": "22,5", f"{key}_compare": "1.030,75", f"{key}_cost": "9,99"}))
    assert form.rows[0].problem == ""
    variant = (await products.get(person, made.id)).variants[0]
    assert [variant[name] for name in ("price", "compareAtPrice", "cost")] == ["22.50", "1030.75", "9.99"]


async def test_what_cannot_be_read_stays_as_it_was_typed(person: Actor) -> None:
    await writes_as("DE", "EUR")
    made = await products.create(person, {"name": "Mug", "price": "1204.5", "inventory": {"stock": 5}})
    table = await opened(ProductTable, "/products", person)
    await table.load()
    await table.command(f"1 edit {made.id} price")
    assert table.draft == "1204,50"
    await fired(table.commit({"cell": table.draft}))
    assert (await products.get(person, made.id)).rev == made.rev, "nothing was changed"
    await table.command(f"2 edit {made.id} price")
    await fired(table.commit({"cell": "12,345"}))
    assert (table.draft, table.refused) == ("12,345", "Enter at most 2 decimals, as EUR has.")
    await fired(table.commit({"cell": "12,34"}))
    assert (table.rows[0].cells[5].text, (await products.get(person, made.id)).price) == ("12,34", Decimal("12.34"))
    await products.update(person, made.id, {"price": "1500"})
    await table.command(f"3 edit {made.id} price")
    await fired(table.commit({"cell": "1600,5"}))
    assert (table.clash.mine, table.clash.theirs) == ("1.600,50", "1.500,00")


async def test_what_two_people_typed_is_compared_by_its_amount(person: Actor) -> None:
    await writes_as("DE", "EUR")
    made = await products.create(person, {"name": "Mug", "price": "1204.5"})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    await products.update(person, made.id, {"price": "9.5", "cost": "4"})
    await fired(form.save({**sent(form), "price": "9,5"}))
    assert (form.clashes, (await products.get(person, made.id)).cost) == ([], Decimal(4))
    await form.open_record()
    await products.update(person, made.id, {"price": "10"})
    await fired(form.save({**sent(form), "price": "11,5"}))
    assert [(one.theirs, one.mine) for one in form.clashes] == [("10,00", "11,5")]


async def test_a_filter_takes_and_shows_an_amount_as_the_shop_writes_it(person: Actor) -> None:
    await writes_as("DE", "EUR")
    for price in ("12.4", "12.5"):
        await products.create(person, {"name": "Mug", "price": price})
    table = await opened(ProductTable, "/products", person)
    await table.load()
    to = way(await table.narrow({"minPrice": "12,5", "maxPrice": "1.000,75"}))
    assert dict(parse_qsl(urlsplit(to).query)) == {"minPrice": "12.5", "maxPrice": "1000.75"}
    table = await opened(ProductTable, to, person)
    await table.load()
    assert [row.cells[5].text for row in table.rows] == ["12,50"]
    assert (table.values["minPrice"], table.values["maxPrice"]) == ("12,5", "1000,75")
    assert [chip.label for chip in table.chips] == ["Price ≥ 12,5", "Price ≤ 1.000,75"]
    to = way(await table.narrow({"minPrice": table.values["minPrice"], "maxPrice": table.values["maxPrice"]}))
    assert dict(parse_qsl(urlsplit(to).query)) == {"minPrice": "12.5", "maxPrice": "1000.75"}
    table = await opened(ProductTable, to.replace("=12.5", "=5000"), person)
    await table.load()
    assert "1.000,75 is less than 5.000: swap the two." in table.error


async def test_a_currency_without_decimals_shows_none(person: Actor) -> None:
    await writes_as("US", "JPY")
    made = await products.create(person, {"name": "Mug", "price": "1204"})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert (form.values["price"], form.signs) == ("1204", ("¥", ""))


async def test_a_product_in_another_currency_says_it(person: Actor) -> None:
    made = await products.create(person, {"name": "Mug", "price": "12.5", "currency": "EUR"})
    form = await opened(ProductForm, f"/products/{made.id}/edit", person)
    await form.open_record()
    assert form.signs == ("€", "")
    page = await opened(ProductRecord, f"/products/{made.id}", person)
    await page.open()
    table = await opened(ProductTable, "/products", person)
    await table.load()
    assert (page.values["price"], table.currency, table.rows[0].cells[5].text) == ("€12.50", "GBP", "€12.50")
