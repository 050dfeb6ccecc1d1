"""`mewayz doctor` finds what is wrong and says what to do about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mewayz.cli import doctor
from mewayz.cli.doctor import Check, State
from tests.cli.conftest import Shell
from tests.services import free_port


@pytest.fixture(autouse=True)
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the pages of this working copy are built says nothing about the test."""
    monkeypatch.setattr(doctor, "_build", lambda _: Check("build", State.OK, "the pages are current"))


def checks(shell: Shell, code: int = 0) -> dict[str, tuple[str, str]]:
    """State and words of each check."""
    done: Any = shell("doctor", "--json", code=code)
    found = json.loads(done.stdout)
    assert found["success"] is (code == 0)
    return {check["name"]: (check["state"], check["words"]) for check in found["data"]["checks"]}


def test_all_is_well(shell: Shell) -> None:
    found = checks(shell)
    assert {state for state, _ in found.values()} == {"ok"}
    assert list(found) == ["settings", "folder", "database", "redis", "node", "build"]
    assert shell("doctor").stdout.endswith("All is well.\n")


def test_no_schema(lone: Shell) -> None:
    lone.environment["MEWAYZ_DATABASE_URL"] = f"sqlite:///{lone.settings.data_dir / 'other.db'}"
    assert checks(lone, code=1)["database"] == ("wrong", "There is no database yet. Run `mewayz migrate`.")
    assert not (lone.settings.data_dir / "other.db").exists()


@pytest.mark.parametrize(("revision", "words"), [("9999", "newer Mewayz"), (None, "Run `mewayz migrate`")])
def test_the_schema_of_another_version(empty: Shell, revision: str | None, words: str) -> None:
    change = f"UPDATE alembic_version SET version_num = '{revision}'" if revision else "DROP TABLE alembic_version"

    async def work(runtime: Any) -> None:
        async with runtime.database.transaction():
            await runtime.database.execute(text(change))

    empty.do(work)
    state, said = checks(empty, code=1)["database"]
    assert state == "wrong"
    assert words in said


def test_what_others_on_the_machine_may_read(lone: Shell) -> None:
    folder = lone.settings.data_dir / "new"
    database = folder / "mewayz.db"
    lone.environment |= {"MEWAYZ_DATA_DIR": str(folder), "MEWAYZ_DATABASE_URL": ""}
    lone("migrate")
    assert (folder.stat().st_mode & 0o777, database.stat().st_mode & 0o777) == (0o700, 0o600)
    assert checks(lone)["folder"][0] == "ok"
    folder.chmod(0o755)
    state, words = checks(lone)["folder"]
    assert (state, f"chmod 700 {folder}" in words) == ("note", True)
    database.chmod(0o644)
    state, words = checks(lone, code=1)["folder"]
    assert (state, f"chmod 600 {database}" in words) == ("wrong", True)


def test_services_that_do_not_answer(lone: Shell) -> None:
    lone.environment["MEWAYZ_REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    lone.environment["MEWAYZ_DATABASE_URL"] = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    found = checks(lone, code=1)
    assert (found["redis"][0], found["database"][0], found["folder"][0]) == ("wrong", "wrong", "ok")
    assert "Redis does not answer" in found["redis"][1]
    said = lone("doctor", code=1).stdout
    assert "2 things to mend." in said


def test_settings_that_are_wrong_are_the_only_finding(lone: Shell) -> None:
    lone.environment["MEWAYZ_PORT"] = "many"
    assert list(checks(lone, code=1)) == ["settings"]
    lone.environment["MEWAYZ_PORT"] = None
    lone.environment["MEWAYZ_WORKERS"] = "2"
    assert "needs Redis" in checks(lone, code=1)["settings"][1]


def test_a_secret_that_others_may_read(lone: Shell) -> None:
    secret = lone.settings.data_dir / "secret.key"
    secret.write_text("x" * 48)
    secret.chmod(0o644)
    assert "chmod 600" in checks(lone, code=1)["folder"][1]


def test_pages_that_are_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert doctor._build(tmp_path).state is State.WRONG
    (tmp_path / doctor.INDEX).parent.mkdir(parents=True)
    (tmp_path / doctor.INDEX).touch()
    (tmp_path / "rxconfig.py").touch()
    assert doctor._build(tmp_path).state is State.NOTE
