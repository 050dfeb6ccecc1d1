"""/health says that the process is alive, /ready that it can serve."""

import time

from sqlalchemy import literal, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mewayz.backend import clock
from mewayz.backend.cache import RedisCache
from mewayz.backend.columns import time_text
from mewayz.backend.errors import Unavailable
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current, is_open

_ALIVE = select(literal(1))
_started = time.monotonic()


async def health(request: Request) -> Response:
    """Alive: no question to any other part."""
    body = {"status": "OK", "timestamp": time_text(clock.now()), "uptime": round(time.monotonic() - _started, 3)}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """Able to serve: the database answers. A Redis that does not is named, and is no reason to take nobody in."""
    parts = {"database": "disconnected", "cache": "in-process"}
    if is_open():
        runtime = current()
        try:
            await runtime.database.fetch(_ALIVE)
            parts["database"] = "connected"
        except Unavailable:
            logger.warning("not ready: the database does not answer")
        if isinstance(runtime.cache, RedisCache):
            parts["cache"] = "connected" if await runtime.cache.alive() else "disconnected"
    fine = parts["database"] == "connected"
    return JSONResponse({"status": "OK" if fine else "UNAVAILABLE", **parts}, 200 if fine else 503, {"Cache-Control": "no-store"})


PROBES = [Route("/health", health), Route("/ready", ready)]
