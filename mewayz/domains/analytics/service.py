"""The verbs of analytics."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from typing import Any, ClassVar

from mewayz.backend import audit, clock
from mewayz.backend.access import Actor, Scope, allow, check, require_proof
from mewayz.backend.errors import Invalid
from mewayz.backend.query import Query
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.backend.unit import unit
from mewayz.domains.analytics import cohorts, inventory, metrics, own, rankings
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.outlook import outlook, unusual
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.rebuild import Rebuilt, Report, rebuild
from mewayz.domains.analytics.sales import Frame, frame_of, heading, sales
from mewayz.domains.analytics.sources import OfCategory, OfCountry, OfOwner, Place, Source, WholeShop, summed
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products

_SECONDS = 60
_RECENT_DAYS = 30
_STALE_DAYS = 90
TOP = 10
Answer = dict[str, Any]


class Analytics:
    """Figures of the shop, or of the person's own orders."""

    noun: ClassVar[str] = "analytics"

    @allow("read")
    async def overview(self, actor: Actor, question: Question) -> Answer:
        """Totals, the compared window's totals, a series, products and countries; money as decimal strings."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, question), **await sales(asked.source, frame)}
            ranked = await asked.products(frame.window, "gross", TOP)
            return {**found, "topProducts": ranked, "countries": await asked.countries(frame.window, "gross", buyers=False)}

        return await _remembered("overview", actor, question, load)

    @allow("read")
    async def sales(self, actor: Actor, question: Question) -> Answer:
        """Every metric of the window and of each of its buckets, with the comparison."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, question), **await sales(asked.source, frame)}
            if isinstance(asked.source, WholeShop) and not question.filters:
                found["states"] = await rankings.states(frame.window, asked.place)
            return found

        return await _remembered("sales", actor, question, load)

    @allow("read")
    async def products(self, actor: Actor, question: Question) -> Answer:
        """The products, and the categories, that come first by a metric, with their share of the window."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, question), "sort": question.sort}
            found["products"] = await asked.products(frame.window, question.sort, question.limit)
            if asked.owner is None:
                whole = await summed(asked.source, frame.window)
                found |= metrics.wire(whole)
                found["categories"] = await rankings.top_categories(frame.window, asked.place, metric=question.sort, whole=whole)
            return found

        return await _remembered("products", actor, question, load)

    @allow("read")
    async def countries(self, actor: Actor, question: Question) -> Answer:
        """All countries by a metric, with their share of the window."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, question), "sort": question.sort}
            return {**found, "countries": await asked.countries(frame.window, question.sort)}

        return await _remembered("countries", actor, question, load)

    @allow("explore")
    async def customers(self, actor: Actor, question: Question) -> Answer:
        """Buyers, new and returning ones, the lifetime value, and the customers that come first by a metric."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, question), **await sales(asked.source, frame)}
            whole = await summed(asked.source, frame.window)
            found |= metrics.wire(await rankings.lifetime(frame.window, asked.place), ("clv",))
            found["sort"] = question.sort
            found["customers"] = await rankings.top_customers(
                frame.window, asked.place, metric=question.sort, limit=question.limit, whole=whole
            )
            return found

        return await _remembered("customers", actor, question, load)

    @allow("customers:export")
    async def export_customers(self, actor: Actor, question: Question) -> Answer:
        """The same for a file, which takes the names of customers out of the shop.

        Raises:
            StepUpRequired: the last proof is too old.
        """
        require_proof(actor)
        found = await self.customers(actor, question)
        async with unit() as opened:
            asked = {"from": found["from"], "to": found["to"], "sort": question.sort, "limit": question.limit}
            audit.record(opened, "customers.exported", "", {"query": asked}, risk="medium")
        return found

    @allow("explore")
    async def cohorts(self, actor: Actor, question: Question) -> Answer:
        """Retention by first month."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            rows = await cohorts.cohorts(frame.window, asked.place, months=question.months, today=asked.today)
            return {**heading(frame, asked.place, question), "months": question.months, "cohorts": rows}

        return await _remembered("cohorts", actor, question, load)

    @allow("explore")
    async def inventory(self, actor: Actor, question: Question) -> Answer:
        """Stock, how long it lasts at the pace of the last 30 days, and what it is worth."""
        check(actor, "products:update")

        async def load(asked: Asked) -> Answer:
            end = question.end or (await self._recent(asked.source, asked.today)).end
            return await inventory.inventory(end, asked.place, category=question.category, limit=question.limit)

        return await _remembered("inventory", actor, question, load)

    @allow("explore")
    async def forecast(self, actor: Actor, question: Question) -> Answer:
        """What the next days or weeks may bring, from all that is over by now or by the end of the window.

        Raises:
            Invalid: the interval is longer than a week.
        """
        if question.interval not in (None, Interval.DAY, Interval.WEEK):
            raise Invalid(fields={"interval": "Choose one of: day, week."})

        async def load(asked: Asked) -> Answer:
            whole = await self._past(asked, question)
            return await outlook(asked.source, asked.place, question, whole)

        return await _remembered("forecast", actor, question, load)

    @allow("explore")
    async def anomalies(self, actor: Actor, question: Question) -> Answer:
        """The days of the window that are out of line with the same weekday of the weeks before."""

        async def load(asked: Asked) -> Answer:
            return await unusual(asked.source, asked.place, await asked.frame(), question)

        return await _remembered("anomalies", actor, question, load)

    @allow("read")
    async def dictionary(self, actor: Actor) -> list[Answer]:
        """Every metric: its name, unit and formula, where it is kept and what it opens."""
        return [metric.entry() for metric in metrics.METRICS]

    @allow("read")
    async def recent(self, actor: Actor) -> Window:
        """The window that a dashboard opens with: 30 days up to today, or up to the last sale when that is long ago."""
        asked = await _ask(actor, Question())
        return await self._recent(asked.source, asked.today)

    @allow("read")
    async def everything(self, actor: Actor) -> Window | None:
        """From the first to the day after the last order."""
        return await (await _ask(actor, Question())).source.bounds()

    @allow("orders:read")
    async def latest_orders(self, actor: Actor, limit: int = 6) -> list[dict[str, Any]]:
        """The latest orders that the actor may see."""
        page = await orders.page(actor, Query(limit=limit, filters={"figure": "sales"}))
        return page.rows

    @allow("products:update")
    async def low_stock(self, actor: Actor, limit: int = 6) -> list[dict[str, Any]]:
        """The products that run out first."""
        return await products.low(actor, limit)

    @allow("admin:update")
    async def rebuild(self, actor: Actor, report: Report, *, change: bool = True) -> Rebuilt:
        """Compute what is kept of the figures from the orders, say what differed, and with `change` put it right.

        Orders wait until it is done.
        """
        return await rebuild(report, change=change)

    async def _recent(self, source: Source, today: date) -> Window:
        end = _last_end(await source.bounds(), today)
        return Window(date.fromordinal(end.toordinal() - _RECENT_DAYS), end)

    async def _past(self, asked: "Asked", question: Question) -> Window | None:
        """The days that are over, from the first sale on."""
        whole = await asked.source.bounds()
        if whole is None:
            return None
        first, end = question.first or whole.first, question.end or _last_end(whole, asked.today)
        return Window(first, max(end, date.fromordinal(first.toordinal() + 1))).over_before(asked.today)


def _last_end(whole: Window | None, today: date) -> date:
    """Tomorrow, or the day after the last sale when that is long ago."""
    return whole.end if whole and (today - whole.end).days > _STALE_DAYS else date.fromordinal(today.toordinal() + 1)


class Asked:
    """A question with its actor's reach: which source answers it, where and on which day."""

    def __init__(self, actor: Actor, question: Question, place: Place, today: date) -> None:
        """Choose the source.

        Raises:
            Invalid: a person's own figures are not kept by category.
        """
        self.question, self.place, self.today = question, place, today
        self.owner = actor.id if check(actor, "analytics:read") is Scope.OWN else None
        self.source: Source = self._source()

    def _source(self) -> Source:
        if self.owner:
            if self.question.category:
                raise Invalid(fields={"category": "Your own figures are not kept by category."})
            return OfOwner(self.place, self.owner, self.question.country)
        if self.question.country:
            return OfCountry(self.place, self.question.country)
        return OfCategory(self.place, self.question.category) if self.question.category else WholeShop(self.place)

    async def frame(self) -> Frame:
        """The window that is meant."""
        return await frame_of(self.source, self.question, self.today)

    async def products(self, window: Window, metric: str, limit: int) -> list[Answer]:
        """The first products."""
        if self.owner:
            mine = await own.own_figures(self.owner, window, self.place.currency, self.place.zone)
            return rankings.own_products(mine, metric=metric, limit=limit)
        whole = await summed(self.source, window)
        category = self.question.category
        return await rankings.top_products(window, self.place, metric=metric, limit=limit, category=category, whole=whole)

    async def countries(self, window: Window, metric: str, *, buyers: bool = True) -> list[Answer]:
        """All countries, with their buyers where those are wanted: they are counted, not kept."""
        if self.owner:
            mine = await own.own_figures(self.owner, window, self.place.currency, self.place.zone)
            sums = {country: measures._asdict() for country, measures in mine.countries.items()}
            return rankings.countries_by(sums, metric, mine.whole._asdict())
        whole = await summed(self.source, window)
        sums = await rankings.country_sums(window, self.place)
        if buyers:
            counted = await rankings.country_buyers(window, self.place)
            sums = {country: {**counts, "buyers": counted.get(country, 0)} for country, counts in sums.items()}
        return rankings.countries_by(sums, metric, whole)


async def _ask(actor: Actor, question: Question) -> Asked:
    place = await shop()
    today = clock.now().astimezone(place.zone).date()
    return Asked(actor, question, Place(question.currency or place.currency, place.zone), today)


async def _remembered(name: str, actor: Actor, question: Question, load: Callable[[Asked], Awaitable[Answer]]) -> Answer:
    asked = await _ask(actor, question)
    key = [name, asked.owner, asdict(question), asked.place.currency, asked.place.zone.key, asked.today]
    also = ("orders", "customers", "products", "shop")
    return await current().cache.remember("analytics", key, ttl=_SECONDS, also=also, compute=lambda: load(asked))


analytics = Analytics()
