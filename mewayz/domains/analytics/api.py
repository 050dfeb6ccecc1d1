"""REST of analytics."""

from typing import Any

from mewayz.backend.access import permission
from mewayz.backend.rest import Call, Endpoint, query_map
from mewayz.domains.analytics.model import PARAMETERS, read_question
from mewayz.domains.analytics.service import analytics


async def _overview(call: Call) -> Any:
    return await analytics.overview(call.actor, read_question(query_map(call.request)))


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/analytics/overview",
        handler=_overview,
        summary="Totals, comparison, series, top products and countries of a window",
        tag="analytics",
        policy=permission("analytics:read"),
        params=PARAMETERS,
    )
]
