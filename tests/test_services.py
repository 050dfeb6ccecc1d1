"""The services of the tests themselves: they leave nothing behind, and a skip is named, or refused."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import migrate
from tests.postgres import Postgres
from tests.services import ROOT, Redis

_NEEDS_REDIS = "def test_it(redis_server): redis_server.clear()\n"


def run_suite(folder: Path, text: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a suite of one file with the fixtures of this one."""
    (folder / "test_one.py").write_text(text)
    own = ["-c", ROOT / "pyproject.toml", f"--rootdir={folder}", "-p", "tests.conftest", "-p", "pytest_asyncio.plugin"]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # most of the plugins take longer to load than this suite to run
    command = [sys.executable, "-m", "pytest", *own, folder]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **alone, **environment}, capture_output=True, text=True)


@pytest.fixture
def nothing_installed(tmp_path: Path) -> str:
    """A PATH without any program."""
    (tmp_path / "empty").mkdir()
    return str(tmp_path / "empty")


def test_a_missing_service_is_skipped_and_named(tmp_path: Path, nothing_installed: str) -> None:
    done = run_suite(tmp_path, _NEEDS_REDIS, PATH=nothing_installed)
    assert done.returncode == 0, done.stdout
    assert "Redis: apt-get install redis-server" in done.stdout
    assert "1 skipped" in done.stdout.splitlines()[-1]


def test_a_missing_service_fails_where_skips_are_forbidden(tmp_path: Path, nothing_installed: str) -> None:
    done = run_suite(tmp_path, _NEEDS_REDIS, PATH=nothing_installed, MEWAYZ_TEST_REQUIRE_ALL="1")
    assert done.returncode == 1, done.stdout
    assert "redis-server is not installed" in done.stdout


def test_any_skip_fails_where_skips_are_forbidden(tmp_path: Path) -> None:
    text = "import pytest\ndef test_it(): pytest.skip('some reason')\n"
    assert run_suite(tmp_path, text).returncode == 0
    done = run_suite(tmp_path, text, MEWAYZ_TEST_REQUIRE_ALL="1")
    assert done.returncode == 1, done.stdout
    assert "some reason" in done.stdout


def test_a_service_leaves_nothing_behind() -> None:
    with Redis() as server:
        assert server.process
        assert server.folder.is_dir()
    assert server.process.poll() is not None
    assert not server.folder.exists()


def test_a_service_that_cannot_start_says_why_and_leaves_nothing_behind() -> None:
    with Redis() as first:
        second = Redis()
        second.port = first.port
        second.ready = lambda: False  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(RuntimeError, match="Address already in use"), second:
            pass
    assert not second.folder.exists()


_COUNTERS = "SELECT string_agg(concat(sequencename, last_value), ' ' ORDER BY sequencename) FROM pg_sequences"


def test_a_database_is_lent_again_as_it_was_at_first(postgres_server: Postgres) -> None:
    with postgres_server.lent(migrate) as first:
        before = postgres_server.execute(_COUNTERS, database=first)
        postgres_server.execute(
            "INSERT INTO sequences (name, value) VALUES ('orders', 7)", "SELECT nextval('orders_number')", database=first
        )
        assert postgres_server.execute(_COUNTERS, database=first) != before
    with postgres_server.lent(migrate) as second:
        assert second == first
        assert postgres_server.execute("SELECT count(*) FROM sequences", database=second) == 0
        assert postgres_server.execute(_COUNTERS, database=second) == before


async def test_who_still_writes_into_a_database_that_was_given_back_is_put_out(postgres_server: Postgres) -> None:
    with postgres_server.lent(migrate) as first:
        late = await asyncpg.connect(postgres_server.url(first))
        await late.execute("BEGIN")
        await late.execute("INSERT INTO sequences (name, value) VALUES ('orders', 7)")
    with postgres_server.lent(migrate) as second:
        assert second == first
        assert postgres_server.execute("SELECT count(*) FROM sequences", database=second) == 0
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await late.execute("COMMIT")


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE shares",
        "CREATE TABLE more (id int)",
        "ALTER TABLE shop ADD COLUMN more int",
        "ALTER TABLE shop ALTER COLUMN name SET DEFAULT 'x'",
        "ALTER TABLE products DISABLE TRIGGER products_sku_insert",
        "DROP INDEX products_slug",
        "CREATE OR REPLACE FUNCTION stock_moves_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
    ],
)
def test_a_database_of_another_shape_is_not_lent_again(postgres_server: Postgres, change: str) -> None:
    with postgres_server.lent(migrate) as first:
        postgres_server.execute(change, database=first)
    with postgres_server.lent(migrate) as second:
        assert second != first
