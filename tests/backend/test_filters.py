"""Filters: how a value is read, what is refused, and days that begin in the shop's time zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mewayz.backend.access import SYSTEM
from mewayz.backend.crud import read_query
from mewayz.backend.errors import Invalid
from mewayz.backend.filters import Choice, Context, Equals, Filter, Named, describe
from mewayz.backend.ranges import Bound, Moment, Whole, read_moment
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import SHOP_ID, Shop, shops, start_of_day
from mewayz.domains.orders.model import Order, orders_collection
from mewayz.domains.orders.service import orders

CHOICE = Choice(name="status", column="status", label="Status", choices=("new", "old"))
EQUALS = Equals(name="category", column="category", label="Category")
LOW = Bound(name="minPrice", column="price", label="Price", low=True)
HIGH = Bound(name="maxPrice", column="price", label="Price", low=False)
FROM = Moment(name="from", column="at", label="Placed", low=True)
TO = Moment(name="to", column="at", label="Placed", low=False)
NAMED = Named(name="stock", column="stock", label="Stock", conditions={"low": "stock < 5", "out": "stock < 1"})
LONDON, BERLIN, CAIRO, HAVANA = (ZoneInfo(name) for name in ("Europe/London", "Europe/Berlin", "Africa/Cairo", "America/Havana"))
HERE = Context(BERLIN)


@pytest.mark.parametrize(
    ("item", "raw", "value"),
    [
        (CHOICE, "new", ("new",)),
        (CHOICE, "new, old,new", ("new", "old")),
        (EQUALS, " a%'\"\\ ", " a%'\"\\ "),
        (LOW, "12.50", Decimal("12.5")),
        (HIGH, "-0.0001", Decimal("-0.0001")),
        (NAMED, "low", "low"),
        (FROM, "2024-07-01", datetime(2024, 6, 30, 22, tzinfo=UTC)),
        (FROM, "2024-07-01T00:00:00Z", datetime(2024, 7, 1, tzinfo=UTC)),
        (FROM, "2024-07-01T00:00:00+05:00", datetime(2024, 6, 30, 19, tzinfo=UTC)),
        (TO, "2024-01-01T12:00", datetime(2024, 1, 1, 11, tzinfo=UTC)),
    ],
)
def test_what_is_read(item: Filter, raw: str, value: object) -> None:
    assert item.read(raw, HERE) == value


@pytest.mark.parametrize(
    ("item", "raw", "said"),
    [
        (CHOICE, "newer", "Choose one of: new, old."),
        (CHOICE, "new,", "Choose one of"),
        (CHOICE, ",", "Choose one of"),
        (EQUALS, "x" * 201, "at most 200"),
        (EQUALS, "a\0", "characters"),
        (EQUALS, "\ud800", "characters"),
        (LOW, "cheap", "an amount"),
        (LOW, "NaN", "an amount"),
        (LOW, "Infinity", "an amount"),
        (LOW, "1e99999999", "an amount"),
        (LOW, "1.00001", "an amount"),
        (NAMED, "high", "Choose one of: low, out."),
        (FROM, "yesterday", "a date such as"),
        (FROM, "2024-02-30", "a date such as"),
        (FROM, "0001-01-01", "a date such as"),
        (FROM, "0001-01-01T00:00:00Z", "a date such as"),
        (FROM, "9999-12-31T23:59:59-12:00", "a date such as"),
        (FROM, "2024-01-01T25:00", "a date such as"),
    ],
)
def test_what_is_refused_says_what_to_send(item: Filter, raw: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        item.read(raw, HERE)


@given(st.sampled_from([CHOICE, EQUALS, LOW, FROM, NAMED]), st.text(max_size=30))
def test_any_text_is_read_or_refused_with_words(item: Filter, raw: str) -> None:
    try:
        value = item.read(raw, HERE)
    except ValueError as error:
        assert str(error)[0].isupper()
    else:
        assert item.words(value)
        assert item.params(value) or item is NAMED


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, date(2024, 3, 31), 23),
        (LONDON, date(2024, 10, 27), 25),
        (LONDON, date(2024, 7, 1), 24),
        (CAIRO, date(2024, 4, 26), 23),  # the clock jumps at midnight itself
        (HAVANA, date(2024, 3, 10), 23),  # at midnight too
        (HAVANA, date(2024, 11, 3), 25),  # from 1:00 back to midnight: the first midnight counts
    ],
)
def test_days_have_the_length_that_the_clocks_give_them(zone: ZoneInfo, day: date, hours: int) -> None:
    begin, end = (start_of_day(one, zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    assert end - begin == timedelta(hours=hours)
    assert begin.astimezone(zone).date() == day
    assert (begin - timedelta(milliseconds=1)).astimezone(zone).date() == day - timedelta(days=1)
    assert read_moment(day.isoformat(), zone) == begin


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2090, 1, 1)),  # noqa: DTZ001
    st.sampled_from([LONDON, BERLIN, CAIRO, HAVANA, ZoneInfo("Asia/Kathmandu")]),
)
def test_every_moment_lies_in_exactly_the_window_of_its_day(moment: datetime, zone: ZoneInfo) -> None:
    at = moment.replace(tzinfo=UTC)
    day = at.astimezone(zone).date()
    begin, end = (read_moment(one.isoformat(), zone) for one in (day, day + timedelta(days=1)))
    assert begin <= at < end


def test_words_name_the_day_that_was_asked_for() -> None:
    values = {
        "from": FROM.read("2024-07-01", HERE),
        "to": TO.read("2024-07-02", HERE),
        "status": ("new", "old"),
        "minPrice": Decimal("12.50"),
    }
    assert dict(describe([FROM, TO, CHOICE, LOW, HIGH, NAMED], values)) == {
        "from": "Placed from 1 Jul 2024",
        "to": "Placed before 2 Jul 2024",
        "status": "Status is new or old",
        "minPrice": "Price ≥ 12.50",
    }


async def test_windows_are_half_open_in_the_shops_zone(runtime: Runtime) -> None:
    await shops.add(Shop(id=SHOP_ID, name="S", currency="EUR", timezone="Europe/London"))
    begin, end = datetime(2024, 3, 31, tzinfo=UTC), datetime(2024, 3, 31, 23, tzinfo=UTC)  # 23 hours: summer time begins
    moments = {
        "before": begin - timedelta(milliseconds=1),
        "first": begin,
        "middle": begin + timedelta(hours=12),
        "last": end - timedelta(milliseconds=1),
        "after": end,
    }
    await orders_collection.add_many(
        [Order(number=name, currency="EUR", subtotal=Decimal(1), total=Decimal(1), placed_at=at) for name, at in moments.items()]
    )

    async def numbers(**raw: str) -> set[str]:
        page = await orders.page(SYSTEM, await read_query(orders.spec, raw))
        return {row["number"] for row in page.rows}

    assert await numbers(**{"from": "2024-03-31", "to": "2024-04-01"}) == {"first", "middle", "last"}
    assert await numbers(to="2024-03-31") == {"before"}
    assert await numbers(**{"from": "2024-04-01"}) == {"after"}
    assert await numbers(**{"from": "2024-03-31T12:00:00Z", "to": "2024-03-31T12:00:00.001Z"}) == {"middle"}
    assert await numbers(**{"from": "2024-04-01", "to": "2024-04-01"}) == set()
    with pytest.raises(Invalid) as raised:
        await numbers(**{"from": "2024-04-01", "to": "2024-03-31"})
    assert set(raised.value.fields) == {"to"}


@pytest.mark.parametrize("raw", ["2.5", "-1", "two", "٣", "1234567890", " 1"])
def test_a_whole_number_is_one_and_nothing_else(raw: str) -> None:
    item = Whole(name="minOrders", column="orders_count", label="Orders", low=True)
    assert item.read("007", HERE) == 7
    assert item.words(7) == "Orders ≥ 7"
    with pytest.raises(ValueError, match="whole number"):
        item.read(raw, HERE)
