"""What the tab of products holds."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import reflex as rx

from mewayz.domains.analytics.questions import MAX_ROWS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.tab_state import TAKEN, Tab
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, ranking
from mewayz.ui.words import Locale

_PATH, _ROWS = "/analytics/products", 15
TAKEN[_PATH] = ("country", "category")


class ProductFigures(Tab, rx.State):
    """What sells."""

    takes: ClassVar[tuple[str, ...]] = TAKEN[_PATH]
    path: ClassVar[str] = _PATH

    top: list[Bar] = []  # noqa: RUF012 (Reflex copies defaults per client)
    categories: list[Bar] = []  # noqa: RUF012
    category_file: str = ""
    rest: str = ""

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("categories", question)
        self.category_file = self.file
        self._save("products", question, limit=str(MAX_ROWS))
        asked = replace(Question(question.first, question.end), **question.narrowing, limit=_ROWS)
        found = await analytics.products(actor(), asked)

        def amount(row: dict[str, Any]) -> str:
            return f"{words.short_money(row['gross'])} · {words.percent(row['share'] or 0)}"

        def bar(row: dict[str, Any], name: str) -> tuple[str, float, str, str]:
            return name, float(row["gross"]), amount(row), row["drill"]

        self.top = ranking([bar(row, row["name"]) for row in found["products"] if Decimal(row["gross"]) > 0], most=_ROWS)
        without = found.get("withoutProduct")
        self.rest = ""
        if without and Decimal(without["gross"]) > 0:
            self.rest = f"Postage, fees and other lines without a product: {amount(without)}"
        rows = [row for row in found.get("categories", []) if Decimal(row["gross"]) > 0]
        self.categories = ranking([bar(row, row["category"] or "Without a category") for row in rows], most=_ROWS)
