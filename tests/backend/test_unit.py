"""One transaction: all or nothing, and nothing is announced before the commit."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from mewayz.backend import unit as units
from mewayz.backend.cache import Cache
from mewayz.backend.database import BrokenOff
from mewayz.backend.errors import Conflict
from mewayz.backend.runtime import Runtime
from mewayz.backend.unit import attempt, open_unit, repeatable, unit
from mewayz.domains.customers.model import Customer, customers_collection
from mewayz.domains.users.model import User, users_collection


def person(email: str, **values: Any) -> User:
    return User(name="Somebody", email=email, **values)


async def known(email: str) -> bool:
    return await users_collection.find(email=email) is not None


async def test_what_is_written_is_seen_inside_and_only_later_outside(runtime: Runtime) -> None:
    seen_outside: list[bool] = []
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with unit():
            await users_collection.add(person("a@example.com"))
            assert await known("a@example.com")
            inside.set()
            await go_on.wait()

    async def look() -> None:
        await inside.wait()
        seen_outside.append(await known("a@example.com"))
        go_on.set()

    await asyncio.gather(write(), look())
    assert seen_outside == [False]
    assert await known("a@example.com")
    assert open_unit() is None


async def test_an_error_undoes_everything(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        async with unit():
            await users_collection.add(person("a@example.com"))
            async with unit():
                await users_collection.add(person("b@example.com"))
            raise ZeroDivisionError
    assert not await known("a@example.com")
    assert not await known("b@example.com")


async def test_a_failed_part_dooms_the_whole_also_when_its_error_was_caught(runtime: Runtime) -> None:
    with pytest.raises(RuntimeError, match="nothing was saved"):
        async with unit():
            await users_collection.add(person("a@example.com"))
            try:
                async with unit():
                    raise Conflict
            except Conflict:
                pass
    assert not await known("a@example.com")
    await users_collection.add(person("a@example.com"))


async def test_cancellation_undoes_everything(runtime: Runtime) -> None:
    reached = asyncio.Event()

    async def write() -> None:
        async with unit():
            await users_collection.add(person("a@example.com"))
            reached.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await known("a@example.com")
    await users_collection.add(person("a@example.com"))


async def test_hooks_run_before_and_after_the_commit_and_once(runtime: Runtime) -> None:
    order: list[str] = []

    async def before() -> None:
        order.append("before" if open_unit() else "before, outside")

    async def after() -> None:
        order.append("after, inside" if open_unit() else "after")
        assert await known("a@example.com")

    async def failing() -> None:
        order.append("failing")
        raise ZeroDivisionError

    async with unit() as opened:
        opened.after_commit(failing)
        opened.after_commit(after)
        async with unit() as part:
            part.before_commit("same", before)
            part.before_commit("same", before)
            await users_collection.add(person("a@example.com"))
        assert order == []
    assert order == ["before", "failing", "after"]


async def test_a_hook_may_add_a_hook_before_the_commit(runtime: Runtime) -> None:
    order: list[str] = []

    async def second() -> None:
        order.append("second")
        await users_collection.add(person("b@example.com"))

    async def first() -> None:
        order.append("first")
        opened.before_commit("second", second)

    async with unit() as opened:
        opened.before_commit("first", first)
    assert order == ["first", "second"]
    assert await known("b@example.com")


async def test_a_failing_hook_before_the_commit_undoes_everything(runtime: Runtime) -> None:
    async def failing() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with unit() as opened:
            await users_collection.add(person("a@example.com"))
            opened.before_commit("failing", failing)
    assert not await known("a@example.com")


async def test_nothing_is_announced_after_a_rollback(runtime: Runtime) -> None:
    order: list[str] = []

    async def after() -> None:
        order.append("after")

    async def value() -> int:
        order.append("computed")
        return 1

    await runtime.cache.remember("users", ["key"], ttl=60, compute=value)
    with pytest.raises(ZeroDivisionError):
        async with unit() as opened:
            await users_collection.add(person("a@example.com"))
            opened.after_commit(after)
            raise ZeroDivisionError
    await runtime.cache.remember("users", ["key"], ttl=60, compute=value)
    assert order == ["computed"]


async def test_tags_turn_over_after_the_commit(runtime: Runtime) -> None:
    counts: list[int] = []

    async def value() -> int:
        counts.append(len(await users_collection.find_all(status="active")))
        return counts[-1]

    async def ask() -> int:
        return await runtime.cache.remember("users", ["count"], ttl=60, compute=value)

    assert [await ask(), await ask()] == [0, 0]
    await users_collection.add(person("a@example.com"))
    assert [await ask(), await ask()] == [1, 1]
    assert counts == [0, 1]


async def test_inside_a_dirty_unit_the_cache_is_bypassed_and_not_filled(runtime: Runtime) -> None:
    async def value() -> int:
        return len(await users_collection.find_all(status="active"))

    async def ask() -> int:
        return await runtime.cache.remember("users", ["count"], ttl=60, compute=value)

    assert await ask() == 0
    with pytest.raises(ZeroDivisionError):
        async with unit():
            await users_collection.add(person("a@example.com"))
            assert await ask() == 1
            raise ZeroDivisionError
    assert await ask() == 0


async def test_a_commit_that_is_cut_off_outdates_the_cache_anyway(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    turned: list[set[str]] = []
    genuine = Cache.turn_over

    async def counting(self: Cache, tags: Any) -> None:
        turned.append(set(tags))
        await genuine(self, tags)

    monkeypatch.setattr(Cache, "turn_over", counting)
    database = runtime.database
    original = database.transaction

    def cut_off() -> Any:
        class Cut:
            async def __aenter__(self) -> None:
                self.inner = original()
                await self.inner.__aenter__()

            async def __aexit__(self, *exc: Any) -> None:
                await self.inner.__aexit__(*exc)
                raise asyncio.CancelledError

        return Cut()

    monkeypatch.setattr(database, "transaction", cut_off)
    with pytest.raises(asyncio.CancelledError):
        async with unit():
            await users_collection.add(person("a@example.com"))
    assert {"users"} in turned


async def test_many_units_at_once_lose_nothing(runtime: Runtime) -> None:
    async def write(number: int) -> None:
        async with unit():
            await users_collection.add(person(f"{number}@example.com"))
            await asyncio.sleep(0)
            await users_collection.add(person(f"{number}b@example.com"))

    await asyncio.gather(*(write(number) for number in range(40)))
    assert len(await users_collection.find_all(status="active")) == 80


async def test_an_attempt_that_fails_takes_only_its_own_part_along(runtime: Runtime) -> None:
    announced: list[str] = []

    async def note(text: str) -> None:
        announced.append(text)

    async with unit() as opened:
        for number in range(3):
            with suppress(Conflict):
                async with attempt():
                    await customers_collection.add(Customer(name=f"Customer {number}", reference="one" if number else None))
                    opened.touch(f"tag {number}")
                    opened.after_commit(partial(note, str(number)))
                    if number == 0:
                        raise Conflict
        assert opened.tags == {"customers", "tag 1"}
    assert [customer.name for customer in await customers_collection.find_all()] == ["Customer 1"]
    assert announced == ["1"]


async def test_what_was_broken_off_is_done_again_as_a_whole(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "PAUSES", (0, 0))
    tries = 0

    @repeatable
    async def inner() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise BrokenOff
        return tries

    @repeatable
    async def outer(name: str) -> int:
        async with unit():
            await users_collection.add(person(name))
            return await inner()

    assert await outer("a@example.com") == 3
    assert len(await users_collection.find_all()) == 1
    tries = -10
    with pytest.raises(BrokenOff):
        await outer("b@example.com")
    assert tries == -7, "three times in all, by the outermost alone"
    assert not await known("b@example.com")


async def test_two_who_wait_in_a_circle_both_get_through(runtime: Runtime) -> None:
    made = [await users_collection.add(person(f"{name}@example.com")) for name in "ab"]
    met: list[str] = []

    @repeatable
    async def change(first: str, second: str, bio: str) -> None:
        async with unit():
            await users_collection.patch(first, {"name": bio})
            met.append(first)
            for _ in range(100):
                if runtime.database.sqlite or len(set(met)) > 1:
                    break
                await asyncio.sleep(0.02)
            await users_collection.patch(second, {"name": bio})

    a, b = (one.id for one in made)
    await asyncio.gather(change(a, b, "one"), change(b, a, "two"))
    assert len({one.name for one in await users_collection.find_all()}) == 1


async def test_what_is_held_stays_until_the_unit_ends(runtime: Runtime) -> None:
    made = [await users_collection.add(person(f"{name}@example.com")) for name in "abc"]
    outside, told = asyncio.Event(), list[str]()
    ids = {one.id for one in made}

    async def change() -> None:
        await outside.wait()
        await users_collection.patch(made[1].id, {"name": "Other"})
        told.append("changed")

    waiting = asyncio.create_task(change())
    async with unit():
        assert await users_collection.present([*ids, "0" * 24], lock="change") == ids
        held = await users_collection.find_held("email", ["b@example.com", "nobody@example.com"])
        assert [one.id for one in held] == [made[1].id]
        outside.set()
        await asyncio.wait([waiting], timeout=0.2)
        told.append("held")
        assert await users_collection.find_held("email", ["b@example.com"]) == held
    await waiting
    assert told == ["held", "changed"]
