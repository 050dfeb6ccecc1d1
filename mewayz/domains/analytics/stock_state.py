"""What the tabs of the stock hold: what runs out, and how long the rest has been there."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import reflex as rx

from mewayz.backend import clock
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import AGES, MAX_ROWS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import costs_in_words, cover_in_words, out_since
from mewayz.domains.analytics.tab_state import TAKEN, Tab, under_filters
from mewayz.domains.analytics.window_state import days_in_words
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, Tile, ranking
from mewayz.ui.table_state import Option
from mewayz.ui.words import Locale, plural

_PATH, _AGES_PATH, _ROWS = "/analytics/inventory", "/analytics/ageing", 100
TAKEN[_PATH], TAKEN[_AGES_PATH] = ("category",), ("category", "age")
_WORDS = {name: f"{name.replace('-', '–')} days" if not name.endswith("-") else f"over {int(name[:-1]) - 1} days" for name in AGES}


@dataclass
class StockRow:
    """A product and how long it lasts."""

    key: str
    name: str
    href: str
    stock: str
    sold: str
    cover: str
    value: str
    low: bool = False


@dataclass
class OutRow:
    """A product of which nothing is left, and since when."""

    key: str
    name: str
    href: str
    since: str
    sold: str
    owed: str


@dataclass
class AgedRow:
    """A product, and what of it has been there for so long."""

    key: str
    name: str
    href: str
    units: str
    value: str
    since: str


def _costs(entry: dict[str, Any]) -> bool:
    """Whether the cost of any of its pieces is known."""
    return entry["units"] > entry["unitsWithoutCost"]


def _bars(found: dict[str, Any], words: Locale) -> list[Bar]:
    return ranking(
        [
            (
                _WORDS[entry["age"]].capitalize(),
                float(entry["units"]),
                plural(entry["units"], "piece", "pieces") + (f" · {words.short_money(entry['valueAtCost'])}" if _costs(entry) else ""),
                entry["drill"] if entry["units"] else "",
            )
            for entry in found["ages"]
        ],
        most=len(AGES),
    )


class StockTab(Tab, mixin=True):
    """A tab of the stock, of which only one day is shown: it compares nothing.

    Attributes:
        as_of: the day at the end of which the ages are told, and `age_period` the same as a picture of them says it.
        age_file: the pieces of each age.
    """

    compares_windows: ClassVar[bool] = False

    ages: list[Bar] = []  # noqa: RUF012 (Reflex copies defaults per client)
    as_of: str = ""
    age_period: str = ""
    age_file: str = ""

    def _save_ages(self, question: Question) -> None:
        self._save("ages", replace(question, first=None, end=self._stock_end(question), interval=None))
        self.age_file = self.file

    def _tell_ages(self, found: dict[str, Any], question: Question, words: Locale) -> None:
        self.ages, self.as_of = _bars(found, words), words.day(date.fromisoformat(found["asOf"]))
        self.age_period = under_filters(f"At the end of {self.as_of}", question.filters)

    def _stock_end(self, question: Question) -> date | None:
        """Where the window of the address ends; without an end in it, it is the stock of today."""
        return question.end if "to" in self._kept else None


class InventoryFigures(StockTab, rx.State):
    """What lies in stock."""

    takes: ClassVar[tuple[str, ...]] = TAKEN[_PATH]
    path: ClassVar[str] = _PATH

    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    rows: list[StockRow] = []  # noqa: RUF012
    out: list[OutRow] = []  # noqa: RUF012
    out_more: str = ""
    sold: str = ""

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        end = self._stock_end(question)
        self._save_ages(question)
        self._save("inventory", question, limit=str(MAX_ROWS))
        found = await analytics.inventory(actor(), replace(Question(end=question.end, limit=25), **question.narrowing))
        summary, drills = found["summary"], found["drills"]
        self.sold = days_in_words(Window(date.fromisoformat(found["soldFrom"]), date.fromisoformat(found["soldTo"])), words)
        at_cost, of_all = summary["valueAtCost"], f"of {plural(summary['products'], 'product', 'products')}"
        self.tiles = [
            Tile(
                "Value at price",
                words.short_money(summary["valueAtPrice"]),
                against=plural(summary["units"], "piece", "pieces"),
                href=drills["products"],
            ),
            Tile(
                "Value at cost",
                "–" if at_cost is None else words.short_money(at_cost),
                against=costs_in_words(summary["products"], summary["productsWithoutCost"]),
                href=self._href({}, _AGES_PATH),
            ),
            Tile("Low stock", words.number(summary["low"]), against=of_all, href=drills["low"]),
            Tile("Out of stock", words.number(summary["out"]), against=of_all, href=drills["out"]),
        ]
        self.rows = [
            StockRow(
                row["id"],
                row["name"],
                f"/products/{row['id']}",
                words.number(row["stock"]),
                words.number(row["soldUnits"]),
                cover_in_words(row["daysOfCover"]),
                words.money(row["valueAtPrice"]),
                row["low"],
            )
            for row in found["products"]
        ]
        self.out = [
            OutRow(
                row["id"],
                row["name"],
                f"/products/{row['id']}",
                out_since(row["outSince"], words),
                words.number(row["soldUnits"]),
                words.number(-row["stock"]) if row["stock"] < 0 else "–",
            )
            for row in found["out"]
        ]
        more = summary["out"] - len(self.out)
        self.out_more = f"{words.number(more)} more are out of stock." if more else ""
        aged = await analytics.ageing(actor(), replace(Question(end=end), **question.narrowing))
        self._tell_ages(aged, question, words)
        today = words.day(clock.now().astimezone(words.zone).date())
        self.period = under_filters(f"Stock of {today}, sold {self.sold}", question.filters)


class AgeingFigures(StockTab, rx.State):
    """What has been in stock for how long, at the end of the window.

    Attributes:
        costless: whether no cost is known of anything that is there, so that nobody can say what it ties up.
    """

    takes: ClassVar[tuple[str, ...]] = TAKEN[_AGES_PATH]
    path: ClassVar[str] = _AGES_PATH

    rows: list[AgedRow] = []  # noqa: RUF012 (Reflex copies defaults per client)
    total: str = ""
    title: str = ""
    more: str = ""
    costless: bool = False
    choices: list[Option] = []  # noqa: RUF012

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the page."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        end, age = self._stock_end(question), question.age
        found = await analytics.ageing(actor(), replace(Question(end=end, age=age, limit=_ROWS), **question.narrowing))
        self._save_ages(question)
        self._save("ageing", replace(question, first=None, end=end), limit=str(MAX_ROWS), **({"age": age} if age else {}))
        self._tell_ages(found, question, words)
        if age:
            self.chips = [*self.chips, Option(f"Age is {_WORDS[age]}", self._href({"age": ""}))]
        mine = [entry for entry in found["ages"] if age in ("", entry["age"])]
        units = sum(entry["units"] for entry in mine)
        value = sum((Decimal(entry["valueAtCost"]) for entry in mine), Decimal(0))
        count = max(entry["products"] for entry in mine) if age else len(found["products"])
        unknown = sum(entry["unitsWithoutCost"] for entry in mine)
        self.costless = found["units"] > 0 and not any(map(_costs, found["ages"]))
        told = f"{words.money(value)} at cost" if units > unknown or not units else "whose cost is not known"
        apart = f", without {plural(unknown, 'piece', 'pieces')} whose cost is not known" if 0 < unknown < units else ""
        pieces = plural(units, "piece", "pieces")
        self.total = pieces if self.costless else f"{pieces}, {told}{apart}"
        self.title = f"In stock for {_WORDS[age]}" if age else "In stock"
        self.more = f"The first {_ROWS} of {words.number(count)} products." if count > len(found["products"]) else ""
        if not age and len(found["products"]) == _ROWS:
            self.more = f"The first {_ROWS} products, those {'with the most pieces' if self.costless else 'that tie up most money'}."
        if found["unitsShort"]:
            self.note = (
                f"{plural(found['unitsShort'], 'piece', 'pieces')} more are sold than there are; they are not counted against the rest."
            )
        self.rows = [
            AgedRow(
                row["id"],
                row["name"],
                f"/products/{row['id']}",
                words.number(row["units"]),
                "–" if row["valueAtCost"] is None else words.money(row["valueAtCost"]),
                words.day(date.fromisoformat(row["firstIn"])),
            )
            for row in found["products"]
        ]
