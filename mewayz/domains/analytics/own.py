"""The figures of one person's own orders: few enough to be read as they are."""

from collections import defaultdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from mewayz.backend import money
from mewayz.backend.columns import UtcTime
from mewayz.backend.runtime import current
from mewayz.backend.shop import start_of_day
from mewayz.domains.analytics.model import Window
from mewayz.domains.orders.measures import NOTHING, Measures, lines_measures, parse_lines
from mewayz.domains.orders.model import OrderKind, OrderStatus, orders_collection

_orders = orders_collection.table.c
_OWN = (
    select(_orders.kind, _orders.placed_at, _orders.country, _orders.lines, _orders.discount)
    .where(
        _orders.owner_id == bindparam("owner"),
        _orders.currency == bindparam("currency"),
        _orders.status != OrderStatus.CANCELLED.value,
        _orders.placed_at >= bindparam("since", type_=UtcTime()),
        _orders.placed_at < bindparam("until", type_=UtcTime()),
    )
    .order_by(_orders.placed_at)
)


class OwnFigures:
    """Sums over the orders of one person in a window, in the forms that the overview needs."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.whole = NOTHING
        self.days: dict[date, Measures] = defaultdict(Measures)
        self.countries: dict[str, Measures] = defaultdict(Measures)
        self.products: dict[tuple[str, str, str], Measures] = defaultdict(Measures)

    def _add(self, kind: str, day: date, country: str, lines: list[dict[str, Any]], discount: int) -> None:
        whole, bought = NOTHING, dict[tuple[str, str, str], Measures]()
        for line, part in zip(lines, lines_measures(kind, parse_lines(lines), discount), strict=True):
            whole = whole.plus(part)
            if line["productId"] and any(part):
                key = (line["productId"], line["name"], line["sku"])
                bought[key] = bought.get(key, NOTHING).plus(part)
        for key, part in bought.items():
            self.products[key] = self.products[key].plus(part._replace(orders=int(part.gross > 0)))
        whole = whole._replace(orders=int(kind == OrderKind.SALE and whole.gross > 0), discounts=discount)
        self.whole = self.whole.plus(whole)
        self.days[day] = self.days[day].plus(whole)
        self.countries[country] = self.countries[country].plus(whole)


async def own_figures(owner: str, window: Window, currency: str, zone: ZoneInfo, only: str | None = None) -> OwnFigures:
    """Add up the orders that belong to `owner`, of one country (`only`) where that is named."""
    since, until = (start_of_day(day, zone) for day in (window.first, window.end))
    params = {"owner": owner, "currency": currency, "since": since, "until": until}
    found = OwnFigures()
    for kind, placed_at, country, lines, discount in await current().database.fetch(_OWN, params):
        if only in (None, country):
            found._add(kind, placed_at.astimezone(zone).date(), country, lines, money.to_units(discount))  # pyright: ignore[reportPrivateUsage]
    return found


async def own_bounds(owner: str, currency: str, zone: ZoneInfo) -> Window | None:
    """From the first to the last day with an order of this person."""
    everything = await own_figures(owner, Window(date(1970, 1, 1), date(2200, 1, 1)), currency, zone)
    if not everything.days:
        return None
    return Window(min(everything.days), date.fromordinal(max(everything.days).toordinal() + 1))
