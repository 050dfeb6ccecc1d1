"""The page of a link: `/shared/<token>`, a plain route beside the application, for whoever has the link."""

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from mewayz.backend.access import ANONYMOUS, act_as
from mewayz.backend.errors import RateLimited, Unavailable
from mewayz.backend.limits import SHARED, address_subject
from mewayz.backend.origins import client_address
from mewayz.backend.runtime import current
from mewayz.backend.shop import shop
from mewayz.domains.analytics.shares import ShareEnded, shares
from mewayz.domains.analytics.sheet_page import POLICY, ended_page, sheet_page

SHARED_PATH = "/shared"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The address is the key.
    "Referrer-Policy": "no-referrer",
}
_ENDED = "It has expired, was ended by the person who made it, or they may not see these figures any more. Ask them for a new one."


def _say(title: str, why: str, status: int, **headers: str) -> HTMLResponse:
    return HTMLResponse(ended_page(title, why), status, {**_HEADERS, **headers})


async def shared(request: Request) -> HTMLResponse:
    """What the link shows; cookies are not looked at."""
    try:
        await current().limits.hit(SHARED, address_subject(client_address(request)))
        with act_as(ANONYMOUS):
            opened = await shares.open(request.path_params["token"])
    except RateLimited as error:
        return _say("Too many requests", error.message, error.status, **{"Retry-After": str(error.retry_after)})
    except ShareEnded as error:
        return _say(error.message.rstrip("."), _ENDED, error.status)
    except Unavailable as error:
        return _say("Not now", error.message, error.status)
    return HTMLResponse(sheet_page(opened.sheet, (await shop()).name, opened.until), headers=_HEADERS)


SHARED_ROUTES = [Route(f"{SHARED_PATH}/{{token}}", shared, methods=["GET"])]
