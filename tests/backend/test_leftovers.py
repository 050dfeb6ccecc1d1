"""What is kept of rows that were not taken: what Mewayz knows, by the names of the file, and nothing that may be a secret."""

from typing import Any

import pytest

from mewayz.backend.fields import Fields
from mewayz.backend.leftovers import Leftovers
from mewayz.domains.customers.model import CUSTOMERS, CustomerCreate
from mewayz.domains.users.model import USERS, UserCreate, UserImport

USER = Fields(UserImport, USERS, ("id", "email"))
CUSTOMER = Fields(CustomerCreate, CUSTOMERS)


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (
            {"name": "Ada", "email": 5, "password": "x", "id": "1", "createdAt": None},
            {"name": "Ada", "email": 5, "id": "1", "createdAt": None},
        ),
        ({"name": {"password": "x"}, "email": ["a", {"token": "x"}]}, {"email": ["a"]}),
        ({"_id": {"$oid": "a"}, "firstName": "Ada", "hash": "x", "__v": 0}, {"_id": {"$oid": "a"}, "firstName": "Ada"}),
        ({"_id": {"$oid": "a", "password": "x"}, "name": {"$date": {"$numberLong": "1"}}}, {"name": {"$date": {"$numberLong": "1"}}}),
        ({"name": "\0\ud800", "Titel": "Dr"}, {"name": "\ufffd?", "Titel": "Dr"}),
    ],
)
def test_of_an_object_the_fields_that_are_known(row: dict[str, Any], kept: dict[str, Any]) -> None:
    assert Leftovers(USER, {"Titel"})(row) == kept


def test_of_a_group_and_a_list_of_objects_too() -> None:
    row = {"address": {"city": "Bonn", "password": "x"}, "addresses": [{"city": "Bonn", "door": "1234"}, "x"], "secret": {"city": "x"}}
    assert Leftovers(CUSTOMER)(row) == {"address": {"city": "Bonn"}, "addresses": [{"city": "Bonn"}]}


def test_of_a_payload_with_a_password_everything_else() -> None:
    row = {"name": "Ada", "password": "x"}
    assert Leftovers(Fields(UserCreate))(row) == {"name": "Ada"}
    assert Leftovers(Fields(UserCreate), (), ["name", "password"], [["name"], ["password"]])(["Ada", "x"]) == {"name": "Ada"}


def test_of_a_table_the_columns_that_are_known() -> None:
    known = Leftovers(USER, {"Titel"}, ["Titel", "hash", "createdAt"], [["name"], [], []])
    assert known(["'=Ada", "x", "y"]) == {"Titel": "=Ada", "createdAt": "y"}
    assert known(["Ada", "x"]) == {}, "the cells may have moved"
    whole = Leftovers(USER, (), ["name", "email"], [["name"], ["email"]])
    assert whole(["Ada", "a@b.c", "x"]) == {}, "one of them has no column"
    assert whole(["Ada"]) == {"name": "Ada"}


@pytest.mark.parametrize("row", ["text", None, 5])
def test_of_what_could_not_be_read_nothing(row: Any) -> None:
    assert Leftovers(USER)(row) == {}
