"""The verbs of analytics."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mewayz.backend import clock, money
from mewayz.backend.access import Actor, Scope, allow, check
from mewayz.backend.errors import Invalid
from mewayz.backend.query import Query
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.domains.analytics import figures, own
from mewayz.domains.analytics.model import MAX_BUCKETS, Interval, Question, Window
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products

_SECONDS = 60
_RECENT_DAYS = 30
_STALE_DAYS = 90
Buckets = dict[date, tuple[int, int, int, int]]


class Analytics:
    """Figures of the shop, or of the person's own orders."""

    noun: ClassVar[str] = "analytics"

    @allow("read")
    async def overview(self, actor: Actor, question: Question) -> dict[str, Any]:
        """Totals, the compared window's totals, a series, products and countries; money as decimal strings.

        Raises:
            Invalid: the window has more buckets than a chart can show.
        """
        owner = actor.id if check(actor, "analytics:read") is Scope.OWN else None
        place = await shop()
        currency = question.currency or place.currency

        async def load() -> dict[str, Any]:
            return await self._overview(owner, question, currency, place.zone)

        key = ["overview", owner, asdict(question), currency, place.timezone, clock.now().astimezone(place.zone).date()]
        also = ("orders", "customers", "products", "shop")
        return await current().cache.remember("analytics", key, ttl=_SECONDS, also=also, compute=load)

    @allow("read")
    async def recent(self, actor: Actor) -> Window:
        """The window that a dashboard opens with: 30 days up to today, or up to the last sale when that is long ago."""
        owner = actor.id if check(actor, "analytics:read") is Scope.OWN else None
        place = await shop()
        today = clock.now().astimezone(place.zone).date()
        found = await self._bounds(owner, place.currency, place.zone)
        last = found.end if found and (today - found.end).days > _STALE_DAYS else date.fromordinal(today.toordinal() + 1)
        return Window(date.fromordinal(last.toordinal() - _RECENT_DAYS), last)

    @allow("read")
    async def everything(self, actor: Actor) -> Window | None:
        """From the first to the day after the last order."""
        owner = actor.id if check(actor, "analytics:read") is Scope.OWN else None
        place = await shop()
        return await self._bounds(owner, place.currency, place.zone)

    @allow("orders:read")
    async def latest_orders(self, actor: Actor, limit: int = 6) -> list[dict[str, Any]]:
        """The latest orders that the actor may see."""
        page = await orders.page(actor, Query(limit=limit, filters={"figure": "sales"}))
        return page.rows

    @allow("products:update")
    async def low_stock(self, actor: Actor, limit: int = 6) -> list[dict[str, Any]]:
        """The products that run out first."""
        return await products.low(actor, limit)

    async def _bounds(self, owner: str | None, currency: str, zone: ZoneInfo) -> Window | None:
        return await (own.own_bounds(owner, currency, zone) if owner else figures.bounds(currency))

    async def _overview(self, owner: str | None, question: Question, currency: str, zone: ZoneInfo) -> dict[str, Any]:
        today = clock.now().astimezone(zone).date()
        whole = await self._bounds(owner, currency, zone) or Window(today, date.fromordinal(today.toordinal() + 1))
        first = question.first or min(whole.first, question.end or whole.first)
        end = question.end or max(whole.end, date.fromordinal(first.toordinal() + 1))
        window = Window(first, end)
        interval = question.interval or window.natural_interval()
        if window.days // interval.least_days > MAX_BUCKETS:
            raise Invalid(fields={"interval": "This window is too long for this interval. Choose a longer one."})
        answer = await (self._own(owner, window, currency, zone) if owner else self._shop(window, currency, zone))
        before = window.before(question.compare) if question.first or question.end else None
        previous: dict[str, Any] | None = None
        if before is not None:
            found = await (self._own(owner, before, currency, zone) if owner else self._sums_of(before, currency, zone))
            previous = {
                "from": before.first.isoformat(),
                "to": before.end.isoformat(),
                **_measures(found["totals"]),
                "series": _series(found["days"], found["new"], before, interval, today),
            }
        return {
            "from": window.first.isoformat(),
            "to": window.end.isoformat(),
            "timezone": zone.key,
            "currency": currency,
            "interval": interval,
            **_measures(answer["totals"]),
            "previous": previous,
            "series": _series(answer["days"], answer["new"], window, interval, today),
            "topProducts": answer["products"],
            "countries": answer["countries"],
        }

    async def _sums_of(self, window: Window, currency: str, zone: ZoneInfo) -> dict[str, Any]:
        return {
            "totals": await figures.totals(window, currency, zone),
            "days": await figures.by_day(window, currency),
            "new": await figures.new_by_day(window, zone),
        }

    async def _shop(self, window: Window, currency: str, zone: ZoneInfo) -> dict[str, Any]:
        products = await figures.by_product(window, currency)
        return {
            **await self._sums_of(window, currency, zone),
            "products": [{"id": key, "name": name, "sku": sku, **_sums(sums)} for key, name, sku, sums in products],
            "countries": [{"country": name, **_sums(sums)} for name, sums in await figures.by_country(window, currency)],
        }

    async def _own(self, owner: str | None, window: Window, currency: str, zone: ZoneInfo) -> dict[str, Any]:
        assert owner is not None
        found = await own.own_figures(owner, window, currency, zone)
        by_gross = sorted(found.products.items(), key=lambda item: (-item[1].gross, item[0]))[: figures.TOP]
        countries = sorted(found.countries.items(), key=lambda item: (-item[1].gross, item[0]))
        return {
            "totals": found.whole._asdict(),
            "days": dict(found.days),
            "new": {},
            "products": [{"id": key, "name": name, "sku": sku, **_sums(sums._asdict())} for (key, name, sku), sums in by_gross],
            "countries": [{"country": name, **_sums(sums._asdict())} for name, sums in countries],
        }


def _sums(sums: Mapping[str, int]) -> dict[str, Any]:
    return {
        "gross": money.wire(sums["gross"]),
        "returns": money.wire(sums["returns"]),
        "net": money.wire(sums["gross"] - sums["returns"]),
        "orders": sums["orders"],
        "units": sums["units"],
    }


def _average(gross: int, orders: int) -> str | None:
    """AOV, rounded to a hundredth; null without an order."""
    if not orders:
        return None
    return str((money.from_units(gross) / orders).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def _measures(totals: Mapping[str, int]) -> dict[str, Any]:
    """Totals in wire form."""
    found = {**_sums(totals), "aov": _average(totals["gross"], totals["orders"])}
    return found | {name: totals[name] for name in ("buyers", "new", "repeat", "guestOrders") if name in totals}


def _series(days: Buckets, new: Mapping[date, int], window: Window, interval: Interval, today: date) -> list[dict[str, Any]]:
    """One entry per bucket, empty ones too. A bucket that the window cuts, or that is not over yet, is not complete."""
    buckets: dict[date, list[int]] = {}
    start = interval.start(window.first)
    while start < window.end:
        buckets[start] = [0, 0, 0, 0, 0]
        start = interval.next(start)
    for day, measures in days.items():
        bucket = buckets[interval.start(day)]
        for index, value in enumerate(measures):
            bucket[index] += value
    for day, count in new.items():
        buckets[interval.start(day)][4] += count
    found: list[dict[str, Any]] = []
    for start, (gross, returns, count, units, newcomers) in buckets.items():
        end = interval.next(start)
        found.append(
            {
                "from": max(start, window.first).isoformat(),
                "to": min(end, window.end).isoformat(),
                **_sums({"gross": gross, "returns": returns, "orders": count, "units": units}),
                "aov": _average(gross, count),
                "new": newcomers,
                "complete": start >= window.first and end <= window.end and end <= today,
            }
        )
    return found


analytics = Analytics()
