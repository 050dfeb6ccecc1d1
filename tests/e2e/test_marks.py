"""One mark of every chart of analytics, clicked: the list behind it says the same number."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.driving import arrived, at_rest, total
from tests.e2e.shops import DemoShop

WINDOW = "from=2011-11-01&to=2011-12-01"
_AMOUNT = re.compile(r"£([\d,]+(?:\.\d+)?)")


def amount_in(text: str) -> Decimal:
    """The first amount of money in a text."""
    found = _AMOUNT.search(text)
    assert found, text
    return Decimal(found[1].replace(",", ""))


async def says(page: Page, shown: str) -> None:
    """The list says what the mark said, which is in whole pounds from ten thousand on."""
    sentence = page.get_by_role("main").get_by_text(re.compile("^(Gross sales|Returns) £"))
    await expect(sentence).to_be_visible()
    mark, listed = amount_in(shown), amount_in(await sentence.inner_text())
    assert mark == (listed.quantize(Decimal(1)) if mark >= 10_000 and mark == int(mark) else listed)


async def lists_each(page: Page) -> None:
    """The list has as many rows as it says that there are orders."""
    sentence = page.get_by_role("main").get_by_text(re.compile("^Gross sales £"))
    found = re.search(r", ([\d,]+) orders?\b", await sentence.inner_text())
    assert found
    await expect(total(page)).to_have_text(found[1])


def ranking(page: Page, column: str) -> Locator:
    """The first line of a ranking that leads somewhere."""
    table = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name=column))
    return table.locator("tbody tr").filter(has=page.get_by_role("link")).first


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
    await at_rest(owner)  # what arrives above a drawing moves it
    drawing = owner.get_by_role("img", name=chart)
    await expect(drawing.locator("g.scatterlayer").first).to_be_visible()
    await drawing.scroll_into_view_if_needed()
    box = await drawing.locator(".nsewdrag").first.bounding_box()
    assert box
    spot = (box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    await owner.mouse.move(*spot)
    await expect(drawing.locator(".hoverlayer text").first).to_be_visible()
    value = await drawing.locator(".hoverlayer text").first.text_content() or ""
    await owner.mouse.click(*spot)
    await arrived(owner, heading)
    count = re.match(r"[\d,]+?(?=\d{1,2} Nov)", value)  # the lines of the text follow each other without a break
    if heading == "Customers":
        assert count, value
        await expect(total(owner)).to_have_text(count[0])
    elif chart.startswith("Returning"):
        assert count, value
        people = re.compile(rf" of {count[0]} customers?$" if count[0] != "0" else "^Gross sales £0.00, 0 orders$")
        await expect(owner.get_by_role("main").get_by_text(people)).to_be_visible()
    else:
        await says(owner, re.sub(r"(\.\d\d).*", r"\1", value))


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("/analytics", "Product"),
        ("/analytics", "Country"),
        ("/analytics/products", "Product"),
        ("/analytics/products", "Category"),
        ("/analytics/customers", "Customer"),
        ("/analytics/forecast", "Day"),
    ],
)
async def test_a_bar(owner: Page, path: str, column: str) -> None:
    await owner.goto(f"{path}?{WINDOW}")
    row = ranking(owner, column)
    value = await row.locator("td").inner_text()
    await row.get_by_role("link").click()
    await arrived(owner, "Orders")
    await says(owner, value)
    await lists_each(owner)


async def test_a_product_that_was_free_in_an_order(owner: Page, live_server: DemoShop) -> None:
    """The list behind its orders has as many rows as the mark says, though more orders contain it."""
    window, kitchen = {"from": "2011-11-07", "to": "2011-11-08"}, "Kitchen & Baking"

    def contained(row: dict[str, Any]) -> int:
        found = live_server.get("/orders", product=row["id"], figure="sales", limit="1", **window)
        return found["pagination"]["totalItems"]

    ranked = live_server.get("/analytics/products", sort="orders", limit="100", category=kitchen, **window)["products"]
    row = next(one for one in ranked if contained(one) > one["orders"])
    await owner.goto(row["drill"])
    await arrived(owner, "Orders")
    for words in (f"Product sold is {row['name']}", f"Category sold is {kitchen}"):
        await expect(owner.get_by_role("link", name=words)).to_be_visible()
    await expect(total(owner)).to_have_text(f"{row['orders']:,}")
    await lists_each(owner)


async def test_an_age_of_the_stock(owner: Page) -> None:
    await owner.goto("/analytics/inventory")
    row = ranking(owner, "In stock for")
    pieces = (await row.locator("td").inner_text()).split(" · ")[0]
    await row.get_by_role("link").click()
    await expect(owner.get_by_role("main").get_by_text(re.compile(f"^{pieces}[ ,]"))).to_be_visible()


async def test_a_state_and_a_cell_of_the_cohorts_and_low_stock(owner: Page) -> None:
    await owner.goto(f"/analytics?{WINDOW}")
    row = ranking(owner, "State")
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
    await at_rest(owner)
    low = owner.get_by_role("main").get_by_role("link").filter(has_text=re.compile("^Low stock"))
    number = re.search(r"[\d,]+", await low.inner_text())
    assert number
    await low.click()
    await arrived(owner, "Products")
    await expect(total(owner)).to_have_text(number[0])


async def test_a_filter_is_a_chip_that_every_number_follows(owner: Page) -> None:
    await owner.goto(f"/analytics?{WINDOW}")
    tile = owner.get_by_role("main").get_by_role("link").filter(has_text=re.compile("^Gross sales"))
    await at_rest(owner)
    before = await tile.inner_text()
    await owner.get_by_role("group", name="Filters").get_by_role("button", name="Country").click()
    await owner.get_by_role("menuitem", name="France").click()
    chip = owner.get_by_role("link", name="Country is France")
    await expect(chip).to_be_visible()
    await expect(tile).not_to_have_text(before, use_inner_text=True)
    await at_rest(owner)  # what the tile says on the way is another text too
    value = await tile.inner_text()
    await tile.click()
    await arrived(owner, "Orders")
    await expect(owner.get_by_role("link", name="Country is France")).to_be_visible()
    await says(owner, value)
    await owner.go_back()
    await chip.click()
    await expect(chip).to_have_count(0)
