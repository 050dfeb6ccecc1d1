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
    data: dict[str, Any] = {"headers": headers, "asPath": address, "pathname": path, "token": "t", "sid": "s"}
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
