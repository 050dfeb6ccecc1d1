"""The figures of the dashboard: equal to REST, and each leads to the list that it counts."""

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.driving import address, arrived, at_rest, follows, names, total
from tests.e2e.shops import DemoShop

WINDOW = {"from": "2011-11-01", "to": "2011-12-01"}
ADDRESS = "/?from=2011-11-01&to=2011-12-01"


@pytest.fixture
def live_server(settled_server: DemoShop) -> DemoShop:
    """Without a window the dashboard opens where the data ends, which an order of another test would move."""
    return settled_server


def figures(shop: DemoShop, window: dict[str, str] = WINDOW) -> dict[str, Any]:
    """What REST says about a window."""
    return shop.get("/analytics/overview", **window)


def pounds(amount: str) -> str:
    """As a tile shows it: whole pounds from ten thousand on."""
    value = Decimal(amount)
    return f"£{value:,.0f}" if value >= 10_000 else f"£{value:,.2f}"


def tile(page: Page, label: str) -> Locator:
    """A tile by its label."""
    return page.get_by_role("main").get_by_role("link").filter(has_text=re.compile(f"^{label}"))


def query_of(page: Page) -> dict[str, str]:
    """The query string of the address."""
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


async def test_tiles_say_what_rest_says(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/")
    await arrived(owner, "Dashboard")
    # Without a window it opens where the data ends, the last of which is 9 December 2011.
    recent = figures(live_server, {"from": "2011-11-10", "to": "2011-12-10"})
    await expect(tile(owner, "Gross sales")).to_contain_text(pounds(recent["gross"]))
    await owner.goto(ADDRESS)
    now = figures(live_server)
    before = now["previous"]
    for label, key, text in (
        ("Gross sales", "gross", pounds(now["gross"])),
        ("Orders", "orders", f"{now['orders']:,}"),
        ("Average order value", "aov", pounds(now["aov"])),
        ("New buyers", "new", f"{now['new']:,}"),
    ):
        change = (Decimal(now[key]) - Decimal(before[key])) / Decimal(before[key])
        await expect(tile(owner, label)).to_contain_text(text)
        await expect(tile(owner, label)).to_contain_text(f"{'up' if change > 0 else 'down'} {abs(change) * 100:.1f}".removesuffix(".0"))
        await expect(tile(owner, label)).to_contain_text("vs previous 30 days")


@pytest.mark.parametrize("label", ["Gross sales", "Orders", "Average order value", "New buyers"])
async def test_a_tile_leads_to_what_it_counts(owner: Page, live_server: DemoShop, label: str) -> None:
    now = figures(live_server)
    await owner.goto(ADDRESS)
    await tile(owner, label).click()
    new = label == "New buyers"
    await expect(owner.get_by_role("heading", name="Customers" if new else "Orders", level=1)).to_be_visible()
    await expect(total(owner)).to_have_text(f"{now['new' if new else 'orders']:,}")
    await owner.go_back()
    await expect(owner).to_have_url(address(ADDRESS))
    await expect(tile(owner, label)).to_be_visible()


async def test_periods_are_chosen_from_a_menu_or_entered(owner: Page, live_server: DemoShop) -> None:
    await owner.goto("/")
    await arrived(owner, "Dashboard")
    await owner.get_by_role("button", name="Period").click()
    await owner.get_by_role("menuitem", name="Last 7 days").click()
    await expect(owner).to_have_url(address("/?from=2011-12-03&to=2011-12-10"))
    week = figures(live_server, {"from": "2011-12-03", "to": "2011-12-10"})
    await expect(tile(owner, "Gross sales")).to_contain_text(pounds(week["gross"]))
    await expect(owner.get_by_role("main")).to_contain_text("3–9 Dec 2011 vs previous 7 days")

    await owner.get_by_role("button", name="3–9 Dec 2011").click()
    box = owner.get_by_role("dialog", name="Choose dates")
    await expect(box.get_by_label("From")).to_have_value("2011-12-03")
    await box.get_by_label("From").fill("2011-11-01")
    await box.get_by_label("Up to and including").fill("2011-11-30")
    await box.get_by_role("button", name="Show").click()
    await expect(owner).to_have_url(address(ADDRESS))
    await expect(box).to_be_hidden()
    await expect(tile(owner, "Gross sales")).to_contain_text(pounds(figures(live_server)["gross"]))

    await owner.get_by_role("button", name="Period").click()
    await owner.get_by_role("menuitem", name="No comparison").click()
    await expect(tile(owner, "Gross sales")).not_to_contain_text("vs previous")
    await owner.reload()
    await expect(tile(owner, "Gross sales")).to_contain_text(pounds(figures(live_server)["gross"]))
    await expect(tile(owner, "Gross sales")).not_to_contain_text("vs previous")
    assert query_of(owner) == {**WINDOW, "compare": "none"}
    await owner.go_back()
    await expect(tile(owner, "Gross sales")).to_contain_text("vs previous 30 days")


@pytest.mark.parametrize("height", [900, 700])
@pytest.mark.parametrize("width", [1440, 390])
async def test_what_to_compare_with_is_in_sight(owner: Page, width: int, height: int) -> None:
    await owner.set_viewport_size({"width": width, "height": height})
    await owner.goto(ADDRESS)
    await at_rest(owner)
    await owner.get_by_role("button", name="Period").click()
    menu = owner.get_by_role("menu")
    await expect(menu).to_be_visible()
    for name in ("Previous period", "Same dates last year", "No comparison"):
        await expect(menu.get_by_role("menuitem", name=name)).to_be_in_viewport(ratio=1)
    shown = await menu.evaluate("(found) => [found.clientHeight, found.scrollHeight]")
    assert shown[0] == shown[1] or shown[0] > 400, "it uses the height that is there"


@pytest.mark.parametrize("query", ["from=yesterday", "from=2011-12-01&to=2011-11-01", "interval=minute&from=2011-11-01", "compare=x"])
async def test_a_window_that_makes_no_sense_is_explained(owner: Page, query: str) -> None:
    await owner.goto(f"/?{query}")
    await expect(owner.get_by_role("alert")).to_contain_text(re.compile("Enter a date|after the beginning|Choose one of"))
    await arrived(owner, "Dashboard")
    await expect(owner.get_by_role("main").get_by_role("heading", level=2)).to_have_count(0)
    # The way out stays open.
    await owner.get_by_role("button", name="Period").click()
    await owner.get_by_role("menuitem").first.click()
    await expect(tile(owner, "Gross sales")).to_contain_text("£")
    await expect(owner.get_by_role("alert")).to_have_count(0)


async def test_dates_of_ones_own_that_make_no_sense(owner: Page) -> None:
    await owner.goto(ADDRESS)
    await owner.get_by_role("button", name="1–30 Nov 2011").click()
    box = owner.get_by_role("dialog", name="Choose dates")
    await expect(box.get_by_label("From")).to_have_value("2011-11-01")
    await box.get_by_label("From").fill("2011-12-24")
    await box.get_by_role("button", name="Show").click()
    await expect(owner.get_by_role("alert")).to_contain_text("The last day lies before the first one")
    await expect(tile(owner, "Gross sales")).to_be_visible()


async def test_a_click_on_the_chart_opens_the_orders_of_that_day(owner: Page, live_server: DemoShop) -> None:
    now = figures(live_server)
    await owner.goto(ADDRESS)
    await at_rest(owner)  # what arrives above the chart moves it
    chart = owner.get_by_role("img", name="Gross sales from")
    await expect(chart.locator("g.scatterlayer").first).to_be_visible()
    box = await chart.locator(".nsewdrag").first.bounding_box()
    assert box
    await owner.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    await expect(chart.locator(".hoverlayer")).to_contain_text("Nov 2011")
    await owner.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    await expect(owner.get_by_role("heading", name="Orders", level=1)).to_be_visible()
    query = query_of(owner)
    day = next(bucket for bucket in now["series"] if (bucket["from"], bucket["to"]) == (query["from"], query["to"]))
    await expect(total(owner)).to_have_text(f"{day['orders']:,}")
    await follows(owner, live_server, "orders", "number", **query)
    # The lists's rows add up to the mark.
    found = live_server.get("/orders", limit="100", **query)
    assert found["pagination"]["totalItems"] == day["orders"]
    await owner.go_back()
    await expect(owner).to_have_url(address(ADDRESS))
    await expect(chart.locator("g.scatterlayer").first).to_be_visible()


async def test_the_twin_of_the_chart_holds_the_same_numbers(owner: Page, live_server: DemoShop) -> None:
    await owner.goto(ADDRESS)
    await owner.get_by_text("Show as table").first.click()
    table = owner.get_by_role("table", name="Gross sales").first
    now = figures(live_server)
    await expect(table.locator("tbody tr")).to_have_count(len(now["series"]))
    cells = table.locator("tbody td")
    expected = [f"£{Decimal(bucket['gross']).quantize(Decimal('0.01')):,}" for bucket in now["series"]]
    before = [f"£{Decimal(bucket['gross']).quantize(Decimal('0.01')):,}" for bucket in now["previous"]["series"]]
    assert (await cells.all_inner_texts())[0::2] == expected
    assert (await cells.all_inner_texts())[1::2] == before
    day = next(bucket for bucket in now["series"] if bucket["orders"])
    await table.get_by_role("link").nth(now["series"].index(day)).click()
    await expect(total(owner)).to_have_text(f"{day['orders']:,}")


async def test_rankings_and_short_lists_lead_on(owner: Page, live_server: DemoShop) -> None:
    now = figures(live_server)
    await owner.goto(ADDRESS)
    best = now["topProducts"][0]
    await owner.get_by_role("table").filter(has_text="Product").get_by_role("link").first.click()
    await expect(total(owner)).to_have_text(f"{best['orders']:,}")
    assert query_of(owner) == {"sold": best["id"], "figure": "sales", **WINDOW}
    await owner.go_back()
    await arrived(owner, "Dashboard")
    first = now["countries"][0]
    await owner.get_by_role("table").filter(has_text="Country").get_by_role("link").first.click()
    await expect(total(owner)).to_have_text(f"{first['orders']:,}")
    await owner.go_back()
    await arrived(owner, "Dashboard")
    recent = live_server.get("/orders", figure="sales", limit="1")["orders"][0]
    await owner.get_by_role("link").filter(has_text=recent["number"]).click()
    await expect(owner.get_by_role("heading", level=1)).to_contain_text(recent["number"])
    await owner.go_back()
    await arrived(owner, "Dashboard")
    await owner.get_by_role("link", name="All low").click()
    await expect(names(owner).first).to_be_visible()
    await follows(owner, live_server, "products", stock="low,out", sort="stock")


@pytest.mark.parametrize(("path", "charts"), [("/products", 0), ("/users/new", 0), ("/", 1), ("/analytics", 2)])
async def test_plotly_is_loaded_where_there_is_a_chart(owner: Page, path: str, charts: int) -> None:
    loaded: list[str] = []
    owner.on("request", lambda request: loaded.append(request.url))
    await owner.goto(path)
    await at_rest(owner)
    await expect(owner.locator(".js-plotly-plot")).to_have_count(charts)
    assert any("plotly" in url for url in loaded) == bool(charts)
