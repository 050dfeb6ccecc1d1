"""REST of sign-in: cookies, one answer for every failure, and no sign-in from another site."""

import asyncio
from typing import Any

import pytest

from mewayz.backend.errors import Forbidden
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth import devices
from mewayz.domains.auth.invitations import invitations
from tests.domains.people import ORIGIN, PASSWORD, add_person, add_shop, data_of, refused, signed_in, visit

SETUP = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": "Analytical-Engine-1",
    "shopName": "Engines",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
}
COOKIE = {"HttpOnly", "Path=/", "SameSite=lax"}


async def test_sign_in_and_out(sqlite_runtime: Runtime) -> None:
    admin = await add_person()
    async with visit(Origin=ORIGIN) as client:
        answer = await client.post("/auth/login", json={"email": admin.email, "password": PASSWORD})
        data = data_of(answer)
        assert set(data) == {"token", "user"}
        assert data["user"]["id"] == admin.id
        assert data["user"]["lastLoginAt"] is not None
        cookies = {line.split("=")[0]: set(line.split("; ")[1:]) for line in answer.headers.get_list("set-cookie")}
        assert cookies["mewayz_session"] == COOKIE  # no Max-Age: the browser forgets it at its end
        assert cookies["mewayz_refresh"] == COOKIE - {"Path=/"} | {"Path=/api/v1/auth"}
        assert cookies["mewayz_device"] == cookies["mewayz_refresh"] | {"Max-Age=34560000"}
        assert answer.headers["cache-control"] == "no-store"
        assert data_of(await client.get("/auth/me"))["user"]["email"] == admin.email
        out = await client.post("/auth/logout")
        assert data_of(out) == {}
        assert "Max-Age=0" in out.headers["set-cookie"]
        refused(await client.get("/auth/me"), 401, "unauthenticated")
        assert data_of(await client.post("/auth/logout")) == {}
        refused(await client.get("/auth/me", headers={"Authorization": f"Bearer {data['token']}"}), 401, "unauthenticated")


async def test_a_remembered_sign_in_lasts_a_week(sqlite_runtime: Runtime) -> None:
    admin = await add_person()
    async with visit() as client:
        answer = await client.post("/auth/login", json={"email": admin.email, "password": PASSWORD, "rememberMe": True})
        assert "Max-Age=604800" in answer.headers["set-cookie"]


async def test_every_failure_looks_the_same(sqlite_runtime: Runtime) -> None:
    admin, suspended = await add_person(), await add_person(Role.USER, status="suspended")
    errors = []
    async with visit() as client:
        for email, password in ((admin.email, "x"), ("unknown@example.com", PASSWORD), (suspended.email, PASSWORD), ("?", "?")):
            answer = await client.post("/auth/login", json={"email": email, "password": password})
            error = refused(answer, 401, "auth.wrong_credentials")
            assert "set-cookie" not in answer.headers
            errors.append({**error, "requestId": ""})
    assert errors == errors[:1] * 4


MALFORMED: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({}, {"email", "password"}),
    ({"email": "a@b.example"}, {"password"}),
    ({"email": "", "password": ""}, {"email", "password"}),
    ({"email": 1, "password": ["x"]}, {"email", "password"}),
    ({"email": "a@b.example", "password": "x" * 1025}, {"password"}),
    ({"email": "a\0", "password": "x"}, {"email"}),
    ({"email": "a@b.example", "password": "x", "otp": "1"}, {"otp"}),
    ({"email": "a@b.example", "password": "x", "rememberMe": "perhaps"}, {"rememberMe"}),
)


async def test_a_malformed_sign_in_is_told_at_its_fields(sqlite_runtime: Runtime) -> None:
    async with visit() as client:
        for body, fields in MALFORMED:
            assert set(refused(await client.post("/auth/login", json=body), 422, "invalid")["fields"]) == fields, body


async def test_another_site_signs_nobody_in_or_out(sqlite_runtime: Runtime) -> None:
    admin = await add_person()
    evil = {"Origin": "http://evil.example"}
    async with visit() as client:
        for path, body in (("/auth/login", {"email": admin.email, "password": PASSWORD}), ("/setup", SETUP)):
            answer = await client.post(path, json=body, headers=evil)
            refused(answer, 403, "csrf")
            assert "set-cookie" not in answer.headers
    async with signed_in(admin.email) as client:
        refused(await client.post("/auth/logout", headers=evil), 403, "csrf")
        assert data_of(await client.get("/auth/me"))["user"]["id"] == admin.id


async def test_set_up_signs_in_and_happens_once(runtime: Runtime) -> None:
    async with visit(Origin=ORIGIN) as client, visit(Origin=ORIGIN) as other:
        assert set(refused(await client.post("/setup", json={**SETUP, "currency": "?"}), 422, "invalid")["fields"]) == {"currency"}
        answers = await asyncio.gather(
            *(one.post("/setup", json={**SETUP, "email": f"{name}@example.com"}) for name, one in (("ann", client), ("ben", other)))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        for answer in answers:
            if answer.status_code == 409:
                refused(answer, 409, "auth.already_set_up")
            else:
                assert data_of(answer, 201)["user"]["role"] == "admin"
                assert "mewayz_session=" in answer.headers["set-cookie"]
        late = await other.post("/setup", json={**SETUP, "email": "eve@example.com"})
        assert late.status_code in {403, 409}


async def test_a_password_is_in_no_answer(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    created = {"name": "Anna", "email": "anna@example.com", "password": "Secret-Garden-7"}
    async with signed_in(admin.email) as client:
        texts = [
            (await client.post("/users", json=created)).text,
            (await client.get("/users")).text,
            (await client.get("/auth/me")).text,
            (await client.post("/users", json={**created, "email": "bad"})).text,
            (await client.post("/users", json=created)).text,
            (await client.get("/users/export?format=jsonl")).text,
        ]
    assert "anna@example.com" in texts[1]
    for text in texts:
        assert "Secret-Garden-7" not in text
        assert "assword" not in text.replace("field", "").replace('"method":"password"', "")


async def test_what_is_about_everybody_is_not_for_who_sees_only_themselves(sqlite_runtime: Runtime) -> None:
    await add_shop()
    for role, status in ((Role.USER, 403), (Role.ENTERPRISE, 403), (Role.MODERATOR, 200)):
        person = await add_person(role)
        async with signed_in(person.email) as client:
            assert (await client.get("/admin/two-factor")).status_code == status
        if status == 403:
            with pytest.raises(Forbidden):
                await invitations.pending(person)
        else:
            assert await invitations.pending(person) == []


async def test_who_views_as_another_role_leaves_nothing_in_the_trail(sqlite_runtime: Runtime) -> None:
    await add_shop()
    admin = await add_person()
    async with signed_in(admin.email) as client:
        data_of(await client.post("/auth/audit-log", json={"event": "seen"}), 201)
        data_of(await client.post("/auth/view-as", json={"role": "user"}))
        refused(await client.post("/auth/audit-log", json={"event": "seen"}), 403, "auth.read_only")


def test_a_browser_that_tells_a_novel_is_read_to_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(devices, "parse", lambda agent: read.append(agent))
    assert devices.device_name("x" * 100_000) == "x" * 40
    assert [len(agent) for agent in read] == [300]
