"""A column of times from anywhere: its format is found over all of its values, and what could mean two days is refused."""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from mewayz.backend.errors import Invalid

_CLOCK = re.compile(r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([AaPp])?\.?[Mm]?\.?\s*(Z|UTC|[+-](?:0\d|1[0-4]):?[0-5]\d)?$")
_MONTHS = {calendar.month_abbr[number].lower(): number for number in range(1, 13)}
_WORD = r"([A-Za-z]{3,9})\.?"
_YEAR = r"(\d{4}|\d{2})"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ymd", re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")),
    ("ymd", re.compile(r"(\d{4})(\d{2})(\d{2})")),
    ("mdy", re.compile(rf"(\d{{1,2}})[-/](\d{{1,2}})[-/]{_YEAR}")),
    ("dmy", re.compile(rf"(\d{{1,2}})[-/.](\d{{1,2}})[-/.]{_YEAR}")),
    ("dmy", re.compile(rf"(\d{{1,2}})[ .-]+{_WORD}[ ,-]+{_YEAR}")),
    ("mdy", re.compile(rf"{_WORD} +(\d{{1,2}}),? +{_YEAR}")),
)
_FIRST, _LAST = date(1000, 1, 1), date(9998, 12, 31)  # far enough from the ends of all days that no zone leads beyond them
_PIVOT = 69  # POSIX: 69 to 99 are of the last century
ORDERS = {"mdy": "m/d/Y", "dmy": "d/m/Y", "ymd": "Y-m-d"}


class Ambiguous(Invalid):
    """Every time of a column could be read in two ways."""

    code = "file.ambiguous_dates"


def _order(words: str) -> str:
    """The order of day, month and year in `d/m/Y`, `%d.%m.%y %H:%M` or `DD/MM/YYYY`.

    Raises:
        Invalid: they are not all named.
    """
    parts = re.findall(r"%([dmbBYy])", words) or re.findall(r"[dmy]", words.split(" ")[0].lower())
    found = "".join(dict.fromkeys("m" if part in "bB" else part.lower() for part in map(str, parts)))
    if found not in ORDERS:
        raise Invalid(f"{words} is no format of dates. Choose one of: {', '.join(ORDERS.values())}.", code="file.unknown_date_format")
    return found


def _day(text: str, order: str, form: re.Pattern[str]) -> date | None:
    match = form.fullmatch(text)
    if match is None:
        return None
    found = dict(zip(order, match.groups(), strict=True))
    month = _MONTHS.get(found["m"][:3].lower()) if found["m"].isalpha() else int(found["m"])
    year = int(found["y"])
    if len(found["y"]) == 2:
        year += 1900 if year >= _PIVOT else 2000
    try:
        day = date(year, month or 0, int(found["d"]))
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


class Times:
    """The times of one column: `see` every value, then `settle`, then `read` them.

    A time without a zone is the shop's.
    """

    def __init__(self, zone: ZoneInfo, given: str | None = None) -> None:
        """Begin; `given` names the order of day, month and year.

        Raises:
            Invalid: it does not.
        """
        self._zone = zone
        wanted = _order(given) if given else None
        self._forms = [form for form in _FORMS if wanted in (None, form[0])]
        self._days: dict[str, date | None] = {}
        self._last = ""

    def see(self, text: str) -> bool:
        """Whether a value can be a time at all, together with those before."""
        if text == self._last:
            return True
        self._last = text
        words = _CLOCK.sub("", text)
        if words in self._days:
            return True
        left = [form for form in self._forms if _day(words, *form)]
        if not left:
            self._last = ""
            return False
        self._forms = left
        self._days[words] = None
        return True

    def settle(self) -> None:
        """Decide.

        Raises:
            Ambiguous: days and months could change places.
        """
        for words in self._days:
            readings = dict.fromkeys((order, _day(words, order, form)) for order, form in self._forms)
            if len({day for _, day in readings}) > 1:
                choices = " or ".join(f"{day:%d %B %Y} ({ORDERS[order]})" for order, day in readings if day)
                raise Ambiguous(
                    f"“{words}” could be {choices}, and no line of the file decides it. Say which: --date-format d/m/Y or m/d/Y."
                )
            self._days[words] = next(iter(readings))[1]

    def read(self, text: str) -> datetime:
        """The aware time of a value that was seen."""
        clock = _CLOCK.search(text)
        day = self._days[_CLOCK.sub("", text)]
        assert day is not None
        if clock is None:
            return datetime.combine(day, time(), self._zone).astimezone(UTC)
        hour, minute, second, fraction, half, zone = clock.groups()
        hours = int(hour) % 12 + (12 if half in "pP" else 0) if half else int(hour)
        moment = datetime(day.year, day.month, day.day, tzinfo=_zone(zone) if zone else self._zone)
        return moment.replace(
            hour=min(hours, 23), minute=min(int(minute), 59), second=min(int(second or 0), 59), microsecond=int(f"{fraction or 0:0<6}"[:6])
        ).astimezone(UTC)


def _zone(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
