"""Identifiers: 24 hex digits, ordered by time, the shape of a MongoDB ObjectId.

Ids of an earlier MongoDB system are kept on import, so new ones look the same
(4 bytes seconds, 5 bytes random per process, 3 bytes counter; BSON specification, ObjectId).
"""

import os
import re
import secrets
import threading
import time

_PATTERN = re.compile(r"[0-9a-f]{24}")
_lock = threading.Lock()
_counter = secrets.randbelow(0xFFFFFF)
_process = (0, b"")


def new_id() -> str:
    """A fresh id, unique across processes."""
    global _counter, _process
    with _lock:
        if _process[0] != os.getpid():
            _process = (os.getpid(), secrets.token_bytes(5))
        _counter = (_counter + 1) & 0xFFFFFF
        count, entropy = _counter, _process[1]
    return f"{int(time.time()):08x}{entropy.hex()}{count:06x}"


def is_id(value: str) -> bool:
    """Whether `value` has the shape of an id."""
    return bool(_PATTERN.fullmatch(value))
