"""Password hashes: bcrypt over a keyed prehash, in a bounded thread pool.

bcrypt reads 72 bytes at most and a quarter second of one core at cost 12, so the password goes through HMAC-SHA-256
first (OWASP Password Storage Cheat Sheet, "pre-hashing with a pepper"), and too many hashes at once are refused
instead of queued without end. The prefix names the version, so that cost and key can change.
"""

import asyncio
import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import bcrypt

from mewayz.backend.errors import Unavailable
from mewayz.backend.runtime import current

COST = 12
MIN_LENGTH = 8
MAX_LENGTH = 1024
_LONG = 15
_QUEUE = 32
_VERSION = "1"

T = TypeVar("T")

_pool = ThreadPoolExecutor(2, thread_name_prefix="bcrypt")
_waiting = 0


def problem_of(password: str, *personal: str) -> str | None:
    """Why a password is refused, in words that say what to do; None when it is good.

    Below 15 characters it needs four kinds of characters; `personal` texts (name, e-mail) must not be in it.
    """
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    folded = password.casefold()
    for text in (*personal, "mewayz"):
        for part in (text, text.partition("@")[0]):
            if len(part) >= 4 and part.casefold() in folded:
                return "Leave out your name, your e-mail address and the name of the product."
    if len(password) >= _LONG:
        return None
    kinds = {
        "a lower-case letter": any(c.islower() for c in password),
        "an upper-case letter": any(c.isupper() for c in password),
        "a digit": any(c.isdigit() for c in password),
        "a special character": any(not c.isalnum() and not c.isspace() for c in password),
    }
    missing = [kind for kind, there in kinds.items() if not there]
    return f"Add {' and '.join(missing)}, or use at least {_LONG} characters." if missing else None


def _prehash(password: str) -> bytes:
    # NFKC, so that two keyboards that compose "é" differently enter the same password (NIST SP 800-63B, 5.1.1.2).
    password = unicodedata.normalize("NFKC", password)
    key = hashlib.sha256(b"password:" + current().settings.secret_key.get_secret_value().encode()).digest()
    return base64.b64encode(hmac.digest(key, password.encode(), "sha256"))


async def _in_pool(work: Callable[[], T]) -> T:
    global _waiting
    if _waiting >= _QUEUE:
        raise Unavailable("Too many people sign in at this moment. Try again in a few seconds.")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work)
    finally:
        _waiting -= 1


async def hash_password(password: str) -> str:
    """The stored form of a password.

    Raises:
        Unavailable: too many hashes are being computed.
    """
    prehash = _prehash(password)
    hashed = await _in_pool(lambda: bcrypt.hashpw(prehash, bcrypt.gensalt(COST)))
    return f"{_VERSION}:{hashed.decode()}"


@cache
def _nobody(cost: int) -> bytes:
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost))


async def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password is right; an unknown account (None) costs the same time.

    Raises:
        Unavailable: too many hashes are being computed.
    """
    version, _, hashed = (stored or "").partition(":")
    known = version == _VERSION and len(password) <= MAX_LENGTH
    prehash = _prehash(password[:MAX_LENGTH])
    right = await _in_pool(lambda: bcrypt.checkpw(prehash, hashed.encode() if known else _nobody(COST)))
    return right and known
