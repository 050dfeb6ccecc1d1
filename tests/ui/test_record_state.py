"""The state behind a page about one record, and errors on the way to any page."""

import logging

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.products.service import products
from mewayz.domains.products.state import ProductForm, ProductRecord
from mewayz.ui.guard import BROKEN, guarded
from mewayz.ui.record_state import address_text, text
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, visit

GONE = "This record does not exist, or you may not see it."


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def test_a_record_and_another_and_none(person: Actor) -> None:
    first = await products.create(person, {"name": "First", "price": "1"})
    second = await products.create(person, {"name": "Second", "price": "2"})
    page = await opened(ProductRecord, f"/products/{first.id}", person)
    await page.open()
    assert (page.loaded, page.title, page.record_id) == (True, "First", first.id)
    visit(page, f"/products/{second.id}/")
    await page.open()
    assert (page.title, page.values["price"]) == ("Second", "£2.00")
    visit(page, "/products/nonsense")
    await page.open()
    assert (page.loaded, page.title, page.error) == (False, "", GONE)
    visit(page, f"/products/{first.id}")
    await page.open()
    assert (page.loaded, page.error) == (True, "")


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_nothing_is_a_dash(value: object) -> None:
    assert text(value) == "–"
    assert text(0) == "0"


def test_an_address_in_one_line() -> None:
    full = {"name": "N", "line1": "1 Street", "line2": "", "city": "Town", "postalCode": "AB1", "region": "R", "country": "France"}
    assert address_text(full) == "N, 1 Street, AB1 Town, R, France"
    assert address_text({"country": "France"}) == "France"
    assert address_text({}) == "–"


async def test_a_refusal_becomes_words(person: Actor) -> None:
    page = await opened(ProductForm, "/products/new", person)
    async with guarded(page):
        raise Invalid("Not so.", fields={"name": "Why."})
    assert (page.error, page.field_errors, page.error_id) == ("Not so.", {"name": "Why."}, "")
    async with guarded(page):
        pass
    assert (page.error, page.field_errors) == ("", {})


async def test_what_breaks_becomes_an_id_that_the_log_knows(person: Actor, caplog: pytest.LogCaptureFixture) -> None:
    page = await opened(ProductForm, "/products/new", person)
    with caplog.at_level(logging.ERROR, "mewayz"):
        async with guarded(page):
            raise RuntimeError("a secret of the database")
    assert page.error == BROKEN
    assert "secret" not in page.error
    assert page.error_id == caplog.records[0].request_id  # pyright: ignore[reportAttributeAccessIssue]
    assert "a secret of the database" in caplog.text
