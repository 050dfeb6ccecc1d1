"""What a dashboard is made of: a tile and a chart of every metric, and four lists; who may see which follows from GRANTS."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mewayz.backend.access import Actor, can, scope_of
from mewayz.backend.grants import Scope
from mewayz.domains.analytics.metrics import ADDITIVE, METRICS, OF_PEOPLE, MetricSpec


class Kind(StrEnum):
    """How a piece looks."""

    TILE = "tile"
    CHART = "chart"
    PRODUCTS = "products"
    COUNTRIES = "countries"
    ORDERS = "orders"
    LOW = "low"


_OWN_LISTS = {"list.products": "What you bought", "list.orders": "Your recent orders"}


@dataclass(frozen=True)
class Piece:
    """One tile, chart or list.

    Attributes:
        key: under which it is kept in an arrangement.
        metric: what a tile or a chart shows.
        needs: the permission beside that to read analytics.
    """

    key: str
    label: str
    kind: Kind
    metric: MetricSpec | None = None
    needs: str = "analytics:read"

    def called(self, *, own: bool) -> str:
        """Its label, for who sells or for who buys."""
        if self.metric is not None:
            return self.metric.called(own=own)
        return _OWN_LISTS.get(self.key, self.label) if own else self.label

    @property
    def is_tile(self) -> bool:
        """Whether it stands in the row of tiles above."""
        return self.kind is Kind.TILE


def _over_time(spec: MetricSpec) -> bool:
    """Whether each window has it: what reaches back to the beginning has no buckets, and is part of the analysis of customers."""
    return {*ADDITIVE, *OF_PEOPLE}.issuperset(spec.needs)


def _pieces() -> Iterable[Piece]:
    for spec in METRICS:
        yield Piece(spec.key, spec.label, Kind.TILE, spec, "analytics:read" if _over_time(spec) else "analytics:explore")
    for spec in METRICS:
        if _over_time(spec):
            yield Piece(f"{spec.key}.chart", spec.label, Kind.CHART, spec)
    yield Piece("list.products", "Top products", Kind.PRODUCTS)
    yield Piece("list.orders", "Recent orders", Kind.ORDERS, needs="orders:read")
    yield Piece("list.countries", "Countries", Kind.COUNTRIES)
    yield Piece("list.low", "Low stock", Kind.LOW, needs="products:update")


PIECES = {piece.key: piece for piece in _pieces()}
"""By key: the tiles, then the charts, then the lists."""

_USUAL_TILES = ("gross", "orders", "aov", "new", "returns")
_FIRST_TILES = 4
_USUAL_CARDS = ("gross.chart", "list.products", "list.orders", "list.countries", "list.low")


def may_see(actor: Actor, piece: Piece) -> bool:
    """Whether the actor may read it. Of one's own orders only what adds up is known: who else buys is the shop's affair."""
    scope = scope_of(actor, "analytics:read")
    if scope is None or not can(actor, piece.needs):
        return False
    return scope is Scope.ANY or piece.metric is None or set(ADDITIVE).issuperset(piece.metric.needs)


def readable(actor: Actor) -> list[Piece]:
    """All that the actor may put on a dashboard."""
    return [piece for piece in PIECES.values() if may_see(actor, piece)]


def usual(actor: Actor) -> list[Piece]:
    """What a dashboard shows before anybody arranges it."""
    known = {piece.key: piece for piece in readable(actor)}
    tiles = [known[key] for key in _USUAL_TILES if key in known][:_FIRST_TILES]
    return [*tiles, *(known[key] for key in _USUAL_CARDS if key in known)]


def arranged(actor: Actor, keys: Iterable[str]) -> list[Piece]:
    """The pieces of an arrangement that the actor may see now; without any, the usual ones."""
    known = {piece.key: piece for piece in readable(actor)}
    return [known[key] for key in dict.fromkeys(keys) if key in known] or usual(actor)
