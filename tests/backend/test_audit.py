"""The audit trail: in the transaction of the change, chained by hashes, and whoever touches it is found out."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.backend import audit
from mewayz.backend.access import Actor, act_as
from mewayz.backend.audit import Origin, Verification, seal, verify
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import unit
from mewayz.domains.users.model import User, users_collection

ANNA = Actor("a" * 24, "Anna", "anna@example.com", Role.ADMIN)
_ROWS = text("SELECT event, target, actor_id, actor_name, risk, address, request_id, details FROM audit_log ORDER BY seq")


async def write(count: int, prefix: str = "e") -> None:
    for number in range(count):
        async with unit() as opened:
            audit.record(opened, f"test.{prefix}", str(number), {"number": number, "nested": {"b": [1, None], "a": "ü"}, "share": 0.5})


async def change(statement: str) -> None:
    async with unit():
        await audit.current().database.execute(text(statement))


async def test_a_row_says_who_what_and_where_from(runtime: Runtime) -> None:
    token = audit.origin.set(Origin("192.0.2.1", "request-1"))
    try:
        with act_as(ANNA):
            async with unit() as opened:
                audit.record(opened, "users.invited", "b" * 24, {"by": "mail"}, risk="high")
    finally:
        audit.origin.reset(token)
    [row] = await runtime.database.fetch(_ROWS)
    assert row[:7] == ("users.invited", "b" * 24, ANNA.id, "Anna", "high", "192.0.2.1", "request-1")


async def test_the_row_comes_and_goes_with_the_change(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        async with unit():
            await users_collection.add(User(name="Anna", email="anna@example.com"))
            raise ZeroDivisionError
    assert await runtime.database.fetch(_ROWS) == []
    await users_collection.add(User(name="Anna", email="anna@example.com"))
    assert len(await runtime.database.fetch(_ROWS)) == 1


async def test_rows_are_sealed_soon_after_the_commit(runtime: Runtime) -> None:
    await write(3)
    for _ in range(200):
        if (await verify()).pending == 0:
            break
        await asyncio.sleep(0.01)
    assert await verify() == Verification(checked=3, pending=0, broken_at=None)


async def test_an_untouched_chain_verifies(runtime: Runtime) -> None:
    assert await verify() == Verification(0, 0, None)
    await write(5)
    await seal()
    await write(4)
    await seal()
    assert await verify() == Verification(9, 0, None)
    assert await seal() == 0


async def test_long_chains_are_sealed_in_batches(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_UNSEALED", audit._UNSEALED.limit(7))
    await write(30)
    await seal()
    assert await verify() == Verification(30, 0, None)


TAMPERINGS = (
    ("UPDATE audit_log SET event = 'test.other' WHERE position = 4", 4),
    ("UPDATE audit_log SET target = 'x' WHERE position = 1", 1),
    ("UPDATE audit_log SET actor_id = 'nobody' WHERE position = 10", 10),
    ("UPDATE audit_log SET actor_name = 'x', risk = 'low' WHERE position = 3", 3),
    ("UPDATE audit_log SET risk = 'critical' WHERE position = 3", 3),
    ("UPDATE audit_log SET address = '::1' WHERE position = 3", 3),
    ("UPDATE audit_log SET request_id = 'x' WHERE position = 3", 3),
    ("UPDATE audit_log SET details = '{\"number\": 9}' WHERE position = 5", 5),
    ("UPDATE audit_log SET at = '2020-01-01T00:00:00.000Z' WHERE position = 5", 5),
    ("UPDATE audit_log SET hash = 'x' WHERE position = 6", 6),
    ("DELETE FROM audit_log WHERE position = 1", 1),
    ("DELETE FROM audit_log WHERE position = 5", 5),
    ("DELETE FROM audit_log WHERE position = 10", 10),
    ("DELETE FROM audit_log WHERE position > 6", 7),
    ("DELETE FROM audit_log", 1),
)


async def test_whoever_touches_a_sealed_row_is_found_out(runtime: Runtime) -> None:
    for tampering, broken_at in TAMPERINGS:
        await write(10)
        await seal()
        assert await verify() == Verification(10, 0, None)
        await change(tampering)
        assert (await verify()).broken_at == broken_at, tampering
        await write(2)
        await seal()
        assert (await verify()).broken_at is not None, tampering
        await change("DELETE FROM audit_log")
        await change("DELETE FROM sequences")


async def test_swapped_rows_are_found_out(runtime: Runtime) -> None:
    await write(6)
    await seal()
    await change("UPDATE audit_log SET position = -1 WHERE position = 2")
    await change("UPDATE audit_log SET position = 2 WHERE position = 3")
    await change("UPDATE audit_log SET position = 3 WHERE position = -1")
    assert (await verify()).broken_at == 2


async def test_writers_and_sealers_at_once_make_one_chain(runtime: Runtime) -> None:
    async def sealing() -> None:
        for _ in range(6):
            await seal()
            await asyncio.sleep(0)

    await asyncio.gather(*(write(8, prefix=str(number)) for number in range(8)), *(sealing() for _ in range(4)))
    await seal()
    assert await verify() == Verification(64, 0, None)
    positions = await runtime.database.fetch(text("SELECT position FROM audit_log ORDER BY position"))
    assert [row[0] for row in positions] == list(range(1, 65))


async def test_one_unit_may_record_much(runtime: Runtime) -> None:
    async with unit() as opened:
        for number in range(50):
            audit.record(opened, "test.many", str(number), {})
    rows: list[Any] = await runtime.database.fetch(_ROWS)
    assert [row[1] for row in rows] == [str(number) for number in range(50)]
