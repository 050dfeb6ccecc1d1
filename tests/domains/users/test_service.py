"""Users: who may change whom, the last administrator, and passwords that nobody sees."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend.access import SYSTEM, Actor
from mewayz.backend.crud import read_query
from mewayz.backend.documents import wire
from mewayz.backend.errors import Conflict, Forbidden, Invalid, NotFound
from mewayz.backend.grants import Role
from mewayz.backend.passwords import hash_password
from mewayz.backend.runtime import Runtime
from mewayz.domains.auth.payloads import LoginPayload
from mewayz.domains.auth.service import auth
from mewayz.domains.users.credentials import credentials, store_hash
from mewayz.domains.users.model import User, users_collection
from mewayz.domains.users.service import LastAdmin, OwnAccount, users
from tests.domains.people import add_person

ANNA = {"name": "Anna Smith", "email": "Anna@Example.com", "password": "Secret-Garden-7"}


async def active_admins() -> set[str]:
    return {user.id for user in await users_collection.find_all(role="admin", status="active")}


async def test_a_user_is_created_with_a_password_that_opens(runtime: Runtime) -> None:
    admin = await add_person()
    made = await users.create(admin, {**ANNA, "role": "moderator", "plan": "Pro", "company": "  Mugs Ltd "})
    assert (made.email, made.role, made.plan, made.status, made.company) == ("anna@example.com", "moderator", "Pro", "active", "Mugs Ltd")
    session = await auth.sign_in(LoginPayload(email="anna@example.com", password=ANNA["password"]))
    assert session.user.id == made.id


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"name": "A"}, "name", "at least 2"),
    ({"name": "x" * 101}, "name", "at most 100"),
    ({"email": "anna"}, "email", "valid e-mail"),
    ({"email": "a@b..example"}, "email", "valid e-mail"),
    ({"email": f"{'x' * 250}@example.com"}, "email", "254"),
    ({"password": "weak"}, "password", "at least 8"),
    ({"password": "I am Anna Smith, hello"}, "password", "your name"),
    ({"role": "king"}, "role", "user, moderator, enterprise, admin"),
    ({"plan": "free"}, "plan", "Free, Pro, Enterprise"),
    ({"status": "gone"}, "status", "active, suspended"),
    ({"id": "x"}, "id", "not known"),
    ({"passwordHash": "x"}, "passwordHash", "not known"),
)


async def test_what_is_wrong_is_told_at_its_field_and_leaves_nothing(runtime: Runtime) -> None:
    for values, field, said in BAD:
        with pytest.raises(Invalid) as raised:
            await users.create(SYSTEM, {**ANNA, **values})
        assert set(raised.value.fields) == {field}, values
        assert said in raised.value.fields[field]
    assert await users_collection.find_all(status="active") == []


async def test_an_address_belongs_to_one_user(runtime: Runtime) -> None:
    await users.create(SYSTEM, ANNA)
    other = await users.create(SYSTEM, {**ANNA, "email": "other@example.com"})
    with pytest.raises(Conflict) as raised:
        await users.create(SYSTEM, {**ANNA, "email": "ANNA@example.COM"})
    assert set(raised.value.fields) == {"email"}
    with pytest.raises(Conflict) as raised:
        await users.update(SYSTEM, other.id, {"email": "anna@example.com"}, 1)
    assert set(raised.value.fields) == {"email"}
    assert await runtime.database.value(text("SELECT count(*) FROM credentials")) == 2


async def test_the_last_active_administrator_stays(runtime: Runtime) -> None:
    admin = await add_person()
    await add_person(email="suspended@example.com", status="suspended")
    await add_person(Role.ENTERPRISE)
    for change in ({"role": "user"}, {"status": "suspended"}, {"role": "moderator", "status": "inactive"}):
        with pytest.raises(LastAdmin):
            await users.update(SYSTEM, admin.id, change)
    with pytest.raises(LastAdmin):
        await users.delete(SYSTEM, admin.id)
    assert await active_admins() == {admin.id}
    await users.update(SYSTEM, admin.id, {"name": "New Name", "role": "admin", "status": "active"})
    other = await add_person(email="other@example.com")
    await users.update(other, admin.id, {"role": "user"})
    assert await active_admins() == {other.id}


async def test_administrators_who_demote_each_other_leave_one(runtime: Runtime) -> None:
    for _ in range(3):
        admins = [await add_person(email=f"{number}@example.com") for number in range(5)]
        changes = [
            users.update(admins[number], admins[(number + 1) % 5].id, {"role": "user"} if number % 2 else {"status": "inactive"})
            for number in range(5)
        ]
        found = await asyncio.gather(*changes, return_exceptions=True)
        assert sum(isinstance(one, LastAdmin) for one in found) == 1
        assert len(await active_admins()) == 1
        await wipe(runtime)


async def test_administrators_who_delete_each_other_leave_one(runtime: Runtime) -> None:
    admins = [await add_person(email=f"{number}@example.com") for number in range(4)]
    found = await asyncio.gather(*(users.delete(SYSTEM, admin.id) for admin in admins), return_exceptions=True)
    assert sum(isinstance(one, LastAdmin) for one in found) == 1
    assert len(await active_admins()) == 1


async def wipe(runtime: Runtime) -> None:
    for user in await users_collection.find_all():
        await credentials.remove(user.id)
        await users_collection.remove(user.id)


async def test_nobody_locks_himself_out(runtime: Runtime) -> None:
    admin = await add_person()
    await add_person(email="other@example.com")
    for change in ({"role": "user"}, {"status": "suspended"}):
        with pytest.raises(OwnAccount):
            await users.update(admin, admin.id, change)
    with pytest.raises(OwnAccount):
        await users.delete(admin, admin.id)
    changed = await users.update(admin, admin.id, {"name": "New Name", "role": "admin"})
    assert changed.name == "New Name"


async def test_an_outdated_form_is_refused_before_anything_else(runtime: Runtime) -> None:
    made = await users.create(SYSTEM, ANNA)
    await users.update(SYSTEM, made.id, {"company": "A"}, 1)
    with pytest.raises(Conflict) as raised:
        await users.update(SYSTEM, made.id, {"company": "B"}, 1)
    assert raised.value.code == "users.outdated"
    with pytest.raises(Conflict):
        await users.delete(SYSTEM, made.id, 1)


async def test_a_deleted_user_leaves_no_credential(runtime: Runtime) -> None:
    made = await users.create(SYSTEM, ANNA)
    imported = await users_collection.add(User(name="No password", email="none@example.com"))
    await users.delete(SYSTEM, made.id)
    await users.delete(SYSTEM, imported.id)
    assert await runtime.database.value(text("SELECT count(*) FROM credentials")) == 0
    with pytest.raises(NotFound):
        await users.get(SYSTEM, made.id)


async def test_a_plain_user_sees_himself_only(runtime: Runtime) -> None:
    admin = await add_person()
    for role in (Role.USER, Role.ENTERPRISE):
        person = await add_person(role)
        assert (await users.get(person, person.id)).id == person.id
        with pytest.raises(NotFound):
            await users.get(person, admin.id)
        page = await users.page(person, await read_query(users.spec, {}))
        assert [row["id"] for row in page.rows] == [person.id]
        assert page.total == 1
        with pytest.raises(Forbidden):
            await users.update(person, person.id, {"role": "admin"})
        with pytest.raises(Forbidden):
            await users.create(person, ANNA)
        with pytest.raises(Forbidden):
            await users.delete(person, admin.id)
    moderator = await add_person(Role.MODERATOR)
    assert (await users.page(moderator, await read_query(users.spec, {}))).total == 4


async def test_a_password_is_in_no_output(runtime: Runtime) -> None:
    made = await users.create(SYSTEM, ANNA)
    credential = await credentials.get(made.id)
    page = await users.page(SYSTEM, await read_query(users.spec, {}))
    exported = [rows async for rows in await users.export(SYSTEM, await read_query(users.spec, {}))]
    trail = await runtime.database.fetch(text("SELECT details FROM audit_log"))
    outputs = json.dumps([wire(made), page.rows, exported, wire(credential)], default=str) + repr(trail)
    for secret in (ANNA["password"], credential.password_hash, credential.password_hash[2:]):
        assert secret not in outputs
    assert "assword" not in outputs
    assert users.spec.search == ("name", "email")


async def test_setting_a_password_replaces_the_one_before(runtime: Runtime) -> None:
    made = await users.create(SYSTEM, ANNA)
    imported = await users_collection.add(User(name="No password", email="none@example.com"))
    for user in (made, imported):
        await store_hash(user.id, await hash_password("Another-Garden-8"))
        assert (await auth.sign_in(LoginPayload(email=user.email, password="Another-Garden-8"))).user.id == user.id
    with pytest.raises(Exception, match="not right"):
        await auth.sign_in(LoginPayload(email=made.email, password=ANNA["password"]))


async def test_the_actor_of_a_change_is_in_the_trail(runtime: Runtime) -> None:
    admin = await add_person()
    made = await users.create(admin, ANNA)
    await users.update(Actor(admin.id, admin.name, admin.email, Role.ADMIN), made.id, {"plan": "Pro"})
    rows = await runtime.database.fetch(text("SELECT event, actor_id, details FROM audit_log ORDER BY seq"))
    assert rows[-1][:2] == ("users.updated", admin.id)
    details = rows[-1][2] if isinstance(rows[-1][2], dict) else json.loads(rows[-1][2])
    assert details == {"plan": ["Free", "Pro"]}
