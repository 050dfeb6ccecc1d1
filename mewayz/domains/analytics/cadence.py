"""When a report is due, in the days and hours of the shop, and which days it is about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from mewayz.domains.analytics.model import Interval, Window

_CHART_DAYS = 30


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Cadence:
    """Every day, every week on `weekday` (Monday is 0) or on the first of every month, at the hour of the shop."""

    every: Every
    hour: int
    weekday: int = 0

    @classmethod
    def at_once(cls, every: Every, moment: datetime, zone: ZoneInfo) -> "Cadence":
        """The one that was due last at the beginning of today: it tells yesterday, the last seven whole days or the last whole month."""
        return cls(every, 0, moment.astimezone(zone).weekday())

    def _on(self, day: date) -> bool:
        match self.every:
            case Every.DAY:
                return True
            case Every.WEEK:
                return day.weekday() == self.weekday
            case Every.MONTH:
                return day.day == 1

    def moment(self, day: date, zone: ZoneInfo) -> datetime:
        """The hour on a day. One that the clocks skip is the next that there is; of one that comes twice, the first."""
        return datetime.combine(day, time(self.hour), tzinfo=zone).astimezone(UTC)

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first time that it is due after `moment`."""
        day = moment.astimezone(zone).date()
        while not (self._on(day) and self.moment(day, zone) > moment):
            day += timedelta(days=1)
        return self.moment(day, zone)

    def latest(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The last time that it was due, `moment` included."""
        day = moment.astimezone(zone).date()
        while not (self._on(day) and self.moment(day, zone) <= moment):
            day -= timedelta(days=1)
        return self.moment(day, zone)

    def window(self, due: datetime, zone: ZoneInfo) -> Window:
        """The days that are told: the one before, the seven before, or the month before the day on which it is due."""
        end = due.astimezone(zone).date()
        match self.every:
            case Every.DAY:
                return Window(end - timedelta(days=1), end)
            case Every.WEEK:
                return Window(end - timedelta(days=7), end)
            case Every.MONTH:
                month = Interval.MONTH.start(end)
                return Window(Interval.MONTH.start(month - timedelta(days=1)), month)

    def charted(self, window: Window) -> Window:
        """The days of the charts: a single one says nothing without those before it."""
        return window if window.days > 1 else Window(window.end - timedelta(days=_CHART_DAYS), window.end)
