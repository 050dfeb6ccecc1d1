"""Where base counts come from: the whole shop, a country or a category of it, or one person's own orders.

Each gives what it can; a metric that needs more is unavailable there, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, String, bindparam, func, select
from sqlalchemy import cast as to_type

from mewayz.backend.columns import UtcTime
from mewayz.backend.runtime import current
from mewayz.domains.analytics import figures, own
from mewayz.domains.analytics.figures import Counts, count_in, days_of, measured, moments_of, months_of, people, totals, within
from mewayz.domains.analytics.metrics import ADDITIVE
from mewayz.domains.analytics.model import Bucket, Interval, Window
from mewayz.domains.orders.model import OrderKind, OrderStatus, orders_collection
from mewayz.domains.orders.rollups import SALES, SALES_BY_COUNTRY, SALES_BY_PRODUCT
from mewayz.domains.products.model import products_collection

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


_BY_DAY = select(SALES.c.day, *totals(SALES)).where(*within(SALES)).group_by(SALES.c.day)


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
        new = await figures.new_in(windows, self.place.zone)
        return [
            {"buyers": buyers, "repeat": repeat, "known": known, "new": count}
            for (buyers, repeat, known), count in zip(bought, new, strict=True)
        ]


_orders = orders_collection.table


def _buyers_there(index: int) -> Any:
    per_buyer = (
        select(func.count().label("orders"))
        .where(
            _orders.c.placed_at >= bindparam(f"since_{index}", type_=UtcTime()),
            _orders.c.placed_at < bindparam(f"until_{index}", type_=UtcTime()),
            _orders.c.kind == OrderKind.SALE.value,
            _orders.c.status != OrderStatus.CANCELLED.value,
            to_type(_orders.c.subtotal, BigInteger) > 0,
            _orders.c.currency == bindparam("currency"),
            _orders.c.country == bindparam("country", type_=String()),
            _orders.c.customer_id.is_not(None),
        )
        .group_by(_orders.c.customer_id)
        .subquery()
    )
    return select(figures.mark(index), *people(per_buyer)).select_from(per_buyer)


_BUYERS_THERE = figures.chunked(_buyers_there)
_COUNTRY_DAYS = (
    select(SALES_BY_COUNTRY.c.day, *totals(SALES_BY_COUNTRY))
    .where(*within(SALES_BY_COUNTRY), SALES_BY_COUNTRY.c.country == bindparam("country", type_=String()))
    .group_by(SALES_BY_COUNTRY.c.day)
)


@dataclass(frozen=True)
class OfCountry(WholeShop):
    """What went to one country. Who is new there is not kept: a first order is the first one anywhere."""

    country: str

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source."""
        rows = await current().database.fetch(_COUNTRY_DAYS, {**days_of(window, self.place.currency), "country": self.country})
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """See Source."""
        moments = [moments_of(window, self.place.zone) for window in windows]
        found = await count_in(_BUYERS_THERE, moments, currency=self.place.currency, country=self.country)
        return [{"buyers": buyers, "repeat": repeat, "known": known} for buyers, repeat, known in found]


def _category_days(rows: Any) -> Any:
    products = products_collection.table
    return (
        select(rows.c.day, *totals(rows))
        .join(products, products.c.id == rows.c.product_id)
        .where(products.c.category == bindparam("category", type_=String()))
        .group_by(rows.c.day)
    )


_CATEGORY_DAYS = _category_days(
    select(SALES_BY_PRODUCT.c.product_id, SALES_BY_PRODUCT.c.day, *(SALES_BY_PRODUCT.c[name] for name in ADDITIVE))
    .where(*within(SALES_BY_PRODUCT))
    .subquery()
)
_CATEGORY_MONTHS = _category_days(figures.product_rows())


@dataclass(frozen=True)
class OfCategory(WholeShop):
    """The products that now have one category. Orders and people are not kept by product, so they are unavailable."""

    category: str
    measures: ClassVar[tuple[str, ...]] = tuple(name for name in ADDITIVE if name != "orders")

    async def days(self, window: Window, interval: Interval) -> Days:
        """See Source; months are read as such where no bucket is shorter."""
        params = {**days_of(window, self.place.currency), "category": self.category}
        statement = _CATEGORY_DAYS
        if interval in _MONTHLY:
            statement, params = _CATEGORY_MONTHS, {**params, **months_of(window)}
        rows = await current().database.fetch(statement, params)
        return {day: measured(measures) for day, *measures in rows}

    async def people(self, windows: Sequence[Window]) -> list[Counts]:
        """Nothing is known of them."""
        return [{} for _ in windows]


@dataclass(frozen=True)
class OfOwner:
    """One person's own orders, of one country where that is asked."""

    place: Place
    owner: str
    country: str = ""
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
