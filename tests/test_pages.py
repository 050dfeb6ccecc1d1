"""Every page can be drawn: what a part asks of a state is there, for every state that the part is used with."""

import pytest
from reflex_base.registry import RegistrationContext

from mewayz import mewayz

PAGES = {str(how["route"]): render for render, how in RegistrationContext.ensure_context().decorated_pages}


def test_there_are_pages() -> None:
    assert mewayz.app
    assert {"/products/new", "/orders", "/users/invite"} <= {f"/{route.strip('/')}" for route in PAGES}


@pytest.mark.parametrize("route", sorted(PAGES))
def test_a_page_is_drawn(route: str) -> None:
    assert PAGES[route]().render()
