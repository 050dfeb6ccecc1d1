"""Which pages of figures can be shared and sent, and the sheet that each becomes under the rights of whoever asks.

Names of customers are on none of them: a link can be passed on, and a letter too.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from mewayz.backend import clock
from mewayz.backend.access import Actor, check, scope_of
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Scope
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.inventory import SOLD_DAYS
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.pieces import PIECES, Kind, Piece, may_see
from mewayz.domains.analytics.questions import FILTERS, OF_CUSTOMERS, WINDOW, Question, read_question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.sheet import Figure, Grid, Part, Ranked, Sheet, expectation, figure
from mewayz.domains.analytics.spoken import (
    COMPARED,
    UNITS,
    against_in_words,
    aside_in_words,
    costs_in_words,
    country_bars,
    cover_in_words,
    days_in_words,
    filter_in_words,
    metric_samples,
    metric_tile,
    out_since,
    partial_in_words,
    product_bars,
    silence_in_words,
    window_of,
)
from mewayz.ui.glance import ranking
from mewayz.ui.plot import Expected, Sample
from mewayz.ui.words import Locale, locale

Answer = Mapping[str, Any]
_ROWS = 15
_STOCK_ROWS = 25
_COHORTS = 24
_SOLD = f"Sold in {SOLD_DAYS} days"


class NotShareable(Invalid):
    """The page holds nothing that may leave the application."""

    code = "analytics.not_shareable"
    default_message = "This page has no figures that can be shared or sent."


@dataclass(frozen=True)
class _Asked:
    actor: Actor
    question: Question
    pieces: Sequence[Piece]
    words: Locale

    @property
    def own(self) -> bool:
        """Whether the figures are those of the actor's own orders."""
        return scope_of(self.actor, "analytics:read") is Scope.OWN


Content = tuple[Sequence[str], Answer, list[Part]]
"""Keys of the tiles, the answer that they stand in, and the parts below; no answer where there are no tiles, and none is compared."""


@dataclass(frozen=True)
class Page:
    """A page of figures.

    Attributes:
        needs: the permissions that its maker must have.
        takes: the keys of its address that change the figures; with any other it is refused rather than shown wider than meant.
    """

    title: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    fill: Callable[[_Asked], Awaitable[Content]]


def _chart(key: str, answer: Answer, words: Locale, compared: str, *, own: bool = False) -> Figure:
    spec = BY_KEY[key]
    samples = metric_samples(spec, answer, words)
    return figure(
        spec.called(own=own), samples, UNITS[spec.unit], words, compared=compared if answer["previous"] else "", about=spec.formula
    )


async def _dashboard(asked: _Asked) -> Content:
    answer = await boards.figures(asked.actor, asked.question, asked.pieces)
    parts, amount = list[Part](), BY_KEY["gross"].called(own=asked.own)
    for piece in asked.pieces:
        match piece.kind:
            case Kind.CHART if piece.metric is not None:
                parts.append(_chart(piece.metric.key, answer, asked.words, COMPARED[asked.question.compare], own=asked.own))
            case Kind.PRODUCTS:
                parts.append(Ranked(piece.called(own=asked.own), "Product", amount, product_bars(answer["topProducts"], asked.words)))
            case Kind.COUNTRIES:
                parts.append(Ranked(piece.label, "Country", amount, country_bars(answer["countries"], asked.words)))
            case Kind.LOW:
                rows = await analytics.low_stock(asked.actor)
                parts.append(Grid(piece.label, ("Product", "Stock"), [(row["name"], str(row["inventory"]["stock"])) for row in rows]))
            case _:
                pass
    return [piece.metric.key for piece in asked.pieces if piece.is_tile and piece.metric], answer, parts


async def _sales(asked: _Asked) -> Content:
    answer = await analytics.sales(asked.actor, asked.question)
    compared = COMPARED[asked.question.compare]
    amount, top = BY_KEY["gross"].called(own=asked.own), "What you bought" if asked.own else "Top products"
    parts: list[Part] = [_chart(key, answer, asked.words, compared, own=asked.own) for key in ("gross", "returns") if key in answer]
    if not asked.question.filters:
        overview = await analytics.overview(asked.actor, asked.question)
        parts.append(Ranked(top, "Product", amount, product_bars(overview["topProducts"], asked.words)))
        parts.append(Ranked("Countries", "Country", amount, country_bars(overview["countries"], asked.words)))
    return [key for key in ("gross", "orders", "aov", "new", "returns") if key in answer][:4], answer, parts


async def _products(asked: _Asked) -> Content:
    answer = await analytics.products(asked.actor, replace(asked.question, limit=_ROWS))
    parts: list[Part] = [Ranked("Top products", "Product", "Gross sales", product_bars(answer["products"], asked.words, _ROWS))]
    if "categories" in answer and not asked.question.filters:
        items = [
            (row["category"] or "Without a category", float(row["gross"]), asked.words.short_money(row["gross"]), "")
            for row in answer["categories"]
            if Decimal(row["gross"]) > 0
        ]
        parts.append(Ranked("Categories", "Category", "Gross sales", ranking(items, most=_ROWS)))
    return (), answer, parts


async def _customers(asked: _Asked) -> Content:
    answer = await analytics.customers(asked.actor, asked.question)
    narrowed = replace(Question(end=asked.question.end), **asked.question.narrowing)
    rows = (await analytics.cohorts(asked.actor, narrowed))["cohorts"][-_COHORTS:]
    most = max((len(row["rates"]) for row in rows), default=0)
    lines = [
        [
            asked.words.month(date.fromisoformat(row["from"])),
            asked.words.number(row["size"]),
            *(asked.words.percent(round(rate, 2)) for rate in row["rates"]),
            *[""] * (most - len(row["rates"])),
        ]
        for row in rows
    ]
    about = "A customer belongs to the month of their first order. Column +k is the share of them that bought in the kth month after it."
    dashed = [(number, len(row["rates"]) + 1) for number, row in enumerate(rows) if not row["complete"]]
    about = f"{about} {partial_in_words(rows, window_of(answer), asked.words)}".strip()
    retention = Grid("Retention", ["First month", "Customers", *(f"+{number}" for number in range(most))], lines, about, dashed)
    return ("buyers", "new", "repeatRate", "clv"), answer, [_chart("new", answer, asked.words, ""), retention]


async def _inventory(asked: _Asked) -> Content:
    answer = await analytics.inventory(asked.actor, Question(end=asked.question.end, category=asked.question.category, limit=_STOCK_ROWS))
    summary, words = answer["summary"], asked.words
    at_cost, told = summary["valueAtCost"], costs_in_words(summary["products"], summary["productsWithoutCost"])
    whole = [
        ("Value at price", words.money(summary["valueAtPrice"])),
        ("Value at cost", told if at_cost is None else f"{words.money(at_cost)}, {told}"),
        ("Products", words.number(summary["products"])),
        ("Low stock", words.number(summary["low"])),
        ("Out of stock", words.number(summary["out"])),
    ]
    rows = [
        (
            row["name"],
            words.number(row["stock"]),
            words.number(row["soldUnits"]),
            cover_in_words(row["daysOfCover"]),
            words.money(row["valueAtPrice"]),
        )
        for row in answer["products"]
    ]
    about = "Days of cover: stock ÷ pieces sold in the 30 days before the end of the window × 30."
    heads = ("Product", "Stock", _SOLD, "Lasts", "Value at price")
    parts: list[Part] = [Grid("Stock as of now", ("", ""), whole)]
    if gone := [(row["name"], out_since(row["outSince"], words), words.number(row["soldUnits"])) for row in answer["out"]]:
        parts.append(Grid("Out of stock now", ("Product", "Since", _SOLD), gone))
    return (), {}, [*parts, Grid("What runs out first, of the stock as of now", heads, rows, about)]


async def _forecast(asked: _Asked) -> Content:
    words = asked.words
    answer = await analytics.forecast(asked.actor, Question(end=asked.question.end))
    past = [Sample(row["from"], days_in_words(window_of(row), words), float(row["value"])) for row in answer["history"]]
    coming = [
        Expected(row["from"], days_in_words(window_of(row), words), float(row["value"]), float(row["low"]), float(row["high"]))
        for row in answer["series"]
    ]
    about = answer["reason"] or "Dashed: what is expected; the band holds the middle 80 % of the past errors of such forecasts."
    odd = await analytics.anomalies(asked.actor, Question(asked.question.first, asked.question.end))
    rows = [
        (days_in_words(window_of(row), words), words.short_money(row["value"]), words.short_money(row["expected"]))
        for row in reversed(odd["anomalies"])
    ]
    chart = expectation("Gross sales, and the next four weeks", past, coming, "money", words, about)
    return (), {}, [chart, Grid("Days out of line", ("Day", "Gross sales", "Expected"), rows)]


_READ, _EXPLORE = ("analytics:read",), ("analytics:explore",)
PAGES = {
    "/": Page("Dashboard", _READ, WINDOW, _dashboard),
    "/analytics": Page("Analytics of sales", _READ, (*WINDOW, *FILTERS), _sales),
    "/analytics/products": Page("Analytics of products", _READ, (*WINDOW, "category"), _products),
    "/analytics/customers": Page("Analytics of customers", _EXPLORE, (*WINDOW, *OF_CUSTOMERS), _customers),
    "/analytics/inventory": Page("Analytics of inventory", (*_EXPLORE, "products:update"), (*WINDOW, "category"), _inventory),
    "/analytics/forecast": Page("Forecast", _EXPLORE, WINDOW, _forecast),
}
"""By the path of the application."""


def page_at(path: str, query: Mapping[str, str]) -> Page:
    """The page of an address.

    Raises:
        NotShareable: there are no figures there. Invalid: the address asks what cannot be read, or cannot be kept in a sheet.
    """
    page = PAGES.get(path)
    if page is None:
        raise NotShareable
    read_question(query, page.takes)
    return page


async def make_sheet(actor: Actor, path: str, query: Mapping[str, str], keys: Sequence[str] = ()) -> Sheet:
    """What the page of an address says to `actor` now; without a window in the address, of the latest 30 days.

    Args:
        actor: under whose rights.
        path: of the page.
        query: of its address.
        keys: the pieces of a dashboard; those that `actor` may not see (any more) are left out.

    Raises:
        Forbidden: the actor may not see this page. NotShareable: nothing is left of it. Invalid: as `page_at`.
    """
    page = page_at(path, query)
    for permission in page.needs:
        check(actor, permission)
    question = read_question(query, page.takes)
    recent, words = await analytics.recent(actor), await locale()
    usual = not (question.first or question.end)
    if usual:
        question = replace(question, first=recent.first, end=recent.end)
    if question.currency:
        words = replace(words, currency=question.currency)
    pieces = [PIECES[key] for key in keys if key in PIECES and may_see(actor, PIECES[key])]
    asked = _Asked(actor, question, pieces, words)
    tiles, answer, parts = await page.fill(asked)
    window = window_of(answer) if answer else Window(question.first or recent.first, question.end or recent.end)
    against = against_in_words(question.compare, window) if answer.get("previous") else ""
    shown = [metric_tile(BY_KEY[key], answer, question.compare, words, own=asked.own) for key in tiles]
    whole, today = await analytics.everything(actor), clock.now().astimezone(words.zone).date()
    aside = aside_in_words(recent, whole, today) if usual else silence_in_words(window, whole, words)
    narrowed = ", ".join(filter_in_words(name, value) for name, value in question.filters.items())
    sheet = Sheet(page.title, days_in_words(window, words), against, words, shown, parts, narrowed, aside)
    if sheet.empty:
        raise NotShareable
    return sheet
