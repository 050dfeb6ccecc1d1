"""The verbs of analytics."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, ClassVar

from mewayz.backend import audit
from mewayz.backend.access import SYSTEM, Actor, allow, check, require_proof
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Scope
from mewayz.backend.query import Query
from mewayz.backend.runtime import current
from mewayz.backend.unit import unit
from mewayz.domains.analytics import ageing, cohorts, drills, inventory, metrics, rankings
from mewayz.domains.analytics.asked import Answer, Asked, ask
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.outlook import outlook, unusual
from mewayz.domains.analytics.questions import MAX_LIMIT, Question
from mewayz.domains.analytics.rebuild import Rebuilt, Report, rebuild
from mewayz.domains.analytics.recent import recent_end, recent_window
from mewayz.domains.analytics.sales import heading, sales
from mewayz.domains.analytics.sources import summed
from mewayz.domains.customers.accounts import may_ask_plan
from mewayz.domains.customers.service import customers
from mewayz.domains.orders.service import orders
from mewayz.domains.products.service import products
from mewayz.domains.users.model import Plan

_SECONDS = 60
TOP = 10


class Analytics:
    """Figures of the shop, or of the person's own orders."""

    noun: ClassVar[str] = "analytics"

    @allow("read")
    async def overview(self, actor: Actor, question: Question) -> Answer:
        """Totals, the compared window's totals, a series, products and countries; money as decimal strings."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            whole = await summed(asked.source, frame.window)
            found = {**heading(frame, asked.place, asked.question), **await sales(asked.source, frame)}
            # What some customers buy is not kept by product.
            found["topProducts"] = await asked.products(frame.window, "gross", TOP, whole) if not question.of_customers else []
            found["countries"] = await asked.countries(frame.window, "gross", whole, buyers=False)
            return found | await asked.states(frame.window)

        return await _remembered("overview", actor, question, load)

    @allow("read")
    async def sales(self, actor: Actor, question: Question) -> Answer:
        """Every metric of the window and of each of its buckets, with the comparison."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, asked.question), **await sales(asked.source, frame)}
            return found | await asked.states(frame.window)

        return await _remembered("sales", actor, question, load)

    @allow("read")
    async def products(self, actor: Actor, question: Question) -> Answer:
        """The products, and the categories, that come first by a metric, with their share of the window."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            whole = await summed(asked.source, frame.window)
            found = {**heading(frame, asked.place, asked.question), "sort": question.sort}
            found["products"] = await asked.products(frame.window, question.sort, question.limit, whole)
            if asked.owner is None:
                found |= metrics.wire(whole)
                metric = question.sort if question.sort != "orders" else "gross"  # orders do not add up over products
                rows, rest = await rankings.top_categories(frame.window, asked.place, metric=metric, filters=asked.filters, whole=whole)
                found["withoutProduct"] = rest
                found["categoriesSort"] = metric
                found["categories"] = drills.ranked(rows, "category", "category", metric, frame.window, asked.question)
            return found

        return await _remembered("products", actor, question, load)

    @allow("read")
    async def countries(self, actor: Actor, question: Question) -> Answer:
        """All countries by a metric, with their share of the window."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, asked.question), "sort": question.sort}
            whole = await summed(asked.source, frame.window)
            return {**found, "countries": await asked.countries(frame.window, question.sort, whole)}

        return await _remembered("countries", actor, question, load)

    @allow("explore")
    async def customers(self, actor: Actor, question: Question) -> Answer:
        """Buyers, new and returning ones, the lifetime value, and the customers that come first by a metric."""

        async def load(asked: Asked) -> Answer:
            frame = await asked.frame()
            found = {**heading(frame, asked.place, asked.question), **await sales(asked.source, frame)}
            whole = await summed(asked.source, frame.window)
            found |= metrics.wire(await rankings.lifetime(frame.window, asked.place, asked.filters), ("clv",))
            found["sort"] = question.sort
            known: dict[str, Any] = {"metric": question.sort, "filters": asked.filters, "whole": whole}
            rows = await rankings.top_customers(frame.window, asked.place, limit=question.limit, **known)
            found["guests"] = await rankings.guests(frame.window, asked.place, **known)
            found["customers"] = drills.ranked(rows, "id", "customer", question.sort, frame.window, asked.question)
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
            found = {"months": question.months, "today": asked.today, "filters": asked.filters}
            rows = drills.cohorts(await cohorts.cohorts(frame.window, asked.place, **found), frame.window, asked.question)
            return {**heading(frame, asked.place, asked.question), "months": question.months, "cohorts": rows}

        return await _remembered("cohorts", actor, question, load)

    @allow("explore")
    async def inventory(self, actor: Actor, question: Question) -> Answer:
        """Stock, how long it lasts at the pace of the last 30 days, and what it is worth."""
        check(actor, "products:update")

        async def load(asked: Asked) -> Answer:
            end = question.end or await recent_end(asked.source, asked.today)
            return await inventory.inventory(end, asked.place, category=question.category, limit=question.limit)

        return await _remembered("inventory", actor, question, load)

    @allow("explore")
    async def ageing(self, actor: Actor, question: Question) -> Answer:
        """How long the stock at the end of a day, today's or that of the window, has been there: first in, first out."""
        check(actor, "products:update")

        async def load(asked: Asked) -> Answer:
            day = date.fromordinal(question.end.toordinal() - 1) if question.end else asked.today
            return await ageing.ageing(day, asked.place, age=question.age, category=question.category, limit=question.limit)

        return await _remembered("ageing", actor, question, load)

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
        """The window that pages open with: 30 days up to today, or up to the last steady sales when those are long ago."""

        async def load(asked: Asked) -> Answer:
            window = await recent_window(asked.source, asked.today)
            return {"first": window.first.isoformat(), "end": window.end.isoformat()}

        found = await _remembered("recent", actor, Question(), load)
        return Window(date.fromisoformat(found["first"]), date.fromisoformat(found["end"]))

    @allow("read")
    async def everything(self, actor: Actor) -> Window | None:
        """From the first to the day after the last order."""
        return await (await ask(actor, Question())).source.bounds()

    @allow("read")
    async def sold_in(self, actor: Actor, windows: Sequence[Window]) -> set[Window]:
        """Those of some windows in which something was sold or came back."""
        source = (await ask(actor, Question())).source
        return {one for one in windows if await source.days(one, Interval.QUARTER)}

    @allow("read")
    async def values(self, actor: Actor, name: str) -> list[str]:
        """The values that a filter can take; to people with figures of their own, countries alone are offered."""
        if check(actor, "analytics:read") is Scope.OWN:
            return await orders.values(actor, name) if name == "country" else []
        match name:
            case "country":
                return await orders.values(SYSTEM, name)
            case "category":
                return sorted((await products.stats(SYSTEM))["category"])
            case "source":
                return await customers.values(SYSTEM, name)
            case "plan":
                return [*Plan] if may_ask_plan(actor) else []
            case _:
                return []

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

        Nobody waits for a comparison. While it puts right, orders and customers cannot be saved; on SQLite nothing can.
        """
        return await rebuild(report, change=change)

    async def _past(self, asked: "Asked", question: Question) -> Window | None:
        """The days that are over, from the first sale on."""
        whole = await asked.source.bounds()
        if whole is None:
            return None
        first, end = question.first or whole.first, question.end or await recent_end(asked.source, asked.today)
        return Window(first, max(end, date.fromordinal(first.toordinal() + 1))).over_before(asked.today)


async def _remembered(name: str, actor: Actor, question: Question, load: Callable[[Asked], Awaitable[Answer]]) -> Answer:
    asked = await ask(actor, question)
    if question.limit > MAX_LIMIT:  # a file, which nobody asks for again at once
        return await load(asked)
    key = [name, asked.owner, asdict(question), asked.place.currency, asked.place.zone.key, asked.today]
    also = ("orders", "customers", "products", "shop", *(("users",) if question.plan else ()))
    return await current().cache.remember("analytics", key, ttl=_SECONDS, also=also, compute=lambda: load(asked))


analytics = Analytics()
