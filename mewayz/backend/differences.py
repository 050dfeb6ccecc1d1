"""What differs between two states of a record's fields, each with where it stands, for somebody who reads it."""

from collections.abc import Mapping
from typing import Any, cast


def differences(former: Mapping[str, Any], changed: Mapping[str, Any], prefix: str = "") -> dict[str, list[Any]]:
    """Path → [from, to] of every field of `former`; of a list of objects only what differs: `variants[L / Red].price`."""
    found: dict[str, list[Any]] = {}
    for name, old in former.items():
        path, new = f"{prefix}{name}", changed.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found |= differences(cast("dict[str, Any]", old), cast("dict[str, Any]", new), f"{path}.")
        elif _is_objects(old) and _is_objects(new):
            found |= _of_lists(path, cast("list[dict[str, Any]]", old), cast("list[dict[str, Any]]", new))
        else:
            found[path] = [old, new]
    return found


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in cast("list[Any]", value))


def _of_lists(path: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    had, has = _named(old), _named(new)
    for key in {**had, **has}:
        before, after = had.get(key), has.get(key)
        place = f"{path}[{_title(before or after or {}, key)}]"
        if before is None or after is None:
            found[place] = [None if before is None else _told(before), None if after is None else _told(after)]
        elif before != after:
            found |= differences({name: value for name, value in before.items() if after.get(name, value) != value}, after, f"{place}.")
    return found or {path: [old, new]}  # in another order


def _named(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(one.get("id") or _title(one, str(index + 1))): one for index, one in enumerate(items)}


def _title(item: Mapping[str, Any], key: str) -> str:
    """What tells an element apart for a reader."""
    named = next((str(item[name]) for name in ("name", "label", "title") if item.get(name)), "")
    return named or " / ".join(map(str, item.get("values") or ())) or key


def _told(item: Mapping[str, Any]) -> str:
    """An element that is new or gone, in one line."""
    said = {name: value for name, value in item.items() if name not in ("id", "values", "reserved") and isinstance(value, str | int)}
    return ", ".join(f"{name} {value}" for name, value in said.items() if value not in ("", 0)) or "–"
