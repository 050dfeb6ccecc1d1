"""Secrets that are typed into an open tab, or shown in it, are not found in Redis, which keeps the state of tabs, nor in the log."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pyotp
import pytest

from tests.services import SECRET, Mewayz, Redis
from tests.socket_client import Tab
from tests.test_canary import Visit, all_of, audit_of

ROOT = "reflex___state____state"
AUTH = f"{ROOT}.mewayz___domains___auth"
TWO_FACTOR = f"{AUTH}___two_factor_state____two_factor"
PASSWORDS = f"{AUTH}___security_state____password_settings"
STEP_UP = f"{ROOT}.mewayz___ui___step_up____step_up"
PAGE = "/settings/security"
EMAIL, PASSWORD = "bird@shop.example", f"Canary-{secrets.token_hex(8)}-1"


class Typist(Tab):
    """A tab on the page of security, whose answers are read."""

    async def enter(self, name: str, until: str = "", /, **payload: Any) -> dict[str, Any]:
        """Fire an event, and return what it has changed, by the short name of each var, once there is something in the var `until`."""
        found: dict[str, Any] = {}
        updates = await self.fire(name, PAGE, **payload)
        while True:
            for update in updates:
                for changed in update.get("delta", {}).values():
                    found |= {var.removesuffix("_rx_state_"): value for var, value in changed.items()}
            if not until or found.get(until):
                return found
            updates = await self.updates()


@pytest.fixture(scope="module")
def served(redis_server: Redis) -> Iterator[Mewayz]:
    """The product with Redis behind it."""
    redis_server.clear()
    with Mewayz(REDIS_URL=redis_server.url, SECRET_KEY=SECRET) as server:
        yield server


@pytest.fixture
def visit(served: Mewayz) -> Iterator[Visit]:
    """The owner of a shop that has just been set up."""
    visit = Visit(served)
    owner = {"name": "Carla Kestrel", "email": EMAIL, "password": visit.plant(PASSWORD)}
    visit.post("/setup", {**owner, "shopName": "Aviary", "currency": "GBP", "timezone": "Europe/London"})
    visit.post("/auth/login", {"email": EMAIL, "password": visit.password()})
    visit.plant(visit.post("/auth/login", {"email": EMAIL, "password": PASSWORD})["token"])
    with closing(visit.client):
        yield visit


def forget_proof(server: Mewayz) -> None:
    """Let the time pass after which a proof of who one is has to be renewed."""
    with closing(sqlite3.connect(server.data_dir / "mewayz.db", timeout=10)) as database, database:
        assert database.execute("UPDATE sessions SET proven_at = '2020-01-01T00:00:00.000Z'").rowcount


async def test_what_is_typed_into_a_tab_is_not_found_in_redis(served: Mewayz, visit: Visit, redis_server: Redis) -> None:
    kept: list[str] = []

    def look(tab: Tab) -> None:
        """Redis as it is at this moment; it holds the state of the tab."""
        kept.append(all_of(redis_server))
        assert tab.token in kept[-1]

    new = visit.password()
    cookie = "; ".join(f"{one.name}={one.value}" for one in visit.client.cookies.jar)
    async with Typist(served.url, cookie=cookie) as tab:
        await tab.enter(f"{ROOT}.hydrate_and_load")
        made = await tab.enter(f"{TWO_FACTOR}.begin", "secret")
        secret = visit.plant(made["secret"], made["secret_shown"], made["otpauth_url"], made["qr_code"])
        look(tab)
        await tab.enter(f"{TWO_FACTOR}.confirm", "field_errors", form={"code": visit.plant(f"no-code-{secrets.token_hex(8)}")})
        codes = (await tab.enter(f"{TWO_FACTOR}.confirm", "codes", form={"code": pyotp.TOTP(secret).now()}))["codes"]
        assert len(codes) == 10
        visit.plant(*codes, *(code.replace("-", "") for code in codes))
        look(tab)
        await tab.enter(f"{TWO_FACTOR}.leave")

        # What was refused waits behind the question who this is, with all that was typed.
        forget_proof(served)
        form = {"currentPassword": PASSWORD, "password": new, "confirmPassword": new}
        await tab.enter(f"{PASSWORDS}.save", "shown", form=form)
        look(tab)
        for password, code in ((visit.password(), codes[0]), (PASSWORD, visit.plant(f"abcde-{secrets.token_hex(8)}"))):
            await tab.enter(f"{STEP_UP}.prove", "field_errors", form={"password": password, "code": code})
            look(tab)
        # The server fires the event again by itself.
        await tab.enter(f"{STEP_UP}.prove", "visit", form={"password": PASSWORD, "code": codes[0]})
        look(tab)
    assert visit.post("/auth/login", {"email": EMAIL, "password": new})["challenge"]

    assert len(visit.planted) > 30
    places = {"Redis": "\n".join(kept), "log": served.output(), "audit trail": audit_of(served)}
    assert {place: [one for one in visit.planted if one in text] for place, text in places.items()} == {place: [] for place in places}
