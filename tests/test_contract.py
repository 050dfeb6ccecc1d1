"""The API keeps what its description promises, whatever is sent to it: schemathesis, as nobody, as a user and as an administrator."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from mewayz.backend.access import SYSTEM, Role
from mewayz.backend.openapi import describe
from mewayz.backend.runtime import open_runtime
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import users
from mewayz.rooms import ENDPOINTS
from tests.conftest import make_settings, migrate
from tests.services import SECRET, Mewayz

PASSWORD = "Once-upon-a-time-1"
OWNER = {"name": "Olive Owner", "email": "olive@shop.example", "password": PASSWORD}
PEOPLE = {"admin": "ada.admin@shop.example", "user": "ulla.user@shop.example"}
EXAMPLES = 4


class Api(Mewayz):
    """The API alone on a free port, with an owner, an administrator and a user."""

    def __init__(self, **more: object) -> None:
        super().__init__(SECRET_KEY=SECRET, **more)
        self.base = f"{self.url}/api/v1"
        self.tokens: dict[str, str] = {}

    def prepare(self) -> None:
        url = f"sqlite:///{self.data_dir / 'mewayz.db'}"
        self.data_dir.mkdir()
        migrate(url)
        asyncio.run(_fill(self.data_dir, url))

    def command(self) -> Sequence[str | Path]:
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--interface", "asgi", "--log-level", "warning"]
        return [sys.executable, "-m", "granian", *where, "--factory", "tests.api_app:application"]

    def headers(self, role: str) -> dict[str, str]:
        """What makes a request one of this role; whatever an earlier one has done to the person is mended first."""
        if not role:
            return {}
        found = {"Authorization": f"Bearer {self.tokens.get(role, 'none')}"}
        answer = httpx.get(f"{self.url}/api/v1/auth/me", headers=found)
        session = answer.json().get("data", {}).get("session", {})
        if answer.status_code == 200 and not session["restricted"] and not session["viewingAs"]:
            return found
        asyncio.run(_mend(self.data_dir, f"sqlite:///{self.data_dir / 'mewayz.db'}"))
        answer = httpx.post(f"{self.url}/api/v1/auth/login", json={"email": PEOPLE[role], "password": PASSWORD})
        self.tokens[role] = answer.json()["data"]["token"]
        return {"Authorization": f"Bearer {self.tokens[role]}"}


async def _fill(data_dir: Path, url: str) -> None:
    async with open_runtime(make_settings(data_dir, database_url=url)):
        await installation.set_up(SetupPayload(**OWNER, shop_name="Contract", currency="GBP", timezone="Europe/London"))
    await _mend(data_dir, url)


async def _mend(data_dir: Path, url: str) -> None:
    """Both people are as they were at the start, and nobody must use a second factor."""
    async with open_runtime(make_settings(data_dir, database_url=url)):
        await requirements.set_rule(SYSTEM, {"everyone": False, "roles": []})
        for role, email in PEOPLE.items():
            if (found := await users_collection.find(email=email)) is not None:
                await users_collection.remove(found.id)
            await users.create(SYSTEM, {"name": f"A {role}", "email": email, "password": PASSWORD, "role": Role(role).value})


@pytest.fixture(scope="module")
def served() -> Iterator[Api]:
    """The API on a port."""
    with Api() as server:
        yield server


schema = schemathesis.openapi.from_dict(orjson.loads(orjson.dumps(describe(ENDPOINTS)))).include(
    path_regex=r"^/(auth|users|admin|orders|customers)"
)
# What JSON Schema cannot say is a rule all the same, and told at its field: both passwords alike, a link that is still valid.
schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"]
_SETTINGS = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@schema.parametrize()
@_SETTINGS
def test_as_nobody(case: Any, served: Api) -> None:
    case.call_and_validate(base_url=served.base)


@schema.parametrize()
@_SETTINGS
def test_as_a_user(case: Any, served: Api) -> None:
    case.call_and_validate(base_url=served.base, headers=served.headers("user"))


@schema.parametrize()
@_SETTINGS
def test_as_an_administrator(case: Any, served: Api) -> None:
    case.call_and_validate(base_url=served.base, headers=served.headers("admin"))
