"""What the dashboard and the analytics page hold; the window is in the address."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from mewayz.backend.access import Scope, can, scope_of
from mewayz.backend.errors import Invalid
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.window_state import COMPARED, Windowed, days_in_words
from mewayz.ui.events import actor, on
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.plot import Bar, Plot, Sample, Tile, ranking, tile, trend
from mewayz.ui.words import Locale, locale, plural, sentence, tone


@dataclass
class Brief:
    """A line of a short list: what, a detail, a number, a state."""

    key: str
    label: str
    href: str
    detail: str
    number: str
    word: str = ""
    tone: str = ""


class Overview(Guarded, Windowed, rx.State):
    """The figures of one window."""

    ready: bool = False
    nothing: bool = False
    own: bool = False
    tiles: list[Tile] = []  # noqa: RUF012 (Reflex copies defaults per client)
    sales: Plot = Plot()
    returns: Plot = Plot()
    top: list[Bar] = []  # noqa: RUF012
    countries: list[Bar] = []  # noqa: RUF012
    orders: list[Brief] = []  # noqa: RUF012
    low: list[Brief] = []  # noqa: RUF012
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
        await self._show_briefs(words)
        self.nothing, self.own = whole is None, scope_of(actor(), "analytics:read") is Scope.OWN

    def _show(self, figures: dict[str, Any], question: Question, whole: Window | None, words: Locale) -> None:
        window = Window(date.fromisoformat(figures["from"]), date.fromisoformat(figures["to"]))
        self._frame(window, question, whole, words, figures["interval"])
        self._save("sales", question)
        self.compared = COMPARED[question.compare] if figures["previous"] else ""
        self.tiles = _tiles(figures, self.against, words)
        self.sales = _trend(figures, "gross", "Gross sales", words)
        self.returns = _trend(figures, "returns", "Returns", words)
        query = urlencode({"figure": "sales", "from": figures["from"], "to": figures["to"]})
        self.top = ranking(
            [
                (item["name"], float(item["gross"]), words.short_money(item["gross"]), f"/orders?product={item['id']}&{query}")
                for item in figures["topProducts"]
                if Decimal(item["gross"]) > 0
            ],
            most=8,
        )
        self.countries = ranking(
            [
                (
                    item["country"] or "Others",
                    float(item["gross"]),
                    words.short_money(item["gross"]),
                    f"/orders?{urlencode({'country': item['country']})}&{query}" if item["country"] else "",
                )
                for item in _with_rest(figures["countries"], 7)
                if Decimal(item["gross"]) > 0
            ],
            most=8,
        )

    async def _show_briefs(self, words: Locale) -> None:
        who = actor()
        if can(who, "orders:read"):
            self.orders = [
                Brief(
                    row["id"],
                    row["number"],
                    f"/orders/{row['id']}",
                    f"{row['customerName'] or 'Guest'} · {words.ago(row['placedAt'])}",
                    words.money(row["total"]),
                    sentence(row["status"]),
                    tone(row["status"]),
                )
                for row in await analytics.latest_orders(who)
            ]
        if can(who, "products:update"):
            self.low = [
                Brief(
                    row["id"], row["name"], f"/products/{row['id']}", row["sku"] or "", plural(row["inventory"]["stock"], "piece", "pieces")
                )
                for row in await analytics.low_stock(who)
            ]


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


def _with_rest(countries: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The largest countries, and the others as one line that leads nowhere."""
    if len(countries) <= most + 1:
        return countries
    rest = sum((Decimal(item["gross"]) for item in countries[most:]), Decimal(0))
    return [*countries[:most], {"country": "", "gross": str(rest)}]
