"""Retention: who bought again how many months after their first month, from the sums by customer and day, never from lines."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, func, select

from mewayz.backend.runtime import current
from mewayz.domains.analytics.figures import customer_filters, is_apart
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.sources import Place
from mewayz.domains.customers.model import customers_collection
from mewayz.domains.orders.rollups import SALES_BY_CUSTOMER

_ROWS = 5_000
_table = SALES_BY_CUSTOMER.c


_customers = customers_collection.table.c


@lru_cache(maxsize=4)
def _bought(filters: tuple[str, ...], several: bool) -> Any:
    # Of several currencies, a cohort has those who began in the one that is asked for: they are its new buyers.
    began = select(_customers.id).where(_customers.first_currency == bindparam("currency"))
    return (
        select(_table.customer_id, _table.day)
        .where(_table.currency == bindparam("currency"), _table.day < bindparam("end"), *customer_filters(filters))
        .where(*([_table.customer_id.in_(began)] if several else []))
        .group_by(_table.customer_id, _table.day)
        .having(func.sum(_table.orders) > 0)
    )


async def cohorts(window: Window, place: Place, *, months: int, today: date, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row per first month that begins in the window: its size, and how many of it bought k months later (k = 0 … months).

    A row ends with the last month that lies in the window and in which anybody bought; where that is not over or the window cuts it,
    the row is not complete.
    """
    customers: list[str] = []
    reached: list[int] = []
    params = {"currency": place.currency, "end": window.end, **filters}
    async for rows in current().database.stream(_bought(tuple(filters), await is_apart(place.currency)), params, size=_ROWS):
        for customer_id, day in rows:
            customers.append(customer_id)
            reached.append(_number(day))
    matrix = await asyncio.to_thread(_matrix, customers, reached, months) if customers else {}
    found: list[dict[str, Any]] = []
    for month, counts in sorted(matrix.items()):
        first = _first_day(month)
        end = Interval.MONTH.next(first)
        if not window.first < end or first >= window.end:
            continue
        found.append(
            {
                "cohort": f"{first:%Y-%m}",
                "from": first.isoformat(),
                "to": end.isoformat(),
                "size": counts[0],
                "counts": counts,
                "rates": [round(count / counts[0], 6) for count in counts],
                "complete": _first_day(month + len(counts)) <= min(today, window.end),
            }
        )
    return found


def _matrix(customers: Sequence[str], reached: Sequence[int], months: int) -> dict[int, list[int]]:
    """First month → buyers after 0, 1, … months."""
    codes, _ = pd.factorize(np.asarray(customers, dtype=object))
    frame = pd.DataFrame({"customer": codes, "month": np.asarray(reached)}).drop_duplicates()
    frame["first"] = frame.groupby("customer")["month"].transform("min")
    counted: Counter[tuple[int, int]] = Counter(zip(frame["first"].tolist(), (frame["month"] - frame["first"]).tolist(), strict=True))
    last = max(reached)
    return {first: [counted[first, k] for k in range(min(months, last - first) + 1)] for first, k in counted if k == 0}


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def flat(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per cell, for a file."""
    return [
        {"cohort": row["cohort"], "k": k, "buyers": count, "rate": row["rates"][k], "complete": is_whole(row, k)}
        for row in rows
        for k, count in enumerate(row["counts"])
    ]


def is_whole(row: Mapping[str, Any], k: int) -> bool:
    """Whether all days of the kth month of a cohort are counted: only its last one may lack some."""
    return row["complete"] or k < len(row["counts"]) - 1
