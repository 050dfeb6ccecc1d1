"""Input from outside: what is refused, and what the message at the field says."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from mewayz.backend.errors import Invalid
from mewayz.backend.payloads import Money, Optional, Patch, Payload, Price, Secret, WholeNumber, parse
from mewayz.domains.users.model import Email


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(Payload):
    unit_name: Annotated[str, Field(min_length=1, max_length=5)]
    count: Annotated[WholeNumber, Field(ge=1, le=10)] = 1


class Thing(Payload):
    full_name: Annotated[str, Field(min_length=2, max_length=10)]
    email: Email | None = None
    price: Price = Decimal(0)
    balance: Money = Decimal(0)
    colour: Colour = Colour.RED
    note: Annotated[str | None, Optional] = None
    secret: Secret = "x"
    done: bool = False
    parts: Annotated[list[Part], Field(max_length=2)] = Field(default_factory=list)


class Change(Patch):
    full_name: str | None = None
    note: Annotated[str | None, Optional] = None
    emptied = frozenset({"note"})


GOOD = {"fullName": "Anna"}


def problems(model: type[Payload], data: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as raised:
        parse(model, data)
    assert raised.value.status == 422
    return raised.value.fields


@pytest.mark.parametrize(
    ("given_", "field", "message"),
    [
        ({"fullName": ""}, "fullName", "Enter at least 2 characters."),
        ({"fullName": "x" * 11}, "fullName", "Enter at most 10 characters."),
        ({"fullName": 5}, "fullName", "Enter text."),
        ({"email": "nonsense"}, "email", "Enter a valid e-mail address, such as name@example.com."),
        ({"price": "cheap"}, "price", "Enter an amount, such as 12.50."),
        ({"price": "NaN"}, "price", "Enter an amount, such as 12.50."),
        ({"price": "-1"}, "price", "Enter 0 or more."),
        ({"price": "1.00001"}, "price", "Enter at most four decimals."),
        ({"price": "1e30"}, "price", "Enter an amount below 100 billion."),
        ({"price": None}, "price", "Enter an amount, such as 12.50."),
        ({"colour": "green"}, "colour", "Choose one of: red, blue."),
        ({"done": "perhaps"}, "done", "Choose yes or no."),
        ({"parts": "none"}, "parts", "Send a list."),
        ({"parts": ["none"]}, "parts.0", "Send an object."),
        ({"parts": [{"unitName": "a"}] * 3}, "parts", "Give at most 2 entries."),
        ({"parts": [{}]}, "parts.0.unitName", "This field is required."),
        ({"parts": [{"unitName": ""}]}, "parts.0.unitName", "This field is required."),
        ({"parts": [{"unitName": "a", "count": 0}]}, "parts.0.count", "Enter 1 or more."),
        ({"parts": [{"unitName": "a", "count": 11}]}, "parts.0.count", "Enter 10 or less."),
        ({"parts": [{"unitName": "a", "count": "two"}]}, "parts.0.count", "Enter a whole number."),
        ({"parts": [{"unitName": "a", "count": 1.5}]}, "parts.0.count", "Enter a whole number."),
        ({"parts": [{"unitName": "a", "count": True}]}, "parts.0.count", "Enter a whole number."),
        ({"parts": [{"unitName": "a", "extra": 1}]}, "parts.0.extra", "This field is not known here."),
        ({"unknown": 1}, "unknown", "This field is not known here."),
        ({"secret": ""}, "secret", "This field is required."),
    ],
)
def test_each_problem_is_told_at_its_field(given_: dict[str, Any], field: str, message: str) -> None:
    assert problems(Thing, {**GOOD, **given_}) == {field: message}


def test_all_problems_are_told_at_once() -> None:
    found = problems(Thing, {"price": "x", "colour": "x", "more": 1})
    assert set(found) == {"fullName", "price", "colour", "more"}
    assert found["fullName"] == "This field is required."


@pytest.mark.parametrize("data", [None, [], "text", 1, True, [GOOD]])
def test_only_an_object_is_taken(data: Any) -> None:
    assert problems(Thing, data) == {"body": "Send a JSON object."}


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", {"deep": ["\0"]}, {"\0": 1}])
def test_text_that_no_database_stores_is_refused(bad: Any) -> None:
    assert set(problems(Thing, {**GOOD, "note": bad})) == {"note"}


def test_a_bad_name_of_a_field_is_refused_without_repeating_it() -> None:
    assert set(problems(Thing, {**GOOD, "\ud800": 1})) == {"body"}


def test_depth_does_not_end_the_recursion() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]
    assert set(problems(Thing, {**GOOD, "note": deep})) == {"note"}


def test_spaces_around_text_go_but_belong_to_a_secret() -> None:
    found = parse(Thing, {"fullName": "  Anna ", "note": "   ", "secret": " s "})
    assert (found.full_name, found.note, found.secret) == ("Anna", None, " s ")


def test_attribute_names_are_taken_too() -> None:
    assert parse(Thing, {"full_name": "Anna"}).full_name == "Anna"


def test_a_patch_knows_what_was_sent() -> None:
    assert parse(Change, {}).changes() == {}
    assert parse(Change, {"fullName": "x"}).changes() == {"full_name": "x"}
    assert parse(Change, {"fullName": None, "note": None}).changes() == {"note": None}
    assert parse(Change, {"note": ""}).changes() == {"note": None}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_sent_is_parsed_or_invalid(data: Any) -> None:
    for field in (None, "fullName", "price", "parts", "email", "secret", "colour"):
        try:
            parse(Thing, data if field is None else {**GOOD, field: data})
        except Invalid as error:
            assert error.fields
            assert all(message[0].isupper() and message.endswith(".") for message in error.fields.values()), error.fields
