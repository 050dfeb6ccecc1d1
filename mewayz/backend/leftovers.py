"""What is kept of a row that was not taken: the cells of fields that Mewayz knows, so that no password is kept by accident."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from mewayz.backend.cells import plain
from mewayz.backend.decoding import storable
from mewayz.backend.fields import Fields

# A field of these names would be a secret even if it were known.
_SECRET = re.compile(r"passw|passphrase|secret|token|hash|salt|otp|apikey|privatekey|^pin$", re.IGNORECASE)
_TYPED = frozenset({"$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"})
_ID = "_id"
_NOTHING = object()


class Leftovers:
    """Call it with a row for what may be kept of it, by the names that it has in the file.

    Kept are the fields of the noun, what its exports carry, and columns that were mapped to them. A column that is left
    out, a field that is not known here and a line that could not be read may hold anything: of them nothing is kept.
    """

    def __init__(
        self, fields: Fields, mapped: Collection[str] = (), columns: Sequence[str] = (), targets: Sequence[Sequence[str]] = ()
    ) -> None:
        """Know the fields, and of a table which paths each of its columns fills."""
        self._fields = fields
        self._mapped = mapped
        self._columns = columns
        self._known = [self._is_known(name, paths) for name, paths in zip(columns, targets, strict=True)]

    def _is_known(self, name: str, paths: Sequence[str]) -> bool:
        return not any(map(_is_secret, (name, *paths))) and (bool(paths) or name in self._fields.kept)

    def __call__(self, value: Any) -> dict[str, Any]:
        """Of cells or an object; of anything else nothing."""
        if isinstance(value, list):
            return self._of_cells([storable(plain(str(cell))) for cell in cast("list[Any]", value)])
        return self._of_object(cast("dict[str, Any]", value), self._fields, "") if isinstance(value, Mapping) else {}

    def _of_cells(self, cells: Sequence[str]) -> dict[str, Any]:
        missing = len(self._columns) - len(cells)
        if missing < 0 or (missing and not all(self._known)):
            return {}  # which of them belongs to which column is not certain
        return {name: cell for name, cell, known in zip(self._columns, cells, self._known, strict=False) if known}

    def _of_object(self, item: Mapping[str, Any], fields: Fields, prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in item.items():
            path = fields.aliases.get(f"{prefix}{name}", f"{prefix}{name}")
            kept: Any = _NOTHING
            if _is_secret(name):
                continue
            if path in fields.paths or (not prefix and (name in self._mapped or name in fields.kept or name in ("id", _ID))):
                kept = _leaf(value)
            elif isinstance(value, Mapping):
                kept = self._of_object(cast("Mapping[str, Any]", value), fields, f"{prefix}{name}.") or _NOTHING
            elif isinstance(value, list) and path in fields.objects:
                inner = fields.objects[path]
                parts = [cast("Mapping[str, Any]", one) for one in cast("list[Any]", value) if isinstance(one, Mapping)]
                kept = [self._of_object(one, inner, "") for one in parts]
            if kept is not _NOTHING:
                found[name] = kept
        return found


def _is_secret(path: str) -> bool:
    return _SECRET.search("".join(one for one in path.rpartition(".")[2] if one.isalnum())) is not None


def _leaf(value: Any) -> Any:
    """A value without parts; one that hides a whole object is none."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [part for part in map(_leaf, cast("list[Any]", value)) if part is not _NOTHING]
    if isinstance(value, Mapping):
        item = cast("Mapping[str, Any]", value)
        parts = {name: _leaf(inner) for name, inner in item.items() if name in _TYPED}
        return parts if len(parts) == len(item) == 1 and _NOTHING not in parts.values() else _NOTHING
    return value
