"""Shops to test on: one with demo data and a person of each role, and an empty one."""

import asyncio
import fcntl
import secrets
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from mewayz.backend.access import PROOF_LASTS, SYSTEM
from mewayz.backend.runtime import open_runtime
from mewayz.domains.admin.demo.loader import Loaded
from mewayz.domains.admin.demo.people import DEMO_USERS
from mewayz.domains.admin.service import admin
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from tests.conftest import make_settings, migrate
from tests.services import SECRET, Mewayz

PATIENCE = 60  # seconds: a machine that is busy is slow, not wrong
# Nothing here is encrypted, and to read which certificates are trusted takes longer than most answers.
PLAIN: dict[str, Any] = {"timeout": PATIENCE, "verify": False}
SHOP = "Gift & Paper <Ltd>"
OWNER = {"name": "Olive Owner", "email": "olive@shop.example", "password": "Tea-for-2-and-scones"}
ROLES = {person.role.value: person for person in DEMO_USERS}


@dataclass
class Person:
    """Somebody who may sign in."""

    name: str
    email: str
    password: str


class DemoData:
    """The data folder of a shop with an owner and the demo data, made once for the servers that start from it."""

    def __init__(self, place: Path) -> None:
        """Make it in this place, unless another process has."""
        place.mkdir(exist_ok=True)
        self.folder, told = place / "data", place / "password"
        with (place / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                told.write_text(self._fill())
        self.people = {role: Person(person.name, person.email, told.read_text()) for role, person in ROLES.items()}
        self.people["owner"] = Person(**OWNER)

    def _fill(self) -> str:
        """Fill the folder; the password of the demo users."""
        self.folder.mkdir(mode=0o700)
        url = f"sqlite:///{self.folder / 'mewayz.db'}"
        migrate(url)
        with ThreadPoolExecutor(1) as thread:  # the calling thread may have a loop of its own
            loaded = thread.submit(asyncio.run, _fill(self.folder, url)).result()
        assert loaded.password
        return loaded.password


class DemoShop(Mewayz):
    """The product with a copy of the demo data. Only the cookie of a person is kept, not the server's state."""

    def __init__(self, data: DemoData) -> None:
        super().__init__(SECRET_KEY=SECRET)  # passwords are hashed with it
        self.people = data.people
        self._data = data
        self._sessions: dict[str, dict[str, str]] = {}
        self._proven: dict[str, float] = {}

    def prepare(self) -> None:
        shutil.copytree(self._data.folder, self.data_dir)

    def session(self, role: str) -> dict[str, str]:
        """The answer to a sign-in of `role`: `cookie` for a browser and `token` for REST, made once.

        The person has proven who they are a short while ago, however many tests came before.
        """
        if role not in self._sessions:
            self._sessions[role], self._proven[role] = self.sign_in(role), monotonic()
        elif monotonic() - self._proven[role] > PROOF_LASTS.total_seconds() / 2:
            self._prove(role)
        return self._sessions[role]

    def _prove(self, role: str) -> None:
        """Enter the password of `role` once more."""
        self._proven[role] = monotonic()
        headers = {"Authorization": f"Bearer {self._sessions[role]['token']}"}
        answer = httpx.post(f"{self.url}/api/v1/auth/step-up", headers=headers, json={"password": self.people[role].password}, **PLAIN)
        assert answer.status_code == 200, answer.text

    def sign_in(self, role: str) -> dict[str, str]:
        """A session of its own for `role`."""
        person = self.people[role]
        known = {"email": person.email, "password": person.password}
        answer = httpx.post(f"{self.url}/api/v1/auth/login", json=known, **PLAIN)
        assert answer.status_code == 200, answer.text
        return {"cookie": answer.cookies["mewayz_session"], "token": answer.json()["data"]["token"]}

    def ask(self, method: str, path: str, role: str = "owner", **more: Any) -> Any:
        """The `data` of a REST answer."""
        headers = {"Authorization": f"Bearer {self.session(role)['token']}", **more.pop("headers", {})}
        answer = httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, **PLAIN, **more)
        assert answer.status_code < 400, answer.text
        return answer.json()["data"]

    def get(self, path: str, role: str = "owner", /, **params: Any) -> Any:
        """The `data` of a REST read."""
        return self.ask("GET", path, role, params=params)

    def forget(self, table: str) -> None:
        """Empty one table behind the server's back, which takes nothing of it from a cache."""
        with closing(sqlite3.connect(self.data_dir / "mewayz.db", timeout=10)) as database, database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute(f'DELETE FROM "{table}"')

    def product(self, **fields: Any) -> dict[str, Any]:
        """A new product with a SKU of its own."""
        return self.ask("POST", "/products", json={"price": "2.50", "sku": unused("SKU"), **fields})["product"]


def unused(prefix: str) -> str:
    """A word that no other test uses."""
    return f"{prefix}-{secrets.token_hex(4)}"


async def _fill(data_dir: Path, url: str) -> Loaded:
    async with open_runtime(make_settings(data_dir, database_url=url)):
        await installation.set_up(SetupPayload(**OWNER, shop_name=SHOP, currency="GBP", timezone="Europe/London"))
        return await admin.load_demo(SYSTEM)


def forget_everything(server: Mewayz) -> None:
    """Empty every table of a running server, as if it had just been installed."""
    with closing(sqlite3.connect(server.data_dir / "mewayz.db", timeout=10)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        kept = {"alembic_version", *(name for name in names if "_search" in name)}  # what is searched follows the rows by itself
        for name in sorted(set(names) - kept):  # products before the ledger, which stays as long as they are there
            database.execute(f'DELETE FROM "{name}"')
