"""What every test of the backend gets: cheap hashes, a sealer that does not wait, and patience with a busy machine."""

import pytest

from mewayz.backend import audit, cache, limits, passwords


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bcrypt at its lowest cost; audit rows sealed at once; a Redis that is slow because the machine is busy counts as alive."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(audit, "_SEAL_DELAY", 0)
    monkeypatch.setattr(cache, "_TIMEOUT", 5.0)
    monkeypatch.setattr(limits, "_TIMEOUT", 5.0)
