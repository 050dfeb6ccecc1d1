"""What others change while a page is open: its tab is told, and looks for itself, in the name of whoever sits there."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.state import StateUpdate

from mewayz.backend import live, runtime

_GATHER = 0.7  # seconds: what changes in a burst is one piece of news


@dataclass
class Follower:
    """A part of an open page: the nouns that it shows, the event that makes it look, and whether it is about to be told."""

    nouns: frozenset[str]
    look: Any
    told: bool = field(default=False)


_followers: dict[str, dict[str, Follower]] = {}
"""By the id of the tab's socket, then by the state that follows."""


def follow(state: rx.State, look: Any, *nouns: str) -> None:
    """Fire `look` in this tab whenever records of these nouns have changed, until `unfollow`."""
    if sid := state.router.session.session_id:
        _followers.setdefault(sid, {})[type(state).get_full_name()] = Follower(frozenset(nouns), look)


def unfollow(state: rx.State) -> None:
    """Stop that: the page is no longer shown."""
    _followers.get(state.router.session.session_id, {}).pop(type(state).get_full_name(), None)


def watch(app: rx.App) -> None:
    """Tell the open pages of this process when records have changed, in whatever process."""
    namespace: Any = app.event_namespace
    disconnect = namespace.on_disconnect

    def on_disconnect(sid: str) -> Any:
        _followers.pop(sid, None)
        return disconnect(sid)

    async def on_change(noun: str) -> None:
        for sid, found in list(_followers.items()):
            for follower in found.values():
                if noun in follower.nouns and not follower.told:
                    follower.told = True
                    runtime.current().background(_tell(namespace, sid, follower))

    namespace.on_disconnect = on_disconnect
    live.subscribe(live.RECORDS, on_change)


async def _tell(namespace: Any, sid: str, follower: Follower) -> None:
    await asyncio.sleep(_GATHER)
    follower.told = False
    token = namespace.sid_to_token.get(sid)
    if token and follower in _followers.get(sid, {}).values():
        await namespace.emit_update(StateUpdate(events=Event.from_event_type(follower.look())), token)
