"""What the tab of the forecast holds."""

from dataclasses import replace
from typing import ClassVar

import reflex as rx

from mewayz.domains.analytics.questions import FILTERS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import days_in_words, opened, window_of
from mewayz.domains.analytics.tab_state import TAKEN, Tab
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, ranking
from mewayz.ui.plot import Expected, Plot, Sample, outlook
from mewayz.ui.words import Locale

_PATH = "/analytics/forecast"
TAKEN[_PATH] = FILTERS


class ForecastFigures(Tab, rx.State):
    """What may come, and what was unlike the rest."""

    takes: ClassVar[tuple[str, ...]] = TAKEN[_PATH]
    path: ClassVar[str] = _PATH
    compares_windows: ClassVar[bool] = False

    coming: Plot = Plot()
    coming_file: str = ""
    reason: str = ""
    proof: str = ""
    unusual: list[Bar] = []  # noqa: RUF012 (Reflex copies defaults per client)

    @on("analytics:explore", supersedes=True)
    async def load(self) -> None:
        """Fill the tab."""
        await self._open()

    async def _fill(self, question: Question, words: Locale) -> None:
        self._save("forecast", replace(question, first=None, interval=None))
        self.coming_file = self.file
        self._save("anomalies", replace(question, interval=None))
        found = await analytics.forecast(actor(), replace(Question(end=question.end), **question.narrowing))
        past = [
            Sample(row["from"], days_in_words(window_of(row), words), float(row["value"]), None, opened(found["drill"], row))
            for row in found["history"]
        ]
        coming = [
            Expected(row["from"], days_in_words(window_of(row), words), float(row["value"]), float(row["low"]), float(row["high"]))
            for row in found["series"]
        ]
        self.coming = outlook(past, coming, words, unit="money", title="Gross sales")
        self.reason, self.proof = found["reason"], ""
        if (test := found["backtest"]) and test["coverage"] is not None:
            self.proof = (
                f"The band should hold {words.percent(test['nominal'])} of the values. Made {words.number(test['origins'])} times for days "
                f"that have passed, it held {words.percent(test['coverage'])} of {words.number(test['tested'])} values. The forecast was "
                f"off by {words.money(test['meanAbsoluteError'])} on average; taking the same weekday of the week before, by "
                f"{words.money(test['naiveMeanAbsoluteError'])}."
            )
        odd = await analytics.anomalies(actor(), replace(Question(question.first, question.end), **question.narrowing))
        self.unusual = ranking(
            [
                (
                    days_in_words(window_of(row), words),
                    abs(float(row["deviation"])),
                    f"{words.short_money(row['value'])}, expected {words.short_money(row['expected'])}",
                    row["drill"],
                )
                for row in reversed(odd["anomalies"])
            ],
            most=20,
        )
