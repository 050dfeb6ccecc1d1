"""What the dashboard holds: tiles, charts and lists as the person has arranged them, in the window of the address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from mewayz.backend.access import scope_of
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Scope
from mewayz.domains.analytics.boards import boards
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.pieces import Kind, Piece, arranged, readable
from mewayz.domains.analytics.questions import MAX_ROWS, Question
from mewayz.domains.analytics.service import analytics
from mewayz.domains.analytics.spoken import COMPARED, UNITS, country_bars, metric_samples, metric_tile, product_bars, window_of
from mewayz.domains.analytics.window_state import Windowed
from mewayz.ui.events import actor, on
from mewayz.ui.glance import Bar, Tile
from mewayz.ui.guard import Guarded, guarded
from mewayz.ui.news import follow, unfollow
from mewayz.ui.plot import Plot, trend
from mewayz.ui.words import Locale, locale, plural, sentence, tone

_HEADINGS = {Kind.PRODUCTS: "Product", Kind.COUNTRIES: "Country"}
_NOTHING = {Kind.ORDERS: "No orders yet.", Kind.LOW: "Nothing runs out."}


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


@dataclass
class Card:
    """A chart or a list of the dashboard; `kind` says which of the parts it uses, `heading` and `unit` name its columns."""

    key: str
    kind: str
    title: str = ""
    wide: bool = False
    ready: bool = False
    plot: Plot = field(default_factory=Plot)
    compared: str = ""
    about: str = ""
    bars: list[Bar] = field(default_factory=list)
    briefs: list[Brief] = field(default_factory=list)
    heading: str = ""
    unit: str = "Gross sales"
    nothing: str = ""
    file: str = ""


@dataclass
class Pick:
    """A piece that can be shown."""

    key: str
    label: str
    shown: bool = False
    first: bool = False
    last: bool = False


def _card(piece: Piece, *, own: bool) -> Card:
    """Its place, before what it shows has arrived."""
    about, unit = (piece.metric.formula, piece.metric.called(own=own)) if piece.metric else ("", BY_KEY["gross"].called(own=own))
    kind = piece.kind
    return Card(
        piece.key, kind.value, piece.called(own=own), kind is Kind.CHART, about=about, heading=_HEADINGS.get(kind, ""), unit=unit,
        nothing=_NOTHING.get(kind, "Nothing in this period."),
    )  # fmt: skip


class Board(Guarded, Windowed, rx.State):
    """The dashboard of one person.

    Attributes:
        laid: whether it is known what stands where.
        shape: a text for each tile that is to come.
        chosen: whether the person has arranged it.
        said: what the last change did, for screen readers.
    """

    ready: bool = False
    nothing: bool = False
    own: bool = False
    laid: bool = False
    shape: list[str] = []  # noqa: RUF012 (Reflex copies defaults per client)
    tiles: list[Tile] = []  # noqa: RUF012
    cards: list[Card] = []  # noqa: RUF012
    tile_picks: list[Pick] = []  # noqa: RUF012
    card_picks: list[Pick] = []  # noqa: RUF012
    chosen: bool = False
    said: str = ""
    _keys: list[str] = []  # noqa: RUF012
    _shown_at: str = ""

    @on("analytics:read", supersedes=True)
    async def lay(self) -> None:
        """Show what will stand where, before the figures arrive."""
        self.said = ""
        async with guarded(self):
            self._lay(await boards.kept(actor()))

    @on("analytics:read", supersedes=True)
    async def load(self) -> None:
        """Show the window that the address asks for; without one, the latest 30 days of steady sales."""
        self._keep()
        async with guarded(self):
            whole = await analytics.everything(actor())
            try:
                await self._fill(whole)
            except Invalid as error:
                # What can be understood is kept, and the menus lead out.
                self._kept = {key: value for key, value in self._kept.items() if key not in error.fields}
                await self._offer(await analytics.recent(actor()), Question(), whole, "")
                raise Invalid(" ".join(error.fields.values())) from None
        self.ready = not self.error
        self._turned()
        self._shown_at = self.router.url.path
        follow(self, Board.look, "orders", "products")

    @on("analytics:read", supersedes=True)
    async def look(self) -> None:
        """Others have sold, shipped or changed something: bring the figures up to date."""
        if self.router.url.path != self._shown_at:
            unfollow(self)
        else:
            await self.load()

    @on("analytics:read")
    async def toggle(self, key: str) -> None:
        """Show a piece at the end of its kind, or hide it."""
        shown = self._order()
        if key not in shown:
            await self._relay([*shown, key], "is shown", key)
        elif len(shown) > 1:
            await self._relay([one for one in shown if one != key], "is hidden", key)
        else:
            self.said = "The last one stays: a dashboard shows something."

    @on("analytics:read")
    async def move(self, key: str, step: int) -> None:
        """Move a piece one place towards the beginning (-1) or the end (1) among those of its kind."""
        picks = self.tile_picks if any(pick.key == key for pick in self.tile_picks) else self.card_picks
        group = [pick.key for pick in picks if pick.shown]
        if key not in group:
            return
        here = group.index(key)
        there = min(max(here + (1 if step > 0 else -1), 0), len(group) - 1)
        group.insert(there, group.pop(here))
        others = [one for one in self._order() if one not in group]
        await self._relay([*group, *others], f"is now number {there + 1} of {len(group)}", key)

    @on("analytics:read")
    async def usual(self) -> None:
        """Show what is shown before anybody arranges it."""
        await self._relay([], "The dashboard is as at the beginning.", "")

    def _pieces(self) -> list[Piece]:
        return arranged(actor(), self._keys)

    def _order(self) -> list[str]:
        return [piece.key for piece in self._pieces()]

    def _lay(self, keys: Sequence[str]) -> None:
        who = actor()
        self._keys, self.chosen, self.laid = list(keys), bool(keys), True
        self.own = scope_of(who, "analytics:read") is Scope.OWN
        shown = self._pieces()
        self.shape = [piece.key for piece in shown if piece.is_tile]
        there = {card.key: card for card in self.cards}
        self.cards = [there.get(piece.key) or _card(piece, own=self.own) for piece in shown if not piece.is_tile]
        rest = [piece for piece in readable(who) if piece not in shown]
        self.tile_picks = self._picks(shown, rest, tiles=True)
        self.card_picks = self._picks(shown, rest, tiles=False)

    def _picks(self, shown: Sequence[Piece], rest: Sequence[Piece], *, tiles: bool) -> list[Pick]:
        here, others = ([piece for piece in some if piece.is_tile is tiles] for some in (shown, rest))
        last = len(here) - 1
        return [
            *(Pick(piece.key, piece.called(own=self.own), True, number == 0, number == last) for number, piece in enumerate(here)),
            *(Pick(piece.key, piece.called(own=self.own)) for piece in others),
        ]

    async def _relay(self, keys: list[str], what: str, key: str) -> None:
        """Show these pieces, and remember them; who looks through another role keeps nothing."""
        async with guarded(self):
            if not actor().viewing:
                await boards.arrange(actor(), keys)
            self._lay(keys)
            label = next((pick.label for pick in (*self.tile_picks, *self.card_picks) if pick.key == key), "")
            self.said = f"{label} {what}".strip()
            await self._fill(await analytics.everything(actor()))

    async def _fill(self, whole: Window | None) -> None:
        question = await self._question(whole)
        words, pieces = self._words(question, await locale()), self._pieces()
        answer = await boards.figures(actor(), question, pieces)
        await self._frame(window_of(answer), question, whole, words, answer["interval"])
        self.compared = COMPARED[question.compare] if answer["previous"] else ""
        self.tiles = [
            metric_tile(piece.metric, answer, question.compare, words, own=self.own) for piece in pieces if piece.is_tile and piece.metric
        ]
        self._save("overview", question)
        self.cards = [await self._filled(piece, question, answer, words) for piece in pieces if not piece.is_tile]
        self.nothing = whole is None

    async def _filled(self, piece: Piece, question: Question, answer: dict[str, Any], words: Locale) -> Card:
        card = _card(piece, own=self.own)
        card.ready, card.compared, card.file = True, self.compared, self.file
        match piece.kind:
            case Kind.CHART if piece.metric is not None:
                samples = metric_samples(piece.metric, answer, words)
                kind = "line" if len(samples) > 1 else "bars"
                card.plot = trend(samples, words, unit=UNITS[piece.metric.unit], title=card.title, kind=kind)
            case Kind.PRODUCTS:
                self._save("products", question, limit=str(MAX_ROWS))
                card.file = self.file
                card.bars = product_bars(answer["topProducts"], words)
            case Kind.COUNTRIES:
                self._save("countries", question)
                card.file = self.file
                card.bars = country_bars(answer["countries"], words)
            case Kind.ORDERS:
                card.briefs = [_order_brief(row, words) for row in await analytics.latest_orders(actor())]
            case Kind.LOW:
                card.briefs = [_stock_brief(row) for row in await analytics.low_stock(actor())]
            case _:
                raise AssertionError(piece.kind)
        return card


def _order_brief(row: dict[str, Any], words: Locale) -> Brief:
    return Brief(
        row["id"],
        row["number"],
        f"/orders/{row['id']}",
        f"{row['customerName'] or 'Guest'} · {words.ago(row['placedAt'])}",
        words.money(row["total"]),
        sentence(row["status"]),
        tone(row["status"]),
    )


def _stock_brief(row: dict[str, Any]) -> Brief:
    return Brief(row["id"], row["name"], f"/products/{row['id']}", row["sku"] or "", plural(row["inventory"]["stock"], "piece", "pieces"))
