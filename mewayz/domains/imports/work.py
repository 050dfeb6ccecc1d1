"""Long work of a page: it runs beside the events of its tab, and says how far it is."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mewayz.backend.importing import Report
from mewayz.ui.guard import Guarded, guarded

_STEP = 0.3  # seconds between two looks at how far it is

Job = Callable[[Report], Awaitable[Any]]
Then = Callable[[Any], Awaitable[Any]]


class Working(Guarded, mixin=True):
    """State of a page that works in the background, one thing at a time.

    Attributes:
        working: whether it does.
        doing: what, in words.
        share: how much of it is done, in percent; 0 where that is not known.
    """

    working: bool = False
    doing: str = ""
    share: int = 0

    async def _work(self, doing: str, job: Job, then: Then) -> Any:
        """Do `job` in a background event, then `then` with its result while the state is held; what that gives is the next event."""
        async with self:
            if self.working:
                return None
            self.working, self.doing, self.share = True, doing, 0
            self.error, self.error_id, self.field_errors = "", "", {}
        shares = [0.0]  # told from other threads too
        task = asyncio.ensure_future(job(lambda share: shares.__setitem__(0, share)))
        event = None
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_STEP)
                async with self:
                    self.share = min(int(shares[0] * 100), 100)
        finally:
            task.cancel()
            async with self:
                self.working = False
                if task.done() and not task.cancelled():
                    async with guarded(self):
                        event = await then(task.result())
        return event
