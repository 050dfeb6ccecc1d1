"""The API alone on a free port, and a person of each role who asks it."""

import asyncio
import sys
from collections.abc import Sequence
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests

from mewayz.backend.access import SYSTEM
from mewayz.backend.grants import Role
from mewayz.backend.runtime import open_runtime
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from mewayz.domains.auth.requirements import requirements
from mewayz.domains.users.model import users_collection
from mewayz.domains.users.service import users
from tests.conftest import make_settings, migrate
from tests.services import SECRET, Mewayz

PASSWORD = "Once-upon-a-time-1"
OWNER = {"name": "Olive Owner", "email": "olive@shop.example", "password": PASSWORD}
PEOPLE = {role: f"{role}@shop.example" for role in Role}


class Api(Mewayz):
    """The API alone on a free port, with an owner and a person of each role."""

    def __init__(self, **more: object) -> None:
        super().__init__(SECRET_KEY=SECRET, **more)
        self.base = f"{self.url}/api/v1"
        self.tokens: dict[Role, str] = {}
        self.session = requests.Session()
        # Who asks is said in a header, and nobody is who they were at the request before.
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.session.hooks["response"].append(self._notice)
        self._as_before: set[Role] = set()

    def prepare(self) -> None:
        url = f"sqlite:///{self.data_dir / 'mewayz.db'}"
        self.data_dir.mkdir()
        migrate(url)
        asyncio.run(_fill(self.data_dir, url))

    def command(self) -> Sequence[str | Path]:
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--interface", "asgi", "--log-level", "warning"]
        return [sys.executable, "-m", "granian", *where, "--factory", "tests.api_app:application"]

    def headers(self, role: Role | None) -> dict[str, str]:
        """What makes a request one of this role; whatever an earlier one has done to the person is mended first."""
        if role is None:
            return {}
        found = {"Authorization": f"Bearer {self.tokens.get(role, 'none')}"}
        if role in self._as_before:
            return found
        answer = self.session.get(f"{self.base}/auth/me", headers=found)
        session = answer.json().get("data", {}).get("session", {})
        if answer.status_code == 200 and not session["restricted"] and not session["viewingAs"]:
            self._as_before.add(role)
            return found
        asyncio.run(_mend(self.data_dir, f"sqlite:///{self.data_dir / 'mewayz.db'}", role))
        answer = self.session.post(f"{self.base}/auth/login", json={"email": PEOPLE[role], "password": PASSWORD})
        self.tokens[role] = answer.json()["data"]["token"]
        return {"Authorization": f"Bearer {self.tokens[role]}"}

    def _notice(self, answer: requests.Response, **_: object) -> None:
        """Only a write that was done can have changed somebody, and who is not recognised any more has been changed."""
        written = answer.ok and answer.request.method not in ("GET", "HEAD")
        shown = (answer.request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if written or (answer.status_code == 401 and shown in self.tokens.values()):
            self._as_before.clear()


async def _fill(data_dir: Path, url: str) -> None:
    async with open_runtime(make_settings(data_dir, database_url=url)):
        await installation.set_up(SetupPayload(**OWNER, shop_name="Contract", currency="GBP", timezone="Europe/London"))


async def _mend(data_dir: Path, url: str, role: Role) -> None:
    """The person of this role is as they were at the start, and nobody must use a second factor."""
    async with open_runtime(make_settings(data_dir, database_url=url)):
        await requirements.set_rule(SYSTEM, {"everyone": False, "roles": []})
        if (found := await users_collection.find(email=PEOPLE[role])) is not None:
            await users_collection.remove(found.id)
        await users.create(SYSTEM, {"name": f"A {role}", "email": PEOPLE[role], "password": PASSWORD, "role": role})
