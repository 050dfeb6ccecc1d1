"""A served API."""

from collections.abc import Iterator

import pytest

from tests.contract.api import Api


@pytest.fixture(scope="module")
def served() -> Iterator[Api]:
    """The API on a port."""
    with Api() as server:
        yield server
