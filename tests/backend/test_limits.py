"""Limits: how many get through, what is given back, and that a Redis that is gone opens none of them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mewayz.backend import limits as module
from mewayz.backend.errors import RateLimited
from mewayz.backend.limits import SIGN_IN, Limit, Standing, address_subject
from mewayz.backend.runtime import Runtime, open_runtime
from tests.conftest import make_settings, skip_for
from tests.services import MissingService, Redis

FIVE = Limit("five", 5, 900)
BRIEF = Limit("brief", 2, 1)
WHO = "203.0.113.9"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is slow because the machine is busy counts as alive."""
    monkeypatch.setattr(module, "_TIMEOUT", 5.0)


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that the test may kill."""
    try:
        server = Redis()
        with server:
            yield server
    except MissingService as missing:
        skip_for(missing)


@asynccontextmanager
async def on(server: Redis, folder: Path) -> AsyncIterator[Runtime]:
    """A process that counts in this Redis. It alone is of interest, so the database is any."""
    async with open_runtime(make_settings(folder, database_url=f"sqlite:///{folder / 'empty.db'}", redis_url=server.url)) as opened:
        yield opened


async def passes(work: Callable[[], Awaitable[Standing]], times: int) -> int:
    """How many of so many simultaneous tries get through."""
    found = await asyncio.gather(*(work() for _ in range(times)), return_exceptions=True)
    assert all(isinstance(one, Standing | RateLimited) for one in found), found
    return sum(isinstance(one, Standing) for one in found)


async def test_of_fifty_at_once_five_get_through(runtime: Runtime) -> None:
    assert await passes(lambda: runtime.limits.hit(FIVE, WHO), 50) == 5
    assert await passes(lambda: runtime.limits.hit(FIVE, WHO), 50) == 0
    assert await passes(lambda: runtime.limits.hit(FIVE, "another"), 50) == 5


async def test_each_try_says_what_is_left(runtime: Runtime) -> None:
    assert await runtime.limits.peek(FIVE, WHO) == Standing(5, 5, 0)
    left = [await runtime.limits.hit(FIVE, WHO) for _ in range(5)]
    assert [one.remaining for one in left] == [4, 3, 2, 1, 0]
    assert {one.limit for one in left} == {5}
    assert all(890 <= one.reset_after <= 900 for one in left)
    with pytest.raises(RateLimited, match="Wait 15 minutes and try again") as raised:
        await runtime.limits.hit(FIVE, WHO)
    standing = raised.value.standing
    assert standing
    assert (standing.limit, standing.remaining, standing.reset_after) == (5, 0, raised.value.retry_after)
    assert (await runtime.limits.peek(FIVE, WHO)).remaining == 0


async def test_a_success_is_given_back(runtime: Runtime) -> None:
    for _ in range(20):
        await runtime.limits.hit(FIVE, WHO)
        await runtime.limits.refund(FIVE, WHO)
    assert (await runtime.limits.peek(FIVE, WHO)).remaining == 5


async def test_refused_tries_do_not_use_up_what_is_given_back(runtime: Runtime) -> None:
    """Many who share an address sign in at once: those who were refused can, when the others have."""
    assert await passes(lambda: runtime.limits.hit(FIVE, WHO), 30) == 5
    for _ in range(5):
        await runtime.limits.refund(FIVE, WHO)
    assert await passes(lambda: runtime.limits.hit(FIVE, WHO), 30) == 5


async def test_what_was_never_counted_cannot_be_given_back(runtime: Runtime) -> None:
    for _ in range(3):
        await runtime.limits.refund(FIVE, WHO)
    assert await passes(lambda: runtime.limits.hit(FIVE, WHO), 20) == 5


async def test_the_window_ends(runtime: Runtime) -> None:
    for _ in range(2):
        await runtime.limits.hit(BRIEF, WHO)
    with pytest.raises(RateLimited, match="Wait 1 second and"):
        await runtime.limits.hit(BRIEF, WHO)
    await asyncio.sleep(1.1)
    await runtime.limits.refund(BRIEF, WHO)  # of a try that is forgotten by now
    assert await passes(lambda: runtime.limits.hit(BRIEF, WHO), 10) == 2


async def test_clearing_forgets_one_subject_of_one_limit(runtime: Runtime) -> None:
    for limit, who in ((FIVE, WHO), (FIVE, "another"), (BRIEF, WHO)):
        await runtime.limits.hit(limit, who)
    await runtime.limits.clear(FIVE, WHO)
    assert (await runtime.limits.peek(FIVE, WHO)).remaining == 5
    assert (await runtime.limits.peek(FIVE, "another")).remaining == 4


async def test_subjects_of_several_parts_are_not_mixed_up(runtime: Runtime) -> None:
    await runtime.limits.hit(FIVE, "ab", "c")
    for other in (("a", "bc"), ("abc",), ("ab", "c", ""), ('ab", "c',)):
        assert (await runtime.limits.peek(FIVE, *other)).remaining == 5, other
    assert (await runtime.limits.peek(FIVE, "ab", "c")).remaining == 4


async def test_an_amount_of_the_settings_holds_as_it_is_now(runtime: Runtime) -> None:
    assert (await runtime.limits.peek(SIGN_IN, WHO)).limit == 5
    runtime.settings = runtime.settings.model_copy(update={"rate_limit_sign_in": 2})
    assert await passes(lambda: runtime.limits.hit(SIGN_IN, WHO), 10) == 2


async def test_the_counts_of_a_process_are_bounded(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_COUNTS", 100)
    for number in range(1000):
        await sqlite_runtime.limits.hit(FIVE, str(number))
    assert (await sqlite_runtime.limits.peek(FIVE, "999")).remaining == 4
    assert len(sqlite_runtime.limits._here.expirations) <= 100
    assert len(sqlite_runtime.limits._here.storage) <= 100


async def test_counts_that_are_over_are_swept(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SWEEP", 0.0)
    for number in range(20):
        await sqlite_runtime.limits.hit(BRIEF, str(number))
    await asyncio.sleep(1.1)
    await sqlite_runtime.limits.hit(FIVE, WHO)
    assert len(sqlite_runtime.limits._here.storage) == 1


# Redis ------------------------------------------------------------------------------------------------------------------


async def test_processes_count_together(own_redis: Redis, tmp_path: Path) -> None:
    async with on(own_redis, tmp_path) as one, on(own_redis, tmp_path) as two:
        both = [one.limits, two.limits] * 25
        found = await asyncio.gather(*(limits.hit(FIVE, WHO) for limits in both), return_exceptions=True)
        assert sum(isinstance(standing, Standing) for standing in found) == 5
        await two.limits.clear(FIVE, WHO)
        assert (await one.limits.hit(FIVE, WHO)).remaining == 4


async def test_what_need_not_be_shared_asks_nobody(own_redis: Redis, tmp_path: Path) -> None:
    async with on(own_redis, tmp_path) as process:
        assert await passes(lambda: process.limits.hit(Limit("alone", 5, 900, shared=False), WHO), 50) == 5
    assert own_redis.say("DBSIZE") == b":0\r\n"


async def test_redis_dies_and_the_count_goes_on(own_redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BREAK", 0.2)
    async with on(own_redis, tmp_path) as process:
        for _ in range(3):
            await process.limits.hit(FIVE, WHO)
        own_redis.stop(kill=True)
        assert await passes(lambda: process.limits.hit(FIVE, WHO), 50) == 2
        with pytest.raises(RateLimited):
            await process.limits.hit(FIVE, WHO)
        await process.limits.refund(FIVE, WHO)
        assert (await process.limits.peek(FIVE, WHO)).remaining == 1
        await process.limits.clear(FIVE, WHO)
        assert await passes(lambda: process.limits.hit(FIVE, WHO), 50) == 5
        own_redis.start()
        await asyncio.sleep(0.3)
        await process.limits.hit(FIVE, "another")
        assert own_redis.say("DBSIZE") == b":1\r\n"


async def test_a_redis_that_was_never_there_opens_nothing(tmp_path: Path) -> None:
    absent = make_settings(tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}", redis_url="redis://127.0.0.1:1/0")
    async with open_runtime(absent) as process:
        assert await passes(lambda: process.limits.hit(FIVE, WHO), 50) == 5


async def test_a_redis_that_hangs_is_not_waited_for(own_redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 0.1)
    async with on(own_redis, tmp_path) as process:
        assert own_redis.process
        own_redis.process.send_signal(signal.SIGSTOP)
        try:
            async with asyncio.timeout(30):  # of a Redis that never answers
                assert await passes(lambda: process.limits.hit(FIVE, WHO), 50) == 5
        finally:
            own_redis.process.send_signal(signal.SIGCONT)


async def test_keys_in_redis_tell_nothing(own_redis: Redis, tmp_path: Path) -> None:
    async with on(own_redis, tmp_path) as process:
        for subject in ((WHO,), ("ada@example.com",), (WHO, "ada@example.com"), ("eyJhbGciOi.token",)):
            await process.limits.hit(FIVE, *subject)
        keys = own_redis.say("KEYS", "*").decode()
        assert own_redis.say("DBSIZE") == b":4\r\n"
    assert keys.count("mewayz:limits:five:") == 4
    assert not any(word in keys for word in (WHO, "ada", "example", "eyJ"))


# Addresses and words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix", "unix"),
        ("203.0.113.9:80", "203.0.113.9:80"),
    ],
)
def test_what_counts_as_one_address(address: str, subject: str) -> None:
    assert address_subject(address) == subject


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (1, "1 second"), (17, "17 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes"), (3600, "1 hour")],
)
def test_a_refusal_says_how_long_to_wait(seconds: int, words: str) -> None:
    assert RateLimited(retry_after=seconds).message == f"Too many attempts. Wait {words} and try again."
