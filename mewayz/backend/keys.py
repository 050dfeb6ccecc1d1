"""The keys of this installation: one per purpose, derived from MEWAYZ_SECRET_KEY and the secrets before it.

The newest secret signs, encrypts and hashes; what was made under an earlier one is still read, so that a secret can be
changed without anybody being signed out: the new one goes to MEWAYZ_SECRET_KEY, the old one to MEWAYZ_SECRET_KEY_PREVIOUS.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mewayz.backend.runtime import current


@lru_cache(maxsize=256)
def _derived(secret: str, purpose: str) -> bytes:
    """32 bytes that say nothing about the secret or the keys of other purposes (HKDF-Extract of RFC 5869 with the purpose as salt)."""
    return hmac.digest(f"mewayz:{purpose}".encode(), secret.encode(), "sha256")


@lru_cache(maxsize=64)
def _kid(secret: str) -> str:
    return hashlib.sha256(b"mewayz:kid:" + _derived(secret, "kid")).hexdigest()[:8]


def _secrets() -> tuple[str, ...]:
    settings = current().settings
    return tuple(secret.get_secret_value() for secret in (settings.secret_key, *settings.secret_key_previous))


def newest(purpose: str) -> tuple[str, bytes]:
    """Id and bytes of the key to make something new with."""
    secret = _secrets()[0]
    return _kid(secret), _derived(secret, purpose)


def named(purpose: str, kid: str) -> bytes | None:
    """The key under which something was made; None when this installation does not know it (any more)."""
    return next((_derived(secret, purpose) for secret in _secrets() if _kid(secret) == kid), None)


def ring(purpose: str) -> tuple[bytes, ...]:
    """All keys, the newest first."""
    return tuple(_derived(secret, purpose) for secret in _secrets())


def box(purpose: str) -> MultiFernet:
    """What keeps things secret and whole (AES-128-CBC and HMAC-SHA-256): it seals under the newest key and opens under all."""
    return _box(ring(purpose))


@lru_cache(maxsize=64)
def _box(ring: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in ring])


def resealed(purpose: str, sealed: str) -> str:
    """`sealed` under the newest key, so that earlier ones can be dropped one day.

    Raises:
        InvalidToken: no key opens it.
    """
    opener = box(purpose)
    try:
        _box(ring(purpose)[:1]).decrypt(sealed.encode())
    except InvalidToken:
        return opener.rotate(sealed.encode()).decode()
    return sealed


def digest(purpose: str, text: str) -> str:
    """The keyed hash of `text` under the newest key, in hex."""
    return hmac.new(newest(purpose)[1], text.encode(), "sha256").hexdigest()


def digests(purpose: str, text: str) -> tuple[str, ...]:
    """The keyed hashes of `text` under all keys: to look up what may have been stored under an earlier one."""
    return tuple(hmac.new(key, text.encode(), "sha256").hexdigest() for key in ring(purpose))
