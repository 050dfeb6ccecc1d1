"""The gate before every event: who fired it, and whether its policy lets them.

A forgotten guard is a refusal, not a hole: a handler without a policy answers nobody.
"""

from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex.event import Event
from reflex.state import BaseState, StateUpdate
from reflex_base.utils.format import format_event_handler
from typing_extensions import override

from mewayz.backend import runtime
from mewayz.backend.access import ANONYMOUS, Actor, Policy
from mewayz.backend.errors import Forbidden, Unauthenticated
from mewayz.ui.events import as_actor, policy_of
from mewayz.ui.notice import Notices


class Holder(rx.State):
    """Whose tab this is: what its state holds was shown to this person."""

    _person: str = ""


class PolicyMiddleware(rx.Middleware):
    """Refuses every event whose handler has no policy, or one that the person does not satisfy."""

    def __init__(self) -> None:
        """Start with no remembered policy; they cannot change once the classes exist."""
        self._policies: dict[str, Policy | None] = {}

    def _policy(self, event_name: str) -> Policy | None:
        if event_name not in self._policies:
            self._policies[event_name] = policy_of(event_name)
        return self._policies[event_name]

    @override
    async def preprocess(self, app: Any, state: BaseState, event: Event) -> StateUpdate | None:
        """Let the event pass (None), or answer in its place."""
        policy = self._policy(event.name)
        who = await runtime.current().identify(state.router.headers.cookie) if runtime.is_open() else ANONYMOUS
        as_actor(who)
        try:
            if policy is None:
                raise Forbidden
            policy.verify(who)
        except Unauthenticated:
            return StateUpdate(events=Event.from_event_type(rx.redirect(sign_in_path(state), replace=True)))
        except Forbidden as error:
            # A refused page load is not an answer to a click: the frame shows its own screen for that.
            loads = {load.name for load in Event.from_event_type(app.get_load_events(state.router.url.path))}
            if event.name not in loads:
                notices = await state.get_state(Notices)
                notices._say(error.message, tone="danger")
            delta = await state._get_resolved_delta()
            state._clean()
            return StateUpdate(delta=delta)
        if event.name in _STARTS:
            await _hand_over(state, who)
        return None


_STARTS = frozenset(format_event_handler(rx.State.event_handlers[name]) for name in ("hydrate", "hydrate_and_load"))
"""With which a tab begins, and at which it is sent its whole state."""


async def _hand_over(state: BaseState, who: Actor) -> None:
    """Empty a state that somebody else has filled: its token is known to the browser, and may be to others."""
    holder = await state.get_state(Holder)
    if holder._person != who.id:
        if holder._person:
            state._get_root_state().reset()
        holder._person = who.id


def sign_in_path(state: BaseState) -> str:
    """Where to sign in, and come back from to the page that was asked for."""
    url = state.router.url
    here = url.path.rstrip("/") + (f"?{url.query}" if url.query else "")
    return "/login" if not here or here.startswith("/login") else f"/login?next={quote(here, safe='')}"
