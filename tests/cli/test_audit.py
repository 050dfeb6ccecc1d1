"""`mewayz audit verify` finds every kind of meddling with the audit trail."""

import pytest
from sqlalchemy import text

from mewayz.backend import audit
from mewayz.backend.access import SYSTEM
from mewayz.domains.products.service import products
from tests.cli.conftest import Shell


@pytest.fixture
def written(shell: Shell) -> Shell:
    """A shop with a sealed trail of a few entries."""

    async def work(_: object) -> None:
        for number in range(3):
            await products.create(SYSTEM, {"name": f"Mug {number}", "price": "1"})
        await audit.seal()

    shell.do(work)
    return shell


def test_a_trail_as_it_was_written(written: Shell) -> None:
    found = written.json("audit", "verify")
    assert found["checked"] >= 3
    assert (found["pending"], found["brokenAt"]) == (0, None)
    assert "The audit trail is whole: " in written("audit", "verify").stdout


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE audit_log SET actor_name = 'Somebody else' WHERE position = 2",
        "UPDATE audit_log SET details = '{}' WHERE position = 2",
        "DELETE FROM audit_log WHERE position = 2",
    ],
)
def test_a_trail_that_was_changed(written: Shell, meddling: str) -> None:
    async def work(runtime: object) -> None:
        async with runtime.database.transaction():  # pyright: ignore[reportAttributeAccessIssue]
            await runtime.database.execute(text(meddling))  # pyright: ignore[reportAttributeAccessIssue]

    written.do(work)
    assert "broken at entry 2" in written("audit", "verify", code=1).stderr
    assert written.json("audit", "verify", code=1)["code"] == "audit.broken"


def test_a_database_without_schema(lone: Shell) -> None:
    lone.environment["MEWAYZ_DATABASE_URL"] = f"sqlite:///{lone.settings.data_dir / 'other.db'}"
    assert "Run `mewayz migrate`." in lone("audit", "verify", code=1).stderr
