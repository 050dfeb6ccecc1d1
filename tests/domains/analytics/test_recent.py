"""The window that pages open with: a few orders after a long break do not empty it."""

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest

from mewayz.backend import clock
from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.board_state import Board
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.recent import steady_end
from mewayz.domains.analytics.report_letter import Ways, fill
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.sheet_page import sheet_page
from mewayz.domains.analytics.sheets import make_sheet
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person
from tests.tabs import opened

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
_PAST = [date(2024, 11, 1) + timedelta(days=number) for number in range(20)]


def _before(*days: int) -> list[date]:
    return sorted(TODAY - timedelta(days=number) for number in days)


@pytest.mark.parametrize(
    ("days", "end"),
    [
        ([], TODAY),
        (_PAST, _PAST[-1]),
        ([*_PAST, TODAY], _PAST[-1]),
        ([*_PAST, *_before(5, 4, 3, 2, 1, 0)], _PAST[-1]),
        ([*_PAST, *_before(6, 5, 4, 3, 2, 1, 0)], TODAY),
        ([*_PAST, *_before(300, 100, 0)], _PAST[-1]),
        (_before(60, 0), TODAY),
        (_before(400, 0), TODAY),
        ([*_PAST, TODAY + timedelta(days=9)], _PAST[-1]),
    ],
)
def test_the_last_day_of_steady_sales(days: list[date], end: date) -> None:
    assert steady_end(days, TODAY) == end


@pytest.fixture
async def person(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator of a shop that ends in the past."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop = await HistoricShop().open()
    for day in _PAST:
        await shop.sell(f"{day}T10:00", "Anna", ("Lamp", 1, "10"))
    runtime.the_shop = shop  # pyright: ignore[reportAttributeAccessIssue]
    return await add_person(Role.ADMIN)


async def test_one_order_of_today_does_not_empty_it_and_the_page_says_so(runtime: Runtime, person: Actor) -> None:
    shop: HistoricShop = runtime.the_shop  # pyright: ignore[reportAttributeAccessIssue]
    old = Window(date(2024, 10, 22), date(2024, 11, 21))
    assert await analytics.recent(person) == old
    page = await opened(Board, "/", person)
    await page.load()
    assert page.aside == "Ends with the last sale."
    await shop.sell("2026-03-20T10:00", "Ben", ("Lamp", 1, "10"))
    assert await analytics.recent(person) == old
    await page.load()
    assert (page.label, page.tiles[0].value) == ("22 Oct 2024 – 20 Nov 2024", "£200.00")
    assert page.aside == "Leaves out the few sales since."
    sheet = await make_sheet(person, "/", {}, ["gross"])
    assert sheet.told == "22 Oct 2024 – 20 Nov 2024 vs previous 30 days · Leaves out the few sales since.", "shared as it is shown"
    [latest] = [option for option in page.presets if option.label == "Last 30 days"]
    page = await opened(Board, latest.href, person)
    await page.load()
    assert (page.label, page.tiles[0].value, page.aside) == ("19 Feb 2026 – 20 Mar 2026", "£10.00", "")


async def test_days_behind_the_last_sale_say_so_on_pages_and_in_letters(person: Actor) -> None:
    page = await opened(Board, "/?from=2026-03-01&to=2026-03-11", person)
    await page.load()
    assert page.aside == "No sales since 20 Nov 2024."
    sheet = await make_sheet(person, "/", {"from": "2026-03-19", "to": "2026-03-20"}, ["gross"])
    assert sheet.told == "19 Mar 2026 vs the day before · No sales since 20 Nov 2024."
    message = EmailMessage()
    await fill(message, sheet, "Daily report", "Test shop", Ways("http://test.example/"))
    for part in ("plain", "html"):
        body = message.get_body((part,))
        assert body is not None
        assert sheet.told in body.get_content()
    assert sheet.told in sheet_page(sheet, "Test shop", NOW)


async def test_a_week_of_sales_is_a_new_beginning(runtime: Runtime, person: Actor) -> None:
    shop: HistoricShop = runtime.the_shop  # pyright: ignore[reportAttributeAccessIssue]
    for day in range(14, 21):
        await shop.sell(f"2026-03-{day}T10:00", "Ben", ("Lamp", 1, "10"))
    assert await analytics.recent(person) == Window(date(2026, 2, 19), date(2026, 3, 21))
    page = await opened(Board, "/", person)
    await page.load()
    assert page.aside == ""
