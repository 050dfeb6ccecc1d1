"""Guesses are counted before they are checked, and a right one is taken back: so many at once get no further than few.

While others on the same subject are still being checked, their counts may be taken back; a further one waits for that
instead of being refused: a whole office may sign in at nine.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from mewayz.backend.errors import RateLimited, Unavailable
from mewayz.backend.limits import Limit
from mewayz.backend.runtime import current

Counted = tuple[Limit, tuple[str, ...]]
_checking: Counter[Counted] = Counter()
_waiting: dict[Counted, list[asyncio.Future[None]]] = {}


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
                _over(one)

    try:
        for one in counted:
            await _count(one)
            taken.append(one)
            _checking[one] += 1
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
    limit, subject = one
    while True:
        try:
            await current().limits.hit(limit, *subject)
            return
        except RateLimited:
            if not _checking[one]:
                raise
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        _waiting.setdefault(one, []).append(over)
        await over


def _over(one: Counted) -> None:
    """A check is over: who waits for it looks again."""
    _checking[one] -= 1
    if not _checking[one]:
        del _checking[one]
    for waiting in _waiting.pop(one, ()):
        if not waiting.done():
            waiting.set_result(None)
