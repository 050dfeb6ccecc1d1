"""The answers of analytics over REST, on both engines: right numbers, right windows, and what is refused."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import text, update

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime, current
from mewayz.backend.unit import unit
from mewayz.domains.analytics.api import ANSWERS
from mewayz.domains.analytics.metrics import METRICS
from mewayz.domains.analytics.service import analytics
from mewayz.domains.auth.model import sessions
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import PASSWORD, add_person, data_of, refused, signed_in

NAMES = [answer.name for answer in ANSWERS]
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
async def shop(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> HistoricShop:
    """A shop in London, open since nobody knows when, in March 2026."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return await HistoricShop().open()


@pytest.fixture
async def admin(shop: HistoricShop) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser."""
    who = await add_person(Role.ADMIN)
    async with signed_in(who.email, PASSWORD) as client:
        yield client


async def ask(client: httpx.AsyncClient, name: str, **params: Any) -> dict[str, Any]:
    query = {key.rstrip("_"): value for key, value in params.items()}
    return data_of(await client.get(f"/analytics/{name}", params=query))


FEBRUARY: dict[str, Any] = {"from_": "2026-02-01", "to": "2026-03-01"}


async def fill(shop: HistoricShop) -> None:
    """February: Anna twice (France, Spain), Ben once and a guest, a return; January: Ben; a cancelled order."""
    await shop.product("Lamp", category="Light")
    await shop.product("Mug", category="Kitchen")
    await shop.sell("2026-01-15T10:00", "Ben", ("Lamp", 2, "10"))
    await shop.sell("2026-02-01T00:00", "Anna", ("Lamp", 1, "10"), ("Mug", 2, "2.5"))
    await shop.sell("2026-02-10T12:00", "Anna", ("Mug", 4, "2.5"), country="Spain")
    await shop.sell("2026-02-11T12:00", "Ben", ("Lamp", 1, "10"))
    await shop.sell("2026-02-28T23:59", "", ("Lamp", 1, "10"), country="Spain")
    await shop.sell("2026-02-12T12:00", "Ben", ("Lamp", -1, "10"))
    await shop.sell("2026-02-13T12:00", "Carl", ("Lamp", 9, "10"), status="cancelled")


# Sales ------------------------------------------------------------------------------------------------------------------


async def test_every_metric_of_a_window_and_its_change(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    found = await ask(admin, "sales", **FEBRUARY)
    assert {metric.key: found.get(metric.key) for metric in METRICS if metric.key != "clv"} == {
        "gross": "45.00",
        "returns": "10.00",
        "discounts": "0.00",
        "net": "35.00",
        "orders": 4,
        "aov": "11.25",
        "units": 9,
        "buyers": 2,
        "repeat": 1,
        "repeatRate": 0.5,
        "guestOrders": 1,
        "new": 1,
        "returning": 1,
    }
    assert found["unavailable"] == []
    assert (found["previous"]["gross"], found["previous"]["new"]) == ("20.00", 1)
    changes = found["changes"]["of"]
    assert changes["gross"] == {"ratio": 1.25, "isNew": False}
    assert changes["returns"] == {"ratio": None, "isNew": True}, "from nothing to something has no ratio"
    assert changes["guestOrders"] == {"ratio": None, "isNew": True}
    assert sum(Decimal(bucket["gross"]) for bucket in found["series"]) == 45
    assert {state["status"]: state["orders"] for state in found["states"] if state["orders"]} == {"delivered": 4, "cancelled": 1}


async def test_rankings_say_what_is_in_none_of_their_rows(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    await shop.sell("2026-02-20T10:00", "Anna", ("Lamp", 1, "10"), ("Postage", 1, "4.95"))
    await shop.sell("2026-02-21T10:00", "", ("Postage", -1, "1"))
    found = await ask(admin, "products", **FEBRUARY)
    rest = found["withoutProduct"]
    assert (rest["gross"], rest["returns"], rest["share"]) == ("4.95", "1.00", round(4.95 / 59.95, 6))
    for key in ("gross", "returns", "net"):
        assert sum(Decimal(row[key]) for row in [*found["categories"], rest]) == Decimal(found[key])
    assert (await ask(admin, "products", category="Light", **FEBRUARY))["withoutProduct"]["gross"] == "0.00"
    buyers = await ask(admin, "customers", **FEBRUARY)
    assert (buyers["guests"]["gross"], buyers["guests"]["orders"]) == ("10.00", 1)
    for key in ("gross", "returns", "orders"):
        assert sum(Decimal(row[key]) for row in [*buyers["customers"], buyers["guests"]]) == Decimal(buyers[key])


async def test_who_is_new_in_one_of_two_currencies(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-01-15T10:00", "Anna")
    await shop.sell("2026-02-10T10:00", "Anna")
    await shop.sell("2026-02-11T10:00", "Ben", currency="EUR")
    await shop.sell("2026-02-12T10:00", "Ben")
    await shop.sell("2026-02-13T10:00", "Cara", currency="EUR")
    await shop.sell("2026-02-14T10:00", "Dora")
    for currency, counts in {"GBP": (3, 1, 1), "EUR": (2, 2, 0)}.items():
        found = await ask(admin, "overview", currency=currency, **FEBRUARY)
        assert tuple(found[key] for key in ("buyers", "new", "returning")) == counts, currency
        for asked in ({"currency": currency}, {}) if currency == "GBP" else ({"currency": currency},):
            drill = (await ask(admin, "customers", interval="month", **asked, **FEBRUARY))["drills"]["new"]
            path = drill.replace("{from}", found["from"]).replace("{to}", found["to"])
            assert data_of(await admin.get(path))["pagination"]["totalItems"] == counts[1], path
        drill = (await ask(admin, "customers", currency=currency, **FEBRUARY))["drills"]["returning"]
        path = drill.replace("{from}", found["from"]).replace("{to}", found["to"]).replace("/orders?", "/orders/stats/worth?")
        assert data_of(await admin.get(path))["worth"]["buyers"] == counts[2]
        states = {row["status"]: row for row in found["states"]}
        listed = data_of(await admin.get(states["delivered"]["drill"]))["pagination"]["totalItems"]
        assert states["delivered"]["orders"] == listed == counts[0]


async def test_a_currency_in_which_nothing_was_sold(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-02-10T10:00", "Anna")
    await shop.sell("2026-02-11T10:00", "Ben", currency="EUR", status="cancelled")
    found = await ask(admin, "sales", currency="EUR", **FEBRUARY)
    assert tuple(found[key] for key in ("buyers", "new", "returning")) == (0, 0, 0)
    assert (await ask(admin, "cohorts", currency="EUR", **FEBRUARY))["cohorts"] == []
    for currency in ("GBP", "EUR"):
        for state in (await ask(admin, "sales", currency=currency, **FEBRUARY))["states"]:
            assert data_of(await admin.get(state["drill"]))["pagination"]["totalItems"] == state["orders"], (currency, state)


async def test_stock_lasts_by_what_was_sold_in_every_currency(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.product("Lamp", inventory={"stock": 36})
    await shop.sell("2026-02-10T10:00", "Anna", ("Lamp", 6, "10"))
    await shop.sell("2026-02-11T10:00", "Ben", ("Lamp", 18, "12"), currency="EUR")
    await shop.sell("2026-02-12T10:00", "Ben", ("Lamp", -6, "12"), currency="EUR")
    (lamp,) = (await ask(admin, "inventory", to="2026-03-01"))["products"]
    assert (lamp["soldUnits"], lamp["averageDailyUnits"], lamp["daysOfCover"]) == (24, 0.8, 45.0)


async def test_cohorts_of_two_currencies_lead_to_their_customers(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-01-05T10:00", "Xena", currency="EUR")
    await shop.sell("2026-01-20T10:00", "Xena")
    await shop.sell("2026-01-21T10:00", "Yves")
    await shop.sell("2026-02-21T10:00", "Yves", currency="EUR")
    await shop.sell("2026-02-22T10:00", "Xena", currency="EUR")
    await shop.sell("2026-02-23T10:00", "Zoe", currency="EUR")
    for currency, wanted in {"EUR": {"2026-01": [1, 1], "2026-02": [1]}, "GBP": {"2026-01": [1]}}.items():
        found = await ask(admin, "cohorts", currency=currency, from_="2026-01-01", to="2026-03-01")
        assert {row["cohort"]: row["counts"] for row in found["cohorts"]} == wanted
        for row in found["cohorts"]:
            assert data_of(await admin.get(row["drill"]))["pagination"]["totalItems"] == row["size"]
            for count, drill in zip(row["counts"], row["drills"], strict=True):
                assert data_of(await admin.get(drill.replace("/orders?", "/orders/stats/worth?")))["worth"]["buyers"] == count


async def test_nobody_is_in_a_ranking_of_whom_nothing_is_left(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    order = await shop.sell("2026-02-05T10:00", "Solo", country="Iceland")
    await shop.sell("2026-02-06T10:00", "Anna", ("Lamp", -1, "3"))
    solo, anna = shop.customers["Solo"].id, shop.customers["Anna"].id
    await orders.update(SYSTEM, order, {"shippingAddress": {"country": "Malta"}})
    countries = (await ask(admin, "countries", **FEBRUARY))["countries"]
    assert [(row["country"], row["gross"], row["returns"]) for row in countries] == [("Malta", "10.00", "0.00"), ("France", "0.00", "3.00")]
    assert (await admin.post(f"/customers/{anna}/merge", json={"from": solo})).status_code == 200
    rows = (await ask(admin, "customers", sort="net", **FEBRUARY))["customers"]
    assert [(row["name"], row["net"]) for row in rows] == [("Anna", "7.00")]
    assert (await admin.delete(f"/orders/{order}")).status_code == 200
    assert [row["country"] for row in (await ask(admin, "overview", **FEBRUARY))["countries"]] == ["France"]


@pytest.mark.parametrize(
    ("asked", "window"),
    [
        ({"from_": "2026-02-05"}, ("2026-02-05", "2026-02-11")),
        ({"to": "2026-02-05"}, ("2026-02-01", "2026-02-05")),
        ({"to": "2026-01-05"}, ("2026-01-04", "2026-01-05")),
        ({"from_": "2026-02-20"}, ("2026-02-20", "2026-03-21")),
        ({"from_": "2026-04-20"}, ("2026-04-20", "2026-04-21")),
    ],
)
async def test_a_window_with_an_open_end_reaches_what_there_is_or_today(
    shop: HistoricShop, admin: httpx.AsyncClient, asked: dict[str, str], window: tuple[str, str]
) -> None:
    await shop.sell("2026-02-01T10:00")
    await shop.sell("2026-02-10T10:00")
    found = await ask(admin, "sales", **asked)
    assert (found["from"], found["to"]) == window


async def test_buckets_count_each_buyer_once(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    found = await ask(admin, "sales", interval="month", from_="2026-01-01", to="2026-03-01")
    assert [(bucket["buyers"], bucket["new"], bucket["returning"], bucket["repeat"]) for bucket in found["series"]] == [
        (1, 1, 0, 0),
        (2, 1, 1, 1),
    ]
    assert (found["buyers"], found["repeat"]) == (2, 2)
    weeks = await ask(admin, "sales", interval="week", **FEBRUARY)
    assert [bucket["from"] for bucket in weeks["series"]] == ["2026-02-01", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"]
    assert [bucket["complete"] for bucket in weeks["series"]] == [False, True, True, True, False]
    assert [bucket["buyers"] for bucket in weeks["series"]] == [1, 0, 2, 0, 0]


async def test_filters_give_what_is_kept_and_name_what_is_not(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    spain = await ask(admin, "sales", country="Spain", **FEBRUARY)
    assert [spain[key] for key in ("gross", "orders", "buyers", "guestOrders")] == ["20.00", 2, 1, 1]
    assert spain["unavailable"] == ["new", "returning"]
    light = await ask(admin, "sales", category="Light", **FEBRUARY)
    assert [light[key] for key in ("gross", "returns", "net", "units")] == ["30.00", "10.00", "20.00", 3]
    assert {"orders", "aov", "buyers"} <= set(light["unavailable"])
    assert not {"orders", "aov", "buyers"} & set(light["series"][0])
    by_month = await ask(admin, "sales", category="Light", interval="month", from_="2026-01-10", to="2026-03-01")
    assert [bucket["gross"] for bucket in by_month["series"]] == ["20.00", "30.00"]
    assert (await ask(admin, "sales", country="Atlantis", **FEBRUARY))["gross"] == "0.00"


async def test_filters_together_are_as_exact_as_one_alone(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    anna = await shop.customer("Anna")
    await customers.update(SYSTEM, anna.id, {"source": "fair"})
    kitchen = await ask(admin, "sales", country="Spain", category="Kitchen", **FEBRUARY)
    assert [kitchen[key] for key in ("gross", "returns", "units")] == ["10.00", "0.00", 4]
    long = await ask(admin, "sales", country="France", category="Light", interval="month", from_="2026-01-01", to="2026-03-01")
    assert [(bucket["gross"], bucket["returns"]) for bucket in long["series"]] == [("20.00", "0.00"), ("20.00", "10.00")]
    fair = await ask(admin, "sales", source="fair", **FEBRUARY)
    assert [fair[key] for key in ("gross", "orders", "buyers", "repeat", "guestOrders", "new")] == ["25.00", 2, 1, 1, 0, 1]
    spain = await ask(admin, "sales", source="fair", country="Spain", **FEBRUARY)
    assert [spain[key] for key in ("gross", "orders", "buyers", "repeat")] == ["10.00", 1, 1, 0]
    assert spain["unavailable"] == ["new", "returning"]
    products = (await ask(admin, "products", country="Spain", **FEBRUARY))["products"]
    assert [(row["name"], row["gross"], row["share"]) for row in products] == [("Lamp", "10.00", 0.5), ("Mug", "10.00", 0.5)]
    found = (await ask(admin, "countries", category="Kitchen", **FEBRUARY))["countries"]
    assert [(row["country"], row["gross"], row["share"]) for row in found] == [("Spain", "10.00", 0.666667), ("France", "5.00", 0.333333)]
    found = (await ask(admin, "countries", source="fair", **FEBRUARY))["countries"]
    assert [(row["country"], row["gross"], row["buyers"]) for row in found] == [("France", "15.00", 1), ("Spain", "10.00", 1)]
    top = await ask(admin, "customers", country="France", **FEBRUARY)
    assert [(row["name"], row["gross"]) for row in top["customers"]] == [("Anna", "15.00"), ("Ben", "10.00")]
    assert [row["cohort"] for row in (await ask(admin, "cohorts", source="fair"))["cohorts"]] == ["2026-02"]
    overview = await ask(admin, "overview", country="Spain", **FEBRUARY)
    assert [(row["country"], row["share"]) for row in overview["countries"]] == [("Spain", 1.0)]


async def test_the_plan_is_that_of_the_account_with_the_customers_address(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    await add_person(Role.USER, email="anna@example.com", plan="Pro")
    pro = await ask(admin, "sales", plan="Pro", **FEBRUARY)
    assert [pro[key] for key in ("gross", "orders", "buyers", "repeat", "guestOrders", "new")] == ["25.00", 2, 1, 1, 0, 1]
    none = await ask(admin, "sales", plan="(none)", **FEBRUARY)
    assert (none["orders"], none["guestOrders"]) == (1, 0), "Ben has no account, and a guest is not asked for"
    assert (await ask(admin, "sales", plan="Enterprise", **FEBRUARY))["orders"] == 0
    spain = await ask(admin, "sales", plan="Pro", country="Spain", **FEBRUARY)
    assert [spain[key] for key in ("gross", "orders", "buyers", "repeat")] == ["10.00", 1, 1, 0]
    assert [row["name"] for row in (await ask(admin, "customers", plan="Pro", **FEBRUARY))["customers"]] == ["Anna"]
    found = (await ask(admin, "countries", plan="Pro", **FEBRUARY))["countries"]
    assert [(row["country"], row["gross"], row["buyers"]) for row in found] == [("France", "15.00", 1), ("Spain", "10.00", 1)]


async def test_who_may_not_see_accounts_is_told_no_plan(shop: HistoricShop) -> None:
    await fill(shop)
    who = await add_person(Role.ENTERPRISE)
    async with signed_in(who.email) as client:
        for path in ("analytics/sales", "analytics/customers", "orders", "orders/stats/worth", "orders/export", "customers"):
            refused(await client.get(f"/{path}?plan=Pro"), 403, "forbidden")
    assert await analytics.values(who, "plan") == []
    assert await analytics.values(await add_person(Role.MODERATOR), "plan") == ["Free", "Pro", "Enterprise"]


async def test_what_is_not_set_can_be_asked_for(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    await shop.sell("2026-02-20T10:00", "Anna", ("Bag", 1, "7"), country="")
    assert (await ask(admin, "sales", country="(none)", **FEBRUARY))["gross"] == "7.00"
    assert (await ask(admin, "sales", category="(none)", **FEBRUARY))["gross"] == "7.00"
    assert (await ask(admin, "sales", country="(none)", category="(none)", **FEBRUARY))["gross"] == "7.00"
    assert (await ask(admin, "sales", source="(none)", **FEBRUARY))["orders"] == 4, "guests have no source, and are not asked for"


async def test_a_sample_makes_no_buyer(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-01-20T10:00", "Anna", ("Lamp", 1, "0"))
    await shop.sell("2026-02-20T10:00", "Anna", ("Lamp", 1, "10"))
    assert [
        (await ask(admin, "sales", from_=first, to=end))["new"] for first, end in (("2026-01-01", "2026-02-01"), FEBRUARY.values())
    ] == [0, 1]
    assert [row["cohort"] for row in (await ask(admin, "cohorts"))["cohorts"]] == ["2026-02"]


async def test_days_that_are_not_over_are_left_out_of_changes(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    """Today is the 20th of March: its sales are shown, and compared they are once the day is over."""
    await shop.sell("2026-03-19T10:00", "Anna", ("Lamp", 1, "10"))
    await shop.sell("2026-03-20T10:00", "Anna", ("Lamp", 5, "10"))
    await shop.sell("2026-02-01T10:00", "Anna", ("Lamp", 1, "10"))
    await shop.sell("2026-02-25T10:00", "Anna", ("Lamp", 8, "10"))
    found = await ask(admin, "sales", from_="2026-03-01", to="2026-04-01", interval="day")
    assert found["gross"] == "60.00"
    assert (found["changes"]["from"], found["changes"]["to"]) == ("2026-03-01", "2026-03-20")
    assert found["changes"]["against"] == {"from": "2026-01-29", "to": "2026-02-17"}
    assert found["changes"]["of"]["gross"] == {"ratio": 0.0, "isNew": False}
    assert "gross" not in found["changes"]["ofToday"], "some of it is of days that are over"
    assert [bucket["complete"] for bucket in found["series"]] == [True] * 19 + [False] * 12


async def test_what_is_all_of_today_is_named(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-03-20T10:00", "Anna", ("Lamp", 5, "10"))
    changes = (await ask(admin, "sales", from_="2026-03-01", to="2026-04-01"))["changes"]
    assert changes["of"]["gross"] == {"ratio": 0.0, "isNew": False}, "nothing before today, and nothing before that"
    assert {"gross", "orders", "aov", "buyers", "new"} <= set(changes["ofToday"])
    assert "returns" not in changes["ofToday"], "there are none"


@pytest.mark.parametrize("zone", ["Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"])
async def test_days_are_those_of_the_shop_also_when_clocks_change(runtime: Runtime, zone: str) -> None:
    shop = await HistoricShop(zone).open()
    # London: 29 March 2020 has 23 hours, 25 October 25. São Paulo: midnight of 4 November 2018 did not exist. Apia has no 30 December 2011.
    days = [date(2020, 3, 29), date(2020, 10, 25), date(2018, 11, 4), date(2011, 12, 31)]
    for day in days:
        await shop.sell(f"{day}T01:30", "Anna")
        await shop.sell(f"{day}T23:59", "Ben")
    who = await add_person(Role.ADMIN)
    async with signed_in(who.email) as client:
        for day in days:
            after = day + timedelta(days=1)
            found = await ask(client, "sales", from_=day, to=after)
            assert (found["orders"], found["buyers"], len(found["series"])) == (2, 2, 1)
            assert (await ask(client, "sales", from_=after, to=after + timedelta(days=20)))["orders"] == 0


async def test_ten_years_by_day_are_shown_by_week_and_say_so(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2016-05-05T10:00", "Anna")
    found = await ask(admin, "sales", from_="2016-01-01", to="2026-01-01", interval="day")
    assert (found["interval"], found["downsampled"], found["gross"], found["orders"]) == ("week", True, "10.00", 1)
    assert len(found["series"]) == 523
    found = await ask(admin, "sales", from_="1970-01-01", to="2200-01-01", interval="day")
    assert (found["interval"], found["orders"]) == ("quarter", 1)


# Shapes of a shop -------------------------------------------------------------------------------------------------------


async def test_a_shop_without_orders_has_an_answer(admin: httpx.AsyncClient) -> None:
    for name in NAMES:
        for window in ({}, FEBRUARY):
            found = await ask(admin, name, **window)
            assert found.get("gross", "0.00") == "0.00", name
            assert found.get("aov") is None, name
            file = await admin.get(f"/analytics/{name}", params={"format": "csv"})
            assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8"), name


async def test_a_shop_with_one_order_has_an_answer(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-03-01T10:00", "Anna")
    for name in NAMES:
        await ask(admin, name)
        await ask(admin, name, from_="2026-03-01", to="2026-03-02")


async def test_a_shop_that_only_took_back(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-02-05T10:00", "Anna", ("Lamp", -2, "10"))
    found = await ask(admin, "sales", **FEBRUARY)
    assert [found[key] for key in ("gross", "returns", "net", "orders", "aov", "buyers", "repeatRate")] == [
        "0.00", "20.00", "-20.00", 0, None, 0, None,
    ]  # fmt: skip
    assert (await ask(admin, "cohorts"))["cohorts"] == []
    assert (await ask(admin, "customers", **FEBRUARY))["clv"] is None
    products = (await ask(admin, "products", sort="returns", **FEBRUARY))["products"]
    assert [(row["returns"], row["share"]) for row in products] == [("20.00", 1.0)]


async def test_a_customer_of_two_countries_buys_in_both_and_counts_once(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    rows = {row["country"]: row for row in (await ask(admin, "countries", **FEBRUARY))["countries"]}
    assert {name: (row["gross"], row["orders"], row["buyers"]) for name, row in rows.items()} == {
        "France": ("25.00", 2, 2),
        "Spain": ("20.00", 2, 1),
    }
    assert (await ask(admin, "customers", **FEBRUARY))["buyers"] == 2


# Rankings ---------------------------------------------------------------------------------------------------------------


async def test_products_and_categories_by_any_metric(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    found = await ask(admin, "products", **FEBRUARY)
    assert [(row["name"], row["gross"], row["orders"], row["share"]) for row in found["products"]] == [
        ("Lamp", "30.00", 3, 0.666667),
        ("Mug", "15.00", 2, 0.333333),
    ]
    assert [(row["category"], row["net"], row["units"]) for row in found["categories"]] == [("Light", "20.00", 3), ("Kitchen", "15.00", 6)]
    assert [row["name"] for row in (await ask(admin, "products", sort="units", limit=1, **FEBRUARY))["products"]] == ["Mug"]
    only = await ask(admin, "products", category="Kitchen", **FEBRUARY)
    assert [(row["name"], row["share"]) for row in only["products"]] == [("Mug", 1.0)]
    # From the middle of one month to the middle of another: days, a whole month, days.
    long = await ask(admin, "products", from_="2026-01-10", to="2026-03-10")
    assert [row["gross"] for row in long["products"]] == ["50.00", "15.00"]


async def test_customers_with_their_lifetime_value(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    found = await ask(admin, "customers", sort="orders", **FEBRUARY)
    assert [(row["name"], row["orders"], row["net"]) for row in found["customers"][:2]] == [("Anna", 2, "25.00"), ("Ben", 1, "0.00")]
    assert found["clv"] == "22.50", "Anna brought 25, Ben 20 in January, and 10 less 10 in February"
    assert found["customers"][0]["firstOrderAt"] == "2026-02-01T00:00:00.000Z"


async def test_retention_by_first_month(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    for month, buyers in (("2025-12", "abcd"), ("2026-01", "abef"), ("2026-02", "ae"), ("2026-03", "ag")):
        for buyer in buyers:
            await shop.sell(f"{month}-05T10:00", buyer)
    gone = await shop.sell("2026-01-07T10:00", "h", status="pending")
    await orders.update(SYSTEM, gone, {"status": "cancelled"})
    rows = (await ask(admin, "cohorts"))["cohorts"]
    assert [(row["cohort"], row["counts"]) for row in rows] == [
        ("2025-12", [4, 2, 1, 1]),
        ("2026-01", [2, 1, 0]),
        ("2026-03", [1]),
    ]
    assert rows[0]["rates"] == [1.0, 0.5, 0.25, 0.25]
    assert [row["complete"] for row in rows] == [False] * 3, "March is not over"
    some = (await ask(admin, "cohorts", months=1, from_="2025-12-01", to="2026-02-01"))["cohorts"]
    assert [(row["cohort"], row["counts"], row["complete"]) for row in some] == [("2025-12", [4, 2], True), ("2026-01", [2], True)]
    lines = list(csv.DictReader(io.StringIO((await admin.get("/analytics/cohorts", params={"format": "csv"})).text)))
    assert lines[1] == {"cohort": "2025-12", "k": "1", "buyers": "2", "rate": "0.5", "complete": "true"}
    assert [line["complete"] for line in lines if line["cohort"] == "2025-12"] == ["true"] * 3 + ["false"], "as other buckets say it"


async def test_stock_lasts_as_long_as_its_pace_says(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.product("Lamp", "10", cost="4", category="Light", inventory={"stock": 20, "lowStockThreshold": 30})
    await shop.product("Mug", "2.5", inventory={"stock": 6})
    await shop.product("Card", "1", inventory={"stock": 6, "trackInventory": False})
    await shop.sell("2026-03-10T10:00", "Anna", ("Lamp", 15, "10"))
    await shop.sell("2026-01-10T10:00", "Anna", ("Mug", 15, "2.5"))
    found = await ask(admin, "inventory")
    assert [(row["name"], row["averageDailyUnits"], row["daysOfCover"], row["low"]) for row in found["products"]] == [
        ("Lamp", 0.5, 40.0, True),
        ("Mug", 0.0, None, False),
    ]
    assert found["summary"] == {
        "products": 2,
        "low": 1,
        "out": 0,
        "units": 26,
        "valueAtPrice": "215.00",
        "valueAtCost": "80.00",
        "productsWithoutCost": 1,
    }
    assert [row["name"] for row in (await ask(admin, "inventory", category="Light"))["products"]] == ["Lamp"]
    assert [row["name"] for row in (await ask(admin, "inventory", category="(none)"))["products"]] == ["Mug"]


async def test_stock_that_is_worth_more_than_64_bits_hold(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    for name in ("Palace", "Castle"):
        await shop.product(name, "99999999999", cost="99999999999", inventory={"stock": 1_000_000_000})
    summary = (await ask(admin, "inventory"))["summary"]
    assert float(summary["valueAtPrice"]) == float(summary["valueAtCost"]) == pytest.approx(2 * 99_999_999_999e9)
    assert float((await ask(admin, "ageing"))["valueAtCost"]) == pytest.approx(2 * 99_999_999_999e9)


async def test_what_is_out_stands_apart_and_says_since_when(
    shop: HistoricShop, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(day: str) -> None:
        moment = datetime.fromisoformat(f"{day}T23:30:00Z")
        monkeypatch.setattr(clock, "now", lambda: moment)

    at("2026-01-01")
    for name, pieces in (("Slow", 90), ("Fast", 3), ("Missed", 4), ("Forgotten", 2), ("Never", 0), ("Back", 1)):
        await shop.product(name, "1", inventory={"stock": pieces, "allowBackorders": True})
    for day, name, delta in (
        *(("2026-01-20", "Forgotten", -2), ("2026-02-01", "Missed", -4), ("2026-02-02", "Missed", 5), ("2026-03-01", "Back", -1)),
        *(("2026-03-02", "Missed", -5), ("2026-03-03", "Back", 2)),
    ):
        at(day)
        await products.adjust(SYSTEM, shop.products[name].id, {"delta": delta, "reason": "correction"})
    at("2026-03-05")
    await products.take(SYSTEM, {shop.products["Missed"].id: 1}, order_id="o")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    for name, pieces in (("Slow", 3), ("Fast", 3), ("Missed", 30)):
        await shop.sell("2026-03-10T10:00", "Anna", (name, pieces, "1"))
    found = await ask(admin, "inventory")
    assert [(row["name"], row["daysOfCover"], row["outSince"]) for row in found["products"]] == [
        ("Fast", 30.0, None),
        ("Slow", 900.0, None),
        ("Back", None, None),
    ]
    assert [(row["name"], row["stock"], row["outSince"]) for row in found["out"]] == [
        ("Missed", -1, "2026-03-02"),
        ("Forgotten", 0, "2026-01-20"),
        ("Never", 0, None),
    ]
    assert found["summary"]["out"] == 3
    wide = await admin.get("/analytics/inventory", params={"limit": "101"})
    assert (wide.status_code, wide.json()["error"]["fields"]["limit"][:29]) == (422, "Enter a number from 1 to 100;")
    whole = await admin.get("/analytics/inventory", params={"format": "csv", "limit": "10000"})
    assert (whole.status_code, whole.headers["content-disposition"]) == (200, 'attachment; filename="inventory.csv"')
    file = (await admin.get("/analytics/inventory", params={"format": "csv", "limit": "2"})).text.splitlines()
    assert [line.split(",")[1] for line in file[1:]] == ["Missed", "Forgotten", "Fast", "Slow"]
    assert file[1].endswith(",2026-03-02")


# Outlook ----------------------------------------------------------------------------------------------------------------


async def test_a_weekly_rhythm_is_forecast_and_its_ranges_are_measured(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    for number in range(140):
        day = datetime.fromordinal(NOW.toordinal() - 140 + number)
        pieces = 1 + 3 * (day.weekday() == 4) + number % 3
        await shop.sell(f"{day:%Y-%m-%d}T10:00", "Anna", ("Lamp", pieces, "10"))
    found = await ask(admin, "forecast", metric="units", horizon=14)
    assert len(found["series"]) == 14
    assert found["series"][0]["from"] == "2026-03-20", "today is not over, so it is still to come"
    fridays = [row for row in found["series"] if datetime.fromisoformat(row["from"]).weekday() == 4]
    others = [row for row in found["series"] if row not in fridays]
    assert min(row["value"] for row in fridays) > max(row["value"] for row in others)
    assert all(row["low"] <= row["value"] <= row["high"] for row in found["series"])
    assert found["backtest"]["tested"] > 100
    assert 0.6 < found["backtest"]["coverage"] <= 1
    assert found["backtest"]["meanAbsoluteError"] <= found["backtest"]["naiveMeanAbsoluteError"]
    weeks = await ask(admin, "forecast", interval="week", horizon=3)
    assert [row["from"] for row in weeks["series"]] == ["2026-03-16", "2026-03-23", "2026-03-30"]


async def test_one_order_far_out_of_line_is_left_out_of_what_a_forecast_learns_from(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    for number in range(99):
        day = datetime.fromordinal(NOW.toordinal() - 100 + number)
        await shop.sell(f"{day:%Y-%m-%d}T10:00", "Anna", ("Lamp", 10 + number % 4, "10"))
    usual = await ask(admin, "forecast")
    assert usual["leftOut"] == [{"from": "2026-03-19", "to": "2026-03-20", "value": "0.00", "expected": "115.00"}], "nothing sold"
    await shop.sell("2026-03-19T09:15", "Ben", ("Lamp", 80_000, "2"))
    await shop.sell("2026-03-19T09:27", "Ben", ("Lamp", -80_000, "2"))
    found = await ask(admin, "forecast")
    assert found["leftOut"] == [{"from": "2026-03-19", "to": "2026-03-20", "value": "160000.00", "expected": "115.00"}]
    assert found["history"][-1]["value"] == "160000.00", "what was is shown as it was"
    assert [row["value"] for row in found["series"]] == [row["value"] for row in usual["series"]]
    weeks = await ask(admin, "forecast", interval="week")
    assert all(float(row["value"]) < 1_000 for row in weeks["series"])


async def test_a_short_past_is_not_continued(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.sell("2026-03-18T10:00", "Anna")
    found = await ask(admin, "forecast")
    assert found["series"] == []
    assert found["reason"].startswith("There is too little past")


async def test_a_day_out_of_line_is_found_against_its_own_weekday(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    for number in range(70):
        day = datetime.fromordinal(NOW.toordinal() - 70 + number)
        weekend = day.weekday() >= 5
        pieces = (20 if weekend else 4 + number % 3) + (15 if f"{day:%m-%d}" == "03-11" else 0)
        await shop.sell(f"{day:%Y-%m-%d}T10:00", "Anna", ("Lamp", pieces, "10"))
    found = await ask(admin, "anomalies", metric="units", from_="2026-03-01", to="2026-04-01")
    assert found["judged"] == 19
    assert [(row["from"], row["value"] - row["expected"] > 10) for row in found["anomalies"]] == [("2026-03-11", True)]
    assert found["anomalies"][0]["drill"] == "/orders?figure=sales&from=2026-03-11&to=2026-03-12"


# Refusals ---------------------------------------------------------------------------------------------------------------


async def test_what_makes_no_sense_is_refused(admin: httpx.AsyncClient) -> None:
    for query, field in (
        ("from=2026-03-02&to=2026-03-01", "to"),
        ("from=2026-03-01&to=2026-03-01", "to"),
        ("from=2026-3-1", "from"),
        ("from=0001-01-01", "from"),
        ("interval=hour", "interval"),
        ("compare=never", "compare"),
        ("currency=gbp", "currency"),
        ("colour=red", "colour"),
        ("format=pdf", "format"),
    ):
        for name in NAMES:
            error = refused(await admin.get(f"/analytics/{name}?{query}"), 422, "invalid")
            assert list(error["fields"]) == [field], (name, query)


async def test_what_an_answer_does_not_take_is_refused(admin: httpx.AsyncClient) -> None:
    for path, field in (
        ("products?sort=luck", "sort"),
        ("products?limit=0", "limit"),
        ("products?limit=101", "limit"),
        ("cohorts?months=37", "months"),
        ("forecast?metric=buyers", "metric"),
        ("forecast?interval=month", "interval"),
        ("sales?source=fair&category=Light", "source"),
        ("cohorts?country=France", "country"),
        ("products?source=fair", "source"),
        ("sales?plan=Gold", "plan"),
        ("sales?plan=Pro&category=Light", "plan"),
        ("sales?sort=gross", "sort"),
        ("metrics?x=1", "x"),
    ):
        assert list(refused(await admin.get(f"/analytics/{path}"), 422, "invalid")["fields"]) == [field], path


async def test_a_user_sees_their_own_figures_and_none_of_the_shop(shop: HistoricShop) -> None:
    who = await add_person(Role.USER)
    await fill(shop)
    await shop.sell("2026-02-20T10:00", "Anna", ("Mug", 2, "2.5"), owner=who.id)
    async with signed_in(who.email) as client:
        mine = await ask(client, "sales", **FEBRUARY)
        assert (mine["gross"], mine["orders"], mine["previous"]["gross"]) == ("5.00", 1, "0.00")
        assert {"buyers", "new"} <= set(mine["unavailable"])
        assert "states" not in mine
        assert [row["name"] for row in (await ask(client, "products", **FEBRUARY))["products"]] == ["Mug"]
        assert [row["gross"] for row in (await ask(client, "countries", **FEBRUARY))["countries"]] == ["5.00"]
        assert (await ask(client, "sales", country="Spain", **FEBRUARY))["gross"] == "0.00"
        for name in ("customers", "cohorts", "inventory", "forecast", "anomalies"):
            refused(await client.get(f"/analytics/{name}"), 403, "forbidden")


# Files and the dictionary -----------------------------------------------------------------------------------------------


async def test_a_file_holds_the_rows_of_the_answer(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await fill(shop)
    await shop.sell("2026-02-20T10:00", "Anna", country="=1+1")
    answer = await ask(admin, "sales", interval="week", **FEBRUARY)
    file = await admin.get("/analytics/sales", params={"from": "2026-02-01", "to": "2026-03-01", "interval": "week", "format": "csv"})
    assert file.headers["content-disposition"] == 'attachment; filename="sales-2026-02-01-2026-02-28.csv"'
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [row["gross"] for row in rows] == [bucket["gross"] for bucket in answer["series"]]
    assert [row["complete"] for row in rows] == ["false", "true", "true", "true", "false"]
    before = answer["previous"]["series"]
    assert [(row["previousFrom"], row["previousTo"], row["previousGross"], row["previousUnits"]) for row in rows] == [
        (bucket["from"], bucket["to"], bucket["gross"], str(bucket["units"])) for bucket in before
    ]
    assert file.text.splitlines()[0].index("complete") < file.text.splitlines()[0].index("previousFrom"), "what was there keeps its place"
    alone = await admin.get("/analytics/sales", params={"from": "2026-02-01", "to": "2026-03-01", "compare": "none", "format": "csv"})
    assert "previous" not in alone.text
    countries = await admin.get("/analytics/countries", params={"format": "csv"})
    assert "'=1+1" in countries.text, "no spreadsheet takes it for a formula"
    await shop.sell("2026-02-21T10:00", "", ("Lamp", 1, "999999"), ("Tiny", 1, "7"))
    products = await admin.get("/analytics/products", params={"format": "csv"})
    tiny = next(row for row in csv.DictReader(io.StringIO(products.text)) if row["name"] == "Tiny")
    assert tiny["share"] == "0.000007", "digits, and no exponent"


async def test_the_dictionary_is_the_table_of_metrics(admin: httpx.AsyncClient) -> None:
    found = data_of(await admin.get("/analytics/metrics"))["metrics"]
    assert [(one["key"], one["formula"]) for one in found] == [(metric.key, metric.formula) for metric in METRICS]
    assert found[0]["drill"] == "/orders?figure=sales&from={from}&to={to}"


async def test_the_names_of_customers_leave_as_in_any_other_export(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    await shop.product("Mug")
    await shop.sell("2026-03-01T10:00", "Anna", ("Mug", 1, "2"))
    path = "/analytics/customers?format=csv"
    moderator = await add_person(Role.MODERATOR)
    async with signed_in(moderator.email, PASSWORD) as client:
        data_of(await client.get("/analytics/customers"))
        refused(await client.get(path), 403, "forbidden")
    exported = text("SELECT count(*) FROM audit_log WHERE event = 'customers.exported'")
    assert await current().database.value(exported) == 0
    file = await admin.get(path)
    assert (file.status_code, "Anna" in file.text) == (200, True)
    assert await current().database.value(exported) == 1
    async with unit():
        await current().database.execute(update(sessions.table).values(proven_at=clock.now() - timedelta(minutes=6)))
    refused(await admin.get(path), 403, "auth.step_up_required")
    assert await current().database.value(exported) == 1
