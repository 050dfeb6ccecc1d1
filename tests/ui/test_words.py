"""Numbers, money, dates and states as a person of the shop reads them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from mewayz.backend import clock
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, shops
from mewayz.ui.words import Locale, locale, plural, sentence, tone
from tests.domains.people import add_shop

POUND, YEN, DINAR = Locale("GBP"), Locale("JPY"), Locale("KWD")
NOW = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the last day of the demo shop."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("currency", "language", "money", "tile", "tick", "number", "percent", "separators", "around"),
    [
        ("GBP", "en_GB", "£1,234,567.50", "£1,234,568", "£250", "1,234,567.5", "12.3%", ".,", ("£", "")),
        ("USD", "en_US", "$1,234,567.50", "$1,234,568", "$250", "1,234,567.5", "12.3%", ".,", ("$", "")),
        ("EUR", "en_DE", "1.234.567,50 €", "1.234.568 €", "250 €", "1.234.567,5", "12,3 %", ",.", ("", "\xa0€")),
        ("SEK", "en_SE", "1 234 567,50 kr", "1 234 568 kr", "250 kr", "1 234 567,5", "12,3 %", ", ", ("", "\xa0kr")),
        ("CHF", "en_CH", "CHF 1’234’567.50", "CHF 1’234’568", "CHF 250", "1’234’567.5", "12.3%", ".’", ("CHF\xa0", "")),
        ("INR", "en_IN", "₹12,34,567.50", "₹12,34,568", "₹250", "12,34,567.5", "12.3%", ".,", ("₹", "")),
    ],
)
def test_each_region_writes_as_it_does(
    currency: str, language: str, money: str, tile: str, tick: str, number: str, percent: str, separators: str, around: tuple[str, str]
) -> None:
    words, value = Locale(currency, language=language), Decimal("1234567.5")
    told = (words.money(value), words.short_money(value), words.tick_money(Decimal(250)), words.number(value), words.percent(0.1234))
    assert tuple(one.replace("\xa0", " ").replace("\u202f", " ") for one in told) == (money, tile, tick, number, percent)
    assert (words.separators.replace("\xa0", " "), words.around_money) == (separators, around)
    assert (words.tenths(3.0), words.amount("1000").replace("\xa0", " ")) == (f"3{separators[0]}0", f"1{separators[1]}000{separators[0]}00")


def test_days_as_a_region_writes_them() -> None:
    first, last = date(2011, 11, 5), date(2011, 11, 30)
    british, american = (Locale("GBP", ZoneInfo("Europe/London"), language) for language in ("en_GB", "en_US"))
    assert (british.day(last), british.days(first, last), british.day_of_year(last)) == ("30 Nov 2011", "5–30 Nov 2011", "30 Nov")
    told = (american.day(last), american.days(first, last), american.day_of_year(last), american.month(last))
    assert tuple(one.replace("\u2009", "") for one in told) == ("Nov 30, 2011", "Nov 5–30, 2011", "Nov 30", "Nov 2011")
    assert american.exact(NOW).replace("\u202f", " ") == "Dec 9, 2011, 12:50:00 PM GMT"


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
    assert (words.currency, words.zone.key, words.symbol) == ("USD", "America/New_York", "$")


async def test_counts_in_sentences_are_written_as_the_shop_writes(sqlite_runtime: Runtime) -> None:
    await add_shop(currency="EUR")
    assert plural(1204, "piece", "pieces") == "1,204 pieces", "nobody has read the shop yet"
    await shops.patch(SHOP_ID, {"options": {"region": "DE"}})
    words = await locale()
    assert (plural(1204, "piece", "pieces"), words.number(1204)) == ("1.204 pieces", "1.204")
