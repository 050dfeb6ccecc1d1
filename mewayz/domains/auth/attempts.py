"""Guesses are counted before they are checked, and a right one is taken back: so many at once get no further than few.

While others on the same subject are still being checked, their counts may be taken back; a further one waits for that
instead of being refused: a whole office may sign in at nine.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mewayz.backend.errors import RateLimited, Unavailable
from mewayz.backend.limits import Limit
from mewayz.backend.runtime import current

Counted = tuple[Limit, tuple[str, ...]]


class _Subject:
    """What is going on with one subject in this process.

    Attributes:
        turn: one at a time asks for a count, so that each answer is about counts whose holders are known.
        holders: how many have counted, or are about to.
        checking: how many of them are being checked.
        over: set whenever a check has ended.
    """

    def __init__(self) -> None:
        """Nobody is there yet."""
        self.turn = asyncio.Lock()
        self.holders = 0
        self.checking = 0
        self.over = asyncio.Event()


_subjects: dict[Counted, _Subject] = {}


class Attempt:
    """A guess that is being checked; `succeeded` takes its counts back."""

    def __init__(self) -> None:
        """Assume that it is wrong."""
        self.right = False

    def succeeded(self) -> None:
        """It was no guess."""
        self.right = True


@asynccontextmanager
async def attempt(*counted: Counted) -> AsyncGenerator[Attempt]:
    """Count one guess on each subject for the block.

    Raises:
        RateLimited: there were too many; the block is not entered, and this one is not counted.
    """
    taken: list[Counted] = []
    limits = current().limits

    async def release(*, refund: bool) -> None:
        try:
            # Taken back before it is told that the check is over: who waits for that tries again at once.
            for one in taken if refund else ():
                await limits.refund(one[0], *one[1])
        finally:
            for one in taken:
                _subjects[one].checking -= 1
                _subjects[one].over.set()
                _leave(one)

    try:
        for one in counted:
            await _count(one)
            taken.append(one)
    except BaseException:
        await release(refund=True)
        raise
    found = Attempt()
    try:
        yield found
    except Unavailable:
        found.succeeded()  # nothing was checked
        raise
    finally:
        await release(refund=found.right)


async def _count(one: Counted) -> None:
    limit, who = one
    subject = _subjects.setdefault(one, _Subject())
    subject.holders += 1
    try:
        async with subject.turn:
            while True:
                subject.over.clear()
                try:
                    await current().limits.hit(limit, *who)
                    break
                except RateLimited:
                    if not subject.checking and not subject.over.is_set():
                        raise
                await subject.over.wait()
            subject.checking += 1
    except BaseException:
        _leave(one)
        raise


def _leave(one: Counted) -> None:
    _subjects[one].holders -= 1
    if not _subjects[one].holders:
        del _subjects[one]
