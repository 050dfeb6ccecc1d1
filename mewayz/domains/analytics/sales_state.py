"""What the tab of sales holds."""

from decimal import Decimal
from typing import Any, ClassVar

import reflex as rx

from mewayz.domains.analytics.questions import FILTERS, MAX_ROWS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.tab_state import TAKEN, Tab, plot_of, tiles_of
from mewayz.domains.analytics.window_state import COMPARED
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, Tile, ranking
from mewayz.ui.news import follow, unfollow
from mewayz.ui.plot import Plot
from mewayz.ui.words import Locale, sentence

_PATH, _METRICS = "/analytics", "/analytics/metrics"
_MOST = 7
TAKEN[_PATH] = TAKEN[_METRICS] = FILTERS


class SalesFigures(Tab, rx.State):
    """Sales and returns over time, where they went, and how far the orders are."""

    takes: ClassVar[tuple[str, ...]] = TAKEN[_PATH]
    path: ClassVar[str] = _PATH

    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    sales: Plot = Plot()
    returns: Plot = Plot()
    top: list[Bar] = []  # noqa: RUF012
    countries: list[Bar] = []  # noqa: RUF012
    states: list[Bar] = []  # noqa: RUF012
    country_file: str = ""
    product_file: str = ""
    state_file: str = ""

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Show the window and the filters that the address asks for."""
        await self._open()
        follow(self, SalesFigures.look, "orders", "products")

    @on("analytics:read", supersedes=True)
    async def look(self) -> None:
        """Others have sold, shipped or changed something: bring the figures up to date."""
        if self.router.url.path.rstrip("/") != self.path:
            unfollow(self)
        else:
            await self.load()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("countries", question)
        self.country_file = self.file
        self._save("products", question, limit=str(MAX_ROWS))
        self.product_file = "" if question.of_customers else self.file
        self._save("states", question)
        self.state_file = self.file
        self._save("sales", question)
        found = await analytics.overview(actor(), question)
        self._tell(found)
        self.compared = COMPARED[question.compare] if found["previous"] else ""
        fourth = "new" if "new" in found else "returns"
        self.tiles = tiles_of(
            ("gross", "orders", "aov", fourth) if "orders" in found else ("gross", "net", "returns", "units"), found, question, words,
            own=self.own,
        )  # fmt: skip
        self.sales, self.returns = (plot_of(key, found, words, own=self.own) for key in ("gross", "returns"))
        self.top = ranking([_bar(row, "name", words) for row in found["topProducts"] if Decimal(row["gross"]) > 0], most=8)
        self.countries = ranking(_countries(found["countries"], words), most=_MOST + 1)
        self.states = ranking(
            [
                (sentence(state["status"]), float(state["orders"]), words.number(state["orders"]), state["drill"])
                for state in found.get("states", [])
                if state["orders"]
            ],
            most=8,
        )


class MetricWords(Tab, rx.State):
    """The dictionary of metrics, which keeps the window and the filters for the way back.

    Attributes:
        back: the first tab, as it was left.
    """

    takes: ClassVar[tuple[str, ...]] = FILTERS
    path: ClassVar[str] = _METRICS

    back: str = _PATH

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Offer the ways back."""
        await self._open()
        self.back = self._href({}, _PATH)


def _bar(row: dict[str, Any], field: str, words: Locale) -> tuple[str, float, str, str]:
    return row[field] or "Not set", float(row["gross"]), words.short_money(row["gross"]), row["drill"]


def _countries(rows: list[dict[str, Any]], words: Locale) -> list[tuple[str, float, str, str]]:
    """The largest countries, and the others as one line that leads nowhere."""
    sold = [row for row in rows if Decimal(row["gross"]) > 0]
    if len(sold) <= _MOST + 1:
        return [_bar(row, "country", words) for row in sold]
    rest = str(sum((Decimal(row["gross"]) for row in sold[_MOST:]), Decimal(0)))
    return [*(_bar(row, "country", words) for row in sold[:_MOST]), ("Others", float(rest), words.short_money(rest), "")]
