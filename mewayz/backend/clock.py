"""One clock, in aware UTC and whole milliseconds, that a test can set."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen: list[datetime] = []


def now() -> datetime:
    """The current time: aware UTC, cut to milliseconds because that is what is stored and sent."""
    moment = _frozen[-1] if _frozen else datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@contextmanager
def frozen(moment: datetime) -> Generator[None]:
    """Hold the clock at `moment` (aware) inside the block."""
    _frozen.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()
