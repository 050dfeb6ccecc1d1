"""The API alone, without pages, as granian serves it: for tests that need a server and no browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from mewayz.backend import passwords
from mewayz.backend.openapi import description_routes
from mewayz.backend.probes import PROBES
from mewayz.backend.rest import api
from mewayz.backend.runtime import identity, open_runtime
from mewayz.backend.settings import load_settings
from mewayz.domains.auth.service import auth
from mewayz.rooms import ENDPOINTS


@asynccontextmanager
async def _backend(app: Starlette) -> AsyncIterator[None]:
    async with open_runtime(load_settings()):
        yield


def application() -> Starlette:
    """Factory target. Its passwords get cheap hashes."""
    passwords.COST = 4
    identity[0] = auth.identify
    return Starlette(routes=[*description_routes(ENDPOINTS), api(ENDPOINTS), *PROBES], lifespan=_backend)
