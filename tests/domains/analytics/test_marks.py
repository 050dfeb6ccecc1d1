"""Every mark of every chart is what the list that it opens comes to, in a shop with all that makes that hard."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mewayz.backend import clock
from mewayz.backend.access import SYSTEM
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.analytics.metrics import BY_ROW, METRICS
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.model import orders_collection
from mewayz.domains.products.model import products_collection
from tests.domains.analytics.shops import HistoricShop
from tests.domains.orders.figures import discount_of
from tests.domains.people import PASSWORD, add_person, data_of, signed_in

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
OF_GOODS = {"sold", "soldCategory"}
AMOUNTS = ("gross", "returns", "discounts", "net")
FILTERS: list[dict[str, str]] = [
    {},
    {"country": "France"},
    {"country": "(none)"},
    {"category": "Light > Desk & floor"},
    {"category": "(none)", "country": "France"},
    {"source": "fair"},
    {"source": "fair", "country": "Côte d'Ivoire"},
    {"plan": "Pro"},
    {"plan": "(none)", "country": "France"},
    {"plan": "Pro", "source": "fair"},
]


@pytest.fixture
async def shop(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> HistoricShop:
    """Guests, returns, samples, allowances, cancelled orders, odd names, a night in which the clocks change."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    shop = await HistoricShop().open()
    await shop.product("Lamp", category="Light > Desk & floor", inventory={"stock": 20, "lowStockThreshold": 30})
    await shop.product("Mug", "2.5", category="Kitchen", inventory={"allowBackorders": True})
    await shop.product("Bag & Co", "7")
    await shop.customer("Anna")
    await customers.update(SYSTEM, shop.customers["Anna"].id, {"source": "fair"})
    await add_person(Role.USER, email="anna@example.com", plan="Pro")
    await shop.sell("2026-01-02T10:00", "Anna", ("Lamp", 1, "0"))  # a sample
    await shop.sell("2026-01-15T10:00", "Ben", ("Lamp", 2, "10"), ("Mug", 1, "0"))
    await shop.sell("2026-01-31T23:59", "Anna", ("Lamp", 1, "9.9999"), ("Mug", 3, "2.5"))
    await shop.sell("2026-02-01T00:00", "Anna", ("Mug", 4, "2.5"), country="Côte d'Ivoire")
    await shop.sell("2026-02-10T12:00", "", ("Bag & Co", 2, "7"), ("Lamp", 1, "-3"), country="")
    await shop.sell("2026-02-11T12:00", "Ben", ("Lamp", -1, "10"), ("Bag & Co", -1, "0"))
    await shop.sell("2026-02-12T12:00", "Cara", ("Lamp", 9, "10"), status="cancelled")
    await shop.sell("2026-02-13T12:00", "Cara", ("Bag & Co", 1, "7"), status="pending")
    await shop.sell("2026-03-29T01:30", "Cara", ("Mug", 1, "2.5"))
    await shop.sell("2026-03-10T10:00", "Ben", ("Lamp", 30, "10"), ("Bag & Co", 1, "7"))
    await shop.sell("2026-03-11T10:00", "", ("Mug", 5, "0"))
    await shop.sell("2026-03-12T10:00", "Anna", ("Mug", 3, "2.5"), ("Lamp", 1, "10"), discount="1.7501")
    await shop.sell("2026-03-13T10:00", "Anna", ("Lamp", -1, "10"), discount="-1.0001")
    # Free in one order, free of charge and paid for in another, and taken back for nothing.
    await shop.sell("2026-03-14T10:00", "Ben", ("Lamp", 1, "10"), ("Bag & Co", 2, "0"), ("Pen", 1, "0"), discount="1")
    await shop.sell("2026-03-15T10:00", "Cara", ("Mug", 1, "0"), ("Mug", 2, "2.5"), ("Bag & Co", 1, "-1"))
    await shop.sell("2026-03-16T10:00", "Ben", ("Lamp", -1, "10"), ("Mug", -1, "0"), discount="-0.5")
    return shop


@pytest.fixture
async def admin(shop: HistoricShop) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser."""
    who = await add_person(Role.ADMIN)
    async with signed_in(who.email, PASSWORD) as client:
        yield client


class Lists:
    """The lists that marks open, added up by the API, and once more from the lines of what they show."""

    def __init__(self, client: httpx.AsyncClient, *, own: bool = False) -> None:
        self.client = client
        self.own = own  # read from the lines, where others are answered from what is kept
        self.seen: dict[str, Any] = {}

    async def comes_to(self, drill: str, key: str) -> Any:
        way = urlsplit(drill)
        query = dict(parse_qsl(way.query))
        if way.path == "/customers":
            return data_of(await self.client.get("/customers", params=query))["pagination"]["totalItems"]
        assert way.path == "/orders", drill
        if drill not in self.seen:
            worth = data_of(await self.client.get("/orders/stats/worth", params=query))["worth"]
            listed = data_of(await self.client.get("/orders", params={**query, "limit": "100"}))
            assert worth["items"] == listed["pagination"]["totalItems"] == len(listed["orders"])
            by_hand = await added_up([row["id"] for row in listed["orders"]], query)
            if query.get("figure") in ("sales", "guests"):
                assert worth["items"] == worth["orders"] == by_hand["orders"], drill
            apart = {"sales": {"discounts", "net"}, "returns": {"discounts", "net"}, "discounts": {"gross", "returns", "net"}}
            # What the sums do not keep apart is not told.
            untold = apart.get(query.get("figure", ""), set()) if not self.own and query.keys() & OF_GOODS else set[str]()
            for name in (*AMOUNTS, "buyers"):
                assert worth[name] == (None if name in untold else by_hand[name]), (drill, name)
            self.seen[drill] = {**by_hand, "items": worth["items"]}
        return self.seen[drill][{"new": "buyers", "returning": "buyers", "guestOrders": "orders"}.get(key, key)]


async def added_up(ids: list[str], query: dict[str, str]) -> dict[str, Any]:
    """What orders come to by their lines; of a product or category only those that are of it. Each must come to something."""
    known = {one.id: one for one in await products_collection.find_all()}
    product = query.get("sold")
    category = {"(none)": ""}.get(query.get("soldCategory", ""), query.get("soldCategory"))
    gross = returns = discounts = Decimal(0)
    units = 0
    buyers = Counter[str]()
    sales = 0

    def wanted(key: str | None) -> bool:
        return product in (None, key) and (category is None or (key is not None and known[key].category == category))

    for order in (await orders_collection.find_ids(ids)).values():
        if order.status == "cancelled":
            continue
        lines = [one for one in order.lines if wanted(one["productId"]) and Decimal(one["unitPrice"]) > 0]
        lines = [one for one in lines if (one["quantity"] > 0) == (order.kind == "sale")]
        amount = sum((one["quantity"] * Decimal(one["unitPrice"]) for one in lines), Decimal(0))
        narrowed = product is not None or category is not None
        keys = {one["productId"] for one in order.lines if wanted(one["productId"])} if narrowed else {None}
        less = sum((Decimal(discount_of(order, key)) / 10_000 for key in keys), Decimal(0))
        assert amount or less, f"the entry {order.number} counts for nothing in {query}"
        discounts += less
        if order.kind == "return":
            returns -= amount
        elif amount:
            gross, sales = gross + amount, sales + 1
            units += sum(one["quantity"] for one in lines)
            buyers.update([order.customer_id] if order.customer_id else [])
    amounts = {"gross": gross, "returns": returns, "discounts": discounts, "net": gross - returns - discounts}
    average = (gross / sales).quantize(Decimal("0.01"), ROUND_HALF_EVEN) if sales else None
    repeat = sum(1 for count in buyers.values() if count > 1)
    people = {"buyers": len(buyers), "repeat": repeat, "repeatRate": round(repeat / len(buyers), 6) if buyers else None}
    told = {key: wire(amount) for key, amount in amounts.items()} | people
    return {**told, "orders": sales, "units": units, "aov": None if average is None else wire(average)}


def wire(amount: Decimal) -> str:
    text = f"{amount:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")


async def ask(client: httpx.AsyncClient, name: str, **params: Any) -> dict[str, Any]:
    return data_of(await client.get(f"/analytics/{name}", params=params))


# The shop is made once for all questions of a test: they only read.
async def test_every_bucket_of_every_metric(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    lists = Lists(admin)
    for filters in FILTERS:
        marks = 0
        found = await ask(admin, "sales", interval="month", compare="none", **{"from": "2025-12-15", "to": "2026-04-01"}, **filters)
        for key in (one.key for one in METRICS if one.list_):
            for bucket in found["series"]:
                if key not in bucket:
                    assert key in found["unavailable"], (filters, key)
                    continue
                drill = found["drills"][key].replace("{from}", bucket["from"]).replace("{to}", bucket["to"])
                assert await lists.comes_to(drill, key) == bucket[key], (filters, key, bucket["from"], drill)
                marks += bool(bucket[key] not in (0, "0.00"))
        assert marks, f"something was compared with {filters}"


@pytest.mark.parametrize("sort", BY_ROW)
async def test_every_bar(shop: HistoricShop, admin: httpx.AsyncClient, sort: str) -> None:
    lists = Lists(admin)
    window = {"from": "2026-01-01", "to": "2026-03-21", "sort": sort}
    for filters in FILTERS:
        asked: list[tuple[str, str]] = []
        if not filters.keys() & {"source", "plan"}:
            asked += [("products", "products"), ("products", "categories")]
        if "category" not in filters:
            asked.append(("customers", "customers"))
        if "country" not in filters:
            asked.append(("countries", "countries"))
        for name, rows in asked:
            found = (await ask(admin, name, **window, **filters))[rows]
            assert found or filters, (name, rows)
            for row in found:
                key = "gross" if rows == "categories" and sort == "orders" else sort
                for one in {key, *(("orders", "aov") if key in ("gross", "orders", "units") else ())} & row.keys():
                    assert await lists.comes_to(row["drill"], one) == row[one], (filters, rows, row)


@pytest.mark.parametrize("filters", [{}, {"source": "fair"}, {"plan": "Pro"}], ids=str)
async def test_every_cell_of_the_cohorts(shop: HistoricShop, admin: httpx.AsyncClient, filters: dict[str, str]) -> None:
    lists = Lists(admin)
    rows = (await ask(admin, "cohorts", **filters))["cohorts"]
    assert [row["cohort"] for row in rows] == (["2026-01"] if filters else ["2026-01", "2026-02"])
    for row in rows:
        assert await lists.comes_to(row["drill"], "new") == row["size"]
        for drill, count in zip(row["drills"], row["counts"], strict=True):
            assert await lists.comes_to(drill, "buyers") == count, (row["cohort"], drill)


async def test_every_state_and_every_day_out_of_line(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    lists = Lists(admin)
    found = await ask(admin, "sales", **{"from": "2026-02-01", "to": "2026-03-01"})
    assert sum(state["orders"] for state in found["states"]) == 4
    for state in found["states"]:
        assert await lists.comes_to(state["drill"], "items") == state["orders"]
    for day in range(1, 29):
        await shop.sell(f"2026-02-{day:02d}T10:00", "Ben", ("Mug", 2 + day % 2, "2.5"))
    odd = await ask(admin, "anomalies", **{"from": "2026-03-01", "to": "2026-03-21"})
    assert odd["anomalies"]
    for row in odd["anomalies"]:
        assert await lists.comes_to(row["drill"], "gross") == row["value"]
    history = await ask(admin, "forecast")
    for row in history["history"]:
        drill = history["drill"].replace("{from}", row["from"]).replace("{to}", row["to"])
        assert await lists.comes_to(drill, "gross") == row["value"]


async def test_stock_marks(shop: HistoricShop, admin: httpx.AsyncClient) -> None:
    found = await ask(admin, "inventory")
    for key in ("products", "low", "out"):
        query = dict(parse_qsl(urlsplit(found["drills"][key]).query))
        listed = data_of(await admin.get("/products", params=query))
        assert listed["pagination"]["totalItems"] == found["summary"][key], key


async def test_ones_own_marks(shop: HistoricShop) -> None:
    who = await add_person(Role.USER)
    await shop.sell("2026-02-20T10:00", "Anna", ("Mug", 2, "2.5"), ("Lamp", 1, "10"), owner=who.id)
    async with signed_in(who.email) as client:
        window = {"from": "2026-02-01", "to": "2026-03-01"}
        rows = (await ask(client, "products", **window))["products"]
        assert [row["name"] for row in rows] == ["Lamp", "Mug"]
        for row in rows:
            for key in ("gross", "orders"):
                assert await Lists(client, own=True).comes_to(row["drill"], key) == row[key]
