"""Whatever is asked of a list: the rows on the page are those of the REST answer, and those of the CSV file."""

import csv
import io
import random
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from mewayz.backend import runtime as runtimes
from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.filters import Choice, Equals, Filter, Member, Named, Tree
from mewayz.backend.grants import Role
from mewayz.backend.imported import Imported
from mewayz.backend.listing import ListSpec
from mewayz.backend.picked import Picked
from mewayz.backend.ranges import Bound, Moment, Whole
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.service import auth
from mewayz.domains.customers.service import customers
from mewayz.domains.customers.state import CustomerTable
from mewayz.domains.orders.state import OrderTable
from mewayz.domains.products.state import ProductTable
from mewayz.domains.users.state import UserTable
from mewayz.ui.table_news import ROWS
from mewayz.ui.table_state import TableState
from tests.domains.analytics.shops import HistoricShop
from tests.domains.people import add_person, data_of, signed_in
from tests.tabs import opened

QUESTIONS = 50  # about each noun on each engine, others on the one than on the other
TABLES: Mapping[str, Any] = {"users": UserTable, "products": ProductTable, "orders": OrderTable, "customers": CustomerTable}
WORDS = ("cup", "Cup", "50%", "under_score", "tee", "naïve", "O'Neil", "lamp", "a", "nothing has this")
DAYS = ("2011-11-30", "2011-12-01", "2011-12-05", "2011-12-05T12:00:00Z", "2012-01-01")


@pytest.fixture(autouse=True)
def sessions_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "identity", [auth.identify])


async def fill() -> Actor:
    """A shop whose rows share much, have gaps, and hold what is special in SQL, in CSV and in addresses."""
    shop = await HistoricShop().open()
    who = await add_person()
    for number, role in enumerate(list(Role) * 9):
        await add_person(role, name=f"Naïve {number} O'Neil", email=f"{role}{number}@example.com", plan=("free", "enterprise")[number % 2])
    for number in range(60):
        await shop.product(
            f"{WORDS[number % 8]}, {number // 8}",
            f"{number % 7}.50",
            sku=f"S-{number}",
            status=("draft", "published", "archived")[number % 3],
            category=("", "Home", "Home > Kitchen", "Toys & Games")[number % 4],
            tags=[["red"], ["a b", "50%"], []][number % 3],
            inventory={"stock": number % 5, "lowStockThreshold": 2},
        )
    for number in range(23):
        for word in WORDS:
            name = f"{word} {number}"
            shop.customers[name] = await customers.create(SYSTEM, {"name": name, "email": f"{number}.{WORDS.index(word)}@example.com"})
    for number in range(70):
        name = f"{WORDS[number % 8]} {number % 23}"
        country = ("France", "United Kingdom", "Côte d'Ivoire")[number % 3]
        quantity = -1 if number % 11 == 10 else number % 4 + 1
        line = (f"{WORDS[number % 8]}, {number % 6}", quantity, f"{number % 9}.25")
        await shop.sell(f"2011-12-0{number % 9 + 1}T0{number % 5}:00", name if number % 6 else "", line, country=country)
    for number in range(20):
        await customers.create(
            SYSTEM, {"name": f"=SUM({number})", "email": f"lead{number}@example.com", "status": ("lead", "churned")[number % 2]}
        )
    return who


class Asker:
    """Makes questions about one list: any of its filters with values that occur or do not, in any order, on any page."""

    def __init__(self, spec: ListSpec, rows: list[dict[str, Any]], seed: str) -> None:
        self.spec = spec
        self.rows = rows
        self.random = random.Random(seed)

    def questions(self) -> Iterator[dict[str, str]]:
        for _ in range(QUESTIONS):
            chosen = self.random.sample(self.spec.filters, min(self.random.randint(0, 3), len(self.spec.filters)))
            # One end of a range at a time: a range that ends before it begins is refused everywhere.
            ends = {item.column if isinstance(item, Bound | Moment) else item.name: item for item in chosen}
            asked = {item.name: self.value(item) for item in ends.values()}
            if self.spec.search and self.random.random() < 0.4:
                asked["search"] = self.random.choice(WORDS)
            if self.random.random() < 0.6:
                asked["sort"] = self.random.choice(("", "-")) + self.random.choice(list(self.spec.sorts))
            if self.random.random() < 0.3:
                asked["page"] = str(self.random.randint(1, 3))
            yield asked

    def value(self, item: Filter) -> str:
        pick = self.random.choice
        match item:
            case Choice():
                return ",".join(self.random.sample(item.choices, self.random.randint(1, min(2, len(item.choices)))))
            case Named():
                return pick(list(item.conditions))
            case Whole():
                return str(self.random.randint(0, 5))
            case Bound():
                return f"{self.random.randint(-2, 12)}.5"
            case Moment():
                return pick(DAYS)
            case Member():
                return pick(("red", "a b", "50%"))
            case Tree():
                return pick(("Home", "Home > Kitchen", "Toys & Games"))
            case Imported():
                return "f" * 24
            case Picked():
                return ",".join(self.random.sample([row["id"] for row in self.rows], self.random.randint(1, min(9, len(self.rows)))))
            case Picked():
                return ",".join(self.random.sample([row["id"] for row in self.rows], self.random.randint(1, min(9, len(self.rows)))))
            case Equals():
                found = [row.get(item.name) or row.get(f"{item.name}Id") or row["id"] for row in self.rows]
                return str(pick([*found, "nothing"]))
        raise AssertionError(f"no values for {item}")


async def rows_of(client: httpx.AsyncClient, noun: str, asked: Mapping[str, str]) -> tuple[list[str], int]:
    """Ids of one page over REST, and how many there are in all."""
    data = data_of(await client.get(f"/{noun}", params={**asked, "limit": str(ROWS)}))
    assert data["pagination"]["totalIsExact"]
    return [row["id"] for row in data[noun]], data["pagination"]["totalItems"]


async def ids_of_file(client: httpx.AsyncClient, noun: str, asked: Mapping[str, str]) -> list[str]:
    """Ids of the CSV file, in its order."""
    found = await client.get(f"/{noun}/export", params={**{key: value for key, value in asked.items() if key != "page"}, "format": "csv"})
    assert found.status_code == 200, found.text
    return [row["id"] for row in csv.DictReader(io.StringIO(found.text.removeprefix("\ufeff"), newline=""))]


async def test_the_page_rest_and_the_file_agree(runtime: Runtime) -> None:
    who = await fill()
    async with signed_in(who.email) as client:
        for noun, kind in TABLES.items():
            every = data_of(await client.get(f"/{noun}", params={"limit": "100"}))[noun]
            _, whole = await rows_of(client, noun, {})
            met, disagree = 0, []
            for asked in Asker(kind.service.spec, every, f"{noun} {runtime.database.dialect.name}").questions():
                listed, total = await rows_of(client, noun, asked)
                table: TableState = await opened(kind, f"/{noun}?{urlencode(asked)}", who)
                await table.load()
                file = await ids_of_file(client, noun, asked)
                start = (int(asked.get("page", "1")) - 1) * ROWS
                on_page = [row.id for row in table.rows]
                if not (table.error == "" and on_page == listed == file[start : start + ROWS] and len(file) == total):
                    disagree.append((asked, table.error, len(on_page), len(listed), total, len(file)))
                met += 0 < total < whole
            assert disagree == [], noun
            assert met > QUESTIONS / 20, f"too few questions about {noun} narrow the list: {met}"
