"""What a change makes of an order, in the words of its timeline."""

from collections.abc import Mapping
from typing import Any

from mewayz.backend.amounts import counted, written
from mewayz.domains.orders.model import Order
from mewayz.domains.orders.pricing import AMOUNTS

_MOST_LINES = 10
_OTHERS = (("shipping_address", "shipping address"), ("billing_address", "billing address"), ("note", "note"))


def order_changes(before: Order, changes: Mapping[str, Any]) -> str:
    """`2 → 3 × Mug, 1 × Lamp added, discount £0.00 → £5.00, shipping address`; empty where nothing that counts has changed."""
    told = _lines(before.lines, changes.get("lines", before.lines))
    if len(told) > _MOST_LINES:
        told = [*told[:_MOST_LINES], f"{counted(len(told) - _MOST_LINES)} more lines"]
    for name in AMOUNTS:
        if (now := changes.get(name)) is not None and now != (was := getattr(before, name)):
            told.append(f"{name} {written(was, before.currency)} → {written(now, before.currency)}")
    told += [words for name, words in _OTHERS if name in changes and changes[name] != getattr(before, name)]
    text = ", ".join(told)
    return text[:1].upper() + text[1:]


def _lines(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    had, has = _counted(before), _counted(after)
    told: list[str] = []
    for key in dict.fromkeys((*had, *has)):
        name, was = had.get(key, ("", 0))
        name, now = has.get(key, (name, 0))
        if was and now and was != now:
            told.append(f"{counted(was)} → {counted(now)} × {name}")
        elif was != now:
            told.append(f"{counted(was or now)} × {name} {'removed' if was else 'added'}")
    return told


def _counted(lines: list[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[str, int]]:
    found: dict[tuple[Any, ...], tuple[str, int]] = {}
    for line in lines:
        key = (line["productId"], line.get("variantId")) if line["productId"] else (line["sku"], line["name"])
        found[key] = (line["name"] or line["sku"], found.get(key, ("", 0))[1] + line["quantity"])
    return found
