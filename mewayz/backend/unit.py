"""unit(): one transaction, and what happens only after it has been committed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from mewayz.backend.cache import unit_tags
from mewayz.backend.logs import logger
from mewayz.backend.runtime import current

Hook = Callable[[], Awaitable[None]]
Kept = tuple[dict[str, Hook], list[Hook], set[str], bool]


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

    def kept(self) -> Kept:
        """What is registered so far."""
        return dict(self._before), list(self._after), set(self.tags), self.failed

    def restore(self, kept: Kept) -> None:
        """Forget what was registered since."""
        self._before, self._after, tags, self.failed = kept
        self.tags.intersection_update(tags)

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
        for hook in self._after:
            try:
                await hook()
            except Exception:
                logger.exception("after-commit hook failed")


_open: ContextVar[Unit | None] = ContextVar("unit", default=None)


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


@asynccontextmanager
async def part() -> AsyncGenerator[None]:
    """A part of the open unit that is undone alone when the block raises: its rows, and what it would have announced.

    Whoever catches the error goes on with the unit.
    """
    opened = _open.get()
    assert opened is not None, "a part needs a unit"
    before = opened.kept()
    try:
        async with current().database.savepoint():
            yield
    except BaseException:
        opened.restore(before)
        raise
