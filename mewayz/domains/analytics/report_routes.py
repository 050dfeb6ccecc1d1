"""The way out of a report: `/reports/stop/<token>`. A mail program stops it by one POST (RFC 8058), a person by one button.

Looking at the page stops nothing: programs that check links of letters open them too.
"""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from mewayz.backend.errors import RateLimited
from mewayz.backend.limits import SHARED, address_subject
from mewayz.backend.origins import client_address
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.domains.analytics.report_post import STOP_PATH
from mewayz.domains.analytics.reports import StopLinkInvalid, reports
from mewayz.domains.analytics.sheet_page import POLICY, document, ended_page

_HEADERS = {
    "Content-Security-Policy": POLICY.replace("form-action 'none'", "form-action 'self'"),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
_STOPPED = "Reports stopped"


async def stop(request: Request) -> HTMLResponse:
    """Ask, or stop."""
    token = request.path_params["token"]
    try:
        await current().limits.hit(SHARED, address_subject(client_address(request)))
        if request.method == "POST":
            await reports.stop(token)
            return HTMLResponse(ended_page(_STOPPED, "You get no more letters of this report."), headers=_HEADERS)
        report = await reports.stoppable(token)
    except RateLimited as error:
        headers = {**_HEADERS, "Retry-After": str(error.retry_after)}
        return HTMLResponse(ended_page("Too many requests", error.message), error.status, headers)
    except StopLinkInvalid as error:
        return HTMLResponse(ended_page(_STOPPED, error.message), error.status, _HEADERS)
    name = (await shop()).name
    often = {"day": "daily", "week": "weekly", "month": "monthly"}[report.every]
    form = '<form method="post"><button type="submit">Stop these letters</button></form>'
    words = f'<p class="quiet">You get the {often} report of {escape(name)} by mail.</p>'
    return HTMLResponse(document("Stop the report", "<h1>Stop the report?</h1>", words, form), headers=_HEADERS)


REPORT_ROUTES = [Route(f"{STOP_PATH}/{{token}}", stop, methods=["GET", "POST"])]
