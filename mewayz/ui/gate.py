"""The gate before every event: who fired it, and whether its policy lets them.

A forgotten guard is a refusal, not a hole: a handler without a policy answers nobody.
"""

from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.state import BaseState, StateUpdate
from reflex_base.utils.format import format_event_handler
from typing_extensions import override

from mewayz.backend import runtime
from mewayz.backend.access import ANONYMOUS, Actor, EnrolmentRequired, Policy
from mewayz.backend.errors import Forbidden, Unauthenticated
from mewayz.ui.events import as_actor, policy_of
from mewayz.ui.notice import Notices
from mewayz.ui.presence import identify
from mewayz.ui.step_up import handling
from mewayz.ui.ways import here, to_enrolment, to_sign_in


class Holder(rx.State):
    """Whose tab this is: what its state holds was shown in this session."""

    _session: str = ""


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
        session = state.router.session
        who = await identify(state.router.headers.cookie, session.session_id) if runtime.is_open() else ANONYMOUS
        as_actor(who)
        handling(event)
        try:
            if policy is None:
                raise Forbidden
            policy.verify(who)
        except Unauthenticated:
            return to_sign_in(state)
        except EnrolmentRequired:
            return to_enrolment(state)
        except Forbidden as error:
            if not await _holds(state, who, starting=False):
                return _anew(state)
            # A refused page load is not an answer to a click: the frame shows its own screen for that.
            loads = {load.name for load in Event.from_event_type(app.get_load_events(state.router.url.path))}
            if event.name not in loads:
                notices = await state.get_state(Notices)
                notices._say(error.message, tone="danger")
            delta = await state._get_resolved_delta()
            state._clean()
            return StateUpdate(delta=delta)
        if not await _holds(state, who, starting=event.name in _STARTS):
            return _anew(state)
        return None


def _anew(state: BaseState) -> StateUpdate:
    """Answer in somebody else's tab: a page that is loaded anew gets a state of its own."""
    return StateUpdate(events=Event.from_event_type(rx.redirect(here(state), replace=True)))


_STARTS = frozenset(format_event_handler(rx.State.event_handlers[name]) for name in ("hydrate", "hydrate_and_load"))
"""With which a tab begins, and at which it is sent its whole state."""


async def _holds(state: BaseState, who: Actor, *, starting: bool) -> bool:
    """Whether the state of this tab is that of this session.

    The token of a tab is chosen by its browser and may be known to others; so a state belongs to the session that filled
    it. One that begins anew with the state of another session finds it empty, and one that goes on with it is refused.
    """
    holder = await state.get_state(Holder)
    if holder._session == who.session_id:
        return True
    if holder._session and not starting:
        return False
    if holder._session:
        state._get_root_state().reset()
    holder._session = who.session_id
    return True
