"""Persons of their own for the tests that change accounts: users who are made over REST, their sessions, and their mail."""

import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

import httpx
from playwright.async_api import Page

from tests.e2e.conftest import NewContext
from tests.e2e.shops import PATIENCE, PLAIN, DemoShop, unused

PASSWORD = "Nine-green-bottles-9"


@dataclass
class Somebody:
    """A user whom nobody else in the tests knows."""

    shop: DemoShop
    id: str
    name: str
    email: str
    password: str = PASSWORD

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Ask the API without a session."""
        return httpx.post(f"{self.shop.url}/api/v1{path}", json=body, **PLAIN)

    def sign_in(self) -> httpx.Response:
        """The answer to e-mail and password."""
        return self.post("/auth/login", email=self.email, password=self.password)

    def alive(self, token: str) -> bool:
        """Whether a session with this access token is still open."""
        answer = httpx.get(f"{self.shop.url}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"}, **PLAIN)
        assert answer.status_code in (200, 401)
        return answer.status_code == 200

    async def page(self, new_context: NewContext, **options: Any) -> Page:
        """A page of a browser that this person has signed in with."""
        answer = self.sign_in()
        assert answer.status_code == 200, answer.text
        context = await new_context(**options)
        url = options.get("base_url", self.shop.url)
        await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in answer.cookies.items()])
        return await context.new_page()

    def forget_proof(self) -> None:
        """Let the time pass after which a proof of who one is has to be renewed."""
        with closing(sqlite3.connect(self.shop.data_dir / "mewayz.db", timeout=10)) as database, database:
            old = "UPDATE sessions SET proven_at = '2020-01-01T00:00:00.000Z' WHERE user_id = ?"
            assert database.execute(old, [self.id]).rowcount

    def letters(self, email: str = "") -> list[str]:
        """The texts of all mails to this person, oldest first."""
        found = []
        for path in sorted((self.shop.data_dir / "mail").glob("*.eml"), key=lambda one: one.stat().st_mtime_ns):
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            if str(letter["To"]).find(email or self.email) >= 0:
                body = letter.get_body(("plain",))
                assert body is not None
                found.append(body.get_content())
        return found

    def token(self, path: str, email: str = "", *, after: int = 0) -> str:
        """The token of the newest link to `path` in a mail, once there are more than `after` such mails."""
        until = time.monotonic() + PATIENCE
        while True:
            links = [link for text in self.letters(email) for link in re.findall(rf"{path}\?token=([\w.~-]+)", text)]
            if len(links) > after:
                return links[-1]
            assert time.monotonic() < until, f"no mail with a link to {path}"
            time.sleep(0.1)


def somebody(shop: DemoShop, role: str = "user", **values: Any) -> Somebody:
    """Make a user of this role."""
    name, email = values.pop("name", "Noor Someone"), f"{unused('noor').lower()}@shop.example"
    user = shop.ask("POST", "/users", json={"name": name, "email": email, "password": PASSWORD, "role": role, **values})["user"]
    return Somebody(shop, user["id"], user["name"], user["email"])
