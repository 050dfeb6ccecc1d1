"""Windows of days, and the buckets that a series cuts them into."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

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

    def has(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day < self.end

    def before(self, compare: Compare) -> "Window | None":
        """The window that this one is compared with."""
        match compare:
            case Compare.PREVIOUS:
                reach = min(self.days, self.first.toordinal() - 1)
                return Window(self.first - timedelta(days=reach), self.first) if reach else None
            case Compare.YEAR:
                return Window(_year_before(self.first), _year_before(self.end))
            case Compare.NONE:
                return None

    def natural_interval(self) -> Interval:
        """Buckets that make a readable chart: at most about ninety."""
        if self.days <= 92:
            return Interval.DAY
        return Interval.WEEK if self.days <= 400 else Interval.MONTH

    def readable_interval(self, asked: Interval) -> Interval:
        """`asked`, or the next longer one that makes no more buckets than a chart can show."""
        longer = [interval for interval in Interval if interval.least_days >= asked.least_days]
        return next((interval for interval in longer if self.days // interval.least_days <= MAX_BUCKETS), longer[-1])

    def over_before(self, day: date) -> "Window | None":
        """The part of it that is over when `day` begins; None when nothing is."""
        end = min(self.end, day)
        return Window(self.first, end) if end > self.first else None

    def buckets(self, interval: Interval, today: date) -> "list[Bucket]":
        """Its buckets, in order. One that the window cuts, or that is not over yet, is not complete."""
        found: list[Bucket] = []
        start = interval.start(self.first)
        while start < self.end:
            end = interval.next(start)
            whole = start >= self.first and end <= self.end and end <= today
            found.append(Bucket(Window(max(start, self.first), min(end, self.end)), complete=whole))
            start = end
        return found


def window_between(first: date | None, end: date | None, whole: Window, today: date) -> Window:
    """A window of which an end may be open: it reaches as far as there is anything, else up to today, and is a day at least."""
    day = timedelta(days=1)
    if first is None:
        first = whole.first if end is None or whole.first < end else end - day
    if end is None:
        end = whole.end if whole.end > first else max(today + day, first + day)
    return Window(first, end)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of a series; `window` is the part of it that was asked for."""

    window: Window
    complete: bool
