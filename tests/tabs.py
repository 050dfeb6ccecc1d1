"""The state of a browser's tab without a browser: with an address, and in the name of somebody."""

from typing import Any, TypeVar
from urllib.parse import urlsplit

from reflex.state import BaseState, State

from mewayz.backend.access import Actor
from mewayz.ui.events import as_actor

S = TypeVar("S", bound=BaseState)
HERE = "http://test.example"


def tab(address: str = "/", cookie: str = "", origin: str = HERE) -> State:
    """The root of a fresh tab's state on this address."""
    state = State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.router_data = {"headers": {"origin": origin}}
    visit(state, address, cookie)
    return state


def visit(state: BaseState, address: str, cookie: str = "") -> None:
    """Go to another address in the same tab."""
    path = address.partition("?")[0]
    origin = (state._get_root_state().router_data.get("headers") or {}).get("origin") or HERE
    headers = {"host": urlsplit(origin).netloc, "origin": origin, "cookie": cookie}
    # No socket: what others change is told to nobody here, and no later test waits until it would have been.
    data: dict[str, Any] = {"headers": headers, "asPath": address, "pathname": path, "token": "t", "sid": ""}
    root = state._get_root_state()
    root._update_router_vars(data, root.router_data)
    root.router_data = data


async def opened(kind: type[S], address: str, who: Actor, root: State | None = None) -> S:
    """The state of a page that `who` has opened; its events are fired in their name."""
    root = root or tab()
    visit(root, address)
    as_actor(who)
    return await root.get_state(kind)


def way(event: Any) -> str:
    """Where a redirect leads."""
    assert event is not None
    path = {str(name): str(value) for name, value in event.args}["path"]
    return path.strip('"')


class Background:
    """A state as its background events see it: `async with self` to change it, as Reflex demands there.

    `seen` is what the page showed on the way: these values, after each change.
    """

    def __init__(self, state: State, *watched: str) -> None:
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "watched", watched)
        object.__setattr__(self, "seen", [])

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self.state), name, None)
        return found.__get__(self) if callable(found) and name.startswith("_") else getattr(self.state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.state, name, value)

    async def __aenter__(self) -> "Background":
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.seen.append(tuple(getattr(self.state, name) for name in self.watched))


async def fire(state: Any, name: str, *arguments: Any) -> Any:
    """Fire a background event; what it answers."""
    return await type(state).event_handlers[name].fn(Background(state), *arguments)
