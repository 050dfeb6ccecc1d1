"""What every test of a room gets: cheap hashes, a sealer that does not wait, sessions that are recognised, and patience."""

import pytest

from mewayz.backend import audit, cache, limits, passwords, runtime
from mewayz.domains.auth.service import auth


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bcrypt at its lowest cost; audit rows sealed at once; a Redis that is slow because the machine is busy counts as alive."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(audit, "_SEAL_DELAY", 0)
    monkeypatch.setattr(cache, "_TIMEOUT", 5.0)
    monkeypatch.setattr(limits, "_TIMEOUT", 5.0)
    monkeypatch.setattr(runtime, "identity", [auth.identify])
