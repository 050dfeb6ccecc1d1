"""The composition root: which rooms there are, and how they become one application. Nobody imports this module."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from mewayz.backend import live, uploads
from mewayz.backend.openapi import description_routes
from mewayz.backend.probes import PROBES
from mewayz.backend.rest import api
from mewayz.backend.runtime import current, identity, open_runtime
from mewayz.backend.settings import load_settings
from mewayz.domains.admin import pages as admin_pages
from mewayz.domains.analytics import board_pages, explore_pages, sales_pages, stock_pages
from mewayz.domains.analytics.report_post import keep_posting
from mewayz.domains.analytics.report_routes import REPORT_ROUTES
from mewayz.domains.analytics.share_routes import SHARED_ROUTES
from mewayz.domains.auth import account_pages, enrol_pages, invite_pages, roles_pages, security_pages, settings_pages
from mewayz.domains.auth import pages as auth_pages
from mewayz.domains.auth.door import Door
from mewayz.domains.auth.service import auth
from mewayz.domains.customers import pages as customers_pages
from mewayz.domains.imports import pages as imports_pages
from mewayz.domains.orders import latest_pages
from mewayz.domains.orders import pages as orders_pages
from mewayz.domains.orders.rollups import fold_recent
from mewayz.domains.products import pages as products_pages
from mewayz.domains.users import pages as users_pages
from mewayz.rooms import ENDPOINTS
from mewayz.ui import farewell, news, presence
from mewayz.ui.addresses import PagesWithoutSlash
from mewayz.ui.app import create_app

# Importing a room's pages registers them.
_IDENTITY = (account_pages, auth_pages, enrol_pages, invite_pages, roles_pages, security_pages, settings_pages)
_SELL = (customers_pages, latest_pages, orders_pages, products_pages)
_FIGURES = (board_pages, sales_pages, explore_pages, stock_pages)
PAGES = (admin_pages, *_FIGURES, imports_pages, *_IDENTITY, *_SELL, users_pages)

identity[0] = auth.identify


def _routes() -> list[BaseRoute]:
    return [*description_routes(ENDPOINTS), api(ENDPOINTS), *PROBES, *SHARED_ROUTES, *REPORT_ROUTES]


@asynccontextmanager
async def backend() -> AsyncIterator[None]:
    """The open backend, for as long as the server runs."""
    async with open_runtime(load_settings()):
        current().background(fold_recent())
        working = [asyncio.create_task(live.listen()), asyncio.create_task(uploads.keep_sweeping()), asyncio.create_task(keep_posting())]
        try:
            yield
        finally:
            for task in working:
                task.cancel()
            # A letter that is leaving must not find the runtime closed.
            await asyncio.gather(*working, return_exceptions=True)


app: rx.App = create_app(api_transformer=[PagesWithoutSlash, Starlette(routes=_routes()), Door])
app.register_lifespan_task(backend)
presence.watch(app)
farewell.watch(app)
news.watch(app)
