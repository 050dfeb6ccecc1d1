"""Numbers, money, dates and states as a person of the shop reads them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend import clock
from mewayz.backend.runtime import Runtime
from mewayz.ui.words import Locale, locale, plural, sentence, tone
from tests.domains.people import add_shop

POUND, YEN, DINAR = Locale("GBP"), Locale("JPY"), Locale("KWD")
NOW = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the last day of the demo shop."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(("value", "expected"), [(0, "0"), (1204, "1,204"), (-3, "-3"), (1_000_000, "1,000,000"), (Decimal("2.5"), "2.5")])
def test_number(value: Decimal, expected: str) -> None:
    assert POUND.number(value) == expected


@pytest.mark.parametrize(
    ("words", "value", "amount", "money"),
    [
        (POUND, "1204.5", "1,204.50", "£1,204.50"),
        (POUND, "-3", "-3.00", "-£3.00"),
        (POUND, "12.345", "12.345", "£12.345"),
        (POUND, "0.0001", "0.0001", "£0.0001"),
        (POUND, "10.5000", "10.50", "£10.50"),
        (POUND, Decimal("1E+3"), "1,000.00", "£1,000.00"),
        (YEN, "1204", "1,204", "JP¥1,204"),
        (YEN, "0.5", "0.5", "JP¥0.5"),
        (DINAR, "1.5", "1.500", "KWD1.500"),
    ],
)
def test_money_is_exact_and_has_the_decimals_of_its_currency(words: Locale, value: str, amount: str, money: str) -> None:
    assert (words.amount(value), words.money(value).replace("\xa0", "")) == (amount, money)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "£0.00"),
        ("603.52", "£603.52"),
        ("9999.99", "£9,999.99"),
        ("10000.49", "£10,000"),
        ("748957.02", "£748,957"),
        ("9999999.4", "£9,999,999"),
        ("10000000", "£10M"),
        ("20522679.858", "£20.52M"),
        ("-748957.02", "-£748,957"),
    ],
)
def test_money_that_fits_a_tile(value: str, expected: str) -> None:
    assert POUND.short_money(value) == expected


@pytest.mark.parametrize(("ratio", "expected"), [(0.125, "12.5%"), (0.378, "37.8%"), (1, "100%"), (-0.05, "-5%"), (12.345, "1,234.5%")])
def test_percent(ratio: float, expected: str) -> None:
    assert POUND.percent(ratio) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=45), "25 Oct 2011"),
        (timedelta(hours=-3), "in 3 hours"),
        (timedelta(days=-400), "12 Jan 2013"),
    ],
)
def test_ago(age: timedelta, expected: str) -> None:
    assert POUND.ago(NOW - age) == expected


def test_dates_are_those_of_the_shop() -> None:
    late = "2011-06-30T23:30:00Z"
    assert Locale(zone=ZoneInfo("Europe/London")).date(late) == "1 Jul 2011"
    assert Locale(zone=ZoneInfo("America/New_York")).date(late) == "30 Jun 2011"
    assert Locale(zone=ZoneInfo("Europe/London")).exact(late).startswith("1 Jul 2011, 00:30:00")
    assert POUND.day(date(2011, 12, 9)) == "9 Dec 2011"
    assert POUND.month(date(2011, 9, 1)) == "Sept 2011"


def test_a_sum_is_rounded_to_the_smallest_coin() -> None:
    assert POUND.rounded_money("952838.382") == "£952,838.38"
    assert POUND.rounded_money("12") == "£12.00"
    assert Locale("JPY").rounded_money("12.4") == "JP¥12"


@pytest.mark.parametrize(
    ("raw", "expected"), [("partially_paid", "Partially paid"), ("no-orders", "No orders"), ("Pro", "Pro"), ("", ""), ("über", "Über")]
)
def test_sentence(raw: str, expected: str) -> None:
    assert sentence(raw) == expected


def test_tone_and_plural() -> None:
    assert (tone("active"), tone("suspended"), tone("made-up")) == ("success", "danger", "neutral")
    assert (plural(0, "day", "days"), plural(1, "day", "days"), plural(1204, "day", "days")) == ("0 days", "1 day", "1,204 days")


async def test_the_locale_is_the_shops(sqlite_runtime: Runtime) -> None:
    assert (await locale()).currency == "GBP", "before there is a shop"
    await add_shop("America/New_York", "USD")
    words = await locale()
    assert (words.currency, words.zone.key, words.symbol) == ("USD", "America/New_York", "US$")
