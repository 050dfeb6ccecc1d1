"""Numbers, money, dates and states as a person reads them, by locale (babel)."""

import re
from dataclasses import dataclass, field, replace
from datetime import date as calendar_day
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale as Cldr
from babel.dates import format_skeleton, format_timedelta
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from mewayz.backend import amounts, clock
from mewayz.backend.days import written_day, written_days, written_moment
from mewayz.backend.regions import USUAL_LANGUAGE
from mewayz.backend.shop import shop

_RECENT = timedelta(days=30)

TONES = {
    "active": "success",
    "paid": "success",
    "delivered": "success",
    "fulfilled": "success",
    "completed": "success",
    "published": "success",
    "in_stock": "success",
    "pending": "warning",
    "processing": "warning",
    "draft": "warning",
    "partially_paid": "warning",
    "low": "warning",
    "refunded": "warning",
    "partially_refunded": "warning",
    "shipped": "accent",
    "scheduled": "accent",
    "suspended": "danger",
    "failed": "danger",
    "cancelled": "danger",
    "out_of_stock": "danger",
    "blocked": "danger",
}
"""Tone of a state; what is not listed is neutral."""


@dataclass(frozen=True)
class Locale:
    """How this shop writes numbers and dates."""

    currency: str = "GBP"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    language: str = USUAL_LANGUAGE

    def of(self, currency: str | None) -> "Locale":
        """As the amounts of a record are written that says its own currency."""
        return replace(self, currency=currency or self.currency)

    @property
    def symbol(self) -> str:
        """The sign of the currency: £."""
        return get_currency_symbol(self.currency, locale=self.language)

    @property
    def around_money(self) -> tuple[str, str]:
        """What stands before an amount and after it: £ and nothing, nothing and a space with €."""
        before, number, after = re.split(r"([#0][#0,.]*)", self._money_pattern.partition(";")[0], maxsplit=1)
        assert number
        return before.replace("¤", self.symbol), after.replace("¤", self.symbol)

    @property
    def signs(self) -> tuple[str, str]:
        """The sign of the currency, before or after the amount in a control; the other one is empty."""
        before, after = self.around_money
        return before.strip(), after.strip()

    @property
    def separators(self) -> str:
        """What stands before decimals, and between thousands."""
        return get_decimal_symbol(self.language) + get_group_symbol(self.language)

    @property
    def _money_pattern(self) -> str:
        return Cldr.parse(self.language).currency_formats["standard"].pattern

    def number(self, value: float | Decimal) -> str:
        """1,204."""
        return format_decimal(value, locale=self.language)

    def tenths(self, value: float) -> str:
        """1,204.5, and 3.0."""
        return format_decimal(value, format=amounts.pattern(1, self.language), locale=self.language)

    def amount(self, value: str | Decimal) -> str:
        """Money without its currency, for a column that says it once: 1,204.50."""
        return amounts.plain(_exact(value), self.currency, self.language)

    def money(self, value: str | Decimal) -> str:
        """Money with its currency, exact: £1,204.50, £0.125."""
        return amounts.written(_exact(value), self.currency, self.language)

    def typed(self, value: str | Decimal) -> str:
        """Money as a control holds it: 1204.50, or 1204,50."""
        return amounts.typed(_exact(value), self.currency, self.language)

    def rounded_money(self, value: str | Decimal) -> str:
        """Money with its currency, to the smallest coin: £952,838.38."""
        return format_currency(_exact(value), self.currency, locale=self.language)

    def short_money(self, value: str | Decimal) -> str:
        """Money that fits a tile: £748,957 in full, £9.75M from ten million on."""
        amount = _exact(value)
        if abs(amount) >= 10_000_000:
            return format_compact_currency(amount, self.currency, locale=self.language, fraction_digits=2)
        return self._whole_money(amount) if abs(amount) >= 10_000 else self.rounded_money(amount)

    def tick_money(self, value: Decimal) -> str:
        """Money beside an axis: £250, £0.50, £9.75M."""
        return self._whole_money(value) if value == int(value) and abs(value) < 10_000_000 else self.short_money(value)

    def _whole_money(self, amount: Decimal) -> str:
        pattern = self._money_pattern.replace(".00", "")
        return format_currency(amount.quantize(Decimal(1)), self.currency, format=pattern, currency_digits=False, locale=self.language)

    def percent(self, ratio: float) -> str:
        """12.5%."""
        pattern = Cldr.parse(self.language).percent_formats[None].pattern
        return format_percent(ratio, format=pattern.replace("0", "0.#", 1), locale=self.language)

    def points(self, points: float) -> str:
        """1.2 points: what one percentage is more or less than another."""
        text = format_decimal(points, format="#,##0.#", locale=self.language)
        return f"{text} {'point' if text == '1' else 'points'}"

    def date(self, moment: str | datetime) -> str:
        """9 Dec 2011."""
        return self.day(self._local(moment).date())

    def day(self, day: calendar_day) -> str:
        """9 Dec 2011, of a day of the shop."""
        return written_day(day, self.language)

    def day_of_year(self, day: calendar_day) -> str:
        """9 Dec, of a day whose year is said elsewhere."""
        return format_skeleton("MMMd", day, locale=self.language)

    def month(self, day: calendar_day) -> str:
        """Dec 2011."""
        return format_skeleton("yMMM", day, locale=self.language)

    def days(self, first: calendar_day, last: calendar_day) -> str:
        """From one day to another, both included: 1–30 Nov 2010."""
        return written_days(first, last, self.language)

    def exact(self, moment: str | datetime) -> str:
        """9 Dec 2011, 12:50:00 GMT."""
        return written_moment(self._local(moment), self.language, "medium")

    def minute(self, moment: str | datetime) -> str:
        """9 Dec 2011, 12:50 GMT: of what is to happen."""
        return written_moment(self._local(moment), self.language)

    def entered(self, moment: str | datetime) -> str:
        """2011-12-09T12:50 in the shop's time, as a control takes it."""
        return self._local(moment).strftime("%Y-%m-%dT%H:%M")

    def ago(self, moment: str | datetime) -> str:
        """The age while that is useful (3 hours ago), the date afterwards."""
        local = self._local(moment)
        past = clock.now() - local
        if timedelta(0) <= past < timedelta(seconds=45):
            return "just now"
        if abs(past) < _RECENT:
            return format_timedelta(-past, add_direction=True, locale=self.language)
        return self.date(local)

    def _local(self, moment: str | datetime) -> datetime:
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return found.astimezone(self.zone)


def _exact(value: str | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def sentence(value: str) -> str:
    """`partially_paid` → Partially paid."""
    text = value.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def tone(value: str) -> str:
    """The tone of a state's dot."""
    return TONES.get(value, "neutral")


def plural(count: int, one: str, many: str) -> str:
    """`1 product`, `2 products`."""
    return f"{amounts.counted(count)} {one if count == 1 else many}"


async def locale() -> Locale:
    """The locale of the shop."""
    found = await shop()
    return Locale(found.currency, found.zone, found.language)
