"""Running numbers: unique and ascending, whoever asks."""

import asyncio

from mewayz.backend.runtime import Runtime
from mewayz.backend.sequences import FIRST, next_number
from mewayz.backend.unit import unit


async def take() -> int:
    async with unit():
        return await next_number("orders")


async def test_numbers_ascend(runtime: Runtime) -> None:
    assert [await take() for _ in range(4)] == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]


async def test_nobody_gets_the_same_number(runtime: Runtime) -> None:
    found = await asyncio.gather(*(take() for _ in range(40)))
    assert len(set(found)) == 40
    assert min(found) == FIRST


async def test_after_a_rollback_numbers_are_still_unique(runtime: Runtime) -> None:
    used: list[int] = []
    try:
        async with unit():
            used.append(await next_number("orders"))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    found = [await take(), await take()]
    assert len(set(found)) == 2
    assert all(number >= used[0] for number in found)
