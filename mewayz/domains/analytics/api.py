"""REST of analytics: each answer is declared with its parameters, and with the table that it is as a file."""

import csv
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from starlette.responses import Response

from mewayz.backend.access import Actor, permission
from mewayz.backend.cells import neutral
from mewayz.backend.rest import Call, Endpoint, query_map
from mewayz.domains.analytics import ageing, cohorts, inventory, rankings
from mewayz.domains.analytics.metrics import METRICS
from mewayz.domains.analytics.questions import FILTERS, MAX_ROWS, OF_CUSTOMERS, PARAMETERS, WINDOW, Question, read_question
from mewayz.domains.analytics.service import analytics

Answer = dict[str, Any]
_BEFORE = {key: f"previous{key[:1].upper()}{key[1:]}" for key in ("from", "to", *(metric.key for metric in METRICS))}
"""What the columns of the bucket that one is compared with are called."""
_SERIES = ("from", "to", *(metric.key for metric in METRICS), "complete", *_BEFORE.values())
_FILE = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Figures:
    """One kind of answer.

    Attributes:
        name: of the path.
        ask: the verb of the service.
        summary: one line for the description.
        needs: permission.
        takes: parameters beside those of the window.
        table: key of the rows in the answer, which are the lines of the file.
        columns: of the file, in order; one that no row has is left out.
        before: key of rows that come before these in the file.
        rows: the lines from the rows, where they differ.
        export: the verb for the file, where that asks for more.
    """

    name: str
    ask: Callable[[Actor, Question], Awaitable[Answer]]
    summary: str
    needs: str
    table: str
    columns: Sequence[str]
    takes: tuple[str, ...] = ()
    before: str = ""
    rows: Callable[[list[Answer]], list[Answer]] = list
    export: Callable[[Actor, Question], Awaitable[Answer]] | None = None

    def endpoint(self) -> Endpoint:
        """The operation of the API."""
        accepted = (*WINDOW, *self.takes, "format")

        async def handler(call: Call) -> Any:
            question = read_question(query_map(call.request), accepted)
            plain = replace(question, format="")
            if question.format == "csv":
                return self.file(await (self.export or self.ask)(call.actor, plain))
            return await self.ask(call.actor, plain)

        return Endpoint(
            method="GET",
            path=f"/analytics/{self.name}",
            handler=handler,
            summary=self.summary,
            tag="analytics",
            policy=permission(self.needs),
            params={key: PARAMETERS[key].schema for key in accepted},
            tables=("text/csv",),
        )

    def file(self, answer: Answer) -> Response:
        """The table of an answer as CSV (RFC 4180)."""
        lines = self.rows([*answer.get(self.before, []), *answer.get(self.table, [])])
        if self.table == "series" and answer.get("previous"):
            lines = _compared(lines, answer["previous"]["series"])
        known = {key for line in lines for key in line}
        columns = [column for column in self.columns if not lines or column in known]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows([_cell(line.get(column)) for column in columns] for line in lines)
        # What does not fit says so by its name.
        name = f"{self.name}-first-{MAX_ROWS}" if "limit" in self.takes and len(answer.get(self.table, [])) >= MAX_ROWS else self.name
        headers = {"Content-Disposition": f'attachment; filename="{name}{_days(answer)}.csv"', "Cache-Control": "private, no-store"}
        return Response(text.getvalue(), headers=headers, media_type=_FILE)


def _compared(lines: list[Answer], before: list[Answer]) -> list[Answer]:
    """Each bucket with the one that it is compared with."""
    return [
        {**line, **{_BEFORE[key]: value for key, value in old.items() if key in _BEFORE}}
        for line, old in zip_longest(lines, before[: len(lines)], fillvalue={})
    ]


def _days(answer: Answer) -> str:
    """The first and the last day of an answer as the end of a name; a series says them, as the window of a forecast is its past."""
    series = answer.get("series")
    first, end = (series[0]["from"], series[-1]["to"]) if series else (answer.get("from"), answer.get("to"))
    return f"-{first}-{date.fromisoformat(end) - timedelta(days=1)}" if first and end else ""


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return neutral(value)
        case float():
            return format(Decimal(repr(value)), "f")  # a small share, too, is written as digits
        case _:
            return str(value)


_RANKED = ("sort", "limit")
ANSWERS = (
    Figures(
        "overview", analytics.overview, "Totals, comparison, series, top products and countries of a window", "analytics:read",
        "series", _SERIES, FILTERS,
    ),
    Figures("sales", analytics.sales, "Every metric over time, with its comparison", "analytics:read", "series", _SERIES, FILTERS),
    Figures(
        "products", analytics.products, "Products and categories in the order of a metric", "analytics:read",
        "products", ("id", "name", "sku", "category", *rankings.ROW_COLUMNS), (*_RANKED, "country", "category"),
    ),
    Figures(
        "categories", analytics.products, "The same; as a file, the categories", "analytics:read",
        "categories", ("category", *rankings.ROW_COLUMNS), ("sort", "country", "category"),
    ),
    Figures(
        "states", analytics.sales, "The same; as a file, the states of the orders", "analytics:read",
        "states", ("status", "orders"),
    ),
    Figures(
        "customers", analytics.customers, "Buyers, new and returning ones, lifetime value, top customers", "analytics:explore",
        "customers", ("id", "name", "country", "firstOrderAt", *rankings.ROW_COLUMNS), (*_RANKED, "country", *OF_CUSTOMERS),
        export=analytics.export_customers,
    ),
    Figures(
        "cohorts", analytics.cohorts, "Retention by first month", "analytics:explore",
        "cohorts", ("cohort", "k", "buyers", "rate", "complete"), ("months", *OF_CUSTOMERS), rows=cohorts.flat,
    ),
    Figures(
        "countries", analytics.countries, "Countries in the order of a metric", "analytics:read",
        "countries", ("country", *rankings.ROW_COLUMNS, "buyers"), ("sort", "category", *OF_CUSTOMERS),
    ),
    Figures(
        "inventory", analytics.inventory, "Stock and days of cover, what is out and since when, and value", "analytics:explore",
        "products", inventory.COLUMNS, ("limit", "category"), "out",
    ),
    Figures(
        "ageing", analytics.ageing, "How long the stock has been there, first in, first out", "analytics:explore",
        "products", ageing.COLUMNS, ("age", "limit", "category"),
    ),
    Figures(
        "ages", analytics.ageing, "The same; as a file, the ages", "analytics:explore",
        "ages", ("age", "units", "valueAtCost", "products", "unitsWithoutCost"), ("category",),
    ),
    Figures(
        "forecast", analytics.forecast, "The coming days or weeks, with a range and how often such ranges were right", "analytics:explore",
        "series", ("from", "to", "value", "low", "high"), ("metric", "horizon", *FILTERS),
    ),
    Figures(
        "anomalies", analytics.anomalies, "Days out of line with the same weekday of the weeks before", "analytics:explore",
        "anomalies", ("from", "to", "value", "expected", "deviation", "score"), ("metric", *FILTERS),
    ),
)  # fmt: skip


async def _metrics(call: Call) -> Mapping[str, Any]:
    return {"metrics": await analytics.dictionary(call.actor)}


ENDPOINTS = [
    *(answer.endpoint() for answer in ANSWERS),
    Endpoint(
        method="GET",
        path="/analytics/metrics",
        handler=_metrics,
        summary="The dictionary: what each metric means and how it is computed",
        tag="analytics",
        policy=permission("analytics:read"),
    ),
]
