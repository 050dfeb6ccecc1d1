"""What a process holds: opened and closed together, with background work that is finished and never fatal."""

import asyncio
import logging

import pytest

from mewayz.backend import runtime as module
from mewayz.backend.access import ANONYMOUS
from mewayz.backend.cache import LocalCache, RedisCache
from mewayz.backend.runtime import Runtime, current, is_open, open_runtime, sqlite_path
from mewayz.backend.settings import Settings


async def test_it_is_there_while_it_is_open(migrated: Settings) -> None:
    assert not is_open()
    with pytest.raises(RuntimeError, match="open_runtime"):
        current()
    async with open_runtime(migrated) as opened:
        assert is_open()
        assert current() is opened
        assert isinstance(opened.cache, RedisCache if migrated.redis_url else LocalCache)
    assert not is_open()


async def test_it_is_closed_after_an_error_too(migrated: Settings) -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_runtime(migrated):
            raise ZeroDivisionError
    assert not is_open()


async def test_closing_finishes_what_was_begun(migrated: Settings) -> None:
    done: list[str] = []

    async def later() -> None:
        await asyncio.sleep(0.02)
        done.append("first")
        current().background(last())

    async def last() -> None:
        done.append("last")

    async def ending() -> None:
        done.append("ending")

    async with open_runtime(migrated) as opened:
        opened.at_close.append(ending)
        opened.background(later())
    assert done == ["first", "last", "ending"]


async def test_one_part_that_does_not_close_keeps_no_other_open(migrated: Settings) -> None:
    closed: list[str] = []

    async def failing() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with open_runtime(migrated) as opened:
            opened.at_close.append(failing)
            genuine = opened.database.close

            async def close() -> None:
                closed.append("database")
                await genuine()

            opened.database.close = close
    assert closed == ["database"]
    assert not is_open()


async def test_background_work_that_fails_is_logged(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> None:
        raise ZeroDivisionError("in the background")

    with caplog.at_level(logging.ERROR, "mewayz"):
        runtime.background(failing())
        await asyncio.sleep(0.01)
    assert "in the background" in caplog.text


async def test_without_a_room_that_signs_in_everybody_is_nobody(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "identity", [module._nobody])
    assert await runtime.identify("mewayz_session=x") == ANONYMOUS


def test_the_file_behind_an_address() -> None:
    assert sqlite_path("sqlite:////srv/a%20b%2525/mewayz.db") == "/srv/a b%25/mewayz.db"
    assert sqlite_path("sqlite:///data/mewayz.db") == "data/mewayz.db"
