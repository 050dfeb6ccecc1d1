"""One mark of every chart of analytics, clicked: the list behind it says the same number."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.driving import arrived, total

WINDOW = "from=2011-11-01&to=2011-12-01"


@pytest.mark.parametrize(
    ("path", "chart", "heading"),
    [
        ("/analytics", "Gross sales from", "Orders"),
        ("/analytics", "Returns from", "Orders"),
        ("/analytics/customers", "New buyers from", "Customers"),
        ("/analytics/customers", "Returning buyers from", "Orders"),
        ("/analytics/forecast", "Gross sales: ", "Orders"),
    ],
)
async def test_a_point_of_a_line(owner: Page, path: str, chart: str, heading: str) -> None:
    await owner.goto(f"{path}?{WINDOW}")
    drawing = owner.get_by_role("img", name=chart)
    await expect(drawing.locator("g.scatterlayer").first).to_be_visible()
    await drawing.scroll_into_view_if_needed()
    box = await drawing.locator(".nsewdrag").first.bounding_box()
    assert box
    spot = (box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    await owner.mouse.move(*spot)
    await expect(drawing.locator(".hoverlayer text").first).to_be_visible()
    value = (await drawing.locator(".hoverlayer text").first.inner_text()).split("\n")[0]
    told = re.match(r"£?[\d,]+(\.\d\d)?", value)
    assert told, value
    await owner.mouse.click(*spot)
    await arrived(owner, heading)
    page = owner.get_by_role("main")
    if heading == "Customers":
        await expect(total(owner)).to_have_text(told[0])
    elif chart.startswith("Returning"):
        await expect(page.get_by_text(re.compile(rf" of {told[0]} customers?$|^Gross sales £0.00, 0 orders$"))).to_be_visible()
    else:
        await expect(page.get_by_text(re.compile(rf"^(Gross sales|Returns) {re.escape(told[0])}"))).to_be_visible()


@pytest.mark.parametrize(
    ("path", "column", "said"),
    [
        ("/analytics", "Product", "Gross sales {}"),
        ("/analytics", "Country", "Gross sales {}"),
        ("/analytics/products", "Product", "Gross sales {}"),
        ("/analytics/products", "Category", "Gross sales {}"),
        ("/analytics/customers", "Customer", "Gross sales {}"),
        ("/analytics/inventory", "In stock for", "{}, "),
    ],
)
async def test_a_bar(owner: Page, path: str, column: str, said: str) -> None:
    await owner.goto(f"{path}?{WINDOW}" if column != "In stock for" else path)
    row = owner.get_by_role("table").filter(has=owner.get_by_role("columnheader", name=column)).locator("tbody tr").first
    value = re.split(" · |, expected", await row.locator("td").inner_text())[0].removesuffix(".00")
    await row.get_by_role("link").click()
    words = re.compile("^" + re.escape(said.format(value)))
    await expect(owner.get_by_role("main").get_by_text(words).first).to_be_visible()


async def test_a_state_and_a_cell_of_the_cohorts_and_low_stock(owner: Page) -> None:
    await owner.goto(f"/analytics?{WINDOW}")
    row = owner.get_by_role("table").filter(has=owner.get_by_role("columnheader", name="State")).locator("tbody tr").first
    count = await row.locator("td").inner_text()
    await row.get_by_role("link").click()
    await arrived(owner, "Orders")
    await expect(total(owner)).to_have_text(count)
    await owner.goto(f"/analytics/customers?{WINDOW}")
    cell = owner.get_by_role("table", name="Retention").locator("td[title]:not([title='']) a").nth(1)
    people = (await cell.locator("xpath=..").get_attribute("title") or "").split(" of ")[0]
    await cell.click()
    await arrived(owner, "Orders")
    await expect(owner.get_by_role("main").get_by_text(re.compile(rf" of {people}$"))).to_be_visible()
    await owner.goto("/analytics/inventory")
    low = owner.get_by_role("main").get_by_role("link").filter(has_text=re.compile("^Low stock"))
    number = re.search(r"[\d,]+", await low.inner_text())
    assert number
    await low.click()
    await arrived(owner, "Products")
    await expect(total(owner)).to_have_text(number[0])


async def test_a_filter_is_a_chip_that_every_number_follows(owner: Page) -> None:
    await owner.goto(f"/analytics?{WINDOW}")
    await owner.get_by_role("group", name="Filters").get_by_role("button", name="Country").click()
    await owner.get_by_role("menuitem", name="France").click()
    chip = owner.get_by_role("link", name="Country is France")
    await expect(chip).to_be_visible()
    tile = owner.get_by_role("main").get_by_role("link").filter(has_text=re.compile("^Gross sales"))
    amount = re.search(r"£[\d,.]+\d", await tile.inner_text())
    assert amount
    await tile.click()
    await arrived(owner, "Orders")
    await expect(owner.get_by_role("link", name="Country is France")).to_be_visible()
    await expect(owner.get_by_role("main").get_by_text(re.compile(f"^Gross sales {re.escape(amount[0])}"))).to_be_visible()
    await owner.go_back()
    await chip.click()
    await expect(chip).to_have_count(0)
