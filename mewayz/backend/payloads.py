"""Input from outside: pydantic payloads with camelCase names, and messages that say what to do."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticKnownError

from mewayz.backend import money
from mewayz.backend.columns import NO_TEXT, unstorable
from mewayz.backend.errors import Invalid


class Payload(BaseModel):
    """Base of what a client may send: unknown fields are refused, not ignored."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, str_strip_whitespace=True, use_enum_values=True
    )

    def changes(self) -> dict[str, Any]:
        """The fields that were actually sent, by attribute name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Patch(Payload):
    """Base of changes: what is not sent stays. null counts only for the fields named in `emptied`."""

    emptied: ClassVar[frozenset[str]] = frozenset()

    @property
    def given(self) -> set[str]:
        """The attributes that it changes."""
        return {name for name in self.model_fields_set if getattr(self, name) is not None or name in self.emptied}

    def changes(self) -> dict[str, Any]:
        """The columns to change."""
        return {name: getattr(self, name) for name in self.given}


def _amount(value: Decimal) -> Decimal:
    money.to_units(value)
    return value


def _no_answer(value: object) -> object:
    if isinstance(value, bool):  # which Python counts among the numbers
        raise PydanticKnownError("int_type")
    return value


def _no_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


WholeNumber = Annotated[int, BeforeValidator(_no_answer)]
Money = Annotated[
    Decimal,
    Field(allow_inf_nan=False),
    AfterValidator(_amount),
    PlainSerializer(money.wire_decimal, return_type=str, when_used="json"),
]
Price = Annotated[Money, Field(ge=0)]
Secret = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1024)]
"""A password as it was typed: spaces at its ends belong to it."""
Optional = BeforeValidator(_no_blank)
"""Marks a field whose empty text (an emptied form control) means "nothing"."""

P = TypeVar("P", bound=BaseModel)

MOST_MESSAGES = 50
"""More than a person mends at once; a refusal is not longer than what was sent."""
_MOST_PLACE = 200  # characters of the name of a field
_MESSAGES = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "string_type": "Enter text.",
    "int_type": "Enter a whole number.",
    "int_parsing": "Enter a whole number.",
    "int_from_float": "Enter a whole number.",
    "decimal_parsing": "Enter an amount, such as 12.50.",
    "decimal_type": "Enter an amount, such as 12.50.",
    "finite_number": "Enter an amount, such as 12.50.",
    "bool_parsing": "Choose yes or no.",
    "bool_type": "Choose yes or no.",
    "list_type": "Send a list.",
    "dict_type": "Send an object.",
    "model_type": "Send an object.",
    "model_attributes_type": "Send an object.",
}


def _message(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    match kind:
        case "string_too_short" if context.get("min_length") == 1:
            return "This field is required."
        case "string_too_short":
            return f"Enter at least {context['min_length']} characters."
        case "string_too_long":
            return f"Enter at most {context['max_length']} characters."
        case "too_long":
            return f"Give at most {_entries(context['max_length'])}."
        case "too_short":
            return f"Give at least {_entries(context['min_length'])}."
        case "greater_than_equal":
            return f"Enter {context['ge']} or more."
        case "greater_than":
            return f"Enter more than {context['gt']}."
        case "less_than_equal":
            return f"Enter {context['le']} or less."
        case "enum" | "literal_error":
            return f"Choose one of: {context['expected'].replace(' or ', ', ').replace(chr(39), '')}."
        case "value_error":
            if "email" in str(context.get("error", "")).lower() or "email" in problem["msg"]:
                return "Enter a valid e-mail address, such as name@example.com."
            text = str(context.get("error", problem["msg"]))
            return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")
        case _:
            return _MESSAGES.get(kind, problem["msg"] + ".")


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _place(location: tuple[int | str, ...]) -> str:
    parts = [part if isinstance(part, int) or "_" not in part else to_camel(part) for part in location]
    return ".".join(str(part) for part in parts)[:_MOST_PLACE] or "body"


def field_messages(error: ValidationError) -> dict[str, str]:
    """Message per field, by camelCase path, for the first MOST_MESSAGES of them; the first problem of a field wins."""
    messages: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        if len(messages) == MOST_MESSAGES:
            break
        messages.setdefault(_place(problem["loc"]), _message(problem))
    return messages


def _has_unstorable(data: Any) -> bool:
    """Whether some text, however deep, cannot be stored."""
    parts: list[Any] = [data]
    while parts:
        part: Any = parts.pop()
        if isinstance(part, str):
            if unstorable(part):
                return True
        elif isinstance(part, Mapping):
            parts += cast("Mapping[Any, Any]", part).keys()
            parts += cast("Mapping[Any, Any]", part).values()
        elif isinstance(part, list | tuple):
            parts += cast("list[Any]", part)
    return False


def parse(model: type[P], data: object) -> P:
    """Validate untrusted input.

    Raises:
        Invalid: with a message per field.
    """
    if not isinstance(data, Mapping):
        raise Invalid("Send a JSON object.", fields={"body": "Send a JSON object."})
    fields = dict(cast("Mapping[Any, Any]", data))
    if _has_unstorable(fields):
        bad = [str(name) for name, value in fields.items() if _has_unstorable([name, value])]
        raise Invalid(fields={"body" if unstorable(name) else name[:_MOST_PLACE]: NO_TEXT for name in bad[:MOST_MESSAGES]})
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Invalid(fields=field_messages(error)) from None
