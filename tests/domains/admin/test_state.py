"""The page of the demo shop: progress, what is told once, and refusals."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mewayz.backend.access import Actor
from mewayz.backend.errors import Unavailable
from mewayz.backend.grants import Role
from mewayz.backend.runtime import Runtime
from mewayz.domains.admin.demo.loader import Loaded
from mewayz.domains.admin.demo.remover import Removed
from mewayz.domains.admin.demo.retail import Summary
from mewayz.domains.admin.service import Admin, Busy
from mewayz.domains.admin.state import Demo
from tests.domains.people import add_person, add_shop
from tests.tabs import Background, opened


@pytest.fixture
async def demo(sqlite_runtime: Runtime) -> Demo:
    """The page, opened by an administrator."""
    await add_shop()
    page = await opened(Demo, "/admin", await add_person(Role.ADMIN))
    await page.load()
    return page


async def run(demo: Demo, verb: str) -> list[tuple[bool, int, str]]:
    """Run a background handler; what the page showed on the way."""
    background = Background(demo, "working", "share", "doing")
    await Demo.event_handlers[verb].fn(background)
    return background.seen


def loads(result: Any) -> Callable[..., Awaitable[Any]]:
    """A service method that reports and then gives `result`, or raises it."""

    async def work(self: Admin, actor: Actor, *, report: Any, **more: Any) -> Any:
        await report(0.256, "2,560 orders")
        if isinstance(result, Exception):
            raise result
        return result

    return work


async def test_the_shop_and_whether_there_is_a_demo(demo: Demo) -> None:
    assert (demo.ready, demo.present, demo.working) == (True, False, False)


async def test_loading(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = Loaded(1204, 1, 2, 3, 9, ("user@demo.example",), "a-password", Summary())
    monkeypatch.setattr(Admin, "load_demo", loads(loaded))
    assert await run(demo, "bring") == [
        (True, 0, "Starting"),
        (True, 25, "2,560 orders"),
        (True, 25, "2,560 orders"),
        (False, 25, "2,560 orders"),
    ]
    assert demo.done == "1,204 products, 1 customer and 5 orders added."
    assert (demo.present, demo.password, demo.users) == (True, "a-password", ["user@demo.example"])
    await demo.leave()
    assert (demo.done, demo.password, demo.users) == ("", "", []), "it is told once"


async def test_removing(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admin, "remove_demo", loads(Removed(1, 2, 3, 4)))
    await run(demo, "drop")
    assert demo.done == "1 product, 2 customers and 3 orders removed."
    assert demo.present is False


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ((0, 0), ""),
        ((1, 0), "1 product of it stays, because orders of your own name them."),
        ((2, 1), "2 products and 1 customer of it stay, because orders of your own name them."),
    ],
)
async def test_what_would_stay_is_said_before_and_after(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, kept: tuple[int, int], words: str
) -> None:
    async def told(self: Admin, who: Any) -> tuple[int, int]:
        return kept

    monkeypatch.setattr(Admin, "kept_of_demo", told)
    await demo.ask(True)
    assert demo.kept == words
    monkeypatch.setattr(Admin, "remove_demo", loads(Removed(1, 2, 3, 4)))
    await run(demo, "drop")
    assert demo.done == " ".join(filter(None, ("1 product, 2 customers and 3 orders removed.", words)))


@pytest.mark.parametrize("error", [Busy(), Unavailable("No.")])
async def test_a_refusal_is_shown_and_the_way_is_free_again(demo: Demo, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(Admin, "load_demo", loads(error))
    await run(demo, "bring")
    assert (demo.error, demo.working, demo.done) == (str(error), False, "")


async def test_what_breaks_leaves_the_way_free(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admin, "load_demo", loads(RuntimeError("which the frame reports")))
    with pytest.raises(RuntimeError):
        await run(demo, "bring")
    assert demo.working is False


async def test_one_at_a_time(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Admin, "load_demo", loads(RuntimeError("not called")))
    demo.working = True
    await run(demo, "bring")
    assert (demo.working, demo.error) == (True, "")
