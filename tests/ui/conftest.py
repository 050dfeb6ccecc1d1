"""What tests of the shared look get: cheap hashes, sessions that are recognised, and nobody left over as the actor."""

from collections.abc import Iterator

import pytest

from mewayz.backend import audit, passwords, runtime
from mewayz.backend.access import ANONYMOUS
from mewayz.domains.auth.service import auth
from mewayz.ui.events import as_actor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Bcrypt at its lowest cost; audit rows sealed at once."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(audit, "_SEAL_DELAY", 0)
    monkeypatch.setattr(runtime, "identity", [auth.identify])
    yield
    as_actor(ANONYMOUS)
