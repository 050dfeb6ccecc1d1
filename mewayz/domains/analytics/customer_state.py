"""What the tab of customers holds."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.rest import BASE
from mewayz.domains.analytics.cohorts import is_whole
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import OF_CUSTOMERS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import ONE_DAY, partial_in_words
from mewayz.domains.analytics.tab_state import TAKEN, Tab, plot_of, tiles_of, under_filters
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, Tile, ranking
from mewayz.ui.plot import Plot
from mewayz.ui.words import Locale, plural

_PATH, _COHORTS = "/analytics/customers", 24
TAKEN[_PATH] = ("country", *OF_CUSTOMERS)


@dataclass
class Cell:
    """A cell of the retention matrix: the share as words, how many, how dark it is (0 to 10), and whether days of its month are missing."""

    key: str
    text: str = ""
    title: str = ""
    step: int = 0
    href: str = ""
    partial: bool = False


@dataclass
class CohortRow:
    """A first month, how many customers began in it, and what became of them."""

    label: str
    size: str
    href: str
    cells: list[Cell] = field(default_factory=list)


class CustomerFigures(Tab, rx.State):
    """Who buys, and comes back."""

    takes: ClassVar[tuple[str, ...]] = TAKEN[_PATH]
    path: ClassVar[str] = _PATH

    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    buyers: Plot = Plot()
    returning: Plot = Plot()
    best: list[Bar] = []  # noqa: RUF012
    months: list[str] = []  # noqa: RUF012
    cohorts: list[CohortRow] = []  # noqa: RUF012
    cohort_file: str = ""
    cohort_period: str = ""
    partial: str = ""
    guests: str = ""
    cohorts_of_all: bool = False
    buyers_word: str = "New buyers"
    knows_new: bool = True

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        # Not the file of customers: their names leave by the export of their list, which asks for a proof.
        self._save("sales", question)
        found = await analytics.customers(actor(), question)
        self._tell(found)
        self.tiles = tiles_of(
            ("buyers", "new", "repeatRate", "clv") if "new" in found else ("buyers", "orders", "repeatRate", "clv"), found, question, words
        )
        self.knows_new = known = "new" in found
        self.buyers_word = "New buyers" if known else "Buyers"
        self.buyers = plot_of("new" if known else "buyers", found, words, compared=False)
        self.returning = plot_of("returning", found, words, compared=False) if known else Plot(ready=True)
        self.best = ranking(
            [
                (row["name"], float(row["gross"]), words.short_money(row["gross"]), row["drill"])
                for row in found["customers"]
                if Decimal(row["gross"]) > 0
            ],
            most=10,
        )
        guests = found["guests"]
        share = words.percent(guests["share"] or 0)
        self.guests = f"Guests: {words.short_money(guests['gross'])} · {share}" if Decimal(guests["gross"]) > 0 else ""
        await self._fill_cohorts(question, words)

    async def _fill_cohorts(self, question: Question, words: Locale) -> None:
        """Retention up to the end of the window; which country an order went to plays no part in it."""
        assert question.end is not None
        self.cohorts_of_all = bool(question.country)
        narrowing = {name: value for name, value in question.narrowing.items() if name != "country"}
        shown = {name: value for name, value in question.filters.items() if name != "country"}
        self.cohort_period = under_filters(f"Up to {words.day(question.end - ONE_DAY)}", shown)
        asked = {"to": question.end.isoformat(), **narrowing, "format": "csv"}
        self.cohort_file = f"{BASE}/analytics/cohorts?{urlencode(asked)}"
        rows = (await analytics.cohorts(actor(), replace(Question(end=question.end), **narrowing)))["cohorts"][-_COHORTS:]
        most = max((len(row["counts"]) for row in rows), default=0)
        self.partial = partial_in_words(rows, Window(question.end - ONE_DAY, question.end), words)
        self.months = [str(number) for number in range(most)]
        self.cohorts = [
            CohortRow(
                words.month(date.fromisoformat(row["from"])),
                words.number(row["size"]),
                row["drill"],
                [_cell(row, k, words) for k in range(most)],
            )
            for row in rows
        ]


def _cell(row: dict[str, Any], k: int, words: Locale) -> Cell:
    key = f"{row['cohort']} {k}"
    if k >= len(row["counts"]):
        return Cell(key)
    rate, count = row["rates"][k], row["counts"][k]
    partial = not is_whole(row, k)
    title = f"{plural(count, 'customer', 'customers')} of {words.number(row['size'])}{' so far' if partial else ''}"
    return Cell(key, words.percent(round(rate, 2)), title, round(rate * 10), row["drills"][k] if count else "", partial)
