"""Metrics, each declared once: the overview, REST, CSV, the dictionary and docs/metrics.md follow from this table."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from mewayz.backend import money

Sums = Mapping[str, int]
"""Base counts by name, money in stored units. A count that a source cannot give is missing, and so is what needs it."""

ADDITIVE = ("gross", "returns", "orders", "units", "discounts")
"""Base counts that add up over days."""

OF_PEOPLE = ("buyers", "repeat", "guestOrders", "new", "begun")
"""Base counts of a window in which each person counts once; `begun` are buyers whose first order ever lies in it."""

_CENT = 100  # stored units


@dataclass(frozen=True)
class MetricSpec:
    """One figure.

    Attributes:
        key: its name in REST, CSV and addresses.
        label: what a person calls it.
        unit: money, count or ratio.
        formula: how it is computed, in words.
        needs: the base counts that it is computed from, in the order in which `compute` takes them.
        compute: the figure; money in stored units, None where it is undefined.
        source: where the base counts are kept.
        list_: path of the list that it opens ("" for none), and `drill` its fixed query; `window` names the two keys of the window there,
            `before` a key that takes the beginning of the window as its end.
        less_is_good: whether a rise is unwelcome.
        own: what it is called among the figures of one's own orders, where it differs.
    """

    key: str
    label: str
    unit: str
    formula: str
    needs: tuple[str, ...]
    compute: Callable[..., int | float | None]
    source: str
    list_: str = "/orders"
    drill: Mapping[str, str] | None = None
    window: tuple[str, str] = ("from", "to")
    before: str = ""
    less_is_good: bool = False
    own: str = ""

    def called(self, *, own: bool) -> str:
        """Its label, for who sells or for who buys."""
        return (own and self.own) or self.label

    def of(self, sums: Sums) -> int | float | None:
        """The figure of these base counts; None where it is undefined, or where they do not suffice."""
        return self.compute(*(sums[name] for name in self.needs)) if self.known(sums) else None

    def known(self, sums: Sums) -> bool:
        """Whether the base counts suffice."""
        return all(name in sums for name in self.needs)

    def wire(self, value: float | None) -> Any:
        """The figure as REST carries it: money as a decimal string."""
        return money.wire(int(value)) if self.unit == "money" and value is not None else value

    def about(self, value: float) -> int:
        """An estimate, no finer than it is worth: money to a hundredth."""
        return round(value / _CENT) * _CENT if self.unit == "money" else round(value)

    def href(self, first: str, end: str, filters: Mapping[str, str] | None = None) -> str:
        """The address of the list behind the figure in a window; empty where no list has these filters."""
        known = _LISTS.get(self.list_, {})
        asked = {name: value for name, value in (filters or {}).items() if name != "currency" or name in known}
        if not self.list_ or not asked.keys() <= known.keys():
            return ""
        given = {known[name]: value for name, value in asked.items()}
        before = {self.before: first} if self.before else {}
        return f"{self.list_}?{urlencode({**given, **(self.drill or {}), **before, self.window[0]: first, self.window[1]: end})}"

    def template(self, filters: Mapping[str, str] | None = None) -> str:
        """The same for any window: `{from}` and `{to}` stand for its ends."""
        return self.href("{from}", "{to}", filters).replace("%7B", "{").replace("%7D", "}")

    def entry(self) -> dict[str, Any]:
        """Its entry in the dictionary."""
        return {
            "key": self.key,
            "name": self.label,
            "unit": self.unit,
            "formula": self.formula,
            "source": self.source,
            "lessIsGood": self.less_is_good,
            "drill": self.template(),
        }


def _itself(count: int) -> int:
    return count


def _difference(count: int, less: int) -> int:
    return count - less


def _left(amount: int, *less: int) -> int:
    return amount - sum(less)


def _average(amount: int, count: int) -> int | None:
    """To a hundredth, half to even; none of nothing."""
    if count <= 0:
        return None
    return int((Decimal(amount) / count / _CENT).quantize(Decimal(1), ROUND_HALF_EVEN)) * _CENT


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole > 0 else None


_AS_THEY_ARE = ("country", "source", "plan", "currency", "customer")
_LISTS = {
    # Not the orders in which a product was free: those are in no figure of it.
    "/orders": {**dict(zip(_AS_THEY_ARE, _AS_THEY_ARE, strict=True)), "category": "soldCategory", "product": "sold"},
    "/customers": {"source": "source", "plan": "plan", "currency": "currency"},
}
"""The lists that figures open, with the filters of analytics that they take and what those are called there."""

_SALES = {"figure": "sales"}
_BY_DAY = "sums by day, country, product and customer"
_BUYERS = "sums by customer and day"

METRICS = (
    MetricSpec(
        "gross",
        "Gross sales",
        "money",
        "Σ quantity × price of sale lines (both above zero) of orders that are not cancelled.",
        ("gross",),
        _itself,
        _BY_DAY,
        drill=_SALES,
        own="Your purchases",
    ),
    MetricSpec(
        "returns",
        "Returns",
        "money",
        "−Σ quantity × price of return lines, counted on the day of the return.",
        ("returns",),
        _itself,
        _BY_DAY,
        drill={"figure": "returns"},
        less_is_good=True,
        own="Your returns",
    ),
    MetricSpec(
        "discounts",
        "Discounts",
        "money",
        "Σ discount of orders and of allowances that were given later, less what returned goods take back of it, each on its own day."
        " Products share the discount of an order in proportion to their amounts.",
        ("discounts",),
        _itself,
        _BY_DAY,
        drill={"figure": "discounts"},
        less_is_good=True,
        own="Your discounts",
    ),
    MetricSpec(
        "net",
        "Net sales",
        "money",
        "Gross sales − returns − discounts. Postage and tax are part of neither.",
        ("gross", "returns", "discounts"),
        _left,
        _BY_DAY,
        drill={"figure": "net"},
        own="Your purchases without returns and discounts",
    ),
    MetricSpec(
        "orders", "Orders", "count", "Orders with at least one sale line.", ("orders",), _itself, _BY_DAY, drill=_SALES, own="Your orders"
    ),
    MetricSpec(
        "aov",
        "Average order value",
        "money",
        "Gross sales ÷ orders.",
        ("gross", "orders"),
        _average,
        _BY_DAY,
        drill=_SALES,
        own="Your average order",
    ),
    MetricSpec(
        "units", "Units sold", "count", "Σ quantity of sale lines.", ("units",), _itself, _BY_DAY, drill=_SALES, own="Pieces you bought"
    ),
    MetricSpec(
        "buyers", "Buyers", "count", "Distinct customers with a sale line; guests apart.", ("buyers",), _itself, _BUYERS, drill=_SALES
    ),
    MetricSpec(
        "repeat", "Repeat buyers", "count", "Buyers with two orders or more in the window.", ("repeat",), _itself, _BUYERS, drill=_SALES
    ),
    MetricSpec("repeatRate", "Repeat rate", "ratio", "Repeat buyers ÷ buyers.", ("repeat", "buyers"), _share, _BUYERS, drill=_SALES),
    MetricSpec(
        "guestOrders", "Guest orders", "count", "Orders without a customer.", ("guestOrders",), _itself, _BUYERS, drill={"figure": "guests"}
    ),
    MetricSpec(
        "new",
        "New buyers",
        "count",
        "Customers whose first sale line ever lies in the window (and is in the currency that is asked for).",
        ("new",),
        _itself,
        "the first order of each customer",
        list_="/customers",
        window=("firstFrom", "firstTo"),
    ),
    MetricSpec(
        "returning",
        "Returning buyers",
        "count",
        "Buyers whose first sale line ever lies before the window.",
        ("buyers", "begun"),
        _difference,
        _BUYERS,
        drill=_SALES,
        before="firstTo",
    ),
    MetricSpec(
        "clv",
        "Customer lifetime value",
        "money",
        "Net sales from the beginning to the end of the window to known customers who have bought ÷ how many they are.",
        ("lifetimeNet", "lifetimeBuyers"),
        _average,
        _BUYERS,
        list_="",
    ),
)
BY_KEY = {metric.key: metric for metric in METRICS}

BY_DAY = tuple(metric.key for metric in METRICS if set(metric.needs) <= set(ADDITIVE) and metric.compute is not _average)
"""Those whose days add up: what can be forecast and searched for anomalies."""

BY_ROW = BY_DAY
"""Those that a product, a country or a customer can be ranked by."""


def wire(sums: Sums, keys: Iterable[str] = BY_KEY) -> dict[str, Any]:
    """All figures that these base counts suffice for, as REST carries them."""
    chosen = _known(frozenset(sums), tuple(keys))
    return {metric.key: metric.wire(metric.compute(*[sums[name] for name in metric.needs])) for metric in chosen}


@lru_cache(maxsize=64)
def _known(names: frozenset[str], keys: tuple[str, ...]) -> tuple[MetricSpec, ...]:
    """Those of some figures that these base counts suffice for."""
    return tuple(BY_KEY[key] for key in keys if names.issuperset(BY_KEY[key].needs))


def unavailable(sums: Sums) -> list[str]:
    """The figures of a window that these base counts do not suffice for."""
    windowed = {*ADDITIVE, *OF_PEOPLE}
    return [metric.key for metric in METRICS if windowed.issuperset(metric.needs) and not metric.known(sums)]


def only_in(whole: Sums, over: Sums) -> list[str]:
    """The figures of a window that were nothing in the part of it that is over: all of them is of today."""
    return [metric.key for metric in METRICS if metric.known(over) and metric.of(whole) and not metric.of(over)]


def changes(now: Sums, before: Sums) -> dict[str, dict[str, Any]]:
    """The change of each figure as a ratio; from nothing to something is new and has none. Shares change by percentage points."""
    found: dict[str, dict[str, Any]] = {}
    for metric in METRICS:
        if not (metric.known(now) and metric.known(before)):
            continue
        value, old = metric.of(now), metric.of(before)
        if metric.unit == "ratio":
            points = None if value is None or old is None else round((value - old) * 100, 4)
            found[metric.key] = {"ratio": None, "points": points, "isNew": False}
        elif value is None or not old:
            found[metric.key] = {"ratio": 0.0 if value == old == 0 else None, "isNew": bool(value) and not old}
        else:
            found[metric.key] = {"ratio": round((value - old) / abs(old), 6), "isNew": False}
    return found
