"""Passkeys need a name in the address: at numbers the pages say so, and lead to the same page at a name."""

import pytest

from mewayz.backend.access import ANONYMOUS
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.pages import login_page
from mewayz.domains.auth.passkey_place import PasskeyPlace, passkey_place
from mewayz.domains.auth.security_pages import security_page
from mewayz.domains.auth.security_state import PasskeyList
from mewayz.domains.auth.state import Arrival
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, tab


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("http://127.0.0.1:3000/login?next=%2Forders", "http://localhost:3000/login?next=%2Forders"),
        ("http://127.0.0.1/login", "http://localhost/login"),
        ("http://[::1]:3000/settings/security", "http://localhost:3000/settings/security"),
        ("http://192.0.2.7:3000/login", ""),
        ("https://[2001:db8::1]/login", ""),
    ],
)
def test_numbers_are_no_name(sqlite_runtime: Runtime, url: str, href: str) -> None:
    found = passkey_place(url)
    assert (found.nameless, found.href) == (True, href)
    assert href.startswith(found.name)


@pytest.mark.parametrize("url", ["http://localhost:3000/login", "https://shop.example/login", ""])
def test_a_name_is_one(sqlite_runtime: Runtime, url: str) -> None:
    assert passkey_place(url) == PasskeyPlace()


def test_the_public_address_is_the_name_where_there_is_one(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    for public, href in (("https://shop.example", "https://shop.example/login"), ("https://192.0.2.7", "")):
        monkeypatch.setattr(sqlite_runtime, "settings", sqlite_runtime.settings.model_copy(update={"public_url": public}))
        assert passkey_place("http://192.0.2.7:3000/login").href == href


async def test_the_pages_say_so(sqlite_runtime: Runtime) -> None:
    await add_shop()
    at_numbers = tab("/", origin="http://127.0.0.1:3000")
    arrival = await opened(Arrival, "/login", ANONYMOUS, at_numbers)
    await arrival.at_login()
    assert (arrival.nameless, arrival.named_href, arrival.named) == (True, "http://localhost:3000/login", "http://localhost:3000")
    listed = await opened(PasskeyList, "/settings/security", await add_person(Role.USER), at_numbers)
    await listed.load()
    assert (listed.nameless, listed.named_href) == (True, "http://localhost:3000/settings/security")
    arrival = await opened(Arrival, "/login", ANONYMOUS)
    await arrival.at_login()
    assert not arrival.nameless
    for page in (login_page, security_page):
        assert "Passkeys do not work at an address of numbers" in str(page())
