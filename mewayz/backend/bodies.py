"""Bodies of requests: how large they may be, and which JSON is taken."""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import orjson
from starlette.requests import Request

from mewayz.backend.errors import Invalid, MewayzError

MAX_BODY = 1_048_576
MAX_DEPTH = 32
_MAX_DIGITS = 15
_MAX_KEY = 100
HEARD_OUT = 32 << 20  # bytes that are read and dropped: who still sends when the connection closes never reads the answer
_HELD = 1 << 20  # bytes of a file, before they are written


class TooLarge(MewayzError):
    """The body exceeds the limit."""

    code = "too_large"
    status = 413
    default_message = "This request is too large."

    @classmethod
    def beyond(cls, limit: int) -> "TooLarge":
        """It, with what the limit is."""
        return cls(f"This is too large: at most {limit / 2**20:.3g} MB are taken here.")


class UnsupportedMedia(MewayzError):
    """The body is not JSON."""

    code = "unsupported_media_type"
    status = 415
    default_message = "Send JSON with Content-Type: application/json."


async def read_json(request: Request, limit: int = MAX_BODY) -> Any:
    """The JSON body.

    Raises:
        TooLarge, UnsupportedMedia, Invalid.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMedia
    return _decode(await read_body(request, limit))


def _decode(data: bytes) -> Any:
    """What the bytes say, where every reader of JSON would understand the same (RFC 7493).

    Raises:
        Invalid: it is not JSON, nests too deep, or names a key twice, of which each reader believes another one.
    """
    try:
        # It refuses what the standard library takes: NaN and Infinity, half a surrogate pair, bytes that are no UTF-8.
        found: Any = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The body is not valid JSON: {error.msg} at line {error.lineno}.", code="invalid_json") from None
    if _too_deep(found):
        raise Invalid(f"The body nests deeper than {MAX_DEPTH} levels. Send it flatter.", code="invalid_json")
    # Only after the depth is known: this reader follows it with the stack. Numbers stay text, of which it has to make nothing.
    json.loads(data, object_pairs_hook=_once_each, parse_int=str, parse_float=str)
    return found


def _too_deep(found: Any) -> bool:
    nested = _containers([found])
    for _ in range(MAX_DEPTH):
        nested = [inner for outer in nested for inner in _containers(_values(outer))]
    return bool(nested)


def _values(outer: Any) -> Iterable[Any]:
    return cast(dict[str, Any], outer).values() if isinstance(outer, dict) else outer


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Invalid(f"The body names {key[:_MAX_KEY]!r} twice. Send each key once.", code="invalid_json")
        seen.add(key)


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body, refused as soon as it exceeds `limit` bytes."""
    return b"".join([chunk async for chunk in _chunks(request, limit)])


async def _chunks(request: Request, limit: int) -> AsyncIterator[bytes]:
    length = request.headers.get("content-length", "0")
    too_large = length.isdecimal() and (len(length) > _MAX_DIGITS or int(length) > limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        too_large = too_large or size > limit
        if not too_large:
            yield chunk
        elif size > HEARD_OUT:
            break
    if too_large:
        raise TooLarge.beyond(limit)


@asynccontextmanager
async def body_file(request: Request, limit: int) -> AsyncGenerator[Path]:
    """The raw body as a file on the disk, for the block; refused as soon as it exceeds `limit` bytes."""
    with tempfile.NamedTemporaryFile(prefix="mewayz-body-") as file:
        waiting: list[bytes] = []
        held = 0
        async for chunk in _chunks(request, limit):
            waiting.append(chunk)
            held += len(chunk)
            if held >= _HELD:
                await asyncio.to_thread(file.writelines, waiting)
                waiting, held = [], 0
        await asyncio.to_thread(file.writelines, waiting)
        await asyncio.to_thread(file.flush)
        yield Path(file.name)
