"""Passwords: which are good enough, and how they are stored.

Stored is bcrypt over a keyed prehash, `2:<key id>:<bcrypt>`: bcrypt reads 72 bytes at most, so the password goes through
HMAC-SHA-256 first (OWASP Password Storage Cheat Sheet, "pre-hashing with a pepper"). A hash takes a quarter second of one core at
cost 12: as many threads as cores compute them, and too many at once are refused instead of queued without end.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import TypeVar

import bcrypt

from mewayz.backend import keys
from mewayz.backend.errors import Invalid, Unavailable
from mewayz.backend.runtime import current

COST = 12
MIN_LENGTH = 8
MAX_LENGTH = 1024
_LONG = 15
RULE = f"At least {MIN_LENGTH} characters with upper and lower case, a digit and a special character, or {_LONG} of any kind."
"""What a new password needs, in words, before anything is typed."""
_QUEUE = 32
_PURPOSE = "password"
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
# Look-alikes become one character, on both sides of each comparison: "1" stands for "i" as well as for "l".
_LOOK_ALIKES = str.maketrans("@4038€1!|i$57+92", "aaoebellllssttgz")

T = TypeVar("T")


class _Pool:
    """Threads for work that would stall the event loop, with a bound on how much may wait for them."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="bcrypt")
        self.waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self.waiting >= _QUEUE:
            raise Unavailable("Too many people sign in at this moment. Try again in a few seconds.")
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        finally:
            self.waiting -= 1


_hashing = _Pool()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_LOOK_ALIKES)


@cache
def _common() -> frozenset[str]:
    """The 30,000 most common passwords, folded; imported late, because most commands and tests never ask."""
    lists: dict[str, list[str]] = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(map(_folded, lists["passwords"]))


def _readings(password: str) -> Iterator[str]:
    """What a common password may have been before it was dressed up; long ones have enough beside it to be read whole only."""
    yield _folded(password)
    if len(password) < _LONG:
        text = unicodedata.normalize("NFKC", password)
        while text and not text[-1].isalpha():
            text = text[:-1]
            yield _folded(text)


def _is_common(folded: str) -> bool:
    """Whether it is in the list, or a repetition of what is, or of next to nothing."""
    if folded in _common():
        return True
    period = (folded + folded).find(folded, 1)
    if 0 < period < 4 and len(folded) >= MIN_LENGTH:
        return True
    units = (unit for unit in range(period, len(folded), period) if len(folded) % unit == 0) if period > 0 else ()
    return any(folded[:unit] in _common() for unit in units)


def _personal_words(personal: tuple[str, ...]) -> Iterator[str]:
    """Whole texts, the words of names, and what stands before the @ of addresses; what is shorter than four letters says little."""
    for text in (*personal, "mewayz"):
        parts = [text.partition("@")[0]] if "@" in text else re.split(r"[\W_]+", text)
        yield from (_folded(part) for part in (text, *parts) if len(part) >= 4)


def problem_of(password: str, *personal: str) -> str | None:
    """Why a password is refused, in words that say what to do; None when it is good.

    Below 15 characters it needs four kinds of characters. It must not be a common one, nor hold the `personal` texts (name, e-mail),
    however they are capitalised or spelled with digits.
    """
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    folded = _folded(password)
    if any(word in folded for word in _personal_words(personal)):
        return "Leave out your name, your e-mail address and the name of the product."
    if any(map(_is_common, _readings(password))):
        return "This is one of the first passwords that an attacker tries. Use a few words that nobody else would put together."
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


def refuse_weak(password: str, *personal: str) -> None:
    """Check a new password.

    Raises:
        Invalid: it is too weak; the message says what to do.
    """
    if problem := problem_of(password, *personal):
        raise Invalid(fields={"password": problem})


def _prehash(key: bytes, password: str) -> bytes:
    # NFKC, so that two keyboards that compose "é" differently enter the same password (NIST SP 800-63B, 5.1.1.2).
    normal = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(key, normal, "sha256"))


def _first_keys() -> list[bytes]:
    """The keys of version 1, which named none: any secret may have been the one."""
    settings = current().settings
    secrets = (settings.secret_key, *settings.secret_key_previous)
    return [hashlib.sha256(b"password:" + secret.get_secret_value().encode()).digest() for secret in secrets]


def _read(stored: str) -> tuple[list[bytes], str] | None:
    """The keys that may have made this hash, and its bcrypt part; None when it cannot be verified."""
    version, _, rest = stored.partition(":")
    kid, _, hashed = rest.rpartition(":")
    if version == "1" and not kid:
        found = _first_keys()
    elif version == "2" and (key := keys.named(_PURPOSE, kid)):
        found = [key]
    else:
        return None
    return (found, hashed) if _BCRYPT.fullmatch(hashed) else None


async def hash_password(password: str) -> str:
    """The stored form of a password.

    Raises:
        Unavailable: too many hashes are being computed.
    """
    kid, key = keys.newest(_PURPOSE)
    prehash, cost = _prehash(key, password), COST
    hashed = await _hashing.run(lambda: bcrypt.hashpw(prehash, bcrypt.gensalt(cost)))
    return f"2:{kid}:{hashed.decode()}"


async def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password is right; an unknown account (None) or key costs the same time.

    Raises:
        Unavailable: too many hashes are being computed.
    """
    read = _read(stored or "") if len(password) <= MAX_LENGTH else None
    found, hashed = read or ([keys.newest(_PURPOSE)[1]], f"$2b${COST:02d}${'.' * 53}")
    prehashes = [_prehash(key, password[:MAX_LENGTH]) for key in found]
    right = await _hashing.run(lambda: any(bcrypt.checkpw(prehash, hashed.encode()) for prehash in prehashes))
    return right and read is not None


def needs_rehash(stored: str) -> bool:
    """Whether a right password should be stored anew: made by an earlier version, under an earlier key or at another cost."""
    return not stored.startswith(f"2:{keys.newest(_PURPOSE)[0]}:$2b${COST:02d}$")
