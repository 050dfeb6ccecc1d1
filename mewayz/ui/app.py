"""The Reflex app with this product's defaults: gate, messages, error screens; no parts of the framework's own look."""

import logging
import secrets
import time
from collections import deque
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex.state import FrontendEventExceptionState
from reflex_base.event.context import EventContext
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_too_many_connection_errors

from mewayz.ui.base import plain_link
from mewayz.ui.controls import banner, button_class, link_button
from mewayz.ui.gate import PolicyMiddleware
from mewayz.ui.intake import watch
from mewayz.ui.notice import AfterThePage, Notices, notice_region
from mewayz.ui.origin import OwnPagesOnly
from mewayz.ui.redact import hide_secrets
from mewayz.ui.seal import seal_states

logger = logging.getLogger("mewayz")
_MAX_REPORT = 2000
_REPORT_SECONDS = 60


_answered: deque[str] = deque(maxlen=1000)
_reports: deque[float] = deque(maxlen=20)


def on_backend_exception(exception: Exception) -> EventSpec | None:
    """Log what no handler expected, and show an opaque message with the id under which it was logged.

    The message is an event too: when that fails, it is not answered again, or it would go on for ever.
    """
    context = EventContext.get()
    if context.parent_txid in _answered:
        logger.error("the message about a failure failed", exc_info=exception)
        return None
    _answered.append(context.txid)
    request_id = secrets.token_hex(8)
    logger.error("event failed", exc_info=exception, extra={"request_id": request_id})
    return Notices.failed(request_id)  # pyright: ignore[reportReturnType, reportCallIssue, reportArgumentType]


def on_frontend_exception(exception: Exception) -> None:
    """Log what a browser reports: cut, on one line and at most twenty a minute, because the text comes from outside."""
    now = time.monotonic()
    if len(_reports) == _reports.maxlen and now - _reports[0] < _REPORT_SECONDS:
        return
    _reports.append(now)
    logger.warning("browser error: %r", str(exception)[:_MAX_REPORT])


def _broken() -> rx.Component:
    return rx.el.div(
        rx.el.h1("This page broke", class_name="text-xl font-semibold"),
        rx.el.p("Reload it. If that does not help, tell your administrator what you were doing.", class_name="text-muted mt-1"),
        plain_link("Reload", href="", class_name=button_class("primary", extra="mt-5")),
        class_name="grid place-items-center content-center min-h-dvh p-6 text-center",
        role="alert",
    )


def _not_found() -> rx.Component:
    return rx.el.main(
        rx.el.h1("There is no such page", class_name="text-xl font-semibold"),
        rx.el.p("The address may be misspelt, or what it showed has been deleted.", class_name="text-muted mt-1"),
        link_button("Go to the dashboard", to="/", variant="primary", class_name="mt-5"),
        class_name="grid place-items-center content-center min-h-dvh p-6 text-center",
    )


def _offline() -> rx.Component:
    return rx.cond(
        has_too_many_connection_errors,
        rx.el.div(
            banner("The connection is lost. Trying again; nothing that you see is being saved.", tone="warning", role="alert"),
            class_name="fixed z-50 inset-x-4 top-4 sm:left-1/2 sm:right-auto sm:-translate-x-1/2 shadow-float rounded-control",
        ),
    )


def create_app(**options: Any) -> rx.App:
    """An app whose events pass the gate. `options` are those of `rx.App`; api_transformer is a list."""
    hide_secrets()
    seal_states()
    # The last one is the outermost: nothing of the framework is reached by other sites.
    options["api_transformer"] = [*options.get("api_transformer", ()), OwnPagesOnly]
    # The framework would answer some browser errors with a script to evaluate, which the policy of the page forbids.
    FrontendEventExceptionState.auto_reload_on_errors = []
    app = rx.App(
        app_wraps={
            (55, "ErrorBoundary"): lambda _stateful: ErrorBoundary.create(fallback_render=rx.Var.create(_broken())),
            (5, "Overlay"): lambda stateful: AfterThePage.create(_offline(), notice_region()) if stateful else None,
        },
        toaster=None,
        reset_style=False,
        stylesheets=["/tokens.css"],
        head_components=[
            rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
            rx.el.link(
                rel="preload",
                href="/fonts/inter-latin.woff2",
                custom_attrs={"as": "font", "type": "font/woff2", "crossOrigin": "anonymous"},
            ),
            rx.el.meta(name="color-scheme", content="light dark"),
            rx.el.script(src="/session.js", defer=True),
            rx.el.script(src="/chart.js", defer=True),
        ],
        html_lang="en",
        backend_exception_handler=on_backend_exception,
        frontend_exception_handler=on_frontend_exception,
        **options,
    )
    # First of all: the framework's own middleware would hand out a state before anybody is asked.
    app.add_middleware(PolicyMiddleware(), index=0)
    watch(app)
    app.add_page(_not_found, route="404", title="Page not found · Mewayz")
    return app
