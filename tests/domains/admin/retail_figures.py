"""The shop's figures of Online Retail II, computed twice: from the stream of invoices, and by pandas from the file.

The pandas half knows nothing of the product: it reads the file itself and applies the published rules of cleaning
to whole columns. Money is in 1/10,000 of the currency unit in both.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

from mewayz.domains.admin.demo.retail import Invoice

EVERYTHING = "everything"


@dataclass
class Figures:
    """Windows: EVERYTHING or `2010-11` → (gross, returns, orders, buyers, new). Cohorts: (first month, k) → buyers."""

    windows: dict[str, tuple[int, int, int, int, int]]
    cohorts: dict[tuple[str, int], int]
    repeat_customers: int
    guest_orders: int


def of_stream(invoices: Iterable[Invoice]) -> Figures:
    """Figures of a stream, by plain counting."""
    gross: Counter[str] = Counter()
    returns: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    buyers: dict[str, set[str]] = {EVERYTHING: set()}
    first: dict[str, str] = {}
    orders_of: Counter[str] = Counter()
    guests = 0
    for invoice in invoices:
        month = f"{invoice.placed_at_local:%Y-%m}"
        value = sum(line.quantity * line.unit_price for line in invoice.lines)
        for window in (EVERYTHING, month):
            if invoice.kind == "return":
                returns[window] -= value
                continue
            gross[window] += value
            orders[window] += 1
        if invoice.kind == "return":
            continue
        if invoice.customer_ref is None:
            guests += 1
            continue
        orders_of[invoice.customer_ref] += 1
        first.setdefault(invoice.customer_ref, month)
        for window in (EVERYTHING, month):
            buyers.setdefault(window, set()).add(invoice.customer_ref)
    new = Counter(first.values()) + Counter({EVERYTHING: len(first)})
    cohorts: Counter[tuple[str, int]] = Counter()
    for month, refs in buyers.items():
        if month != EVERYTHING:
            cohorts.update((first[ref], _months_between(first[ref], month)) for ref in refs)
    windows = {w: (gross[w], returns[w], orders[w], len(buyers.get(w, ())), new[w]) for w in gross.keys() | returns.keys()}
    return Figures(windows, dict(cohorts), sum(count >= 2 for count in orders_of.values()), guests)


def _months_between(first: str, later: str) -> int:
    return (int(later[:4]) - int(first[:4])) * 12 + int(later[5:]) - int(first[5:])


def full_frame(path: Path) -> pd.DataFrame:
    """The lines of the published file, without the overlap of its two sheets."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.columns = ["invoice", "sku", "name", "quantity", "placed_at", "price", "customer", "country"]
    frame["when"] = pd.to_datetime(frame["placed_at"], format="%m/%d/%Y %H:%M")
    frame["customer"] = frame["customer"].str.replace(".0", "", regex=False)
    second_sheet = frame.index >= 525_461
    return frame[second_sheet | (frame["when"] < pd.Timestamp("2010-12-01"))]


def slice_frame(path: Path) -> pd.DataFrame:
    """The lines of the shipped file, written out."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    head = ["invoice", "placed_at", "customer", "country"]
    opens = frame["invoice"] != ""
    frame[head] = frame[head].where(opens).ffill()
    frame["when"] = pd.to_datetime(frame["placed_at"], format="%Y-%m-%d %H:%M")
    return frame


def of_frame(frame: pd.DataFrame) -> Figures:
    """Figures of lines, by masks and group-bys on whole columns."""
    frame = frame.assign(
        month=frame["when"].dt.strftime("%Y-%m"),
        quantity=frame["quantity"].astype("int64"),
        price=frame["price"].map(lambda text: int(Decimal(text) * 10_000)).astype("int64"),
    )
    frame["value"] = frame["quantity"] * frame["price"]
    prefix = frame["invoice"].str[0]
    sales = frame[~prefix.isin(["C", "A"]) & (frame["quantity"] > 0) & (frame["price"] > 0)]
    returns = frame[(prefix == "C") & (frame["quantity"] < 0) & (frame["price"] > 0)]
    bought = sales[sales["customer"] != ""]
    first = bought.groupby("customer")["when"].min().dt.strftime("%Y-%m")

    def window(month: str | None) -> tuple[int, int, int, int, int]:
        some_sales, some_returns, some_bought = (
            part if month is None else part[part["month"] == month] for part in (sales, returns, bought)
        )
        return (
            int(some_sales["value"].sum()),
            -int(some_returns["value"].sum()),
            int(some_sales["invoice"].nunique()),
            int(some_bought["customer"].nunique()),
            len(first) if month is None else int((first == month).sum()),
        )

    months = sorted({*sales["month"], *returns["month"]})
    active = bought[["customer", "month"]].drop_duplicates()
    start = pd.PeriodIndex(active["customer"].map(first), freq="M")
    distance = [step.n for step in pd.PeriodIndex(active["month"], freq="M") - start]
    cohorts = active.assign(first=start.astype(str), k=distance).groupby(["first", "k"]).size()
    return Figures(
        windows={EVERYTHING: window(None)} | {month: window(month) for month in months},
        cohorts={(str(month), int(k)): int(size) for (month, k), size in cohorts.items()},
        repeat_customers=int((bought.groupby("customer")["invoice"].nunique() >= 2).sum()),
        guest_orders=int(sales.loc[sales["customer"] == "", "invoice"].nunique()),
    )
