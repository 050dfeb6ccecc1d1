"""What the analytics page holds: its window is in the address, its figures are the service's."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.sales_state import SalesFigures
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import days_in_words, with_rest
from mewayz.domains.analytics.window_state import presets_of
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.ui.words import Locale
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way

TODAY = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
async def person(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator of a shop that has sold something on two days."""
    await add_shop()
    who = await add_person(Role.ADMIN)
    lamp = await products.create(who, {"name": "Lamp", "price": "10", "inventory": {"stock": 9, "lowStockThreshold": 20}})
    buyer = await customers.create(who, {"name": "Buyer", "email": "buyer@example.com", "address": {"country": "France"}})
    for day, pieces in ((1, 1), (10, 2), (10, 3)):
        monkeypatch.setattr(clock, "now", lambda day=day: TODAY.replace(day=day))
        await orders.create(who, {"customerId": buyer.id, "lines": [{"productId": lamp.id, "quantity": pieces}]})
    monkeypatch.setattr(clock, "now", lambda: TODAY)
    return who


async def shown(address: str, who: Actor) -> SalesFigures:
    """The page after it has been opened."""
    page = await opened(SalesFigures, address, who)
    await page.load()
    return page


def tiles(page: SalesFigures) -> dict[str, tuple[str, str]]:
    """Label → value and change."""
    return {tile.label: (tile.value, tile.change) for tile in page.tiles}


async def test_without_a_window_the_latest_thirty_days(person: Actor) -> None:
    page = await shown("/analytics", person)
    assert (page.ready, page.error) == (True, "")
    assert (page.first, page.last) == ("2026-02-14", "2026-03-15")
    assert (page.label, page.against) == ("14 Feb 2026 – 15 Mar 2026", "vs previous 30 days")
    assert tiles(page) == {
        "Gross sales": ("£60.00", "new"),
        "Orders": ("3", "new"),
        "Average order value": ("£20.00", "new"),
        "New buyers": ("1", "new"),
    }


async def test_the_window_of_the_address_and_its_comparison(person: Actor) -> None:
    page = await shown("/analytics?from=2026-03-06&to=2026-03-11", person)
    assert tiles(page)["Gross sales"] == ("£50.00", "400%")
    assert tiles(page)["Orders"] == ("2", "100%")
    assert page.label == "6–10 Mar 2026"
    page = await shown("/analytics?from=2026-03-06&to=2026-03-11&compare=none", person)
    assert (tiles(page)["Gross sales"], page.against) == (("£50.00", ""), "")
    page = await shown("/analytics?from=2026-03-06&to=2026-03-11&compare=year", person)
    assert page.against == "vs last year"


async def test_sales_of_today_alone_are_no_change_of_nothing(person: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TODAY.replace(day=1, hour=13))
    page = await shown("/analytics?from=2026-02-25&to=2026-03-02", person)
    told = {tile.label: (tile.value, tile.change, tile.against, tile.trend) for tile in page.tiles}
    assert told["Gross sales"] == ("£10.00", "", "All from today", "flat")
    assert told["Average order value"] == ("£10.00", "", "All from today", "flat")
    page = await shown("/analytics?from=2026-02-25&to=2026-03-02&compare=none", person)
    assert {tile.against for tile in page.tiles} == {""}, "nothing is compared"


async def test_figures_of_another_window_are_marked_until_those_of_this_one_are_there(person: Actor) -> None:
    page = await opened(SalesFigures, "/analytics", person)
    await page.turn()
    assert not page.turning, "there is nothing yet"
    await page.load()
    await page.turn()
    assert not page.turning, "the same address"
    await page.look()
    assert not page.turning, "news of others do not make the page flicker"
    page = await opened(SalesFigures, "/analytics?from=2026-03-06&to=2026-03-11", person, page._get_root_state())
    await page.turn()
    assert (page.turning, page.label) == (True, "14 Feb 2026 – 15 Mar 2026")
    await page.load()
    assert (page.turning, page.label) == (False, "6–10 Mar 2026")
    page = await opened(SalesFigures, "/analytics?from=x", person, page._get_root_state())
    await page.turn()
    await page.load()
    assert not page.turning, "an address that makes no sense leaves nothing pale"


async def test_marks_rows_and_tiles_lead_to_their_orders(person: Actor) -> None:
    page = await shown("/analytics?from=2026-03-06&to=2026-03-11", person)
    assert page.tiles[0].href == "/orders?figure=sales&from=2026-03-06&to=2026-03-11"
    assert page.tiles[3].href == "/customers?firstFrom=2026-03-06&firstTo=2026-03-11"
    assert [row.value for row in page.sales.rows] == ["£0.00"] * 4 + ["£50.00"]
    assert page.sales.rows[-1].href == "/orders?figure=sales&from=2026-03-10&to=2026-03-11"
    assert page.returns.rows[0].href == "/orders?figure=returns&from=2026-03-06&to=2026-03-07"
    assert [(bar.label, bar.value, bar.share) for bar in page.top] == [("Lamp", "£50.00", "100.0%")]
    assert page.countries[0].href == "/orders?country=France&figure=sales&from=2026-03-06&to=2026-03-11"


async def test_a_user_sees_their_own_figures(person: Actor) -> None:
    user = await add_person(Role.USER)
    page = await shown("/analytics?from=2026-03-01&to=2026-04-01", user)
    assert tiles(page)["Your purchases"] == ("£0.00", "0%")
    assert tiles(page)["Your average order"] == ("–", "")
    assert "New buyers" not in tiles(page), "how many are new is the shop's affair"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "Enter a date such as 2010-11-01."),
        ("from=2026-03-06&to=2026-03-06", "The end must be after the beginning"),
        ("interval=minute", "Choose one of: day, week, month, quarter."),
        ("compare=x", "Choose one of: previous, year, none."),
    ],
)
async def test_a_window_that_makes_no_sense(person: Actor, query: str, words: str) -> None:
    page = await shown("/analytics", person)
    page = await opened(SalesFigures, f"/analytics?{query}", person, page._get_root_state())
    await page.load()
    assert words in page.error
    assert page.ready is False
    # The way out does not lead into the same error again.
    for option in (*page.presets, *page.compares):
        after = await shown(option.href, person)
        assert after.error == "", option


async def test_unknown_keys_are_of_no_concern(person: Actor) -> None:
    page = await shown("/analytics?utm_source=mail&from=2026-03-06&to=2026-03-11", person)
    assert page.error == ""
    assert "utm_source" not in page.presets[0].href


async def test_dates_of_ones_own(person: Actor) -> None:
    page = await shown("/analytics?interval=week", person)
    assert way(await page.choose({"first": "2026-03-01", "last": "2026-03-10"})) == "/analytics?interval=week&from=2026-03-01&to=2026-03-11"
    wrong: list[dict[str, Any]] = [
        {},
        {"first": "", "last": ""},
        {"first": "x", "last": "2026-01-01"},
        {"first": "2026-01-01", "last": "9999-12-31"},
    ]
    for form in wrong:
        assert await page.choose(form) is None
        assert page.error == "Enter both dates, such as 2010-11-01."


async def test_presets_end_where_the_data_ends(person: Actor) -> None:
    whole = await analytics.everything(person)
    assert whole == Window(date(2026, 3, 1), date(2026, 3, 11))
    found = dict(presets_of(Window(date(2026, 1, 1), date(2026, 1, 8)), whole))
    assert found["Last 7 days"] == Window(date(2026, 3, 4), date(2026, 3, 11))
    assert found["March 2026"] == Window(date(2026, 3, 1), date(2026, 4, 1))
    assert "February 2026" not in found, "nothing had been sold by then"
    assert "2025" not in found
    assert found["All time"] == whole
    assert "All time" not in dict(presets_of(Window(date(2026, 1, 1), date(2026, 1, 8)), None))


def test_presets_reach_the_sales_before_a_long_break() -> None:
    today, ended = date(2026, 11, 27), date(2011, 12, 10)
    whole = Window(date(2011, 9, 1), today)
    found = dict(presets_of(whole, whole, ended))
    assert found["Last 30 days"] == Window(date(2026, 10, 28), today)
    assert found["Last 30 days of steady sales"] == Window(date(2011, 11, 10), ended)
    assert found["November 2011"] == Window(date(2011, 11, 1), date(2011, 12, 1))
    assert found["2011"] == Window(date(2011, 1, 1), date(2012, 1, 1))
    assert "2010" not in found, "nothing was sold then"
    # All of it is long ago: the same windows, called what they are.
    old = Window(date(2011, 9, 1), ended)
    assert dict(presets_of(old, old, ended))["Last 7 days of sales"] == Window(date(2011, 12, 3), ended)


async def test_years_and_months_are_offered_that_have_sales(person: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await shown("/analytics", person)
    labels = [preset.label for preset in page.presets]
    assert labels[-3:] == ["March 2026", "2026", "All time"]
    # The year before has none, though sales lie on both sides of it.
    monkeypatch.setattr(clock, "now", lambda: TODAY.replace(year=2028))
    [lamp] = await products.low(person, 1)
    await orders.create(person, {"lines": [{"productId": lamp["id"], "quantity": 1}]})
    page = await shown("/analytics", person)
    assert [preset.label for preset in page.presets if preset.label.isdigit()] == ["2028"]
    assert "February 2028" not in [preset.label for preset in page.presets]


async def test_a_shop_that_has_sold_nothing_is_offered_the_present(sqlite_runtime: Runtime) -> None:
    await add_shop()
    page = await shown("/analytics", await add_person(Role.ADMIN))
    year = str(clock.now().year)
    assert [preset.label for preset in page.presets if preset.label.isdigit()] == [year]


async def test_the_page_offers_the_sales_before_a_long_break(person: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TODAY.replace(year=2027))
    for address in ("/analytics", "/analytics?from=2026-03-06&to=2026-03-11"):
        page = await shown(address, person)
        assert [preset.label for preset in page.presets][:2] == ["Last day of sales", "Last 7 days of sales"]


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        ("2010-11-01", "2010-12-01", "1–30 Nov 2010"),
        ("2010-11-01", "2010-11-02", "1 Nov 2010"),
        ("2010-11-20", "2010-12-02", "20 Nov 2010 – 1 Dec 2010"),
        ("2009-11-01", "2010-12-01", "1 Nov 2009 – 30 Nov 2010"),
    ],
)
def test_a_window_in_words(first: str, end: str, expected: str) -> None:
    assert days_in_words(Window(date.fromisoformat(first), date.fromisoformat(end)), Locale()) == expected


def test_the_small_countries_are_one_line() -> None:
    countries = [{"country": f"C{number}", "gross": str(number)} for number in range(9, 0, -1)]
    assert with_rest(countries, 7)[7] == {"country": "Others", "gross": "3", "drill": ""}
    assert with_rest(countries[:8], 7) == countries[:8]
