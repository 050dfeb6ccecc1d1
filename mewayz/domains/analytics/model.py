"""Windows, metrics and the shape of the overview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from mewayz.backend.errors import Invalid

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2200, 1, 1)
MAX_BUCKETS = 1000


class Interval(StrEnum):
    """The length of one bucket of a series."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"

    @property
    def least_days(self) -> int:
        """The length of its shortest bucket."""
        return {Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 28, Interval.QUARTER: 90}[self]

    def start(self, day: date) -> date:
        """The first day of the bucket that `day` lies in; weeks begin on Monday (ISO 8601)."""
        match self:
            case Interval.DAY:
                return day
            case Interval.WEEK:
                return day - timedelta(days=day.weekday())
            case Interval.MONTH:
                return day.replace(day=1)
            case Interval.QUARTER:
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)

    def next(self, start: date) -> date:
        """The first day of the bucket after the one that begins at `start`."""
        match self:
            case Interval.DAY:
                return start + timedelta(days=1)
            case Interval.WEEK:
                return start + timedelta(days=7)
            case Interval.MONTH:
                return _add_months(start, 1)
            case Interval.QUARTER:
                return _add_months(start, 3)


class Compare(StrEnum):
    """What a window is compared with."""

    PREVIOUS = "previous"
    YEAR = "year"
    NONE = "none"


def _add_months(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days of the shop, half-open: `first` is in it, `end` is not."""

    first: date
    end: date

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.first).days

    def before(self, compare: Compare) -> "Window | None":
        """The window that this one is compared with."""
        match compare:
            case Compare.PREVIOUS:
                return Window(self.first - timedelta(days=self.days), self.first)
            case Compare.YEAR:
                return Window(_year_before(self.first), _year_before(self.end))
            case Compare.NONE:
                return None

    def natural_interval(self) -> Interval:
        """Buckets that make a readable chart: at most about ninety."""
        if self.days <= 92:
            return Interval.DAY
        return Interval.WEEK if self.days <= 400 else Interval.MONTH


@dataclass(frozen=True, slots=True)
class Question:
    """What the overview is asked for. Without a window: everything there is."""

    first: date | None = None
    end: date | None = None
    interval: Interval | None = None
    compare: Compare = Compare.PREVIOUS
    currency: str | None = None


PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "from": {"type": "string", "format": "date"},
    "to": {"type": "string", "format": "date"},
    "interval": {"type": "string", "enum": [*Interval]},
    "compare": {"type": "string", "enum": [*Compare]},
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
}


def read_question(raw: Mapping[str, str]) -> Question:
    """Read the query string.

    Raises:
        Invalid: with a message per key.
    """
    problems = {key: "This parameter is not known here." for key in raw if key not in PARAMETERS}
    values = {key: value for key, value in raw.items() if value}
    days: dict[str, date | None] = {}
    for key in ("from", "to"):
        days[key] = None
        if key in values:
            try:
                if len(values[key]) != 10:
                    raise ValueError
                days[key] = date.fromisoformat(values[key])
            except ValueError:
                problems[key] = "Enter a date such as 2010-11-01."
                continue
            if not FIRST_DAY <= (days[key] or FIRST_DAY) <= LAST_DAY:
                problems[key] = f"Enter a date from {FIRST_DAY} to {LAST_DAY}."
    first, end = days["from"], days["to"]
    if first and end and first >= end:
        problems.setdefault("to", "The end must be after the beginning; the window ends before this day.")
    for key, kind in (("interval", Interval), ("compare", Compare)):
        if key in values and values[key] not in tuple(kind):
            problems[key] = f"Choose one of: {', '.join(kind)}."
    currency = values.get("currency")
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        problems["currency"] = "Enter a currency code such as GBP."
    if problems:
        raise Invalid("The figures cannot be shown as asked.", fields=problems)
    interval = Interval(values["interval"]) if "interval" in values else None
    return Question(first, end, interval, Compare(values.get("compare", "previous")), currency)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure: what it is called, how it is computed, in which unit, and which list it opens.

    `drill` is the query of the list whose total equals the figure; `{from}` and `{to}` are the window.
    """

    key: str
    label: str
    unit: str
    formula: str
    drill: str


_SALES = "/orders?figure=sales&from={from}&to={to}"

METRICS = (
    Metric("gross", "Gross sales", "money", "Σ quantity × price of sale lines (both above zero) of orders that are not cancelled.", _SALES),
    Metric(
        "returns",
        "Returns",
        "money",
        "−Σ quantity × price of return lines, counted on the day of the return.",
        "/orders?figure=returns&from={from}&to={to}",
    ),
    Metric("net", "Net sales", "money", "Gross sales − returns.", "/orders?from={from}&to={to}"),
    Metric("orders", "Orders", "count", "Orders with at least one sale line.", _SALES),
    Metric("aov", "Average order value", "money", "Gross sales ÷ orders.", _SALES),
    Metric("units", "Units sold", "count", "Σ quantity of sale lines.", _SALES),
    Metric("buyers", "Buyers", "count", "Distinct customers with a sale line; guests apart.", _SALES),
    Metric("repeat", "Repeat buyers", "count", "Buyers with two orders or more in the window.", _SALES),
    Metric("guestOrders", "Guest orders", "count", "Orders without a customer.", _SALES),
    Metric(
        "new",
        "New buyers",
        "count",
        "Customers whose first sale line ever lies in the window.",
        "/customers?firstFrom={from}&firstTo={to}",
    ),
)
