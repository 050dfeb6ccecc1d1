"""What the tabs of analytics hold: products, customers, inventory, forecast; each in the window of the address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.rest import BASE
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.window_state import Windowed, days_in_words
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.plot import Bar, Expected, Plot, Sample, Tile, outlook, ranking, tile, trend
from mewayz.ui.words import Locale, locale, plural

_ROWS = 15


def _window_of(row: dict[str, Any]) -> Window:
    return Window(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))


def _spoken(key: str, value: Any, words: Locale) -> str:
    if value is None:
        return "–"
    match BY_KEY[key].unit:
        case "money":
            return words.short_money(value)
        case "ratio":
            return words.percent(value)
        case _:
            return words.number(value)


def _tiles(keys: Sequence[str], found: dict[str, Any], against: str, words: Locale) -> list[Tile]:
    before = found["previous"] or {}
    tiles: list[Tile] = []
    for key in keys:
        value, old, spec = found.get(key), before.get(key), BY_KEY[key]
        series = [float(bucket[key] or 0) for bucket in found["series"] if key in bucket]
        tiles.append(
            tile(
                spec.label,
                _spoken(key, value, words),
                words,
                value=None if value is None else float(value),
                before=None if old is None else float(old),
                against=against if old is not None else "",
                href=spec.href(found["from"], found["to"]) or "/customers",
                series=series,
                less_is_good=spec.less_is_good,
            )
        )
    return tiles


class _Tab(Guarded, Windowed, mixin=True):
    """Opens a tab: its window, then its figures."""

    ready: bool = False
    nothing: bool = False

    async def _open(self) -> None:
        self._keep()
        async with guarded(self):
            whole = await analytics.everything(actor())
            question, words = await self._question(whole), await locale()
            assert question.first is not None
            assert question.end is not None
            self.nothing = whole is None
            interval = question.interval or Window(question.first, question.end).natural_interval()
            self._frame(Window(question.first, question.end), question, whole, words, interval)
            await self._fill(question, words)
        self.ready = not self.error

    async def _fill(self, question: Question, words: Locale) -> None:
        """Ask the service, and hold the answer in words."""
        raise NotImplementedError


class ProductFigures(_Tab, rx.State):
    """What sells."""

    top: list[Bar] = []  # noqa: RUF012 (Reflex copies defaults per client)
    categories: list[Bar] = []  # noqa: RUF012

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("products", question, limit="100")
        found = await analytics.products(actor(), Question(question.first, question.end, limit=_ROWS))
        query = urlencode({"figure": "sales", "from": found["from"], "to": found["to"]})

        def amount(row: dict[str, Any]) -> str:
            return f"{words.short_money(row['gross'])} · {words.percent(row['share'] or 0)}"

        sold = [row for row in found["products"] if Decimal(row["gross"]) > 0]
        self.top = ranking(
            [(row["name"], float(row["gross"]), amount(row), f"/orders?product={row['id']}&{query}") for row in sold], most=_ROWS
        )
        self.categories = ranking(
            [
                (
                    row["category"] or "Without a category",
                    float(row["gross"]),
                    amount(row),
                    f"/products?{urlencode({'category': row['category']})}" if row["category"] else "",
                )
                for row in found.get("categories", [])
                if Decimal(row["gross"]) > 0
            ],
            most=_ROWS,
        )


@dataclass
class Cell:
    """A cell of the retention matrix: the share as words, how many, and how dark it is (0 to 10)."""

    key: str
    text: str = ""
    title: str = ""
    step: int = 0


@dataclass
class CohortRow:
    """A first month, how many customers began in it, and what became of them."""

    label: str
    size: str
    href: str
    cells: list[Cell] = field(default_factory=list)


class CustomerFigures(_Tab, rx.State):
    """Who buys, and comes back."""

    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    buyers: Plot = Plot()
    best: list[Bar] = []  # noqa: RUF012
    months: list[str] = []  # noqa: RUF012
    cohorts: list[CohortRow] = []  # noqa: RUF012
    cohort_file: str = ""

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self.cohort_file = f"{BASE}/analytics/cohorts?format=csv"
        self._save("sales", question)
        found = await analytics.customers(actor(), Question(question.first, question.end, question.interval, question.compare))
        self.tiles = _tiles(("buyers", "new", "repeatRate", "clv"), found, self.against, words)
        samples = [
            Sample(
                row["from"],
                days_in_words(_window_of(row), words),
                row["new"],
                None,
                BY_KEY["new"].href(row["from"], row["to"]),
                row["complete"],
            )
            for row in found["series"]
        ]
        self.buyers = trend(samples, words, unit="count", title="New buyers", kind="line" if len(samples) > 1 else "bars")
        query = urlencode({"figure": "sales", "from": found["from"], "to": found["to"]})
        self.best = ranking(
            [
                (row["name"], float(row["gross"]), words.short_money(row["gross"]), f"/orders?customer={row['id']}&{query}")
                for row in found["customers"]
                if Decimal(row["gross"]) > 0
            ],
            most=10,
        )
        rows = (await analytics.cohorts(actor(), Question(end=question.end)))["cohorts"][-24:]
        most = max((len(row["counts"]) for row in rows), default=0)
        self.months = [str(number) for number in range(most)]
        self.cohorts = [
            CohortRow(
                row["cohort"],
                words.number(row["size"]),
                BY_KEY["new"].href(row["from"], row["to"]),
                [_cell(row, k, words) for k in range(most)],
            )
            for row in rows
        ]


def _cell(row: dict[str, Any], k: int, words: Locale) -> Cell:
    key = f"{row['cohort']} {k}"
    if k >= len(row["counts"]):
        return Cell(key)
    rate, count = row["rates"][k], row["counts"][k]
    return Cell(key, f"{rate:.0%}", f"{plural(count, 'customer', 'customers')} of {words.number(row['size'])}", round(rate * 10))


@dataclass
class StockRow:
    """A product and how long it lasts."""

    key: str
    name: str
    href: str
    stock: str
    daily: str
    cover: str
    value: str
    low: bool = False


class InventoryFigures(_Tab, rx.State):
    """What lies in stock."""

    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    rows: list[StockRow] = []  # noqa: RUF012
    sold: str = ""

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("inventory", question, limit="100")
        found = await analytics.inventory(actor(), Question(end=question.end, limit=25))
        summary = found["summary"]
        self.sold = days_in_words(Window(date.fromisoformat(found["soldFrom"]), date.fromisoformat(found["soldTo"])), words)
        at_cost = summary["valueAtCost"]
        self.tiles = [
            Tile("Value at price", words.short_money(summary["valueAtPrice"]), href="/products?stock=in"),
            Tile("Value at cost", "–" if at_cost is None else words.short_money(at_cost), href="/products?stock=in"),
            Tile("Low stock", words.number(summary["low"]), href="/products?stock=low&sort=stock"),
            Tile("Out of stock", words.number(summary["out"]), href="/products?stock=out"),
        ]
        self.rows = [
            StockRow(
                row["id"],
                row["name"],
                f"/products/{row['id']}",
                words.number(row["stock"]),
                f"{row['averageDailyUnits']:.1f}",
                "no sales" if row["daysOfCover"] is None else plural(round(row["daysOfCover"]), "day", "days"),
                words.money(row["valueAtPrice"]),
                row["low"],
            )
            for row in found["products"]
        ]


class ForecastFigures(_Tab, rx.State):
    """What may come, and what was unlike the rest."""

    coming: Plot = Plot()
    reason: str = ""
    proof: str = ""
    unusual: list[Bar] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("anomalies", question)
        found = await analytics.forecast(actor(), Question(end=question.end))
        past = [
            Sample(
                row["from"], days_in_words(_window_of(row), words), float(row["value"]), None, BY_KEY["gross"].href(row["from"], row["to"])
            )
            for row in found["history"]
        ]
        coming = [
            Expected(row["from"], days_in_words(_window_of(row), words), float(row["value"]), float(row["low"]), float(row["high"]))
            for row in found["series"]
        ]
        self.coming = outlook(past, coming, words, unit="money", title="Gross sales")
        self.reason, self.proof = found["reason"], ""
        if (test := found["backtest"]) and test["coverage"] is not None:
            self.proof = (
                f"The band should hold {words.percent(test['nominal'])} of the days; tried on {words.number(test['tested'])} past days, "
                f"it held {words.percent(test['coverage'])} of them. The forecast was off by {words.money(test['meanAbsoluteError'])} on "
                f"average; taking the same weekday of the week before, by {words.money(test['naiveMeanAbsoluteError'])}."
            )
        odd = await analytics.anomalies(actor(), Question(question.first, question.end))
        self.unusual = ranking(
            [
                (
                    days_in_words(_window_of(row), words),
                    abs(float(row["deviation"])),
                    f"{words.short_money(row['value'])}, expected {words.short_money(row['expected'])}",
                    row["drill"],
                )
                for row in reversed(odd["anomalies"])
            ],
            most=20,
        )
