"""Fixtures: real services, an empty database for each test on both engines, and the rule about what may be skipped.

`migrated` is a database with the schema of the product; it runs a test twice, on SQLite with the in-process cache and on
PostgreSQL with Redis.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings
from pydantic import SecretStr
from sqlalchemy import ClauseElement, Dialect

from mewayz.backend.database import Database, Prepared
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.settings import Settings
from tests.postgres import Postgres
from tests.services import HOW_TO_GET, SECRET, MissingService, Redis, child_environment
from tests.smtp import MailServer

settings.register_profile("mewayz", deadline=None)  # how long an example takes says how busy the machine is, not what is right
settings.load_profile("mewayz")

REQUIRE_ALL = os.environ.pop("MEWAYZ_TEST_REQUIRE_ALL", "") == "1"
BACKENDS = ("sqlite-memorycache", "postgres-redis")

# What the person who runs the tests has configured must not reach them.
for _name in set(os.environ) - set(child_environment()):
    del os.environ[_name]


def skip_for(missing: MissingService) -> NoReturn:
    """Skip the running test because a program is not installed, or fail it where skips are forbidden."""
    if REQUIRE_ALL:
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(str(missing))


def pytest_configure(config: pytest.Config) -> None:
    """Let a polite kill end the services too, and Ctrl-C even where the caller ignores it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


# The files that take longest, in this order, then those with a browser: what begins last should be short.
LONGEST_FIRST = ("test_golden.py", "test_accessibility.py", "test_answers.py", "test_lists.py", "test_marks.py", "test_administrator.py")


def _rank(item: pytest.Item) -> int:
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    return ranks.get(item.path.name, len(ranks) + ("e2e" not in item.path.parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the random order, but let the long files begin first, so that no process waits long for the other one at the end.

    Raises:
        UsageError: tests share an id, of which pytest-xdist would run one and silently drop the others.
    """
    if shared := [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]:
        raise pytest.UsageError(f"several tests are called {', '.join(shared)}")
    items.sort(key=_rank)


def _skipped(reporter: "pytest.TerminalReporter | None") -> int:
    return len(reporter.stats.get("skipped", ())) if reporter else 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A skipped test is a failure where all services must be there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if REQUIRE_ALL and _skipped(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: "pytest.TerminalReporter") -> None:
    """Name what was not tested, and how to get it."""
    # From the reports: where several processes share the work, this one has run no test itself.
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    missing = [package for package in sorted(HOW_TO_GET) if any(str(MissingService(package)) in reason for reason in reasons)]
    if missing:
        terminalreporter.section("not tested here")
        for package in missing:
            terminalreporter.line(HOW_TO_GET[package])
    if REQUIRE_ALL and _skipped(terminalreporter):
        terminalreporter.section("skipped, which is a failure here")
        for report in terminalreporter.stats["skipped"]:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr}")


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """A statement is compiled once for each engine, not once in each test: what comes of it depends on nothing else."""
    dialects: dict[str, Dialect] = {}

    @lru_cache(maxsize=8192)
    def prepared(clause: ClauseElement, name: str) -> Prepared:
        return Prepared(clause, dialects[name])

    def prepare(database: Database, clause: ClauseElement) -> Prepared:
        name = dialects.setdefault(database.dialect.name, database.dialect).name
        return prepared(clause, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_prepare", prepare)
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """One Redis for the session."""
    try:
        server = Redis()
        with server:
            yield server
    except MissingService as missing:
        skip_for(missing)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the session."""
    try:
        server = Postgres()
        with server:
            yield server
    except MissingService as missing:
        skip_for(missing)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that keeps the letters."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema of the product."""
    path = tmp_path_factory.mktemp("template") / "mewayz.db"
    migrate(f"sqlite:///{path}")
    return path


def migrate(url: str) -> None:
    """Give a database the schema of the product, the way a person does."""
    command = [sys.executable, "-m", "mewayz.cli", "migrate"]
    done = subprocess.run(command, env=child_environment(DATABASE_URL=url), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"mewayz migrate failed:\n{done.stdout}{done.stderr}")


def make_settings(data_dir: Path, **values: object) -> Settings:
    """Settings that nothing outside the test can change. The pages of the tests are at test.example, which has to be said."""
    given: dict[str, object] = {"allowed_origins": ("http://test.example",), **values}
    return Settings(_env_file=None, data_dir=data_dir, secret_key=SecretStr(SECRET), **given)  # pyright: ignore


@pytest.fixture(params=BACKENDS)
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database with the product's tables and nothing in them, and an empty cache."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o700)
    if request.param == "sqlite-memorycache":
        path = data_dir / "mewayz.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)  # with its mode
        yield make_settings(data_dir, database_url=f"sqlite:///{path}")
        return
    postgres: Postgres = request.getfixturevalue("postgres_server")
    redis: Redis = request.getfixturevalue("redis_server")
    redis.clear()
    with postgres.lent(migrate) as name:
        yield make_settings(data_dir, database_url=postgres.url(name), redis_url=redis.url)


@pytest.fixture
async def runtime(migrated: Settings) -> AsyncIterator[Runtime]:
    """The open runtime on `migrated`."""
    async with open_runtime(migrated) as opened:
        yield opened


@pytest.fixture
async def sqlite_runtime(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Runtime]:
    """The open runtime on SQLite alone, for what does not depend on the engine: the state of pages."""
    shutil.copyfile(sqlite_template, tmp_path / "mewayz.db")
    async with open_runtime(make_settings(tmp_path, database_url=f"sqlite:///{tmp_path / 'mewayz.db'}")) as opened:
        yield opened
