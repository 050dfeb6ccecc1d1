"""What the figures can be asked: every parameter of a query string is declared once, and each answer names those that it takes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from mewayz.backend.errors import Invalid
from mewayz.backend.filters import NOTHING
from mewayz.domains.analytics.metrics import BY_DAY, BY_ROW
from mewayz.domains.analytics.model import FIRST_DAY, LAST_DAY, Compare, Interval
from mewayz.domains.users.model import Plan

_MAX_TEXT = 200
MAX_LIMIT, MAX_MONTHS, MAX_HORIZON = 100, 36, 365
MAX_ROWS = 10_000
"""Rows of a file; an answer in JSON has up to MAX_LIMIT."""
FORMATS = ("json", "csv")
AGES = ("0-30", "31-60", "61-90", "91-180", "181-")
"""Days that a piece has been in stock, both ends included; the last is open."""
FILTERS = ("country", "category", "source", "plan")
"""Country of the order, category of the product, where the customer came from, and what the customer's account has subscribed to."""
OF_CUSTOMERS = ("source", "plan")
"""The filters that say something of the customer: guests are in none of them, and what sells is not kept by them."""
FILTER_WORDS = {
    "country": "Country",
    "category": "Category",
    "source": "Source of the customer",
    "plan": "Plan of the customer's account",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. Without a window: everything there is."""

    first: date | None = None
    end: date | None = None
    interval: Interval | None = None
    compare: Compare = Compare.PREVIOUS
    currency: str | None = None
    country: str = ""
    category: str = ""
    source: str = ""
    plan: str = ""
    metric: str = "gross"
    sort: str = "gross"
    limit: int = 10
    months: int = 12
    horizon: int = 0
    age: str = ""
    format: str = FORMATS[0]

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set, by the key of the query string."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    @property
    def of_customers(self) -> bool:
        """Whether it is about some customers only."""
        return any(getattr(self, name) for name in OF_CUSTOMERS)

    @property
    def narrowing(self) -> dict[str, str]:
        """What a list that a figure opens has to take over."""
        return {**self.filters, **({"currency": self.currency} if self.currency else {})}


@dataclass(frozen=True)
class Parameter:
    """One key of a query string.

    Attributes:
        attribute: of the question.
        read: the value behind the text; raises ValueError with a message that says what to send.
        schema: JSON schema.
    """

    attribute: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])


def _day(text: str) -> date:
    try:
        if len(text) != 10:
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("Enter a date such as 2010-11-01.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"Enter a date from {FIRST_DAY} to {LAST_DAY}.")
    return day


def _one_of(names: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"Choose one of: {', '.join(names)}.")
        return text

    return read


def _choice(attribute: str, kind: type[StrEnum]) -> Parameter:
    known = _one_of([*kind])
    return Parameter(attribute, lambda text: kind(known(text)), {"type": "string", "enum": [*kind, ""]})


def _key(attribute: str, names: tuple[str, ...]) -> Parameter:
    return Parameter(attribute, _one_of(names), {"type": "string", "enum": [*names, ""]})


def _number(attribute: str, most: int, about: str = "", refusal: str = "") -> Parameter:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
            raise ValueError(refusal or f"Enter a number from 1 to {most}.")
        return int(text)

    return Parameter(attribute, read, {"type": "integer", "minimum": 1, "maximum": most, **({"description": about} if about else {})})


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ValueError("Enter a currency code such as GBP.")
    return text


def _text(text: str) -> str:
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise ValueError(f"Enter at most {_MAX_TEXT} characters.")
    return text


def _plan() -> Parameter:
    about = f"{FILTER_WORDS['plan']}, which is the one with the customer's e-mail address; {NOTHING} for customers without one."
    known = (*Plan, NOTHING)
    return Parameter("plan", _one_of(known), {"type": "string", "enum": [*known, ""], "description": about})


def _filter(name: str) -> Parameter:
    about = f"{FILTER_WORDS[name]}; (none) for those in which it is not set."
    return Parameter(name, _text, {"type": "string", "maxLength": _MAX_TEXT, "description": about})


_LIMIT = f"Enter a number from 1 to {MAX_LIMIT}; a file (format=csv) has up to {MAX_ROWS}."

# An empty value means that the key was not given, as in lists.
_DAY = {"type": "string", "pattern": r"^(\d{4}-\d{2}-\d{2})?$", "examples": ["2010-11-01"]}

PARAMETERS: Mapping[str, Parameter] = {
    "from": Parameter("first", _day, _DAY),
    "to": Parameter("end", _day, _DAY),
    "interval": _choice("interval", Interval),
    "compare": _choice("compare", Compare),
    "currency": Parameter("currency", _currency, {"type": "string", "pattern": "^([A-Z]{3})?$", "examples": ["GBP"]}),
    "country": _filter("country"),
    "category": _filter("category"),
    "source": _filter("source"),
    "plan": _plan(),
    "metric": _key("metric", BY_DAY),
    "sort": _key("sort", BY_ROW),
    "limit": _number("limit", MAX_ROWS, f"At most {MAX_LIMIT}, or with format=csv {MAX_ROWS}.", _LIMIT),
    "months": _number("months", MAX_MONTHS),
    "horizon": _number("horizon", MAX_HORIZON),
    "age": _key("age", AGES),
    "format": _key("format", FORMATS),
}
WINDOW = ("from", "to", "interval", "compare", "currency")


def read_question(raw: Mapping[str, str], accepted: Collection[str] = WINDOW) -> Question:
    """Read the query string of an answer that takes the `accepted` parameters.

    Raises:
        Invalid: with a message per key.
    """
    problems = {key: "This parameter is not known here." for key in raw if key not in accepted}
    found: dict[str, Any] = {}
    for key, text in raw.items():
        if not text or key in problems:
            continue
        try:
            found[PARAMETERS[key].attribute] = PARAMETERS[key].read(text)
        except ValueError as error:
            problems[key] = str(error)
    question = Question(**found)
    if question.first and question.end and question.first >= question.end:
        problems.setdefault("to", "The end must be after the beginning; the window ends before this day.")
    if question.limit > MAX_LIMIT and question.format != "csv":
        problems.setdefault("limit", _LIMIT)
    for name in OF_CUSTOMERS:
        if question.category and getattr(question, name):
            problems.setdefault(name, f"Choose a category or a {name}: the figures are not kept by both at once.")
    if problems:
        raise Invalid("The figures cannot be shown as asked.", fields=problems)
    return question
