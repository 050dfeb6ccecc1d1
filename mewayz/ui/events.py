"""Event handlers that say who may fire them.

Every public method of a State class can be called by any browser with any arguments. `on` is `rx.event` with a
policy; the middleware of gate.py asks it before each event and refuses what has none.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import reflex as rx
from reflex.state import BaseState, FrontendEventExceptionState, OnLoadInternalState, UpdateVarsInternalState
from reflex_base.registry import RegistrationContext
from reflex_base.utils.format import format_event_handler

from mewayz.backend.access import ANONYMOUS, ENROLLING, ONESELF, PUBLIC, SIGNED_IN, Actor, Policy, permission

__all__ = ["ENROLLING", "ONESELF", "PUBLIC", "SIGNED_IN", "actor", "as_actor", "on", "policy_of"]

_actor: ContextVar[Actor] = ContextVar("event_actor", default=ANONYMOUS)


def actor() -> Actor:
    """Who fired the event that is being handled."""
    return _actor.get()


def as_actor(who: Actor) -> None:
    """Handle what follows in this task in the name of `who`."""
    _actor.set(who)


def on(policy: str | Policy, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Declare an event handler together with who may fire it.

    Args:
        policy: `"products:read"`, `":read"` (of the noun of the state class, for mixins), SIGNED_IN or PUBLIC.
        options: those of `rx.event` (background, supersedes, debounce, …).

    Raises:
        ValueError: no role is granted that permission.
    """
    found = permission(policy) if isinstance(policy, str) and not policy.startswith(":") else policy

    def decorate(handler: Callable[..., Any]) -> Any:
        handler.__policy__ = found  # pyright: ignore[reportFunctionMemberAccess]
        return rx.event(handler, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]

    return decorate


def _framework_events() -> frozenset[str]:
    """The handlers with which Reflex itself starts and changes pages; `setvar` is not among them."""
    owners: list[tuple[type[BaseState], tuple[str, ...]]] = [
        (rx.State, ("hydrate", "hydrate_and_load", "set_is_hydrated")),
        (OnLoadInternalState, ("on_load_internal", "set_is_hydrated")),
        (UpdateVarsInternalState, ("update_vars_internal",)),
        (FrontendEventExceptionState, ("handle_frontend_exception",)),
    ]
    return frozenset(
        format_event_handler(owner.event_handlers[name]) for owner, names in owners for name in names if name in owner.event_handlers
    )


def policy_of(event_name: str) -> Policy | None:
    """What an event demands; None is a refusal for everybody.

    Raises:
        ValueError: a mixin's `":verb"` names a permission that nobody holds.
    """
    if event_name in _framework_events():
        return PUBLIC
    registered = RegistrationContext.get().event_handlers.get(event_name)
    if registered is None:
        return None
    found = getattr(registered.handler.fn, "__policy__", None)
    if isinstance(found, str):
        return permission(f"{registered.states[0]._noun()}{found}")  # pyright: ignore[reportAttributeAccessIssue]
    return found if isinstance(found, Policy) else None
