"""What a tab leaves on the server goes once the tab is gone for good: closed, not merely cut off for a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import reflex as rx

from mewayz.backend import runtime

PATIENCE = 30.0  # seconds for a tab that is loaded anew, or whose network comes back

Work = Callable[[], Awaitable[Any]]
_works: dict[str, Work] = {}
"""By the token of the tab."""


def when_gone(state: rx.State, work: Work | None) -> None:
    """Do this once the tab of an event is gone; None forgets what was to be done."""
    token = state.router.session.client_token
    if work is None:
        _works.pop(token, None)
    elif token:
        _works[token] = work


def watch(app: rx.App) -> None:
    """Look after each tab whose socket closes, whether it comes back."""
    namespace: Any = app.event_namespace
    disconnect = namespace.on_disconnect

    async def after(token: str) -> None:
        if not await namespace._token_manager.is_token_connected(token) and (work := _works.pop(token, None)):
            await work()

    def look(token: str) -> None:
        if runtime.is_open():
            runtime.current().background(after(token))

    def on_disconnect(sid: str) -> Any:
        token = namespace.sid_to_token.get(sid)
        if token in _works:
            # A timer and no task: a server that is stopped does not wait for it.
            asyncio.get_running_loop().call_later(PATIENCE, look, token)
        return disconnect(sid)

    namespace.on_disconnect = on_disconnect
