"""JSON of files as every reader would understand it (RFC 7493): flat enough, and with each key once."""

import json
from typing import Any, cast

import orjson

from mewayz.backend.bodies import MAX_DEPTH

_MOST_KEY = 100


def read(data: bytes) -> Any:
    """What the bytes say.

    Raises:
        orjson.JSONDecodeError: they are no JSON.
        ValueError: they nest too deep or name a key twice, in words for whoever sent them.
    """
    found: Any = orjson.loads(data)
    keys, depth = 0, 0
    level: list[Any] = [found]
    while level:
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                keys += len(cast("dict[str, Any]", one))
                inner += cast("dict[str, Any]", one).values()
            elif isinstance(one, list):
                inner += cast("list[Any]", one)
        level = inner
        depth += 1
        if depth >= MAX_DEPTH and any(isinstance(one, dict | list) for one in level):
            raise ValueError(f"This nests deeper than {MAX_DEPTH} levels. Send it flatter.")
    # Each key has its colon: where there are no more of them, nothing is named twice. Others may stand in texts, so that is read again.
    if data.count(b":") > keys:
        _KEYS.decode(data.decode())
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) == len(pairs):
        return
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise ValueError(f"This names {twice[:_MOST_KEY]!r} twice. Name each key once.")


_KEYS = json.JSONDecoder(object_pairs_hook=_once_each, parse_int=len, parse_float=len)
"""Sees the names; of numbers, which it could be asked to make huge, it takes the length."""
