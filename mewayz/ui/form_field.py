"""The controls of a form, declared: by which field of a payload, how it is entered, and what was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mewayz.backend.amounts import read_number

Kind = Literal[
    "text", "email", "tel", "url", "password", "date", "moment", "number", "money", "select", "suggest", "textarea", "tags", "checkbox"
]
_MAX_TEXT = 20_000


@dataclass(frozen=True)
class Field:
    """One control of a form, by the name of the payload's field.

    Attributes:
        name: camelCase; a dot reaches into a nested object (`address.city`).
        label: above the control.
        kind: how it is entered.
        help: below it, what to enter and why.
        options: (value, label) of a select; of `suggest`, which takes any text, what is offered while typing.
        required: marked, and what is blank is refused by the service.
        half: shares its line with the next half.
        autocomplete: the browser's hint.
    """

    name: str
    label: str
    kind: Kind = "text"
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    half: bool = False
    autocomplete: str = ""

    @property
    def id(self) -> str:
        """The id of the control."""
        return f"field_{self.name.replace('.', '_')}"


def dig(record: Mapping[str, Any], name: str) -> Any:
    """What a record says of a field; None where it says nothing."""
    found: Any = record
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def from_control(item: Field, raw: Any) -> Any:
    """What was entered in a control, as the payload has it."""
    if item.kind == "checkbox":
        return raw in (True, "on", "true")
    text = str(raw or "")[:_MAX_TEXT].strip()
    if item.kind == "tags":
        return [part for part in (piece.strip() for piece in text.split(",")) if part]
    return as_read(item.kind, text)


def as_read(kind: Any, text: str) -> str:
    """What was typed in a control of a kind: amounts and numbers with a point before their decimals, as the payload has them."""
    return read_number(text.strip()) if kind in ("money", "number") else text
