"""The part of an address that names a product."""

import re
import unicodedata

MAX_SLUG = 100
_OTHER = re.compile(r"[^a-z0-9]+")


def slug_of(name: str, mark: str = "") -> str:
    """`Café “Noir”` → cafe-noir, with `mark` behind it where the plain one is taken; may be empty."""
    end = f"-{_plain(mark)}" if mark else ""
    return (_plain(name)[: MAX_SLUG - len(end)].rstrip("-") + end).strip("-")


def _plain(text: str) -> str:
    letters = "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))
    return _OTHER.sub("-", letters.lower()).strip("-")
