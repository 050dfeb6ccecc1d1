"""Where base counts come from: the whole shop, a country, a category or some customers of it, or one person's own orders.

Each gives what it can; a metric that needs more is unavailable there, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from mewayz.backend.database import planned_by_values
from mewayz.backend.runtime import current
from mewayz.domains.analytics import figures, goods, own
from mewayz.domains.analytics.figures import Counts, days_of, measured, one_country, totals, within
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Bucket, Interval, Window
from mewayz.domains.analytics.questions import OF_CUSTOMERS
from mewayz.domains.orders.rollups import SALES, SALES_BY_COUNTRY, SALES_BY_CUSTOMER

Days = Mapping[date, Counts]
_MONTHLY = (Interval.MONTH, Interval.QUARTER)


class Source(Protocol):
    """What an answer is computed from, in one currency and time zone.

    Attributes:
        measures: the additive counts that it has.
    """

    measures: ClassVar[tuple[str, ...]]

    async def bounds(self) -> Window | None:
        """From the first to the last day on which something happened."""
        ...

    async def days(self, window: Window, interval: Interval) -> Days:
        """The additive counts of each day, or of longer spans that lie within one bucket of `interval`."""
        ...

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """The counts of people of each window."""
        ...


@dataclass(frozen=True)
class Place:
    """The currency and the time zone of the figures."""

    currency: str
    zone: ZoneInfo


def _daily(table: Any, *conditions: Any) -> Any:
    return select(table.c.day, *totals(table)).where(*within(table), *conditions).group_by(table.c.day)


_BY_DAY = _daily(SALES)


@dataclass(frozen=True)
class WholeShop:
    """Everything that is kept."""

    place: Place
    measures: ClassVar[tuple[str, ...]] = ADDITIVE

    async def bounds(self) -> Window | None:
        """See Source."""
        return await figures.bounds(self.place.currency)

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source."""
        rows = await current().database.fetch(_BY_DAY, days_of(window, self.place.currency))
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """See Source; `known` are the orders that are not a guest's."""
        bought = await figures.buyers_in(windows, self.place.currency)
        began = await figures.began_in(windows, self.place.zone, self.place.currency)
        return [
            {"buyers": buyers, "repeat": repeat, "known": known, **counts}
            for (buyers, repeat, known), counts in zip(bought, began, strict=True)
        ]


_COUNTRY_DAYS = _daily(SALES_BY_COUNTRY, one_country(SALES_BY_COUNTRY))


@dataclass(frozen=True)
class OfCountry(WholeShop):
    """What went to one country. Who is new there is not kept: a first order is the first one anywhere."""

    filters: Mapping[str, str]

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source."""
        rows = await current().database.fetch(_COUNTRY_DAYS, {**days_of(window, self.place.currency), **self.filters})
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """See Source."""
        found = await figures.buyers_in(windows, self.place.currency, self.filters)
        return [{"buyers": buyers, "repeat": repeat, "known": known} for buyers, repeat, known in found]


@lru_cache(maxsize=4)
def _customer_days(filters: tuple[str, ...]) -> Any:
    return _daily(SALES_BY_CUSTOMER, *figures.customer_filters(filters))


@dataclass(frozen=True)
class OfCustomers(OfCountry):
    """What customers with one source or plan bought, in one country where that is asked. There are no guests among them."""

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source."""
        params = {**days_of(window, self.place.currency), **self.filters}
        rows = await current().database.fetch(_customer_days(tuple(self.filters)), params)
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """See Source; who is new is known unless a country is asked."""
        found = await super().people(windows)
        if "country" in self.filters:
            return found
        began = await figures.began_in(windows, self.place.zone, self.place.currency, self.filters)
        return [{**counts, **more} for counts, more in zip(found, began, strict=True)]


@lru_cache(maxsize=32)
def _category_days(filters: tuple[str, ...], parts: goods.Parts) -> Any:
    rows = goods.product_rows(filters, parts)
    return planned_by_values(goods.narrowed(select(rows.c.day, *totals(rows)), rows, filters).group_by(rows.c.day))


@dataclass(frozen=True)
class OfCategory(WholeShop):
    """The products that now have one category, in one country where that is asked. Orders and people are not kept by product."""

    filters: Mapping[str, str]
    measures: ClassVar[tuple[str, ...]] = tuple(name for name in ADDITIVE if name != "orders")

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source; months are read as such where no bucket is shorter."""
        statement = _category_days(tuple(self.filters), goods.parts_of(window) if interval in _MONTHLY else goods.DAYS)
        rows = await current().database.fetch(statement, goods.bound(window, self.place.currency, self.filters))
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """Nothing is known of them."""
        return [{} for _ in windows]


def shop_source(place: Place, filters: Mapping[str, str]) -> Source:
    """Where the figures of the shop under these filters are kept."""
    if not filters:
        return WholeShop(place)
    bound = goods.values_of(filters)
    if "category" in filters:
        return OfCategory(place, bound)
    return OfCustomers(place, bound) if filters.keys() & set(OF_CUSTOMERS) else OfCountry(place, bound)


@dataclass(frozen=True)
class OfOwner:
    """One person's own orders, of one country where that is asked."""

    place: Place
    owner: str
    country: str | None = None
    measures: ClassVar[tuple[str, ...]] = ADDITIVE

    async def bounds(self) -> Window | None:
        """See Source."""
        return await own.own_bounds(self.owner, self.place.currency, self.place.zone)

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source."""
        found = await own.own_figures(self.owner, window, self.place.currency, self.place.zone, self.country)
        return {day: measures._asdict() for day, measures in found.days.items()}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """There is only one."""
        return [{} for _ in windows]


async def counted(source: Source, window: Window, buckets: Sequence[Bucket], interval: Interval) -> tuple[Counts, list[Counts]]:
    """The base counts of a window, and those of each of its buckets."""
    days = await source.days(window, interval)
    people = await source.people([window, *(bucket.window for bucket in buckets)])
    by_start: dict[date, Counts] = {}
    whole = dict.fromkeys(source.measures, 0)
    for day, counts in days.items():
        start = max(interval.start(day), window.first)
        bucket = by_start.setdefault(start, dict.fromkeys(whole, 0))
        for name in whole:
            bucket[name] += counts[name]
            whole[name] += counts[name]
    nothing = dict.fromkeys(whole, 0)
    found = [_with(by_start.get(bucket.window.first, nothing), counts) for bucket, counts in zip(buckets, people[1:], strict=True)]
    return _with(whole, people[0]), found


async def summed(source: Source, window: Window) -> Counts:
    """The additive counts of a window, in as few rows as the source has them."""
    days = await source.days(window, Interval.QUARTER)
    return {name: sum(counts[name] for counts in days.values()) for name in source.measures}


def _with(sums: Counts, people: Counts) -> Counts:
    found = {**sums, **people}
    if "known" in found:
        found["guestOrders"] = sums["orders"] - found.pop("known")
    return found
