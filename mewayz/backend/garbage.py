"""Python's collector of cycles, made rarer while a load makes millions of objects that are in none."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

# The usual 700 has it look through all that the process holds again and again: a seventh of the time of a load.
_RARE = (500_000, 50, 100)
_loads: list[tuple[int, int, int]] = []


@contextmanager
def rarely_collected() -> Generator[None]:
    """Have cycles collected seldom, in the whole process, and only among what is new, until the last such block ends."""
    _loads.append(gc.get_threshold())
    gc.set_threshold(*_RARE)
    gc.freeze()
    try:
        yield
    finally:
        usual = _loads.pop()
        if not _loads:
            gc.unfreeze()
            gc.set_threshold(*usual)
