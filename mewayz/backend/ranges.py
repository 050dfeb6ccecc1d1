"""The filters that bound a range: of money, of whole numbers, of time."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, bindparam
from typing_extensions import override

from mewayz.backend import money
from mewayz.backend.amounts import number
from mewayz.backend.days import written_day
from mewayz.backend.filters import Context, Filter
from mewayz.backend.shop import start_of_day

_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, kw_only=True)
class Bound(Filter):
    """At least (`low`) or at most this amount of money."""

    low: bool
    uneven: bool = True

    @override
    def read(self, raw: str, context: Context) -> Any:
        try:
            amount = Decimal(raw)
            money.to_units(amount)
        except (InvalidOperation, ValueError):
            raise ValueError("Enter an amount, such as 12.50.") from None
        return amount

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        column = table.c[self.column]
        return column >= bindparam(self.name) if self.low else column <= bindparam(self.name)

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(-?\d{1,11}(\.\d{1,4})?)?$", "examples": ["12.50"]}

    @override
    def words(self, value: Any) -> str:
        return f"{self.label} {'≥' if self.low else '≤'} {number(value)}"


@dataclass(frozen=True, kw_only=True)
class Whole(Bound):
    """At least (`low`) or at most this whole number."""

    @override
    def read(self, raw: str, context: Context) -> Any:
        if not _NUMBER.fullmatch(raw):
            raise ValueError("Enter a whole number.")
        return int(raw)

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^({_NUMBER.pattern})?$", "examples": ["2"]}


@dataclass(frozen=True, kw_only=True)
class Moment(Filter):
    """From this day or moment on (`low`), or before it: windows are half-open in the shop's time zone.

    What is asked as of a moment `includes` it.
    """

    low: bool
    includes: bool = False
    uneven: bool = True

    @override
    def read(self, raw: str, context: Context) -> Any:
        # In the shop's zone, so that the words name the day that was asked for.
        return read_moment(raw, context.zone).astimezone(context.zone)

    @override
    def clause(self, table: Table, shape: Any, *, sqlite: bool) -> ColumnElement[bool]:
        column = table.c[self.column]
        if self.low:
            return column >= bindparam(self.name)
        return column <= bindparam(self.name) if self.includes else column < bindparam(self.name)

    @override
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": ["2010-11-01", "2010-11-01T00:00:00Z"]}

    @override
    def words(self, value: Any) -> str:
        return f"{self.label} {'from' if self.low else 'before'} {written_day(value.date())}"


def read_moment(raw: str, zone: ZoneInfo) -> datetime:
    """A day (its beginning in `zone`) or an ISO 8601 moment, as aware UTC.

    Raises:
        ValueError: it is neither.
    """
    try:
        moment = start_of_day(date.fromisoformat(raw), zone) if len(raw) == 10 else datetime.fromisoformat(raw)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        if not date.min.year < moment.year < date.max.year:
            raise ValueError("another zone cannot express it")
    except (ValueError, OverflowError):
        raise ValueError("Enter a date such as 2010-11-01.") from None
    return moment
