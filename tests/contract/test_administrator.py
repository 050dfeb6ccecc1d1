"""The API keeps what its description promises, whatever an administrator sends to it."""

from typing import Any

import pytest

from mewayz.backend.grants import Role
from tests.contract.api import Api
from tests.contract.described import OPERATIONS, Described


@pytest.fixture(scope="module")
def described() -> Described:
    """The description, asked in every phase."""
    return Described()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_as_an_administrator(described: Described, served: Api, operation: str) -> None:
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=served.base, headers=served.headers(Role.ADMIN), session=served.session)

    described.examine(operation, ask)
