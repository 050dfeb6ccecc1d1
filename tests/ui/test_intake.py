"""What may come in over the websocket: only an event as a page sends it."""

from typing import Any

import pytest

from mewayz.ui.intake import acceptable


def nested(depth: int) -> Any:
    """An object in a list in an object, and so on."""
    found: Any = "x"
    for level in range(depth):
        found = [found] if level % 2 else {"a": found}
    return found


KNOWN = {"state.load"}
PLACE = {"pathname": "/products", "asPath": "/products?page=2", "query": {"page": "2"}}


def event(**changes: Any) -> dict[str, Any]:
    return {"name": "state.load", "payload": {}, "router_data": PLACE, **changes}


def test_what_a_page_sends_passes() -> None:
    assert acceptable(event(), KNOWN)
    assert acceptable({"name": "state.load"}, KNOWN)
    assert acceptable(event(payload={"form": nested(20)}), KNOWN)
    assert acceptable(event(payload={"form": {"a": ["b"]}}, router_data={}), KNOWN)


@pytest.mark.parametrize(
    "data",
    [
        "text",
        None,
        [],
        {},
        event(name="state.unknown"),
        event(name=7),
        event(name=["state.load"]),
        event(payload=[1]),
        event(payload={"form": nested(40)}),
        event(payload={"form": nested(50_000)}),
        event(router_data={**PLACE, "query": {"page": nested(40)}}),
        event(router_data="x"),
        event(router_data={**PLACE, "asPath": "["}),
        event(router_data={**PLACE, "asPath": 5}),
        event(router_data={**PLACE, "pathname": None}),
        event(router_data={**PLACE, "asPath": "/" + "x" * 5000}),
        event(router_data={**PLACE, "query": "page=2"}),
        event(router_data={**PLACE, "query": {str(number): "" for number in range(200)}}),
    ],
)
def test_anything_else_is_dropped(data: Any) -> None:
    assert not acceptable(data, KNOWN)
