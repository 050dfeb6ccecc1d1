"""The state of a page as its background events see it."""

from typing import Any

from reflex.state import State


class Background:
    """`async with self` to change it, as Reflex demands there; what the page shows on the way is noted."""

    def __init__(self, state: State) -> None:
        object.__setattr__(self, "state", state)
        object.__setattr__(self, "seen", [])

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self.state), name, None)
        return found.__get__(self) if callable(found) and name.startswith("_") else getattr(self.state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.state, name, value)

    async def __aenter__(self) -> "Background":
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.seen.append((self.state.working, self.state.doing))


async def fire(state: Any, name: str, *arguments: Any) -> Any:
    """Fire a background event; what it answers."""
    return await type(state).event_handlers[name].fn(Background(state), *arguments)
