"""The document store: revisions, unique values, whole or nothing, and what stays private."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from mewayz.backend import clock
from mewayz.backend.audit import AuditEntry
from mewayz.backend.collection import EVERYTHING, by_id
from mewayz.backend.columns import table_of
from mewayz.backend.documents import public_columns, wire
from mewayz.backend.errors import Conflict, NotFound
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.auth.model import Session, sessions
from mewayz.domains.products.model import Product, products_collection
from mewayz.domains.users.credentials import Credential, credentials
from mewayz.domains.users.model import User, users_collection

_AUDIT = select(AuditEntry.event, AuditEntry.target, AuditEntry.details).order_by(table_of(AuditEntry).c.seq)  # pyright: ignore


def person(**values: Any) -> User:
    return User(**{"name": "Anna", "email": "anna@example.com", **values})


def product(**values: Any) -> Product:
    return Product(**{"name": "Lamp", "price": Decimal("9.99"), "currency": "GBP", **values})


async def trail(runtime: Runtime) -> list[tuple[str, str, dict[str, Any]]]:
    return [(event, target, details) for event, target, details in await runtime.database.fetch(_AUDIT)]


async def test_what_is_added_is_what_is_read(runtime: Runtime) -> None:
    added = await products_collection.add(
        product(sku="S1", price=Decimal("0.0001"), cost=None, tags=["a", "ü%", 'q"'], track_inventory=False, stock=-3)
    )
    found = await products_collection.get(added.id)
    assert found.model_dump() == added.model_dump()
    assert wire(found) == wire(added)
    assert found.rev == 1
    assert found.created_at.tzinfo is not None


async def test_times_are_kept_in_utc_and_whole_milliseconds(runtime: Runtime) -> None:
    moment = datetime(2024, 1, 1, 0, 30, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    added = await users_collection.add(person(last_login_at=moment))
    found = await users_collection.get(added.id)
    assert found.last_login_at == datetime(2023, 12, 31, 22, 30, 0, 999_000, tzinfo=UTC)
    with pytest.raises(Exception, match="aware"):
        await users_collection.patch(added.id, {"last_login_at": datetime(2024, 1, 1)})  # noqa: DTZ001


async def test_a_change_writes_what_differs_and_counts_the_revision(runtime: Runtime) -> None:
    start = datetime(2024, 5, 6, tzinfo=UTC)
    with clock.frozen(start):
        added = await users_collection.add(person())
    with clock.frozen(start + timedelta(seconds=5)):
        before, after = await users_collection.patch(added.id, {"name": "Berta", "email": "anna@example.com"}, 1)
    assert (before.name, after.name, after.rev) == ("Anna", "Berta", 2)
    assert after.updated_at - before.updated_at == timedelta(seconds=5)
    assert (await users_collection.get(added.id)).model_dump() == after.model_dump()


async def test_an_unchanged_value_writes_nothing(runtime: Runtime) -> None:
    added = await products_collection.add(product(tags=["a"]))
    _, after = await products_collection.patch(added.id, {"price": Decimal("9.990"), "tags": ["a"]}, 1)
    assert after.rev == 1
    assert [event for event, _, _ in await trail(runtime)] == ["products.created"]


async def test_an_outdated_revision_is_a_conflict_that_says_what_is_now(runtime: Runtime) -> None:
    added = await users_collection.add(person())
    await users_collection.patch(added.id, {"name": "Berta"}, 1)
    with pytest.raises(Conflict, match="it says now: name “Berta”") as raised:
        await users_collection.patch(added.id, {"name": "Clara"}, 1)
    assert raised.value.code == "users.outdated"
    with pytest.raises(Conflict):
        await users_collection.remove(added.id, 1)
    found = await users_collection.get(added.id)
    assert (found.name, found.rev) == ("Berta", 2)


async def test_of_two_writers_of_one_revision_one_wins(runtime: Runtime) -> None:
    added = await users_collection.add(person())
    tries = [users_collection.patch(added.id, {"name": f"Name {number}"}, 1) for number in range(12)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in found) == 11
    assert (await users_collection.get(added.id)).rev == 2


async def test_writers_that_name_no_revision_follow_each_other(runtime: Runtime) -> None:
    added = await users_collection.add(person())
    await asyncio.gather(*(users_collection.patch(added.id, {"name": f"Name {number}"}) for number in range(12)))
    assert (await users_collection.get(added.id)).rev == 13


@pytest.mark.parametrize("values", [{"email": "anna@example.com"}, {"email": "other@example.com", "id": "0" * 24}])
async def test_a_taken_value_is_a_conflict_that_names_the_field(runtime: Runtime, values: dict[str, str]) -> None:
    await users_collection.add(person(id="0" * 24))
    with pytest.raises(Conflict) as raised:
        await users_collection.add(person(**values))
    field = "id" if "id" in values else "email"
    assert raised.value.fields == {field: "This value is already in use. Choose another."}
    assert raised.value.code == "users.duplicate"
    assert len(await users_collection.find_all(status="active")) == 1
    assert len(await trail(runtime)) == 1


async def test_a_taken_value_in_a_change_leaves_both_as_they_were(runtime: Runtime) -> None:
    await users_collection.add(person())
    other = await users_collection.add(person(email="other@example.com"))
    with pytest.raises(Conflict) as raised:
        await users_collection.patch(other.id, {"name": "New", "email": "anna@example.com"}, 1)
    assert set(raised.value.fields) == {"email"}
    assert (await users_collection.get(other.id)).model_dump() == other.model_dump()


async def test_many_at_once_are_all_or_none(runtime: Runtime) -> None:
    many = [product(sku=f"S{number}", tags=["a"] if number % 2 else []) for number in range(200)]
    await products_collection.add_many(many)
    found = by_id(await products_collection.find_all(currency="GBP"))
    assert len(found) == 200
    assert wire(found[many[7].id]) == wire(many[7])
    with pytest.raises(Conflict) as raised:
        await products_collection.add_many([product(sku=f"T{number}") for number in range(100)] + [product(sku="S5")])
    assert set(raised.value.fields) == {"sku"}
    assert len(await products_collection.find_all(currency="GBP")) == 200
    await products_collection.add_many([])


async def test_a_cancelled_bulk_write_leaves_nothing(runtime: Runtime) -> None:
    rows: list[tuple[Any, ...]] = [(f"s{number}", number) for number in range(200_000)]
    writing = asyncio.Event()

    async def write() -> None:
        async with unit():
            writing.set()
            await runtime.database.copy("sequences", ("name", "value"), rows)

    task = asyncio.create_task(write())
    await writing.wait()
    await asyncio.sleep(0.02)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    count = text("SELECT count(*) FROM sequences")
    assert await runtime.database.value(count) == 0
    async with unit():
        await runtime.database.copy("sequences", ("name", "value"), rows[:100])
    assert await runtime.database.value(count) == 100


async def test_removing_returns_what_was_there(runtime: Runtime) -> None:
    added = await users_collection.add(person())
    removed = await users_collection.remove(added.id, 1)
    assert removed.model_dump() == added.model_dump()
    with pytest.raises(NotFound):
        await users_collection.get(added.id)
    with pytest.raises(NotFound):
        await users_collection.remove(added.id)


@pytest.mark.parametrize("document_id", ["", "f" * 24, "f" * 25, "x" * 10_000, "a\0b", "' OR 1=1 --", "%"])
async def test_what_does_not_exist_is_not_found(runtime: Runtime, document_id: str) -> None:
    await users_collection.add(person())
    with pytest.raises(NotFound):
        await users_collection.get(document_id)
    with pytest.raises(NotFound):
        await users_collection.patch(document_id, {"name": "x"})


async def test_documents_by_id(runtime: Runtime) -> None:
    many = [product(name=str(number)) for number in range(700)]
    await products_collection.add_many(many)
    ids = [one.id for one in many]
    for wanted in ([], ids[:1], ids[3:6], ids[:255], ids[:256], ids[:257], ids, [*ids[:2], ids[0], "f" * 24, "a\0", "x" * 100]):
        found = await products_collection.find_ids(wanted)
        assert set(found) == set(wanted) & set(ids)
        assert all(one.id == key for key, one in found.items())


async def test_outside_a_restriction_nothing_exists(runtime: Runtime) -> None:
    added = await users_collection.add(person())
    assert (await users_collection.get(added.id, EVERYTHING)).id == added.id
    assert (await users_collection.get(added.id, {"id": added.id})).id == added.id
    assert (await users_collection.get(added.id, {"role": "user"})).id == added.id
    other = await users_collection.add(person(email="other@example.com"))
    for restriction in ({"id": "0" * 24}, {"id": other.id}, {"role": "admin"}):
        with pytest.raises(NotFound):
            await users_collection.get(added.id, restriction)
        with pytest.raises(NotFound):
            await users_collection.patch(added.id, {"name": "x"}, None, restriction)
        with pytest.raises(NotFound):
            await users_collection.remove(added.id, None, restriction)


async def test_the_trail_tells_each_change_in_its_transaction(runtime: Runtime) -> None:
    added = await products_collection.add(product())
    await products_collection.patch(added.id, {"price": Decimal(5), "name": "Lamp"}, 1)
    with pytest.raises(ZeroDivisionError):
        async with unit():
            await products_collection.remove(added.id)
            raise ZeroDivisionError
    await products_collection.remove(added.id)
    found = await trail(runtime)
    assert [event for event, _, _ in found] == ["products.created", "products.updated", "products.deleted"]
    assert {target for _, target, _ in found} == {added.id}
    assert found[0][2] == {"after": wire(added)}
    assert found[1][2] == {"price": ["9.99", "5.00"]}
    assert found[2][2]["before"]["price"] == "5.00"


async def test_private_columns_leave_neither_by_wire_nor_by_trail(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "only-a-hash"
    assert {"refresh_hash", "previous_hash"}.isdisjoint(column.key for column in public_columns(Session))
    monkeypatch.setattr(sessions, "audited", True)
    monkeypatch.setattr(credentials, "audited", True)
    user = await users_collection.add(User(name="Anna", email="anna@example.com"))
    moments = dict.fromkeys(("rotated_at", "expires_at", "ends_at", "last_used_at", "proven_at"), clock.now())
    session = await sessions.add(Session(user_id=user.id, refresh_hash=secret, **moments))
    credential = await credentials.add(Credential(id="0" * 24, password_hash=secret))
    await sessions.patch(session.id, {"refresh_hash": f"{secret}-2", "agent": "x"})
    await credentials.patch(credential.id, {"password_hash": f"{secret}-2"})
    assert secret not in json.dumps([wire(session), wire(credential)])
    found = await trail(runtime)
    assert len(found) == 5
    assert secret not in json.dumps(found)
    await sessions.remove(session.id)
    assert secret not in json.dumps(await trail(runtime))
