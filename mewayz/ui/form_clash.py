"""What two people have changed in the same form: whose value counts where only one has, and both values where both have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from mewayz.ui.form_field import as_read

NOTHING = "–"


class Entered(Protocol):
    """What is entered, by its kind."""

    @property
    def kind(self) -> Any:
        """How it is entered."""
        ...


class Named(Entered, Protocol):
    """A control of a form."""

    @property
    def name(self) -> str:
        """Of the payload's field."""
        ...

    @property
    def label(self) -> str:
        """Above it."""
        ...

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """Of a select."""
        ...


@dataclass
class FieldClash:
    """A field to which two people have given different values."""

    label: str
    theirs: str
    mine: str


def same(item: Entered, one: Any, other: Any) -> bool:
    """Whether two entries of a control say the same."""
    return _plain(item.kind, _read(item, one)) == _plain(item.kind, _read(item, other))


def _read(item: Entered, value: Any) -> Any:
    return as_read(item.kind, value) if isinstance(value, str) else value


def merged(
    fields: Sequence[Named], base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], *, keep_theirs: bool
) -> tuple[dict[str, Any], list[FieldClash]]:
    """What was entered with what somebody else has changed meanwhile, and where both have changed the same.

    Args:
        fields: the controls.
        base: by name, what they started with.
        mine: what they hold now; one that is missing was not shown.
        theirs: what the record says now.
        keep_theirs: whose value counts where both have changed one.
    """
    found = dict(mine)
    clashes: list[FieldClash] = []
    for item in fields:
        was, now, typed = base.get(item.name), theirs.get(item.name), mine.get(item.name)
        if item.name not in mine and item.kind != "checkbox":
            found[item.name] = now
            continue
        untouched = same(item, typed, was)
        if not untouched and not same(item, now, was) and not same(item, typed, now):
            clashes.append(FieldClash(item.label, _words(item, now), _words(item, typed)))
            untouched = keep_theirs
        if untouched:
            found[item.name] = now
    return found, clashes


def normal(value: Any) -> Any:
    """A part of a payload or of a record, so that both can be compared: nothing is nothing, and 5.0 is 5.00."""
    match value:
        case Mapping():
            return {str(name): found for name, inner in value.items() if (found := normal(inner)) not in ("", None)}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list() | tuple():
            return [normal(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
        case None:
            return ""
        case _:
            return _plain("money", value)


def _plain(kind: str, value: Any) -> Any:
    if kind == "checkbox":
        return value in (True, "on", "true")
    text = str(value if value is not None else "").replace("\r\n", "\n").strip()
    if kind == "tags":
        return [part for part in (piece.strip() for piece in text.split(",")) if part]
    if kind in ("money", "number"):
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text


def _words(item: Named, value: Any) -> str:
    if item.kind == "checkbox":
        return "Yes" if _plain(item.kind, value) else "No"
    text = str(value if value is not None else "").strip()
    return dict(item.options).get(text, text) or NOTHING
