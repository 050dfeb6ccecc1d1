"""The mewayz command in this process, on a database of its own."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mewayz.backend import audit, passwords
from mewayz.backend.runtime import Runtime, open_runtime
from mewayz.backend.settings import Settings
from mewayz.cli import main
from mewayz.domains.auth.installation import installation
from mewayz.domains.auth.payloads import SetupPayload
from tests.conftest import make_settings
from tests.services import SECRET

OWNER = {"name": "Ada Lovelace", "email": "ada@example.com", "password": "Correct-Horse-1"}


class Shell:
    """Runs commands as a person on one installation does, and looks into its database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.environment: dict[str, str | None] = {
            "MEWAYZ_ENV": "development",
            "MEWAYZ_DATA_DIR": str(settings.data_dir),
            "MEWAYZ_DATABASE_URL": settings.database_url,
            "MEWAYZ_REDIS_URL": settings.redis_url or "",
            "MEWAYZ_SECRET_KEY": SECRET,
        }

    def __call__(self, *words: str | Path, code: int = 0, given: str | bytes | None = None) -> Result:
        """Run a command that must end with `code`."""
        done = CliRunner().invoke(main, [str(word) for word in words], input=given, env=self.environment)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        assert "Traceback" not in done.output
        return done

    def json(self, *words: str | Path, code: int = 0, given: str | bytes | None = None) -> Any:
        """The answer for scripts: `data`, or `error` where the command must fail."""
        answer = json.loads(self(*words, "--json", code=code, given=given).stdout)
        assert answer["success"] is (code == 0)
        return answer["data" if code == 0 else "error"]

    def do(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:
        """Something on the open runtime."""

        async def run() -> Any:
            async with open_runtime(self.settings) as runtime:
                return await work(runtime)

        return asyncio.run(run())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cheap hashes, and a folder without anybody's .env."""
    monkeypatch.setattr(passwords, "COST", 4)
    monkeypatch.setattr(audit, "_SEAL_DELAY", 0)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def lone(sqlite_template: Path, tmp_path: Path) -> Shell:
    """An installation on SQLite, for what does not depend on the engine; nobody has set it up."""
    data_dir = tmp_path / "lone"
    data_dir.mkdir(mode=0o700)
    shutil.copy(sqlite_template, data_dir / "mewayz.db")
    return Shell(make_settings(data_dir, database_url=f"sqlite:///{data_dir / 'mewayz.db'}"))


@pytest.fixture
def empty(migrated: Settings) -> Shell:
    """An installation that nobody has set up."""
    return Shell(migrated)


@pytest.fixture
def shell(empty: Shell) -> Shell:
    """A shop with an owner, without data."""
    given = SetupPayload(**OWNER, shop_name="Engines", currency="GBP", timezone="Europe/London")
    empty.do(lambda _: installation.set_up(given))
    return empty
