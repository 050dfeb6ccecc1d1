"""A question with the reach of who asks it: what answers it, where and on which day."""

from dataclasses import replace
from datetime import date
from typing import Any

from mewayz.backend import clock
from mewayz.backend.access import Actor, check
from mewayz.backend.errors import Invalid
from mewayz.backend.grants import Scope
from mewayz.backend.shop import shop
from mewayz.domains.analytics import drills, own, rankings
from mewayz.domains.analytics.figures import Counts, is_apart
from mewayz.domains.analytics.goods import values_of
from mewayz.domains.analytics.model import Window
from mewayz.domains.analytics.questions import Question
from mewayz.domains.analytics.sales import Frame, frame_of
from mewayz.domains.analytics.sources import OfOwner, Place, Source, shop_source
from mewayz.domains.customers.accounts import check_plan

Answer = dict[str, Any]


class Asked:
    """A question with its actor's reach: which source answers it, where and on which day."""

    def __init__(self, actor: Actor, question: Question, place: Place, today: date) -> None:
        """Choose the source.

        Raises:
            Invalid: a person's own figures are kept by country only. Forbidden: a plan is asked by who may not see accounts.
        """
        self._actor, self.question, self.place, self.today = actor, question, place, today
        self.owner = actor.id if check(actor, "analytics:read") is Scope.OWN else None
        self.filters = values_of(question.filters)
        self.source: Source = self._source()

    def _source(self) -> Source:
        if not self.owner:
            check_plan(self._actor, self.filters)
            return shop_source(self.place, self.question.filters)
        if problems := {name: f"Your own figures are not kept by {name}." for name in self.filters if name != "country"}:
            raise Invalid(fields=problems)
        return OfOwner(self.place, self.owner, self.filters.get("country"))

    async def frame(self) -> Frame:
        """The window that is meant. Where the shop takes several currencies, the lists behind the figures are of theirs alone."""
        if await is_apart(self.place.currency):
            self.question = replace(self.question, currency=self.place.currency)
        return await frame_of(self.source, self.question, self.today)

    async def states(self, window: Window) -> Answer:
        """How far the orders of the shop are; under filters that is not told."""
        return {} if self.owner or self.filters else {"states": await rankings.states(window, self.place)}

    async def products(self, window: Window, metric: str, limit: int, whole: Counts) -> list[Answer]:
        """The first products."""
        if self.owner:
            rows = rankings.own_products(await self._own(self.owner, window), metric=metric, limit=limit)
        else:
            rows = await rankings.top_products(window, self.place, metric=metric, limit=limit, filters=self.filters, whole=whole)
        return drills.ranked(rows, "id", "product", metric, window, self.question)

    async def countries(self, window: Window, metric: str, whole: Counts, *, buyers: bool = True) -> list[Answer]:
        """All countries, with their buyers where those are wanted: they are counted, not kept."""
        rows = await self._countries(window, metric, whole, buyers=buyers)
        return drills.ranked(rows, "country", "country", metric, window, self.question)

    async def _countries(self, window: Window, metric: str, whole: Counts, *, buyers: bool) -> list[Answer]:
        if self.owner:
            mine = await self._own(self.owner, window)
            sums = {country: measures._asdict() for country, measures in mine.countries.items()}
            return rankings.countries_by(sums, metric, whole)
        sums = await rankings.country_sums(window, self.place, self.filters)
        if buyers and "category" not in self.filters:
            counted = await rankings.country_buyers(window, self.place, self.filters)
            sums = {country: {**counts, "buyers": counted.get(country, 0)} for country, counts in sums.items()}
        if (only := self.filters.get("country")) is not None:
            sums = {country: counts for country, counts in sums.items() if country == only}
        return rankings.countries_by(sums, metric, whole)

    async def _own(self, owner: str, window: Window) -> own.OwnFigures:
        return await own.own_figures(owner, window, self.place.currency, self.place.zone, self.filters.get("country"))


async def ask(actor: Actor, question: Question) -> Asked:
    """The question of this actor, on this day."""
    place = await shop()
    today = clock.now().astimezone(place.zone).date()
    return Asked(actor, question, Place(question.currency or place.currency, place.zone), today)
