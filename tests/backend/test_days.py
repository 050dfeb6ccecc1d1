"""A date has one form, wherever it is read: months in English, their order that of the region."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend import clock, letters
from mewayz.backend.access import Actor
from mewayz.backend.days import written_day, written_days
from mewayz.backend.regions import language_of, regions
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, shop, shops
from mewayz.domains.orders.service import orders
from mewayz.ui.words import locale
from tests.domains.orders.sales import mug, place
from tests.domains.people import add_person, add_shop

DAY = date(2026, 11, 27)


@pytest.mark.parametrize("region", sorted(regions()))
def test_days_of_a_month_stand_in_the_order_of_one(region: str) -> None:
    one, several = written_day(DAY, language_of(region)), written_days(date(2026, 11, 3), DAY, language_of(region))
    assert re.sub(r"3\W*–\W*27", "27", several) == one
    assert "Nov" in one


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """An administrator of a shop in Berlin."""
    await add_shop("Europe/Berlin", "EUR")
    return await add_person()


@pytest.mark.parametrize(
    ("region", "day", "minute"),
    [("DE", "27 Nov 2026", "27 Nov 2026, 00:30 CET"), ("US", "Nov 27, 2026", "Nov 27, 2026, 12:30 AM CET"),
     ("CH", "27 Nov 2026", "27 Nov 2026, 00:30 CET"), ("DK", "27 Nov 2026", "27 Nov 2026, 00.30 CET")],
)  # fmt: skip
async def test_pages_letters_invoices_and_filters_say_a_date_alike(person: Actor, region: str, day: str, minute: str) -> None:
    await shops.patch(SHOP_ID, {"options": {"region": region}})
    moment = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
    words = await locale()
    assert (words.date(moment), words.minute(moment).replace("\u202f", " ")) == (day, minute)
    letter = letters.new_device("Firefox", "192.0.2.7", moment, (await shop()).zone)
    assert f"Time: {minute}" in " ".join(letter.paragraphs).replace("\u202f", " ")
    with clock.frozen(moment):
        order = await place((await mug(), 1))
    assert f"<p>{day}</p>" in (await orders.invoice(person, order.id)).page
    placed = next(item for item in orders.spec.filters if item.name == "from")
    assert placed.words(moment.astimezone(ZoneInfo("Europe/Berlin"))).endswith(f" from {day}")
