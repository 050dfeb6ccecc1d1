"""Setting up: one owner and one shop, whoever asks at the same moment, and administrators of the command line."""

import asyncio
from typing import Any

import pytest

from mewayz.backend.access import ANONYMOUS, SYSTEM, Actor
from mewayz.backend.errors import Conflict, Forbidden, Invalid, Unauthenticated
from mewayz.backend.grants import Role
from mewayz.backend.payloads import parse
from mewayz.backend.runtime import Runtime
from mewayz.backend.shop import is_set_up, shop
from mewayz.domains.auth.errors import AlreadySetUp
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from mewayz.domains.auth.sessions import SignedIn
from mewayz.domains.users.model import users_collection
from tests.domains.auth.flows import sign_in, who

SETUP = {
    "name": "Ada Lovelace",
    "email": "Ada@Example.com",
    "password": "Analytical-Engine-1",
    "shopName": "Engines",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
}


def setup(**values: Any) -> SetupPayload:
    return parse(SetupPayload, {**SETUP, **values})


async def test_setting_up_makes_the_owner_and_the_shop_and_signs_in(runtime: Runtime) -> None:
    assert not await is_set_up()
    session = await installation.set_up(setup())
    assert await is_set_up()
    place = await shop()
    assert (place.name, place.currency, place.timezone) == ("Engines", "EUR", "Europe/Berlin")
    actor = await who(session)
    assert (actor.name, actor.email, actor.role) == ("Ada Lovelace", "ada@example.com", Role.ADMIN)
    await sign_in("ada@example.com", SETUP["password"])


async def test_setting_up_happens_once(runtime: Runtime) -> None:
    await installation.set_up(setup())
    with pytest.raises(AlreadySetUp):
        await installation.set_up(setup(email="eve@example.com", name="Eve Evil"))
    assert [user.email for user in await users_collection.find_all(role="admin")] == ["ada@example.com"]


async def test_setting_up_happens_once_also_at_the_same_moment(runtime: Runtime) -> None:
    tries = [installation.set_up(setup(email=f"{number}@example.com", shopName=f"Shop {number}")) for number in range(8)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    [winner] = [one for one in found if isinstance(one, SignedIn)]
    assert sum(isinstance(one, AlreadySetUp) for one in found) == 7
    assert [user.email for user in await users_collection.find_all(role="admin")] == [winner.user.email]
    assert (await shop()).name == f"Shop {winner.user.email[0]}"


BAD_SETUPS: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"name": "A"}, "name", "at least 2"),
    ({"email": "ada"}, "email", "valid e-mail"),
    ({"password": "short"}, "password", "at least 8"),
    ({"password": "Ada Lovelace is here"}, "password", "your name"),
    ({"shopName": ""}, "shopName", "required"),
    ({"currency": "XXQ"}, "currency", "ISO 4217"),
    ({"currency": "eur"}, "currency", "ISO 4217"),
    ({"timezone": "Berlin"}, "timezone", "IANA"),
    ({"timezone": "../../etc/passwd"}, "timezone", "IANA"),
    ({"role": "admin"}, "role", "not known"),
)


async def test_a_bad_set_up_is_told_at_its_field_and_leaves_nothing(runtime: Runtime) -> None:
    for values, field, said in BAD_SETUPS:
        with pytest.raises(Invalid) as raised:
            await installation.set_up(setup(**values))
        assert set(raised.value.fields) == {field}, values
        assert said in raised.value.fields[field]
    assert not await is_set_up()
    assert await users_collection.find_all(role="admin") == []


async def test_an_administrator_of_the_command_line(runtime: Runtime) -> None:
    data = {"name": "Grace Hopper", "email": "grace@example.com", "password": "Compiled-Tide-9"}
    made = await installation.create_admin(SYSTEM, data)
    assert (made.role, await is_set_up()) == ("admin", True)
    await sign_in("grace@example.com", "Compiled-Tide-9")
    with pytest.raises(Conflict):
        await installation.create_admin(SYSTEM, data)
    with pytest.raises(Invalid):
        await installation.create_admin(SYSTEM, {**data, "password": "weak"})
    with pytest.raises(Unauthenticated):
        await installation.create_admin(ANONYMOUS, data)
    with pytest.raises(Forbidden):
        await installation.create_admin(Actor("x", role=Role.ENTERPRISE), data)
