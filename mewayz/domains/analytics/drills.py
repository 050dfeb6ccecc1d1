"""Where the marks of a chart lead: each row of a ranking, each cell of a matrix, to the list that comes to the same."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from mewayz.backend.filters import NOTHING
from mewayz.domains.analytics.metrics import BY_KEY
from mewayz.domains.analytics.model import Interval, Window
from mewayz.domains.analytics.questions import Question

Rows = list[dict[str, Any]]


def ranked(rows: Rows, field: str, name: str, metric: str, window: Window, question: Question) -> Rows:
    """Rows that say in `field` what the filter `name` of a list has to be."""
    first, end, spec = window.first.isoformat(), window.end.isoformat(), BY_KEY[metric]
    return [{**row, "drill": spec.href(first, end, {**question.narrowing, name: row[field] or NOTHING})} for row in rows]


def cohorts(rows: Rows, window: Window, question: Question) -> Rows:
    """Each cohort with its customers, and each cell with the orders of those who came back: their customers are the number of the cell."""
    found: Rows = []
    for row in rows:
        month = first = date.fromisoformat(row["from"])
        began = {"firstFrom": row["from"], "firstTo": row["to"]}
        # Of several currencies, those are meant whose first order was in this one.
        within = {"firstCurrency": question.currency} if question.currency else {}
        cells: list[str] = []
        for _ in row["counts"]:
            after = Interval.MONTH.next(month)
            days = {"from": month.isoformat(), "to": min(after, window.end).isoformat()}
            cells.append(f"/orders?{urlencode({**question.narrowing, 'figure': 'sales', **began, **within, **days})}")
            month = after
        size = {**question.narrowing, "firstFrom": first.isoformat(), "firstTo": min(Interval.MONTH.next(first), window.end).isoformat()}
        found.append({**row, "drill": f"/customers?{urlencode(size)}", "drills": cells})
    return found
