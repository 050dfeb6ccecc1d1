"""What an import would change, as its page shows it: the records that are new, and what becomes of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mewayz.backend.batches import CREATED
from mewayz.backend.desk import Trial
from mewayz.backend.matching import shown, words

NOTHING = "–"


@dataclass
class Part:
    """A field that changes."""

    label: str
    old: str
    new: str


@dataclass
class Change:
    """A record that is new, or that changes."""

    line: int
    name: str
    href: str = ""
    parts: list[Part] = field(default_factory=list)


def changes_of(trial: Trial, noun: str, labels: Mapping[str, str]) -> tuple[list[Change], list[Change]]:
    """The first records that are new, and the first that change; `labels` are those of the fields by path."""
    news: list[Change] = []
    others: list[Change] = []
    for one in trial.loaded.changes:
        parts = [Part(labels.get(path) or words(path), _text(old), _text(new)) for path, (old, new) in one["fields"].items()]
        href = f"/{noun}/{one['id']}" if one["id"] else ""
        change = Change(one["line"], trial.names.get(one["line"]) or f"Line {one['line']}", href, parts)
        (news if one["action"] == CREATED else others).append(change)
    return news, others


def _text(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return shown(list(value)) or NOTHING
    return shown(value) or NOTHING
