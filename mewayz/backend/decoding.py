"""Encodings of text: which are taken, and what is said of a file that is in another one."""

import codecs
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

from mewayz.backend.errors import Invalid

_BLOCK = 1 << 20
# The ways of Python to write text as other text, or to refuse it: no file is written in them.
_NO_FILES = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"})
# Bytes that Windows-1252 leaves open, and control characters: text of that kind has none of them.
_NOT_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d" + bytes(set(range(32)) - set(b"\t\n\r\f")))


class BrokenFile(Invalid):
    """The file cannot be read as rows; `fields` maps `line 7: row` to what is wrong there."""

    code = "file.broken"
    default_message = "Nothing was imported: the file cannot be read as it is."


def storable(text: str) -> str:
    """The text with a mark in place of what a database cannot hold: U+0000 and lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def check_encoding(name: str) -> None:
    """Refuse what is not the encoding of a text file, such as `zlib`, `hex` or `unicode_escape`.

    Raises:
        Invalid: it is unknown, or no such encoding.
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):  # the latter of a name that is no text itself
        found = None
    package, _, module = getattr(getattr(found, "incrementaldecoder", None), "__module__", "").rpartition(".")
    if package != "encodings" or module in _NO_FILES or not getattr(found, "_is_text_encoding", True):
        raise Invalid(f"{storable(name)[:40]} is not an encoding of text. Try cp1252 or utf-16.", code="file.unknown_encoding")


def undecodable(opened: Callable[[], AbstractContextManager[BinaryIO]], encoding: str) -> BrokenFile:
    """Which line is not in the encoding that it should be, and which encoding it may be."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, block = 1, b"?"
    with opened() as file:
        while block:
            block = file.read(_BLOCK)
            try:
                line += decoder.decode(block, not block).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].decode(encoding, "replace").count("\n")
                rest = error.object[error.start :]
                words = f"This is not {encoding} text."
                if encoding == "utf-8-sig":
                    words = f"This is not UTF-8 text (byte {rest[:1].hex()}). {_advice(rest, file)}"
                return BrokenFile(fields={f"line {line}: row": words})
            except UnicodeError:  # of UTF-16 and UTF-32 without the mark that says how their bytes are ordered
                name = encoding.replace("_", "-")
                return BrokenFile(f"This {encoding} text does not begin with its mark. Say {name}-le or {name}-be as its encoding.")
    return BrokenFile(f"This is not {encoding} text.")


def _advice(rest: bytes, file: BinaryIO) -> str:
    """What to do about a file that is not UTF-8 from `rest` on."""
    wrong, seen = rest[:1], set(rest)
    for block in iter(lambda: file.read(_BLOCK), b""):
        seen.update(block)
    if seen & _NOT_CP1252:
        return "Save the file as “CSV UTF-8”, or say its encoding."
    # The letter alone: the line may hold what is nobody else's business.
    letter = wrong.decode("cp1252", errors="replace")
    return f"It looks like Windows-1252, where this is “{letter}”: import it with the encoding cp1252, or save the file as “CSV UTF-8”."
