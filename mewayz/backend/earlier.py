"""Documents of the earlier MongoDB system, as `mongoexport` writes them: MongoDB Extended JSON v2, and its field names.

https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from mewayz.backend.columns import time_text
from mewayz.backend.fields import Fields, put
from mewayz.backend.ids import is_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 17
_KEPT = {"_id": "id", "createdAt": "createdAt", "updatedAt": "updatedAt"}


def is_earlier(item: Mapping[str, Any]) -> bool:
    """Whether an object is a document of the earlier system."""
    return "_id" in item


def plain_value(value: Any) -> Any:
    """A value without the wrapping that names its type; what is not known stays for validation to refuse.

    >>> plain_value({"$oid": "507f1f77bcf86cd799439011"}), plain_value({"$date": {"$numberLong": "1000"}})
    ('507f1f77bcf86cd799439011', '1970-01-01T00:00:01.000Z')
    """
    if isinstance(value, list):
        return [plain_value(one) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    item = cast("dict[str, Any]", value)
    if len(item) == 1:
        [(name, inner)] = item.items()
        match name:
            case "$oid":
                return str(inner).lower()
            case "$date":
                return _moment(plain_value(inner))
            case "$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal":
                return _number(inner)
            case _:
                pass
    return {name: plain_value(inner) for name, inner in item.items()}


def _number(text: Any) -> Any:
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return text
    if not found.is_finite() or found.adjusted() > _MOST_DIGITS:  # before anything is computed: such an exponent fills the memory
        return str(found)
    return int(found) if found == found.to_integral_value() else str(found)


def _moment(value: Any) -> Any:
    if isinstance(value, int):
        try:
            return time_text(_EPOCH + timedelta(milliseconds=value))
        except OverflowError:
            return value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
            return time_text(found if found.tzinfo else found.replace(tzinfo=UTC))
        except (OverflowError, ValueError):
            return value
    return value


def translated(item: Mapping[str, Any], fields: Fields, ignored: dict[str, None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a document, and what is kept of it: id and times. What has no place here is left out, and named."""
    row: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for name, raw in item.items():
        value = plain_value(raw)
        if name in _KEPT:
            kept[_KEPT[name]] = value
        if name in _KEPT and name not in fields.aliases:
            continue
        _place(name, value, row, fields, ignored)
    if not is_id(str(kept.get("id", ""))):
        kept.pop("id", None)
        ignored["_id"] = None
    return row, kept


def _place(name: str, value: Any, row: dict[str, Any], fields: Fields, ignored: dict[str, None]) -> None:
    path = fields.aliases.get(name, name)
    if path in fields.objects and isinstance(value, list):
        inner = fields.objects[path]
        listed: list[dict[str, Any]] = []
        for one in cast("list[Any]", value):
            held: dict[str, Any] = {}
            for key, part in cast("dict[str, Any]", one).items() if isinstance(one, dict) else ():
                if key != "_id":
                    _place(key, part, held, inner, ignored)
            listed.append(held)
        row[path] = listed
    elif isinstance(value, dict):
        for part, inside in cast("dict[str, Any]", value).items():
            _place(f"{name}.{part}", inside, row, fields, ignored)
    elif path in fields.paths:
        if value is not None:
            _join(row, path, value)
    else:
        ignored[name] = None


def _join(row: dict[str, Any], path: str, value: Any) -> None:
    """Two parts of a name (first and last) are joined in their order; of anything else the first one counts."""
    there: Any = row
    for part in path.split("."):
        there = cast("dict[str, Any]", there).get(part) if isinstance(there, dict) else None
    if there is None:
        put(row, path, value)
    elif path.rpartition(".")[2] == "name" and isinstance(there, str) and isinstance(value, str):
        put(row, path, f"{there} {value}".strip())
