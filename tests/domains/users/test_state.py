"""What the pages of users hold."""

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.users.model import UserCreate, UserUpdate
from mewayz.domains.users.service import users
from mewayz.domains.users.state import NewUserForm, UserForm, UserRecord, UserTable
from tests.domains.people import add_person, add_shop
from tests.tabs import opened, way


@pytest.fixture
async def person(sqlite_runtime: Runtime) -> Actor:
    """The only administrator of a shop."""
    await add_shop()
    return await add_person(Role.ADMIN)


async def test_a_user(person: Actor) -> None:
    made = await users.create(
        person, {"name": "Nora", "email": "N@Example.com", "password": "Garden-gate-42", "plan": "Pro", "status": "suspended"}
    )
    page = await opened(UserRecord, f"/users/{made.id}", person)
    await page.open()
    assert (page.title, page.status, page.tone) == ("Nora", "Suspended", "danger")
    assert (page.values["email"], page.values["role"], page.values["plan"], page.values["seen"]) == (
        "n@example.com",
        "User",
        "Pro",
        "Never",
    )


async def test_a_form_for_a_new_one(person: Actor) -> None:
    form = await opened(NewUserForm, "/users/new", person)
    await form.start()
    assert (form.values["role"], form.values["plan"], form.values["status"], form.values["password"]) == ("user", "Free", "active", "")
    entered = {**form.values, "name": "Nora", "email": "nora@example.com", "password": "nora@example.com"}
    events = [event async for event in form.add(entered)]
    assert form.field_errors == {"password": "Leave out your name, your e-mail address and the name of the product."}
    events = [event async for event in form.add({**entered, "password": "Garden-gate-42"})]
    assert form.field_errors == {}
    made = await users.get(person, way(events[-1]).rsplit("/", 1)[1])
    assert (made.email, made.role) == ("nora@example.com", "user")
    # Nothing of the password stays in the state, which the browser is sent.
    assert "Garden-gate-42" not in str(form.dict())


async def test_the_last_administrator_stays(person: Actor) -> None:
    form = await opened(UserForm, f"/users/{person.id}/edit", person)
    await form.open_record()
    async for _ in form.save({**form.values, "role": "user"}):
        pass
    assert form.error.startswith("You cannot delete your own account")
    await form.type_name(person.name)
    async for _ in form.remove():
        pass
    assert form.error.startswith("You cannot delete your own account")
    assert (await users.get(person, person.id)).role == "admin"


async def test_a_user_sees_themselves(person: Actor) -> None:
    user = await add_person(Role.USER)
    table = await opened(UserTable, "/users", user)
    await table.load()
    assert [row.id for row in table.rows] == [user.id]
    assert "User" in [cell.text for cell in table.rows[0].cells], "as the page of the user calls the role"
    page = await opened(UserRecord, f"/users/{person.id}", user)
    await page.open()
    assert page.error == "This record does not exist, or you may not see it."


def test_the_forms_have_a_control_for_every_field_of_their_payloads() -> None:
    for form, payload in ((NewUserForm, UserCreate), (UserForm, UserUpdate)):
        assert {item.name for item in form.fields} == {field.alias or name for name, field in payload.model_fields.items()}
