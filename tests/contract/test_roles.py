"""The API keeps what its description promises to everybody else too, with the rights that they have."""

from typing import Any

import pytest

from mewayz.backend.grants import Role
from tests.contract.api import Api
from tests.contract.described import OPERATIONS, Described

OTHERS = (None, Role.USER, Role.MODERATOR, Role.ENTERPRISE)


@pytest.fixture(scope="module")
def described() -> Described:
    """They meet the same handlers: what is refused there in each value, test_administrator.py asks."""
    return Described(coverage={"enabled": False})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_as_others(described: Described, served: Api, operation: str) -> None:
    def ask(case: Any) -> None:
        for role in OTHERS:
            try:
                case.call_and_validate(base_url=served.base, headers=served.headers(role), session=served.session)
            except Exception as error:
                error.add_note(f"asked by {role or 'nobody'}")
                raise

    described.examine(operation, ask)
