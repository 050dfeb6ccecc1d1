"""Secrets stay where they belong: planted in every flow of identity, none is found in a log, an error answer, the audit trail or Redis."""

import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from typing import Any

import httpx
import orjson
import pyotp
import pytest
import redis

from tests.contract.api import Api
from tests.services import Mewayz, Redis


class Visit:
    """A client that remembers every secret that it has sent or was given, and every refusal."""

    def __init__(self, server: Mewayz) -> None:
        self.server = server
        self.client = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Origin": server.url}, timeout=60)
        self.planted: set[str] = set()
        self.refusals: list[str] = []

    def plant(self, *found: str) -> str:
        """Remember secrets; the first one is returned."""
        self.planted.update(one for one in found if one)
        return found[0]

    def password(self) -> str:
        """A new password that is good enough."""
        return self.plant(f"Canary-{secrets.token_hex(8)}-1")

    def post(self, path: str, body: Any = None, method: str = "POST", **more: Any) -> Any:
        """Send, remember what came back in cookies, and return `data`."""
        answer = self.client.request(method, path, json=body if body is not None else {}, **more)
        for cookie in self.client.cookies.jar:
            self.plant(cookie.value or "", *(cookie.value or "").split(".")[1:])
        if answer.status_code >= 400:
            self.refusals.append(f"{answer.text} {answer.headers}")
            return {}
        return answer.json()["data"]

    def link(self, path: str) -> str:
        """The token of the newest mail with such a link."""
        for _ in range(100):
            for file in sorted((self.server.data_dir / "mail").glob("*.eml"), reverse=True):
                body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
                if body and (found := re.search(rf"{path}\?token=([\w-]+)", body.get_content())) and found[1] not in self.planted:
                    return self.plant(found[1])
            time.sleep(0.05)
        raise AssertionError(f"no mail with a link to {path}")


@pytest.fixture
def served(redis_server: Redis) -> Iterator[Api]:
    """The API with Redis behind it."""
    redis_server.clear()
    with Api(REDIS_URL=redis_server.url) as server:
        yield server


def test_no_secret_is_found_where_it_does_not_belong(served: Api, redis_server: Redis) -> None:
    visit, email = Visit(served), "bird@shop.example"
    first, second, third = visit.password(), visit.password(), visit.password()

    person = {"name": "Carla Kestrel", "email": email, "password": first, "confirmPassword": first, "acceptTerms": True}
    visit.post("/auth/register", {**person, "confirmPassword": second})
    visit.post("/auth/register", {**person, "role": "admin", "secret": second})
    visit.post("/auth/register", person)
    visit.post("/auth/email/verify", {"token": visit.plant(secrets.token_urlsafe(32))})
    assert visit.post("/auth/email/verify", {"token": visit.link("/verify")})
    visit.post("/auth/login", {"email": email, "password": second})
    visit.post("/auth/login", {"email": email, "password": [first]})
    visit.client.post("/auth/login", content=f'{{"email": "{email}", "password": "{first}"', headers={"Content-Type": "application/json"})
    visit.plant(visit.post("/auth/login", {"email": email, "password": first, "rememberMe": True})["token"])

    made = visit.post("/auth/2fa/setup")
    authenticator = pyotp.TOTP(visit.plant(made["secret"], made["otpauthUrl"], made["qrCode"]))
    visit.post("/auth/2fa/enable", {"code": visit.plant("no-code-of-anything")})
    codes = visit.post("/auth/2fa/enable", {"code": authenticator.now()})["backupCodes"]
    visit.plant(*codes, *(code.replace("-", "") for code in codes))
    visit.post("/auth/step-up", {"password": third, "code": codes[0]})
    assert visit.post("/auth/step-up", {"password": first, "code": codes[0]})
    visit.post("/auth/step-up", {"password": first, "code": codes[0]})
    visit.post("/auth/passkeys/options", {})
    state = visit.post("/auth/passkeys/register/options")["state"]
    visit.post("/auth/passkeys/register", {"state": visit.plant(state), "credential": {"id": visit.plant(secrets.token_urlsafe(32))}})
    visit.post("/auth/password", {"currentPassword": second, "password": third, "confirmPassword": third})
    visit.post("/auth/password", {"currentPassword": first, "password": second, "confirmPassword": second})
    visit.post("/auth/audit-log", {"event": "spoof", "details": {"password": second, "deep": [{"token": codes[1]}]}})
    visit.post("/auth/email", {"email": "elsewhere@shop.example"})
    visit.link("/verify")
    visit.post("/auth/refresh")
    visit.post("/auth/logout")

    challenge = visit.post("/auth/login", {"email": email, "password": second})["challenge"]
    visit.plant(challenge)
    visit.post("/auth/2fa/challenge", {"challenge": challenge, "code": visit.plant("abcde-fghjk")})
    assert visit.post("/auth/2fa/challenge", {"challenge": challenge, "code": codes[2]})
    visit.post("/auth/2fa/challenge", {"challenge": challenge, "code": codes[3]})
    visit.post("/auth/password/forgot", {"email": email})
    token = visit.link("/reset")
    visit.post("/auth/password/reset", {"token": token, "password": "weak", "confirmPassword": "weak"})
    visit.post("/auth/password/reset", {"token": token, "password": third, "confirmPassword": third})
    visit.post("/auth/password/reset", {"token": token, "password": third, "confirmPassword": third})
    stolen = visit.plant(f"Bearer {secrets.token_urlsafe(48)}")
    visit.post("/auth/me", method="PATCH", headers={"Authorization": stolen})
    visit.post("/auth/refresh")

    assert len(visit.planted) > 35
    assert len(visit.refusals) > 12
    places = {
        "log": served.output(),
        "error answers": "\n".join(visit.refusals),
        "audit trail": audit_of(served),
        "Redis": all_of(redis_server),
    }
    assert "auth.sign_in_failed" in places["audit trail"]
    assert "limits" in places["Redis"]
    found = {place: [secret for secret in visit.planted if secret in text] for place, text in places.items()}
    assert found == {place: [] for place in places}


def test_no_secret_of_an_imported_file_is_kept(served: Api) -> None:
    visit = Visit(served)
    rows: list[Any] = [
        {"name": "Ada", "email": "ada@rows.example", "password": visit.password()},
        {"name": "Bob", "email": "no address", "passwordHash": visit.plant(f"$2b$12${secrets.token_hex(26)}")},
        {"name": {"password": visit.password()}, "email": [{"secret": visit.password()}], "company": "Kestrel Ltd"},
        {"_id": {"$oid": "5" * 24}, "firstName": "C", "profile": {"lastName": "", "hash": visit.password()}, "password": visit.password()},
        {"_id": {"password": visit.password()}, "email": "none", "sessions": [{"token": visit.password()}]},
        visit.password(),
    ]
    broken = f'{{"name": "Dan", "password": "{visit.password()}"'
    bodies = [
        ("application/json", orjson.dumps(rows).decode()),
        ("application/x-ndjson", "\n".join([*(orjson.dumps(row).decode() for row in rows), broken])),
        ("text/csv", f"name,email,password\nEve,none,{visit.password()}\n"),
        ("text/csv", f"name,email\nEve,none,{visit.password()}\nFay,none\n"),
    ]
    answers: list[str] = []
    for query in ("onError=skip", "onError=skip&dryRun=true", "onError=stop"):
        for media, body in bodies:
            headers = {**served.headers("admin"), "Content-Type": media}
            answer = visit.client.post(f"/users/import?{query}", content=body, headers=headers)
            answers.append(answer.text)
            if batch := answer.json().get("data", {}).get("batch"):
                answers += [visit.client.get(f"/imports/{batch}{path}", headers=headers).text for path in ("", "/problems.csv")]
    answers.append(visit.client.get("/imports", headers=served.headers("admin")).text)
    assert "Kestrel Ltd" in "".join(answers)
    assert "Kestrel Ltd" not in answers[-1], "the rows belong to the import itself"
    database = b"".join(file.read_bytes() for file in served.data_dir.glob("mewayz.db*"))
    assert b"Kestrel Ltd" in database
    places = {"log": served.output(), "answers": "\n".join(answers), "database": database.decode("latin1")}
    found = {place: [secret for secret in visit.planted if secret in text] for place, text in places.items()}
    assert found == {"log": [], "answers": [], "database": []}


def audit_of(server: Mewayz) -> str:
    """Every audit row."""
    with closing(sqlite3.connect(server.data_dir / "mewayz.db", timeout=10)) as database:
        return repr(database.execute("SELECT * FROM audit_log").fetchall())


def all_of(server: Redis) -> str:
    """Every key with what it holds."""
    with closing(redis.Redis.from_url(server.url)) as client:
        held = [(key, client.dump(key), client.get(key) if client.type(key) == b"string" else b"") for key in client.scan_iter("*")]
    return "\n".join(part.decode(errors="replace") for row in held for part in row if part)
