"""What the analytics page holds; the window is in the address."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.errors import Invalid
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import COMPARED, country_bars, days_in_words, product_bars
from mewayz.domains.analytics.window_state import Windowed
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.plot import Bar, Plot, Sample, Tile, tile, trend
from mewayz.ui.words import Locale, locale


class Overview(Guarded, Windowed, rx.State):
    """The figures of one window."""

    ready: bool = False
    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    sales: Plot = Plot()
    returns: Plot = Plot()
    top: list[Bar] = []  # noqa: RUF012
    countries: list[Bar] = []  # noqa: RUF012
    _shown_at: str = ""

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Show the window that the address asks for; without one, the latest 30 days."""
        self._keep()
        async with guarded(self):
            whole = await analytics.everything(actor())
            try:
                await self._read(whole)
            except Invalid as error:
                # What can be understood is kept, and the menus lead out.
                self._kept = {key: value for key, value in self._kept.items() if key not in error.fields}
                self._offer(await analytics.recent(actor()), Question(), whole, "")
                raise Invalid(" ".join(error.fields.values())) from None
        self.ready = not self.error
        self._shown_at = self.router.url.path
        follow(self, Overview.look, "orders", "products")

    @on("analytics:read", supersedes=True)
    async def look(self) -> None:
        """Others have sold, shipped or changed something: bring the figures up to date."""
        if self.router.url.path != self._shown_at:
            unfollow(self)
        else:
            await self.load()

    async def _read(self, whole: Window | None) -> None:
        question = await self._question(whole)
        words = await locale()
        self._show(await analytics.overview(actor(), question), question, whole, words)

    def _show(self, figures: dict[str, Any], question: Question, whole: Window | None, words: Locale) -> None:
        window = Window(date.fromisoformat(figures["from"]), date.fromisoformat(figures["to"]))
        self._frame(window, question, whole, words, figures["interval"])
        self._save("sales", question)
        self.compared = COMPARED[question.compare] if figures["previous"] else ""
        self.tiles = _tiles(figures, self.against, words)
        self.sales = _trend(figures, "gross", "Gross sales", words)
        self.returns = _trend(figures, "returns", "Returns", words)
        self.top = product_bars(figures, figures["topProducts"], words)
        self.countries = country_bars(figures, figures["countries"], words)


def _tiles(figures: dict[str, Any], against: str, words: Locale) -> list[Tile]:
    before = figures["previous"] or {}
    window = {"from": figures["from"], "to": figures["to"]}
    orders = f"/orders?{urlencode({'figure': 'sales', **window})}"
    returned = f"/orders?{urlencode({'figure': 'returns', **window})}"
    first_time = f"/customers?{urlencode({'firstFrom': window['from'], 'firstTo': window['to']})}"
    wanted: list[tuple[str, str, str, bool, bool]] = [
        ("Gross sales", "gross", orders, True, False),
        ("Orders", "orders", orders, False, False),
        ("Average order value", "aov", orders, True, False),
        ("New customers", "new", first_time, False, False) if "new" in figures else ("Returns", "returns", returned, True, True),
    ]
    found: list[Tile] = []
    for label, key, href, is_money, less_is_good in wanted:
        value, old = figures[key], before.get(key)
        text = "–" if value is None else words.short_money(value) if is_money else words.number(value)
        series = [float(bucket[key] or 0) for bucket in figures["series"]]
        found.append(
            tile(
                label,
                text,
                words,
                value=None if value is None else float(value),
                before=None if old is None else float(old),
                against=against,
                href=href,
                series=series,
                less_is_good=less_is_good,
            )
        )
    return found


def _trend(figures: dict[str, Any], key: str, title: str, words: Locale) -> Plot:
    before = figures["previous"]["series"] if figures["previous"] else []
    figure = "returns" if key == "returns" else "sales"
    samples: list[Sample] = []
    for index, bucket in enumerate(figures["series"]):
        window = Window(date.fromisoformat(bucket["from"]), date.fromisoformat(bucket["to"]))
        href = f"/orders?{urlencode({'figure': figure, 'from': bucket['from'], 'to': bucket['to']})}"
        old = float(before[index][key]) if index < len(before) else None
        samples.append(Sample(bucket["from"], days_in_words(window, words), float(bucket[key]), old, href, bucket["complete"]))
    return trend(samples, words, unit="money", title=title, kind="line" if len(samples) > 1 else "bars")
