"""A served API."""

from collections.abc import Iterator

import pytest

from mewayz.backend import passwords
from tests.contract.api import Api


@pytest.fixture(scope="module")
def served() -> Iterator[Api]:
    """The API on a port; who is made anew gets a cheap hash."""
    with pytest.MonkeyPatch.context() as patch, Api() as server:
        patch.setattr(passwords, "COST", 4)
        yield server
