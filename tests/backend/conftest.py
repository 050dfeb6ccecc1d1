"""What every test of the backend gets: cheap hashes and a sealer that does not wait."""

import pytest

from mewayz.backend import audit, passwords


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """bcrypt at its lowest cost, audit rows sealed at once."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(audit, "_SEAL_DELAY", 0)
