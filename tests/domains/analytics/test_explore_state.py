"""What the tabs of analytics hold, and that every mark leads to a list that comes to the same."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.crud import read_query
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.board_state import Board
from mewayz.domains.analytics.customer_state import CustomerFigures
from mewayz.domains.analytics.outlook_state import ForecastFigures
from mewayz.domains.analytics.product_state import ProductFigures
from mewayz.domains.analytics.sales_state import MetricWords, SalesFigures
from mewayz.domains.analytics.sheet_page import sheet_page
from mewayz.domains.analytics.sheets import make_sheet
from mewayz.domains.analytics.spoken import costs_in_words, cover_in_words
from mewayz.domains.analytics.stock_state import AgeingFigures, InventoryFigures
from mewayz.domains.analytics.tab_state import plot_of
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.ui.words import Locale
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.tabs import opened

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
WINDOW = "from=2026-02-01&to=2026-03-01"
_AGED = "At the end of 28 Feb 2026, Category is Light"


@pytest.fixture
async def person(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator of a shop with two months of sales."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop = await HistoricShop().open()
    await shop.product("Lamp", category="Light", inventory={"stock": 20, "lowStockThreshold": 30})
    await shop.product("Mug", "2.5", category="Kitchen")
    await shop.sell("2026-01-15T10:00", "Ben", ("Lamp", 2, "10"))
    for day in range(1, 21):
        await shop.sell(f"2026-02-{day:02d}T10:00", "Anna" if day % 2 else "", ("Lamp", 1, "10"), ("Mug", day, "2.5"))
    await shop.sell("2026-02-11T12:00", "Ben", ("Lamp", 30, "10"), country="Spain")
    await shop.sell("2026-02-12T12:00", "Ben", ("Lamp", -1, "10"))
    return await add_person(Role.ADMIN)


async def shown(kind: Any, address: str, who: Actor) -> Any:
    page = await opened(kind, address, who)
    await page.load()
    assert (page.error, page.ready) == ("", True)
    return page


async def listed(who: Actor, href: str) -> list[dict[str, Any]]:
    """The rows of the list that a mark opens."""
    service: Any = {"/orders": orders, "/customers": customers}[urlsplit(href).path]
    query = await read_query(service.spec, {**dict(parse_qsl(urlsplit(href).query)), "limit": "100"})
    return (await service.page(who, query)).rows


def pounds(rows: list[dict[str, Any]]) -> str:
    return f"£{sum(float(row['total']) for row in rows):,.2f}"


async def test_the_tabs_keep_the_window(person: Actor) -> None:
    page = await shown(ProductFigures, f"/analytics/products?{WINDOW}&compare=year", person)
    assert [(tab.label, tab.chosen) for tab in page.tabs][:3] == [("Sales", False), ("Products", True), ("Customers", False)]
    way = urlsplit(page.tabs[2].href)
    assert (way.path, dict(parse_qsl(way.query))) == ("/analytics/customers", dict(parse_qsl(f"{WINDOW}&compare=year")))
    assert [preset.label for preset in page.presets if preset.chosen] == ["February 2026"]
    user = await add_person(Role.USER)
    page = await shown(SalesFigures, "/analytics", user)
    assert [tab.label for tab in page.tabs] == ["Sales", "Products", "Metrics"]


async def test_the_dictionary_of_metrics_is_a_tab_that_leads_back(person: Actor) -> None:
    page = await shown(MetricWords, f"/analytics/metrics?{WINDOW}&country=Spain", person)
    assert [tab.label for tab in page.tabs if tab.chosen] == ["Metrics"]
    for href, path in ((page.back, "/analytics"), (page.tabs[2].href, "/analytics/customers")):
        way = urlsplit(href)
        assert (way.path, dict(parse_qsl(way.query))) == (path, dict(parse_qsl(f"{WINDOW}&country=Spain")))


@pytest.mark.parametrize(
    ("kind", "path"), [(SalesFigures, ""), (ProductFigures, "/products"), (CustomerFigures, "/customers"), (InventoryFigures, "/inventory")]
)
async def test_figures_of_another_currency(person: Actor, kind: Any, path: str) -> None:
    page = await shown(kind, f"/analytics{path}?{WINDOW}&currency=USD", person)
    assert [chip.label for chip in page.chips] == ["Currency is USD"]
    assert "currency=USD" in page.file
    assert [tile.value for tile in getattr(page, "tiles", ())][:1] in ([], ["US$0.00"], ["0"])
    assert "currency=USD" in page.tabs[0].href


async def test_the_dashboard_in_another_currency(person: Actor) -> None:
    page = await opened(Board, f"/?{WINDOW}&currency=USD", person)
    await page.lay()
    await page.load()
    assert (page.error, page.tiles[0].value) == ("", "US$0.00")


async def test_every_mark_of_sales_is_what_its_list_comes_to(person: Actor) -> None:
    page = await shown(SalesFigures, f"/analytics?{WINDOW}", person)
    for plot in (page.sales, page.returns):
        assert len(plot.rows) == 28
        for row in plot.rows:
            assert pounds(await listed(person, row.href)).replace("-", "") == row.value, row
    for bar in page.countries:
        assert pounds(await listed(person, bar.href)) == bar.value


async def test_products_with_their_share(person: Actor) -> None:
    page = await shown(ProductFigures, f"/analytics/products?{WINDOW}", person)
    assert [(bar.label, bar.value) for bar in page.top] == [("Mug", "£525.00 · 51.2%"), ("Lamp", "£500.00 · 48.8%")]
    assert len(await listed(person, page.top[1].href)) == 21
    assert [bar.label for bar in page.categories] == ["Kitchen", "Light"]
    assert page.file == "/api/v1/analytics/products?from=2026-02-01&to=2026-03-01&compare=previous&limit=10000&format=csv"


async def test_customers_and_their_return(person: Actor) -> None:
    page = await shown(CustomerFigures, f"/analytics/customers?{WINDOW}", person)
    assert [(tile.label, tile.value) for tile in page.tiles] == [
        ("Buyers", "2"), ("New buyers", "1"), ("Repeat rate", "50%"), ("Customer lifetime value", "£330.00"),
    ]  # fmt: skip
    for row in page.buyers.rows:
        assert str(len(await listed(person, row.href))) == row.value
    for bar in page.best:
        assert pounds(await listed(person, bar.href)) == bar.value
    assert [(row.label, row.size, [cell.text for cell in row.cells]) for row in page.cohorts] == [
        ("Jan 2026", "1", ["100%", "100%"]),
        ("Feb 2026", "1", ["100%", ""]),
    ]
    assert page.cohorts[0].cells[1].title == "1 customer of 1"
    for row in page.cohorts:
        assert str(len(await listed(person, row.href))) == row.size


@pytest.mark.parametrize(
    ("end", "marked", "told"),
    [
        ("2026-03-01", [[False, False], [False, False]], ""),
        ("2026-02-10", [[False, True], [True, False]], "Dashed: only up to 9 Feb 2026, not the whole month."),
    ],
)
async def test_a_month_of_which_days_are_missing_is_dashed(person: Actor, end: str, marked: list[list[bool]], told: str) -> None:
    page = await shown(CustomerFigures, f"/analytics/customers?from=2026-01-01&to={end}", person)
    assert [[cell.partial for cell in row.cells] for row in page.cohorts] == marked
    assert page.partial == told
    assert [cell.title.endswith(" so far") for row in page.cohorts for cell in row.cells] == [one for row in marked for one in row]
    sheet = await make_sheet(person, "/analytics/customers", {"from": "2026-01-01", "to": end})
    shared = sheet_page(sheet, "Test shop", NOW)
    assert shared.count('<td class="dashed">') == sum(sum(row) for row in marked)
    assert told in shared


async def test_the_month_that_is_not_over_is_dashed(person: Actor) -> None:
    shop = HistoricShop()
    shop.number = 900
    page = await shown(CustomerFigures, "/analytics/customers", person)
    assert page.partial == "", "in March nobody has bought yet"
    await shop.sell("2026-03-19T10:00", "Carl", ("Lamp", 1, "10"))
    page = await shown(CustomerFigures, "/analytics/customers", person)
    assert page.partial == "Dashed: this month is not over yet."
    assert [row.cells[-1].partial for row in page.cohorts if row.label == "Jan 2026"] == [True]


async def test_the_cohorts_say_that_they_are_of_all_countries(person: Actor) -> None:
    page = await shown(CustomerFigures, f"/analytics/customers?{WINDOW}&country=Spain", person)
    assert page.cohorts_of_all
    assert "country" not in page.cohort_file
    page = await shown(CustomerFigures, f"/analytics/customers?{WINDOW}", person)
    assert not page.cohorts_of_all


async def test_stock_and_how_long_it_lasts(person: Actor) -> None:
    page = await shown(InventoryFigures, f"/analytics/inventory?{WINDOW}", person)
    assert [(row.name, row.stock, row.sold, row.cover, row.low) for row in page.rows] == [
        ("Lamp", "20", "50", "12 days", True),
    ], "20 ÷ 50 × 30 days: a reader can check it"
    assert [(row.name, row.since, row.owed) for row in page.out] == [("Mug", "Never received", "–")]
    assert page.sold == "30 Jan 2026 – 28 Feb 2026"
    assert (page.against, page.compares) == ("", []), "nothing is compared"


async def test_a_value_at_cost_says_of_how_much_the_cost_is_known(person: Actor) -> None:
    page = await shown(InventoryFigures, f"/analytics/inventory?{WINDOW}", person)
    assert [(tile.value, tile.against) for tile in page.tiles][1] == ("–", "no cost is known")
    await products.create(person, {"name": "Vase", "price": "9", "cost": "4", "inventory": {"stock": 20}})
    page = await shown(InventoryFigures, f"/analytics/inventory?{WINDOW}", person)
    assert [(tile.label, tile.value, tile.against) for tile in page.tiles] == [
        ("Value at price", "£380.00", "40 pieces"),
        ("Value at cost", "£80.00", "cost known for 1 of 3 products"),
        ("Low stock", "2", "of 3 products"),
        ("Out of stock", "1", "of 3 products"),
    ]


async def test_products_without_a_cost_do_not_tie_up_most_money(person: Actor) -> None:
    for number in range(100):
        await products.create(person, {"name": f"Card {number}", "price": "1", "inventory": {"stock": 1}})
    page = await shown(AgeingFigures, "/analytics/ageing", person)
    assert page.more == "The first 100 products, those with the most pieces."
    await products.create(person, {"name": "Vase", "price": "9", "cost": "4", "inventory": {"stock": 20}})
    page = await shown(AgeingFigures, "/analytics/ageing", person)
    assert page.more == "The first 100 products, those that tie up most money."


@pytest.mark.parametrize(("days", "words"), [(None, "no sales"), (0.2, "under a day"), (1.0, "1 day"), (119.6, "120 days")])
def test_how_long_a_stock_lasts_in_words(days: float | None, words: str) -> None:
    assert cover_in_words(days) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        *(((0, 0), ""), ((5, 5), "no cost is known"), ((3_185, 0), "cost known for all 3,185 products")),
        *(((1, 0), "cost known for 1 product"), ((3_185, 3_173), "cost known for 12 of 3,185 products")),
    ],
)
def test_known_costs_in_words(counts: tuple[int, int], words: str) -> None:
    assert costs_in_words(*counts) == words


async def test_the_outlook_and_days_out_of_line(person: Actor) -> None:
    page = await shown(ForecastFigures, "/analytics/forecast", person)
    assert page.coming.ready
    assert len(page.coming.rows) == 64 + 28, "from the first sale to yesterday, and four weeks"
    assert page.proof.startswith("The band should hold 80% of the values. Made ")
    page = await shown(ForecastFigures, f"/analytics/forecast?{WINDOW}", person)
    assert (page.against, page.compares) == ("", []), "nothing is compared"
    assert page.unusual
    for bar in page.unusual:
        assert bar.value.startswith(pounds(await listed(person, bar.href)))
    empty = await shown(ForecastFigures, "/analytics/forecast?from=2026-01-01&to=2026-01-16", person)
    assert empty.reason.startswith("There is too little past")


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        *((SalesFigures, ""), (ProductFigures, "products"), (CustomerFigures, "customers")),
        *((InventoryFigures, "inventory"), (AgeingFigures, "ageing"), (ForecastFigures, "forecast")),
    ],
)
async def test_a_shop_without_orders(sqlite_runtime: Runtime, kind: Any, path: str) -> None:
    await HistoricShop().open()
    await shown(kind, f"/analytics/{path}", await add_person(Role.ADMIN))


async def test_filters_are_chips_that_say_what_they_do_and_lead_on(person: Actor) -> None:
    page = await shown(SalesFigures, f"/analytics?{WINDOW}&country=Spain", person)
    assert [chip.label for chip in page.chips] == ["Country is Spain"]
    assert page.chips[0].href == f"/analytics?{WINDOW}"
    assert page.tiles[0].value == "£300.00"
    assert page.tiles[0].href == "/orders?country=Spain&figure=sales&from=2026-02-01&to=2026-03-01"
    assert "country=Spain" in page.file
    assert {one.name: [option.label for option in one.options] for one in page.filters}["country"] == ["France", "Spain", "Not set"]
    ways = {tab.label: dict(parse_qsl(urlsplit(tab.href).query)) for tab in page.tabs}
    assert ways["Customers"]["country"] == "Spain"
    assert "country" not in ways["Inventory"], "which does not take it"
    for row in page.sales.rows:
        assert pounds(await listed(person, row.href)) == row.value, row
    wrong = await opened(SalesFigures, f"/analytics?{WINDOW}&category=Light&source=fair", person)
    await wrong.load()
    assert "not kept by both at once" in wrong.error
    assert [chip.label for chip in wrong.chips] == ["Category is Light"], "the way out"


async def test_what_is_not_known_and_what_is_shown_otherwise_is_told(person: Actor) -> None:
    page = await shown(SalesFigures, "/analytics?from=2016-01-01&to=2026-03-01&interval=day", person)
    assert page.note == "Shown by week: these are more days than a chart can show one by one."
    page = await shown(SalesFigures, f"/analytics?{WINDOW}&category=Light", person)
    assert page.note == "With these filters, orders, average order value, buyers and new buyers are not known."
    assert [tile.label for tile in page.tiles] == ["Gross sales", "Net sales", "Returns", "Units sold"]
    user = await add_person(Role.USER)
    for address in ("/analytics", "/analytics?country=Spain"):
        page = await shown(SalesFigures, address, user)
        assert page.note == "", "one's own orders have no buyers, with filters or without"


async def test_a_change_is_told_between_days_that_are_over_and_from_nothing_it_is_new(person: Actor) -> None:
    page = await shown(SalesFigures, "/analytics?from=2026-02-01&to=2026-04-01", person)
    tiles = {tile.label: tile for tile in page.tiles}
    assert tiles["Gross sales"].against == "vs previous 47 days", "up to yesterday"
    page = await shown(SalesFigures, "/analytics?from=2026-01-15&to=2026-01-16", person)
    assert [(tile.label, tile.change, tile.trend) for tile in page.tiles][:2] == [("Gross sales", "new", "up"), ("Orders", "new", "up")]


async def test_how_long_the_stock_has_been_there(person: Actor) -> None:
    page = await shown(InventoryFigures, "/analytics/inventory", person)
    assert next((bar.label, bar.value) for bar in page.ages) == ("0–30 days", "20 pieces")
    behind = await shown(AgeingFigures, page.ages[0].href, person)
    assert [(row.name, row.units) for row in behind.rows] == [("Lamp", "20")]
    assert (behind.title, [chip.label for chip in behind.chips]) == ("In stock for 0–30 days", ["Age is 0–30 days"])
    assert (behind.total, behind.costless) == ("20 pieces", True), "the page says what is missing, and where to enter it"
    await products.create(person, {"name": "Vase", "price": "9", "cost": "4", "inventory": {"stock": 20}})
    behind = await shown(AgeingFigures, page.ages[0].href, person)
    assert (behind.total, behind.costless) == ("40 pieces, £80.00 at cost, without 20 pieces whose cost is not known", False)
    assert [bar.href for bar in page.ages[1:]] == [""] * 4


@pytest.mark.parametrize(("query", "day"), [("?from=2026-02-01&to=2026-03-01", "28 Feb 2026"), ("", "20 Mar 2026")])
async def test_two_pages_tell_the_ages_of_the_same_day(person: Actor, query: str, day: str) -> None:
    beside = await shown(InventoryFigures, f"/analytics/inventory{query}", person)
    page = await shown(AgeingFigures, f"/analytics/ageing{query}", person)
    assert (beside.as_of, page.as_of) == (day, day)
    assert [(bar.label, bar.value) for bar in beside.ages] == [(bar.label, bar.value) for bar in page.ages]
    assert beside.age_file == page.age_file
    assert urlsplit(page.age_file).path == "/api/v1/analytics/ages"


async def test_a_window_that_makes_no_sense(person: Actor) -> None:
    page = await opened(ProductFigures, "/analytics/products?from=yesterday", person)
    await page.load()
    assert page.ready is False
    assert page.error


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        (SalesFigures, "", {"period": "1–28 Feb 2026, Country is Spain"}),
        (CustomerFigures, "/customers", {"period": "1–28 Feb 2026, Country is Spain", "cohort_period": "Up to 28 Feb 2026"}),
        (
            InventoryFigures,
            "/inventory",
            {"period": "Stock of 20 Mar 2026, sold 30 Jan 2026 – 28 Feb 2026, Category is Light", "age_period": _AGED},
        ),
        (AgeingFigures, "/ageing", {"age_period": _AGED}),
    ],
)
async def test_a_picture_of_a_table_says_of_which_days_and_filters_it_is(person: Actor, kind: Any, path: str, said: dict[str, str]) -> None:
    filters = "category=Light" if "age_period" in said else "country=Spain"
    page = await shown(kind, f"/analytics{path}?{WINDOW}&{filters}", person)
    assert {name: getattr(page, name) for name in said} == said


def test_a_picture_of_a_chart_says_under_which_filters() -> None:
    bucket = {"from": "2026-02-01", "to": "2026-02-02", "gross": "5.00", "complete": True}
    found = {
        "series": [bucket], "previous": None, "interval": "day", "filters": {"country": "Côte d’Ivoire", "source": "fair"},
        "drills": {"gross": "/orders?from={from}&to={to}"},
    }  # fmt: skip
    plot = plot_of("gross", found, Locale())
    assert plot.period == "1 Feb 2026, Country is Côte d’Ivoire, Source of the customer is fair"
    assert plot.file == "gross-sales-2026-02-01-2026-02-01-côte-d-ivoire-fair"
