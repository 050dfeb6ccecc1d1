"""unit(): one transaction, and what happens only after it has been committed."""

import asyncio
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from mewayz.backend import live
from mewayz.backend.cache import unit_tags
from mewayz.backend.database import BrokenOff
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current

Hook = Callable[[], Awaitable[None]]
P = ParamSpec("P")
T = TypeVar("T")
PAUSES = (0.02, 0.1, 0.3)
"""Seconds to wait before what the database has broken off is done again."""


class Unit:
    """The open transaction: hooks to run at its edge, cache tags to turn over, topics to tick."""

    def __init__(self) -> None:
        """Start with nothing to announce."""
        self.tags: set[str] = set()
        self.failed = False
        self._before: dict[str, Hook] = {}
        self._after: list[Hook] = []

    def touch(self, *tags: str) -> None:
        """Mark cached answers under these tags as outdated once this commits."""
        self.tags.update(tags)

    def before_commit(self, name: str, hook: Hook) -> None:
        """Run `hook` once, inside the transaction, just before the commit."""
        self._before.setdefault(name, hook)

    def after_commit(self, hook: Hook) -> None:
        """Run `hook` when the commit has succeeded; its failure is logged and undoes nothing."""
        self._after.append(hook)

    def remember(self) -> Callable[[], None]:
        """How to forget all that is asked of this unit from now on."""
        tags, before, after, failed = set(self.tags), dict(self._before), len(self._after), self.failed

        def forget() -> None:
            # In place: the cache looks at this very set.
            self.tags.intersection_update(tags)
            self._before, self.failed = before, failed
            del self._after[after:]

        return forget

    async def run_before(self) -> None:
        """Run and clear the hooks inside the transaction."""
        while self._before:
            hooks, self._before = list(self._before.values()), {}
            for hook in hooks:
                await hook()

    async def run_after(self) -> None:
        """Turn over the tags, then announce."""
        if self.tags:
            await current().cache.turn_over(self.tags)
            live.changed(self.tags)
        for hook in self._after:
            try:
                await hook()
            except Exception:
                logger.exception("after-commit hook failed")


_open: ContextVar[Unit | None] = ContextVar("unit", default=None)
always: ContextVar[Hook | None] = ContextVar("always", default=None)
"""What every unit of the running task does inside its transaction, just before it commits."""


def open_unit() -> Unit | None:
    """The unit that the running task is inside of, or None."""
    return _open.get()


@asynccontextmanager
async def unit() -> AsyncGenerator[Unit]:
    """A transaction for the block; inside another unit, a part of it.

    Commits at the outer edge, and only there. A part that failed dooms the whole, also when its error was caught.

    Raises:
        Conflict, Duplicate, DatabaseDown: what the statements and the commit raise.
    """
    outer = _open.get()
    if outer is not None:
        try:
            yield outer
        except BaseException:
            outer.failed = True
            raise
        return
    opened = Unit()
    committing = False
    try:
        async with current().database.transaction():
            token, tags_token = _open.set(opened), unit_tags.set(opened.tags)
            try:
                yield opened
                if opened.failed:
                    raise RuntimeError("a part of this unit failed; nothing was saved")
                if (hook := always.get()) is not None:
                    opened.before_commit("always", hook)
                await opened.run_before()
                committing = True
            finally:
                unit_tags.reset(tags_token)
                _open.reset(token)
    except BaseException:
        # A commit that was cut off may have happened: what it would have outdated must go either way.
        if committing and opened.tags:
            await current().cache.turn_over(opened.tags)
        raise
    await opened.run_after()


def repeatable(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Do the whole of `work` again, a few times, when the database broke its unit off so that another one goes on.

    For what follows from its arguments and the database alone, and leaves nothing behind when its unit fails. Inside a unit it is that
    unit which has to be done again, so there it is left to whoever opened it.

    Raises:
        BrokenOff: it never got through.
    """

    @functools.wraps(work)
    async def repeating(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause in PAUSES if _open.get() is None else ():
            try:
                return await work(*args, **kwargs)
            except BrokenOff:
                await asyncio.sleep(pause)
        return await work(*args, **kwargs)

    return repeating


@asynccontextmanager
async def attempt() -> AsyncGenerator[Unit]:
    """A part of the open unit that may fail alone: when it raises, what it wrote and wanted to announce is undone with it."""
    opened = _open.get()
    assert opened is not None, "an attempt needs a unit"
    forget = opened.remember()
    try:
        async with current().database.savepoint():
            yield opened
    except BaseException:
        forget()
        raise
